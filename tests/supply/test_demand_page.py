"""The Demand page without a browser and its exports: both show what the reports say, in every part and language."""

import csv
import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from shopkeeper import i18n, state
from shopkeeper.cli import main
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.jobs.forecast import run as forecast_run
from shopkeeper.lake.version import Version
from shopkeeper.measures.lookup import definition
from shopkeeper.merchant.in_force import InForce
from shopkeeper.supply.demand import backtest, lost
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.demand import table as demand_table
from shopkeeper.supply.demand.report import DemandOptions
from shopkeeper.supply.demand.screen.forecast import DEFINITIONS, DRILL
from shopkeeper.supply.filters import GoodsFilters
from tests.shops import customers_on_disk
from tests.shops.goods_on_disk import REGIONS
from tests.ui import page_app
from tests.ui.page_app import texts

PAGE = "pages/supply/demand.py"
open_page = partial(page_app.opened, PAGE)
ALL = GoodsFilters()


@pytest.fixture(autouse=True)
def _served(goods_shop: Version, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(goods_shop.path.parents[1]))
    monkeypatch.delenv("SHOPKEEPER_STATE_URL", raising=False)
    with i18n.speaking("en"):
        yield


@pytest.fixture
def query(goods_shop: Version) -> Iterator[Engine]:
    engine = open_version(goods_shop, made=forecast_files.table_files(goods_shop))
    yield engine
    engine.close()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("section", DEFINITIONS)
def test_every_part_is_drawn_in_every_language(section: str, language: str) -> None:
    app = open_page(demand_view=section, lang=language)
    reported = texts(app)
    assert not re.search(r"\b(nan|inf|None|Infinity)\b", reported)
    with i18n.speaking(language):
        for name in DEFINITIONS[section]:
            assert definition(name)[0] in reported


def test_the_answer_is_that_of_the_report(query: Engine) -> None:
    row = demand.report(query, ALL).totals.row(0, named=True)
    reported = texts(open_page())
    assert row["units"] > 0
    for value in (i18n.integer(row["units"]), i18n.integer(row["low_80"]), i18n.integer(row["high_80"]),
                  i18n.compact_money(row["margin"], "CNY")):  # fmt: skip
        assert value in reported
    assert demand.report(query, ALL).regions["region"][0] in reported


@pytest.mark.parametrize("by", DRILL)
def test_the_table_holds_the_series_of_the_level_that_is_chosen(query: Engine, by: demand.Level) -> None:
    result = demand.report(query, ALL, options=DemandOptions(by))
    shown = next(table.value for table in open_page(demand_by=by).dataframe if "low_80" in table.value)
    assert len(shown) == result.series.height
    assert shown["units"].to_list() == pytest.approx(result.series["units"].to_list())


def test_filters_of_the_sidebar_hold_here(query: Engine) -> None:
    filters = GoodsFilters(categories=("茶叶 Tea",), regions=("湖南 Hunan",))
    units = demand.report(query, filters).totals["units"][0]
    app = open_page(goods_categories="茶叶 Tea", goods_regions="湖南 Hunan")
    assert f"about {i18n.integer(units)} units" in texts(app)


def test_the_backtest_and_the_worst_items_are_those_of_the_report(query: Engine) -> None:
    result = backtest.report(query, ALL)
    tables = [table.value for table in open_page(demand_view="accuracy").dataframe]
    levels = next(table for table in tables if "naive_rmsse" in table)
    assert levels["rmsse"].to_list() == pytest.approx(result.accuracy["rmsse"].to_list())
    worst = next(table for table in tables if "cost" in table)
    assert worst["sku"].to_list() == result.worst["sku"].to_list()


def test_what_was_lost_is_that_of_the_report(query: Engine) -> None:
    result = lost.report(query, ALL)
    assert result.units > 0
    reported = texts(open_page(demand_view="lost"))
    assert f"about {i18n.integer(result.units)} units" in reported
    assert "known on 40 of 40 days" in reported


def test_a_manual_value_is_set_seen_and_withdrawn(goods_shop: Version, query: Engine) -> None:
    held = state.open_state(state.url_of(goods_shop.path.parents[1]))
    app = open_page(demand_view="manual", goods_skus="K1")
    assert "No manual values are in force" in texts(app)
    app.button(key="manual_keep").click().run()
    assert "how many units per day" in app.warning[0].value
    app.number_input(key="manual_units").set_value(50.0)
    app.button(key="manual_keep").click().run()
    assert app.warning, "a manual value without a reason is refused"
    assert state.overrides(held) == ()
    app.text_input(key="manual_reason").set_value("Campaign")
    app.button(key="manual_keep").click().run()
    assert not app.exception
    (made,) = state.overrides(held)
    statistical = demand.statistical(
        query, "K1", None, goods_shop.as_of + timedelta(days=1), goods_shop.as_of + timedelta(days=28)
    )
    assert (made.sku, made.region, made.units_per_day) == ("K1", None, 50.0)
    assert made.author, "who is signed in stands beside the value"
    assert made.statistical_units_per_day == pytest.approx(statistical)
    listed = next(table.value for table in app.dataframe if "reason" in table.value)
    assert listed["reason"].to_list() == ["Campaign"]
    units = demand.report(query, GoodsFilters(skus=("K1",)), InForce(overrides=(made,))).totals["units"][0]
    assert units == pytest.approx(28 * 50)
    assert f"about {i18n.integer(units)} units" in texts(app)
    app.button(key="manual_withdraw_go").click().run()
    assert not app.exception
    assert state.overrides(held) == ()
    held.close()


def test_without_a_forecast_the_page_says_what_to_run_and_shows_what_sold(
    corner_shop: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
    for section in DEFINITIONS:
        assert "python -m shopkeeper forecast" in texts(open_page(demand_view=section))
    assert open_page().get("plotly_chart")


def test_without_stock_and_events_the_rest_still_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = customers_on_disk.publish(tmp_path / "lake")
    forecast_run.make(version)
    monkeypatch.setenv("SHOPKEEPER_DATA", str(version.path.parents[1]))
    reported = texts(open_page())
    assert "units will be asked for" in reported
    assert "no events are known" in reported
    assert "No stock snapshots" in texts(open_page(demand_view="lost"))
    assert "python -m shopkeeper fit" in texts(open_page(demand_view="check"))


def test_where_no_cost_is_known_nothing_is_called_margin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(150)]
    orders = [f"{day},{day} 10:00:00,tea,{1 + day.day % 3},30" for day in days]
    source = tmp_path / "order_lines.csv"
    source.write_text("\n".join(["order_id,ordered_at,sku,quantity,net_amount", *orders]))
    said = Acceptance("Tea", "EUR", "Europe/Berlin")
    version = import_files([source], file.load("plain"), tmp_path / "data", said=said).version
    forecast_run.make(version)
    monkeypatch.setenv("SHOPKEEPER_DATA", str(tmp_path / "data"))
    reported = texts(open_page())
    assert "of net revenue. Where you know better" in reported
    assert "of margin" not in reported
    assert "by margin" not in reported


def run(*arguments: object) -> int:
    return main.main([str(argument) for argument in arguments])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("by", demand.KEYS)
def test_the_export_has_the_rows_of_the_screen(query: Engine, tmp_path: Path, by: demand.Level) -> None:
    region = next(iter(REGIONS))
    assert run("export", "demand", "-o", tmp_path / "demand.csv", "--by", by, "--region", region) == 0
    result = demand.report(query, GoodsFilters(regions=(region,)), options=DemandOptions(by))
    sheet = demand_table.demand(query.version, result)
    written = rows_of(tmp_path / "demand.csv")
    assert [float(row["forecast"]) for row in written] == pytest.approx(sheet.frame["forecast"].to_list())
    assert set(sheet.frame.columns) <= set(written[0])
    assert sum(float(row["forecast"]) for row in written) == pytest.approx(result.weeks["forecast"].sum())


def test_the_export_of_the_backtest_has_the_rows_of_the_screen(query: Engine, tmp_path: Path) -> None:
    result = backtest.report(query, ALL)
    assert run("export", "forecast_check", "-o", tmp_path / "check.csv") == 0
    levels = rows_of(tmp_path / "check.csv")
    assert [row["level"] for row in levels] == result.accuracy["level"].to_list()
    assert [float(row["rmsse"]) for row in levels] == pytest.approx(result.accuracy["rmsse"].to_list())
    assert run("export", "forecast_check", "-o", tmp_path / "items.csv", "--items") == 0
    assert [row["sku"] for row in rows_of(tmp_path / "items.csv")] == result.worst["sku"].to_list()


def test_an_export_of_what_there_is_not_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", "demand", "-o", tmp_path / "demand.csv", "--by", "moon") == 1
    assert "is no level" in capsys.readouterr().err
    assert run("export", "demand", "-o", tmp_path / "demand.csv", "--region", "Atlantis") == 1
    assert "Atlantis" in capsys.readouterr().err
