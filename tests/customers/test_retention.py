"""Retention says what its definitions say, on shops small enough to check by eye and on random ones."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.opening import opening
from shopkeeper.customers.retention.comeback import comeback
from shopkeeper.customers.retention.opportunity import opportunity
from shopkeeper.customers.retention.periods import PERIODS
from shopkeeper.customers.retention.report import (
    FEW_CUSTOMERS,
    MEASURES,
    METHODS,
    WINDOWS,
    Retention,
    View,
    customers,
    report,
)
from shopkeeper.customers.second_order import report as second_order
from shopkeeper.engine.query import Scope
from shopkeeper.errors import Refused
from shopkeeper.models.intervals import difference, never_certain, wilson
from tests.customers.naive_retention import naive
from tests.examples import FEWER
from tests.shops.drawn_lines import CATEGORIES, PRODUCTS, random_lines
from tests.shops.in_memory import MemoryQuery, line, shop

JANUARY, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)
THREE_CUSTOMERS = [
    line("ann", date(2024, 1, 5)),
    line("ann", date(2024, 2, 5)),
    line("ann", date(2024, 3, 1)),
    line("bob", date(2024, 1, 20)),
    line("bob", date(2024, 3, 2)),
    line("cem", date(2024, 2, 2)),
]


def beginning(query: MemoryQuery, week_start: str) -> MemoryQuery:
    """The shop with weeks that start on a day."""
    return replace(query, version=replace(query.version, shop=replace(query.version.shop, week_start=week_start)))


def values(retention: Retention, cohort: date) -> list[float | None]:
    return retention.cells.filter(pl.col("cohort") == cohort)["value"].to_list()


@pytest.mark.parametrize(
    ("method", "january"), [("exact", [2, 1, 2]), ("unbounded", [2, 2, 2]), ("cumulative", [0, 1, 2])]
)
def test_methods_count_what_they_say(method: Any, january: list[float]) -> None:
    query = shop(THREE_CUSTOMERS, as_of=date(2024, 3, 31))
    assert values(report(query, CustomerFilters(), View(method=method)), JANUARY) == january


def test_a_period_that_is_still_open_is_empty_and_not_zero() -> None:
    cells = report(shop(THREE_CUSTOMERS, as_of=date(2024, 3, 30)), CustomerFilters(), View()).cells
    immature = cells.filter(~pl.col("mature"))
    assert immature.select("cohort", "age").rows() == [(JANUARY, 2), (FEBRUARY, 1)]
    for column in ("value", "rate", "low", "high", "upper"):
        assert immature[column].null_count() == immature.height


def test_a_rolling_cell_counts_only_customers_whose_window_has_closed() -> None:
    # On 4 March Ann's second window (4 Feb - 4 Mar) has closed and Bob's (19 Feb - 19 Mar) has not.
    cells = report(shop(THREE_CUSTOMERS, as_of=date(2024, 3, 4)), CustomerFilters(), View(windows="rolling")).cells
    cell = cells.filter(cohort=JANUARY, age=1).to_dicts()[0]
    assert (cell["cohort_size"], cell["n"], cell["value"], cell["mature"]) == (2, 1, 1.0, True)


def test_the_mean_row_weights_mature_cohorts_only() -> None:
    retention = report(shop(THREE_CUSTOMERS, as_of=date(2024, 3, 30)), CustomerFilters(), View())
    row = retention.mean.filter(age=1).to_dicts()[0]
    assert (row["n"], row["value"], row["rate"], row["cohorts"]) == (2, 1.0, 0.5, 1)


def test_orders_without_a_buyer_are_nobodys_first_purchase() -> None:
    query = shop([*THREE_CUSTOMERS, line(None, date(2024, 1, 2))], as_of=date(2024, 3, 31))
    assert report(query, CustomerFilters(), View()).cells["cohort_size"].max() == 2


def test_unidentified_orders_widen_the_bound_and_leave_the_share() -> None:
    query = shop([*THREE_CUSTOMERS, line(None, date(2024, 2, 9))], as_of=date(2024, 3, 31))
    cell = report(query, CustomerFilters(), View()).cells.filter(cohort=JANUARY, age=1).to_dicts()[0]
    assert (cell["rate"], cell["upper"]) == (0.5, 1.0)


def test_same_day_orders_are_one_purchase_and_two_orders() -> None:
    day = datetime(2024, 1, 5, 9)
    twice = [line("ann", day), line("ann", day + timedelta(hours=3))]
    query = shop(twice, as_of=date(2024, 1, 31))
    assert values(report(query, CustomerFilters(), View()), JANUARY) == [1]
    assert values(report(query, CustomerFilters(), View(measure="orders")), JANUARY) == [2]


def test_a_refund_lowers_the_revenue_of_its_original_order_and_undoes_no_purchase() -> None:
    back = line("ann", date(2024, 3, 9), status="refund", quantity=-1, net_amount=-4, original_order_id="first")
    query = shop([line("ann", date(2024, 1, 5), order_id="first"), back], as_of=date(2024, 3, 31))
    assert values(report(query, CustomerFilters(), View(measure="revenue")), JANUARY) == [6, 0, 0]
    assert values(report(query, CustomerFilters(), View()), JANUARY) == [1, 0, 0]


@pytest.mark.parametrize("status", ["cancelled", "staff", "gift", "exchange"])
def test_lines_that_are_no_sale_are_no_purchase(status: str) -> None:
    query = shop([*THREE_CUSTOMERS, line("cem", date(2024, 3, 3), status=status)], as_of=date(2024, 3, 31))
    assert values(report(query, CustomerFilters(), View()), FEBRUARY) == [1, 0]


def test_first_ever_is_found_before_any_filter() -> None:
    lines = [line("ann", date(2024, 1, 5), channel="web"), line("ann", date(2024, 2, 5), channel="app")]
    query = shop(lines, as_of=date(2024, 2, 29))
    assert report(query, CustomerFilters(acquired_channels=("app",)), View()).cells.is_empty()
    in_app = report(query, CustomerFilters(bought_channels=("app",)), View())
    assert values(in_app, JANUARY) == [0, 1]
    assert in_app.cells["cohort_size"].to_list() == [1, 1]


def test_an_empty_choice_shows_nothing() -> None:
    query = shop(THREE_CUSTOMERS)
    assert report(query, CustomerFilters(acquired_channels=()), View()).cells.is_empty()
    assert report(query, CustomerFilters(bought_channels=()), View()).cells["value"].drop_nulls().sum() == 0


def test_looking_from_an_earlier_day_equals_data_that_ended_then() -> None:
    day = date(2024, 2, 29)
    earlier = shop([row for row in THREE_CUSTOMERS if row["ordered_at"].date() <= day], as_of=day)
    for method in METHODS:
        seen = report(shop(THREE_CUSTOMERS), CustomerFilters(until=day), View(method=method)).cells
        assert seen.equals(report(earlier, CustomerFilters(), View(method=method)).cells)


def test_cohorts_near_the_start_of_the_data_are_marked() -> None:
    lines = [line("ann", date(2024, 1, 5)), line("bob", date(2024, 4, 1)), line("cem", date(2024, 5, 1))]
    cells = report(shop(lines, as_of=date(2024, 5, 31)), CustomerFilters(), View()).cells
    marked = cells.filter("may_not_be_first")["cohort"].unique().to_list()
    assert sorted(marked) == [JANUARY, date(2024, 4, 1)]


def arriving(spans: Sequence[tuple[int, int, int]], gap: int) -> list[dict[str, Any]]:
    """Customers who come evenly within (from day, to day, so many), and once more after `gap` days."""
    lines = []
    for number, (start, end, size) in enumerate(spans):
        for place in range(size):
            day = date(2024, 1, 1) + timedelta(days=start + (end - start) * place // size)
            name = f"c{number}-{place}"
            lines += [line(name, day), line(name, day + timedelta(days=gap))]
    return lines


@pytest.mark.parametrize(
    ("spans", "gap", "marked"),
    [
        ([(0, 20, 80), (20, 40, 40), (40, 60, 20), (60, 360, 120)], 20, 90),
        ([(0, 20, 80), (20, 40, 40), (40, 60, 20), (60, 360, 120)], 130, 130),
        ([(0, 84, 200)], 60, 0),
        ([(0, 84, 200), (84, 360, 800)], 20, 0),
        ([(0, 20, 8), (20, 40, 4)], 20, 90),
    ],
    ids=["they thin out", "in a slow rhythm", "one cohort acquired", "a shop that has just opened", "too few to tell"],
)
def test_who_may_have_bought_before_shows_in_how_they_come(
    spans: list[tuple[int, int, int]], gap: int, marked: int
) -> None:
    until = opening(shop(arriving(spans, gap))).until
    assert until == (date(2024, 1, 1) + timedelta(days=marked) if marked else None)


CHAIN = [
    *(row for n in range(40) for row in (line(f"old{n}", date(2024, 1, 1)), line(f"old{n}", date(2024, 1, 20)))),
    *(line(f"new{n}", date(2024, 4, 1 + n % 20)) for n in range(40)),
    *(line(f"new{n}", date(2024, 5, 3)) for n in range(10)),
]


def test_the_answer_leaves_out_who_may_have_bought_before() -> None:
    back = comeback(shop(CHAIN, as_of=date(2024, 7, 31)), CustomerFilters(), View(), (1, 3, 12))
    assert back.ages.select("age", "n", "rate").rows() == [(1, 40, 0.25), (3, 40, 0.25)]
    assert (back.left_out, back.uncertain, back.last_cohort) == (40, 0, date(2024, 4, 1))


def test_where_nobody_else_is_there_the_answer_says_how_many_may_have_bought_before() -> None:
    chosen = CustomerFilters(cohort_to=date(2024, 1, 31))
    back = comeback(shop(CHAIN, as_of=date(2024, 7, 31)), chosen, View("week"), (1, 4, 12))
    assert back.ages["rate"].to_list() == [0, 1, 1]
    assert (back.left_out, back.uncertain) == (0, 40)


def test_figures_of_one_row_never_fall_with_age() -> None:
    lines = [line(f"a{n}", date(2024, 1, 1)) for n in range(40)] + [line(f"b{n}", date(2024, 6, 1)) for n in range(40)]
    lines += [line(f"b{n}", date(2024, 7, 1)) for n in range(20)] + [line("a1", date(2024, 9, 1))]
    for windows in WINDOWS:
        back = comeback(shop(lines, as_of=date(2025, 2, 28)), CustomerFilters(), View(windows=windows), (1, 3, 12))
        assert back.ages["n"].n_unique() == 1
        assert back.ages["rate"].is_sorted()
        assert back.ages["spent"].is_sorted()


def test_the_second_order_clock_leaves_out_who_may_have_bought_before() -> None:
    clock = second_order.report(shop(CHAIN, as_of=date(2024, 7, 31)), CustomerFilters(), "all")
    assert clock.medians.select("customers", "returned").rows() == [(40, 10)]
    assert (clock.left_out, clock.uncertain) == (40, 0)
    only = second_order.report(shop(CHAIN, as_of=date(2024, 7, 31)), CustomerFilters(cohort_to=JANUARY), "all")
    assert (only.left_out, only.uncertain) == (0, 40)


def test_a_cohort_of_one_day_and_the_days_after_it() -> None:
    lines = [line("ann", date(2024, 11, 11)), line("bob", date(2024, 11, 11)), line("ann", date(2024, 11, 13))]
    cells = report(shop(lines, as_of=date(2024, 11, 14)), CustomerFilters(), View("day")).cells
    assert cells.filter(cohort=date(2024, 11, 11))["value"].to_list() == [2, 0, 1, 0]


def test_a_week_starts_on_the_shops_own_day() -> None:
    lines = [line("ann", date(2024, 11, 10)), line("ann", date(2024, 11, 16)), line("ann", date(2024, 11, 17))]
    query = shop(lines, as_of=date(2024, 11, 23))
    sunday = report(beginning(query, "sunday"), CustomerFilters(), View("week")).cells
    assert sunday.select("cohort", "value").rows() == [(date(2024, 11, 10), 1), (date(2024, 11, 10), 1)]
    monday = report(query, CustomerFilters(), View("week")).cells
    assert monday.select("cohort", "value").rows() == [
        (date(2024, 11, 4), 1),
        (date(2024, 11, 4), 1),
        (date(2024, 11, 4), None),
    ]


def test_a_restricted_viewer_sees_own_cohorts_and_own_purchases_only() -> None:
    lines = [
        line("ann", date(2024, 1, 5), sku="A"),
        line("ann", date(2024, 2, 5), sku="B"),
        line("bob", date(2024, 1, 6), sku="B"),
        line("bob", date(2024, 2, 6), sku="A"),
    ]
    tea = shop(lines, as_of=date(2024, 2, 29), scope=Scope(categories=("tea",)), products=PRODUCTS)
    retention = report(tea, CustomerFilters(), View())
    assert values(retention, JANUARY) == [1, 0]
    assert customers(tea, CustomerFilters(), View(), JANUARY, 0)["customer_id"].to_list() == ["ann"]
    nothing = shop(lines, scope=Scope(categories=()), products=PRODUCTS)
    assert report(nothing, CustomerFilters(), View()).cells.is_empty()


def test_margin_needs_cost_and_says_how_much_of_the_revenue_has_one() -> None:
    query = shop([line("ann", JANUARY, unit_cost=4), line("bob", JANUARY)], as_of=date(2024, 1, 31))
    retention = report(query, CustomerFilters(), View(measure="margin"))
    assert values(retention, JANUARY) == [6]
    assert retention.cost_share == 0.5


def test_an_opportunity_names_the_segment_that_returns_less_than_the_shop() -> None:
    lines = [line(f"c{i}", date(2024, 1, 5), channel="web" if i % 2 else "app") for i in range(200)]
    lines += [line(f"c{i}", date(2024, 2, 5), channel="app") for i in range(0, 100, 2)]
    result = opportunity(shop(lines, as_of=date(2024, 6, 1)), CustomerFilters())
    assert result.rate == 0.25
    assert result.best is not None
    assert (result.best["segment"], result.best["gap_customers"], result.best["worth"]) == ("web", 25.0, 250.0)
    both = [result.best[name] for name in ("returned", "n", "rest_returned", "rest_n")]
    assert (both, result.comparisons) == ([0, 100, 50, 100], 2)
    assert -0.7 < result.best["difference_low"] < -0.5 < result.best["difference_high"] < -0.3


@pytest.mark.parametrize(("returned", "certain"), [(4, True), (6, False)])
def test_the_difference_must_be_certain_over_both_channels(returned: int, certain: bool) -> None:
    """So many of 100 against 15 of 100."""
    lines = [line(f"c{i}", date(2024, 1, 5), channel="web" if i % 2 else "app") for i in range(200)]
    lines += [line(f"c{i}", date(2024, 2, 5)) for i in [*range(0, 30, 2), *range(1, 2 * returned, 2)]]
    result = opportunity(shop(lines, as_of=date(2024, 6, 1)), CustomerFilters())
    assert result.segments.filter(segment="web").select("returned", "n").row(0) == (returned, 100)
    assert (result.best is not None) == certain


def test_newcombes_published_interval_is_met() -> None:
    """Newcombe (1998), Table II, method 10: 56/70 less 48/80 is 0.0524 to 0.3339, 9/10 less 3/10 0.1705 to 0.8090."""
    for (a, n), (b, m), published in (((56, 70), (48, 80), (0.0524, 0.3339)), ((9, 10), (3, 10), (0.1705, 0.8090))):
        first, second = (
            (pl.lit(value / of), *wilson(pl.lit(float(value)), pl.lit(of))) for value, of in ((a, n), (b, m))
        )
        low, high = difference(first, second)
        assert pl.select(low=low, high=high).row(0) == pytest.approx(published, abs=5e-5)


def test_a_share_is_never_a_certain_probability() -> None:
    counts = pl.DataFrame({"value": [0, 3, 3, 0], "n": [3, 3, 6, 0]})
    assert counts.select(never_certain(pl.col("value"), pl.col("n"))).to_series().to_list() == [0.125, 0.875, 0.5, None]


@pytest.mark.parametrize(("shops", "most"), [(6, 1), pytest.param(60, 10, marks=pytest.mark.deep)])
def test_equal_segments_are_not_told_apart_by_chance(shops: int, most: int) -> None:
    """Thirty regions of the same law: with plain 95 % intervals most shops would be sent after a region for nothing."""
    reported = 0
    for seed in range(shops):
        draw = random.Random(seed)
        lines = [line(f"c{i}", date(2024, 1, 5), ship_to_region=f"r{i % 30}") for i in range(3000)]
        lines += [
            line(f"c{i}", date(2024, 2, 5), ship_to_region=f"r{i % 30}") for i in range(3000) if draw.random() < 0.3
        ]
        reported += opportunity(shop(lines, as_of=date(2024, 6, 1)), CustomerFilters()).best is not None
    assert reported <= most


def test_no_opportunity_is_named_where_the_numbers_do_not_tell() -> None:
    lines = [line("ann", JANUARY, channel="web"), line("bob", JANUARY, channel="app")]
    lines.append(line("bob", date(2024, 2, 1), channel="app"))
    assert opportunity(shop(lines, as_of=date(2024, 6, 1)), CustomerFilters()).best is None


def test_a_shop_without_a_sale_gives_an_empty_report() -> None:
    refund = line("ann", JANUARY, status="refund", quantity=-1, net_amount=-5)
    retention = report(shop([refund]), CustomerFilters(), View())
    assert retention.cells.is_empty()
    assert retention.mean.is_empty()


@pytest.mark.parametrize(
    "choice",
    [{"period": "year"}, {"method": "some"}, {"windows": "x"}, {"measure": "x"}, {"windows": "rolling",
     "window_days": 400}, {"method": "unbounded", "measure": "revenue"}],
)  # fmt: skip
def test_a_view_that_cannot_be_drawn_is_refused_in_a_sentence(choice: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"choose"):
        View(**choice)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_a_share(counts: tuple[int, int]) -> None:
    value, n = counts
    low, high = wilson(pl.lit(float(value)), pl.lit(n))
    result = pl.select(low=low, high=high).row(0)
    assert -1e-12 <= result[0] <= value / n + 1e-12
    assert value / n - 1e-12 <= result[1] <= 1 + 1e-12


def test_wilson_gives_the_published_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81 of 263 and 15 of 148.
    for value, n, expected in ((81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605))):
        low, high = wilson(pl.lit(float(value)), pl.lit(n))
        result = pl.select(low=low, high=high).row(0)
        assert [round(bound, 4) for bound in result] == list(expected)


choices = st.one_of(st.none(), st.sampled_from([("web",), ("app", "(none)"), ()]))
filters = st.builds(
    CustomerFilters,
    acquired_channels=choices,
    bought_channels=choices,
    acquired_categories=st.sampled_from([None, None, ("tea",)]),
    bought_categories=st.sampled_from([None, None, ("tea",), ("coffee", "tea")]),
    acquired_skus=st.sampled_from([None, None, ("A", "B")]),
    bought_regions=st.sampled_from([None, None, ("north",)]),
    cohort_from=st.sampled_from([None, date(2024, 1, 20)]),
    cohort_to=st.sampled_from([None, date(2024, 4, 3)]),
    until=st.sampled_from([None, date(2024, 3, 31), date(2024, 4, 7)]),
)
views = st.tuples(
    st.sampled_from(PERIODS),
    st.sampled_from(METHODS),
    st.sampled_from(WINDOWS),
    st.sampled_from([0, 5, 11]),
    st.sampled_from([name for name in MEASURES if name != "margin"]),
).map(lambda given: View(*(given if given[4] == "customers" or given[1] != "unbounded" else (*given[:4], "customers"))))


@FEWER
@given(
    random_lines(),
    filters,
    views,
    st.sampled_from([None, date(2024, 4, 30), date(2024, 6, 30)]),
    st.sampled_from(["", "sunday"]),
)
def test_every_cell_equals_the_naive_count(
    lines: list[dict[str, Any]], chosen: CustomerFilters, view: View, as_of: date | None, week_start: str
) -> None:
    query = beginning(shop(lines, as_of=as_of, products=PRODUCTS), week_start)
    expected = naive(lines, CATEGORIES, chosen, view, query.version.as_of, query.version.shop.week_offset)
    result = {(row["cohort"], row["age"]): row for row in report(query, chosen, view).cells.to_dicts()}
    assert result.keys() == expected.keys()
    for key, cell in expected.items():
        row = result[key]
        assert (row["cohort_size"], row["n"], row["mature"]) == (cell.cohort_size, cell.n, cell.n > 0), key
        assert (row["value"] is None) == (cell.value is None), key
        if cell.value is not None:
            assert math.isclose(row["value"], cell.value, abs_tol=1e-9), key
            assert row["upper"] == (None if cell.upper is None else pytest.approx(cell.upper)), key
    if view.measure == "customers" and (mature := [key for key, cell in expected.items() if cell.n]):
        cohort, age = mature[-1]
        behind = customers(query, chosen, view, cohort, age)["customer_id"].to_list()
        missing = customers(query, chosen, view, cohort, age, absent=True).height
        assert frozenset(behind) == expected[cohort, age].customers
        assert len(behind) + missing == expected[cohort, age].n


def test_few_customers_is_the_house_limit() -> None:
    assert FEW_CUSTOMERS == 30
