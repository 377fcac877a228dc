"""What was forecast from earlier days against what came, beside what simple methods would have said.

All are judged by week: squared misses (for RMSSE) and pinball losses over the checked weeks after each cutoff, and
weeks beyond the bands over all weeks that have come. Bands are made of the misses of the other cutoffs; simple methods
get bands in the same way, so that nobody is compared with a method that says nothing of chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import FORECAST_CHECKS, HORIZON, WEEKS
from shopkeeper.jobs.forecast.backtest import CHECKED_WEEKS
from shopkeeper.jobs.forecast.baseline import Hierarchy, daily, weekly
from shopkeeper.jobs.forecast.declared import as_declared, empty, keyed
from shopkeeper.jobs.forecast.history import LEVEL_KEYS, Group, History, day_of
from shopkeeper.jobs.forecast.levels import CutoffForecast
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.bands import COVERAGES, PROBABILITIES, Bands, calibrate
from shopkeeper.models.demand.losses import pinball
from shopkeeper.models.demand.reconciliation import sums

OURS, NAIVE, AVERAGE = "", "naive_", "average_"
"""What is judged, as the columns of the table are called."""
AVERAGED_WEEKS = 8
MOST_LISTED = 10_000
"""Series of a level above which its checks keep no lists of weeks."""
TOUCHING = 1e-9


@dataclass(frozen=True)
class LevelBacktest:
    """One level from one cutoff: rows x HORIZON days of forecast, actual (NaN beyond as-of) and the seasonal naive.

    `average` is, by row, the mean of the last weeks before the cutoff.
    """

    cutoff: int
    forecast: Floats
    actual: Floats
    naive: Floats
    average: Floats

    @property
    def weeks(self) -> int:
        """Whole weeks that have come."""
        return int(np.isfinite(self.actual[:1]).sum()) // 7 if self.actual.shape[0] else 0

    @property
    def days(self) -> int:
        """Days that are compared: of the checked weeks, those that have come."""
        return 7 * min(CHECKED_WEEKS, self.weeks)

    @cached_property
    def actual_weeks(self) -> Floats:
        """Rows x WEEKS of what came."""
        return weekly(self.actual)

    @cached_property
    def forecast_weeks(self) -> Floats:
        """Rows x WEEKS of what was forecast."""
        return weekly(self.forecast)

    def by_week(self, method: str) -> Floats:
        """Rows x WEEKS of what a method said."""
        if method == OURS:
            return self.forecast_weeks
        said = self.average if method == AVERAGE else self.naive[:, :7].sum(axis=1)
        return np.repeat(said[:, None], WEEKS, axis=1)


def backtest(
    history: History, hierarchy: Hierarchy, cutoff_forecasts: Sequence[CutoffForecast]
) -> dict[str, list[LevelBacktest]]:
    """By level, what was forecast from each cutoff and what came; the last forecast, from as-of, is not among them."""
    backtests: dict[str, list[LevelBacktest]] = {level: [] for level in LEVEL_KEYS}
    everything = np.arange(history.series.height)
    for cutoff_forecast in cutoff_forecasts[:-1]:
        cutoff = cutoff_forecast.baseline.cutoff
        forecast = daily(history, cutoff_forecast.baseline, hierarchy, cutoff_forecast.levels, cutoff_forecast.path)
        actual = history.dense(everything, cutoff, cutoff + HORIZON, uncapped=True)
        actual[:, history.days - cutoff :] = np.nan
        week = history.dense(everything, cutoff - 7, cutoff, uncapped=True)
        weeks = max(1, min(AVERAGED_WEEKS, cutoff // 7))
        inside = (history.day >= cutoff - 7 * weeks) & (history.day < cutoff)
        units = np.bincount(history.owner[inside], weights=history.demand[inside], minlength=everything.size)
        for level, group in hierarchy.groups.items():
            backtests[level].append(
                LevelBacktest(
                    cutoff,
                    sums(forecast, group.of, group.rows),
                    sums(actual, group.of, group.rows),
                    np.tile(sums(week, group.of, group.rows), WEEKS),
                    sums(units.astype(np.float64), group.of, group.rows) / weeks,
                )
            )
    return backtests


def bands_of(backtests: Sequence[LevelBacktest], method: str, without: LevelBacktest | None = None) -> Bands:
    """Bands from a method's misses from all cutoffs, or from all but one."""
    others = [test for test in backtests if test is not without]
    zeros = method != OURS
    if not others:
        return Bands({}, zeros)
    forecast = np.concatenate([test.by_week(method).ravel() for test in others])
    actual = np.concatenate([test.actual_weeks.ravel() for test in others])
    weeks = np.concatenate(
        [np.broadcast_to(np.arange(WEEKS), (test.actual.shape[0], WEEKS)).ravel() for test in others]
    )
    return calibrate(forecast, actual, weeks, zeros=zeros)


def backtest_rows(
    history: History,
    level: str,
    group: Group,
    week_changes: Mapping[int, Floats],
    backtests: Sequence[LevelBacktest],
    model: pl.Series,
) -> pl.DataFrame:
    """Rows of `forecast_checks` of a level: each cutoff's weeks against the bands of the others."""
    frames = []
    for test in backtests:
        actual, forecast = test.actual_weeks, test.forecast_weeks
        checked = slice(0, test.days // 7)
        listed = test.weeks if group.rows <= MOST_LISTED else 0
        y = actual[:, checked]
        bands = {method: bands_of(backtests, method, test) for method in (OURS, NAIVE, AVERAGE)}
        frames.append(
            keyed(level, group).with_columns(
                cutoff=pl.lit(day_of(history, test.cutoff - 1)),
                model=model,
                days=pl.lit(test.days),
                demand=pl.Series(y.sum(axis=1)),
                demand_weeks=pl.Series((y > 0).sum(axis=1)),
                error=pl.Series((forecast[:, checked] - y).sum(axis=1)),
                zero_square_error=pl.Series((y**2).sum(axis=1)),
                week_change=pl.Series(week_changes[test.cutoff]),
                actual_weeks=pl.Series(actual[:, :listed], dtype=pl.List(pl.Float64)),
                forecast_weeks=pl.Series(forecast[:, :listed], dtype=pl.List(pl.Float64)),
                **_losses(bands, test, actual),
                **_beyond(bands[OURS], forecast, actual),
            )
        )
    return as_declared(pl.concat(frames), FORECAST_CHECKS) if frames else empty(FORECAST_CHECKS)


def _losses(bands: Mapping[str, Bands], test: LevelBacktest, actual: Floats) -> dict[str, pl.Series]:
    """By method, absolute and squared errors and pinball losses over the checked weeks."""
    checked = slice(0, test.days // 7)
    y, weeks = actual[:, checked], np.arange(WEEKS)[checked]
    losses = {}
    for method, around in bands.items():
        forecast = test.by_week(method)[:, checked]
        stated = around.quantiles(forecast, weeks)
        pairs = zip(stated, PROBABILITIES, strict=True)
        lost = np.stack([pinball(y, quantile, probability).sum(axis=1) for quantile, probability in pairs], axis=1)
        losses[f"{method}absolute_error"] = pl.Series(np.abs(forecast - y).sum(axis=1))
        losses[f"{method}square_error"] = pl.Series(((forecast - y) ** 2).sum(axis=1))
        losses[f"{method}pinball"] = pl.Series(lost, dtype=pl.List(pl.Float64))
    return losses


def _beyond(bands: Bands, forecast: Floats, actual: Floats) -> dict[str, pl.Series]:
    """Weeks held against the bands, and those below and above them; of what was not forecast at all nothing is said."""
    compared = np.isfinite(actual) & (forecast > 0)
    counts = {"weeks": pl.Series(compared.sum(axis=1))}
    for number, coverage in enumerate(COVERAGES):
        low, high = bands.ends(forecast, np.arange(WEEKS), number)
        percent = round(100 * coverage)
        counts[f"weeks_below_{percent}"] = pl.Series((compared & (actual < low - TOUCHING)).sum(axis=1))
        counts[f"weeks_above_{percent}"] = pl.Series((compared & (actual > high + TOUCHING)).sum(axis=1))
    return counts
