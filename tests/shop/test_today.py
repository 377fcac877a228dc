"""Figures are those that a plain loop adds up, over days that can be compared; parts add up to the change."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.errors import Refused
from shopkeeper.shop.today import contributions, periods, report
from shopkeeper.shop.today.periods import Days, Event, TodayOptions, compared
from tests.declared import departures
from tests.shops.in_memory import MemoryQuery, line, shop

AS_OF = date(2026, 10, 21)
FIRST = date(2024, 1, 1)
LAST_YEAR = Event("11.11", date(2025, 11, 1), date(2025, 11, 11))
THIS_YEAR = Event("11.11", date(2026, 11, 1), date(2026, 11, 11))


def days(first: tuple[int, int, int], last: tuple[int, int, int]) -> Days:
    return Days(date(*first), date(*last))


@pytest.mark.parametrize(
    ("period", "against", "now", "base"),
    [
        ("month", "before", days((2026, 10, 1), (2026, 10, 21)), days((2026, 9, 1), (2026, 9, 21))),
        ("week", "before", days((2026, 10, 19), (2026, 10, 21)), days((2026, 10, 12), (2026, 10, 14))),
        ("quarter", "before", days((2026, 10, 1), (2026, 10, 21)), days((2026, 7, 1), (2026, 7, 21))),
        ("year", "before", days((2026, 1, 1), (2026, 10, 21)), days((2025, 1, 1), (2025, 10, 21))),
        ("month", "year", days((2026, 10, 1), (2026, 10, 21)), days((2025, 10, 2), (2025, 10, 22))),
    ],
)
def test_a_period_to_date_is_held_against_as_many_days(period: Any, against: Any, now: Days, base: Days) -> None:
    spans = compared(TodayOptions(period, against), AS_OF, FIRST)
    assert (spans.now, spans.base) == (now, base)


def test_a_month_that_was_shorter_is_taken_whole() -> None:
    spans = compared(TodayOptions(), date(2026, 3, 31), FIRST)
    assert spans.base == days((2026, 2, 1), (2026, 2, 28))


def test_a_week_begins_as_the_shop_says() -> None:
    assert compared(TodayOptions("week"), AS_OF, FIRST, week_offset=1).now.first == date(2026, 10, 18)


def test_an_event_is_held_against_the_same_days_of_the_one_before() -> None:
    spans = compared(TodayOptions("month", "event"), AS_OF, FIRST, events=(LAST_YEAR, THIS_YEAR))
    assert spans.now.first - THIS_YEAR.starts_on == spans.base_or_now.first - LAST_YEAR.starts_on
    assert spans.now.last == AS_OF
    assert spans.now.number == spans.base_or_now.number
    assert spans.event == THIS_YEAR
    far = compared(TodayOptions("month", "event"), date(2026, 8, 1), FIRST, events=(LAST_YEAR, THIS_YEAR))
    assert far.event is None
    assert far.base == Days(*(day - timedelta(364) for day in (date(2026, 8, 1), date(2026, 8, 1))))


@given(
    st.sampled_from(periods.PERIODS),
    st.sampled_from(periods.AGAINST),
    st.dates(date(2024, 3, 1), date(2027, 12, 31)),
    st.integers(0, 6),
)
def test_nothing_lies_after_as_of_and_no_day_is_compared_with_itself(
    period: Any, against: Any, as_of: date, offset: int
) -> None:
    spans = compared(TodayOptions(period, against), as_of, FIRST, offset, (LAST_YEAR, THIS_YEAR))
    assert spans.now.last <= as_of
    if spans.base:
        assert FIRST <= spans.base.first <= spans.base.last < spans.now.first
        assert spans.base.number <= spans.now.number


def test_what_the_data_do_not_hold_is_no_base() -> None:
    assert compared(TodayOptions(), AS_OF, date(2026, 9, 2)).base is None
    assert len(periods.weeks(AS_OF, date(2026, 10, 1))) == 3
    with pytest.raises(Refused, match="decade"):
        TodayOptions("decade")  # type: ignore[arg-type]


# --- figures ----------------------------------------------------------------------------------------------------------

LINES = [
    line("ann", date(2026, 9, 3), net_amount=100, channel="web", ship_to_region="north", unit_cost=60),
    line("bob", date(2026, 9, 20), net_amount=50, channel="store", ship_to_region="south"),
    line("bob", date(2026, 9, 28), net_amount=999, channel="store", ship_to_region="south"),
    line("ann", date(2026, 10, 2), net_amount=80, channel="web", ship_to_region="north", unit_cost=50, quantity=2),
    line("cid", date(2026, 10, 5), net_amount=40, channel="app", ship_to_region="north"),
    line("cid", date(2026, 10, 21), net_amount=20, channel="web", ship_to_region="south"),
    line(None, date(2026, 10, 9), net_amount=10, channel="store", ship_to_region="south"),
    # A refund of September's order, given in October, lowers September.
    line("ann", date(2026, 10, 8), order_id="ann-202609031200", status="refund", quantity=-1, net_amount=-30,
         channel="web", ship_to_region="north", original_order_id="ann-202609031200"),
]  # fmt: skip


@pytest.fixture(scope="module")
def query() -> MemoryQuery:
    return shop([line("old", date(2023, 1, 1)), *LINES], as_of=AS_OF)


def test_figures_are_those_that_one_adds_up_by_hand(query: MemoryQuery) -> None:
    today = report.report(query, TodayOptions())
    shown = {row["figure"]: (row["value"], row["base"]) for row in today.figures.to_dicts()}
    assert shown["revenue"] == (150, 120)
    assert shown["orders"] == (4, 2)
    assert shown["average_order"] == (37.5, 60)
    assert shown["new_customers"] == (1, 2)
    assert shown["returning_customers"] == (1, 0)
    assert shown["units"] == (5, 2)
    assert today.figure("revenue")["change"] == 30
    assert today.figure("revenue")["change_share"] == pytest.approx(0.25)
    assert not departures(today)


@pytest.mark.parametrize(("figure", "by"), [(f, by) for f, kinds in contributions.DIMENSIONS.items() for by in kinds])
@pytest.mark.parametrize("against", periods.AGAINST)
def test_what_parts_added_is_the_change_of_the_whole(query: MemoryQuery, figure: str, by: Any, against: Any) -> None:
    today = report.report(query, TodayOptions("month", against))
    made = contributions.report(query, figure, by, today.compared)
    assert not departures(made)
    parts = made.parts
    whole = today.figure(figure)
    assert float(parts["value"].sum() or 0) == pytest.approx(whole["value"])
    if whole["change"] is not None:
        assert float(parts["change"].sum()) == pytest.approx(whole["change"])


def test_an_order_to_two_categories_is_no_part_of_either(query: MemoryQuery) -> None:
    today = report.report(query, TodayOptions())
    with pytest.raises(KeyError):
        contributions.report(query, "orders", "category", today.compared)


def test_days_added_up_are_what_the_months_of_the_data_page_hold(query: MemoryQuery) -> None:
    months = query("shop/months").to_dicts()
    whole = query("shop/today/days", first_day=date(2023, 1, 1), last_day=AS_OF)
    assert float(whole["revenue"].sum()) == pytest.approx(float(sum(float(row["revenue"]) for row in months)))


def test_days_added_up_are_what_the_pages_of_customers_hold_and_what_nobody_known_bought(query: MemoryQuery) -> None:
    """In every month: refunds lie on the day of their order there too."""
    known: dict[tuple[int, int], float] = {}
    for customer in ("old", "ann", "bob", "cid"):
        for row in query("customers/churn/purchases", customer_id=customer, as_of=AS_OF).to_dicts():
            month = (row["day"].year, row["day"].month)
            known[month] = known.get(month, 0.0) + row["revenue"]
    nobody = {(2026, 10): 10.0}
    shown: dict[tuple[int, int], float] = {}
    for row in query("shop/today/days", first_day=date(2023, 1, 1), last_day=AS_OF).to_dicts():
        month = (row["day"].year, row["day"].month)
        shown[month] = shown.get(month, 0.0) + row["revenue"]
    assert shown == pytest.approx({month: known.get(month, 0.0) + nobody.get(month, 0.0) for month in shown})


def test_nothing_is_said_that_is_not_known() -> None:
    """No buyers, no costs, less than a month of days."""
    nobody = shop([line(None, date(2026, 10, day), net_amount=10) for day in (3, 9, 21)], as_of=AS_OF)
    today = report.report(nobody, TodayOptions())
    assert set(today.figures["figure"]) == {"revenue", "orders", "average_order", "units"}
    assert today.figure("revenue")["change"] is None
    said = " ".join(map(str, today.notes))
    for words in ("No order names its buyer", "no margin is shown", "no change is shown"):
        assert words in said


def test_customers_who_may_have_bought_before_the_data_begin_are_no_base() -> None:
    """As a base they would make every later month a fall of new customers."""
    people = [line(f"c{n}", date(2026, 9, 1) + timedelta(n % 30)) for n in range(60)]
    again = [line(f"c{n}", date(2026, 10, 1) + timedelta(n % 20)) for n in range(40)]
    query = shop([*people, *again], as_of=AS_OF)
    (truncation,) = query("customers/left_truncation").to_dicts()
    today = report.report(query, TodayOptions())
    assert truncation["is_truncated"] == (today.figure("new_customers")["base"] is None)
    assert truncation["is_truncated"] == (today.figure("returning_customers")["base"] is None)


def test_weeks_are_drawn_only_where_all_are_known(query: MemoryQuery) -> None:
    today = report.report(query, TodayOptions())
    drawn: pl.Series = today.figures.filter(figure="revenue")["weeks"][0]
    assert len(drawn) == periods.WEEKS
    assert drawn[-1] == 20
