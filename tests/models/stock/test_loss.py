"""The loss function: by hand, against a sum, against draws; and the stock that a fill rate asks for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from shopkeeper.models.stock import loss
from tests.examples import FEWER


def test_short_of_a_normal_demand_is_that_of_the_table() -> None:
    # SPT, table of the unit normal: G(0) = .3989, G(1) = .0833.
    assert loss.expected_short(100, 20**2, [100, 120]) == pytest.approx([20 * 0.39894, 20 * 0.08332], rel=1e-3)
    assert loss.standard_loss_inverse(loss.standard_loss([-1.5, 0.0, 2.2])) == pytest.approx([-1.5, 0.0, 2.2], abs=1e-6)


def test_nothing_is_short_beyond_what_is_asked_for() -> None:
    assert loss.expected_short(9, 100, 0) == 9
    assert loss.expected_short(9, 0, [0, 4, 9, 12]).tolist() == [9, 5, 0, 0]


@FEWER
@given(st.integers(0, 30), st.floats(0.05, 12), st.floats(1.0, 5.0))
def test_short_of_a_counted_demand_is_the_sum_over_all_counts(stock: int, mean: float, ratio: float) -> None:
    law = stats.poisson(mean) if ratio < 1.01 else stats.nbinom(mean / (ratio - 1), 1 / ratio)
    units = np.arange(stock, 600)
    summed = float(((units - stock) * law.pmf(units)).sum())
    variance = mean if ratio < 1.01 else mean * ratio
    assert float(loss.count_loss(stock, mean, variance)) == pytest.approx(summed, abs=1e-6)


def test_between_whole_units_the_loss_of_counted_demand_is_a_line() -> None:
    one, two, half = loss.count_loss([1.0, 2.0, 1.5], 3.0, 4.0)
    assert half == pytest.approx((one + two) / 2)


def test_lost_units_hold_what_chance_costs_where_the_mean_path_loses_nothing() -> None:
    """Ten there, one a day for ten days: of the mean path nothing is lost, of draws some is."""
    draw = np.random.default_rng(5)
    asked = np.maximum(draw.normal(10, 3, 200_000), 0)
    units, none = np.ones((1, 20)), np.zeros((1, 20))
    result = loss.expected_lost(units, [10.0], none, 10, 3 / 10**0.5, 0.0, False)
    assert result == pytest.approx([np.maximum(asked - 10, 0).mean()], rel=0.03)
    assert loss.expected_lost(units, [10.0], none, 10, 0.0, 0.0, False) == [0]
    # An uncertain landing adds its own spread: sqrt(10 * .9 + 2^2) = 3.61 days' demand.
    wider = loss.expected_lost(units, [10.0], none, 10, 3 / 10**0.5, 2.0, False)
    assert wider == pytest.approx(13**0.5 * loss.standard_loss(0.0))


def test_what_is_lost_before_a_delivery_is_not_served_by_it() -> None:
    units, inbound = np.ones((2, 10)), np.zeros((2, 10))
    inbound[:, 4] = 10
    # Days 3 and 4 are lost; what lands on day 5 serves the rest. Two promised units are served first by it.
    assert loss.expected_lost(units, [2.0, -6.0], inbound, 10, 0.0, 0.0, False).tolist() == [2, 6]
    assert loss.expected_lost(units, [2.0, 2.0], inbound, [3, 0], 0.0, 0.0, False).tolist() == [1, 0]


@pytest.mark.parametrize("whole", [False, True])
def test_the_stock_of_a_fill_rate_reaches_it_and_no_more(whole: bool) -> None:
    mean, variance, cycle, rate = 20.0, 30.0, 8.0, 0.97
    stock = mean + float(loss.fill_safety_stock(rate, mean, variance, cycle, whole))
    short = float(loss.expected_short(mean, variance, stock, whole))
    assert short <= (1 - rate) * cycle + 1e-6
    assert float(loss.expected_short(mean, variance, stock - 1, whole)) > (1 - rate) * cycle
    if not whole:
        assert 1 - short / cycle == pytest.approx(rate)
