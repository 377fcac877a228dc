"""Every query that a page can ask, asked by a viewer who may see some categories and regions only."""

import re
from datetime import date
from functools import cache
from typing import Any

import polars as pl
import pytest

from shopkeeper.contract.forecasts import HORIZON, WEEKS
from shopkeeper.customers.filters import EARLIEST, LATEST
from shopkeeper.engine.query import EVERYTHING, Parameter, Scope
from shopkeeper.query_files import QUERIES, load
from tests.shops.in_memory import MemoryQuery, line, shop

NOT_FOR_PAGES = {"staging", "intermediate", "marts", "patching", "publishing", "linking", "macros"}
PAGE_QUERIES = sorted(
    path.relative_to(QUERIES).with_suffix("").as_posix()
    for path in QUERIES.rglob("*.sql")
    if path.parent.name not in NOT_FOR_PAGES
)
TEA_IN_THE_NORTH = Scope(categories=("tea",), regions=("north",))
AS_OF = date(2024, 4, 30)
PRODUCTS = [
    {"sku": "tea-1", "category": "tea", "name": "Green tea", "supplier": "tea maker"},
    {"sku": "coffee-1", "category": "coffee", "name": "Black coffee", "supplier": "coffee maker"},
]
GIVEN: dict[str, Parameter] = {
    "period": "month", "windows": "calendar", "window_days": 30, "week_offset": 0, "method": "exact",
    "measure": "customers",
    "locations": ["north store", "south store"], "skus": ["tea-1", "coffee-1"],
    "as_of": AS_OF, "cohort_from": EARLIEST, "cohort_to": LATEST, "cohort": date(2024, 1, 1), "age": 0,
    "absent": False, "days": 30, "acquired_from": EARLIEST, "by": "channel", "value": "revenue",
    "calibration_end": date(2024, 2, 1), "risk_days": 30, "since": date(2024, 2, 1), "active_days": 10, "lost_days": 20,
    "loyal_purchases": 3, "from_stage": "any", "to_stage": "any", "customer_id": "tea-north-ann",
    "until": date(2024, 5, 14), "cutoff": date(2024, 3, 1), "one_in": 1,
    "level": "region_sku", "id": "coffee-north-cem", "ids": ["coffee-north-cem"],
    "horizon_days": 90, "model": "bg_nbd", "first_calls": 10, "most": 10, "drawn": 5, "width": 10.0, "to_rescue": False,
    "most_frequent": 10, "most_inactive_months": 24, "shop_value": 10.0, "spend_kind": "gamma",
    "between": 4.0, "within": 9.0, "spend_p": 6.0,
    "spend_q": 4.0, "spend_v": 15.0, "quiet_days": 14, "return_days": 30, "leave_lost": True, "quiet_after_first": 50.0,
    "quiet_after_second": 50.0, "has_sale": False, "farthest_order_days": 730,
    "first_day": date(2024, 2, 1), "last_day": AS_OF, "base_first_day": date(2024, 1, 1),
    "base_last_day": date(2024, 1, 31), "weeks": 13, "least": 1, "share": 0.99,
}  # fmt: skip


def sold(customer: str | None, day: date, sku: str, region: str, **more: str) -> dict[str, Any]:
    where = {"ship_to_region": region, "channel": f"{region} shop"} | more
    return line(customer, day, sku=sku, order_id=f"{sku}-{region}-{customer}-{day}", **where)


OWN = [
    sold("tea-north-ann", date(2024, 1, 5), "tea-1", "north"),
    sold("tea-north-ann", date(2024, 2, 5), "tea-1", "north"),
    sold("tea-north-bob", date(2024, 1, 9), "tea-1", "north"),
    sold(None, date(2024, 2, 7), "tea-1", "north"),
    sold("tea-north-bob", date(2024, 4, 29), "tea-1", "north", ship_from_location="north store"),
    sold(None, date(2024, 4, 28), "tea-1", "north", channel="dealers", status="sell_in"),
]
OTHERS = [
    sold("tea-north-ann", date(2024, 3, 5), "coffee-1", "north"),
    sold("tea-north-bob", date(2024, 2, 9), "tea-1", "south"),
    sold("coffee-north-cem", date(2024, 1, 11), "coffee-1", "north"),
    sold("tea-south-dee", date(2024, 1, 12), "tea-1", "south"),
    sold(None, date(2024, 2, 8), "coffee-1", "south"),
    sold("coffee-north-cem", date(2024, 4, 29), "coffee-1", "north", ship_from_location="north store"),
    sold(None, date(2024, 4, 27), "coffee-1", "south", channel="dealers", status="sell_in"),
    sold(None, date(2024, 2, 11), "coffee-1", "south", status="refund") | {"quantity": -1, "net_amount": -4},
]
UNITS = [1.0] * HORIZON


def supply(sku: str, category: str, region: str) -> dict[str, Any]:
    """Stock, a delivery, a forecast and a check of one item in one region."""
    location = f"{region} store"
    series = {"level": "region_sku", "category": category, "region": region, "sku": sku}
    weeks = {name: [1.0] * WEEKS for name in ("low_80", "high_80", "low_95", "high_95")}
    lost = {"sku": sku, "category": category, "region": region, "location": location, "day": AS_OF, "lost": 1.0}
    return {
        "locations": [{"location_id": location, "name": location, "kind": "store", "region": region, "ships": True,
                       "capacity_units": 100}],
        "regions": [{"region": region}],
        "stock_snapshots": [
            {"day": AS_OF, "location_id": location, "sku": sku, "on_hand": 5},
            {"day": date(2024, 4, 29), "location_id": location, "sku": sku, "on_hand": 0},
        ],
        "inbound": [
            {"inbound_id": f"{sku} {region}", "sku": sku, "location_id": location, "quantity": 4,
             "due_on": date(2024, 5, 3), "ordered_on": AS_OF},
            {"inbound_id": f"{sku} {region} before", "sku": sku, "location_id": location, "quantity": 4,
             "due_on": date(2024, 4, 3), "ordered_on": date(2024, 3, 1), "received_on": date(2024, 4, 3)},
        ],
        "forecasts": [series | weeks | {"daily_mean": 1.0, "error_sd": 1.0, "units": UNITS, "pattern": "smooth"}],
        "forecast_checks": [series | {"cutoff": date(2024, 4, 1), "days": 28, "demand": 3.0, "absolute_error": 1.0,
                                      "error": 1.0, "naive_absolute_error": 2.0, "week_change": 1.0,
                                      "actual_weeks": [2.0, 1.0], "forecast_weeks": [1.0, 1.0]}],
        "past_forecasts": [series | weeks | {"cutoff": date(2024, 4, 1), "units": [1.0] * WEEKS}],
        "event_factors": [{"name": "11.11", "category": category, "day_of_window": 0, "factor": 2.0, "years": 1}],
        "events": [{"event_id": "E", "name": "11.11", "starts_on": date(2024, 5, 4), "ends_on": date(2024, 5, 6)}],
        "lanes": [{"from_location": "hub", "to_location": "shop", "lead_days": 2.0}],
        "lost_units": [lost | {"baseline": 1.0, "sold": 0.0}],
    }  # fmt: skip


def joined(*parts: dict[str, Any]) -> dict[str, Any]:
    """Rows of all parts by table, none twice."""
    result: dict[str, Any] = {}
    for part in parts:
        for name, rows in part.items():
            result.setdefault(name, []).extend(row for row in rows if row not in result.get(name, []))
    return result


OWN_SUPPLY = supply("tea-1", "tea", "north")
ALL_SUPPLY = joined(
    OWN_SUPPLY, supply("tea-1", "tea", "south"), supply("coffee-1", "coffee", "north"),
    supply("coffee-1", "coffee", "south"),
)  # fmt: skip
KEYS = [
    {"account_id": account, "key_kind": "phone", "key_hash": "phone:1"}
    for account in ("coffee-north-cem", "tea-south-dee")
]
"""Two customers who are one person."""
IDENTITY_TOTALS = (
    "accounts", "identity_channels", "identity_coverage", "identity_groups", "identity_keys", "identity_kinds",
    "linked_orders",
)  # fmt: skip
HEALTH_TOTALS = (
    "channel_days", "count_days", "equal_orders", "repeated_lines", "unknown_references",
    "unmatched_refunds", "unusual_lines",
)  # fmt: skip
FORBIDDEN = ("coffee", "south", "Black", "cem", "dee")


SCORES = [
    {"horizon_days": 90, "model": "bg_nbd", "customer_key": key, "first_day": date(2024, 1, 5),
     "first_channel": "south shop", "first_region": "south", "first_category": "coffee", "frequency": 1, "recency": 5,
     "T": 90, "stage": "at_risk",
     "left_out": left_out, "rescue_rank": rank, "p_no_purchase": 0.5, "value_at_stake": 5.0, "predicted_value": 9.0,
     "historic_value": 20.0, "variance": 1.0}
    for key in range(6) for left_out, rank in ((None, key) if key % 2 else ("recent", None),)
]  # fmt: skip


def queried(query: MemoryQuery, name: str) -> pl.DataFrame:
    parameters: dict[str, Parameter] = {}
    for parameter in load(name).parameters:
        if parameter.endswith("_all"):
            parameters[parameter] = True
        else:
            parameters[parameter] = GIVEN.get(parameter, [])
    return query(name, **parameters)


@cache
def whole(scope: Scope) -> MemoryQuery:
    """Everything there is, as such a viewer sees it."""
    return shop(
        [*OWN, *OTHERS],
        as_of=AS_OF,
        scope=scope,
        products=PRODUCTS,
        identities=KEYS,
        customer_scores=SCORES,
        **ALL_SUPPLY,
    )


@cache
def alone() -> MemoryQuery:
    """A shop in which nothing else is."""
    return shop(OWN, as_of=AS_OF, products=PRODUCTS[:1], **OWN_SUPPLY)


def text(name: str) -> str:
    """The query, and the table macros that it calls."""
    called = [load(f"macros/{path.stem}") for path in (QUERIES / "macros").glob("*.sql")]
    sql = load(name).sql
    return "\n".join([sql, *(macro.sql for macro in called if f"FROM {macro.name.removeprefix('macros/')}(" in sql)])


def test_there_are_page_queries() -> None:
    assert len(PAGE_QUERIES) >= 8


@pytest.mark.parametrize("name", PAGE_QUERIES)
def test_a_restricted_viewer_never_reads_what_is_out_of_scope(name: str) -> None:
    texts = queried(whole(TEA_IN_THE_NORTH), name).select(pl.selectors.string())
    seen = {str(value) for column in texts for value in column}
    assert not [value for value in seen if any(word in value for word in FORBIDDEN)]


@pytest.mark.parametrize("name", PAGE_QUERIES)
def test_a_restricted_viewer_is_answered_as_if_nothing_else_were_there(name: str) -> None:
    """Marts that sum over categories answer nothing at all; all others answer from the rows in scope alone."""
    result = queried(whole(TEA_IN_THE_NORTH), name)
    by_itself = queried(alone(), name)
    totals = (
        "purchases",
        "customer_history",
        "customer_scores",
        "unidentified_days",
        "day_levels",
        *HEALTH_TOTALS,
        *IDENTITY_TOTALS,
    )
    sums_over_categories = any(f"{word} {mart} " in text(name) for mart in totals for word in ("FROM", "JOIN"))
    assert result.is_empty() if sums_over_categories else result.equals(by_itself)


def is_public(name: str) -> bool:
    """Whether a query reads only what everybody may see."""
    read = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", text(name)))
    return read <= {"events", "lanes", "left_truncation"}


@pytest.mark.parametrize("name", [name for name in PAGE_QUERIES if not is_public(name)])
@pytest.mark.parametrize("scope", [Scope(categories=()), Scope(regions=())], ids=["no category", "no region"])
def test_an_empty_permission_shows_nothing(name: str, scope: Scope) -> None:
    result = queried(whole(scope), name)
    numbers = result.select(pl.selectors.numeric())
    assert result.is_empty() or all(not value for column in numbers for value in column)


@pytest.mark.parametrize("name", [name for name in PAGE_QUERIES if not name.startswith("shop/health/")])
def test_who_may_see_everything_sees_more(name: str) -> None:
    """The tests above cannot pass on queries that answer nothing to anybody.

    Those of data health answer only where something is wrong: tests/shop/test_health.py has such shops.
    """
    everything = queried(whole(EVERYTHING), name)
    assert not everything.is_empty()
    assert is_public(name) or not everything.equals(queried(whole(TEA_IN_THE_NORTH), name))
