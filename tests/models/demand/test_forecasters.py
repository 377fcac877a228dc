"""Models of `statsforecast` as used here: against formulas written out by hand, and on ground that they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand import forecasters
from tests.examples import FEWER

EVERY_MODEL = sorted(
    {*forecasters.SMOOTH_MODELS, *forecasters.SERIES_MODELS, *forecasters.SPARSE_MODELS, *forecasters.PATH_MODELS}
)
SPARSE = np.array([0, 0, 3, 0, 0, 0, 2, 0, 1, 0, 0, 5, 0, 0, 0, 0, 4, 0, 2, 0], dtype=np.float64)


def croston_sba(y: Floats, alpha: float = 0.1) -> float:
    """Croston's sizes and intervals, smoothed when there is demand; times 1 - alpha / 2 (Syntetos & Boylan 2005)."""
    at = np.flatnonzero(y)
    sizes, gaps = y[at], np.diff(np.concatenate([[-1], at])).astype(np.float64)
    size, interval = sizes[0], gaps[0]
    for next_size, next_gap in zip(sizes[1:], gaps[1:], strict=True):
        size += alpha * (next_size - size)
        interval += alpha * (next_gap - interval)
    return float((1 - alpha / 2) * size / interval)


def tsb(y: Floats, sizes: float = 0.1, chance: float = 0.02) -> float:
    """Teunter, Syntetos & Babai (2011): the chance of demand is smoothed every day, its size when there is some."""
    size, p = float(y[y > 0][0]), float(y[0] > 0)
    for today in y[1:]:
        p += chance * ((today > 0) - p)
        if today > 0:
            size += sizes * (today - size)
    return size * p


def even(y: Floats) -> tuple[Floats, Floats]:
    """A history without a calendar."""
    return y, np.ones(y.size)


def test_croston_and_tsb_are_what_their_papers_say() -> None:
    assert forecasters.levels("Croston SBA", [even(SPARSE)]) == pytest.approx(croston_sba(SPARSE), rel=1e-6)
    assert forecasters.levels("TSB", [even(SPARSE)]) == pytest.approx(tsb(SPARSE), rel=1e-6)


def test_simple_smoothing_and_windows_by_hand() -> None:
    y = np.random.default_rng(3).poisson(4, 60).astype(np.float64)
    level = y[0]
    for today in y[1:]:
        level += 0.04 * (today - level)
    assert forecasters.levels("SES", [even(y)]) == pytest.approx(level, rel=1e-6)
    windows = forecasters.levels("Window average 28", [even(y), even(y[:20])])
    assert windows == pytest.approx([y[-28:].mean(), y[:20].mean()])


def test_a_model_of_growth_goes_on_growing_and_one_of_a_level_does_not() -> None:
    rising = np.linspace(50, 100, 300)
    assert forecasters.path("Theta", *even(rising), 28)[-1] > 101
    assert np.ptp(forecasters.path("ETS(A,N,N)", *even(rising), 28)) < 1e-9


@pytest.mark.parametrize("model", EVERY_MODEL)
@pytest.mark.parametrize("closed", [0.0, 0.05])
def test_a_closed_day_counts_for_nothing(model: str, closed: float) -> None:
    """10 a day from Monday to Saturday; the profile may know that Sundays are shut, or nearly so."""
    sunday = np.arange(364) % 7 == 6
    demand = np.where(sunday, 0.0, 10.0)
    exposure = np.where(sunday, closed, (7 - closed) / 6)
    week = forecasters.path(model, demand, exposure, 28)[:7].mean() * 7
    # Croston and its kind forecast below the mean by design, on any history.
    assert week == pytest.approx(60, rel=0.06 if model in forecasters.SPARSE_MODELS else 0.01)


def test_a_model_that_fails_is_left_for_the_usual_average_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def forecast(self, **_: object) -> None:
            raise ValueError("singular")

    monkeypatch.setattr(forecasters, "_models", lambda: {"Theta": Broken})
    with forecasters.counted_failures() as failures:
        path = forecasters.path("Theta", *even(np.full(100, 4.0)), 28)
    assert path == pytest.approx(np.full(28, 4.0))
    assert failures == {"Theta": 1}


@pytest.mark.parametrize("model", EVERY_MODEL)
@FEWER
@given(days=st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 2, 40, 0.25]), st.sampled_from([1, 1, 0, 0.01, 3]))))
def test_every_history_has_a_number(model: str, days: list[tuple[float, float]]) -> None:
    history, exposure = (np.array([day[part] for day in days], dtype=np.float64) for part in (0, 1))
    path = forecasters.path(model, history, exposure, 91)
    assert np.isfinite(path).all()
    assert (path >= 0).all()
    assert not path.any() or history.any()
