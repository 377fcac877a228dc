"""The app as it runs on the shops, and the Chromium that looks at it."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shopkeeper.exports import browser_path
from shopkeeper.lake.version import Version
from tools.web_app import running

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
OWN_SEARCH = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")
ABSENT = "browser tests need Chromium (apt-get install chromium), and none was found"

# On a busy machine the app takes longer than the five seconds that Playwright grants.
expect.set_options(timeout=20_000)


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
def served(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Version], str]]:
    """The address at which a shop is served: one server for each, which ends with the session."""
    logs: list[Path] = []
    with ExitStack() as servers:

        @cache
        def address(data: Path) -> str:
            logs.append(tmp_path_factory.mktemp("server") / "server.log")
            return servers.enter_context(running(data, logs[-1]))

        yield lambda shop: address(shop.path.parents[1])
    for log in logs:
        assert "Traceback" not in log.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def app_url(served: Callable[[Version], str], corner_shop: Version) -> str:
    return served(corner_shop)


@pytest.fixture(scope="session")
def goods_url(served: Callable[[Version], str], goods_shop: Version) -> str:
    return served(goods_shop)


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
