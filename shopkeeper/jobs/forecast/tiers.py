"""How price tiers answer to events, beside their categories: premium goods may treble where the category doubles."""

import numpy as np

from shopkeeper.jobs.forecast.history import TIERS, History
from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.demand.events import Marks, Occurrence, group_ratios

NEAR_DAYS = 56
"""Ordinary days before and after an event that tell what a tier sells without it."""


def tier_of(history: History, category: Ints) -> Ints:
    """The tier of each series, numbered within all categories."""
    return np.asarray(category * TIERS + history.series["tier"].to_numpy())


def tier_factors(
    history: History, category: Ints, categories: int, marks: Marks, usual: Floats, multiples: Floats, spread: float
) -> Floats:
    """Tiers x days of `marks`: times the category's factor; 1 on ordinary days and where tiers tell nothing.

    `usual` and `multiples` are those of categories, days of history: without events, and with them.
    """
    days, tiers = usual.shape[1], categories * TIERS
    factors = np.ones((tiers, marks.name.size))
    if history.series["tier"].n_unique() < 2 or not history.windows:
        return factors
    parents = np.arange(tiers) // TIERS
    units = history.sums(tier_of(history, category), tiers)[:, :days]
    ratios = group_ratios(_occurrences(history, units, parents, marks, usual, multiples), parents, spread)
    for number, name in enumerate(marks.names):
        if name in ratios:
            factors[:, (marks.name == number) & marks.core] = ratios[name][:, None]
    return factors


def _occurrences(
    history: History, units: Floats, parents: Ints, marks: Marks, usual: Floats, multiples: Floats
) -> list[Occurrence]:
    days = units.shape[1]
    day = np.arange(days)
    occurrences = []
    for window in history.windows:
        if window.end >= days or window.name not in marks.names:
            continue
        number = marks.names.index(window.name)
        core = marks.core[:days] & (marks.name[:days] == number) & (day >= window.start) & (day <= window.end)
        near = marks.ordinary[:days] & (day >= window.start - NEAR_DAYS) & (day <= window.end + NEAR_DAYS)
        ordinary = usual[:, near].sum(axis=1)[parents]
        level = np.divide(units[:, near].sum(axis=1), ordinary, out=np.zeros(parents.size), where=ordinary > 0)
        expected = level * multiples[:, core].sum(axis=1)[parents]
        if core.any() and expected.any():
            occurrences.append(Occurrence(window.name, units[:, core].sum(axis=1), expected, (days - window.end) / 365))
    return occurrences


def tilted(daily: Floats, category: Ints, factors: Floats, categories: int) -> Floats:
    """Series x days times their tiers' `factors` (series x days), where each category's day adds up to what it was."""
    touched = np.flatnonzero((factors != 1).any(axis=0))
    if not touched.size:
        return daily
    moved = daily.copy()
    for day in touched:
        before = np.bincount(category, weights=daily[:, day], minlength=categories)
        after = np.bincount(category, weights=daily[:, day] * factors[:, day], minlength=categories)
        scale = np.divide(before, after, out=np.ones_like(before), where=after > 0)
        moved[:, day] = daily[:, day] * factors[:, day] * scale[category]
    return moved
