"""Every query that a page can ask, asked by a viewer who may see some categories and regions only."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from shopkeeper.engine import EVERYTHING, Scope
from shopkeeper.filters import EARLIEST, LATEST, Parameter
from shopkeeper.queries import QUERIES, load
from tests.shops import MemoryQuery, line, shop

NOT_FOR_PAGES = {"staging", "marts", "publishing"}
PAGE_QUERIES = sorted(
    path.relative_to(QUERIES).with_suffix("").as_posix()
    for path in QUERIES.rglob("*.sql")
    if path.parent.name not in NOT_FOR_PAGES
)
TEA_IN_THE_NORTH = Scope(categories=("tea",), regions=("north",))
AS_OF = date(2024, 4, 30)
PRODUCTS = [
    {"sku": "tea-1", "category": "tea", "name": "Green tea"},
    {"sku": "coffee-1", "category": "coffee", "name": "Black coffee"},
]
GIVEN: dict[str, Parameter] = {
    "period": "month", "windows": "calendar", "window_days": 30, "method": "exact", "measure": "customers",
    "as_of": AS_OF, "cohort_from": EARLIEST, "cohort_to": LATEST, "cohort": date(2024, 1, 1), "age": 0,
    "absent": False, "days": 30, "acquired_from": EARLIEST, "by": "channel", "value": "revenue",
    "calibration_end": date(2024, 2, 1), "risk_days": 30, "since": date(2024, 2, 1), "active_days": 10, "lost_days": 20,
    "loyal_purchases": 3, "from_stage": "any", "to_stage": "any", "customer_id": "tea-north-ann",
}  # fmt: skip


def sold(customer: str | None, day: date, sku: str, region: str) -> dict[str, Any]:
    where = {"ship_to_region": region, "channel": f"{region} shop"}
    return line(customer, day, sku=sku, order_id=f"{sku}-{region}-{customer}-{day}", **where)


OWN = [
    sold("tea-north-ann", date(2024, 1, 5), "tea-1", "north"),
    sold("tea-north-ann", date(2024, 2, 5), "tea-1", "north"),
    sold("tea-north-bob", date(2024, 1, 9), "tea-1", "north"),
    sold(None, date(2024, 2, 7), "tea-1", "north"),
]
OTHERS = [
    sold("tea-north-ann", date(2024, 3, 5), "coffee-1", "north"),
    sold("tea-north-bob", date(2024, 2, 9), "tea-1", "south"),
    sold("coffee-north-cem", date(2024, 1, 11), "coffee-1", "north"),
    sold("tea-south-dee", date(2024, 1, 12), "tea-1", "south"),
    sold(None, date(2024, 2, 8), "coffee-1", "south"),
]
FORBIDDEN = ("coffee", "south", "Black", "cem", "dee")


def asked(query: MemoryQuery, name: str) -> pl.DataFrame:
    parameters: dict[str, Parameter] = {}
    for parameter in load(name).parameters:
        if parameter.endswith("_all"):
            parameters[parameter] = True
        else:
            parameters[parameter] = GIVEN.get(parameter, [])
    return query(name, **parameters)


def shop_of(lines: list[dict[str, Any]], scope: Scope) -> MemoryQuery:
    return shop(lines, as_of=AS_OF, scope=scope, products=PRODUCTS)


def test_there_are_page_queries() -> None:
    assert len(PAGE_QUERIES) >= 8


@pytest.mark.parametrize("name", PAGE_QUERIES)
def test_a_restricted_viewer_never_reads_what_is_out_of_scope(name: str) -> None:
    texts = asked(shop_of([*OWN, *OTHERS], TEA_IN_THE_NORTH), name).select(pl.selectors.string())
    seen = {str(value) for column in texts for value in column}
    assert not [value for value in seen if any(word in value for word in FORBIDDEN)]


@pytest.mark.parametrize("name", PAGE_QUERIES)
def test_a_restricted_viewer_is_answered_as_if_nothing_else_were_there(name: str) -> None:
    """Marts that sum over categories answer nothing at all; all others answer from the rows in scope alone."""
    found = asked(shop_of([*OWN, *OTHERS], TEA_IN_THE_NORTH), name)
    alone = asked(shop_of(OWN, EVERYTHING), name)
    totals = ("purchases", "customer_history", "unidentified_days")
    sums_over_categories = any(f"{word} {mart} " in load(name).sql for mart in totals for word in ("FROM", "JOIN"))
    assert found.is_empty() if sums_over_categories else found.equals(alone)


@pytest.mark.parametrize("name", PAGE_QUERIES)
@pytest.mark.parametrize("scope", [Scope(categories=()), Scope(regions=())], ids=["no category", "no region"])
def test_an_empty_permission_shows_nothing(name: str, scope: Scope) -> None:
    found = asked(shop_of([*OWN, *OTHERS], scope), name)
    numbers = found.select(pl.selectors.numeric())
    assert found.is_empty() or all(not value for column in numbers for value in column)


@pytest.mark.parametrize("name", PAGE_QUERIES)
def test_who_may_see_everything_sees_more(name: str) -> None:
    """The tests above cannot pass on queries that answer nothing to anybody."""
    everything = asked(shop_of([*OWN, *OTHERS], EVERYTHING), name)
    assert not everything.is_empty()
    assert not everything.equals(asked(shop_of([*OWN, *OTHERS], TEA_IN_THE_NORTH), name))
