"""What a reader does with a page in the browser, and what can be seen on it then."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect


def idle(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=30_000)


def go(page: Page, url: str, shows: str = "stMetric") -> None:
    page.goto(url)
    expect(page.get_by_test_id(shows).first).to_be_visible(timeout=30_000)
    idle(page)


def within(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}")


def download(page: Page, key: str, extension: str, folder: Path) -> Path:
    within(page, f"{key}_download").get_by_role("button").first.click()
    with page.expect_download() as caught:
        page.locator(f".st-key-{key}_{extension} button").click()
    path = folder / caught.value.suggested_filename
    caught.value.save_as(path)
    page.keyboard.press("Escape")
    return path


def screen_table(page: Page, key: str) -> list[list[str]]:
    """The rows that the grid tells a screen reader."""
    rows = within(page, f"{key}_table").locator("table[role=grid] tbody tr")
    expect(rows.first).to_be_attached(timeout=15_000)
    return [row.locator("td").all_inner_texts() for row in rows.all()]


def choose_first(page: Page, key: str) -> None:
    """Tick the first row of a table; Playwright clicks once the grid has been still for two frames."""
    within(page, key).locator(".dvn-scroller").click(position={"x": 16, "y": 52})


def widest(page: Page) -> int:
    """Pixels from left to right of what the page holds, whether it can be scrolled or not."""
    wide = "[document.documentElement, document.querySelector('[data-testid=stMain]')].map(e => e.scrollWidth)"
    return int(max(page.evaluate(wide)))
