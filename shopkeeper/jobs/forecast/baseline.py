"""What a forecast stands on at one day: the calendar's effects, the path of each category, levels before adding up."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shopkeeper.contract.forecasts import HORIZON, WEEKS
from shopkeeper.jobs.forecast.history import LEVEL_KEYS, Group, History
from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.models.demand import forecasters
from shopkeeper.models.demand.calendar import own_weekdays, weekday_profile, year_profile
from shopkeeper.models.demand.events import Factors, estimate, mark
from shopkeeper.models.demand.patterns import NEW_DAYS
from shopkeeper.models.demand.reconciliation import raked, scaled, sums
from shopkeeper.models.demand.shares import new_levels, shrunk_shares

SHARE = "Share of the category"
SHRUNK = "Share, corrected by own sales"
NEW = "Usual level of new items"
SHARE_DAYS = 364
FEWEST_ORDINARY = 28
OWN_WEEKDAY_UNITS = 300.0
"""Units of its own that a series' weekdays are weighed against."""


@dataclass(frozen=True)
class Hierarchy:
    """The rows of every level, and for rows below the category the category that they belong to."""

    groups: Mapping[str, Group]
    cell_category: Ints
    item_category: Ints
    categories: int


@dataclass(frozen=True)
class Baseline:
    """What is known after `known` days.

    `multiples` (categories x days, history then ahead) is what an ordinary day is multiplied with: weekday x time of
    year x event; `weekdays` the part of the weekday (categories x 7). `alive` are series on sale. `history` is the
    demand of these by category, divided by the multiples. `recent` are units of each series in the last year, divided
    likewise; `spread` variance / mean of counts by chance.
    """

    known: int
    multiples: Floats
    weekdays: Floats
    factors: Factors
    alive: Flags
    history: Floats
    recent: Floats
    spread: float

    @property
    def ahead(self) -> Floats:
        """Multiples of the days ahead, categories x HORIZON."""
        return self.multiples[:, self.known :]


def places(known: History) -> Hierarchy:
    """The rows of every level."""
    groups = {level: known.group(level) for level in LEVEL_KEYS}
    category = groups["category"].of

    def above(level: str) -> Ints:
        found = np.zeros(groups[level].rows, dtype=np.int64)
        found[groups[level].of] = category
        return found

    return Hierarchy(groups, above("region_category"), above("sku"), groups["category"].rows)


def ground(known: History, at: Hierarchy, days: int) -> Baseline:
    """The ground after the first `days` days, told from nothing later."""
    category = at.groups["category"].of
    totals = known.sums(category, at.categories)[:, :days]
    weekday = (known.first_day.weekday() + np.arange(days + HORIZON)) % 7
    marks = mark(known.windows, days + HORIZON)
    ordinary = marks.ordinary[:days]
    if ordinary.sum() < FEWEST_ORDINARY:
        marks = mark((), days + HORIZON)
        ordinary = marks.ordinary[:days]
    weekdays = weekday_profile(totals, ordinary, weekday[:days])
    by_week = weekdays[:, weekday]
    usual = by_week * year_profile(totals, ordinary, by_week[:, :days], days + HORIZON)
    factors = estimate(totals, marks, usual[:, :days])
    multiples = usual * factors.of(marks, at.categories)
    start, end = known.series["start"].to_numpy(), known.series["end"].to_numpy()
    alive = (end >= days) & (start < days)
    owner = known.owner
    inside = (known.day < days) & (known.day >= days - SHARE_DAYS)
    share = known.units[inside] / multiples[category[owner[inside]], known.day[inside]]
    recent = np.bincount(owner[inside], weights=share, minlength=known.series.height).astype(np.float64)
    before = known.units[known.day < days]
    spread = float((before**2).sum() / max(before.sum(), 1e-9))
    history = known.sums(category, at.categories, only=alive.astype(np.float64))[:, :days] / multiples[:, :days]
    return Baseline(days, multiples, weekdays, factors, alive, history, recent, max(spread, 1.0))


def category_paths(on: Baseline, model: str) -> Floats:
    """Ordinary days ahead of each category, before weekday, year and events are put back."""
    return np.stack([forecasters.path(model, row, HORIZON) for row in on.history])


def group_histories(known: History, on: Baseline, group: Group, category: Ints, first: Ints) -> list[Floats]:
    """Demand of what is on sale by row of a level, from day `first` of the row, divided by the multiples."""
    whole = known.sums(group.of, group.rows, only=on.alive.astype(np.float64))[:, : on.known]
    whole = whole / on.multiples[category, : on.known]
    return [row[min(start, on.known) :] for row, start in zip(whole, first, strict=True)]


def series_histories(known: History, on: Baseline, rows: Ints, category: Ints) -> list[Floats]:
    """The same of single series."""
    start = known.series["start"].to_numpy()[rows]
    first = max(0, on.known - forecasters.LONGEST)
    whole = known.dense(rows, first, on.known) / on.multiples[category[rows], first : on.known]
    return [row[max(0, min(day, on.known) - first) :] for row, day in zip(whole, start, strict=True)]


def item_levels(on: Baseline, at: Hierarchy, own: Floats, start: Ints) -> Floats:
    """Levels of items: as found, held near what is usual in the category where they are new, 0 before the first day."""
    group = at.groups["sku"]
    units = sums(on.recent * on.alive, group.of, group.rows)
    days = np.clip(on.known - start, 0, SHARE_DAYS).astype(np.float64)
    settled = (days >= NEW_DAYS) & (own > 0)
    count = np.maximum(np.bincount(at.item_category[settled], minlength=at.categories), 1)
    mean = np.bincount(at.item_category[settled], weights=own[settled], minlength=at.categories) / count
    square = np.bincount(at.item_category[settled], weights=own[settled] ** 2, minlength=at.categories) / count
    between = np.maximum(square - mean**2, 0)
    held = new_levels(units, days, mean[at.item_category], between[at.item_category], on.spread)
    return np.where(days >= NEW_DAYS, own, np.where(days > 0, held, 0.0))


def shares_of(values: Floats, category: Ints, wanted: Floats) -> Floats:
    """Levels in proportion to `values`, adding up to what is wanted of each category."""
    return scaled(values, category, wanted)


def borrowed(on: Baseline, at: Hierarchy, items: Floats) -> Floats:
    """Levels of series from the level of their item and the shares of regions."""
    sku, cell = at.groups["sku"], at.groups["region_category"]
    shares = shrunk_shares(on.recent * on.alive, sku.of, cell.of, on.spread)
    return scaled(np.where(on.alive, shares, 0.0), sku.of, items)


def upcoming(known: History, on: Baseline, at: Hierarchy, items: Floats) -> Floats:
    """Levels of series that are not yet on sale: what a settled item of the category sells, by shares of regions."""
    start = known.series["start"].to_numpy()
    waiting = (start >= on.known) & (known.days == on.known)
    found = np.zeros(start.size)
    if not waiting.any():
        return found
    category, cell = at.groups["category"].of, at.groups["region_category"].of
    there = items > 0
    count = np.bincount(at.item_category[there], minlength=at.categories)
    usual = np.bincount(at.item_category, weights=items, minlength=at.categories) / np.maximum(count, 1)
    cells = sums(on.recent * on.alive, cell, at.cell_category.size)
    whole = np.bincount(at.cell_category, weights=cells, minlength=at.categories)
    share = np.divide(cells, whole[at.cell_category], out=np.zeros_like(cells), where=whole[at.cell_category] > 0)
    found[waiting] = usual[category[waiting]] * share[cell[waiting]]
    return found


def bottom(on: Baseline, at: Hierarchy, own: Floats, items: Floats, cells: Floats) -> Floats:
    """Levels of series that add up to the cells' levels."""
    found = np.where(on.alive, own, 0.0)
    return raked(found, at.groups["sku"].of, at.groups["region_category"].of, items, cells)


def daily(known: History, on: Baseline, at: Hierarchy, levels: Floats, path: Floats) -> Floats:
    """Series x HORIZON: levels in the shape of their category's path, with weekday, year and events put back."""
    category = at.groups["category"].of
    mean = path.mean(axis=1, keepdims=True)
    shape = np.divide(path, mean, out=np.ones_like(path), where=mean > 0) * on.ahead
    day = on.known + np.arange(HORIZON)
    weekday = (known.first_day.weekday() + day) % 7
    owner = known.owner
    inside = (known.day < on.known) & (known.day >= on.known - SHARE_DAYS)
    at_day = owner[inside] * 7 + (known.first_day.weekday() + known.day[inside]) % 7
    counts = np.bincount(at_day, weights=known.units[inside], minlength=known.series.height * 7)
    units = counts.astype(np.float64).reshape(-1, 7)
    usual = on.weekdays[category]
    own = own_weekdays(units, usual, OWN_WEEKDAY_UNITS) / np.maximum(usual, 1e-9)
    found: Floats = levels[:, None] * shape[category] * own[:, weekday]
    start, end = known.series["start"].to_numpy()[:, None], known.series["end"].to_numpy()[:, None]
    found[(day < start) | (day > end)] = 0.0
    return found


def weekly(values: Floats) -> Floats:
    """Rows x HORIZON to rows x WEEKS."""
    return np.asarray(values.reshape(values.shape[0], WEEKS, 7).sum(axis=2))
