"""The forecast job: what the marts know becomes the tables of `forecast_tables`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import EVENT_FACTORS, FORECAST_CHECKS, FORECASTS, HORIZON, LEVELS, LOST_UNITS
from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_
from shopkeeper.jobs.forecast import stock_outs
from shopkeeper.jobs.forecast.backtest import origins
from shopkeeper.jobs.forecast.baseline import SHARE, SHRUNK, Baseline, Hierarchy, daily, ground, places
from shopkeeper.jobs.forecast.candidate_models import Kept
from shopkeeper.jobs.forecast.history import History, day_of, history
from shopkeeper.jobs.forecast.levels import CELLS, ITEMS, SERIES, Before, LevelForecasts, levels
from shopkeeper.jobs.forecast.rows import checks, described, empty, fitted, forecasts, models_of, trials
from shopkeeper.messages import Message
from shopkeeper.models.arrays import Ints
from shopkeeper.models.demand.events import LULL_DAYS
from shopkeeper.models.demand.reconciliation import sums
from shopkeeper.progress import UNHEARD, Progress

SETTINGS = "1"
"""To be raised whenever an equal history would be forecast otherwise."""
MOST_CHANGED = 0.2
"""Share of changed series above which the models are chosen anew."""


@dataclass(frozen=True)
class Previous:
    """An earlier run: its tables by name (`forecasts` is enough), and what it told."""

    tables: Mapping[str, pl.DataFrame]
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """All tables by name, and what the run says of itself, as plain JSON.

    `told`: `notes` (sentences as `fits.Message`), `as_of`, `origins` (dates), `settings`, `series`, `reused` (series
    not forecast again), `events` (years seen, by name).
    """

    tables: Mapping[str, pl.DataFrame]
    told: dict[str, Any]

    def notes(self) -> tuple[Message, ...]:
        """What fell short, in sentences."""
        return tuple(Message.from_data(note) for note in self.told["notes"])

    def errors(self) -> pl.DataFrame:
        """How the backtest went, by level that was tested: `level, series, wape, naive_wape, bias, hit_80, hit_95`."""

        def share(above: str, below: str) -> pl.Expr:
            return pl.col(above).sum() / pl.col(below).sum()

        checked = self.tables[FORECAST_CHECKS.name]
        order = pl.Enum(LEVELS)
        return (
            checked.group_by("level")
            .agg(
                series=pl.struct("category", "region", "sku").n_unique(),
                wape=share("absolute_error", "demand"),
                naive_wape=share("naive_absolute_error", "demand"),
                bias=share("error", "demand"),
                hit_80=share("hits_80", "weeks"),
                hit_95=share("hits_95", "weeks"),
                demand=pl.col("demand").sum(),
                weeks=pl.col("weeks").sum(),
            )
            .filter(pl.col("demand") > 0, pl.col("weeks") > 0)
            .drop("demand", "weeks")
            .sort(pl.col("level").cast(order))
        )


def forecast_version(
    query: Query,
    previous: Previous | None = None,
    progress: Progress = UNHEARD,
) -> Run:
    """Forecast the version behind `query`, which must see the whole shop. Raise `Cancelled` between two steps."""
    progress.step("Reading demand", 0.0)
    version = query.version
    demand, items = query("jobs/forecast/demand"), query("jobs/forecast/items")
    progress.step("Estimating what stock-outs hid", 0.01)
    lost = stock_outs.estimate(query)
    known = history(version.first_day, version.as_of, demand, items, query("jobs/forecast/events"), lost)
    made = forecast_history(known, previous, progress)
    return Run({**made.tables, LOST_UNITS.name: fitted(lost, LOST_UNITS)}, made.told)


def forecast_history(
    known: History,
    previous: Previous | None = None,
    progress: Progress = UNHEARD,
) -> Run:
    """The same from a history, without lost units: a pure function. Raise `Cancelled` between two steps."""
    if not known.series.height:
        return _nothing(known)
    progress.step("Telling weekdays, seasons and events", 0.02)
    at = places(known)
    days = [*origins(known), known.days]
    hashes = _hashes(known, at)
    described_rows = {level: described(known, at, level, days[:-1]) for level in at.groups}
    grounds = []
    for count in days:
        progress.step("Telling weekdays, seasons and events", 0.03)
        grounds.append(ground(known, at, count))
    kinds = {level: demand.patterns.pattern for level, demand in described_rows.items()}
    before = _before(at, previous, hashes, known, len(days))
    found = levels(known, at, grounds, kinds, before, progress)
    progress.step("Holding forecasts against what came", 0.82)
    tried = trials(known, at, found.stands)
    ahead = daily(known, found.stands[-1].on, at, found.stands[-1].levels, found.stands[-1].path)
    rows, past = [], []
    for place, (level, group) in enumerate(at.groups.items()):
        progress.step("Adding up regions and items", 0.88 + 0.02 * place)
        model = models_of(found, level, group.rows)
        more = _more(known, level, group.rows, found, hashes)
        values = sums(ahead, group.of, group.rows)
        rows.append(forecasts(level, group, described_rows[level], tried[level], values, model, more))
        past.append(checks(known, level, group, described_rows[level], tried[level], model))
    tables = {
        FORECASTS.name: pl.concat(rows),
        FORECAST_CHECKS.name: pl.concat(past),
        LOST_UNITS.name: empty(LOST_UNITS),
        EVENT_FACTORS.name: _event_factors(at, grounds[-1]),
    }
    progress.step("Forecasts are made", 1.0)
    reused = int(np.isfinite(before.rows[SERIES].levels[:, 0]).sum()) if before else 0
    return Run(tables, {**_told(known, grounds, reused), "path": found.path})


def _hashes(known: History, at: Hierarchy) -> dict[str, Ints]:
    """By level whose rows have a model of their own: one number per row, equal where nothing of it changed."""
    single = known.hashes(SETTINGS)
    found = {SERIES: single}
    for level in (CELLS, ITEMS):
        group = at.groups[level]
        found[level] = np.zeros(group.rows, dtype=np.int64)
        np.add.at(found[level], group.of, single)
    return found


def _more(known: History, level: str, rows: int, found: LevelForecasts, hashes: Mapping[str, Ints]) -> pl.DataFrame:
    own = found.own.get(level)
    return pl.DataFrame(
        {
            "masked_days": known.series["masked_days"] if level == SERIES else pl.Series([None] * rows, dtype=pl.Int64),
            "own_levels": pl.Series([None] * rows if own is None else own, dtype=pl.List(pl.Float64)),
            "input_hash": pl.Series(hashes[level] if level in hashes else [None] * rows, dtype=pl.Int64),
        }
    )


def _before(
    at: Hierarchy, previous: Previous | None, hashes: Mapping[str, Ints], known: History, grounds: int
) -> Before | None:
    """What an earlier run of the same as-of and settings tells of rows that are as they were; `None`: start anew."""
    as_now = (SETTINGS, known.as_of.isoformat(), known.first_day.isoformat())
    told = previous.told if previous else {}
    if previous is None or (told.get("settings"), told.get("as_of"), told.get("first_day")) != as_now:
        return None
    rows = previous.tables[FORECASTS.name]
    kept = {
        level: _rows_kept(at.groups[level].keys, rows.filter(level=level), hashes[level], grounds) for level in hashes
    }
    changed = np.isnan(kept[SERIES].levels[:, 0]).mean()
    return Before(str(told["path"]), kept) if changed <= MOST_CHANGED else None


def _rows_kept(keys: pl.DataFrame, before: pl.DataFrame, hashes: Ints, grounds: int) -> Kept:
    on = keys.columns
    old = before.select(*on, "model", "own_levels", "input_hash")
    joined = keys.with_columns(now=pl.Series(hashes)).join(old, on=on, how="left", maintain_order="left")
    same = (pl.col("now") == pl.col("input_hash")) & (pl.col("own_levels").list.len() == grounds)
    equal = joined.select(same.fill_null(value=False)).to_series()
    found = np.full((keys.height, grounds), np.nan)
    if equal.any():
        found[equal.to_numpy()] = np.array(joined.filter(equal)["own_levels"].to_list(), dtype=np.float64)
    default = SHRUNK if "sku" in on and "region" in on else SHARE
    return Kept(joined["model"].fill_null(default).to_numpy().astype("U40"), found)


def _event_factors(at: Hierarchy, on: Baseline) -> pl.DataFrame:
    categories = at.groups["category"].keys["category"].to_list()
    rows = [
        {
            "name": name,
            "category": category,
            "day_of_window": day - LULL_DAYS,
            "factor": float(factor),
            "years": on.factors.years[name],
        }
        for name, values in on.factors.values.items()
        for category, line in zip(categories, values, strict=True)
        for day, factor in enumerate(line)
    ]
    return fitted(pl.DataFrame(rows), EVENT_FACTORS) if rows else empty(EVENT_FACTORS)


def _nothing(known: History) -> Run:
    note = Message(N_("Nothing was ever sold, so nothing can be forecast. Import order lines, then run `forecast`."))
    tables = {table.name: empty(table) for table in (FORECASTS, FORECAST_CHECKS, LOST_UNITS, EVENT_FACTORS)}
    told = {"notes": [note.as_data()], "as_of": known.as_of.isoformat(), "settings": SETTINGS}
    return Run(tables, {**told, "origins": [], "series": 0, "reused": 0, "events": {}})


def _told(known: History, grounds: list[Baseline], reused: int) -> dict[str, Any]:
    notes = list(_notes(known, grounds[-1], len(grounds) - 1))
    return {
        "notes": [note.as_data() for note in notes],
        "as_of": known.as_of.isoformat(),
        "first_day": known.first_day.isoformat(),
        "origins": [day_of(known, on.known - 1).isoformat() for on in grounds[:-1]],
        "settings": SETTINGS,
        "series": known.series.height,
        "reused": reused,
        "events": dict(grounds[-1].factors.years),
    }


def _notes(known: History, on: Baseline, tested: int) -> list[Message]:
    found = []
    if not tested:
        text = N_(
            "The data cover {days} days. A forecast is tested on the shop's own past, which takes 56: until then the "
            "bands are assumed, not measured."
        )
        found.append(Message(text, {"days": known.days}))
    unseen = sorted(
        {w.name for w in known.windows if known.days <= w.start < known.days + HORIZON} - on.factors.values.keys()
    )
    if unseen:
        text = N_(
            "{events} has no past in these data, so its days are forecast as ordinary days. Override them on the "
            "Demand page."
        )
        found.append(Message(text, {"events": ", ".join(unseen)}))
    if known.capped:
        text = N_(
            "{days} days with orders out of all proportion (more than ten times what a large day brings) count only "
            "up to that in what the models learn from. The checks count them in full."
        )
        found.append(Message(text, {"days": known.capped}))
    if known.series["masked_days"].sum():
        text = N_("On {days} days of items in regions something was out of stock: what was lost counts as demand.")
        found.append(Message(text, {"days": int(known.series["masked_days"].sum())}))
    return found
