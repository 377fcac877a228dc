"""What a merchant does about those who are leaving, in a real browser."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shopkeeper import churn, fit_files, lifecycle
from shopkeeper.engine import open_version
from shopkeeper.filters import Filters
from shopkeeper.manifest import Version
from tests.browser.test_journeys import download, go, idle, screen_table, within


@pytest.fixture(scope="module")
def fitted(shop: Version) -> Version:
    if fit_files.read(shop) is None:
        fit_files.make(shop)
    return shop


def open_churn(page: Page, app_url: str, link: str = "") -> None:
    go(page, f"{app_url}/{link}")
    page.get_by_test_id("stSidebarNavLink").nth(1).click()
    expect(page.locator(".st-key-churn_view")).to_be_visible(timeout=15_000)
    idle(page)


def test_from_the_rescue_list_and_its_file_to_one_customer(
    quiet_page: Page, app_url: str, fitted: Version, tmp_path: Path
) -> None:
    page, query, fits = quiet_page, open_version(fitted), fit_files.read(fitted)
    assert fits is not None
    found = churn.report(query, fits, Filters(), churn.Options(horizon=30))
    query.close()
    open_churn(page, app_url)
    within(page, "risk_days").get_by_text("30", exact=True).click()
    idle(page)
    expect(page).to_have_url(re.compile("risk_days=30"))
    with download(page, "rescue", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        listed = [row["customer_id"] for row in csv.DictReader(file)]
    assert listed == found.rescue["customer_id"].to_list()
    seen = screen_table(page, "rescue")
    assert [row[0] for row in seen] == listed[: len(seen)]

    box = within(page, "rescue_grid").locator("canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + 52)
    expect(page.get_by_text(f"Purchases of {listed[0]}")).to_be_visible(timeout=15_000)
    idle(page)


def test_a_move_opens_its_customers(quiet_page: Page, app_url: str, fitted: Version) -> None:
    page, query = quiet_page, open_version(fitted)
    moves = lifecycle.report(query, Filters()).moves
    query.close()
    open_churn(page, app_url, "?churn_view=lifecycle")
    first = moves.row(0, named=True)
    within(page, "moves_chart").locator(".scatterlayer .trace .points .point").first.click(force=True)
    expect(page.locator(".st-key-movers_table")).to_be_visible(timeout=15_000)
    idle(page)
    expect(page).to_have_url(re.compile(f"stage_then={first['from_stage']}"))
    assert len(screen_table(page, "movers")) <= first["customers"]
    expect(page.get_by_text(f"{first['customers']} customers: Not yet a customer")).to_be_visible()


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, color_scheme="dark", locale="zh-CN")
@pytest.mark.parametrize("part", ["risk", "customer", "second", "lifecycle"])
def test_a_phone_never_scrolls_sideways(page: Page, app_url: str, fitted: Version, part: str) -> None:
    go(page, f"{app_url}/churn_risk?churn_view={part}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    wide = "[document.documentElement, document.querySelector('[data-testid=stMain]')].map(e => e.scrollWidth)"
    assert max(page.evaluate(wide)) <= 390
    assert page.get_by_test_id("stException").count() == 0
