"""How many times an ordinary day's demand an event's day brings, by name, category and day of its window.

Ratio of demand to the level of ordinary days around it, pooled over years, of which recent ones weigh more. A
category's days are held near the shop's by its own sensitivity to the event (one number, itself held near 1), as far as
its spread does not exceed chance (empirical Bayes, method of moments). The lull before and the dip after are one factor
each and 1 unless they stand out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.models.demand.calendar import smoothed

LULL_DAYS = 5
DIP_DAYS = 7
NO_EVENT = -(10**6)
RECENT = 0.7
"""Weight of an event against one a year later: shoppers and shops change."""
STANDS_OUT = 2.0
"""Standard errors from 1 above which a lull or a dip is believed."""


@dataclass(frozen=True)
class Window:
    """An event in its year: day numbers of its first and last day, counted as the history's days are."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Marks:
    """By day: number of the event's name (-1: ordinary), the day of its window, and whether it is the event itself."""

    names: tuple[str, ...]
    name: Ints
    day: Ints
    core: Flags

    @property
    def ordinary(self) -> Flags:
        """Days that no event touches."""
        return self.name < 0


@dataclass(frozen=True)
class Factors:
    """By name: factors of categories x days of the window, the first of which is -LULL_DAYS; and events pooled."""

    values: Mapping[str, Floats]
    years: Mapping[str, int]

    def of(self, marks: Marks, categories: int) -> Floats:
        """Categories x days of `marks`; 1 on ordinary days and for events without a past."""
        factors = np.ones((categories, marks.name.size))
        for number, name in enumerate(marks.names):
            if name not in self.values:
                continue
            values = self.values[name]
            days = np.flatnonzero(marks.name == number)
            at = marks.day[days] + LULL_DAYS
            longer = marks.core[days] & (at >= values.shape[1] - DIP_DAYS)
            usual = values[:, LULL_DAYS : values.shape[1] - DIP_DAYS].mean(axis=1)
            factors[:, days] = np.where(longer, usual[:, None], values[:, np.minimum(at, values.shape[1] - 1)])
        return factors


def mark(windows: Sequence[Window], days: int) -> Marks:
    """Give each day to one event: to the shorter of two that overlap, to an event before another's lull or dip."""
    names = tuple(dict.fromkeys(window.name for window in windows))
    name = np.full(days, -1, dtype=np.int64)
    day = np.full(days, NO_EVENT, dtype=np.int64)
    core = np.zeros(days, dtype=np.bool_)
    longest_first = sorted(windows, key=lambda window: window.start - window.end)
    for reach in (True, False):
        for window in longest_first:
            start, end = (window.start - LULL_DAYS, window.end + DIP_DAYS) if reach else (window.start, window.end)
            at = np.arange(max(start, 0), min(end, days - 1) + 1)
            name[at], day[at], core[at] = names.index(window.name), at - window.start, not reach
    return Marks(names, name, day, core)


def estimate(totals: Floats, marks: Marks, usual: Floats) -> Factors:
    """Factors from demand by category (rows x days), where `usual` are its multiples of weekday and year.

    `marks` may reach further than `totals`; days beyond are not looked at.
    """
    history_days = totals.shape[1]
    past = Marks(marks.names, marks.name[:history_days], marks.day[:history_days], marks.core[:history_days])
    baseline = smoothed(totals, past.ordinary, usual) * usual
    spread = _dispersion(totals, baseline, past.ordinary)
    values, years = {}, {}
    for number, name in enumerate(marks.names):
        at = past.name == number
        core = at & past.core
        if not core.any() or not baseline[:, core].any():
            continue
        length = int(past.day[core].max()) + 1
        weight = _recency(core)
        values[name] = _factors(totals * weight, baseline * weight, at, past, length, spread)
        years[name] = int((np.diff(np.flatnonzero(core)) > 1).sum()) + 1
    return Factors(values, years)


def _recency(core: Flags) -> Floats:
    """Weight of each day by how many years before the last event of the name it lies: 1 in the last year."""
    years = np.round((np.flatnonzero(core)[-1] - np.arange(core.size)) / 365)
    return np.asarray(RECENT ** np.maximum(years, 0))


def _dispersion(totals: Floats, baseline: Floats, ordinary: Flags) -> float:
    above = ((totals - baseline) ** 2 * ordinary).sum()
    return max(1.0, float(above / max((baseline * ordinary).sum(), 1e-9)))


def _factors(totals: Floats, baseline: Floats, at: Flags, past: Marks, length: int, spread: float) -> Floats:
    rows = totals.shape[0]
    factors = np.ones((rows, LULL_DAYS + length + DIP_DAYS))
    for side in (at & ~past.core & (past.day < 0), at & ~past.core & (past.day >= 0)):
        first, last = (0, LULL_DAYS) if (past.day[side] < 0).any() else (LULL_DAYS + length, factors.shape[1])
        if side.any():
            factors[:, first:last] = _side(float(totals[:, side].sum()), float(baseline[:, side].sum()), spread)
    actual, expected = np.zeros((rows, length)), np.zeros((rows, length))
    for day in range(length):
        days = at & past.core & (past.day == day)
        actual[:, day], expected[:, day] = totals[:, days].sum(axis=1), baseline[:, days].sum(axis=1)
    factors[:, LULL_DAYS : LULL_DAYS + length] = _core(actual, expected, spread)
    return factors


def _side(actual: float, expected: float, spread: float) -> float:
    """One factor for the days before or after: 1 unless it stands out."""
    if expected <= 0:
        return 1.0
    factor = actual / expected
    error = np.sqrt(spread / expected)
    return factor if abs(factor - 1) > STANDS_OUT * error else 1.0


def _core(actual: Floats, expected: Floats, spread: float) -> Floats:
    """Factors of categories x days: each held near the shop's, by the category's sensitivity."""
    whole = np.maximum(expected.sum(axis=0), 1e-9)
    shop = np.where(expected.sum(axis=0) > 0, actual.sum(axis=0) / whole, 1.0)
    sensitivity = _sensitivity(actual, expected, shop, spread)
    parent = np.maximum(1 + sensitivity[:, None] * (shop - 1), 0.05)
    chance = spread * parent / np.maximum(expected, 1e-9)
    raw = np.where(expected > 0, actual / np.maximum(expected, 1e-9), parent)
    weights = np.where(expected > 0, expected, 0.0)
    excess = float((((raw - parent) ** 2 - chance) * weights).sum() / max(weights.sum(), 1e-9))
    real = max(0.0, excess)
    return np.asarray(np.maximum(parent + _belief(real, chance) * (raw - parent), 0.05))


def _sensitivity(actual: Floats, expected: Floats, shop: Floats, spread: float) -> Floats:
    """How strongly each category answers, as a multiple of the shop: 1 where that cannot be told."""
    rise = (expected * (shop - 1)).sum(axis=1)
    chance = spread * (expected * shop).sum(axis=1) / np.maximum(rise**2, 1e-9)
    measurable = (rise**2 > 0) & (chance < 4)
    if not measurable.any():
        return np.ones(expected.shape[0])
    raw = np.where(measurable, (actual - expected).sum(axis=1) / np.where(measurable, rise, 1.0), 1.0)
    weight = np.where(measurable, 1 / np.maximum(chance, 1e-9), 0.0)
    real = max(0.0, float((weight * ((raw - 1) ** 2 - chance)).sum() / weight.sum()))
    return np.where(measurable, np.maximum(1 + _belief(real, chance) * (raw - 1), 0.0), 1.0)


def _belief(real: float, chance: Floats) -> Floats:
    """Share of what was seen that is believed: its real variance over all of it."""
    whole = real + chance
    return np.divide(real, whole, out=np.zeros_like(whole), where=whole > 0)


CLEARLY = 0.02
"""Share of the squared miss by which groups must beat their categories to be believed."""


@dataclass(frozen=True)
class Occurrence:
    """One event gone by: units that groups sold in it, what their categories' factors made one expect, its age."""

    name: str
    actual: Floats
    expected: Floats
    years_ago: float


def group_ratios(occurrences: Sequence[Occurrence], parents: Ints, spread: float) -> Mapping[str, Floats]:
    """By name of an event, how many times its category's factor each group's is: a price tier that trades up, say.

    `parents` is each group's category, whose total is kept. A group is held near its category as far as its spread does
    not exceed chance (empirical Bayes, method of moments), and recent years weigh more. Only events that came at least
    twice, and only where such ratios of earlier years missed less of the last year than the categories' factors did.
    """
    by_name: dict[str, list[Occurrence]] = {}
    for one in sorted(occurrences, key=lambda each: -each.years_ago):
        by_name.setdefault(one.name, []).append(_kept_total(one, parents))
    again = {name: group for name, group in by_name.items() if len(group) > 1}
    misses = np.zeros(2)
    for *earlier, last in again.values():
        size = np.maximum(last.expected, 1e-9)
        for number, ratio in enumerate((np.ones(parents.size), _ratio(earlier, spread))):
            missed = (last.actual - _scaled_to(last.expected * ratio, last.expected, parents)) ** 2
            misses[number] += float((missed / size)[last.expected > 0].sum())
    if not misses[0] or misses[1] > misses[0] * (1 - CLEARLY):
        return {}
    return {name: _ratio(group, spread) for name, group in again.items()}


def _kept_total(one: Occurrence, parents: Ints) -> Occurrence:
    """With expectations that add up to what each category sold."""
    return Occurrence(one.name, one.actual, _scaled_to(one.expected, one.actual, parents), one.years_ago)


def _scaled_to(values: Floats, wanted: Floats, parents: Ints) -> Floats:
    sums, targets = (np.bincount(parents, weights=each) for each in (values, wanted))
    return np.asarray(values * np.divide(targets, sums, out=np.zeros_like(sums), where=sums > 0)[parents])


def _ratio(occurrences: Sequence[Occurrence], spread: float) -> Floats:
    newest = min(one.years_ago for one in occurrences)
    weights = [RECENT ** (one.years_ago - newest) for one in occurrences]
    actual = np.sum([weight * one.actual for weight, one in zip(weights, occurrences, strict=True)], axis=0)
    expected = np.sum([weight * one.expected for weight, one in zip(weights, occurrences, strict=True)], axis=0)
    raw = np.divide(actual, expected, out=np.ones_like(actual), where=expected > 0)
    chance = spread / np.maximum(expected, 1e-9)
    weight = np.where(expected > 0, expected, 0.0)
    real = max(0.0, float((((raw - 1) ** 2 - chance) * weight).sum() / max(weight.sum(), 1e-9)))
    return np.asarray(np.maximum(1 + np.where(expected > 0, _belief(real, chance), 0.0) * (raw - 1), 0.05))
