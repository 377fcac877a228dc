"""What a stock planner does on the Demand page, in a real browser: to one item, its file, a manual value."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.lake.version import Version
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.demand import table
from shopkeeper.supply.demand.report import DemandOptions
from shopkeeper.supply.demand.screen.forecast import DEFINITIONS
from shopkeeper.supply.filters import GoodsFilters
from tests.browser.acting import choose_first, download, go, idle, widest, within


def test_from_the_answer_to_the_items_of_a_category_and_their_file(
    page: Page, goods_url: str, goods_shop: Version, tmp_path: Path
) -> None:
    query = open_version(goods_shop, made=forecast_files.table_files(goods_shop))
    whole = demand.report(query, GoodsFilters())
    category = whole.series["category"][0]
    below = demand.report(query, GoodsFilters(categories=(category,)), options=DemandOptions("sku"))
    expected = table.demand(goods_shop, below).frame
    query.close()
    go(page, f"{goods_url}/demand", shows="stPlotlyChart")
    expect(page.get_by_text(f"about {whole.totals['units'][0]:,.0f} units will be asked for")).to_be_visible()

    choose_first(page, "demand_grid")
    expect(page.get_by_text(f"about {below.totals['units'][0]:,.0f} units will be asked for")).to_be_visible(
        timeout=20_000
    )
    idle(page)
    with download(page, "demand", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sku"] for row in rows] == expected["sku"].to_list()
    assert [float(row["forecast"]) for row in rows] == pytest.approx(expected["forecast"].to_list())
    assert page.get_by_test_id("stException").count() == 0


def test_a_manual_value_changes_the_answer_until_it_is_withdrawn(page: Page, goods_url: str) -> None:
    go(page, f"{goods_url}/demand?demand_view=manual&goods_skus=K2", shows="stNumberInput")
    answer = page.get_by_role("heading", level=4).first
    before = answer.inner_text()
    within(page, "decided_by").locator("input").fill("Ann")
    within(page, "manual_units").locator("input").fill("50")
    within(page, "manual_reason").locator("input").fill("Campaign")
    within(page, "manual_reason").locator("input").press("Tab")
    idle(page)
    within(page, "manual_keep").get_by_role("button").click()
    expect(answer).to_contain_text("1,400 units", timeout=20_000)
    idle(page)
    within(page, "manual_withdraw_go").get_by_role("button").click()
    expect(answer).to_have_text(before, timeout=20_000)


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, color_scheme="dark", locale="zh-CN")
@pytest.mark.parametrize("part", DEFINITIONS)
def test_a_phone_never_scrolls_sideways(page: Page, goods_url: str, part: str) -> None:
    page.goto(f"{goods_url}/demand?demand_view={part}")
    expect(page.get_by_role("heading", level=4).first).to_be_visible(timeout=30_000)
    idle(page)
    assert widest(page) <= 390
    assert page.get_by_test_id("stException").count() == 0
