"""Churn risk: histories equal plain loops, figures follow their definitions, and nothing is told that is not known."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper import i18n
from shopkeeper.customers import histories
from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.churn.report import Churn, ChurnOptions
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.second_order import report as second_order
from shopkeeper.engine.duckdb import Engine
from shopkeeper.engine.query import Scope
from shopkeeper.errors import Refused
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import HORIZONS, Fits
from shopkeeper.jobs.buying.scores import value_per_purchase
from shopkeeper.models.buying.stages import StageRules
from tests.customers import naive_history
from tests.examples import FEWER
from tests.shops.drawn_lines import CATEGORIES, PRODUCTS, random_lines
from tests.shops.fitted import START, FittedGround, bought, insufficient_histories
from tests.shops.in_memory import line, shop

GROUNDS = insufficient_histories()
Scored = Callable[..., Churn]
NUMBERS = [
    "monetary_value", "p_alive", "p_no_purchase", "expected_purchases", "days_overdue", "value_at_stake",
]  # fmt: skip


@FEWER
@given(
    random_lines(),
    st.sampled_from([None, date(2024, 4, 30), date(2024, 6, 30)]),
    st.sampled_from([None, date(2024, 2, 15), date(2024, 4, 7)]),
)
def test_every_history_equals_the_naive_one(
    lines: list[dict[str, Any]], as_of: date | None, until: date | None
) -> None:
    query = shop(lines, as_of=as_of, products=PRODUCTS)
    last = query.version.as_of
    day = min(last, until or last)
    expected = naive_history.histories(lines, CATEGORIES, last, day)
    result = {row["customer_id"]: row for row in histories.customers(query, CustomerFilters(until=until)).to_dicts()}
    assert result.keys() == expected.keys()
    for customer, history in expected.items():
        for name, value in history.row(day).items():
            assert result[customer][name] == (pytest.approx(value) if isinstance(value, float) else value), name
        if day == last:
            assert result[customer]["last_products"] == ", ".join(history.last_skus)


def test_the_mart_and_the_way_back_in_time_agree_on_the_last_day(opened: Engine) -> None:
    query = CustomerFilters().acquired()
    mart = opened("customers/histories", **query)
    back = opened("customers/histories_until", **query, as_of=opened.version.as_of)
    floats = ["revenue", "margin", "repeat_revenue", "repeat_margin"]
    assert mart.drop("last_products", *floats).equals(back.drop("last_products", *floats))
    for name in floats:
        assert (mart[name] - back[name]).abs().max() < 1e-6  # type: ignore[operator]


@pytest.fixture(scope="module")
def scored(opened: Engine, fits: Fits) -> Scored:
    """The report on the sample shop by these options, with all rows of which it holds the first."""

    @cache
    def report(**options: Any) -> Churn:
        result = churn.report(opened, fits, CustomerFilters(), ChurnOptions(**options))
        customers, rescue = (churn.listing(opened, fits, result, to_rescue=only) for only in (False, True))
        assert result.customers.equals(customers.head(churn.FIRST_ROWS))
        assert result.rescue.equals(rescue.head(churn.FIRST_ROWS))
        return replace(result, customers=customers, rescue=rescue)

    return report


def test_figures_are_probabilities_and_one_time_buyers_are_at_risk(scored: Scored) -> None:
    for kind in ("mbg_nbd", "bg_nbd", "pareto_nbd"):
        rows = scored(kind=kind).customers
        for name in ("p_alive", "p_no_purchase"):
            assert rows[name].is_between(0, 1).all()
        assert (rows["p_no_purchase"] >= 1 - rows["p_alive"] - 1e-9).all()
        assert rows.filter(pl.col("frequency") == 0)["p_no_purchase"].min() > 0  # type: ignore[operator]
        assert rows["value_at_stake"].is_sorted(descending=True)


def test_a_longer_horizon_leaves_less_risk(scored: Scored) -> None:
    risks = [scored(horizon=days).customers.sort("customer_id")["p_no_purchase"] for days in HORIZONS]
    for shorter, longer in pairwise(risks):
        assert (longer <= shorter + 1e-12).all()


def test_value_at_stake_is_risk_times_what_an_active_customer_would_bring(scored: Scored, fits: Fits) -> None:
    result = scored(discount=0.0, value="revenue")
    rows = value_per_purchase(result.customers.with_columns(repeat_revenue="monetary_value"), fits, "revenue")
    expected = rows["p_no_purchase"] * rows["expected_purchases"] / rows["p_alive"] * rows["purchase_value"]
    assert (expected / rows["value_at_stake"] - 1).abs().max() < 1e-6  # type: ignore[operator]


def test_the_rescue_list_leaves_out_whom_it_says(scored: Scored) -> None:
    result = scored(quiet_days=20)
    rescue = result.rescue
    assert rescue["contactable"].eq(False).fill_null(False).sum() == 0
    assert rescue["last_day"].max() <= result.as_of - timedelta(days=20)  # type: ignore[operator]
    assert "lost" not in set(rescue["stage"])
    assert sum(result.left_out.values()) + rescue.height == result.customers.height
    everyone = scored(leave_lost=False)
    assert "lost" in set(everyone.rescue["stage"])


def test_who_never_said_whether_to_be_contacted_stays_on_the_list_and_open_returns_do_not() -> None:
    lines = [row for name in ("ann", "bob", "cem", "dee") for row in bought(name, 0, 100)]
    lines.append(line("dee", START + timedelta(days=190), status="refund", quantity=-1, net_amount=-3, order_id="back"))
    people = [{"customer_id": "ann", "contactable": True}, {"customer_id": "bob", "contactable": False}]
    query = shop(lines, as_of=START + timedelta(days=200), customers=people)
    reasons = churn.report(query, fit_version(query), CustomerFilters()).customers.select("customer_id", "left_out")
    expected = {"ann": None, "bob": "not_contactable", "cem": None, "dee": "returning"}
    assert dict(reasons.iter_rows()) == expected


def test_days_overdue_follow_the_customers_own_rhythm() -> None:
    query = shop([*bought("ann", 0, 10, 30, 40), *bought("bob", 0, 10)], as_of=START + timedelta(days=70))
    rows = churn.report(query, fit_version(query), CustomerFilters()).customers.sort("customer_id")
    assert rows["days_overdue"].to_list() == [20, None]
    assert rows["expected_next_order"].to_list()[1] is None


def test_segments_and_classes_hold_everybody_once(scored: Scored) -> None:
    result = scored()
    for _, part in result.segments.group_by("segment_kind"):
        assert part["customers"].sum() == result.customers.height
        assert part["value_at_stake"].sum() == pytest.approx(result.customers["value_at_stake"].sum())
    assert result.distribution["customers"].sum() == result.customers.height
    assert result.distribution.height == 10


def test_a_history_falls_between_purchases_and_rises_at_them(opened: Engine, scored: Scored, fits: Fits) -> None:
    result = scored(kind="mbg_nbd")
    row = result.customers.filter((pl.col("frequency") > 5) & (pl.col("T") < 390)).to_dicts()[0]
    one = churn.customer(opened, fits, result, row["customer_id"])
    assert one.purchases.height == row["frequency"] + 1
    assert one.alive.height == row["T"] + 1
    last = one.alive.to_dicts()[-1]
    assert last["p_alive"] == pytest.approx(row["p_alive"])
    assert last["p_no_purchase"] == pytest.approx(row["p_no_purchase"])
    on_purchases = set(one.purchases["day"])
    days = one.alive.to_dicts()
    for before, after in pairwise(days):
        if after["day"] not in on_purchases:
            assert after["p_alive"] <= before["p_alive"] + 1e-12
    with pytest.raises(Refused, match="nobody"):
        churn.customer(opened, fits, result, "nobody")


def test_the_clock_to_the_second_order_counts_who_still_waits() -> None:
    lines = [*bought("ann", 0, 10, channel="web"), *bought("bob", 0, channel="web"), *bought("cem", 0, 30, 31)]
    query = shop(lines, as_of=START + timedelta(days=40))
    result = second_order.report(query, CustomerFilters(), "channel")
    assert result.medians.to_dicts() == [
        {"segment": "web", "customers": 2, "returned": 1, "median_days": 10.0},
        {"segment": "(none)", "customers": 1, "returned": 1, "median_days": 30.0},
    ]
    web = result.curves.filter(pl.col("segment") == "web")
    assert web.select("duration", "survival", "returned").rows() == [(0.0, 1.0, 0.0), (10.0, 0.5, 0.5)]


def test_looking_from_an_earlier_day_sees_nothing_later(opened: Engine, fits: Fits) -> None:
    day = date(2025, 6, 30)
    result = churn.report(opened, fits, CustomerFilters(until=day))
    assert result.as_of == day
    assert result.customers["last_day"].max() <= day  # type: ignore[operator]
    assert any("Jun 30, 2025" in str(note) for note in result.notes)


def test_fits_by_channel_change_scores_and_lose_nobody(scored: Scored) -> None:
    shop_wide, by_channel = scored().customers, scored(fitted_by="channel").customers
    assert by_channel.height == shop_wide.height
    assert by_channel["p_alive"].null_count() == 0
    assert not by_channel.sort("customer_id")["p_no_purchase"].equals(shop_wide.sort("customer_id")["p_no_purchase"])


def test_a_restricted_viewer_and_a_filter_on_purchases_are_refused() -> None:
    lines = bought("ann", 0, 30)
    fits = fit_version(shop(lines))
    with pytest.raises(Refused, match="every purchase"):
        churn.report(shop(lines, scope=Scope(categories=("tea",))), fits, CustomerFilters())
    with pytest.raises(Refused, match="Bought in channel"):
        churn.report(shop(lines), fits, CustomerFilters(bought_channels=("web",)))
    restricted = shop(lines, scope=Scope(regions=("north",)))
    assert restricted("customers/histories", **CustomerFilters().acquired()).is_empty()
    day = START + timedelta(days=30)
    assert restricted("customers/histories_until", **CustomerFilters().acquired(), as_of=day).is_empty()
    assert restricted("customers/churn/purchases", customer_id="ann", as_of=day).is_empty()
    assert restricted("customers/second_order/times", by="all", as_of=day, **CustomerFilters().acquired()).is_empty()


@pytest.mark.parametrize("choice", [{"horizon": 45}, {"kind": "arima"}, {"discount": 3.0}])
def test_an_option_that_there_is_not_is_refused(choice: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="choose"):
        ChurnOptions(**choice)


@pytest.mark.parametrize("ground", GROUNDS)
def test_bad_ground_has_no_nan_and_says_why(ground: str, fitted_ground: FittedGround) -> None:
    query, fits = fitted_ground(ground)
    result = churn.report(query, fits, CustomerFilters())
    assert result.customers.height == len({row["customer_id"] for row in GROUNDS[ground][0]})
    for name in NUMBERS:
        assert all(math.isfinite(value) for value in result.customers[name].drop_nulls()), name
    if result.kind is None:
        assert fits.reason in result.notes
        assert result.customers["p_alive"].null_count() == result.customers.height
    for note in result.notes:
        assert "{" not in str(note)
    second_order.report(query, CustomerFilters())
    one = result.customers["customer_id"][0]
    assert churn.customer(query, fits, result, one).purchases.height >= 1


def test_plain_rates_stand_in_where_no_model_can_be_had(fitted_ground: FittedGround) -> None:
    query, fits = fitted_ground("no repeat buyers")
    rows = churn.report(query, fits, CustomerFilters()).customers
    assert rows["p_no_purchase"].is_between(0.99, 1, closed="left").all(), "nobody like them ever came back, so far"
    lines = [row for n in range(60) for row in bought(f"c{n:02}", 0, *([130] if n < 20 else []))]
    query = shop(lines, as_of=START + timedelta(days=200))
    rows = churn.report(query, fit_version(query), CustomerFilters(), ChurnOptions(value="revenue")).customers
    assert rows["p_no_purchase"].null_count() == 0
    assert rows["p_no_purchase"].is_between(0.5, 1).all()


def test_no_filter_left_gives_an_empty_report(opened: Engine, fits: Fits) -> None:
    result = churn.report(opened, fits, CustomerFilters(acquired_channels=()))
    assert result.customers.is_empty()
    assert result.distribution["customers"].sum() == 0


def test_the_sums_are_those_of_the_customers_and_of_the_rescue_list(scored: Scored) -> None:
    result = scored()
    here = result.customers.filter(pl.col("stage") != "lost")
    assert result.totals.staying == here.height
    assert result.totals.expected_away == pytest.approx(here["p_no_purchase"].sum())
    assert result.totals.value_at_stake == pytest.approx(here["value_at_stake"].sum())
    assert result.totals.to_rescue == result.rescue.height
    assert result.totals.rescue_value == pytest.approx(result.rescue["value_at_stake"].sum())
    assert result.totals.first_value == pytest.approx(result.rescue["value_at_stake"].head(100).sum())
    assert result.totals.first_share == pytest.approx(result.totals.first_value / result.totals.rescue_value)


@pytest.mark.parametrize(
    "choice", [{"horizon": 45}, {"kind": "arima"}, {"discount": 3.0}, {"months": 5}, {"lost_days": 1}, {"loyal": 1}]
)
def test_refusals_speak_the_readers_language(choice: dict[str, Any]) -> None:
    kinds = {"months": lifetime_value.LifetimeValueOptions, "lost_days": StageRules}
    make: Any = kinds.get(next(iter(choice)), ChurnOptions)
    if "loyal" in choice:
        make, choice = StageRules, {"loyal_purchases": 1}
    with i18n.speaking("zh_CN"):
        with pytest.raises(Refused, match="请") as refused:
            make(**choice)
        assert "choose" not in str(refused.value)
