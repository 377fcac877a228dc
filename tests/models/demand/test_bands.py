"""Conformal bands hold what they promise on draws that they have not seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.models.demand.bands import Bands, calibrate
from tests.examples import MORE


def counts(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forecasts from 2 to 200, what came (twice as spread as Poisson), and weeks ahead."""
    draw = np.random.default_rng(seed)
    forecast = np.exp(draw.uniform(np.log(2), np.log(200), rows))
    return forecast, 2.0 * draw.poisson(forecast / 2), draw.integers(0, 13, rows)


@pytest.mark.parametrize(("coverage", "share"), [(0, 0.8), (1, 0.95)])
@pytest.mark.parametrize("small", [True, False])
def test_the_promised_share_is_inside(coverage: int, share: float, small: bool) -> None:
    bands = calibrate(*counts(6000, 1))
    forecast, actual, weeks = counts(6000, 2)
    low, high = bands.ends(forecast, weeks, coverage)
    mine = (forecast < 20) == small
    inside = ((actual >= low) & (actual <= high))[mine].mean()
    assert inside == pytest.approx(share, abs=0.04)


def test_later_weeks_have_wider_bands_where_they_missed_by_more() -> None:
    draw = np.random.default_rng(5)
    weeks = np.tile(np.arange(13), 300)
    forecast = np.full(weeks.size, 100.0)
    actual = np.maximum(forecast + draw.normal(0, 5 + 3 * weeks), 0)
    low, high = calibrate(forecast, actual, weeks).ends(np.full((1, 13), 100.0), np.arange(13), 0)
    assert (high - low)[0, 12] > 1.5 * (high - low)[0, 0]


@MORE
@given(
    forecast=st.lists(st.floats(0, 1e5), min_size=1, max_size=40),
    factor=st.floats(0, 5),
    coverage=st.sampled_from([0, 1]),
)
def test_bands_surround_the_forecast_and_never_end_below_nothing(
    forecast: list[float], factor: float, coverage: int
) -> None:
    values = np.array(forecast)
    weeks = np.zeros(values.size, dtype=np.int64)
    low, high = calibrate(values, values * factor, weeks).ends(values, weeks, coverage)
    assert (low >= 0).all()
    assert (low <= values + 1e-6 * values).all()
    assert (high >= values - 1e-6 * values).all()
    assert np.isfinite(high).all()


def test_without_a_past_the_width_is_assumed_and_nothing_expected_is_nothing_promised() -> None:
    low, high = Bands({}).ends(np.array([0.0, 9.0]), np.zeros(2, dtype=np.int64), 0)
    assert (low[0], high[0]) == (0, 0)
    assert low[1] == pytest.approx(2.1**2)
    assert high[1] == pytest.approx(3.9**2)


def test_each_side_is_as_wide_as_what_was_missed_on_that_side() -> None:
    """Demand that is mostly a little below and rarely far above: a tenth lies beyond each end of the inner band."""
    draw = np.random.default_rng(11)
    forecast = np.exp(draw.uniform(np.log(20), np.log(400), 12_000))
    actual = forecast * draw.gamma(1.5, 1 / 1.5, forecast.size)
    weeks = np.zeros(forecast.size, dtype=np.int64)
    half = forecast.size // 2
    bands = calibrate(forecast[:half], actual[:half], weeks[:half])
    for coverage, beyond in ((0, 0.1), (1, 0.025)):
        low, high = bands.ends(forecast[half:], weeks[half:], coverage)
        assert (actual[half:] < low).mean() == pytest.approx(beyond, abs=0.012)
        assert (actual[half:] > high).mean() == pytest.approx(beyond, abs=0.012)
