"""The Replenishment page without a browser: what it shows is what the reports say, and what is decided is kept."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from shopkeeper import i18n, state
from shopkeeper.cli import main
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.jobs.forecast import files
from shopkeeper.lake import store
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment import table, transfers
from shopkeeper.supply.replenishment.screen.proposals import DEFINITIONS
from shopkeeper.ui import state as signing
from tests.shops.goods_in_memory import forecast, publish
from tests.state.decision_history import history_of
from tests.ui import page_app
from tests.ui.page_app import sound, texts

PAGE = "pages/supply/replenishment.py"
open_page = partial(page_app.opened, PAGE)
FORECASTS = (forecast("north", 1), forecast("south", 2), forecast("south", 1, "cup"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stock = ("2024-04-30,W,tea,60", "2024-04-30,S,tea,2", "2024-04-30,W,cup,5", "2024-04-30,S,cup,0")
    return publish(tmp_path_factory.mktemp("replenishment"), stock=stock, forecasts=FORECASTS)


@pytest.fixture(autouse=True)
def data(published: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(published))
    monkeypatch.setenv("SHOPKEEPER_STATE_URL", f"sqlite:///{tmp_path / 'state.sqlite'}")
    # Streamlit's test driver signs somebody in.
    monkeypatch.setattr(signing, "signed_in", lambda: None)
    with i18n.speaking("en"):
        yield published


@pytest.fixture
def query(data: Path) -> Iterator[Engine]:
    version = store.current(data)
    assert version is not None
    engine = open_version(version, made=files.table_files(version))
    yield engine
    engine.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[state.State]:
    opened = state.open_state(f"sqlite:///{tmp_path / 'state.sqlite'}")
    yield opened
    opened.close()


def ticked(app: AppTest, table: str, *rows: int, turn: int = 0) -> AppTest:
    app.session_state[f"{table}_grid_{turn}"] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return sound(app.run())


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("part", DEFINITIONS)
def test_every_part_draws_in_every_language(part: str, language: str) -> None:
    app = open_page(replenishment_view=part, lang=language)
    assert not app.warning
    assert "nan" not in texts(app).lower()


def test_orders_and_transfers_are_those_of_the_reports(query: Engine) -> None:
    result, moved = replenishment.report(query, GoodsFilters()), transfers.report(query, GoodsFilters())
    assert result.rows.height
    assert moved.rows.height
    app = open_page()
    assert app.metric[0].value == str(result.rows.height)
    assert app.dataframe[0].value["units"].to_list() == result.rows["units"].to_list()
    app = open_page(replenishment_view="transfers")
    assert app.dataframe[0].value["units"].to_list() == moved.rows["units"].to_list()
    assert "by linear programming" in texts(app)


def test_each_count_leads_to_the_list_that_it_counts(query: Engine) -> None:
    result = replenishment.report(query, GoodsFilters())
    by_urgency = {due: result.coming.filter(urgency=due) for due in ("week", "wait")}
    app = open_page()
    told = [metric.value for metric in app.metric[:3]]
    assert told == [str(rows.height) for rows in (result.rows, by_urgency["week"], by_urgency["wait"])]
    assert sum(rows.height for rows in by_urgency.values()) == result.coming.height
    app = sound(app.button(key="show_wait").click().run())
    shown = [table.value["units"].to_list() for table in app.dataframe]
    assert (by_urgency["wait"]["units"].to_list() in shown) == bool(by_urgency["wait"].height)
    app = sound(app.button(key="show_moves").click().run())
    assert "by linear programming" in texts(app)


def test_a_budget_says_what_it_leaves_undone(query: Engine) -> None:
    result = replenishment.report(query, GoodsFilters())
    cheapest = float(result.rows["cost"].min() or 0)  # type: ignore[arg-type]
    app = open_page()
    app = sound(app.number_input(key="orders_budget").set_value(cheapest).run())
    assert "are left undone: that risks" in texts(app)
    assert app.dataframe[0].value["cost"].sum() <= cheapest


def test_a_doubt_leads_the_page_and_is_in_no_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = (forecast("north", 400), forecast("south", 2), forecast("south", 1, "cup"))
    stock = ("2024-04-30,W,tea,60", "2024-04-30,S,tea,2", "2024-04-30,W,cup,5", "2024-04-30,S,cup,0")
    monkeypatch.setenv("SHOPKEEPER_DATA", str(publish(tmp_path, stock=stock, forecasts=huge)))
    app = open_page()
    assert "1 proposal is doubtful." in texts(app)
    assert "Look at these first" in texts(app)
    assert app.dataframe[0].value["units"].to_list()[0] > 400
    rest = app.dataframe[1].value["units"].to_list()
    assert app.metric[0].value == str(len(rest))
    app = ticked(app, "doubts_list", 0)
    assert "months of what the shop sold lately" in texts(app)


def test_an_accepted_order_is_in_the_log_and_beside_the_proposal(kept: state.State, query: Engine) -> None:
    app = ticked(open_page(), "orders", 0)
    result = replenishment.report(query, GoodsFilters()).rows.row(0, named=True)
    assert "in position" in texts(app)
    app.text_input(key="decided_by").set_value("Ann")
    sound(app.button(key="decide_accepted").click().run())
    assert "Kept in the log" in texts(app)
    row = state.decisions(kept).row(0, named=True)
    assert (row["author"], row["verdict"], row["units_decided"]) == ("Ann", "accepted", result["units"])
    assert app.dataframe[0].value["decided"].to_list()[0] == f"Accepted {result['units']:g} · Ann"
    log = open_page(replenishment_view="decisions")
    assert log.dataframe[0].value["outcome"].to_list() == ["Open"]


def test_a_decision_is_changed_by_a_new_one_and_refusing_needs_a_reason(kept: state.State) -> None:
    app = ticked(open_page(), "orders", 0)
    app.text_input(key="decided_by").set_value("Ann")
    sound(app.button(key="decide_refused").click().run())
    assert any("Say why" in warning.value for warning in app.warning)
    assert state.decisions(kept).is_empty()
    app.text_input(key="decision_reason").set_value("no room")
    sound(app.button(key="decide_refused").click().run())
    first = state.decisions(kept).row(0, named=True)
    assert (first["verdict"], first["reason"], first["units_decided"]) == ("refused", "no room", 0)
    app = ticked(app, "orders", 0, turn=1)
    units = app.number_input(key=f"units_{first['proposal']}")
    units.set_value(int(units.value or 0) + 3)
    app.text_input(key="decision_reason").set_value("a fair comes")
    sound(app.run())
    assert app.button(key="decide_accepted").disabled
    sound(app.button(key="decide_changed").click().run())
    now = state.decisions(kept).row(0, named=True)
    assert (now["verdict"], now["replaces"]) == ("changed", first["id"])
    assert history_of(kept, first["proposal"]).height == 2


def test_who_signed_in_is_not_asked_for_a_name(kept: state.State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "signed_in", lambda: "ann@example.com")
    app = ticked(open_page(), "orders", 0)
    sound(app.button(key="decide_accepted").click().run())
    assert state.decisions(kept)["author"].to_list() == ["ann@example.com"]


def test_several_transfers_are_accepted_at_once(kept: state.State, query: Engine) -> None:
    count = transfers.report(query, GoodsFilters()).rows.height
    app = ticked(open_page(replenishment_view="transfers"), "transfers", *range(count))
    app.text_input(key="decided_by").set_value("Ann")
    sound(app.button(key="decide_accepted").click().run())
    assert state.decisions(kept)["kind"].to_list() == ["transfer"] * count


def test_service_levels_are_saved_with_a_name_and_hold(kept: state.State, query: Engine) -> None:
    app = open_page(replenishment_view="levels")
    app.number_input(key="policy_review_days").set_value(14.0)
    sound(app.button(key="levels_save").click().run())
    assert any("Say who" in warning.value for warning in app.warning)
    app.text_input(key="decided_by").set_value("Ann")
    sound(app.button(key="levels_save").click().run())
    policy = state.policy(kept)
    assert policy == Policy(review_days=14)
    result = replenishment.report(query, GoodsFilters(), InForce(policy))
    assert open_page().dataframe[0].value["units"].to_list() == result.rows["units"].to_list()
    assert state.policy_history(kept)["author"].to_list() == ["Ann"]


def test_where_nothing_can_be_kept_everything_is_read_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_STATE_URL", "sqlite:////proc/1/nowhere.sqlite")
    app = ticked(open_page(), "orders", 0)
    assert any("Decisions cannot be kept" in warning.value for warning in app.warning)
    assert app.button(key="decide_accepted").disabled


def test_a_state_that_cannot_be_opened_is_said_and_proposals_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_STATE_URL", "nonsense")
    app = open_page()
    assert any("no address of a database" in warning.value for warning in app.warning)
    assert app.dataframe[0].value["units"].to_list()


@pytest.mark.parametrize("name", ["replenishment", "transfers"])
def test_the_command_line_writes_the_rows_of_the_report(name: str, query: Engine, tmp_path: Path) -> None:
    report: Any = {"replenishment": replenishment.report, "transfers": transfers.report}[name]
    file = tmp_path / f"{name}.parquet"
    assert main.main(["export", name, "-o", str(file)]) == 0
    made = report(query, GoodsFilters())
    expected = made.rows
    if name == "replenishment":
        assert main.main(["export", name, "-o", str(tmp_path / "today.parquet"), "--due", "today"]) == 0
        assert pl.read_parquet(tmp_path / "today.parquet")["units"].to_list() == expected["units"].to_list()
        assert main.main(["export", name, "-o", str(tmp_path / "never.csv"), "--due", "never"]) == 1
        expected = table.lines_of(made, "all")
    assert pl.read_parquet(file)["units"].to_list() == expected["units"].to_list()
    assert main.main(["export", name, "-o", str(tmp_path / "one.csv"), "--sku", "cup"]) == 0
    assert main.main(["export", name, "-o", str(tmp_path / "none.csv"), "--sku", "nothing"]) == 1
