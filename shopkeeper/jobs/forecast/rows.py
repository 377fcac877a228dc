"""The rows of `forecasts`: of each series what is expected, with its bands and how demand came before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import FORECASTS, WEEKS
from shopkeeper.jobs.forecast.baseline import Hierarchy, weekly
from shopkeeper.jobs.forecast.checks import OURS, LevelBacktest, bands_of
from shopkeeper.jobs.forecast.declared import as_declared, keyed
from shopkeeper.jobs.forecast.history import Group, History
from shopkeeper.jobs.forecast.levels import LevelForecasts
from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.demand.counts import dispersion_by_size
from shopkeeper.models.demand.forecasters import LONGEST
from shopkeeper.models.demand.lead_errors import variance_ratio
from shopkeeper.models.demand.losses import weekly_change
from shopkeeper.models.demand.patterns import Patterns, classify

SUM = "Sum of items in regions"
PRIOR_DAYS = 28
CHUNK = 4_000


@dataclass(frozen=True)
class DemandProfile:
    """Of each row of a level: the pattern of demand, days with demand, the largest day, and by cutoff the mean squared
    change from a week to the next.
    """

    patterns: Patterns
    demand_days: Ints
    largest_day: Floats
    week_changes: Mapping[int, Floats]


def demand_profile(history: History, hierarchy: Hierarchy, level: str, cutoffs: Sequence[int]) -> DemandProfile:
    """Patterns of the last two years, and the weeks' changes before each cutoff, of every row of a level."""
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
    changes = dict(zip(cutoffs, columns[6:], strict=True))
    return DemandProfile(classify(counts, total, squares, days), demand_days.astype(np.int64), largest, changes)


def _described(values: Floats, starts: Ints, cutoffs: Sequence[int]) -> tuple[Floats, ...]:
    history = values.shape[1]
    first = np.maximum(starts, history - LONGEST)
    recent = np.where(np.arange(history) >= first[:, None], values, 0.0)
    positive = recent > 0
    return (
        (values > 0).sum(axis=1),
        values.max(axis=1, initial=0),
        positive.sum(axis=1).astype(np.float64),
        recent.sum(axis=1),
        (recent**2).sum(axis=1),
        (history - first).astype(np.float64),
        *(weekly_change(values[:, :cutoff], starts) for cutoff in cutoffs),
    )


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
    bands, week = bands_of(backtests, OURS), weekly(days)
    ends = [bands.ends(week, np.arange(WEEKS), coverage) for coverage in (0, 1)]
    error_sd = _error_sd(backtests, days, profile.largest_day)
    rows = keyed(level, group).with_columns(
        pattern=pl.Series(profile.patterns.pattern),
        adi=pl.Series(profile.patterns.adi),
        cv2=pl.Series(profile.patterns.cv2),
        model=model,
        demand_days=pl.Series(profile.demand_days),
        daily_mean=pl.Series(days.mean(axis=1)),
        error_sd=pl.Series(error_sd),
        lead_error_sd=_lead_error_sd(backtests, error_sd, days.mean(axis=1)),
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


def _lead_error_sd(backtests: Sequence[LevelBacktest], error_sd: Floats, mean: Floats) -> pl.Series:
    """Of the sum over the first weeks, by row: never less over more weeks; a length that none was tested for errs as
    much beyond independent days as the longest that was. Null without a backtest.
    """
    if not backtests:
        return pl.Series([None] * mean.size, dtype=pl.List(pl.Float64))
    squares, counts = np.zeros((mean.size, WEEKS)), np.zeros(WEEKS)
    for test in backtests:
        missed = (weekly(test.forecast) - weekly(test.actual))[:, : test.weeks].cumsum(axis=1)
        squares[:, : test.weeks] += missed**2
        counts[: test.weeks] += 1
    variances, ratio = np.zeros((mean.size, WEEKS)), np.ones(mean.size)
    for week in range(WEEKS):
        days = 7 * (week + 1)
        if counts[week]:
            ratio = variance_ratio(squares[:, week], np.full(mean.size, counts[week]), days, error_sd, mean)
        variances[:, week] = days * error_sd**2 * ratio
    return pl.Series(np.sqrt(np.maximum.accumulate(variances, axis=1)), dtype=pl.List(pl.Float64))


def models_of(level_forecasts: LevelForecasts, level: str, rows: int) -> pl.Series:
    """The model of each row of a level."""
    if level in level_forecasts.models:
        return pl.Series(level_forecasts.models[level].tolist(), dtype=pl.String)
    return pl.Series([level_forecasts.path_model if level == "category" else SUM] * rows, dtype=pl.String)
