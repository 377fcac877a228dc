"""The Coverage page without a browser: what it shows is what the report says, in every part and language."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from shopkeeper import i18n
from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.forecast import files
from shopkeeper.lake import store
from shopkeeper.supply.coverage import chart as drawings
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.coverage.report import Coverage
from shopkeeper.supply.coverage.screen.regions import DEFINITIONS, status_words
from shopkeeper.supply.filters import GoodsFilters
from tests.shops.goods_in_memory import PLACED, publish
from tests.ui import page_app
from tests.ui.page_app import sound, texts

PAGE = "pages/supply/coverage.py"
open_page = partial(page_app.opened, PAGE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("coverage"))


@pytest.fixture(autouse=True)
def _served(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(data))
    with i18n.speaking("en"):
        yield


def report(data: Path) -> Coverage:
    version = store.current(data)
    assert version is not None
    query = open_version(version, made=files.table_files(version))
    result = coverage.report(query, GoodsFilters())
    query.close()
    return result


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("part", DEFINITIONS)
def test_every_part_draws_in_every_language(part: str, language: str) -> None:
    app = open_page(coverage_view=part, lang=language)
    assert not app.warning
    assert app.dataframe or app.metric
    assert not re.search(r"\b(nan|inf|None(?! of))\b", texts(app))


def test_the_answer_is_that_of_the_report(data: Path) -> None:
    result = report(data)
    app = open_page()
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["✖ Out"] == str(result.classes["out"].sum())
    assert shown["▼ Run out before an order can land"] == str(result.classes["runs_out"].sum())
    worst = result.regions.row(0, named=True)["region"]
    reported = next(element.value for element in app.markdown if element.value.startswith("####"))
    assert f"{result.at_risk.height} of " in reported
    assert f"most of it in {worst}" in reported


def test_the_list_to_act_on_is_that_of_the_report(data: Path) -> None:
    result = report(data)
    rows = open_page(coverage_view="act").dataframe[0].value
    assert rows["sku"].to_list()[: result.at_risk.height] == result.at_risk["sku"].to_list()
    assert set(rows["status"]) <= {status_words()[name] for name in ("out", "runs_out", "order_now")}


def test_a_region_opens_its_items_and_the_locations_that_serve_it(data: Path) -> None:
    result = report(data)
    app = open_page(coverage_view="cell", coverage_region="south")
    items, places = (table.value for table in app.dataframe[:2])
    south = result.regions_skus.filter(region="south")
    assert sorted(items["sku"]) == sorted(south["sku"])
    assert set(places["location_name"]) == {"Warehouse", "Store"}
    part = open_page(coverage_view="cell", coverage_region="south", coverage_category="Cups")
    assert set(part.dataframe[0].value["sku"]) == {"cup"}


def test_each_status_leads_to_its_items(data: Path) -> None:
    app = open_page()
    app = sound(app.button(key="show_runs_out").click().run())
    assert set(app.dataframe[0].value["status"]) == {status_words()["runs_out"]}
    assert app.dataframe[0].value.shape[0] == report(data).regions_skus.filter(status="runs_out").height
    app = open_page(coverage_view="act", coverage_status="nonsense")
    assert "nonsense" in app.warning[0].value


def test_a_region_that_there_is_not_is_said() -> None:
    app = open_page(coverage_view="cell", coverage_region="the moon")
    assert "the moon" in app.warning[0].value


def test_filters_hold(data: Path) -> None:
    app = open_page(coverage_view="cell", goods_categories="Cups")
    assert set(app.dataframe[0].value["sku"]) == {"cup"}
    assert report(data).regions_skus["sku"].n_unique() == 2


def test_without_counts_the_page_says_so_and_tells_what_to_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(publish(tmp_path, stock=())))
    app = open_page()
    assert "Nothing was counted" in app.info[0].value
    assert {"reorder_point", "safety_stock"} <= set(app.dataframe[0].value.columns)


def test_without_a_forecast_the_page_says_so_and_tells_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(publish(tmp_path, forecasts=())))
    app = open_page()
    assert any("There is no forecast" in note.value for note in app.info)
    assert app.dataframe


def test_without_a_map_regions_are_bars(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = report(data)
    assert drawings.tile_map(result.regions, "at_risk", "CNY").data[0].type == "heatmap"
    monkeypatch.setenv("SHOPKEEPER_DATA", str(publish(tmp_path, regions=())))
    bare = report(tmp_path / "data")
    assert bare.regions["tile_row"].null_count() == bare.regions.height
    bars = drawings.region_bars(bare.regions, "margin_at_stake", "CNY").data[0]
    assert bars.type == "bar"
    assert next(iter(bars.y)) == bare.regions["region"][0]
    assert open_page().metric


def test_each_tile_and_cell_carries_what_a_click_opens(data: Path) -> None:
    result = report(data)
    tiles = drawings.tile_map(result.regions, "cover_days", "CNY").data[1]
    assert {point[0] for point in tiles.customdata} == set(PLACED)
    cells = drawings.cover_heatmap(result.cells, "excess_value", "CNY", picked=("south", "Tea"))
    expected = {(row["region"], row["category"]) for row in result.cells.iter_rows(named=True) if row["series"]}
    assert {tuple(point[:2]) for point in cells.data[1].customdata} == expected
    assert len(cells.layout.shapes) == 1
