"""A run rate is what one reckons by hand; a gap beyond materiality is an action, in money order with the others."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper import i18n
from shopkeeper.merchant.targets import Target, TargetPeriod
from shopkeeper.shop.health import report as health
from shopkeeper.shop.today import report as today_report
from shopkeeper.shop.today import targets
from shopkeeper.shop.today.actions import Actions, actions
from shopkeeper.shop.today.periods import Days, TodayOptions
from shopkeeper.shop.today.sources import Reports
from shopkeeper.shop.today.targets import Plan, in_force, share_done
from tests.declared import departures
from tests.shops.in_memory import MemoryQuery, line, shop

AS_OF = date(2026, 10, 21)
OCTOBER, YEAR = date(2026, 10, 1), date(2026, 1, 1)
MONTH = Days(OCTOBER, date(2026, 10, 31))


def sold(first: date, last: date, amount: float, **more: Any) -> list[dict[str, Any]]:
    days = (first + timedelta(number) for number in range((last - first).days + 1))
    return [line(f"{more.get('who', 'c')}{day:%y%m%d}", day, net_amount=amount, unit_cost=amount / 2) for day in days]


@pytest.fixture(scope="module")
def query() -> MemoryQuery:
    """10 a day in 2025, but 30 a day from 22 October on; 20 a day in October 2026."""
    return shop(
        [
            *sold(date(2024, 12, 20), date(2025, 10, 21), 10),
            *sold(date(2025, 10, 22), date(2025, 10, 31), 30),
            *sold(date(2025, 11, 1), date(2026, 9, 30), 10),
            *sold(OCTOBER, AS_OF, 20),
        ],
        as_of=AS_OF,
    )


def row(plan: Plan, figure: str, period: str) -> dict[str, Any]:
    (found,) = plan.rows.filter(figure=figure, period=period).to_dicts()
    return found


def test_the_run_rate_follows_the_same_month_of_last_year(query: MemoryQuery) -> None:
    """October 2025 brought 210 by the 21st and 300 after it: 7 parts of 17."""
    plan = targets.report(query, (Target("revenue", "month", OCTOBER, 2000.0),))
    assert not departures(plan)
    shown = row(plan, "revenue", "month")
    assert (shown["actual"], shown["rule"]) == (420.0, "last_year")
    assert shown["share"] == pytest.approx(210 / 510)
    assert shown["run_rate"] == pytest.approx(420 * 510 / 210)
    assert shown["gap"] == pytest.approx(1020 - 2000)
    assert shown["gap_share"] == pytest.approx(-980 / 2000)
    assert (shown["worth"], shown["days_left"]) == (shown["gap"], 10)


def test_so_far_is_what_the_headline_says(query: MemoryQuery) -> None:
    names = ("revenue", "orders", "new_customers", "margin")
    planned = tuple(
        Target(name, period, first, 1.0)  # type: ignore[arg-type]
        for name in names
        for period, first in (("month", OCTOBER), ("year", YEAR))
    )
    plan = targets.report(query, planned)
    periods: tuple[TargetPeriod, ...] = ("month", "year")
    for period in periods:
        today = today_report.report(query, TodayOptions(period))
        for name in names:
            assert row(plan, name, period)["actual"] == pytest.approx(today.figure(name)["value"]), (name, period)


def test_a_missed_order_is_worth_what_orders_bring_and_a_missed_customer_is_not_known(query: MemoryQuery) -> None:
    plan = targets.report(
        query, (Target("orders", "month", OCTOBER, 62.0), Target("new_customers", "month", OCTOBER, 62))
    )
    orders = row(plan, "orders", "month")
    assert orders["run_rate"] == pytest.approx(21 * 31 / 21)
    assert orders["worth"] == pytest.approx((31 - 62) * 20)
    assert row(plan, "new_customers", "month")["worth"] is None


def test_without_last_year_days_to_come_weigh_as_their_weekdays_do() -> None:
    """Mondays bring 30, other days 10. From 22 to 31 October there is one Monday."""
    mondays = [
        line(f"c{day}", day, net_amount=30 if day.weekday() == 0 else 10)
        for day in (date(2026, 8, 1) + timedelta(number) for number in range(82))
    ]
    plan = targets.report(shop(mondays, as_of=AS_OF), (Target("revenue", "month", OCTOBER, 1.0),))
    shown = row(plan, "revenue", "month")
    assert shown["rule"] == "weekdays"
    assert shown["actual"] == 3 * 30 + 18 * 10
    assert shown["run_rate"] == pytest.approx(3 * 30 + 18 * 10 + 30 + 9 * 10)


def test_in_a_young_shop_all_days_weigh_alike() -> None:
    young = shop(sold(OCTOBER, AS_OF, 10), as_of=AS_OF)
    shown = row(targets.report(young, (Target("revenue", "month", OCTOBER, 1.0),)), "revenue", "month")
    assert (shown["rule"], shown["run_rate"]) == ("days", pytest.approx(310.0))


def test_what_is_not_known_has_a_plan_only() -> None:
    nobody = shop([line(None, AS_OF - timedelta(back)) for back in range(40)], as_of=AS_OF)
    planned = (Target("margin", "month", OCTOBER, 9.0), Target("new_customers", "month", OCTOBER, 9.0))
    plan = targets.report(nobody, planned)
    assert not departures(plan)
    assert plan.rows.select("plan", "actual", "run_rate", "gap").rows() == [(9.0, None, None, None)] * 2
    assert not targets.report(nobody, ()).rows.height


def test_a_year_is_its_months_only_where_all_have_a_target() -> None:
    months = [Target("revenue", "month", date(2026, number, 1), 10.0) for number in range(1, 13)]
    assert in_force(months, AS_OF) == {("revenue", "month"): 10.0, ("revenue", "year"): 120.0}
    assert in_force(months[1:], AS_OF) == {("revenue", "month"): 10.0}
    assert in_force([*months, Target("revenue", "year", YEAR, 150.0)], AS_OF)["revenue", "year"] == 150.0
    assert in_force(months, date(2027, 1, 5)) == {}


@given(
    st.dictionaries(st.dates(date(2025, 1, 1), date(2026, 12, 31)), st.integers(0, 9), max_size=12),
    st.dates(date(2026, 1, 1), date(2026, 12, 30)),
    st.sampled_from([date(2024, 1, 1), date(2025, 12, 20)]),
    st.booleans(),
)
def test_a_share_grows_from_day_to_day_up_to_one(
    values: dict[date, int], as_of: date, known_from: date, whole_year: bool
) -> None:
    month_end = (as_of.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)
    whole = Days(YEAR, date(2026, 12, 31)) if whole_year else Days(as_of.replace(day=1), month_end)
    known = {day: value for day, value in values.items() if day <= as_of}
    share, rule = share_done(known, whole, as_of, known_from)
    assert 0 <= share <= 1
    later = min(as_of + timedelta(1), whole.last)
    if rule == "last_year" and later < whole.last:
        assert share_done(known, whole, later, known_from)[0] >= share
    assert share_done(known, whole, whole.last, known_from)[0] == 1


@pytest.mark.parametrize("as_of", [date(2028, 2, 29), date(2028, 2, 28), date(2029, 2, 15)])
def test_a_leap_day_is_no_fault(as_of: date) -> None:
    values = {date(2026, 1, 1) + timedelta(number): 1.0 for number in range(1200)}
    last = date(2028, 2, 29) if as_of.year == 2028 else date(2029, 2, 28)
    share, _rule = share_done(values, Days(as_of.replace(day=1), last), as_of, date(2026, 1, 1))
    assert share == pytest.approx(
        {29: 1.0, 28: 28 / 28 if as_of.year == 2028 else 1.0, 15: 15 / 29}[as_of.day], abs=0.04
    )


# --- actions ----------------------------------------------------------------------------------------------------------


def listed(query: MemoryQuery, *planned: Target, materiality: float = 0.001) -> Actions:
    reports = Reports(health.report(query, AS_OF))
    return actions(reports, (), AS_OF, 1.0, targets.report(query, planned), materiality=materiality)


def test_what_ends_below_plan_is_an_action_with_the_gap_in_money(query: MemoryQuery) -> None:
    with i18n.speaking("en"):
        (action,) = listed(query, Target("revenue", "month", OCTOBER, 2000.0)).first
        assert str(action.text) == "Net revenue: at this rate the month ends 49.0% below plan."
    assert action.amount == pytest.approx(980.0)
    assert (action.kind, action.page, action.url, action.horizon_days) == ("target", "today", "/", 10)
    assert (action.low, action.high) == (None, None)


def test_a_plan_that_is_reached_or_missed_by_less_than_materiality_is_none(query: MemoryQuery) -> None:
    assert not listed(query, Target("revenue", "month", OCTOBER, 1000.0)).all
    assert listed(query, Target("revenue", "month", OCTOBER, 1025.0)).all
    assert not listed(query, Target("revenue", "month", OCTOBER, 1025.0), materiality=0.01).all


def test_a_figure_is_named_once_the_month_first(query: MemoryQuery) -> None:
    month, year = Target("revenue", "month", OCTOBER, 2000.0), Target("revenue", "year", YEAR, 90_000.0)
    assert [each.key for each in listed(query, month, year).all] == [f"target:revenue:month:{OCTOBER}"]
    assert [each.key for each in listed(query, year).all] == [f"target:revenue:year:{YEAR}"]


def test_nothing_is_said_of_the_end_before_enough_is_done() -> None:
    early = date(2026, 10, 3)
    query = shop([*sold(date(2025, 1, 1), early, 10)], as_of=early)
    plan = targets.report(query, (Target("revenue", "month", OCTOBER, 9000.0),))
    assert not actions(Reports(health.report(query, early)), (), early, 1.0, plan).all
    assert plan.rows["run_rate"][0] == pytest.approx(310.0)
