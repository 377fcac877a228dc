"""The one place that touches `statsforecast`: a level, or a path of days, from a history and its calendar.

`exposure` is what a day could have brought, as a multiple of an ordinary day: weekday, time of year, a closed day 0. A
level is a ratio of sums, units by exposure, so that a closed day counts for nothing; the mean of daily ratios would
count it as a day on which nobody came. The models see each day's ratio, need no season of their own, and what they
say is held at the ratio of sums. The library is imported by the call: pages never need it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import numpy as np

from shopkeeper.models.arrays import Floats

SHORTEST = 10
"""Points below which the mean is taken: the models refuse or make things up."""
LONGEST = 728
PATH_LONGEST = 364
"""Points that a model is given, of one series or of a category; older ones no longer tell."""
USUAL = "Window average 56"
"""Where nothing could be tested."""
SHUT = 0.2
"""Exposure below which a day's ratio says too little to be a point of its own."""
LAST_WEEK = "Last week repeated"
WINDOWS = {LAST_WEEK: 7, **{f"Window average {days}": days for days in (28, 56, 112, 364)}}
SIMPLE = (LAST_WEEK, "Window average 56")
"""What every forecast is held against, with the calendar in it: the last week again, and the mean of eight weeks."""
AND = " + "
"""Between the names of models whose mean is taken."""
SMOOTH_MODELS = (LAST_WEEK, "Window average 28", "Window average 56", "Window average 112", "SES", "ETS(A,N,N)")
SERIES_MODELS = ("Window average 28", "Window average 56", "Window average 112", "SES", "SES, optimised")
SPARSE_MODELS = ("Croston SBA", "TSB", "ADIDA", "Window average 112", "Window average 364")
PATH_MODELS = (
    LAST_WEEK,
    "Window average 28",
    "Window average 56",
    "SES",
    "ETS(A,N,N)",
    "ETS(A,Ad,N)",
    "Theta",
)

_FAILURES: ContextVar[Counter[str]] = ContextVar("failures", default=Counter())  # noqa: B039 - nobody reads that one


@cache
def _models() -> Mapping[str, Callable[[], Any]]:
    from statsforecast import models  # noqa: PLC0415

    return {
        "SES": lambda: models.SimpleExponentialSmoothing(0.04),
        "SES, optimised": models.SimpleExponentialSmoothingOptimized,
        "ETS(A,N,N)": lambda: models.AutoETS(season_length=1, model="ANN"),
        "ETS(A,Ad,N)": lambda: models.AutoETS(season_length=1, model="AAN", damped=True),
        "Theta": lambda: models.Theta(season_length=1),
        "Croston SBA": models.CrostonSBA,
        "TSB": lambda: models.TSB(0.1, 0.02),
        "ADIDA": models.ADIDA,
    }


@contextmanager
def counted_failures() -> Iterator[Counter[str]]:
    """Count, by model, how often one failed within and the usual average stood in."""
    failures: Counter[str] = Counter()
    token = _FAILURES.set(failures)
    try:
        yield failures
    finally:
        _FAILURES.reset(token)


def path(model: str, demand: Floats, exposure: Floats, days: int) -> Floats:
    """Expected units of the ordinary days ahead, from one history by day; never below 0, always a number.

    Of several models joined by `AND` their mean. A model that fails on a history is left for the usual average, and
    counted (`counted_failures`).
    """
    if AND in model:
        return np.asarray(np.mean([path(part, demand, exposure, days) for part in model.split(AND)], axis=0))
    longest = LONGEST if days == 1 else PATH_LONGEST
    demand, exposure = demand[-longest:], exposure[-longest:]
    if not demand.any():
        return np.zeros(days)
    window = WINDOWS.get(model, 0)
    clear = exposure >= SHUT
    if window or clear.sum() < SHORTEST:
        return np.full(days, _ratio(demand[-window:], exposure[-window:]))
    points = demand[clear] / exposure[clear]
    usual = _ratio(demand[-WINDOWS[USUAL] :], exposure[-WINDOWS[USUAL] :])
    if not points.any():
        return np.full(days, usual)
    try:
        forecast = np.asarray(_models()[model]().forecast(y=points, h=days)["mean"], dtype=np.float64)
    except Exception:
        _FAILURES.get().update([model])
        return np.full(days, usual)
    held = np.maximum(forecast, 0) * _ratio(demand, exposure) / points.mean()
    return np.where(np.isfinite(held), held, usual)


def levels(model: str, histories: Sequence[tuple[Floats, Floats]]) -> Floats:
    """Expected units of an ordinary day, one per history: its demand, and its exposure."""
    return np.array([path(model, demand, exposure, 1)[0] for demand, exposure in histories])


def _ratio(demand: Floats, exposure: Floats) -> float:
    return float(demand.sum() / max(exposure.sum(), 1e-9)) if exposure.size else 0.0
