"""From a file never seen to the Retention page, in the browser: by the columns matched there, or by a ready mapping."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from shopkeeper.jobs.served import sample_version
from tests.browser.acting import idle, widest
from tests.paths import REPOSITORY
from tests.shops.once import copied
from tools.web_app import running

PLATFORMS = REPOSITORY / "tests" / "imports" / "platforms"
TWO_MINUTES = 120.0
MINE = "\n".join((
    "Belegnummer;Datum;Artikelnummer;Menge;Betrag;Kunde",
    *(f"{n};{1 + n % 28:02d}.0{1 + n % 6}.2026;A{n % 5};1;{10 + n % 7},50;k{n % 9}" for n in range(60)),
    "",
))  # fmt: skip
WORDS = {
    "en": {"name": "Its name", "try": "Try it", "import": "Import .* rows", "retention": "Retention"},
    "zh-CN": {"name": "店名", "try": "先试一下", "import": "导入 .* 行", "retention": "留存"},
}
ORDERS = ("taobao", "jd", "woocommerce", "amazon", "square", "ebay", "etsy", "lightspeed", "douyin", "youzan")
QUICK = ("unknown",)


@pytest.fixture(scope="module")
def fresh(chromium: str, forecast_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Gives the address of a server that nothing was brought to yet; the sample shop is made once for all of them."""
    sample = tmp_path_factory.mktemp("sample")
    shown = copied(forecast_lake, sample / ".sample")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPKEEPER_DATA", str(sample))
        assert sample_version().id == shown.id
    with ExitStack() as servers:

        def address() -> str:
            data = tmp_path_factory.mktemp("data")
            (data / ".sample").symlink_to(sample / ".sample")
            log = tmp_path_factory.mktemp("server") / "server.log"
            return servers.enter_context(running(data, log))

        yield address


@pytest.fixture
def files(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The files of a platform, or one that nobody has seen."""
    if request.param == "unknown":
        path = tmp_path / "umsatz_2026-06.csv"
        path.write_text(MINE, encoding="utf-8")
        return [str(path)]
    return [str(path) for path in sorted((PLATFORMS / request.param).iterdir())]


def pick(page: Page, placeholder: str, value: str) -> None:
    """Choose from a list; a run that was under way may have closed it, and then it is opened again."""
    option = page.get_by_role("option", name=value, exact=True)
    for _ in range(5):
        box = page.get_by_placeholder(placeholder)
        box.click()
        box.fill("")
        box.press_sequentially(value)
        try:
            option.click(timeout=4_000)
        except NotInTime:
            page.keyboard.press("Escape")
            continue
        idle(page)
        return
    raise AssertionError(f"{value} cannot be chosen")


def bring_in(page: Page, url: str, files: list[str], language: str, currency: str, zone: str) -> None:
    words = WORDS[language]
    page.goto(f"{url}/data")
    expect(page.locator("input[type=file]")).to_be_attached(timeout=60_000)
    idle(page)
    page.set_input_files("input[type=file]", files)
    expect(page.get_by_label(str(words["name"]), exact=True)).to_be_visible(timeout=30_000)
    idle(page)
    page.get_by_label(str(words["name"]), exact=True).fill("My shop")
    page.keyboard.press("Enter")
    idle(page)
    for placeholder, value in (("CNY", currency), ("Asia/Shanghai", zone)):
        pick(page, placeholder, value)
    page.get_by_role("button", name=str(words["try"])).click()
    press = page.get_by_role("button", name=re.compile(str(words["import"])))
    expect(press).to_be_enabled(timeout=60_000)
    idle(page)
    assert widest(page) <= (page.viewport_size or {"width": 0})["width"]
    press.click()
    expect(page.get_by_role("heading", name=str(words["retention"]), exact=True)).to_be_visible(timeout=60_000)
    expect(page).to_have_title(re.compile("My shop"))


@pytest.mark.parametrize(
    "files",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.deep, id=name) for name in ("unknown", *ORDERS)],
    indirect=True,
)
def test_a_file_is_on_the_retention_page_within_two_minutes(
    page: Page, fresh: Callable[[], str], files: list[str]
) -> None:
    url, started = fresh(), time.monotonic()
    chinese = any(name in files[0] for name in ("taobao", "jd", "douyin", "youzan"))
    terms = ("CNY", "Asia/Shanghai") if chinese else ("USD", "America/New_York")
    bring_in(page, url, files, "en", *terms)
    assert time.monotonic() - started < TWO_MINUTES


@pytest.mark.deep
@pytest.mark.parametrize("files", ["unknown", "jd"], indirect=True)
def test_it_is_done_on_a_phone_in_chinese_too(browser: Browser, fresh: Callable[[], str], files: list[str]) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    with context, context.new_page() as page:
        bring_in(page, fresh(), files, "zh-CN", "CNY", "Asia/Shanghai")


@pytest.mark.deep
def test_three_readers_go_on_while_a_bomb_is_uploaded(
    browser: Browser, fresh: Callable[[], str], tmp_path: Path
) -> None:
    url = fresh()
    bomb = tmp_path / "bomb.csv"
    bomb.write_text("a\n" + '"' + "x" * 40_000_000)
    readers = [browser.new_page() for _ in range(3)]
    for reader in readers:
        reader.goto(url)
        idle(reader)
    with browser.new_page() as page:
        page.goto(f"{url}/data")
        expect(page.locator("input[type=file]")).to_be_attached(timeout=60_000)
        page.set_input_files("input[type=file]", str(bomb))
        for reader in readers:
            reader.goto(f"{url}/coverage")
            idle(reader)
            expect(reader.get_by_test_id("stMetric").first).to_be_visible()
        expect(page.get_by_test_id("stAlert").filter(has_text="bomb.csv")).to_be_visible(timeout=120_000)
    for reader in readers:
        reader.close()
