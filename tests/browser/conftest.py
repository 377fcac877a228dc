"""A running app on a small shop, and the Chromium that looks at it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from shopkeeper.exports import browser_path
from shopkeeper.jobs.forecast import run
from shopkeeper.lake.version import Version
from tests.shops import customers_on_disk, goods_on_disk
from tools.web_app import running

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
OWN_SEARCH = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")
ABSENT = "browser tests need Chromium (apt-get install chromium), and none was found"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            # pytest-base-url, which the Playwright plugin brings, does not follow pytest 9 yet.
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"))


@pytest.fixture(scope="session")
def chromium() -> str:
    path = browser_path()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)
    return path


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium: str) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return customers_on_disk.publish(tmp_path_factory.mktemp("browser") / "lake")


@pytest.fixture(scope="session")
def app_url(chromium: str, shop: Version, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("server") / "server.log"
    with running(shop.path.parents[1], log) as url:
        yield url
    assert "Traceback" not in log.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def goods(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A shop with stock, lanes and deliveries, and the forecast that the job makes of it."""
    version = goods_on_disk.publish(tmp_path_factory.mktemp("goods") / "lake")
    run.make(version)
    return version


@pytest.fixture(scope="session")
def goods_url(chromium: str, goods: Version, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("supply") / "server.log"
    with running(goods.path.parents[1], log) as url:
        yield url
    assert "Traceback" not in log.read_text(encoding="utf-8")


@pytest.fixture
def quiet_page(page: Page, app_url: str) -> Iterator[Page]:
    """A page that fails its test for an error on the console, or for a request to another host."""
    yield from quiet(page, app_url)


@pytest.fixture
def quiet_supply(page: Page, goods_url: str) -> Iterator[Page]:
    """The same for the shop with goods."""
    yield from quiet(page, goods_url)


def quiet(page: Page, app_url: str) -> Iterator[Page]:
    """Listen to the page until its test is over."""
    faults: list[str] = []

    def heard(kind: str, text: str, url: str) -> None:
        # On a deep link Streamlit's browser code first looks for its own server below the page's path.
        if kind == "error" and not OWN_SEARCH.search(url):
            faults.append(f"{text} {url}")

    page.on("console", lambda message: heard(message.type, message.text, message.location.get("url", "")))
    page.on("pageerror", lambda error: faults.append(str(error)))
    own = (app_url, app_url.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else faults.append(request.url))
    yield page
    assert page.get_by_test_id("stException").count() == 0
    assert not faults
