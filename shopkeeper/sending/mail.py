"""A letter by SMTP: the same in plain text and HTML, over TLS."""

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from shopkeeper.errors import Refused
from shopkeeper.messages import Message, message
from shopkeeper.sending.attempts import Disturbed, Pace, attempted
from shopkeeper.sending.settings import Mail

DEFAULT_PACE = Pace()
TEMPORARY = range(400, 500)
"""SMTP's replies that may pass (RFC 5321, 4.2.1)."""


@dataclass(frozen=True)
class Letter:
    """What is written; both forms say the same."""

    subject: str
    text: str
    html: str


def send(mail: Mail, letter: Letter, pace: Pace = DEFAULT_PACE) -> None:
    """Hand the letter to the mail server. Raise `Refused`, naming the host, its reply and what to do."""
    content = _content(mail, letter)
    attempted(lambda: _attempt(mail, content, pace.seconds), pace)


def _content(mail: Mail, letter: Letter) -> EmailMessage:
    content = EmailMessage()
    # A subject of two lines would be a header of its own.
    content["Subject"] = " ".join(letter.subject.split())
    content["From"] = _address(mail.sender)
    content["To"] = tuple(_address(each) for each in mail.recipients)
    content["Date"] = formatdate()
    content["Message-ID"] = make_msgid(domain=parseaddr(mail.sender)[1].rpartition("@")[2])
    content["Auto-Submitted"] = "auto-generated"
    content.set_content(letter.text)
    content.add_alternative(letter.html, subtype="html")
    return content


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(name, addr_spec=address)


def _attempt(mail: Mail, content: EmailMessage, seconds: float) -> None:
    try:
        with _connected(mail, seconds) as server:
            if mail.user:
                server.login(mail.user, mail.password)
            refused = server.send_message(content)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except OSError as error:
        raise _fault(mail, error, seconds) from None
    if refused:
        _refuse(mail, refused)


def _fault(mail: Mail, error: OSError, seconds: float) -> Disturbed | Refused:
    """What to say of it; what may pass is disturbed only. All that smtplib raises is an `OSError`."""
    match error:
        case smtplib.SMTPResponseException() if error.smtp_code in TEMPORARY:
            return Disturbed(_busy(mail, error.smtp_code))
        case smtplib.SMTPAuthenticationError():
            return Refused(_unknown_user(mail, error.smtp_code))
        case smtplib.SMTPResponseException():
            return Refused(_declined(mail, error.smtp_code))
        case ssl.SSLCertVerificationError():
            return Refused(_untrusted(mail, error))
        case smtplib.SMTPNotSupportedError():
            return Refused(_unsupported(mail))
        case _:
            # smtplib calls a server that says nothing disconnected.
            silent = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
            return Disturbed(_silent(mail, seconds) if silent else _unreachable(mail, error))


def _connected(mail: Mail, seconds: float) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=seconds, context=trusted)
    server = smtplib.SMTP(mail.host, mail.port, timeout=seconds)
    if mail.security == "starttls":
        try:
            server.starttls(context=trusted)
        except BaseException:
            server.close()
            raise
    return server


def _refuse(mail: Mail, refused: dict[str, tuple[int, bytes]]) -> None:
    """Raise what the server said of recipients whom it does not take."""
    codes = sorted({code for code, _words in refused.values()})
    # Greylisting turns everybody away once; where some letters went, they would go twice.
    if len(refused) == len(mail.recipients) and all(code in TEMPORARY for code in codes):
        raise Disturbed(_busy(mail, codes[0]))
    raise Refused(
        message(
            "The mail server {host} took the letter for {taken} of {all} recipients and refused the others with "
            "{codes}. Look at SHOPKEEPER_MAIL_TO.",
            host=mail.host,
            taken=len(mail.recipients) - len(refused),
            all=len(mail.recipients),
            codes=", ".join(map(str, codes)),
        )
    )


def _busy(mail: Mail, code: int) -> Message:
    return message(
        "The mail server {host} answered {code} each time: it cannot take the letter now. Send again later.",
        host=mail.host,
        code=str(code),
    )


def _unknown_user(mail: Mail, code: int) -> Message:
    return message(
        "The mail server {host} answered {code}: it does not take this user and password. Look at SHOPKEEPER_SMTP_USER "
        "and SHOPKEEPER_SMTP_PASSWORD; many providers want a password made for programs.",
        host=mail.host,
        code=str(code),
    )


def _declined(mail: Mail, code: int) -> Message:
    return message(
        "The mail server {host} answered {code}: it does not take the letter. Look whether SHOPKEEPER_MAIL_FROM is an "
        "address that this user may write from.",
        host=mail.host,
        code=str(code),
    )


def _untrusted(mail: Mail, error: ssl.SSLCertVerificationError) -> Message:
    return message(
        "The mail server {host} shows a certificate that is not trusted: {reason}. Nothing was sent. Use the server's "
        "full name, or add its authority by SSL_CERT_FILE.",
        host=mail.host,
        reason=error.verify_message,
    )


def _unsupported(mail: Mail) -> Message:
    return message(
        "The mail server {host} offers no encryption or no sign-in on port {port}: try port 465 with "
        "SHOPKEEPER_SMTP_SECURITY set to tls.",
        host=mail.host,
        port=str(mail.port),
    )


def _silent(mail: Mail, seconds: float) -> Message:
    return message(
        "The mail server {host} gave no answer on port {port} within {seconds} seconds. Look at SHOPKEEPER_SMTP_HOST "
        "and the port, and whether a firewall stands between.",
        host=mail.host,
        port=str(mail.port),
        seconds=seconds,
    )


def _unreachable(mail: Mail, error: OSError) -> Message:
    # Only the operating system's words: a server's own may repeat what was sent to it.
    words = error.strerror or type(error).__name__
    return message(
        "The mail server {host} cannot be reached on port {port}: {fault}. Look at SHOPKEEPER_SMTP_HOST and the port.",
        host=mail.host,
        port=str(mail.port),
        fault=words,
    )
