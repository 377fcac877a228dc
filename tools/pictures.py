"""The README's screenshots, from the running app: `make pictures`.

With SHOPKEEPER_REAL_DATA set, the picture of Online Retail is taken too; without it the one that is there stays.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from shopkeeper.exports import browser_path
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.served import sample_version
from tools.web_app import running

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
TALLEST = 2400


@dataclass(frozen=True)
class Picture:
    """One screenshot; `height` 0 takes the whole page."""

    name: str
    path: str
    width: int
    scheme: str
    language: str
    height: int = 0


SAMPLE = (
    Picture("today", "/", 1400, "light", "en-US", 1400),
    Picture("retention", "/retention", 1400, "light", "en-US"),
    Picture("retention-phone", "/retention", 390, "light", "en-US", 1500),
    Picture("retention-dark-zh", "/retention", 1400, "dark", "zh-CN", 1500),
    Picture("retention-curves", "/retention?chart=curves&method=cumulative", 1400, "light", "en-US"),
    Picture("churn-risk", "/churn_risk", 1400, "light", "en-US", 1400),
    Picture("lifetime-value", "/lifetime_value", 1400, "light", "en-US", 1400),
    Picture("lifetime-value-proof", "/lifetime_value?value_part=proof", 1400, "light", "en-US"),
    Picture("coverage", "/coverage", 1400, "light", "en-US", 1400),
    Picture("demand", "/demand", 1400, "light", "en-US", 1400),
    Picture("replenishment", "/replenishment", 1400, "light", "en-US", 1400),
    Picture("network", "/network", 1400, "light", "en-US", 1400),
    Picture("data", "/data", 1400, "light", "en-US", 1500),
)
ONLINE_RETAIL = (Picture("online-retail", "/retention", 1400, "light", "en-US"),)


def take(browser: Browser, address: str, picture: Picture) -> None:
    """Open the page, wait until it is drawn, and keep what it looks like."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": 1000},
        color_scheme="dark" if picture.scheme == "dark" else "light",
        locale=picture.language,
    )
    page = context.new_page()
    page.goto(address + picture.path)
    settle(page)
    tall = page.get_by_test_id("stMain").evaluate("element => element.scrollHeight")
    page.set_viewport_size({"width": picture.width, "height": min(picture.height or tall, TALLEST)})
    settle(page)
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


def settle(page: Page) -> None:
    """Until nothing runs any more, and charts have been drawn."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=120_000)
    page.wait_for_timeout(2_500)


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    real = os.environ.get("SHOPKEEPER_REAL_DATA")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=ARGUMENTS)
        os.environ["SHOPKEEPER_DATA"] = str(Path(folder) / "sample")
        sample_version()
        shown: list[tuple[Path, tuple[Picture, ...]]] = [(Path(folder) / "sample", SAMPLE)]
        if real:
            shown.append((Path(folder) / "online", ONLINE_RETAIL))
            job.import_files([Path(real) / "online_retail.parquet"], file.load("online_retail"), shown[1][0])
        for data, pictures in shown:
            with running(data, Path(folder) / "server.log") as address:
                for picture in pictures:
                    take(browser, address, picture)
        browser.close()


if __name__ == "__main__":
    main()
