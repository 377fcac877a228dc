"""One order is one order: one day, one buyer, whatever its lines say; what brought nothing takes nothing away."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.retention.report import View, report
from shopkeeper.query_files import load
from tests.examples import FEWER
from tests.shops.in_memory import MemoryQuery, line, shop

LATE, EARLY = datetime(2024, 1, 31, 23, 50), datetime(2024, 2, 1, 0, 10)
OVER_MIDNIGHT = [line("ann", LATE, order_id="o"), line("ann", EARLY, order_id="o", sku="B")]
Line = dict[str, Any]


def rows(query: MemoryQuery, mart: str, *columns: str) -> list[tuple[Any, ...]]:
    made: pl.DataFrame = query.connection.table(mart).pl()
    return made.select(columns).rows()


def sold_and_identified(query: MemoryQuery) -> tuple[Any, ...]:
    """Orders with a sale line, and those of them whose buyer is known."""
    (counted,) = query.connection.sql(load("publishing/sold_orders").sql).fetchall()
    return tuple(counted)


def back(order: str | None, on: date, amount: int = -4, **more: Any) -> Line:
    values = {"order_id": "r", "status": "refund", "quantity": -1, "net_amount": amount, "original_order_id": order}
    return line(None, on, **(values | more))


def test_an_order_over_midnight_is_no_return() -> None:
    query = shop(OVER_MIDNIGHT, as_of=date(2024, 3, 31))
    cells = report(query, CustomerFilters(), View()).cells
    assert cells.filter(cohort=date(2024, 1, 1))["value"].to_list() == [1, 0, 0]
    assert rows(query, "customer_history", "frequency", "orders", "revenue") == [(0, 1, 20.0)]
    assert rows(query, "accounts", "first_day", "last_day", "orders") == [(date(2024, 1, 31), date(2024, 1, 31), 1)]


def test_an_order_over_midnight_counts_on_one_day_and_its_units_on_their_own() -> None:
    query = shop([line(None, LATE, order_id="o"), line(None, EARLY, order_id="o", category="tea")])
    assert rows(query, "channel_days", "day", "orders") == [(date(2024, 1, 31), 1)]
    assert rows(query, "unidentified_days", "day", "orders") == [(date(2024, 1, 31), 1)]
    assert sorted(rows(query, "demand_days", "day", "units")) == [(date(2024, 1, 31), 1.0), (date(2024, 2, 1), 1.0)]


def test_lines_without_a_buyer_are_their_orders_buyers() -> None:
    day = date(2024, 1, 5)
    silent = line(None, day, order_id="o", sku="B", channel=None, account_id=None)
    query = shop([line("ann", day, order_id="o", channel="web"), silent])
    assert rows(query, "unidentified_days", "orders") == []
    assert rows(query, "customer_history", "orders", "revenue") == [(1, 20.0)]
    assert rows(query, "sales_mix", "channel", "revenue") == [("web", 20.0)]


@pytest.mark.parametrize("status", ["cancelled", "gift"])
def test_a_line_that_is_no_sale_names_its_orders_buyer_too(status: str) -> None:
    day = date(2024, 1, 5)
    query = shop([line("ann", day, order_id="o", status=status), line(None, day, order_id="o")])
    assert rows(query, "customer_history", "orders", "revenue") == [(1, 10.0)]
    assert sold_and_identified(query) == (1, 1)


def test_who_gives_an_order_back_is_its_buyer_unless_two_do() -> None:
    day, later = date(2024, 1, 5), date(2024, 1, 9)
    sold = line(None, day, order_id="o")
    one = shop([sold, back("o", later, customer_id="ann")])
    assert rows(one, "customer_history", "first_day", "revenue") == [(day, 6.0)]
    assert sold_and_identified(one) == (1, 1)
    two = shop([sold, back("o", later, customer_id="ann"), back("o", later, customer_id="bob", order_id="s")])
    assert rows(two, "customer_history", "revenue") == []
    assert sold_and_identified(two) == (1, 0)


@pytest.mark.parametrize("number", ["o", "r"])
def test_a_refund_under_its_orders_own_number_lowers_that_order_on_its_day(number: str) -> None:
    sold = line("ann", date(2024, 1, 5), order_id="o", ship_to_region="north")
    query = shop([sold, back("o" if number == "r" else None, date(2024, 2, 9), order_id=number)])
    assert rows(query, "purchases", "day", "orders", "revenue") == [(date(2024, 1, 5), 1, 6.0)]
    assert rows(query, "refund_days", "customer_id", "day") == [("ann", date(2024, 2, 9))]
    assert rows(query, "sales_mix", "region", "revenue") == [("north", 6.0)]


@pytest.mark.parametrize("status", ["cancelled", "staff", "gift", "sell_in"])
def test_a_refund_of_an_order_that_brought_nothing_takes_nothing_away(status: str) -> None:
    nothing = line("ann", date(2024, 1, 6), order_id="c", status=status)
    given_back = [back("c", date(2024, 1, 8), -9), back(None, date(2024, 1, 8), -9, order_id="c")]
    query = shop([line("ann", date(2024, 1, 5)), nothing, *given_back])
    assert rows(query, "customer_history", "revenue") == [(10.0,)]
    assert sum(revenue for (revenue,) in rows(query, "demand_days", "revenue")) == 10.0


def test_a_refund_of_an_exchanged_or_partly_cancelled_order_still_does() -> None:
    day, later = date(2024, 1, 5), date(2024, 1, 8)
    exchanged = line("ann", day, order_id="e", status="exchange", net_amount=0)
    partly = [line("ann", day, order_id="p"), line("ann", day, order_id="p", status="cancelled")]
    query = shop([exchanged, *partly, back("e", later, -1, customer_id="ann"), back("p", later, -2)])
    assert rows(query, "customer_history", "revenue") == [(7.0,)]


order = st.fixed_dictionaries(
    {
        "first": st.integers(0, 40).map(lambda day: datetime(2024, 1, 1, 23, 30) + timedelta(days=day)),
        "minutes": st.lists(st.sampled_from((0, 20, 50)), min_size=1, max_size=3),
        "buyer": st.sampled_from(("ann", "bob", None)),
        "named": st.lists(st.booleans(), min_size=3, max_size=3),
        "status": st.sampled_from((None, None, "cancelled")),
        "refund": st.sampled_from((None, "own number", "other number")),
    }
)


def lines_of(orders: Sequence[Line]) -> list[Line]:
    lines = [line("cem", date(2024, 1, 1), order_id="start")]
    for number, each in enumerate(orders):
        for place, minutes in enumerate(each["minutes"]):
            buyer = each["buyer"] if each["named"][place] else None
            at = each["first"] + timedelta(minutes=minutes)
            head = {"order_id": f"o{number}", "sku": "ABC"[place], "channel": ("web", None, "app")[place]}
            lines.append(line(buyer, at, **head, status=each["status"]))
        if each["refund"]:
            on = date(2024, 2, 20)
            own = {"order_id": f"o{number}", "original_order_id": None} if each["refund"] == "own number" else {}
            lines.append(back(f"o{number}", on, -3, **own))
    return lines


@FEWER
@given(st.lists(order, max_size=6))
def test_orders_are_those_of_a_plain_count(orders: Sequence[Line]) -> None:
    query = shop(lines_of(orders), as_of=date(2024, 3, 31))
    days: dict[str, set[date]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    revenue: dict[str, float] = defaultdict(float)
    per_day: dict[date, int] = defaultdict(int)
    days["cem"], counts["cem"], revenue["cem"], per_day[date(2024, 1, 1)] = {date(2024, 1, 1)}, 1, 10.0, 1
    for each in orders:
        if each["status"] == "cancelled":
            continue
        day = (each["first"] + timedelta(minutes=min(each["minutes"]))).date()
        per_day[day] += 1
        if each["buyer"] and any(each["named"][: len(each["minutes"])]):
            days[each["buyer"]].add(day)
            counts[each["buyer"]] += 1
            revenue[each["buyer"]] += 10 * len(each["minutes"]) - (3 if each["refund"] else 0)
    history = rows(query, "customer_history", "customer_id", "frequency", "orders", "revenue")
    assert sorted(history) == sorted((who, len(days[who]) - 1, counts[who], revenue[who]) for who in counts)
    channel_days = query.connection.table("channel_days").pl().group_by("day").agg(pl.col("orders").sum())
    assert dict(channel_days.iter_rows()) == per_day
    months = query.connection.table("identity_coverage").pl()
    assert (months["orders"].sum(), months["identified_orders"].sum()) == (sum(per_day.values()), sum(counts.values()))
