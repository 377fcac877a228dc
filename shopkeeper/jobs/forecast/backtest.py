"""From which cutoffs candidate models are tested on the shop's own past, and which model serves which series.

A series with many days of demand has a say of its own; where there are few, the model is that of all series that come
alike, since a choice among six by a handful of weeks would be noise.
"""

from collections.abc import Mapping

import numpy as np

from shopkeeper.jobs.forecast.baseline import Baseline, Hierarchy
from shopkeeper.jobs.forecast.history import Group, History
from shopkeeper.models.arrays import Flags, Floats, Ints, Texts

SPACING = 28
CUTOFFS = 4
SHORTEST = 28
"""Days known at the first cutoff."""
SHORTEST_FOR_EVENT = 182
CHECKED_WEEKS = 4
OWN_SAY = 40
"""Weeks of its own that weigh as much as all series alike."""
FREQUENT = ("smooth", "erratic")


def cutoffs(history: History) -> list[int]:
    """Days known at each cutoff, the last first: four ordinary ones four weeks apart, and one before an event.

    The latter is as far before the last event of its name as the data end before the next.
    """
    days = history.days
    cutoff_days = [days - SPACING * back for back in range(1, CUTOFFS + 1) if days - SPACING * back >= SHORTEST]
    past = [window for window in history.windows if window.end < days]
    for window in sorted((window for window in history.windows if window.start >= days), key=lambda w: w.start):
        before = max((w for w in past if w.name == window.name), key=lambda w: w.start, default=None)
        if before is not None:
            event = days - (window.start - before.start)
            return [*cutoff_days, event] if SHORTEST_FOR_EVENT <= event < min(cutoff_days, default=0) else cutoff_days
    return cutoff_days


def weekly_error(baseline: Baseline, category: Ints, levels: Floats, actual: Floats) -> Floats:
    """Sum over weeks of the squared miss, by row: `levels` of an ordinary day against `actual` (rows x weeks)."""
    weeks = actual.shape[1]
    if not weeks:
        return np.zeros(levels.size)
    multiples = baseline.ahead[:, : weeks * 7].reshape(-1, weeks, 7).sum(axis=2)
    return np.asarray(((levels[:, None] * multiples[category] - actual) ** 2).sum(axis=1))


def actual_weeks(history: History, baseline: Baseline, rows: Group | Ints) -> Floats:
    """Rows of a level, or single series, x the checked weeks after the cutoff that have come: what models learn from.

    A level's rows count what was settled at the cutoff: newcomers are no matter of these models.
    """
    weeks = max(0, min(CHECKED_WEEKS, (history.days - baseline.cutoff) // 7))
    days = slice(baseline.cutoff, baseline.cutoff + weeks * 7)
    if isinstance(rows, Group):
        units = history.sums(rows.of, rows.rows, only=baseline.settled.astype(np.float64))[:, days]
    else:
        units = history.dense(rows, days.start, days.stop)
    return np.asarray(units.reshape(units.shape[0], weeks, 7).sum(axis=2))


def category_weeks(history: History, hierarchy: Hierarchy, baseline: Baseline, only: Flags | None = None) -> Floats:
    """Categories x the checked weeks after the cutoff that have come: of the series `only`, or of all there were."""
    weeks = max(0, min(CHECKED_WEEKS, (history.days - baseline.cutoff) // 7))
    group = hierarchy.groups["category"]
    weights = None if only is None else only.astype(np.float64)
    units = history.sums_in_proportion(group.of, group.rows, only=weights)
    units = units[:, baseline.cutoff : baseline.cutoff + weeks * 7]
    return np.asarray(units.reshape(group.rows, weeks, 7).sum(axis=2))


def choose(errors: Mapping[str, Floats], sizes: Floats, weeks: int, patterns: Texts) -> tuple[Texts, dict[str, str]]:
    """The model of each row, and of each pattern. `errors` are sums over all `weeks`; NaN where not tested.

    Counts spread in proportion to their size, so errors are divided by `sizes` (units that were expected): large rows
    do not decide for all, and quiet ones do not speak for models that expect too little.
    """
    names = np.array(list(errors), dtype="U40")
    matrix = np.stack(list(errors.values()), axis=1)
    tested = np.isfinite(matrix).all(axis=1) & (sizes > 0)
    relative = np.divide(matrix, sizes[:, None], out=np.zeros_like(matrix), where=tested[:, None])
    chosen = np.full(patterns.size, names[0])
    pooled: dict[str, str] = {}
    for pattern in np.unique(patterns):
        alike = patterns == pattern
        judging = alike & tested if (alike & tested).any() else tested
        pooled_error = relative[judging].mean(axis=0) if judging.any() else np.arange(names.size, dtype=np.float64)
        pooled[str(pattern)] = str(names[int(pooled_error.argmin())])
        series_error = np.where(tested[alike, None], relative[alike], pooled_error)
        blended = (series_error * weeks + pooled_error * OWN_SAY) / (weeks + OWN_SAY)
        chosen[alike] = names[blended.argmin(axis=1)] if pattern in FREQUENT else pooled[str(pattern)]
    return chosen, pooled
