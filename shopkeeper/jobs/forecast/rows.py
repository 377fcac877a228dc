"""What was forecast from earlier days against what came, bands from these misses, and the tables' rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import FORECAST_CHECKS, FORECASTS, HORIZON, WEEKS
from shopkeeper.contract.table import Table
from shopkeeper.jobs.forecast.backtest import CHECKED_WEEKS
from shopkeeper.jobs.forecast.baseline import Hierarchy, daily, weekly
from shopkeeper.jobs.forecast.history import LEVEL_KEYS, Group, History, day_of
from shopkeeper.jobs.forecast.levels import CutoffForecast, LevelForecasts
from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.demand.bands import Bands, calibrate
from shopkeeper.models.demand.counts import dispersion_by_size
from shopkeeper.models.demand.forecasters import LONGEST
from shopkeeper.models.demand.patterns import Patterns, classify
from shopkeeper.models.demand.reconciliation import sums

SUM = "Sum of items in regions"
MOST_LISTED = 10_000
"""Series of a level above which its checks keep no lists of weeks."""
PRIOR_DAYS = 28
CHUNK = 4_000
TYPES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "VARCHAR": pl.String,
    "BIGINT": pl.Int64,
    "DOUBLE": pl.Float64,
    "DATE": pl.Date,
    "DOUBLE[]": pl.List(pl.Float64),
}


@dataclass(frozen=True)
class LevelBacktest:
    """One level from one cutoff, rows x HORIZON days: forecast, actual (NaN beyond as-of) and the seasonal naive."""

    cutoff: int
    forecast: Floats
    actual: Floats
    naive: Floats

    @property
    def days(self) -> int:
        """Days that are compared: of the checked weeks, those that have come."""
        return min(CHECKED_WEEKS * 7, int(np.isfinite(self.actual[:1]).sum()))


@dataclass(frozen=True)
class DemandProfile:
    """Of each row of a level: the pattern of demand, days with demand, the largest day, and by cutoff the scale of
    MASE.
    """

    patterns: Patterns
    demand_days: Ints
    largest_day: Floats
    scales: Mapping[int, Floats]


def demand_profile(history: History, hierarchy: Hierarchy, level: str, cutoffs: Sequence[int]) -> DemandProfile:
    """Patterns of the last two years, and mean |y(t) - y(t-7)| before each cutoff, of every row of a level."""
    group = hierarchy.groups[level]
    starts = np.full(group.rows, history.days, dtype=np.int64)
    np.minimum.at(starts, group.of, history.series["start"].to_numpy())
    columns_by_chunk = []
    for first in range(0, group.rows, CHUNK):
        rows = np.arange(first, min(first + CHUNK, group.rows))
        if level == "region_sku":
            values = history.dense(rows, 0, history.days, uncapped=True)
        elif not first:
            values = whole = history.sums(group.of, group.rows, uncapped=True)
        if level != "region_sku":
            values = whole[rows]
        columns_by_chunk.append(_described(values, np.minimum(starts[rows], history.days - 1), cutoffs))
    columns = [np.concatenate(parts) for parts in zip(*columns_by_chunk, strict=True)]
    demand_days, largest, counts, total, squares, days = columns[:6]
    scales = dict(zip(cutoffs, columns[6:], strict=True))
    return DemandProfile(classify(counts, total, squares, days), demand_days.astype(np.int64), largest, scales)


def _described(values: Floats, starts: Ints, cutoffs: Sequence[int]) -> tuple[Floats, ...]:
    history = values.shape[1]
    first = np.maximum(starts, history - LONGEST)
    recent = np.where(np.arange(history) >= first[:, None], values, 0.0)
    positive = recent > 0
    moves = np.abs(values[:, 7:] - values[:, :-7]).cumsum(axis=1)
    moves = np.concatenate([np.zeros((values.shape[0], 8 if history >= 7 else 1)), moves], axis=1)[:, : history + 1]
    scales = []
    for cutoff in cutoffs:
        begin = np.minimum(starts + 7, cutoff)
        last = min(cutoff, moves.shape[1] - 1)
        days = np.maximum(cutoff - begin, 0)
        change = moves[:, last] - moves[np.arange(starts.size), np.minimum(begin, moves.shape[1] - 1)]
        scales.append(np.divide(change, days, out=np.zeros(starts.size), where=days > 0))
    return (
        (values > 0).sum(axis=1),
        values.max(axis=1, initial=0),
        positive.sum(axis=1).astype(np.float64),
        recent.sum(axis=1),
        (recent**2).sum(axis=1),
        (history - first).astype(np.float64),
        *scales,
    )


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
        for level, group in hierarchy.groups.items():
            naive = np.tile(sums(week, group.of, group.rows), WEEKS)
            actual_units = sums(actual, group.of, group.rows)
            backtests[level].append(LevelBacktest(cutoff, sums(forecast, group.of, group.rows), actual_units, naive))
    return backtests


def bands_of(backtests: Sequence[LevelBacktest], without: LevelBacktest | None = None) -> Bands:
    """Bands from the misses of all cutoffs, or of all but one."""
    others = [test for test in backtests if test is not without]
    if not others:
        return Bands({})
    forecast = np.concatenate([weekly(test.forecast).ravel() for test in others])
    actual = np.concatenate([weekly(test.actual).ravel() for test in others])
    weeks = np.concatenate(
        [np.broadcast_to(np.arange(WEEKS), (test.actual.shape[0], WEEKS)).ravel() for test in others]
    )
    return calibrate(forecast, actual, weeks)


def backtest_rows(
    history: History,
    level: str,
    group: Group,
    profile: DemandProfile,
    backtests: Sequence[LevelBacktest],
    model: pl.Series,
) -> pl.DataFrame:
    """Rows of `forecast_checks` of a level: each cutoff's weeks against the bands of the others."""
    frames = []
    for test in backtests:
        days = slice(0, test.days)
        forecast, actual, naive = test.forecast[:, days], test.actual[:, days], test.naive[:, days]
        weeks = [weekly(values) for values in (test.actual, test.forecast, test.naive)]
        compared = np.isfinite(weeks[0]) & (weeks[1] > 0)
        bands = bands_of(backtests, test)
        weeks_covered = []
        for coverage in (0, 1):
            low, high = bands.ends(weeks[1], np.arange(WEEKS), coverage)
            weeks_covered.append((compared & (weeks[0] >= low - 1e-9) & (weeks[0] <= high + 1e-9)).sum(axis=1))
        actual_count = int(np.isfinite(weeks[0][:1]).sum()) if group.rows <= MOST_LISTED else 0
        listed = [pl.Series(values[:, :actual_count], dtype=pl.List(pl.Float64)) for values in weeks]
        frames.append(
            _keyed(level, group).with_columns(
                cutoff=pl.lit(day_of(history, test.cutoff - 1)),
                model=model,
                days=pl.lit(test.days),
                demand=pl.Series(actual.sum(axis=1)),
                error=pl.Series((forecast - actual).sum(axis=1)),
                absolute_error=pl.Series(np.abs(forecast - actual).sum(axis=1)),
                naive_absolute_error=pl.Series(np.abs(naive - actual).sum(axis=1)),
                scale=pl.Series(profile.scales[test.cutoff]),
                weeks=pl.Series(compared.sum(axis=1)),
                weeks_within_80=pl.Series(weeks_covered[0]),
                weeks_within_95=pl.Series(weeks_covered[1]),
                actual_weeks=listed[0],
                forecast_weeks=listed[1],
                naive_weeks=listed[2],
            )
        )
    return as_declared(pl.concat(frames), FORECAST_CHECKS) if frames else empty(FORECAST_CHECKS)


def forecast_rows(
    level: str,
    group: Group,
    profile: DemandProfile,
    backtests: Sequence[LevelBacktest],
    days: Floats,
    model: pl.Series,
    more: pl.DataFrame,
) -> pl.DataFrame:
    """Rows of `forecasts` of a level; `days` are rows x HORIZON, `more` has `masked_days, own_levels, input_hash`."""
    bands, week = bands_of(backtests), weekly(days)
    ends = [bands.ends(week, np.arange(WEEKS), coverage) for coverage in (0, 1)]
    rows = _keyed(level, group).with_columns(
        pattern=pl.Series(profile.patterns.pattern),
        adi=pl.Series(profile.patterns.adi),
        cv2=pl.Series(profile.patterns.cv2),
        model=model,
        demand_days=pl.Series(profile.demand_days),
        daily_mean=pl.Series(days.mean(axis=1)),
        error_sd=pl.Series(_error_sd(backtests, days, profile.largest_day)),
        units=pl.Series(days, dtype=pl.List(pl.Float64)),
        low_80=pl.Series(ends[0][0], dtype=pl.List(pl.Float64)),
        high_80=pl.Series(ends[0][1], dtype=pl.List(pl.Float64)),
        low_95=pl.Series(ends[1][0], dtype=pl.List(pl.Float64)),
        high_95=pl.Series(ends[1][1], dtype=pl.List(pl.Float64)),
    )
    return as_declared(pl.concat([rows, more], how="horizontal"), FORECASTS)


def _error_sd(backtests: Sequence[LevelBacktest], days: Floats, largest_day: Floats) -> Floats:
    """Of a day's error, by row: its own, held near what forecasts of its size miss by, as if seen 28 days more.

    Never beyond the largest day that the row ever had: a bulk order of another item is none of its risk.
    """
    mean = days.mean(axis=1)
    count = sum(test.days for test in backtests)
    square, size = np.zeros(mean.size), np.zeros(mean.size)
    for test in backtests:
        history = slice(0, test.days)
        square += ((test.forecast[:, history] - test.actual[:, history]) ** 2).sum(axis=1)
        size += test.forecast[:, history].sum(axis=1)
    dispersion = dispersion_by_size(square / max(count, 1), size / max(count, 1), mean)
    error_sd = np.sqrt((square + PRIOR_DAYS * dispersion * mean) / (count + PRIOR_DAYS))
    bound = np.where(largest_day > 0, np.maximum(largest_day, mean), np.inf)
    return np.where(mean > 0, np.minimum(error_sd, bound), 0.0)


def models_of(level_forecasts: LevelForecasts, level: str, rows: int) -> pl.Series:
    """The model of each row of a level."""
    if level in level_forecasts.models:
        return pl.Series(level_forecasts.models[level].tolist(), dtype=pl.String)
    return pl.Series([level_forecasts.path_model if level == "category" else SUM] * rows, dtype=pl.String)


def as_declared(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The table's columns in its order and types; a column that is not there is null."""
    missing = [column.name for column in table.columns if column.name not in frame.columns]
    frame = frame.with_columns(pl.lit(None).alias(name) for name in missing)
    return frame.select(pl.col(column.name).cast(TYPES[column.type]) for column in table.columns)


def empty(table: Table) -> pl.DataFrame:
    """The table without rows."""
    return pl.DataFrame(schema={column.name: TYPES[column.type] for column in table.columns})


def _keyed(level: str, group: Group) -> pl.DataFrame:
    keys = group.keys if group.keys.width else pl.DataFrame({"level": [level]})
    return keys.with_columns(level=pl.lit(level))
