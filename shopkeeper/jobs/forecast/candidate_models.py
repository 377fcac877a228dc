"""Which model serves which row: candidates are tested from each cutoff, and the one that missed least is taken."""

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
    first_days,
    group_histories,
    series_histories,
)
from shopkeeper.jobs.forecast.history import Group, History
from shopkeeper.models.arrays import Floats, Ints, Texts
from shopkeeper.models.demand import forecasters
from shopkeeper.models.demand.reconciliation import scaled, sums
from shopkeeper.progress import Progress

SAMPLE = 1_500
"""Series of each pattern on which the models of sparse demand are tested."""
MOST_FREQUENT = 6_000
"""Series of frequent demand that have a say of their own, the largest first."""
CHUNK = 1_000
COMBINED = 4
"""Models whose mean makes the path of categories."""
BY_ITSELF = 0.5
"""Share of the squared miss by which a simple method must beat that mean to be used without the others."""
CLEARLY = 0.02
"""Share of the squared miss by which one way must beat another to be believed."""


@dataclass(frozen=True)
class PreviousLevels:
    """Of the run before: the models of rows, and rows x cutoffs the levels that they gave; NaN where unknown."""

    models: Texts
    levels: Floats


@dataclass
class BacktestErrors:
    """Squared misses by model and row, what was expected, and how many weeks were looked at."""

    expected_units: Floats
    errors: dict[str, Floats] = field(default_factory=dict)
    weeks: int = 0

    def add(self, name: str, error: Floats) -> None:
        """Count a model's misses from one more cutoff."""
        self.errors[name] = self.errors.get(name, np.zeros(error.size)) + error


def best_path(baselines: Sequence[Baseline], paths: Sequence[Mapping[str, Floats]], actual: Sequence[Floats]) -> str:
    """One model for the paths of all categories: the mean of the few that missed least, or a simple one.

    The mean of several forecasts errs less than the one that was best so far (Bates & Granger 1969, Operational
    Research Quarterly 20). A simple method whose squared error is below half of that mean's is used by itself. `actual`
    are categories x weeks by cutoff, as many as were checked.
    """
    sizes = np.sum([weeks.sum(axis=1) for weeks in actual], axis=0) if actual else np.zeros(0)
    if not sizes.any():
        return forecasters.USUAL

    def missed(names: Sequence[str]) -> float:
        total = np.zeros(sizes.size)
        for baseline, by_model, weeks in zip(baselines, paths, actual, strict=False):
            path = np.mean([by_model[name] for name in names], axis=0)
            ahead = (path * baseline.ahead)[:, : weeks.shape[1] * 7].reshape(*weeks.shape, 7).sum(axis=2)
            total += ((ahead - weeks) ** 2).sum(axis=1)
        return float(np.divide(total, sizes, out=np.zeros_like(total), where=sizes > 0).sum())

    misses = {name: missed([name]) for name in paths[0]}
    best = sorted(misses, key=lambda name: misses[name])[:COMBINED]
    simple = min(forecasters.SIMPLE, key=lambda name: misses[name])
    return simple if misses[simple] < missed(best) * (1 - BY_ITSELF) else forecasters.AND.join(sorted(best))


def group_levels(
    history: History,
    group: Group,
    category: Ints,
    baselines: Sequence[Baseline],
    paths: Sequence[Floats],
    patterns: Texts,
    previous: PreviousLevels | None,
    report_cutoff: Callable[[int], None],
) -> tuple[Texts, Floats]:
    """Models of a level's rows, and rows x cutoffs their levels before these are made to add up.

    `report_cutoff` hears the number of the cutoff at work.
    """
    starts = first_days(history, group)
    by_cutoff = []
    for number, (baseline, path) in enumerate(zip(baselines, paths, strict=True)):
        report_cutoff(number)
        histories = group_histories(history, baseline, group, category, starts)
        units = sums(baseline.recent_units * baseline.settled, group.of, group.rows)
        candidates = _levels(
            histories, patterns, PreviousLevels(previous.models, previous.levels[:, number]) if previous else None
        )
        by_cutoff.append({SHARE: scaled(units, category, path.mean(axis=1)), **candidates})
    models = previous.models if previous else _best(history, group, category, baselines, patterns, by_cutoff)
    levels = np.stack([_taken(candidates, models) for candidates in by_cutoff], axis=1)
    if previous:
        levels = np.where((models == SHARE)[:, None] | np.isnan(previous.levels), levels, previous.levels)
    return models, levels


def _levels(
    histories: Sequence[tuple[Floats, Floats]], patterns: Texts, previous: PreviousLevels | None
) -> dict[str, Floats]:
    """Levels by model: of all candidates, or of rows that changed by the models that served them."""
    frequent = np.isin(patterns, FREQUENT)
    levels: dict[str, Floats] = {}
    for models, rows in ((forecasters.SMOOTH_MODELS, frequent), (forecasters.SPARSE_MODELS, ~frequent)):
        for name in models:
            needed = rows if previous is None else rows & (previous.models == name) & np.isnan(previous.levels)
            positions = np.flatnonzero(needed)
            levels.setdefault(name, np.full(patterns.size, np.nan))[positions] = forecasters.levels(
                name, [histories[int(row)] for row in positions]
            )
    return levels


def _taken(levels: Mapping[str, Floats], names: Texts) -> Floats:
    taken = np.zeros(names.size)
    for name, values in levels.items():
        taken = np.where(names == name, np.nan_to_num(values), taken)
    return taken


def _best(
    history: History,
    group: Group,
    category: Ints,
    baselines: Sequence[Baseline],
    patterns: Texts,
    by_cutoff: Sequence[Mapping[str, Floats]],
) -> Texts:
    backtest = BacktestErrors(np.zeros(patterns.size))
    for baseline, candidates in zip(baselines, by_cutoff, strict=True):
        actual = actual_weeks(history, baseline, group)
        share = candidates[SHARE]
        totals = np.bincount(category, weights=share).astype(np.float64)
        backtest.expected_units += share * actual.shape[1]
        backtest.weeks += actual.shape[1]
        for name, levels in candidates.items():
            # judged as it will be used: in proportion, within the category's path
            finite = np.isfinite(levels)
            proportion = np.where(finite, scaled(np.where(finite, levels, share), category, totals), np.nan)
            backtest.add(name, weekly_error(baseline, category, proportion, actual))
    chosen = np.full(patterns.size, SHARE, dtype="U40")
    frequent = np.isin(patterns, FREQUENT)
    for rows in (frequent, ~frequent):
        candidate_errors = {
            name: error[rows] for name, error in backtest.errors.items() if np.isfinite(error[rows]).any()
        }
        if candidate_errors and backtest.weeks:
            chosen[rows] = choose(candidate_errors, backtest.expected_units[rows], backtest.weeks, patterns[rows])[0]
    return chosen


def series_names(
    history: History,
    hierarchy: Hierarchy,
    baselines: Sequence[Baseline],
    item_levels: Sequence[Floats],
    patterns: Texts,
    progress: Progress,
) -> Texts:
    """Models of series, tested from all cutoffs but the last (as-of); without one all borrow their level."""
    chosen = np.full(patterns.size, SHRUNK, dtype="U40")
    volume = np.bincount(history.owner, weights=history.units, minlength=patterns.size).astype(np.float64)
    borrowed_levels = [
        borrowed(baseline, hierarchy, level) for baseline, level in zip(baselines, item_levels, strict=True)
    ]
    for models, frequent in ((forecasters.SERIES_MODELS, True), (forecasters.SPARSE_MODELS, False)):
        pool = np.flatnonzero((np.isin(patterns, FREQUENT) == frequent) & ~np.isin(patterns, ("new", "none")))
        if not pool.size or len(baselines) < 2:
            continue
        rows = _largest(pool, volume) if frequent else _sampled(pool, patterns)
        parts = []
        for first in range(0, rows.size, CHUNK):
            progress.step(f"Trying models on {first:,} of {rows.size:,} series", 0.3 + 0.2 * first / rows.size)
            parts.append(
                _misses(history, hierarchy, baselines[:-1], borrowed_levels, rows[first : first + CHUNK], models)
            )
        errors = {name: np.concatenate([part.errors[name] for part in parts]) for name in parts[0].errors}
        sizes = np.concatenate([part.expected_units for part in parts])
        best, pooled = choose(errors, sizes, parts[0].weeks, patterns[rows])
        for pattern, name in pooled.items():
            chosen[patterns == pattern] = name
        chosen[rows] = best
    return chosen


def _misses(
    history: History,
    hierarchy: Hierarchy,
    baselines: Sequence[Baseline],
    borrowed_levels: Sequence[Floats],
    rows: Ints,
    models: Sequence[str],
) -> BacktestErrors:
    category = hierarchy.groups["category"].of
    backtest = BacktestErrors(np.zeros(rows.size))
    for baseline, borrow in zip(baselines, borrowed_levels, strict=False):
        actual = actual_weeks(history, baseline, rows)
        histories = series_histories(history, baseline, rows, category)
        settled = baseline.settled[rows]
        backtest.weeks += actual.shape[1]
        backtest.expected_units += borrow[rows] * settled * actual.shape[1]
        for name in (SHRUNK, *models):
            levels = borrow[rows] if name == SHRUNK else forecasters.levels(name, histories)
            backtest.add(name, weekly_error(baseline, category[rows], levels, actual) * settled)
    return backtest


def _largest(pool: Ints, volume: Floats) -> Ints:
    return np.sort(pool[np.argsort(-volume[pool], kind="stable")][:MOST_FREQUENT])


def _sampled(pool: Ints, patterns: Texts) -> Ints:
    random = np.random.default_rng(7)
    alike = [pool[patterns[pool] == pattern] for pattern in np.unique(patterns[pool])]
    return np.sort(np.concatenate([random.choice(rows, min(SAMPLE, rows.size), replace=False) for rows in alike]))
