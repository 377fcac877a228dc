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
    """One level from one origin: rows x HORIZON days forecast, come (NaN beyond as-of) and by the seasonal naive."""

    known: int
    forecast: Floats
    actual: Floats
    naive: Floats

    @property
    def days(self) -> int:
        """Days that are compared: of the checked weeks, those that have come."""
        return min(CHECKED_WEEKS * 7, int(np.isfinite(self.actual[:1]).sum()))


@dataclass(frozen=True)
class DemandProfile:
    """What the history says of each row of a level: how demand comes, days with demand, and by known day the scale."""

    patterns: Patterns
    demand_days: Ints
    scales: Mapping[int, Floats]


def described(known: History, at: Hierarchy, level: str, origins: Sequence[int]) -> DemandProfile:
    """Patterns of the last two years, and mean |y(t) - y(t-7)| before each origin, of every row of a level."""
    group = at.groups[level]
    starts = np.full(group.rows, known.days, dtype=np.int64)
    np.minimum.at(starts, group.of, known.series["start"].to_numpy())
    parts = []
    for first in range(0, group.rows, CHUNK):
        rows = np.arange(first, min(first + CHUNK, group.rows))
        if level == "region_sku":
            values = known.dense(rows, 0, known.days, asked=True)
        elif not first:
            values = whole = known.sums(group.of, group.rows, asked=True)
        if level != "region_sku":
            values = whole[rows]
        parts.append(_described(values, np.minimum(starts[rows], known.days - 1), origins))
    columns = [np.concatenate(found) for found in zip(*parts, strict=True)]
    demand_days, counts, total, squares, days = columns[:5]
    scales = dict(zip(origins, columns[5:], strict=True))
    return DemandProfile(classify(counts, total, squares, days), demand_days.astype(np.int64), scales)


def _described(values: Floats, starts: Ints, origins: Sequence[int]) -> tuple[Floats, ...]:
    known = values.shape[1]
    first = np.maximum(starts, known - LONGEST)
    recent = np.where(np.arange(known) >= first[:, None], values, 0.0)
    some = recent > 0
    moved = np.abs(values[:, 7:] - values[:, :-7]).cumsum(axis=1)
    moved = np.concatenate([np.zeros((values.shape[0], 8 if known >= 7 else 1)), moved], axis=1)[:, : known + 1]
    scales = []
    for origin in origins:
        begin = np.minimum(starts + 7, origin)
        last = min(origin, moved.shape[1] - 1)
        days = np.maximum(origin - begin, 0)
        change = moved[:, last] - moved[np.arange(starts.size), np.minimum(begin, moved.shape[1] - 1)]
        scales.append(np.divide(change, days, out=np.zeros(starts.size), where=days > 0))
    return (
        (values > 0).sum(axis=1),
        some.sum(axis=1).astype(np.float64),
        recent.sum(axis=1),
        (recent**2).sum(axis=1),
        (known - first).astype(np.float64),
        *scales,
    )


def trials(known: History, at: Hierarchy, stands: Sequence[CutoffForecast]) -> dict[str, list[LevelBacktest]]:
    """By level, what each origin's stand said and what came. The last stand is as-of and not among them."""
    found: dict[str, list[LevelBacktest]] = {level: [] for level in LEVEL_KEYS}
    everything = np.arange(known.series.height)
    for stand in stands[:-1]:
        start = stand.on.known
        forecast = daily(known, stand.on, at, stand.levels, stand.path)
        actual = known.dense(everything, start, start + HORIZON, asked=True)
        actual[:, known.days - start :] = np.nan
        week = known.dense(everything, start - 7, start, asked=True)
        for level, group in at.groups.items():
            naive = np.tile(sums(week, group.of, group.rows), WEEKS)
            came = sums(actual, group.of, group.rows)
            found[level].append(LevelBacktest(start, sums(forecast, group.of, group.rows), came, naive))
    return found


def bands_of(trials: Sequence[LevelBacktest], without: LevelBacktest | None = None) -> Bands:
    """Bands from the misses of all origins, or of all but one."""
    used = [trial for trial in trials if trial is not without]
    if not used:
        return Bands({})
    forecast = np.concatenate([weekly(trial.forecast).ravel() for trial in used])
    actual = np.concatenate([weekly(trial.actual).ravel() for trial in used])
    weeks = np.concatenate(
        [np.broadcast_to(np.arange(WEEKS), (trial.actual.shape[0], WEEKS)).ravel() for trial in used]
    )
    return calibrate(forecast, actual, weeks)


def checks(
    known: History, level: str, group: Group, demand: DemandProfile, trials: Sequence[LevelBacktest], model: pl.Series
) -> pl.DataFrame:
    """Rows of `forecast_checks` of a level: each origin's weeks against bands of the other origins."""
    frames = []
    for trial in trials:
        days = slice(0, trial.days)
        forecast, actual, naive = trial.forecast[:, days], trial.actual[:, days], trial.naive[:, days]
        weeks = [weekly(values) for values in (trial.actual, trial.forecast, trial.naive)]
        counted = np.isfinite(weeks[0]) & (weeks[1] > 0)
        bands = bands_of(trials, trial)
        hits = []
        for coverage in (0, 1):
            low, high = bands.ends(weeks[1], np.arange(WEEKS), coverage)
            hits.append((counted & (weeks[0] >= low - 1e-9) & (weeks[0] <= high + 1e-9)).sum(axis=1))
        there = int(np.isfinite(weeks[0][:1]).sum()) if group.rows <= MOST_LISTED else 0
        listed = [pl.Series(values[:, :there], dtype=pl.List(pl.Float64)) for values in weeks]
        frames.append(
            _keyed(level, group).with_columns(
                origin=pl.lit(day_of(known, trial.known - 1)),
                model=model,
                days=pl.lit(trial.days),
                demand=pl.Series(actual.sum(axis=1)),
                error=pl.Series((forecast - actual).sum(axis=1)),
                absolute_error=pl.Series(np.abs(forecast - actual).sum(axis=1)),
                naive_absolute_error=pl.Series(np.abs(naive - actual).sum(axis=1)),
                scale=pl.Series(demand.scales[trial.known]),
                weeks=pl.Series(counted.sum(axis=1)),
                hits_80=pl.Series(hits[0]),
                hits_95=pl.Series(hits[1]),
                actual_weeks=listed[0],
                forecast_weeks=listed[1],
                naive_weeks=listed[2],
            )
        )
    return fitted(pl.concat(frames), FORECAST_CHECKS) if frames else empty(FORECAST_CHECKS)


def forecasts(
    level: str,
    group: Group,
    demand: DemandProfile,
    trials: Sequence[LevelBacktest],
    days: Floats,
    model: pl.Series,
    more: pl.DataFrame,
) -> pl.DataFrame:
    """Rows of `forecasts` of a level; `days` are rows x HORIZON, `more` has `masked_days, own_levels, input_hash`."""
    bands, week = bands_of(trials), weekly(days)
    ends = [bands.ends(week, np.arange(WEEKS), coverage) for coverage in (0, 1)]
    found = _keyed(level, group).with_columns(
        pattern=pl.Series(demand.patterns.pattern),
        adi=pl.Series(demand.patterns.adi),
        cv2=pl.Series(demand.patterns.cv2),
        model=model,
        demand_days=pl.Series(demand.demand_days),
        daily_mean=pl.Series(days.mean(axis=1)),
        error_sd=pl.Series(_error_sd(trials, days)),
        units=pl.Series(days, dtype=pl.List(pl.Float64)),
        low_80=pl.Series(ends[0][0], dtype=pl.List(pl.Float64)),
        high_80=pl.Series(ends[0][1], dtype=pl.List(pl.Float64)),
        low_95=pl.Series(ends[1][0], dtype=pl.List(pl.Float64)),
        high_95=pl.Series(ends[1][1], dtype=pl.List(pl.Float64)),
    )
    return fitted(pl.concat([found, more], how="horizontal"), FORECASTS)


def _error_sd(trials: Sequence[LevelBacktest], days: Floats) -> Floats:
    """Of a day's error, by row: its own, held near what forecasts of that size miss by, as if seen 28 days more."""
    mean = days.mean(axis=1)
    count = sum(trial.days for trial in trials)
    square, size = np.zeros(mean.size), 0.0
    for trial in trials:
        known = slice(0, trial.days)
        square += ((trial.forecast[:, known] - trial.actual[:, known]) ** 2).sum(axis=1)
        size += float(trial.forecast[:, known].sum())
    spread = max(float(square.sum()) / size, 1.0) if size > 0 else 2.0
    found = np.sqrt((square + PRIOR_DAYS * spread * mean) / (count + PRIOR_DAYS))
    return np.where(mean > 0, found, 0.0)


def models_of(found: LevelForecasts, level: str, rows: int) -> pl.Series:
    """The model of each row of a level."""
    if level in found.names:
        return pl.Series(found.names[level].tolist(), dtype=pl.String)
    return pl.Series([found.path if level == "category" else SUM] * rows, dtype=pl.String)


def fitted(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The table's columns in its order and types; a column that is not there is null."""
    missing = [column.name for column in table.columns if column.name not in frame.columns]
    frame = frame.with_columns(pl.lit(None).alias(name) for name in missing)
    return frame.select(pl.col(column.name).cast(TYPES[column.type]) for column in table.columns)


def empty(table: Table) -> pl.DataFrame:
    """The table without rows."""
    return pl.DataFrame(schema={column.name: TYPES[column.type] for column in table.columns})


def _keyed(level: str, group: Group) -> pl.DataFrame:
    given = group.keys if group.keys.width else pl.DataFrame({"level": [level]})
    return given.with_columns(level=pl.lit(level))
