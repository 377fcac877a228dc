"""What the customer pages say of shops that lack something is true of them: no buyers, no costs, a few weeks."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from shopkeeper import i18n
from shopkeeper.customers.histories import notes
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.buying import run as buying
from shopkeeper.lake.version import Shop
from tests.shops.fitted import FittedGround
from tests.ui import page_app

RETENTION, CHURN, VALUE = (f"pages/customers/{name}.py" for name in ("retention", "churn_risk", "lifetime_value"))
HEADER = "order_id,ordered_at,sku,quantity,net_amount,customer_id"
Opened = Callable[[str], str]


def written(rows: list[str], folder: Path) -> Path:
    folder.mkdir()
    path = folder / "order_lines.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def lakes_of_thin_shops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Thirty days of orders: without buyers, and of buyers who came once."""
    folder = tmp_path_factory.mktemp("thin")
    days = [date(2026, 1, 1) + timedelta(days=number % 30) for number in range(60)]
    lakes = {}
    for name, buyer in (("nobody", ""), ("once", "C{n}")):
        rows = [f"O{n},{day} 12:00:00,S1,1,10.00,{buyer.format(n=n)}" for n, day in enumerate(days)]
        own = replace(file.load("sample"), shop=Shop("Thin shop", "CNY", "Asia/Shanghai"))
        lakes[name] = folder / name / "lake"
        buying.make(job.import_files([written(rows, folder / name)], own, lakes[name]).version)
    lakes["two"] = folder / "two" / "lake"
    often = [date(2025, 1, 4) + timedelta(days=20 * number) for number in range(18)]
    rows = [f"A{n},{day} 12:00:00,S1,1,10.00,ann" for n, day in enumerate(often)]
    rows += [f"B{n},{day} 12:00:00,S1,1,12.00,bob" for n, day in enumerate(("2025-01-04", "2025-09-11"))]
    buying.make(job.import_files([written(rows, folder / "two")], own, lakes["two"]).version)
    return lakes


@pytest.fixture
def sentences(lakes_of_thin_shops: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    def read(shop: str, page: str, **link: str) -> str:
        monkeypatch.setenv("SHOPKEEPER_DATA", os.fspath(lakes_of_thin_shops[shop]))
        return page_app.texts(page_app.opened(page, **link))

    with i18n.speaking("en"):
        yield read


def test_where_no_order_names_its_buyer_no_filter_is_blamed(sentences: Callable[..., str]) -> None:
    for page in (partial(sentences, "nobody", RETENTION), partial(sentences, "nobody", CHURN, churn_view="second")):
        said = page()
        assert "No order in the data names its buyer" in said
        assert "Widen the" not in said


def test_what_a_return_is_worth_is_not_said_where_nobody_was_seen_so_long(sentences: Callable[..., str]) -> None:
    said = sentences("once", RETENTION)
    assert "is worth about" not in said
    assert "none is here" in said


def test_nobody_is_lost_in_data_that_are_younger_than_that(sentences: Callable[..., str]) -> None:
    said = sentences("once", CHURN, churn_view="lifecycle")
    assert "The data cover 30 days" in said
    assert "who were lost came back" not in said


def test_who_never_came_back_is_not_a_share_by_day_0(sentences: Callable[..., str]) -> None:
    said = sentences("once", CHURN, churn_view="second")
    assert "None of the 60 customers has come back yet." in said
    assert "may have bought before" in said


def test_missing_costs_are_not_told_as_customers_who_stayed_away(fitted_ground: FittedGround) -> None:
    query, fits = fitted_ground("everybody returns every week")
    said = " ".join(str(note) for note in notes(fits, query.version.as_of, None, "shop", "margin"))
    assert "unit costs of repeat purchases are not known" in said
    assert "Only 0 customers" not in said


def test_two_customers_are_counted_and_have_no_tenth(sentences: Callable[..., str]) -> None:
    said = sentences("two", RETENTION)
    assert "Of the 2 new customers seen so long, 1 buy again in the month after their first, 1 by month 3." in said
    assert "one more of last year's" in said or "none is here" in said
    assert "in a hundred" not in said
    said = sentences("two", VALUE, value_part="proof")
    assert "these 2 customers should bring" in said
    assert "10%" not in said
    assert "Frequen" not in said, "the correlation of two customers says nothing"
