"""Factors of the time of the year and of events, by day, from repeat purchases and those that a model expects.

The year is a few harmonics, each held back as far as chance could have made it, and from the second year on what weeks
of the year have in common beyond them; events are those of the forecasts (models/demand/events).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.special import xlogy  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Flags, Floats
from shopkeeper.models.demand.calendar import YEAR
from shopkeeper.models.demand.events import Window, estimate, mark

AHEAD = 731
"""Days after as-of for which factors are made."""
HARMONICS = 6
TREND_PRIOR = 0.1
"""Standard deviation of a growth per year that the model does not know of."""
MOST_LOG_FACTOR = 1.5
WEEKS = 52
"""Of a year, the last of which has a day or two more."""
FEWEST_SHARED_WEEKS = 26
LEAST_FACTOR = 0.05
FEWEST_WEEKS = 4 * HARMONICS
"""Below which nothing is evident."""
EVIDENT = 3.0
"""F of the harmonics above which weeks differ by the time of the year for certain (12 of about 50: 1 in 250)."""


def year_factors(repeats: Floats, per_factor: Floats, windows: Sequence[Window], first_day: date) -> Floats:
    """Season times events by day, history and ahead, with mean 1 over the history's last year."""
    days = repeats.size
    marks = mark(windows, days + AHEAD)
    log_season, log_level = _log_season(repeats, per_factor, marks.ordinary[:days], days + AHEAD)
    usual = per_factor * np.exp(log_season[:days])
    ordinary = marks.ordinary[:days]
    weeks = weeks_in_common(repeats * ordinary, usual * np.exp(log_level) * ordinary, first_day, days + AHEAD)
    factors = np.exp(log_season) * weeks
    factors = factors * estimate(repeats[None], marks, (usual * weeks[:days])[None]).of(marks, 1)[0]
    # A shop that is shut for a festival has sold nothing on its days; time does not stand still all the same.
    factors = np.maximum(factors, LEAST_FACTOR)
    return np.asarray(factors / factors[:days][-round(YEAR) :].mean())


def evident(repeats: Floats, expected: Floats, windows: Sequence[Window]) -> bool:
    """Whether weeks differ by the time of the year beyond chance and growth, `expected` by a model without a season."""
    y, exposure, middle = _by_week(repeats, expected, mark(windows, repeats.size).ordinary)
    if y.sum() < y.size or y.size < FEWEST_WEEKS:
        return False
    level = _regressed(y, exposure, _trend(middle))
    season = _regressed(y, exposure, np.column_stack([_trend(middle), _year(middle)]))
    return (level.deviance - season.deviance) / (2 * HARMONICS) > EVIDENT * season.spread


def _log_season(repeats: Floats, per_factor: Floats, ordinary: Flags, all_days: int) -> tuple[Floats, Floats]:
    """Log factor of the time of the year by day, and log of level and growth by day of the history."""
    y, exposure, middle = _by_week(repeats, per_factor, ordinary)
    if not y.sum():
        return np.zeros(all_days), np.zeros(repeats.size)
    weeks = _regressed(y, exposure, np.column_stack([_trend(middle), _year(middle)]))
    year = _held_back(weeks.beta[2:], weeks.variance[2:])
    log_season = _year(np.arange(all_days, dtype=np.float64)) @ year
    log_level = weeks.beta[0] + weeks.beta[1] * (np.arange(repeats.size) - middle.mean()) / YEAR
    return np.clip(log_season, -MOST_LOG_FACTOR, MOST_LOG_FACTOR), log_level


def _by_week(repeats: Floats, per_factor: Floats, ordinary: Flags) -> tuple[Floats, Floats, Floats]:
    """Repeat purchases, those expected, and the middle day of each week that expects any, days of events apart."""
    weeks = repeats.size // 7
    y, exposure = ((v * ordinary)[-weeks * 7 :].reshape(weeks, 7).sum(axis=1) for v in (repeats, per_factor))
    middle = repeats.size - weeks * 7 + np.arange(weeks) * 7 + 3.0
    used = exposure > 0
    return y[used], exposure[used], middle[used]


def _trend(middle: Floats) -> Floats:
    return np.column_stack([np.ones_like(middle), (middle - middle.mean()) / YEAR])


@dataclass(frozen=True)
class _Regression:
    """Of weeks: coefficients, their variances, deviance, and its spread beyond that of chance."""

    beta: Floats
    variance: Floats
    deviance: float
    spread: float


def _regressed(y: Floats, exposure: Floats, design: Floats) -> _Regression:
    """Poisson regression of weeks on level, growth and harmonics; growth by `TREND_PRIOR`."""
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(y.sum() / exposure.sum())
    spread = 1.0
    for _ in range(50):
        mean = exposure * np.exp(np.clip(design @ beta, -20, 20))
        spread = max(1.0, float(((y - mean) ** 2 / mean).sum() / max(1, y.size - beta.size)))
        ridge = np.array([0.0, spread / TREND_PRIOR**2, *([1e-3] * (beta.size - 2))])
        hessian = design.T @ (mean[:, None] * design) + np.diag(ridge)
        step = np.clip(np.linalg.solve(hessian, design.T @ (y - mean) - ridge * beta), -1, 1)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    deviance = 2 * float((xlogy(y, y / mean) - y + mean).sum())
    return _Regression(beta, spread * np.diag(np.linalg.inv(hessian)), deviance, spread)


def weeks_in_common(actual: Floats, expected: Floats, first_day: date, all_days: int) -> Floats:
    """By day, what the weeks of the year bring beyond what was expected; 1 where two years do not tell.

    What is real of it is what two years have in common (the mean product of their misses), so that what happened once
    is no season; a week is believed as far as that exceeds chance.
    """
    dates = pl.date_range(first_day, first_day + timedelta(days=all_days - 1), eager=True)
    week = np.minimum((dates.dt.ordinal_day().to_numpy() - 1) // 7, WEEKS - 1)
    year = dates.dt.year().to_numpy() - first_day.year
    cell = (year * WEEKS + week)[: actual.size]
    shape = (int(year.max()) + 1, WEEKS)
    came, said = (np.bincount(cell, weights=each, minlength=shape[0] * WEEKS) for each in (actual, expected))
    came, said = came.reshape(shape), said.reshape(shape)
    miss = np.divide(came, said, out=np.ones_like(said), where=said > 0) - 1
    shared = np.minimum(said[1:], said[:-1])
    if (shared > 0).any(axis=0).sum() < FEWEST_SHARED_WEEKS:
        return np.ones(all_days)
    real = max(0.0, float((shared * miss[1:] * miss[:-1]).sum() / shared.sum()))
    whole = said.sum(axis=0)
    mean = np.divide(came.sum(axis=0), whole, out=np.ones(WEEKS), where=whole > 0) - 1
    apart = float((said * (miss - mean) ** 2).sum() / max(1, (said > 0).sum() - (whole > 0).sum()))
    chance = max(1.0, apart) / np.maximum(whole, 1e-9)
    believed = 1 + mean * real / (real + chance)
    return np.asarray(np.maximum(believed, LEAST_FACTOR)[week])


def _year(days: Floats) -> Floats:
    turns = 2 * np.pi * np.outer(days / YEAR, np.arange(1, HARMONICS + 1))
    return np.stack([np.cos(turns), np.sin(turns)], axis=2).reshape(days.size, 2 * HARMONICS)


def _held_back(beta: Floats, variance: Floats) -> Floats:
    """Each harmonic times the share of it that is not chance (positive-part James-Stein, by pair)."""
    signal, chance = (values.reshape(-1, 2).sum(axis=1) for values in (beta**2, variance))
    share = np.maximum(0.0, 1 - np.divide(chance, signal, out=np.ones_like(signal), where=signal > 0))
    return np.asarray(beta * np.repeat(share, 2))
