"""The four pages of supply in a real browser: both languages, a phone, and from one page to the next."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import idle

PAGES = {
    "coverage": ("Coverage", "覆盖"), "demand": ("Demand", "需求"), "replenishment": ("Replenishment", "补货"),
    "network": ("Network", "网络"),
}  # fmt: skip


def see(page: Page, url: str) -> None:
    """Open it, and wait for what is drawn last."""
    page.goto(url)
    expect(page.get_by_text(re.compile("How is this computed|这是怎么算的"))).to_be_visible(timeout=60_000)


def whole(page: Page) -> None:
    """Something is told, nothing is wrong, and nothing is wider than the screen."""
    idle(page)
    assert page.get_by_test_id("stException").count() == 0
    alerts = page.get_by_test_id("stAlertContentError")
    assert alerts.count() == 0, alerts.first.inner_text()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    text = page.get_by_test_id("stMain").inner_text()
    assert not re.search(r"\b(nan|NaN|inf|None)\b", text)


@pytest.mark.parametrize("path", PAGES)
def test_a_deep_link_opens_the_page(quiet_supply: Page, goods_url: str, path: str) -> None:
    see(quiet_supply, f"{goods_url}/{path}")
    expect(quiet_supply.get_by_role("heading", name=PAGES[path][0], exact=True)).to_be_visible()
    whole(quiet_supply)


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, color_scheme="dark", locale="zh-CN")
@pytest.mark.parametrize("path", PAGES)
def test_on_a_phone_in_the_dark_in_chinese(quiet_supply: Page, goods_url: str, path: str) -> None:
    page = quiet_supply
    see(page, f"{goods_url}/{path}")
    whole(page)
    assert re.search("[一-鿿]", page.get_by_role("heading", level=1).first.inner_text())


def test_a_filter_holds_from_page_to_page(quiet_supply: Page, goods_url: str) -> None:
    page = quiet_supply
    see(page, f"{goods_url}/coverage?goods_categories=茶叶+Tea")
    for path, (name, _chinese) in PAGES.items():
        page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=30_000)
        whole(page)
        expect(page).to_have_url(re.compile(f"/{path}"))
        expect(page.locator(".st-key-goods_categories")).to_contain_text("茶叶 Tea")
