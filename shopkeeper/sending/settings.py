"""Where messages go: from the environment, or the section `[send]` of Streamlit's secrets file. Values are never said.

A variable `SHOPKEEPER_SMTP_HOST` is `smtp_host` in the file; the environment comes first.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from shopkeeper.errors import Refused
from shopkeeper.messages import message

Platform = Literal["wecom", "dingtalk", "slack"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)
Security = Literal["tls", "starttls", "none"]
SECURITIES: tuple[Security, ...] = get_args(Security)
PORTS: Mapping[Security, int] = {"tls": 465, "starttls": 587, "none": 25}
PREFIX = "SHOPKEEPER_"
Value = Callable[[str], str]


@dataclass(frozen=True)
class Mail:
    """A mail server and whom it writes to. `security`: TLS from the start, after greeting, or none (own machine)."""

    host: str
    port: int
    security: Security
    sender: str = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Webhook:
    """The robot of a group chat. Who knows `url` can write there; `secret` signs what is sent (DingTalk)."""

    platform: Platform
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """What may be said of its address."""
        return urlsplit(self.url).hostname or ""

    @property
    def variable(self) -> str:
        """What its address is set by."""
        return f"{PREFIX}{self.platform.upper()}_WEBHOOK"


@dataclass(frozen=True)
class Channels:
    """Everything that is configured."""

    mail: Mail | None
    webhooks: tuple[Webhook, ...]


def read(environ: Mapping[str, str], secrets: Path) -> Channels:
    """What is configured. Raise `Refused` where nothing is, or something is wrong, by its variable."""
    kept = _file(secrets)

    def value(name: str) -> str:
        return (environ.get(f"{PREFIX}{name.upper()}") or str(kept.get(name, ""))).strip()

    mail = _mail(value) if value("smtp_host") else None
    webhooks = tuple(_webhook(platform, value) for platform in PLATFORMS if value(f"{platform}_webhook"))
    if mail is None and not webhooks:
        raise Refused(
            message(
                "Nobody is named to send to. Set {prefix}SMTP_HOST with {prefix}MAIL_FROM and {prefix}MAIL_TO, or "
                "{prefix}WECOM_WEBHOOK, {prefix}DINGTALK_WEBHOOK or {prefix}SLACK_WEBHOOK; docs/operations.md shows "
                "how.",
                prefix=PREFIX,
            )
        )
    return Channels(mail, webhooks)


def is_own_machine(host: str) -> bool:
    """Whether what is sent there leaves this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _file(secrets: Path) -> Mapping[str, object]:
    if not secrets.exists():
        return {}
    try:
        kept = tomllib.loads(secrets.read_text(encoding="utf-8")).get("send", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        # The error would show the line, and with it what is secret.
        raise Refused(message("{file} cannot be read: it is no TOML. Mend it.", file=secrets.name)) from None
    return kept if isinstance(kept, dict) else {}


def _mail(value: Value) -> Mail:
    security = value("smtp_security") or {"465": "tls", "25": "none"}.get(value("smtp_port"), "starttls")
    host = value("smtp_host")
    if security not in SECURITIES:
        raise Refused(
            message(
                "{prefix}SMTP_SECURITY is none of {choices}: set one of them.",
                prefix=PREFIX,
                choices=", ".join(SECURITIES),
            )
        )
    if security == "none" and not is_own_machine(host):
        raise Refused(
            message(
                "Mail to {host} would go unencrypted: set {prefix}SMTP_SECURITY to tls or starttls, and the port with "
                "it.",
                host=host,
                prefix=PREFIX,
            )
        )
    port = value("smtp_port") or str(PORTS[security])
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Refused(message("{prefix}SMTP_PORT is no port: set a number such as 465 or 587.", prefix=PREFIX))
    sender, recipients = value("mail_from"), tuple(filter(None, (one.strip() for one in value("mail_to").split(","))))
    for name, addresses in (("MAIL_FROM", (sender,)), ("MAIL_TO", recipients or ("",))):
        if not all(_is_address(address) for address in addresses):
            raise Refused(
                message(
                    "{variable} holds no mail address, or one that is none: write name@example.org, several with "
                    "commas between them.",
                    variable=f"{PREFIX}{name}",
                )
            )
    if bool(value("smtp_user")) != bool(value("smtp_password")):
        raise Refused(message("Set {prefix}SMTP_USER and {prefix}SMTP_PASSWORD both, or none of them.", prefix=PREFIX))
    return Mail(
        host,
        int(port),
        security,
        sender,
        recipients,
        value("smtp_user"),
        value("smtp_password"),
    )


def _is_address(text: str) -> bool:
    address = parseaddr(text)[1]
    return address.isascii() and address.count("@") == 1 and not address.startswith("@") and not address.endswith("@")


def _webhook(platform: Platform, value: Value) -> Webhook:
    webhook = Webhook(platform, value(f"{platform}_webhook"), value(f"{platform}_secret"))
    try:
        parts = urlsplit(webhook.url)
        host, safe = parts.hostname or "", parts.scheme == "https"
        right = safe or (parts.scheme == "http" and is_own_machine(host))
    except ValueError:
        host, right = "", False
    if not (host and right):
        raise Refused(
            message("{variable} is no address that begins with https://: copy it anew.", variable=webhook.variable)
        )
    return webhook
