"""A forecast from as-of and from each cutoff of the backtest: paths of categories, and levels of series that add up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from shopkeeper.jobs.forecast.backtest import category_weeks, weekly_error
from shopkeeper.jobs.forecast.baseline import (
    SHRUNK,
    Baseline,
    Hierarchy,
    borrowed,
    bottom,
    category_paths,
    newcomer_levels,
    series_histories,
)
from shopkeeper.jobs.forecast.candidate_models import (
    CHUNK,
    CLEARLY,
    PreviousLevels,
    best_path,
    group_levels,
    series_names,
)
from shopkeeper.jobs.forecast.history import History
from shopkeeper.models.arrays import Floats, Texts
from shopkeeper.models.demand import forecasters
from shopkeeper.models.demand.reconciliation import scaled, sums
from shopkeeper.progress import Progress

CELLS, ITEMS, SERIES = "region_category", "sku", "region_sku"


@dataclass(frozen=True)
class PreviousChoices:
    """Of the run before: the model of category paths, and by level the models of its rows and their levels."""

    path_model: str
    by_level: Mapping[str, PreviousLevels]


@dataclass(frozen=True)
class CutoffForecast:
    """A forecast from one day: the path of each category, and the level of each series."""

    baseline: Baseline
    path: Floats
    levels: Floats


@dataclass(frozen=True)
class LevelForecasts:
    """A forecast from each cutoff, and by level the models of its rows and the levels that these gave by themselves.

    `own_levels` are rows x cutoffs, before rows are made to add up. `path_model` serves the categories.
    """

    path_model: str
    cutoff_forecasts: tuple[CutoffForecast, ...]
    models: Mapping[str, Texts]
    own_levels: Mapping[str, Floats]


def forecast_levels(
    history: History,
    hierarchy: Hierarchy,
    baselines: Sequence[Baseline],
    patterns: Mapping[str, Texts],
    previous: PreviousChoices | None,
    progress: Progress,
) -> LevelForecasts:
    """A forecast from each baseline, the last of which is as-of. `patterns` are those of rows, by level."""
    previous_levels = previous.by_level if previous else {}
    progress.step("Forecasting categories", 0.05)
    path_model, paths, whole = _paths(history, hierarchy, baselines, previous)
    models, own_levels = {}, {}
    for level, category, words, share in (
        (CELLS, hierarchy.cell_category, "categories in regions", 0.1),
        (ITEMS, hierarchy.item_category, "items", 0.2),
    ):
        group, kept = hierarchy.groups[level], previous_levels.get(level)
        part = _part(progress, f"Forecasting {group.rows:,} {words}", share, len(baselines))
        models[level], own_levels[level] = group_levels(
            history, group, category, baselines, paths, patterns[level], kept, part
        )
    targets = _targets(hierarchy, paths, own_levels)
    items, kept = [item for _, item in targets], previous_levels.get(SERIES)
    models[SERIES], own_levels[SERIES] = _series(history, hierarchy, baselines, items, patterns[SERIES], kept, progress)
    cutoff_forecasts = []
    for number, (baseline, path, (cell, item)) in enumerate(zip(baselines, paths, targets, strict=True)):
        own = np.where(models[SERIES] == SHRUNK, borrowed(baseline, hierarchy, item), own_levels[SERIES][:, number])
        series = bottom(baseline, hierarchy, own, item, cell)
        series = series + newcomer_levels(history, baseline, hierarchy, item)
        cutoff_forecasts.append(CutoffForecast(baseline, path, series))
    replaced = _within_the_whole(history, hierarchy, cutoff_forecasts, whole)
    made = cutoff_forecasts if replaced is None else replaced
    return LevelForecasts(path_model, tuple(made), models, own_levels)


def _within_the_whole(
    history: History, hierarchy: Hierarchy, cutoff_forecasts: Sequence[CutoffForecast], whole: Sequence[Floats]
) -> Sequence[CutoffForecast] | None:
    """The forecasts, scaled to the paths of whole categories where the past shows that newcomers take from others.

    In a shop whose items come and go all the time the total stays as it is, and what comes replaces what goes: there
    the path of all that is on sale missed less, from the cutoffs before, than that of the settled with newcomers on
    top. None where it did not.
    """
    category = hierarchy.groups["category"].of
    misses = np.zeros(2)
    scaled_forecasts = []
    for each, path in zip(cutoff_forecasts, whole, strict=True):
        there = np.where(each.baseline.on_sale, each.levels, 0.0)
        replaced = scaled(there, category, path.mean(axis=1)) + each.levels - there
        scaled_forecasts.append(replace(each, levels=replaced, path=path))
        actual = category_weeks(history, hierarchy, each.baseline)
        for number, levels in enumerate((each.levels, replaced)):
            totals = sums(levels, category, hierarchy.categories)
            misses[number] += weekly_error(each.baseline, np.arange(hierarchy.categories), totals, actual).sum()
    return scaled_forecasts if misses[1] < misses[0] * (1 - CLEARLY) else None


def _paths(
    history: History, hierarchy: Hierarchy, baselines: Sequence[Baseline], previous: PreviousChoices | None
) -> tuple[str, list[Floats], list[Floats]]:
    """The model of category paths, and by cutoff the paths of what is settled and those of all that is on sale.

    It is the one that misses least of both: so that the two are told apart by what they count, not by their models.
    """
    candidates = tuple(previous.path_model.split(forecasters.AND)) if previous else forecasters.PATH_MODELS
    settled = [{name: category_paths(baseline, name) for name in candidates} for baseline in baselines]
    whole = [
        by_model
        if np.array_equal(baseline.category_demand, baseline.whole_demand)
        else {name: category_paths(baseline, name, whole=True) for name in candidates}
        for baseline, by_model in zip(baselines, settled, strict=True)
    ]
    if previous:
        model = previous.path_model
    else:
        tested = baselines[:-1]
        actual = [category_weeks(history, hierarchy, baseline, baseline.settled) for baseline in tested]
        everything = [category_weeks(history, hierarchy, baseline) for baseline in tested]
        model = best_path([*tested, *tested], [*settled[:-1], *whole[:-1]], [*actual, *everything])
    parts = model.split(forecasters.AND)
    settled_paths, whole_paths = (
        [np.mean([by_model[part] for part in parts], axis=0) for by_model in by_cutoff]
        for by_cutoff in (settled, whole)
    )
    return model, settled_paths, whole_paths


def _targets(
    hierarchy: Hierarchy, paths: Sequence[Floats], own_levels: Mapping[str, Floats]
) -> list[tuple[Floats, Floats]]:
    """By cutoff, the levels of categories in regions and of items, scaled to the levels of their categories."""
    targets = []
    for number, path in enumerate(paths):
        total = path.mean(axis=1)
        cell = scaled(own_levels[CELLS][:, number], hierarchy.cell_category, total)
        targets.append((cell, scaled(own_levels[ITEMS][:, number], hierarchy.item_category, total)))
    return targets


def _part(progress: Progress, words: str, share: float, cutoffs: int) -> Callable[[int], None]:
    """Tell how far a tenth of the whole is, which has so many parts."""
    return lambda part: progress.step(f"{words}, from day {part + 1} of {cutoffs}", share + 0.1 * part / cutoffs)


def _series(
    history: History,
    hierarchy: Hierarchy,
    baselines: Sequence[Baseline],
    items: Sequence[Floats],
    patterns: Texts,
    previous: PreviousLevels | None,
    progress: Progress,
) -> tuple[Texts, Floats]:
    """Models of series, and series x cutoffs their levels; 0 where they borrow it."""
    models = previous.models if previous else series_names(history, hierarchy, baselines, items, patterns, progress)
    levels = previous.levels.copy() if previous else np.full((patterns.size, len(baselines)), np.nan)
    levels[models == SHRUNK] = 0.0
    todo = np.flatnonzero(np.isnan(levels).any(axis=1))
    for first in range(0, todo.size, CHUNK):
        rows = todo[first : first + CHUNK]
        progress.step(f"Forecasting {first:,} of {todo.size:,} series", 0.5 + 0.3 * first / todo.size)
        for number, baseline in enumerate(baselines):
            histories = series_histories(history, baseline, rows, hierarchy.groups["category"].of)
            for name in np.unique(models[rows]):
                positions = np.flatnonzero(models[rows] == name)
                levels[rows[positions], number] = forecasters.levels(str(name), [histories[row] for row in positions])
    return models, levels
