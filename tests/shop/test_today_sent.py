"""Today leaves the machine as it stands there: by mail and to chats, within each platform's limit."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shopkeeper import i18n
from shopkeeper.cli import main, shop
from shopkeeper.lake.version import Version
from shopkeeper.messages import Message
from shopkeeper.sending.attempts import Pace
from shopkeeper.sending.settings import PLATFORMS, Platform
from shopkeeper.sending.webhook import FORMS
from shopkeeper.shop.today import chat
from shopkeeper.shop.today.actions import Action, Actions
from shopkeeper.shop.today.periods import TodayOptions
from tests.sending.servers import mail_server, web_server

ADDRESS = "https://shop.example"


@pytest.fixture(autouse=True)
def _served(corner_shop: Version, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
    monkeypatch.setenv("SHOPKEEPER_STATE_URL", f"sqlite:///{tmp_path / 'state.sqlite'}")
    monkeypatch.setattr(shop, "SECRETS", tmp_path / "secrets.toml")
    monkeypatch.setattr(shop, "PACE", Pace(5.0, (0.0, 0.0)))
    with i18n.speaking("en"):
        yield


def set_mail(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    for name, value in {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "shop@shop.example",
        "MAIL_TO": "owner@shop.example",
    }.items():
        monkeypatch.setenv(f"SHOPKEEPER_{name}", value)


def test_mail_and_every_chat_get_the_same_day(
    corner_shop: Version, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with mail_server() as post, web_server() as web:
        set_mail(monkeypatch, post.port)
        for platform in PLATFORMS:
            monkeypatch.setenv(f"SHOPKEEPER_{platform.upper()}_WEBHOOK", f"http://127.0.0.1:{web.port}/{platform}?k=1")
        assert main.main(["today", "--send", "--address", ADDRESS]) == 0
        said = capsys.readouterr().out
        assert said.count("Sent") == 4
        (letter,) = post.letters
        assert letter["Subject"].startswith(corner_shop.shop.name)
        plain, page = (part.get_content() for part in letter.iter_parts())
        assert main.main(["today", "--address", ADDRESS]) == 0
        assert plain == capsys.readouterr().out
        assert page.startswith("<!doctype html>")
        assert [each.path for each in web.posted] == [f"/{platform}" for platform in PLATFORMS]


def test_each_failure_is_a_sentence_the_rest_is_sent_and_the_exit_code_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with mail_server() as post, web_server() as web:
        set_mail(monkeypatch, post.port)
        web.answers = [(500, {}, "")] * 3
        post.replies["DATA"] = ["554 no"]
        monkeypatch.setenv("SHOPKEEPER_WECOM_WEBHOOK", f"http://127.0.0.1:{web.port}/wecom?key=hush-hush")
        monkeypatch.setenv("SHOPKEEPER_SLACK_WEBHOOK", f"http://127.0.0.1:{web.port}/services/hush-hush")
        assert main.main(["today", "--send"]) == 1
        said = capsys.readouterr()
        assert "Sent to Slack at 127.0.0.1" in said.out
        assert "WeCom at 127.0.0.1 answered 500" in said.err
        assert "mail server 127.0.0.1 answered 554" in said.err
        assert "hush" not in said.out + said.err


def test_nobody_to_send_to_is_refused_before_anything_is_computed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", "/nowhere")
    assert main.main(["today", "--send"]) == 1
    assert "SHOPKEEPER_SMTP_HOST" in capsys.readouterr().err


@pytest.fixture(scope="module")
def content(corner_shop: Version) -> shop.Content:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
        return shop._content(TodayOptions(), ADDRESS)


def many(number: int) -> Actions:
    these = [
        Action(f"data:{n}", "data", 1, Message(f"第 {n} 件事：" + "数据" * 20), 1000.0 - n, "", None)
        for n in range(number)
    ]
    return Actions(tuple(these), (), None, ())


def written(content: shop.Content, platform: Platform, actions: Actions) -> str:
    parts = (content.version, content.today, content.figures, actions, content.plan, FORMS[platform], content.address)
    return chat.as_chat(*parts)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_does_not_fit_is_counted_and_the_largest_stand_first(content: shop.Content, platform: Platform) -> None:
    form, number = FORMS[platform], 200
    text = written(content, platform, many(number))
    assert form.fits(text)
    kept = sum(f"第 {n} 件事" in text for n in range(number))
    assert 0 < kept < number
    assert all(f"第 {n} 件事" in text for n in range(kept))
    assert f"{number - kept} more are on the page." in text
    # One more would not have fitted.
    next_one = chat._item(many(number).first[kept], content.version.shop.currency, form, ADDRESS)
    assert not form.fits(f"{text}{form.line}- {next_one}")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_fits_is_there_whole_with_its_links(content: shop.Content, platform: Platform) -> None:
    text = written(content, platform, many(3))
    assert "more" not in text.rpartition("第 2 件事")[2]
    assert text.count(f"{ADDRESS}/data?data_section=health") == 3
    assert ADDRESS not in written(replace(content, address=""), platform, many(3))
    assert "Nothing of weight" in written(content, platform, many(0))


def test_a_head_that_alone_is_too_long_is_cut(content: shop.Content) -> None:
    small = replace(FORMS["wecom"], most=40)
    parts = (content.version, content.today, content.figures, many(2), content.plan, small)
    assert small.fits(chat.as_chat(*parts))
