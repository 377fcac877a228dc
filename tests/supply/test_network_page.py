"""The Network page without a browser and its export: both show what the report says, in every part and language."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from shopkeeper import i18n
from shopkeeper.cli import main
from shopkeeper.contract.forecasts import FORECAST_TABLES, HORIZON, WEEKS
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.jobs.forecast import files
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.lake.version import Version
from shopkeeper.supply.network import chart as drawings
from shopkeeper.supply.network import report as network
from shopkeeper.supply.network import table as network_table
from shopkeeper.supply.network.report import Network, NetworkOptions
from shopkeeper.supply.network.screen.regions import DEFINITIONS
from tests.shops.goods_on_disk import REGIONS, SKUS
from tests.shops.in_memory import frame
from tests.shops.once import copied
from tests.ui import page_app
from tests.ui.page_app import texts

PAGE = "pages/supply/network.py"
open_page = partial(page_app.opened, PAGE)


def flat_forecast(version: Version) -> None:
    """A forecast by hand: each region asks for its share of two of each item a day, and nothing else is told."""
    weeks = {name: [1.0] * WEEKS for name in ("low_80", "high_80", "low_95", "high_95")}
    rows = [
        weeks | {"level": "region_sku", "region": region, "sku": sku, "category": category, "pattern": "smooth",
                 "daily_mean": 2 * share, "error_sd": 1.0, "units": [2 * share] * HORIZON}
        for region, (_y, _x, share) in REGIONS.items() for sku, (category, _price, _cost) in SKUS.items()
    ]  # fmt: skip
    tables = {name: frame(table, rows if name == "forecasts" else ()) for name, (table, _) in FORECAST_TABLES.items()}
    files.write(version, Run(tables, {}))


@pytest.fixture(scope="module")
def shop(goods_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Version:
    version = copied(goods_lake, tmp_path_factory.mktemp("network") / "lake")
    flat_forecast(version)
    return version


@pytest.fixture(autouse=True)
def _served(shop: Version, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(shop.path.parents[1]))
    with i18n.speaking("en"):
        yield


@pytest.fixture
def query(shop: Version) -> Iterator[Engine]:
    engine = open_version(shop, made=files.table_files(shop))
    yield engine
    engine.close()


def shown(app: AppTest, label: str) -> list[str]:
    return [metric.value for metric in app.metric if metric.label == label]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("part", DEFINITIONS)
def test_every_part_draws_in_every_language(part: str, language: str) -> None:
    app = open_page(network_view=part, lang=language)
    assert app.metric
    assert not app.warning, [warning.value for warning in app.warning]
    assert not re.search(r"\b(nan|inf|None)\b", texts(app))


def test_the_answer_is_that_of_the_report(query: Engine) -> None:
    result = network.report(query, options=NetworkOptions(3, 28))
    app = open_page(promise="3", window="28")
    assert shown(app, "Near-demand rate") == [i18n.percent(result.now.near_rate)]
    assert shown(app, "Days to the buyer") == [i18n.number(result.now.lead_days, 1)]
    best = result.candidates.row(0, named=True)
    assert i18n.number(100 * best["points"]) in texts(app)
    assert "28 days" in texts(app)


def test_before_and_after_are_those_of_the_what_if(query: Engine) -> None:
    result = network.report(query)
    tried = network.what_if(result, ("S2", "dealer:海南 Hainan"), 1000.0).change
    app = open_page(network_view="next", tried_nodes=["S2", "dealer:海南 Hainan"], node_cost="1000")
    rates = shown(app, "Near-demand rate")
    assert rates[1:] == [i18n.percent(tried.before.near_rate), i18n.percent(tried.after.near_rate)]
    assert i18n.number(100 * tried.points) in texts(app)
    assert i18n.compact_money(tried.cost_per_point, "CNY") in texts(app)


def test_until_somebody_chooses_the_best_node_is_tried(query: Engine) -> None:
    result = network.report(query)
    app = open_page(network_view="next")
    assert app.multiselect(key="tried_nodes").value == [result.candidates["candidate"][0]]


def test_the_plan_is_told_beside_now(query: Engine) -> None:
    app = open_page(network_view="plan")
    result = network.report(query)
    rates = shown(app, "Near-demand rate")
    assert rates[1:3] == [i18n.percent(result.now.near_rate), i18n.percent(result.coming.near_rate)]
    assert len(rates) == 4


def test_nodes_and_lanes_are_those_of_the_report(query: Engine) -> None:
    result = network.report(query)
    app = open_page(network_view="nodes")
    nodes, lanes = (table.value for table in app.dataframe)
    assert nodes["location"].to_list() == result.nodes["location"].to_list()
    assert len(lanes) == result.lanes.height
    assert "Not described" not in nodes["kind"].to_list()


def test_links_to_what_there_is_not_are_said() -> None:
    for link, word in (
        ({"promise": "9"}, "9"), ({"network_view": "next", "tried_nodes": ["W1"]}, "W1"),
        ({"network_view": "next", "node_cost": "dear"}, "dear"),
    ):  # fmt: skip
        assert word in open_page(**link).warning[0].value


def test_chosen_categories_and_regions_are_in_what_is_shown(query: Engine) -> None:
    app = open_page(goods_regions=["海南 Hainan"], network_map_as="table")
    assert app.dataframe[0].value["region"].to_list() == ["海南 Hainan"]


def test_a_shop_of_orders_alone_is_told_what_is_missing(corner_shop: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
    reported = texts(open_page())
    for words in ("python -m shopkeeper forecast", "stock snapshots", "no lanes to regions", "No locations"):
        assert words in reported
    assert not open_page(network_view="next").exception


def test_bars_stand_in_where_there_is_no_map(query: Engine) -> None:
    regions = network.report(query).regions
    bars = drawings.near_bars(regions, "near_rate", "CNY").data[0]
    assert list(bars.x) == sorted(bars.x)
    tiles = drawings.near_map(regions, "near_rate", "CNY").data[1]
    assert {facts[0] for facts in tiles.customdata} == set(REGIONS)


def test_every_file_has_a_label_for_every_column(shop: Version, query: Engine) -> None:
    result: Network = network.report(query)
    for language in i18n.LANGUAGES:
        with i18n.speaking(language):
            for rows in network_table.ROWS:
                made = network_table.network(shop, result, rows)
                assert [column.name for column in made.columns] == made.frame.columns
    free = replace(result, priced=False)
    assert network_table.network(shop, free, "regions").frame["freight"].null_count() == result.regions.height


@pytest.mark.parametrize("rows", network_table.ROWS)
def test_the_export_holds_the_rows_of_the_report(rows: str, tmp_path: Path, shop: Version, query: Engine) -> None:
    path = tmp_path / "network.csv"
    assert main.main(["export", "network", "--by", rows, "--promise", "3", "-o", str(path)]) == 0
    made = network_table.network(shop, network.report(query, options=NetworkOptions(3)), rows).frame
    with path.open(encoding="utf-8-sig", newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == made.height > 0
    first = made.select(pl.selectors.string()).columns[0]
    assert [row[first].lstrip("'") for row in read] == made[first].to_list()


def test_an_export_of_unknown_rows_or_days_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--by", "boats"], ["--promise", "0"], ["--window", "15"]):
        assert main.main(["export", "network", *arguments, "-o", str(tmp_path / "x.csv")]) == 1
        assert "choose" in capsys.readouterr().err
