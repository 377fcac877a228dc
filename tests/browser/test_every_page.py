"""Every page in every language, theme and width: nothing is wrong, and nothing is wider than the screen.

The pages' own tests look at one of these each; all of them together are for the long run.
"""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from shopkeeper import i18n
from tests.browser.acting import idle, widest

PATHS = (
    "", "retention", "churn_risk", "lifetime_value", "identity", "coverage", "demand", "replenishment", "network",
    "data",
)  # fmt: skip


@pytest.mark.deep
@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_its_screen(
    quiet_supply: Page, goods_url: str, path: str, language: str, theme: Literal["light", "dark"], width: int
) -> None:
    page = quiet_supply
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=theme)
    page.goto(f"{goods_url}/{path}?lang={language}")
    expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=60_000)
    idle(page)
    assert page.get_by_test_id("stAlertContentError").count() == 0
    assert widest(page) <= width
