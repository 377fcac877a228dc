"""A letter goes out over TLS in both forms; each fault is a sentence, and what may pass is tried again."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.errors import Refused
from shopkeeper.sending import mail
from shopkeeper.sending.attempts import Pace
from shopkeeper.sending.mail import Letter
from shopkeeper.sending.settings import Mail
from tests.sending.servers import MailServer, certificate, mail_server

LETTER = Letter("掌柜 · As of today", "Revenue ¥12\n", "<p>Revenue <b>¥12</b></p>\n")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(pem: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return pem


@pytest.fixture
def server(trusted: Path) -> Iterator[MailServer]:
    with mail_server(trusted) as running:
        running.users["shop"] = "hush-hush"
        yield running


def waits() -> tuple[Pace, list[float]]:
    waited: list[float] = []
    return Pace(5.0, (2.0, 8.0), waited.append), waited


def settings(server: MailServer, **changed: object) -> Mail:
    given = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "starttls",
        "sender": "Shop <shop@shop.example>",
        "recipients": ("owner@shop.example", "anna@shop.example"),
        "user": "shop",
        "password": "hush-hush",
    }
    return Mail(**{**given, **changed})  # type: ignore[arg-type]


def refusal(to: Mail) -> tuple[str, list[float]]:
    pace, waited = waits()
    with pytest.raises(Refused) as refused:
        mail.send(to, LETTER, pace)
    sentence = str(refused.value)
    assert "hush" not in sentence
    assert "@" not in sentence
    return sentence, waited


def test_a_letter_comes_encrypted_in_text_and_html(server: MailServer) -> None:
    mail.send(settings(server), LETTER)
    (letter,) = server.letters
    assert server.encrypted == [True]
    assert letter["Subject"] == LETTER.subject
    assert server.recipients == ["owner@shop.example", "anna@shop.example"]
    assert [part.get_content() for part in letter.iter_parts()] == [LETTER.text, LETTER.html]
    assert letter.get_content_type() == "multipart/alternative"
    assert letter["Date"]
    assert letter["Message-ID"].endswith("@shop.example>")


def test_tls_may_stand_from_the_start(trusted: Path) -> None:
    with mail_server(trusted, from_the_start=True) as running:
        mail.send(settings(running, security="tls", user="", password=""), LETTER)
        assert running.encrypted == [True]


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_said(pem: Path) -> None:
    with mail_server(pem) as running:
        running.users["shop"] = "hush-hush"
        sentence, waited = refusal(settings(running))
        assert "certificate that is not trusted" in sentence
        assert not running.letters
        assert not waited


def test_a_server_without_encryption_is_refused() -> None:
    with mail_server() as running:
        sentence, _waited = refusal(settings(running))
    assert "no encryption" in sentence


def test_a_user_who_is_not_known_is_not_tried_again(server: MailServer) -> None:
    sentence, waited = refusal(settings(server, user="shop2"))
    assert "535" in sentence
    assert "127.0.0.1" in sentence
    assert not waited


def test_what_may_pass_is_tried_again_and_then_goes_once(server: MailServer) -> None:
    server.replies["MAIL"] = ["451 later", "421 busy"]
    pace, waited = waits()
    mail.send(settings(server), LETTER, pace)
    assert waited == [2.0, 8.0]
    assert len(server.letters) == 1


def test_a_server_that_stays_busy_is_named_with_its_reply(server: MailServer) -> None:
    server.replies["MAIL"] = ["451 later"] * 3
    sentence, waited = refusal(settings(server))
    assert "451" in sentence
    assert waited == [2.0, 8.0]


def test_a_letter_that_is_declined_is_not_tried_again(server: MailServer) -> None:
    server.replies["DATA"] = ["554 no"]
    sentence, waited = refusal(settings(server))
    assert "554" in sentence
    assert not waited


def test_recipients_who_are_refused_are_counted_and_nobody_gets_it_twice(server: MailServer) -> None:
    server.replies["RCPT"] = ["", "450 later"]
    sentence, waited = refusal(settings(server))
    assert "1 of 2" in sentence
    assert "450" in sentence
    assert not waited
    assert len(server.letters) == 1


def test_a_server_that_turns_everybody_away_once_is_tried_again(server: MailServer) -> None:
    server.replies["RCPT"] = ["450 greylisted", "450 greylisted"]
    pace, waited = waits()
    mail.send(settings(server), LETTER, pace)
    assert waited == [2.0]
    assert len(server.letters) == 1


def test_silence_ends_by_the_clock() -> None:
    with mail_server() as running:
        running.silent = threading.Event()
        pace = Pace(0.1, (), waits()[0].wait)
        with pytest.raises(Refused, match=r"no answer on port \d+ within 0\.1 seconds"):
            mail.send(settings(running), LETTER, pace)
        running.silent.set()


def test_a_port_where_nobody_listens_is_named() -> None:
    with mail_server() as running:
        gone = settings(running)
    sentence, waited = refusal(gone)
    assert "cannot be reached on port" in sentence
    assert waited == [2.0, 8.0]


def test_a_subject_of_two_lines_makes_no_header(server: MailServer) -> None:
    mail.send(settings(server), Letter("one\nBcc: all@shop.example", "", ""))
    assert server.letters[0]["Bcc"] is None
