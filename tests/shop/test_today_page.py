"""Today without a browser: its actions are in money order, and each amount is that of the page it leads to."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from shopkeeper import i18n, state
from shopkeeper.cli import main
from shopkeeper.cli import targets as targets_file
from shopkeeper.errors import Refused
from shopkeeper.lake.version import Version
from shopkeeper.merchant.targets import Target
from shopkeeper.shop.today.screen import targets as targets_form
from shopkeeper.ui import state as signing
from tests.shops.once import copied
from tests.ui.page_app import linked, sound, texts


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_STATE_URL", f"sqlite:///{tmp_path / 'state.sqlite'}")
    # Streamlit's test driver signs somebody in.
    monkeypatch.setattr(signing, "signed_in", lambda: None)
    with i18n.speaking("en"):
        yield


@pytest.fixture(params=["goods_shop", "corner_shop"])
def served(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Version:
    version: Version = request.getfixturevalue(request.param)
    monkeypatch.setenv("SHOPKEEPER_DATA", str(version.path.parents[1]))
    return version


def open_today(**link: str) -> AppTest:
    return sound(linked(**link).run())


def digest(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main.main(["today", *arguments]) == 0
    return capsys.readouterr().out


def money_on(app: AppTest) -> str:
    figures = [str(metric.value) for metric in app.metric]
    return "\n".join([texts(app), *figures, *(expander.label for expander in app.expander)])


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_app_opens_on_it_in_every_language(served: Version, language: str) -> None:
    app = open_today(lang=language)
    assert app.title[0].value == {"en": "Today", "zh_CN": "今日"}[language]
    assert app.metric


def test_json_holds_what_a_program_needs_the_largest_amount_first(
    served: Version, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(digest(capsys, "--format", "json", "--address", "https://shop.example/"))
    assert (data["shop"], data["as_of"]) == (served.shop.name, served.as_of.isoformat())
    assert data["figures"]["revenue"]["value"] > 0
    amounts = [action["amount"] for action in data["actions"] if action["amount"] is not None]
    assert amounts == sorted(amounts, reverse=True)
    for action in data["actions"]:
        assert {"kind", "text", "amount", "low", "high", "horizon_days", "page", "url"} <= action.keys()
        assert action["url"].startswith(f"https://shop.example/{action['page']}")
        assert len(action["text"].split()) <= 25


def test_text_and_html_say_the_same(served: Version, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(digest(capsys, "--format", "json"))
    lines, page = digest(capsys), digest(capsys, "--format", "html")
    for action in data["actions"]:
        if action["material"]:
            assert action["text"] in lines
    assert data["headline"] in lines
    assert page.startswith("<!doctype html>")


def test_every_amount_is_on_the_page_that_it_leads_to(served: Version, capsys: pytest.CaptureFixture[str]) -> None:
    amounts = amounts_on_their_pages(served, capsys)
    assert amounts or served.shop.name == "Corner shop"


@pytest.mark.deep
def test_every_amount_of_the_sample_is_on_its_page(
    forecast_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = copied(forecast_lake, tmp_path / "lake")
    monkeypatch.setenv("SHOPKEEPER_DATA", str(tmp_path / "lake"))
    assert {"excess", "rescue", "orders", "stock_out", "transfers", "data"} <= set(
        amounts_on_their_pages(version, capsys)
    )


def amounts_on_their_pages(version: Version, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Follow every action of Today that has an amount, find that amount where it leads, and give their kinds."""
    data = json.loads(digest(capsys, "--format", "json"))
    keys = [str(button.key) for button in open_today().button if str(button.key).startswith("open_")]
    assert len(keys) == len(data["actions"])
    kinds = []
    # The buttons stand as the actions do: what is worth telling first, then the smaller ones.
    ordered = sorted(data["actions"], key=lambda action: not action["material"])
    for key, action in zip(keys, ordered, strict=True):
        if action["amount"] is not None:
            assert key.startswith(f"open_{action['kind']}")
            app = sound(open_today().button(key=key).click().run())
            assert app.title[0].value != "Today"
            assert i18n.compact_money(action["amount"], version.shop.currency) in money_on(app), action
            kinds.append(action["kind"])
    return kinds


def test_what_is_put_aside_is_kept_per_person_and_can_be_put_back(
    goods_shop: Version, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(goods_shop.path.parents[1]))
    app = open_today()
    (first, *_) = [str(button.key) for button in app.button if str(button.key).startswith("open_")]
    key = first.removeprefix("open_")
    app.text_input(key="decided_by").set_value("Ann").run()
    assert f"open_{key}" in {str(button.key) for button in app.button}
    kept = state.open_state(f"sqlite:///{tmp_path / 'state.sqlite'}")
    state.mark_action(kept, "Ann", key, "later", goods_shop.as_of)
    kept.close()
    app.run()
    assert f"open_{key}" not in {str(button.key) for button in app.button}
    app.button(key=f"back_{key}").click().run()
    assert f"open_{key}" in {str(button.key) for button in app.button}


def test_without_a_base_parts_stand_without_empty_columns(served: Version, capsys: pytest.CaptureFixture[str]) -> None:
    """A year back lies before the data of both shops begin."""
    assert json.loads(digest(capsys, "--format", "json", "--period", "year", "--against", "year"))["base_days"] is None
    app = open_today(today_period="year", today_against="year")
    assert list(app.dataframe[-1].value.columns) == ["part", "value"]


def test_targets_that_nobody_set_say_what_to_do_and_those_that_were_are_shown(
    corner_shop: Version, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
    assert any("No target is set" in info.value for info in open_today().info)
    file = tmp_path / "targets.csv"
    file.write_text(f"period,figure,value\n{corner_shop.as_of:%Y},revenue,5000000\n", encoding="utf-8")
    assert main.main(["targets", str(file), "--author", "Ann"]) == 0
    assert "Targets set: 1." in capsys.readouterr().out
    data = json.loads(digest(capsys, "--format", "json"))
    (target,) = data["targets"]
    assert (target["plan"], target["period"]) == (5_000_000, "year")
    app = open_today()
    assert not any("No target is set" in info.value for info in app.info)
    shown = money_on(app)
    currency = corner_shop.shop.currency
    assert i18n.compact_money(target["run_rate"], currency) in shown
    for action in data["actions"]:
        if action["kind"] == "target":
            assert action["text"] in shown
            assert i18n.compact_money(action["amount"], currency) in shown
    assert "5" in digest(capsys)


def test_the_form_keeps_only_what_was_altered() -> None:
    kept = (Target("revenue", "month", date(2026, 1, 1), 100.0), Target("orders", "year", date(2026, 1, 1), 12.0))
    before = targets_form.grid(kept, 2026)
    assert (before["revenue"][0], before["orders"][12]) == (100.0, 12.0)
    assert targets_form.changed(before, before, 2026) == ()
    edited = before.to_dict(as_series=False)
    edited["revenue"][0], edited["margin"][2] = None, 7.0
    assert targets_form.changed(before, pl.DataFrame(edited), 2026) == (
        Target("revenue", "month", date(2026, 1, 1), None),
        Target("margin", "month", date(2026, 3, 1), 7.0),
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("period,figure,value\n2026-13,revenue,5\n", "Line 2"),
        ("period,figure,value\n2026-10,revenue,5\n2026-10,revenue,6\n", "Line 3"),
        ("period,figure,value\n2026-10,weight,5\n", "weight"),
        ("period,figure,value\n2026-10,revenue,much\n", "much"),
        ("month,figure\n", "columns"),
    ],
)
def test_a_file_of_targets_is_refused_by_its_line(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "targets.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Refused, match=said):
        targets_file.read(file)


def test_why_says_on_the_page_what_json_has_and_adds_up_to_the_headline(
    corner_shop: Version, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
    data = json.loads(digest(capsys, "--format", "json"))
    shown = money_on(open_today())
    assert "Why did this change?" in shown
    for figure in ("revenue", "average_order"):
        parts = {row["cause"]: row["amount"] for row in data["why"] if row["figure"] == figure}
        assert parts.pop("refunds") is None
        assert sum(parts.values()) == pytest.approx(data["figures"][figure]["change"], abs=0.0051)
        for amount in parts.values():
            assert i18n.compact_money(amount, corner_shop.shop.currency) in shown


def test_an_amount_has_an_interval_or_says_why_it_has_none(served: Version, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(digest(capsys, "--format", "json"))
    said = digest(capsys)
    for action in data["actions"]:
        assert (action["low"] is None) == (action["high"] is None)
        if not action["material"] or action["amount"] is None:
            continue
        (line,) = [line for line in said.splitlines() if action["text"] in line]
        counted = action["kind"] in {"excess", "data"}
        if action["low"] is None:
            assert ("counted, not estimated" if counted else "its interval is not known") in line
        else:
            assert action["low"] <= action["amount"] <= action["high"]
