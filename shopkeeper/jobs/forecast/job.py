"""The forecast job: what the marts know becomes the tables of `contract.forecasts`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import (
    EVENT_FACTORS,
    FORECAST_CHECKS,
    FORECAST_TABLES,
    FORECASTS,
    HORIZON,
    LOST_UNITS,
    PAST_FORECASTS,
)
from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_
from shopkeeper.jobs.forecast import stock_outs
from shopkeeper.jobs.forecast.backtest import cutoffs
from shopkeeper.jobs.forecast.baseline import SHARE, SHRUNK, Baseline, Hierarchy, baseline_at, daily, hierarchy_of
from shopkeeper.jobs.forecast.candidate_models import PreviousLevels
from shopkeeper.jobs.forecast.checks import backtest, backtest_rows
from shopkeeper.jobs.forecast.declared import as_declared, empty
from shopkeeper.jobs.forecast.history import History, build_history, day_of
from shopkeeper.jobs.forecast.levels import CELLS, ITEMS, SERIES, LevelForecasts, PreviousChoices, forecast_levels
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.jobs.forecast.rows import demand_profile, forecast_rows, models_of
from shopkeeper.messages import Message
from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.demand.events import LULL_DAYS, mark
from shopkeeper.models.demand.forecasters import counted_failures
from shopkeeper.models.demand.reconciliation import sums
from shopkeeper.progress import UNHEARD, Progress

SETTINGS = "4"
"""To be raised whenever an equal history would be forecast otherwise."""
RANGE_WEEKS = 4
FEWEST_WEEKS = 13
"""Weeks ahead whose total is held against the last year's, and how many of these it takes."""
RANGE_SLACK = 0.05
"""How far beyond them is nothing to speak of."""
MOST_CHANGED = 0.2
"""Share of changed series above which the models are chosen anew."""


def forecast_version(
    query: Query,
    previous: Run | None = None,
    progress: Progress = UNHEARD,
) -> Run:
    """Forecast the version behind `query`, which must see the whole shop. Raise `Cancelled` between two steps."""
    progress.step("Reading demand", 0.0)
    version = query.version
    demand, items = query("jobs/forecast/demand"), query("jobs/forecast/items")
    progress.step("Estimating what stock-outs hid", 0.01)
    lost = stock_outs.estimate(query)
    events, stocked = query("jobs/forecast/events"), query("jobs/forecast/stocked")
    history = build_history(version.first_day, version.as_of, demand, items, events, lost, stocked)
    run = forecast_history(history, previous, progress)
    return Run({**run.tables, LOST_UNITS.name: as_declared(lost, LOST_UNITS)}, run.summary)


def forecast_history(
    history: History,
    previous: Run | None = None,
    progress: Progress = UNHEARD,
) -> Run:
    """The same from a history, without lost units: a pure function. Raise `Cancelled` between two steps."""
    if not history.series.height:
        return _nothing(history)
    progress.step("Telling weekdays, seasons and events", 0.02)
    hierarchy = hierarchy_of(history)
    days = [*cutoffs(history), history.days]
    hashes = _hashes(history, hierarchy)
    profiles = {level: demand_profile(history, hierarchy, level, days[:-1]) for level in hierarchy.groups}
    baselines = []
    for cutoff in days:
        progress.step("Telling weekdays, seasons and events", 0.03)
        baselines.append(baseline_at(history, hierarchy, cutoff))
    patterns = {level: profile.patterns.pattern for level, profile in profiles.items()}
    choices = _previous_choices(hierarchy, previous, hashes, history, len(days))
    with counted_failures() as failures:
        chosen = forecast_levels(history, hierarchy, baselines, patterns, choices, progress)
    progress.step("Holding forecasts against what came", 0.82)
    backtests = backtest(history, hierarchy, chosen.cutoff_forecasts)
    latest = chosen.cutoff_forecasts[-1]
    ahead = daily(history, latest.baseline, hierarchy, latest.levels, latest.path)
    forecasts, backtest_frames = [], []
    for number, (level, group) in enumerate(hierarchy.groups.items()):
        progress.step("Adding up regions and items", 0.88 + 0.02 * number)
        model = models_of(chosen, level, group.rows)
        more = _more(history, level, group.rows, chosen, hashes)
        units = sums(ahead, group.of, group.rows)
        forecasts.append(forecast_rows(level, group, profiles[level], backtests[level], units, model, more))
        backtest_frames.append(
            backtest_rows(history, level, group, profiles[level].week_changes, backtests[level], model)
        )
    tables = {
        FORECASTS.name: pl.concat(forecasts),
        FORECAST_CHECKS.name: pl.concat(backtest_frames),
        PAST_FORECASTS.name: empty(PAST_FORECASTS),
        LOST_UNITS.name: empty(LOST_UNITS),
        EVENT_FACTORS.name: _event_factors(hierarchy, baselines[-1]),
    }
    progress.step("Forecasts are made", 1.0)
    reused = int(np.isfinite(choices.by_level[SERIES].levels[:, 0]).sum()) if choices else 0
    weeks = sums(ahead, hierarchy.groups["shop"].of, 1)[0]
    doubts = [*_failed(failures), *_out_of_range(history, weeks)]
    return Run(tables, {**_summary(history, baselines, reused, doubts), "path": chosen.path_model})


def _hashes(history: History, hierarchy: Hierarchy) -> dict[str, Ints]:
    """By level whose rows have a model of their own: one number per row, equal where nothing of it changed."""
    by_series = history.hashes(SETTINGS)
    hashes = {SERIES: by_series}
    for level in (CELLS, ITEMS):
        group = hierarchy.groups[level]
        hashes[level] = np.zeros(group.rows, dtype=np.int64)
        np.add.at(hashes[level], group.of, by_series)
    return hashes


def _more(history: History, level: str, rows: int, chosen: LevelForecasts, hashes: Mapping[str, Ints]) -> pl.DataFrame:
    """The columns of `forecasts` that only some levels have: `masked_days, own_levels, input_hash`."""
    none = pl.Series([None] * rows, dtype=pl.Int64)
    own = chosen.own_levels.get(level)
    return pl.DataFrame(
        {
            "masked_days": history.series["masked_days"] if level == SERIES else none,
            "own_levels": pl.Series([None] * rows if own is None else own, dtype=pl.List(pl.Float64)),
            "input_hash": pl.Series(hashes[level], dtype=pl.Int64) if level in hashes else none,
        }
    )


def _previous_choices(
    hierarchy: Hierarchy, previous: Run | None, hashes: Mapping[str, Ints], history: History, cutoff_count: int
) -> PreviousChoices | None:
    """What an earlier run of the same as-of and settings chose for rows that are as they were; `None`: start anew."""
    settings_now = (SETTINGS, history.as_of.isoformat(), history.first_day.isoformat())
    summary = previous.summary if previous else {}
    if previous is None or (summary.get("settings"), summary.get("as_of"), summary.get("first_day")) != settings_now:
        return None
    rows = previous.tables[FORECASTS.name]
    by_level = {
        level: _previous_levels(hierarchy.groups[level].keys, rows.filter(level=level), hashes[level], cutoff_count)
        for level in hashes
    }
    changed = np.isnan(by_level[SERIES].levels[:, 0]).mean()
    return PreviousChoices(str(summary["path"]), by_level) if changed <= MOST_CHANGED else None


def _previous_levels(keys: pl.DataFrame, rows: pl.DataFrame, hashes: Ints, cutoff_count: int) -> PreviousLevels:
    on = keys.columns
    kept = rows.select(*on, "model", "own_levels", "input_hash")
    joined = keys.with_columns(now=pl.Series(hashes)).join(kept, on=on, how="left", maintain_order="left")
    same = (pl.col("now") == pl.col("input_hash")) & (pl.col("own_levels").list.len() == cutoff_count)
    unchanged = joined.select(same.fill_null(value=False)).to_series()
    levels = np.full((keys.height, cutoff_count), np.nan)
    if unchanged.any():
        levels[unchanged.to_numpy()] = np.array(joined.filter(unchanged)["own_levels"].to_list(), dtype=np.float64)
    default = SHRUNK if "sku" in on and "region" in on else SHARE
    return PreviousLevels(joined["model"].fill_null(default).to_numpy().astype("U40"), levels)


def _event_factors(hierarchy: Hierarchy, baseline: Baseline) -> pl.DataFrame:
    categories = hierarchy.groups["category"].keys["category"].to_list()
    rows = [
        {
            "name": name,
            "category": category,
            "day_of_window": day - LULL_DAYS,
            "factor": float(factor),
            "years": baseline.factors.years[name],
        }
        for name, values in baseline.factors.values.items()
        for category, line in zip(categories, values, strict=True)
        for day, factor in enumerate(line)
    ]
    return as_declared(pl.DataFrame(rows), EVENT_FACTORS) if rows else empty(EVENT_FACTORS)


def _nothing(history: History) -> Run:
    note = Message(N_("Nothing was ever sold, so nothing can be forecast. Import order lines, then run `forecast`."))
    tables = {table.name: empty(table) for table, _visibility in FORECAST_TABLES.values()}
    summary = {"notes": [note.as_data()], "as_of": history.as_of.isoformat(), "settings": SETTINGS}
    return Run(tables, {**summary, "cutoffs": [], "series": 0, "reused": 0, "events": {}})


def _failed(failures: Mapping[str, int]) -> list[Message]:
    """What is said of models that failed."""
    if not failures:
        return []
    text = N_(
        "{models} failed on {n} histories; the average of the last eight weeks stands in for them, as it does wherever "
        "nothing better can be told."
    )
    return [Message(text, {"models": ", ".join(sorted(failures)), "n": sum(failures.values())})]


def _out_of_range(history: History, days: Floats) -> list[Message]:
    """What is said where the next ordinary weeks lie outside the range of all of the last year's."""
    past = history.sums(np.zeros(history.series.height, dtype=np.int64), 1, uncapped=True)[0]
    touched = ~mark(history.windows, history.days + HORIZON).ordinary
    if history.days < FEWEST_WEEKS * 7:
        return []
    ahead, before = days[: RANGE_WEEKS * 7], past[-min(52, history.days // 7) * 7 :]
    quiet_ahead = ~touched[history.days : history.days + ahead.size].reshape(-1, 7).any(axis=1)
    quiet_before = ~touched[history.days - before.size : history.days].reshape(-1, 7).any(axis=1)
    if not quiet_ahead.any() or quiet_before.sum() < FEWEST_WEEKS:
        return []
    week = float(ahead.reshape(-1, 7).sum(axis=1)[quiet_ahead].mean())
    weeks = before.reshape(-1, 7).sum(axis=1)[quiet_before]
    low, high = float(weeks.min()), float(weeks.max())
    if low * (1 - RANGE_SLACK) <= week <= high * (1 + RANGE_SLACK):
        return []
    text = N_(
        "The next weeks without an event are forecast at {units} units each, but those of the last year brought from "
        "{low} to {high}. Look at what moves it on the page Demand before you order by it."
    )
    return [Message(text, {"units": round(week), "low": round(low), "high": round(high)})]


def _summary(history: History, baselines: list[Baseline], reused: int, doubts: list[Message]) -> dict[str, Any]:
    notes = _notes(history, baselines[-1], len(baselines) - 1)
    return {
        "doubts": [doubt.as_data() for doubt in doubts],
        "notes": [note.as_data() for note in notes],
        "as_of": history.as_of.isoformat(),
        "first_day": history.first_day.isoformat(),
        "cutoffs": [day_of(history, baseline.cutoff - 1).isoformat() for baseline in baselines[:-1]],
        "settings": SETTINGS,
        "series": history.series.height,
        "reused": reused,
        "events": dict(baselines[-1].factors.years),
    }


def _notes(history: History, baseline: Baseline, cutoffs_tested: int) -> list[Message]:
    notes = []
    if not cutoffs_tested:
        text = N_(
            "The data cover {days} days. A forecast is tested on the shop's own past, which takes 56: until then the "
            "bands are assumed, not measured."
        )
        notes.append(Message(text, {"days": history.days}))
    ahead = {w.name for w in history.windows if history.days <= w.start < history.days + HORIZON}
    unseen = sorted(ahead - baseline.factors.values.keys())
    if unseen:
        text = N_(
            "{events} has no past in these data, so its days are forecast as ordinary days. Override them on the "
            "Demand page."
        )
        notes.append(Message(text, {"events": ", ".join(unseen)}))
    if history.capped_days:
        text = N_(
            "{days} days with orders out of all proportion (more than ten times what a large day brings) count only "
            "up to that in what the models learn from. The checks count them in full."
        )
        notes.append(Message(text, {"days": history.capped_days}))
    if history.series["masked_days"].sum():
        text = N_("On {days} days of items in regions something was out of stock: what was lost counts as demand.")
        notes.append(Message(text, {"days": int(history.series["masked_days"].sum())}))
    return notes
