"""Formulas of inventory against a textbook, against simpler ways, and at their edges."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from shopkeeper.errors import Refused
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.demand import counts
from shopkeeper.models.stock import inventory
from tests.examples import MORE

TEXTBOOK = Path(os.environ.get("SHOPKEEPER_REAL_DATA", "")) / "expected" / "inventory_textbook.json"


@pytest.fixture(scope="module")
def textbook() -> dict[str, dict[str, Any]]:
    if not TEXTBOOK.is_file():
        pytest.skip("SHOPKEEPER_REAL_DATA does not lead to the textbook's cases")
    cases = json.loads(TEXTBOOK.read_text(encoding="utf-8"))["cases"]
    return {case["id"]: case["in"] | {"out": case["out"]} for case in cases}


def test_eoq_of_the_textbook(textbook: dict[str, dict[str, Any]]) -> None:
    case = textbook["example_3_1 EOQ"]
    given = (case["K"], case["h"], case["lambda"])
    assert inventory.eoq(*given) == pytest.approx(case["out"]["Q"])
    assert inventory.eoq_cost(*given, case["out"]["Q"]) == pytest.approx(case["out"]["cost"])
    assert inventory.eoq_cost(*given, 250) == pytest.approx(case["out"]["cost_at_Q250"])
    case = textbook["problem_3_1 EOQ"]
    given = (case["fixed_cost"], case["holding_cost"], case["demand_rate"])
    assert inventory.eoq(*given) == pytest.approx(case["out"]["Q"])
    assert inventory.eoq_cost(*given, inventory.eoq(*given)) == pytest.approx(case["out"]["cost"])


def test_newsvendor_of_the_textbook(textbook: dict[str, dict[str, Any]]) -> None:
    case = textbook["example_4_3 newsvendor normal"]
    given = (case["p"], case["h"], case["mu"], case["sigma"])
    assert inventory.newsvendor(*given) == pytest.approx(case["out"]["S"])
    assert inventory.newsvendor_cost(*given, case["out"]["S"]) == pytest.approx(case["out"]["cost"])
    assert inventory.newsvendor_cost(*given, 40) == pytest.approx(case["out"]["cost_at_S40"])
    case = textbook["problem_4_1 newsvendor"]
    given = (case["stockout_cost"], case["holding_cost"], case["demand_mean"], case["demand_sd"])
    assert inventory.newsvendor(*given) == pytest.approx(case["out"]["S"])
    assert inventory.newsvendor_cost(*given, case["out"]["S"]) == pytest.approx(case["out"]["cost"])


def test_poisson_newsvendor_of_the_textbook(textbook: dict[str, dict[str, Any]]) -> None:
    case = textbook["example_4_7 newsvendor Poisson"]
    given = (case["stockout_cost"], case["holding_cost"], case["demand_mean"])
    assert inventory.newsvendor_poisson(*given) == case["out"]["S"]
    assert inventory.newsvendor_poisson_cost(*given, case["out"]["S"]) == pytest.approx(case["out"]["cost"])
    case = textbook["problem_4_19 SCMO Poisson L=4"]
    given = (case["p"], case["h"], case["mean"] * (case["lead_time"] + 1))
    assert inventory.newsvendor_poisson(*given) == case["out"]["S"]
    assert inventory.newsvendor_poisson_cost(*given, case["out"]["S"]) == pytest.approx(case["out"]["cost"])


def test_base_stock_of_the_textbook(textbook: dict[str, dict[str, Any]]) -> None:
    case = textbook["example_4_4 base stock with lead time"]
    costs, demand = (case["stockout_cost"], case["holding_cost"]), (case["demand_mean"], case["demand_sd"])
    # Each day's demand is ordered anew: a newsvendor over the lead time and the day itself.
    days = case["lead_time"] + 1
    level = inventory.newsvendor(*costs, demand[0] * days, demand[1] * days**0.5)
    assert level == pytest.approx(case["out"]["S"])
    cost = inventory.newsvendor_cost(*costs, demand[0] * days, demand[1] * days**0.5, level)
    assert cost == pytest.approx(case["out"]["cost"])


def test_safety_stock_adds_the_spread_of_demand_and_of_the_lead_time() -> None:
    # 9 days of sd 4 are 12 units, 5 units a day over a lead time give or take 1 day are 5: together 13.
    assert inventory.safety_stock(stats.norm.cdf(2.0), 9, 1, 5, 4) == pytest.approx(2 * 13)
    result = inventory.levels(np.full((1, 20), 5.0), 4, 9, 1, stats.norm.cdf(2.0), 7, False)
    assert result.reorder_point == pytest.approx(9 * 5 + 26)
    # With a review of 7 days: sqrt(16 * 16 + 25) over 16 days.
    assert result.order_up_to == pytest.approx(80 + 2 * np.sqrt(281))


def test_counted_demand_is_held_against_by_the_quantile() -> None:
    # Poisson of mean 2: P(X <= 5) = 0.983 is the first of at least 0.98.
    assert inventory.safety_stock(0.98, 20, 0, 0.1, np.sqrt(0.1), True) == pytest.approx(5 - 2)
    assert inventory.safety_stock(0.98, 20, 0, 0.0, 0.0, True) == 0


@MORE
@given(st.floats(0.5, 0.9999), st.floats(0.001, 3000), st.floats(0.3, 40))
def test_count_quantile_is_that_of_scipy(probability: float, mean: float, ratio: float) -> None:
    variance = mean * ratio
    if ratio > 1.001:
        naive = stats.nbinom(mean**2 / (variance - mean), mean / variance)
    elif ratio > 1:
        return
    else:
        naive = stats.poisson(mean)
    result = float(counts.count_quantile(probability, mean, variance))
    assert naive.cdf(result) >= probability - 1e-8
    assert result == 0 or naive.cdf(result - 1) < probability + 1e-8


def test_quantiles_do_not_meet_warnings_without_demand() -> None:
    assert counts.count_quantile([0.9, 0.9], [0.0, 0.0], [0.0, 4.0]).tolist() == [0.0, 0.0]
    assert counts.count_probability([-1.0, 0.0], 1.0, 1.0).tolist() == [0.0, pytest.approx(np.exp(-1))]


def test_an_order_is_of_whole_packs_and_no_less_than_the_minimum() -> None:
    result = inventory.order_quantity([10, 10, 10, 30, 20], 20, [6, 6, 1, 6, 6], [0, 24, 0, 24, 24])
    assert result.tolist() == [12, 24, 10, 0, 0]


def test_the_fill_rate_is_not_the_cycle_service() -> None:
    # G(0) = 0.3989: half of the cycles run out, yet with an order of ten deviations only 4 % of units are missing.
    assert inventory.fill_rate(1.0, 0.0, 10.0) == pytest.approx(1 - 0.0398942)


def test_cover_is_the_first_day_by_which_demand_has_eaten_stock_and_deliveries() -> None:
    units = np.array([[1.0] * 10] * 5 + [[0.0] * 10])
    inbound = np.zeros((6, 10))
    inbound[1, 2] = 4  # lands on day 3, in time
    inbound[2, 6] = 4  # lands on day 7, after it ran out
    result = inventory.days_of_cover(units, [5, 5, 5, 0, 11, 3], inbound)
    assert result[:4].tolist() == [5, 9, 5, 0]
    assert np.isnan(result[4:]).all()


def test_a_shortage_is_not_made_good_by_what_lands_later() -> None:
    units, inbound = np.array([[1.0] * 10]), np.zeros((1, 10))
    inbound[0, 4] = 10
    shortage = inventory.shortfall(units, [2.0], inbound)
    assert inventory.lost_by(shortage, 10) == [2.0]  # days 3 and 4; what lands on day 5 serves the rest
    assert inventory.lost_by(shortage, 3) == [1.0]
    assert inventory.lost_by(shortage, 0) == [0.0]


@MORE
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=30),
    st.integers(-3, 20),
    st.integers(0, 30),
)
def test_cover_and_lost_units_are_those_of_a_walk_day_by_day(
    days: list[tuple[int, int]], available: int, until: int
) -> None:
    units = np.array([[float(wanted) for wanted, _ in days]])
    inbound = np.array([[float(landed) for _, landed in days]])
    stock, lost, cover, asked_so_far, had = max(available, 0), 0, None, 0, max(available, 0)
    if had == 0:
        cover = 0
    for day, (wanted, landed) in enumerate(days, start=1):
        stock, had, asked_so_far = stock + landed, had + landed, asked_so_far + wanted
        sold = min(stock, wanted)
        stock -= sold
        lost += wanted - sold if day <= until else 0
        if cover is None and asked_so_far >= had:
            cover = day
    result = inventory.days_of_cover(units, [available], inbound)[0]
    assert (None if np.isnan(result) else result) == cover
    assert inventory.lost_by(inventory.shortfall(units, [available], inbound), until) == [lost]


def test_the_forecast_of_the_days_to_be_covered_counts_and_not_its_mean() -> None:
    units = np.array([[1.0] * 4 + [10.0] * 6])
    assert inventory.expected(units, 3.5) == [3.5]
    assert inventory.expected(units, 5) == [14.0]
    assert inventory.expected(units, 12) == [pytest.approx(64 + 2 * 6.4)]
    result = inventory.levels(units, 0.0, 4.0, 0.0, 0.95, 2, False)
    assert [float(level[0]) for level in (result.safety_stock, result.reorder_point, result.order_up_to)] == [0, 4, 24]


def test_a_level_for_class_and_pattern_replaces_that_of_the_class() -> None:
    policy = Policy(pattern_levels=(("C", "lumpy", 0.8),))
    assert policy.service_level("A", "lumpy") == 0.98
    assert policy.service_level("C", "lumpy") == 0.8
    assert policy.service_level("C", "smooth") == policy.service_level("?", "smooth") == 0.9
    assert hash(policy) == hash(Policy(pattern_levels=(("C", "lumpy", 0.8),)))


@pytest.mark.parametrize(
    "wrong",
    [{"service_levels": (("A", 1.0),)}, {"pattern_levels": (("A", "new", 0.2),)}, {"review_days": 0},
     {"excess_days": 0}, {"lead_days": -1.0}, {"receiving_days": -1}],
)  # fmt: skip
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        Policy(**wrong)
