"""The webhooks of group chats: WeCom (企业微信), DingTalk (钉钉) and Slack, each in its platform's own form."""

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote_plus, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from shopkeeper.errors import Refused
from shopkeeper.messages import Message, message
from shopkeeper.sending.attempts import Disturbed, Pace, attempted
from shopkeeper.sending.settings import Platform, Webhook

DEFAULT_PACE = Pace()
BUSY = frozenset({-1, 45009, 130101})
"""Codes within an answer of 200 that may pass: system busy, and sent too often (20 a minute at both)."""
MOST_ANSWER, MOST_WORDS = 10_000, 120


def _plain(text: str) -> str:
    """Their Markdown knows no escapes: what would be a link or a tag is written in full width."""
    return " ".join(text.split()).translate(str.maketrans("[]<>", "［］＜＞"))


def _entities(text: str) -> str:
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True)
class Form:
    """How a platform writes, and how much it takes: `most` bytes of UTF-8, or characters where `in_bytes` is not."""

    name: str
    most: int
    in_bytes: bool
    line: str
    text: Callable[[str], str]
    bold: Callable[[str], str]
    link: Callable[[str, str], str]
    payload: Callable[[str, str], dict[str, Any]]

    def fits(self, content: str) -> bool:
        """Whether a content of this form is taken whole."""
        return (len(content.encode()) if self.in_bytes else len(content)) <= self.most


FORMS: Mapping[Platform, Form] = {
    "wecom": Form(
        "WeCom",
        # `markdown.content`: 4,096 bytes at most.
        4096,
        in_bytes=True,
        line="\n",
        text=_plain,
        bold=lambda text: f"**{_plain(text)}**",
        link=lambda text, url: f"[{_plain(text)}]({url})",
        payload=lambda title, content: {"msgtype": "markdown", "markdown": {"content": content}},  # noqa: ARG005
    ),
    "dingtalk": Form(
        "DingTalk",
        # The whole body: 20,000 bytes; JSON doubles some, and the title is within.
        18_000,
        in_bytes=True,
        # A single end of line is no end of line there.
        line="\n\n",
        text=_plain,
        bold=lambda text: f"**{_plain(text)}**",
        link=lambda text, url: f"[{_plain(text)}]({url})",
        payload=lambda title, content: {"msgtype": "markdown", "markdown": {"title": title[:64], "text": content}},
    ),
    "slack": Form(
        "Slack",
        # `text` is cut into several messages from 4,000 characters on.
        3900,
        in_bytes=False,
        line="\n",
        text=_entities,
        bold=lambda text: f"*{_entities(text)}*",
        link=lambda text, url: f"<{url}|{_entities(text)}>",
        payload=lambda title, content: {"text": content},  # noqa: ARG005
    ),
}


def send(webhook: Webhook, title: str, content: str, pace: Pace = DEFAULT_PACE) -> None:
    """Hand a content of the platform's form over. Raise `Refused`, naming the host, its answer and what to do."""
    form = FORMS[webhook.platform]
    if not form.fits(content):
        raise ValueError(f"{form.name} takes no more than {form.most}")
    body = json.dumps(form.payload(title, content), ensure_ascii=False).encode()
    attempted(lambda: _attempt(webhook, body, pace.seconds), pace)


def signed(url: str, secret: str, at: int) -> str:
    """The address with DingTalk's signature at a time, in milliseconds since 1970: `timestamp` and `sign`."""
    digest = hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest()
    joint = "&" if urlsplit(url).query else "?"
    return f"{url}{joint}timestamp={at}&sign={quote_plus(base64.b64encode(digest))}"


class _NoRedirect(HTTPRedirectHandler):
    """An address that holds a secret is not carried elsewhere."""

    def redirect_request(self, *_arguments: Any, **_options: Any) -> None:
        return None


def _attempt(webhook: Webhook, body: bytes, seconds: float) -> None:
    # A signature holds for an hour only, so that each attempt has its own.
    url = signed(webhook.url, webhook.secret, time.time_ns() // 1_000_000) if webhook.secret else webhook.url
    request = Request(url, body, {"Content-Type": "application/json; charset=utf-8"})  # noqa: S310 - settings refuse others
    try:
        with build_opener(_NoRedirect).open(request, timeout=seconds) as answer:
            _read(webhook, answer.read(MOST_ANSWER))
    except HTTPError as error:
        with error:
            _failed(webhook, error)
    except TimeoutError:
        raise Disturbed(_silent(webhook, seconds)) from None
    except URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise Disturbed(_silent(webhook, seconds)) from None
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise Refused(_unreachable(webhook, error.reason.verify_message)) from None
        fault = getattr(error.reason, "strerror", None) or type(error.reason).__name__
        raise Disturbed(_unreachable(webhook, fault)) from None
    except (OSError, HTTPException) as error:
        raise Disturbed(_unreachable(webhook, getattr(error, "strerror", None) or type(error).__name__)) from None


def _read(webhook: Webhook, answer: bytes) -> None:
    """WeCom and DingTalk answer 200 to what they refuse, and say so within."""
    if webhook.platform == "slack":
        return
    try:
        said = json.loads(answer)
        code, words = int(said["errcode"]), str(said.get("errmsg", ""))
    except (ValueError, KeyError, TypeError):
        raise Refused(_strange(webhook)) from None
    if code in BUSY:
        raise Disturbed(_busy(webhook, str(code)))
    if code:
        raise Refused(_declined(webhook, str(code), words))


def _failed(webhook: Webhook, error: HTTPError) -> None:
    status = str(error.code)
    if error.code == 429 or error.code >= 500:
        after = error.headers.get("Retry-After", "")
        raise Disturbed(_busy(webhook, status), float(after) if after.isascii() and after.isdigit() else 0.0)
    words = error.read(MOST_ANSWER).decode("utf-8", "replace") if error.code >= 400 else ""
    raise Refused(_declined(webhook, status, words))


def _words(webhook: Webhook, words: str) -> str:
    """The first line of an answer, without anything of the address that is secret."""
    first = " ".join(words.strip().split("\n", maxsplit=1)[0].split())
    parts = urlsplit(webhook.url)
    secrets = [webhook.url, webhook.secret, parts.path, parts.query]
    secrets += [part.partition("=")[2] for part in parts.query.split("&")] + parts.path.split("/")
    for secret in sorted((each for each in secrets if len(each) >= 6), key=len, reverse=True):
        first = first.replace(secret, "***")
    return first[:MOST_WORDS].rstrip(" .") or "-"


def _declined(webhook: Webhook, code: str, words: str) -> Message:
    return message(
        "{platform} at {host} refused the message: {code} ({words}). Look at the robot's security settings there; "
        "where they are right, copy the webhook anew into {variable}.",
        platform=FORMS[webhook.platform].name,
        host=webhook.host,
        code=code,
        words=_words(webhook, words),
        variable=webhook.variable,
    )


def _busy(webhook: Webhook, code: str) -> Message:
    return message(
        "{platform} at {host} answered {code} each time: it cannot take the message now. Send again later.",
        platform=FORMS[webhook.platform].name,
        host=webhook.host,
        code=code,
    )


def _strange(webhook: Webhook) -> Message:
    return message(
        "{platform} at {host} gave an answer that is not its own: is {variable} the address of its robot?",
        platform=FORMS[webhook.platform].name,
        host=webhook.host,
        variable=webhook.variable,
    )


def _silent(webhook: Webhook, seconds: float) -> Message:
    return message(
        "{platform} at {host} gave no answer within {seconds} seconds. Look whether this machine reaches it, then send "
        "again.",
        platform=FORMS[webhook.platform].name,
        host=webhook.host,
        seconds=seconds,
    )


def _unreachable(webhook: Webhook, fault: str) -> Message:
    return message(
        "{platform} at {host} cannot be reached: {fault}. Look whether this machine reaches it, then send again.",
        platform=FORMS[webhook.platform].name,
        host=webhook.host,
        fault=fault,
    )
