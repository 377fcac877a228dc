"""A forecast from as-of and from each origin of the backtest: paths of categories, and levels of series that add up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shopkeeper.jobs.forecast.baseline import (
    SHRUNK,
    Baseline,
    Hierarchy,
    borrowed,
    bottom,
    category_paths,
    item_levels,
    series_histories,
    upcoming,
)
from shopkeeper.jobs.forecast.candidate_models import (
    CHUNK,
    Kept,
    best_path,
    first_days,
    group_levels,
    series_names,
)
from shopkeeper.jobs.forecast.history import History
from shopkeeper.models.arrays import Floats, Texts
from shopkeeper.models.demand import forecasters
from shopkeeper.models.demand.reconciliation import scaled
from shopkeeper.progress import Progress

CELLS, ITEMS, SERIES = "region_category", "sku", "region_sku"


@dataclass(frozen=True)
class Before:
    """What the run before decided: the model of category paths, and by level what is kept of its rows."""

    path: str
    rows: Mapping[str, Kept]


@dataclass(frozen=True)
class CutoffForecast:
    """A forecast from one day: the path of each category, and the level of each series."""

    on: Baseline
    path: Floats
    levels: Floats


@dataclass(frozen=True)
class LevelForecasts:
    """What was chosen and found: a stand for each ground, and by level the models and what they gave by themselves."""

    path: str
    stands: tuple[CutoffForecast, ...]
    names: Mapping[str, Texts]
    own: Mapping[str, Floats]


def levels(
    known: History,
    at: Hierarchy,
    grounds: Sequence[Baseline],
    kinds: Mapping[str, Texts],
    before: Before | None,
    progress: Progress,
) -> LevelForecasts:
    """A forecast from each ground, the last of which is as-of. `kinds` are the patterns of rows by level."""
    kept = before.rows if before else {}
    progress.step("Forecasting categories", 0.05)
    tried = [
        {name: category_paths(on, name) for name in ((before.path,) if before else forecasters.PATH_MODELS)}
        for on in grounds
    ]
    path = before.path if before else best_path(known, at, grounds, tried)
    paths = [found[path] for found in tried]
    names, own, wanted = {}, {}, {}
    for level, category, words, share in (
        (CELLS, at.cell_category, "categories in regions", 0.1),
        (ITEMS, at.item_category, "items", 0.2),
    ):
        part = _part(progress, f"Forecasting {at.groups[level].rows:,} {words}", share, len(grounds))
        names[level], own[level] = group_levels(
            known, at.groups[level], category, grounds, paths, kinds[level], kept.get(level), part
        )
    starts = first_days(known, at.groups[ITEMS])
    for place, (on, ahead) in enumerate(zip(grounds, paths, strict=True)):
        item = item_levels(on, at, own[ITEMS][:, place], starts)
        total = ahead.mean(axis=1)
        cell = scaled(own[CELLS][:, place], at.cell_category, total)
        wanted[place] = (cell, scaled(item, at.item_category, total))
    items = [item for _, item in wanted.values()]
    names[SERIES], own[SERIES] = _series(known, at, grounds, items, kinds[SERIES], kept.get(SERIES), progress)
    stands = []
    for place, (on, ahead) in enumerate(zip(grounds, paths, strict=True)):
        cell, item = wanted[place]
        raw = np.where(names[SERIES] == SHRUNK, borrowed(on, at, item), own[SERIES][:, place])
        stands.append(CutoffForecast(on, ahead, bottom(on, at, raw, item, cell) + upcoming(known, on, at, item)))
    return LevelForecasts(path, tuple(stands), names, own)


def _part(progress: Progress, words: str, share: float, parts: int) -> Callable[[int], None]:
    """Tell how far a tenth of the whole is, which has so many parts."""
    return lambda part: progress.step(f"{words}, from day {part + 1} of {parts}", share + 0.1 * part / parts)


def _series(
    known: History,
    at: Hierarchy,
    grounds: Sequence[Baseline],
    items: Sequence[Floats],
    kinds: Texts,
    kept: Kept | None,
    progress: Progress,
) -> tuple[Texts, Floats]:
    """Models of series, and series x grounds their levels; 0 where they borrow it."""
    names = kept.names if kept else series_names(known, at, grounds, items, kinds, progress)
    own = kept.levels.copy() if kept else np.full((kinds.size, len(grounds)), np.nan)
    own[names == SHRUNK] = 0.0
    todo = np.flatnonzero(np.isnan(own).any(axis=1))
    for first in range(0, todo.size, CHUNK):
        rows = todo[first : first + CHUNK]
        progress.step(f"Forecasting {first:,} of {todo.size:,} series", 0.5 + 0.3 * first / todo.size)
        for place, on in enumerate(grounds):
            histories = series_histories(known, on, rows, at.groups["category"].of)
            for name in np.unique(names[rows]):
                mine = np.flatnonzero(names[rows] == name)
                own[rows[mine], place] = forecasters.levels(str(name), [histories[row] for row in mine])
    return names, own
