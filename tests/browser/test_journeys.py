"""What a category manager does, in a real browser."""

import csv
import re
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.retention import report as retention
from shopkeeper.customers.retention.report import Retention, View
from shopkeeper.engine.duckdb import open_version
from shopkeeper.lake.version import Version
from tests.browser.acting import download, go, idle, screen_table, widest, within
from tools.web_app import running


def report_of(corner_shop: Version, filters: CustomerFilters, view: View) -> Retention:
    query = open_version(corner_shop)
    try:
        return retention.report(query, filters, view)
    finally:
        query.close()


def test_from_a_link_to_the_customers_behind_a_cell_and_their_files(
    quiet_page: Page, app_url: str, corner_shop: Version, tmp_path: Path
) -> None:
    page, filters = quiet_page, CustomerFilters(acquired_channels=("Own stores",))
    go(page, f"{app_url}/retention?acquired_channels=Own+stores")
    within(page, "measure").get_by_text("Customers").click()
    within(page, "method").get_by_text("Cumulative").click()
    idle(page)
    expect(page).to_have_url(re.compile("method=cumulative"))

    cells = report_of(corner_shop, filters, View(method="cumulative")).cells
    place, cell = next(
        (place, row) for place, row in enumerate(cells.filter("mature").iter_rows(named=True)) if row["age"] == 2
    )
    point = within(page, "heatmap_chart").locator(".scatterlayer .trace .points .point").nth(place)
    point.click(force=True)
    sentence = f"{cell['value']:.0f} of {cell['n']} observed customers"
    expect(page.get_by_text(sentence)).to_be_visible(timeout=15_000)
    idle(page)
    expect(page).to_have_url(re.compile(f"cohort={cell['cohort']}.*age=2|age=2.*cohort={cell['cohort']}"))

    with download(page, "customers", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    assert len(listed) == cell["value"]
    assert "Own stores" in listed[0]["about_filters"]
    seen = screen_table(page, "customers")
    assert [row[0] for row in seen] == [row["customer_id"] for row in listed[: len(seen)]]

    sheet = load_workbook(download(page, "customers", "xlsx", tmp_path)).worksheets[0]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [row["customer_id"] for row in listed]
    regions = [row[3] for row in sheet.iter_rows(min_row=2)]
    assert all(cell.data_type == "s" for cell in regions)


def test_the_file_of_the_chart_holds_every_cell(
    quiet_page: Page, app_url: str, corner_shop: Version, tmp_path: Path
) -> None:
    page = quiet_page
    go(page, f"{app_url}/retention?heatmap_as=table")
    cells = report_of(corner_shop, CustomerFilters(), View()).cells
    read = pl.read_csv(download(page, "heatmap", "csv", tmp_path), try_parse_dates=True)
    assert read["rate"].to_list() == pytest.approx(cells["rate"].to_list(), nan_ok=True)
    assert read["cohort"].to_list() == cells["cohort"].to_list()
    seen = screen_table(page, "heatmap")
    assert [row[0] for row in seen] == [str(day) for day in cells["cohort"][: len(seen)]]
    assert download(page, "heatmap", "html", tmp_path).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_language_switch_sticks(quiet_page: Page, app_url: str) -> None:
    page = quiet_page
    go(page, f"{app_url}/retention?period=week")
    within(page, "lang").get_by_text("简体中文").click()
    expect(page.get_by_role("heading", name="留存")).to_be_visible(timeout=15_000)
    idle(page)
    page.get_by_role("link", name="数据").click()
    expect(page.get_by_role("heading", name="数据", exact=True)).to_be_visible(timeout=15_000)
    idle(page)
    expect(page).to_have_url(re.compile("lang=zh_CN"))
    page.reload()
    expect(page.get_by_role("heading", name="数据", exact=True)).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="留存").click()
    expect(page.get_by_test_id("stMetric").first).to_be_visible(timeout=15_000)
    idle(page)
    expect(page).to_have_url(re.compile("period=week"))


@pytest.mark.parametrize("path", ["/", "/retention", "/data"])
def test_a_deep_link_opens_the_whole_frame(quiet_page: Page, app_url: str, corner_shop: Version, path: str) -> None:
    go(quiet_page, app_url + path)
    expect(quiet_page.get_by_text(corner_shop.id).first).to_be_visible()
    expect(quiet_page.get_by_test_id("stSidebarNav")).to_be_visible()


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, color_scheme="dark", locale="zh-CN")
@pytest.mark.parametrize("path", ["/", "/retention", "/retention?chart=curves&compare=1", "/data"])
def test_a_phone_never_scrolls_sideways(quiet_page: Page, app_url: str, path: str) -> None:
    page = quiet_page
    go(page, app_url + path)
    with i18n.speaking("zh_CN"):
        titles = "|".join(i18n.gettext(title) for title in ("Today", "Retention", "Data"))
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(titles))
    assert widest(page) <= 390


def test_the_first_visitor_of_a_fresh_server_may_come_by_a_deep_link(
    page: Page, corner_shop: Version, tmp_path: Path
) -> None:
    with running(corner_shop.path.parents[1], tmp_path / "server.log") as url:
        go(page, f"{url}/data")
        expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
        assert page.get_by_role("dialog").count() == 0
