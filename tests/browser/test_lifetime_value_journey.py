"""What an owner does on the Lifetime value page, in a real browser."""

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.lifetime_value.report import LifetimeValueOptions
from shopkeeper.customers.lifetime_value.shapes import per_customer
from shopkeeper.engine.duckdb import Engine
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.lake.version import Version
from tests.browser.acting import download, go, idle, screen_table, widest, within


@pytest.fixture(scope="module")
def app_url(served: Callable[[Version], str], opened: Engine) -> str:
    """The sample shop: the small one that the other journeys use has no model that could be fitted."""
    return served(opened.version)


def test_from_the_answer_to_the_list_of_customers_and_its_file(
    quiet_page: Page, app_url: str, tmp_path: Path, opened: Engine, fits: Fits
) -> None:
    page = quiet_page
    go(page, app_url)
    page.get_by_role("link", name="Lifetime value").click()
    expect(page.get_by_role("heading", name="Lifetime value", exact=True)).to_be_visible(timeout=15_000)
    idle(page)
    within(page, "months").get_by_text("24").click()
    within(page, "value").get_by_text("Net revenue").click()
    within(page, "value_part").get_by_text("Customers").click()
    idle(page)
    expect(page).to_have_url(re.compile("months=24"))
    expect(page).to_have_url(re.compile("value_part=customers"))
    options = LifetimeValueOptions(24, value="revenue")
    whole = lifetime_value.report(opened, fits, CustomerFilters(), options)
    reported = lifetime_value.listing(opened, fits, whole)
    read = pl.read_csv(download(page, "valued", "csv", tmp_path))
    assert read["customer_id"].to_list() == reported["customer_id"].to_list()
    assert read["predicted_value"].to_list() == pytest.approx(reported["predicted_value"].to_list())
    seen = screen_table(page, "valued")
    assert [row[0] for row in seen] == reported["customer_id"].head(len(seen)).to_list()


def test_the_proof_is_one_click_away_and_its_file_is_what_is_drawn(
    quiet_page: Page, app_url: str, tmp_path: Path
) -> None:
    page = quiet_page
    go(page, f"{app_url}/?value_part=proof&proof_risk_as=table")
    page.get_by_role("link", name="Lifetime value").click()
    expect(page.get_by_text("Would it have been right?")).to_be_visible(timeout=30_000)
    idle(page)
    parts = pl.read_csv(download(page, "proof_all", "csv", tmp_path))["part"].unique()
    assert set(parts) >= {"purchases", "risk", "frequency", "histogram", "tracking", "trial"}
    risk = pl.read_csv(download(page, "proof_risk", "csv", tmp_path))
    seen = screen_table(page, "proof_risk")
    assert [row[0] for row in seen] == [str(tenth) for tenth in risk["tenth"].head(len(seen))]


def test_the_file_of_the_segments_is_what_the_table_shows(
    quiet_page: Page, app_url: str, tmp_path: Path, opened: Engine, fits: Fits
) -> None:
    page = quiet_page
    go(page, app_url)
    page.get_by_role("link", name="Lifetime value").click()
    expect(within(page, "value_part")).to_be_visible(timeout=15_000)
    idle(page)
    read = pl.read_csv(download(page, "value_segments", "csv", tmp_path))
    reported = per_customer(lifetime_value.report(opened, fits, CustomerFilters()).segments, "channel")
    for name in ("predicted_each", "low", "high"):
        assert read[name].to_list() == pytest.approx(reported[name].to_list())
    assert [row[0] for row in screen_table(page, "value_segments_rows")] == read["segment"].to_list()


@pytest.mark.browser_context_args(locale="zh-CN")
def test_every_section_speaks_chinese(quiet_page: Page, app_url: str) -> None:
    page = quiet_page
    go(page, app_url)
    page.locator("a[href$='/lifetime_value']").click()
    expect(within(page, "value_part")).to_be_visible(timeout=15_000)
    for place in range(5):
        within(page, "value_part").get_by_role("radio").nth(place).click()
        idle(page)
        drawn = page.get_by_test_id("stMain").locator("h1, h4, h5, label, [data-testid=stMetricLabel]")
        expect(drawn.nth(2)).to_be_visible()
        assert not [text for text in drawn.all_inner_texts() if re.search(r"[A-Za-z]{4,} [a-z]{2,}", text)]


@pytest.mark.browser_context_args(color_scheme="dark")
@pytest.mark.parametrize("language", ["en", pytest.param("zh_CN", marks=pytest.mark.deep)])
def test_a_phone_never_scrolls_sideways(quiet_page: Page, app_url: str, language: str) -> None:
    page = quiet_page
    go(page, f"{app_url}/?lang={language}")
    page.locator("a[href$='/lifetime_value']").click()
    expect(within(page, "value_part")).to_be_visible(timeout=15_000)
    page.set_viewport_size({"width": 390, "height": 844})
    for place in range(5):
        within(page, "value_part").get_by_role("radio").nth(place).click()
        idle(page)
        assert widest(page) <= 390
