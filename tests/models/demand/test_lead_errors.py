"""Errors over a lead time: as much as sums were missed by, and a share of demand is met as often as is asked for."""

import numpy as np
import polars as pl
import pytest

from shopkeeper.jobs.forecast.job import forecast_history
from shopkeeper.models.demand.counts import count_quantile
from shopkeeper.models.demand.lead_errors import PRIOR_SUMS, sd_over, variance_ratio
from tests.shops.forecast import demand_history


def test_days_that_err_independently_have_a_ratio_of_one_and_days_that_err_alike_as_many_as_they_are() -> None:
    draw = np.random.default_rng(2)
    errors = draw.normal(0, 2.0, (4000, 7))
    one, mean, sd = np.ones(4000), np.linspace(9, 10, 4000), np.full(4000, 2.0)
    assert variance_ratio(errors.sum(axis=1) ** 2, one, 7, sd, mean).mean() == pytest.approx(1, abs=0.1)
    alike = (7 * errors[:, 0]) ** 2
    assert variance_ratio(alike, one, 7, sd, mean).mean() == pytest.approx(7, rel=0.06)
    assert variance_ratio(alike, 0 * one, 7, sd, mean).tolist() == [1.0] * 4000


def test_a_row_leans_on_rows_of_its_size() -> None:
    """Small rows miss as independent days would, large ones by four times as much; one row by a hundred times."""
    mean = np.r_[np.linspace(1, 2, 200), np.linspace(100, 200, 200)]
    sd, counts = np.sqrt(mean), np.ones(400)
    squares = 7 * mean * np.repeat([1.0, 4.0], 200)
    squares[0] *= 100
    ratio = variance_ratio(squares, counts, 7, sd, mean)
    assert ratio[-1] == pytest.approx(4, rel=0.01)
    assert ratio[150] == pytest.approx(1, rel=0.05)
    assert ratio[0] - ratio[1] == pytest.approx(99 / (1 + PRIOR_SUMS), rel=0.1)


def test_between_two_weeks_variance_runs_straight_and_beyond_the_last_days_err_independently() -> None:
    by_weeks = np.array([[3.0, 5.0]])
    one = np.array([1.0])
    for days, variance in ((7, 9), (14, 25), (10.5, 17), (3.5, 4.5), (0, 0), (24, 35)):
        assert sd_over(np.array([float(days)]), one, by_weeks)[0] == pytest.approx(np.sqrt(variance))


def test_where_nothing_was_measured_it_is_the_root_of_the_days() -> None:
    days, sd = np.array([9.0, 16.0]), np.array([2.0, 1.0])
    assert sd_over(days, sd, np.full((2, 13), np.nan)).tolist() == [6, 4]
    assert sd_over(days, sd, np.zeros((2, 0))).tolist() == [6, 4]


def test_stock_for_the_measured_error_serves_as_often_as_is_asked_for() -> None:
    """A hundred items whose level walks by 2 % a week: what comes is drawn many times from the same laws."""
    draw, items, drawn = np.random.default_rng(5), 100, 400
    level = np.exp(draw.uniform(-1, 2.5, items))[:, None] * np.exp(np.cumsum(draw.normal(0, 0.02, (items, 60)), axis=1))
    units = draw.negative_binomial(np.repeat(level, 7, axis=1), 0.5)
    history = demand_history([(f"S{n:03d}", f"C{n % 4}", "north", units[n]) for n in range(items)])
    rows = forecast_history(history).tables["forecasts"].filter(pl.col("level") == "sku").sort("sku")
    expected, sd = np.array(rows["units"].to_list()), rows["error_sd"].to_numpy()
    by_weeks = np.array(rows["lead_error_sd"].to_list())
    assert (np.diff(by_weeks, axis=1) >= 0).all()
    for days in (28, 56):
        steps = draw.normal(0, 0.02, (items, drawn, days // 7))
        came = draw.negative_binomial((level[:, -1:, None] * np.exp(np.cumsum(steps, axis=2))).sum(axis=2) * 7, 0.5)
        mean = expected[:, :days].sum(axis=1)
        measured, root = sd_over(np.full(items, float(days)), sd, by_weeks), np.sqrt(days) * sd
        for asked in (0.9, 0.95, 0.98):
            service, before = (
                float((came <= count_quantile(np.full(items, asked), mean, error**2)[:, None]).mean())
                for error in (measured, root)
            )
            assert service == pytest.approx(asked, abs=0.015)
            assert abs(service - asked) < abs(before - asked)
