"""What a merchant does about those who are leaving, in a real browser."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifecycle import report as lifecycle
from shopkeeper.customers.second_order import report as second_order
from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.buying import files
from shopkeeper.lake.version import Version
from tests.browser.acting import choose_first, download, go, idle, screen_table, widest, within


def open_churn(page: Page, app_url: str, link: str = "") -> None:
    page.goto(f"{app_url}/churn_risk{link}")
    expect(page.locator(".st-key-churn_view")).to_be_visible(timeout=15_000)
    idle(page)


def test_from_the_rescue_list_and_its_file_to_one_customer(
    quiet_page: Page, app_url: str, corner_shop: Version, tmp_path: Path
) -> None:
    page, query, fits = quiet_page, open_version(corner_shop), files.read(corner_shop)
    assert fits is not None
    result = churn.report(query, fits, CustomerFilters(), churn.ChurnOptions(horizon=30))
    query.close()
    go(page, app_url)
    page.locator("[data-testid=stSidebarNavLink][href*=churn_risk]").click()
    within(page, "risk_days").get_by_text("30", exact=True).click()
    idle(page)
    expect(page).to_have_url(re.compile("risk_days=30"))
    with download(page, "rescue", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        listed = [row["customer_id"] for row in csv.DictReader(file)]
    assert listed == result.rescue["customer_id"].to_list()
    seen = screen_table(page, "rescue")
    assert [row[0] for row in seen] == listed[: len(seen)]

    choose_first(page, "rescue_grid")
    expect(page.get_by_text(f"Purchases of {listed[0]}")).to_be_visible(timeout=15_000)
    idle(page)


def test_a_move_opens_its_customers(quiet_page: Page, app_url: str, corner_shop: Version) -> None:
    page, query = quiet_page, open_version(corner_shop)
    moves = lifecycle.report(query, CustomerFilters()).moves
    query.close()
    open_churn(page, app_url, "?churn_view=lifecycle")
    first = moves.row(0, named=True)
    within(page, "moves_chart").locator(".scatterlayer .trace .points .point").first.click(force=True)
    expect(page.locator(".st-key-movers_table")).to_be_visible(timeout=15_000)
    idle(page)
    expect(page).to_have_url(re.compile(f"stage_then={first['from_stage']}"))
    assert len(screen_table(page, "movers")) <= first["customers"]
    expect(page.get_by_text(f"{first['customers']} customers: Not yet a customer")).to_be_visible()


def test_the_second_order_and_its_file(quiet_page: Page, app_url: str, corner_shop: Version, tmp_path: Path) -> None:
    page, query = quiet_page, open_version(corner_shop)
    reported = second_order.report(query, CustomerFilters(), "category").medians
    query.close()
    open_churn(page, app_url, "?churn_view=second")
    within(page, "clock_by").get_by_text("First category").click()
    idle(page)
    expect(page).to_have_url(re.compile("clock_by=category"))
    with download(page, "clock_segments", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        listed = [(row["segment"], row["customers"]) for row in csv.DictReader(file)]
    assert listed == [(segment, str(count)) for segment, count in reported.select("segment", "customers").iter_rows()]
    assert [row[0] for row in screen_table(page, "clock_segments")] == [segment for segment, _count in listed]


def test_the_customers_of_a_move_and_their_file(
    quiet_page: Page, app_url: str, corner_shop: Version, tmp_path: Path
) -> None:
    page, query = quiet_page, open_version(corner_shop)
    reported = lifecycle.customers(query, CustomerFilters(), from_stage="any", to_stage="lost")["customer_id"].to_list()
    query.close()
    open_churn(page, app_url, "?churn_view=lifecycle&stage_then=any&stage_now=lost")
    with download(page, "movers", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        assert [row["customer_id"] for row in csv.DictReader(file)] == reported
    seen = screen_table(page, "movers")
    assert [row[0] for row in seen] == reported[: len(seen)]


def test_who_is_lost_joins_the_rescue_list_where_that_is_chosen(
    quiet_page: Page, app_url: str, corner_shop: Version, tmp_path: Path
) -> None:
    page, query, fits = quiet_page, open_version(corner_shop), files.read(corner_shop)
    assert fits is not None
    result = churn.report(query, fits, CustomerFilters(), churn.ChurnOptions(leave_lost=False))
    query.close()
    open_churn(page, app_url)
    within(page, "lost").get_by_text("Rescue too").click()
    expect(page).to_have_url(re.compile("lost="))
    idle(page)
    with download(page, "rescue", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        assert [row["customer_id"] for row in csv.DictReader(file)] == result.rescue["customer_id"].to_list()


@pytest.mark.browser_context_args(locale="zh-CN")
def test_every_section_speaks_chinese(quiet_page: Page, app_url: str, corner_shop: Version) -> None:
    page = quiet_page
    open_churn(page, app_url)
    for place in range(4):
        within(page, "churn_view").get_by_role("radio").nth(place).click()
        idle(page)
        expect(page.get_by_test_id("stMetric").first).to_be_visible(timeout=15_000)
        drawn = page.get_by_test_id("stMain").locator("h1, h4, h5, label, [data-testid=stMetricLabel]")
        english = [text for text in drawn.all_inner_texts() if re.search(r"[A-Za-z]{4,} [a-z]{2,}", text)]
        assert not english


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, color_scheme="dark")
@pytest.mark.parametrize("language", ["en", pytest.param("zh_CN", marks=pytest.mark.deep)])
@pytest.mark.parametrize("part", ["risk", "customer", "second", "lifecycle"])
def test_a_phone_never_scrolls_sideways(
    page: Page, app_url: str, corner_shop: Version, part: str, language: str
) -> None:
    go(page, f"{app_url}/churn_risk?churn_view={part}&lang={language}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert widest(page) <= 390
    assert page.get_by_test_id("stException").count() == 0
