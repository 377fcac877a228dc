"""Pages that stand on a model say what is still at work; the others open."""

import pytest

from shopkeeper import i18n
from shopkeeper.jobs import making
from shopkeeper.jobs.making import Part, Work
from shopkeeper.lake.version import Version
from shopkeeper.ui import links
from tests.ui.page_app import opened, texts

WORK = Work("Fitting BG/NBD", 0.25)


@pytest.fixture(autouse=True)
def _at_work(corner_shop: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    def awaited(_: Version, part: Part) -> Work | None:
        return WORK if part == "forecast" else None

    monkeypatch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
    monkeypatch.setattr(making, "awaited", awaited)


@pytest.mark.parametrize("page", [links.COVERAGE, links.DEMAND, links.REPLENISHMENT, links.NETWORK])
def test_a_page_that_needs_the_forecast_says_that_it_is_being_made(page: str) -> None:
    with i18n.speaking("en"):
        shown = texts(opened(page))
    assert "Demand is being forecast from this data." in shown


@pytest.mark.parametrize("page", [links.RETENTION, links.CHURN_RISK, links.DATA])
def test_a_page_that_needs_no_forecast_opens_meanwhile(page: str) -> None:
    with i18n.speaking("en"):
        app = opened(page)
    assert "is being forecast" not in texts(app)
    assert len(app.main.children) > 4
