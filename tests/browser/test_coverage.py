"""From the map of regions to what lies behind a tile, and to the file, in a real browser."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shopkeeper import i18n
from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.forecast import files
from shopkeeper.lake.version import Version
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.coverage.report import Coverage
from shopkeeper.supply.filters import GoodsFilters
from tests.browser.acting import download, go, idle, screen_table, widest, within


def report(goods_shop: Version) -> Coverage:
    query = open_version(goods_shop, made=files.table_files(goods_shop))
    result = coverage.report(query, GoodsFilters())
    query.close()
    return result


def test_a_tile_opens_the_items_of_its_region_and_their_file(
    quiet_supply: Page, goods_url: str, goods_shop: Version, tmp_path: Path
) -> None:
    page, result = quiet_supply, report(goods_shop)
    go(page, f"{goods_url}/coverage")
    idle(page)
    within(page, "coverage_map_chart").locator(".scatterlayer .trace .points .point").first.click(force=True)
    expect(page.locator(".st-key-coverage_skus_table")).to_be_visible(timeout=15_000)
    idle(page)
    expect(page).to_have_url(re.compile("coverage_view=cell"))
    region = result.regions.drop_nulls("tile_row")["region"][0]
    expect(page.get_by_text(f"Items in {region}")).to_be_visible()
    with download(page, "coverage_skus", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = result.regions_skus.filter(region=region)
    assert [row["sku"] for row in rows] == expected["sku"].to_list()
    assert [row["status"] for row in rows] == [status or "" for status in expected["status"]]
    seen = screen_table(page, "coverage_skus")
    assert len(seen) >= min(expected.height, 5)


def test_a_cell_opens_its_category_only(quiet_supply: Page, goods_url: str) -> None:
    page = quiet_supply
    go(page, f"{goods_url}/coverage")
    idle(page)
    within(page, "coverage_cells_chart").locator(".scatterlayer .trace .points .point").first.click(force=True)
    expect(page.locator(".st-key-coverage_places_table")).to_be_visible(timeout=15_000)
    idle(page)
    expect(page).to_have_url(re.compile("coverage_category="))


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, color_scheme="dark", locale="zh-CN")
@pytest.mark.parametrize("part", ["regions", "act", "cell", "changes", "classes"])
def test_a_phone_never_scrolls_sideways(quiet_supply: Page, goods_url: str, part: str) -> None:
    page = quiet_supply
    go(page, f"{goods_url}/coverage?coverage_view={part}", shows="stPopover")
    idle(page)
    with i18n.speaking("zh_CN"):
        expect(page.get_by_role("heading", level=1)).to_have_text(i18n.gettext("Coverage"))
    assert widest(page) <= 390
