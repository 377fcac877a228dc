"""Each platform gets its own form, signed where it asks for it; each fault is a sentence without the secret."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.errors import Refused
from shopkeeper.sending import webhook
from shopkeeper.sending.attempts import Pace
from shopkeeper.sending.settings import PLATFORMS, Platform, Webhook
from tests.sending.servers import WebServer, web_server

KEY = "hush-hush-key-693a91f6"


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def robot(server: WebServer, platform: Platform = "wecom", secret: str = "") -> Webhook:
    return Webhook(platform, f"http://127.0.0.1:{server.port}/robot/send?key={KEY}", secret)


def waits() -> tuple[Pace, list[float]]:
    waited: list[float] = []
    return Pace(5.0, (2.0, 8.0), waited.append), waited


def refusal(to: Webhook) -> tuple[str, list[float]]:
    pace, waited = waits()
    with pytest.raises(Refused) as refused:
        webhook.send(to, "Title", "Content", pace)
    sentence = str(refused.value)
    assert KEY not in sentence
    assert "127.0.0.1" in sentence
    return sentence, waited


@pytest.mark.parametrize(
    ("platform", "payload"),
    [
        ("wecom", {"msgtype": "markdown", "markdown": {"content": "内容"}}),
        ("dingtalk", {"msgtype": "markdown", "markdown": {"title": "Title", "text": "内容"}}),
        ("slack", {"text": "内容"}),
    ],
)
def test_each_platform_gets_its_own_form(server: WebServer, platform: Platform, payload: dict[str, Any]) -> None:
    webhook.send(robot(server, platform), "Title", "内容")
    (posted,) = server.posted
    assert (posted.path, posted.body) == ("/robot/send", payload)
    assert posted.kind == "application/json; charset=utf-8"


def test_what_dingtalk_gets_is_signed_with_the_time(server: WebServer) -> None:
    webhook.send(robot(server, "dingtalk", "SEChush"), "Title", "Content")
    query = server.posted[0].query
    (at,), (sign,) = query["timestamp"], query["sign"]
    digest = hmac.new(b"SEChush", f"{at}\nSEChush".encode(), hashlib.sha256).digest()
    assert base64.b64decode(sign) == digest
    assert query["key"] == [KEY]


def test_the_signature_is_the_documented_one() -> None:
    """Drawn by the platform's own sample program for this secret and time."""
    url = webhook.signed("https://oapi.dingtalk.com/robot/send?access_token=x", "this is secret", 1577262236757)
    sign = parse_qs(urlsplit(url).query)["sign"][0]
    plain = hmac.new(b"this is secret", b"1577262236757\nthis is secret", "sha256").digest()
    assert sign == base64.b64encode(plain).decode()
    assert unquote_plus(url.rpartition("sign=")[2]) == sign


def test_what_may_pass_is_tried_again(server: WebServer) -> None:
    server.answers = [(502, {}, ""), (429, {"Retry-After": "30"}, "")]
    pace, waited = waits()
    webhook.send(robot(server), "Title", "Content", pace)
    assert waited == [2.0, 30.0]
    assert len(server.posted) == 3


def test_a_busy_platform_that_answers_200_is_tried_again(server: WebServer) -> None:
    server.answers = [(200, {}, '{"errcode": 45009, "errmsg": "api freq out of limit"}')]
    pace, waited = waits()
    webhook.send(robot(server), "Title", "Content", pace)
    assert waited == [2.0]


def test_nobody_is_made_to_wait_for_long(server: WebServer) -> None:
    server.answers = [(429, {"Retry-After": "86400"}, "")]
    pace, waited = waits()
    webhook.send(robot(server), "Title", "Content", pace)
    assert waited == [60.0]


def test_a_server_that_stays_ill_is_named_with_its_status(server: WebServer) -> None:
    server.answers = [(503, {}, "")] * 3
    sentence, waited = refusal(robot(server))
    assert "503" in sentence
    assert waited == [2.0, 8.0]


def test_a_webhook_that_is_gone_is_not_tried_again(server: WebServer) -> None:
    server.answers = [(404, {}, f"no_service for {KEY}")]
    sentence, waited = refusal(robot(server, "slack"))
    assert "404 (no_service for ***)" in sentence
    assert "SHOPKEEPER_SLACK_WEBHOOK" in sentence
    assert not waited


def test_what_is_refused_with_200_is_a_refusal(server: WebServer) -> None:
    server.answers = [(200, {}, '{"errcode": 310000, "errmsg": "sign not match"}')]
    sentence, _waited = refusal(robot(server, "dingtalk", "SEChush"))
    assert "310000 (sign not match)" in sentence


def test_an_answer_of_somebody_else_is_no_success(server: WebServer) -> None:
    server.usual = "<html>Sign in to the hotel</html>"
    sentence, _waited = refusal(robot(server))
    assert "not its own" in sentence


def test_an_address_with_a_secret_is_not_carried_elsewhere(server: WebServer) -> None:
    with web_server() as other:
        server.answers = [(307, {"Location": f"http://127.0.0.1:{other.port}/"}, "")]
        sentence, _waited = refusal(robot(server))
        assert "307" in sentence
        assert not other.posted


def test_silence_ends_by_the_clock(server: WebServer) -> None:
    server.silent = threading.Event()
    with pytest.raises(Refused, match=r"no answer within 0\.1 seconds"):
        webhook.send(robot(server), "Title", "Content", Pace(0.1, ()))
    server.silent.set()


def test_a_port_where_nobody_listens_is_named() -> None:
    with web_server() as gone:
        to = robot(gone)
    sentence, waited = refusal(to)
    assert "cannot be reached" in sentence
    assert waited == [2.0, 8.0]


@given(st.sampled_from(PLATFORMS), st.text("a[]<>&|*字\n\r ", max_size=40))
def test_no_text_becomes_a_link_or_ends_its_line(platform: Platform, text: str) -> None:
    written = webhook.FORMS[platform].text(text)
    assert "\n" not in written
    assert "<" not in written
    assert ">" not in written
    if platform != "slack":
        assert "[" not in written
