"""Where messages go is read from the environment first; what is wrong is named by its variable, never by its value."""

from pathlib import Path

import pytest

from shopkeeper.errors import Refused
from shopkeeper.sending.settings import read

SMTP = {
    "SHOPKEEPER_SMTP_HOST": "mail.example",
    "SHOPKEEPER_MAIL_FROM": "Shop <shop@shop.example>",
    "SHOPKEEPER_MAIL_TO": "owner@shop.example, anna@shop.example",
    "SHOPKEEPER_SMTP_USER": "shop",
    "SHOPKEEPER_SMTP_PASSWORD": "hush-hush",
}
SLACK = {"SHOPKEEPER_SLACK_WEBHOOK": "https://hooks.slack.example/services/T0/B0/verysecret"}


def test_mail_and_chats_are_read_from_the_environment(tmp_path: Path) -> None:
    channels = read({**SMTP, **SLACK}, tmp_path / "none")
    assert channels.mail
    assert (channels.mail.host, channels.mail.port, channels.mail.security) == ("mail.example", 587, "starttls")
    assert channels.mail.recipients == ("owner@shop.example", "anna@shop.example")
    (slack,) = channels.webhooks
    assert (slack.platform, slack.host) == ("slack", "hooks.slack.example")


def test_the_secrets_file_says_what_the_environment_does_not(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text('[send]\nsmtp_port = 465\nslack_webhook = "https://other.example/hook"\n', encoding="utf-8")
    channels = read({**SMTP, **SLACK}, file)
    assert channels.mail
    assert (channels.mail.port, channels.mail.security) == (465, "tls")
    assert channels.webhooks[0].host == "hooks.slack.example"
    assert read({}, file).webhooks[0].host == "other.example"


def test_nothing_secret_is_in_what_is_printed_of_settings(tmp_path: Path) -> None:
    shown = repr(read({**SMTP, **SLACK}, tmp_path / "none"))
    for secret in ("hush", "verysecret", "owner@", "shop@"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"SHOPKEEPER_SMTP_SECURITY": "sometimes"}, "SMTP_SECURITY"),
        ({"SHOPKEEPER_SMTP_SECURITY": "none"}, "unencrypted"),
        ({"SHOPKEEPER_SMTP_PORT": "70000"}, "SMTP_PORT"),
        ({"SHOPKEEPER_SMTP_PORT": "hush-hush"}, "SMTP_PORT"),
        ({"SHOPKEEPER_MAIL_TO": ""}, "MAIL_TO"),
        ({"SHOPKEEPER_MAIL_TO": "owner@shop.example, hush-hush"}, "MAIL_TO"),
        ({"SHOPKEEPER_MAIL_FROM": "hush-hush"}, "MAIL_FROM"),
        ({"SHOPKEEPER_SMTP_USER": ""}, "SMTP_PASSWORD"),
        ({"SHOPKEEPER_WECOM_WEBHOOK": "http://qyapi.example/send?key=hush-hush"}, "WECOM_WEBHOOK"),
        ({"SHOPKEEPER_DINGTALK_WEBHOOK": "hush-hush"}, "DINGTALK_WEBHOOK"),
        ({"SHOPKEEPER_SLACK_WEBHOOK": "https://[hush-hush"}, "SLACK_WEBHOOK"),
    ],
)
def test_what_is_wrong_is_named_and_never_shown(changed: dict[str, str], named: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=named) as refusal:
        read({**SMTP, **changed}, tmp_path / "none")
    assert "hush" not in str(refusal.value)


def test_where_nobody_is_named_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="SHOPKEEPER_SMTP_HOST"):
        read({}, tmp_path / "none")


def test_a_secrets_file_that_is_no_toml_is_named_without_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("password is hush-hush", encoding="utf-8")
    with pytest.raises(Refused, match=r"secrets\.toml") as refusal:
        read({}, file)
    assert "hush" not in str(refusal.value)
    assert refusal.value.__cause__ is None
