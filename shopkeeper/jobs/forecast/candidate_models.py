"""Which model serves which row: candidates are tried from each origin, and the one that missed least is taken."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from shopkeeper.jobs.forecast.backtest import FREQUENT, actual_weeks, choose, weekly_error
from shopkeeper.jobs.forecast.baseline import (
    SHARE,
    SHRUNK,
    Baseline,
    Hierarchy,
    borrowed,
    group_histories,
    series_histories,
)
from shopkeeper.jobs.forecast.history import Group, History
from shopkeeper.models.arrays import Floats, Ints, Texts
from shopkeeper.models.demand import forecasters
from shopkeeper.models.demand.reconciliation import scaled, sums
from shopkeeper.progress import Progress

SAMPLE = 1_500
"""Series of each pattern on which the models of sparse demand are tried."""
MOST_FREQUENT = 6_000
"""Series of frequent demand that have a say of their own, the largest first."""
CHUNK = 1_000


@dataclass(frozen=True)
class Kept:
    """From the run before: the models of rows, and rows x grounds the levels that they gave; NaN where unknown."""

    names: Texts
    levels: Floats


@dataclass
class BacktestErrors:
    """Squared misses by model and row, what was expected, and how many weeks were looked at."""

    sizes: Floats
    errors: dict[str, Floats] = field(default_factory=dict)
    weeks: int = 0

    def add(self, name: str, error: Floats) -> None:
        """Count a model's misses from one more origin."""
        self.errors[name] = self.errors.get(name, np.zeros(error.size)) + error


def best_path(known: History, at: Hierarchy, grounds: Sequence[Baseline], paths: Sequence[Mapping[str, Floats]]) -> str:
    """One model for the paths of all categories."""
    group = at.groups["category"]
    tally = BacktestErrors(np.full(group.rows, 1e-9))
    for on, found in zip(grounds, paths, strict=True):
        actual = actual_weeks(known, on, group)
        tally.sizes += actual.sum(axis=1)
        for name, path in found.items():
            ahead = (path * on.ahead)[:, : actual.shape[1] * 7].reshape(actual.shape[0], actual.shape[1], 7).sum(axis=2)
            tally.add(name, ((ahead - actual) ** 2).sum(axis=1))
    if not any(error.any() for error in tally.errors.values()):
        return forecasters.USUAL
    return choose(tally.errors, tally.sizes, 0, np.full(group.rows, "all"))[1]["all"]


def group_levels(
    known: History,
    group: Group,
    category: Ints,
    grounds: Sequence[Baseline],
    paths: Sequence[Floats],
    kinds: Texts,
    kept: Kept | None,
    tell: Callable[[int], None],
) -> tuple[Texts, Floats]:
    """Models of a level's rows, and rows x grounds their levels before these are made to add up.

    `tell` is told the number of the ground at work.
    """
    starts = first_days(known, group)
    tried = []
    for place, (on, path) in enumerate(zip(grounds, paths, strict=True)):
        tell(place)
        histories = group_histories(known, on, group, category, starts)
        units = sums(on.recent * on.alive, group.of, group.rows)
        found = _levels(histories, kinds, Kept(kept.names, kept.levels[:, place]) if kept else None)
        tried.append({SHARE: scaled(units, category, path.mean(axis=1)), **found})
    names = kept.names if kept else _best(known, group, category, grounds, kinds, tried)
    levels = np.stack([_taken(found, names) for found in tried], axis=1)
    if kept:
        levels = np.where((names == SHARE)[:, None] | np.isnan(kept.levels), levels, kept.levels)
    return names, levels


def first_days(known: History, group: Group) -> Ints:
    """First day on sale by row of a level."""
    found = np.full(group.rows, known.days, dtype=np.int64)
    np.minimum.at(found, group.of, known.series["start"].to_numpy())
    return found


def _levels(histories: Sequence[Floats], kinds: Texts, kept: Kept | None) -> dict[str, Floats]:
    """Levels by model: of all candidates, or of rows that changed by the models that served them."""
    frequent = np.isin(kinds, FREQUENT)
    found: dict[str, Floats] = {}
    for models, rows in ((forecasters.SMOOTH_MODELS, frequent), (forecasters.SPARSE_MODELS, ~frequent)):
        for name in models:
            wanted = rows if kept is None else rows & (kept.names == name) & np.isnan(kept.levels)
            mine = np.flatnonzero(wanted)
            found.setdefault(name, np.full(kinds.size, np.nan))[mine] = forecasters.levels(
                name, [histories[int(row)] for row in mine]
            )
    return found


def _taken(levels: Mapping[str, Floats], names: Texts) -> Floats:
    found = np.zeros(names.size)
    for name, values in levels.items():
        found = np.where(names == name, np.nan_to_num(values), found)
    return found


def _best(
    known: History,
    group: Group,
    category: Ints,
    grounds: Sequence[Baseline],
    kinds: Texts,
    tried: Sequence[Mapping[str, Floats]],
) -> Texts:
    tally = BacktestErrors(np.zeros(kinds.size))
    for on, found in zip(grounds, tried, strict=True):
        actual = actual_weeks(known, on, group)
        share = found[SHARE]
        wanted = np.bincount(category, weights=share).astype(np.float64)
        tally.sizes += share * actual.shape[1]
        tally.weeks += actual.shape[1]
        for name, levels in found.items():
            # judged as it will be used: in proportion, within the category's path
            there = np.isfinite(levels)
            proportion = np.where(there, scaled(np.where(there, levels, share), category, wanted), np.nan)
            tally.add(name, weekly_error(on, category, proportion, actual))
    names = np.full(kinds.size, SHARE, dtype="U40")
    frequent = np.isin(kinds, FREQUENT)
    for rows in (frequent, ~frequent):
        mine = {name: error[rows] for name, error in tally.errors.items() if np.isfinite(error[rows]).any()}
        if mine and tally.weeks:
            names[rows] = choose(mine, tally.sizes[rows], tally.weeks, kinds[rows])[0]
    return names


def series_names(
    known: History,
    at: Hierarchy,
    grounds: Sequence[Baseline],
    items: Sequence[Floats],
    kinds: Texts,
    progress: Progress,
) -> Texts:
    """Models of series, tried from all grounds but the last (as-of); without an origin all borrow their level."""
    names = np.full(kinds.size, SHRUNK, dtype="U40")
    volume = np.bincount(known.owner, weights=known.units, minlength=kinds.size).astype(np.float64)
    shared = [borrowed(on, at, level) for on, level in zip(grounds, items, strict=True)]
    for models, frequent in ((forecasters.SERIES_MODELS, True), (forecasters.SPARSE_MODELS, False)):
        pool = np.flatnonzero((np.isin(kinds, FREQUENT) == frequent) & ~np.isin(kinds, ("new", "none")))
        if not pool.size or len(grounds) < 2:
            continue
        rows = _largest(pool, volume) if frequent else _sampled(pool, kinds)
        parts = []
        for first in range(0, rows.size, CHUNK):
            progress.step(f"Trying models on {first:,} of {rows.size:,} series", 0.3 + 0.2 * first / rows.size)
            parts.append(_misses(known, at, grounds[:-1], shared, rows[first : first + CHUNK], models))
        errors = {name: np.concatenate([part.errors[name] for part in parts]) for name in parts[0].errors}
        sizes = np.concatenate([part.sizes for part in parts])
        best, pooled = choose(errors, sizes, parts[0].weeks, kinds[rows])
        for kind, name in pooled.items():
            names[kinds == kind] = name
        names[rows] = best
    return names


def _misses(
    known: History,
    at: Hierarchy,
    grounds: Sequence[Baseline],
    shared: Sequence[Floats],
    rows: Ints,
    models: Sequence[str],
) -> BacktestErrors:
    category = at.groups["category"].of
    tally = BacktestErrors(np.zeros(rows.size))
    for on, borrow in zip(grounds, shared, strict=False):
        weeks = actual_weeks(known, on, rows)
        histories = series_histories(known, on, rows, category)
        alive = on.alive[rows]
        tally.weeks += weeks.shape[1]
        tally.sizes += borrow[rows] * alive * weeks.shape[1]
        for name in (SHRUNK, *models):
            levels = borrow[rows] if name == SHRUNK else forecasters.levels(name, histories)
            tally.add(name, weekly_error(on, category[rows], levels, weeks) * alive)
    return tally


def _largest(pool: Ints, volume: Floats) -> Ints:
    return np.sort(pool[np.argsort(-volume[pool], kind="stable")][:MOST_FREQUENT])


def _sampled(pool: Ints, kinds: Texts) -> Ints:
    draw = np.random.default_rng(7)
    alike = [pool[kinds[pool] == kind] for kind in np.unique(kinds[pool])]
    return np.sort(np.concatenate([draw.choice(rows, min(SAMPLE, rows.size), replace=False) for rows in alike]))
