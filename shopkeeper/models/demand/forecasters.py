"""The one place that touches `statsforecast`: a level, or a path of days, from a history without calendar effects.

Histories come in already divided by events, weekday and time of year (see `calendar` and `events`), so that the
models need no season of their own. The library is imported by the call: pages never need it.
"""

from collections.abc import Callable, Mapping, Sequence
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
SMOOTH_MODELS = ("Window average 28", "Window average 56", "Window average 112", "SES", "ETS(A,N,N)")
SERIES_MODELS = ("Window average 28", "Window average 56", "Window average 112", "SES", "SES, optimised")
SPARSE_MODELS = ("Croston SBA", "TSB", "ADIDA", "Window average 112", "Window average 364")
PATH_MODELS = ("Window average 28", "Window average 56", "SES", "ETS(A,N,N)", "ETS(A,Ad,N)", "Theta")


@cache
def _models() -> Mapping[str, Callable[[int], Any]]:
    from statsforecast import models  # noqa: PLC0415

    return {
        "Window average 28": lambda n: models.WindowAverage(min(n, 28)),
        "Window average 56": lambda n: models.WindowAverage(min(n, 56)),
        "Window average 112": lambda n: models.WindowAverage(min(n, 112)),
        "Window average 364": lambda n: models.WindowAverage(min(n, 364)),
        "SES": lambda _: models.SimpleExponentialSmoothing(0.04),
        "SES, optimised": lambda _: models.SimpleExponentialSmoothingOptimized(),
        "ETS(A,N,N)": lambda _: models.AutoETS(season_length=1, model="ANN"),
        "ETS(A,Ad,N)": lambda _: models.AutoETS(season_length=1, model="AAN", damped=True),
        "Theta": lambda _: models.Theta(season_length=1),
        "Croston SBA": lambda _: models.CrostonSBA(),
        "TSB": lambda _: models.TSB(0.1, 0.02),
        "ADIDA": lambda _: models.ADIDA(),
    }


def path(model: str, history: Floats, days: int) -> Floats:
    """Expected units of the days ahead, from one history by day; never below 0, never without a number."""
    recent = history[-(LONGEST if days == 1 else PATH_LONGEST) :]
    if not recent.any():
        return np.zeros(days)
    if recent.size < SHORTEST:
        return np.full(days, float(recent.mean()))
    forecast = np.asarray(_models()[model](recent.size).forecast(y=recent, h=days)["mean"], dtype=np.float64)
    return np.where(np.isfinite(forecast), np.maximum(forecast, 0), recent[-56:].mean())


def levels(model: str, histories: Sequence[Floats]) -> Floats:
    """Expected units of an ordinary day, one per history."""
    return np.array([path(model, history, 1)[0] for history in histories])
