"""From the orders of today to a decision in the log, and to the file, in a real browser."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.forecast import files
from shopkeeper.lake.version import Version
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.screen.proposals import DEFINITIONS
from tests.browser.acting import choose_first, download, go, idle, screen_table, widest, within


def report(goods_shop: Version) -> OrderProposals:
    query = open_version(goods_shop, made=files.table_files(goods_shop))
    result = replenishment.report(query, GoodsFilters())
    query.close()
    return result


def test_an_order_is_explained_accepted_and_found_in_the_log(
    quiet_supply: Page, goods_url: str, goods_shop: Version, tmp_path: Path
) -> None:
    page, result = quiet_supply, report(goods_shop)
    go(page, f"{goods_url}/replenishment?orders_due=week")
    idle(page)
    week = result.coming.filter(urgency="week")
    with download(page, "week", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["units"] for row in rows] == [f"{units:g}" for units in week["units"]]
    assert all(row["why"] for row in rows)

    first = week.row(0, named=True)
    choose_first(page, "week_table")
    expect(page.get_by_text(f"{first['position']:g} in position")).to_be_visible(timeout=15_000)
    expect(within(page, "stock_path_chart")).to_be_visible(timeout=15_000)
    idle(page)
    within(page, "decided_by").locator("input").fill("Ann")
    within(page, "decided_by").locator("input").press("Tab")
    idle(page)
    within(page, "decide_accepted").get_by_role("button").click()
    expect(page.get_by_text("Kept in the log: 1 decision.")).to_be_visible(timeout=15_000)
    idle(page)

    page.locator(".st-key-replenishment_view").get_by_text("Decisions", exact=True).click()
    expect(page.locator(".st-key-decisions_table")).to_be_visible(timeout=15_000)
    idle(page)
    assert any("Ann" in row for row in screen_table(page, "decisions"))


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, color_scheme="dark", locale="zh-CN")
@pytest.mark.parametrize("part", DEFINITIONS)
def test_a_phone_never_scrolls_sideways(quiet_supply: Page, goods_url: str, part: str) -> None:
    page = quiet_supply
    go(page, f"{goods_url}/replenishment?replenishment_view={part}", shows="stPopover")
    idle(page)
    assert widest(page) <= 390
