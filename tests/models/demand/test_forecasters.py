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


def test_croston_and_tsb_are_what_their_papers_say() -> None:
    assert forecasters.levels("Croston SBA", [SPARSE]) == pytest.approx(croston_sba(SPARSE), rel=1e-6)
    assert forecasters.levels("TSB", [SPARSE]) == pytest.approx(tsb(SPARSE), rel=1e-6)


def test_simple_smoothing_and_windows_by_hand() -> None:
    y = np.random.default_rng(3).poisson(4, 60).astype(np.float64)
    level = y[0]
    for today in y[1:]:
        level += 0.04 * (today - level)
    assert forecasters.levels("SES", [y]) == pytest.approx(level, rel=1e-6)
    assert forecasters.levels("Window average 28", [y, y[:20]]) == pytest.approx([y[-28:].mean(), y[:20].mean()])


def test_a_model_of_growth_goes_on_growing_and_one_of_a_level_does_not() -> None:
    rising = np.linspace(50, 100, 300)
    assert forecasters.path("Theta", rising, 28)[-1] > 101
    assert np.ptp(forecasters.path("ETS(A,N,N)", rising, 28)) < 1e-9


@pytest.mark.parametrize("model", EVERY_MODEL)
@FEWER
@given(history=st.lists(st.sampled_from([0, 0, 0, 1, 2, 40, 0.25]), max_size=70))
def test_every_history_has_a_number(model: str, history: list[float]) -> None:
    path = forecasters.path(model, np.array(history, dtype=np.float64), 91)
    assert np.isfinite(path).all()
    assert (path >= 0).all()
    assert path.any() or not any(history[-60:]) or model in {"Theta", "ETS(A,Ad,N)"}  # a fall may go on to nothing
    assert not path.any() or any(history)
