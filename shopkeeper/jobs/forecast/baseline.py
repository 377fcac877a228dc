"""What is known at one cutoff: the calendar's effects, the path of each category, levels before they add up."""

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
    """What is known after `cutoff` days, and nothing of what came later.

    `multiples` (categories x days, history then ahead) is what an ordinary day is multiplied with: weekday x time of
    year x event; `weekdays` the part of the weekday (categories x 7). `on_sale` marks the series on sale at the cutoff.
    `category_demand` is the demand of these by category and day, divided by the multiples. `recent_units` are units of
    each series in the last year, divided likewise; `dispersion` is variance / mean of counts by chance.
    """

    cutoff: int
    multiples: Floats
    weekdays: Floats
    factors: Factors
    on_sale: Flags
    category_demand: Floats
    recent_units: Floats
    dispersion: float

    @property
    def ahead(self) -> Floats:
        """Multiples of the days ahead, categories x HORIZON."""
        return self.multiples[:, self.cutoff :]


def hierarchy_of(history: History) -> Hierarchy:
    """The rows of every level."""
    groups = {level: history.group(level) for level in LEVEL_KEYS}
    category = groups["category"].of

    def above(level: str) -> Ints:
        row_category = np.zeros(groups[level].rows, dtype=np.int64)
        row_category[groups[level].of] = category
        return row_category

    return Hierarchy(groups, above("region_category"), above("sku"), groups["category"].rows)


def baseline_at(history: History, hierarchy: Hierarchy, cutoff: int) -> Baseline:
    """The baseline after the first `cutoff` days."""
    category = hierarchy.groups["category"].of
    totals = history.sums(category, hierarchy.categories)[:, :cutoff]
    weekday = (history.first_day.weekday() + np.arange(cutoff + HORIZON)) % 7
    marks = mark(history.windows, cutoff + HORIZON)
    ordinary = marks.ordinary[:cutoff]
    if ordinary.sum() < FEWEST_ORDINARY:
        marks = mark((), cutoff + HORIZON)
        ordinary = marks.ordinary[:cutoff]
    weekdays = weekday_profile(totals, ordinary, weekday[:cutoff])
    by_week = weekdays[:, weekday]
    usual = by_week * year_profile(totals, ordinary, by_week[:, :cutoff], cutoff + HORIZON)
    factors = estimate(totals, marks, usual[:, :cutoff])
    multiples = usual * factors.of(marks, hierarchy.categories)
    start, end = history.series["start"].to_numpy(), history.series["end"].to_numpy()
    on_sale = (end >= cutoff) & (start < cutoff)
    series = history.owner
    inside = (history.day < cutoff) & (history.day >= cutoff - SHARE_DAYS)
    share = history.units[inside] / multiples[category[series[inside]], history.day[inside]]
    recent_units = np.bincount(series[inside], weights=share, minlength=history.series.height).astype(np.float64)
    before = history.units[history.day < cutoff]
    dispersion = float((before**2).sum() / max(before.sum(), 1e-9))
    category_demand = (
        history.sums(category, hierarchy.categories, only=on_sale.astype(np.float64))[:, :cutoff]
        / multiples[:, :cutoff]
    )
    return Baseline(cutoff, multiples, weekdays, factors, on_sale, category_demand, recent_units, max(dispersion, 1.0))


def category_paths(baseline: Baseline, model: str) -> Floats:
    """Ordinary days ahead of each category, before weekday, year and events are put back."""
    return np.stack([forecasters.path(model, row, HORIZON) for row in baseline.category_demand])


def group_histories(history: History, baseline: Baseline, group: Group, category: Ints, first: Ints) -> list[Floats]:
    """Demand of what is on sale by row of a level, from day `first` of the row, divided by the multiples."""
    whole = history.sums(group.of, group.rows, only=baseline.on_sale.astype(np.float64))[:, : baseline.cutoff]
    whole = whole / baseline.multiples[category, : baseline.cutoff]
    return [row[min(start, baseline.cutoff) :] for row, start in zip(whole, first, strict=True)]


def series_histories(history: History, baseline: Baseline, rows: Ints, category: Ints) -> list[Floats]:
    """The same of single series."""
    start = history.series["start"].to_numpy()[rows]
    first = max(0, baseline.cutoff - forecasters.LONGEST)
    whole = history.dense(rows, first, baseline.cutoff) / baseline.multiples[category[rows], first : baseline.cutoff]
    return [row[max(0, min(day, baseline.cutoff) - first) :] for row, day in zip(whole, start, strict=True)]


def item_levels(baseline: Baseline, hierarchy: Hierarchy, item_level: Floats, start: Ints) -> Floats:
    """Levels of items: their own, but near what is usual in the category where they are new, 0 before the first day."""
    group = hierarchy.groups["sku"]
    units = sums(baseline.recent_units * baseline.on_sale, group.of, group.rows)
    days = np.clip(baseline.cutoff - start, 0, SHARE_DAYS).astype(np.float64)
    settled = (days >= NEW_DAYS) & (item_level > 0)
    count = np.maximum(np.bincount(hierarchy.item_category[settled], minlength=hierarchy.categories), 1)
    mean = (
        np.bincount(hierarchy.item_category[settled], weights=item_level[settled], minlength=hierarchy.categories)
        / count
    )
    square = (
        np.bincount(hierarchy.item_category[settled], weights=item_level[settled] ** 2, minlength=hierarchy.categories)
        / count
    )
    between = np.maximum(square - mean**2, 0)
    shrunk = new_levels(
        units, days, mean[hierarchy.item_category], between[hierarchy.item_category], baseline.dispersion
    )
    return np.where(days >= NEW_DAYS, item_level, np.where(days > 0, shrunk, 0.0))


def borrowed(baseline: Baseline, hierarchy: Hierarchy, items: Floats) -> Floats:
    """Levels of series from the level of their item and the shares of regions."""
    sku, cell = hierarchy.groups["sku"], hierarchy.groups["region_category"]
    shares = shrunk_shares(baseline.recent_units * baseline.on_sale, sku.of, cell.of, baseline.dispersion)
    return scaled(np.where(baseline.on_sale, shares, 0.0), sku.of, items)


def upcoming(history: History, baseline: Baseline, hierarchy: Hierarchy, items: Floats) -> Floats:
    """Levels of series that are not yet on sale: what a settled item of the category sells, by shares of regions."""
    start = history.series["start"].to_numpy()
    waiting = (start >= baseline.cutoff) & (history.days == baseline.cutoff)
    levels = np.zeros(start.size)
    if not waiting.any():
        return levels
    category, cell = hierarchy.groups["category"].of, hierarchy.groups["region_category"].of
    selling = items > 0
    count = np.bincount(hierarchy.item_category[selling], minlength=hierarchy.categories)
    usual = np.bincount(hierarchy.item_category, weights=items, minlength=hierarchy.categories) / np.maximum(count, 1)
    cell_units = sums(baseline.recent_units * baseline.on_sale, cell, hierarchy.cell_category.size)
    category_units = np.bincount(hierarchy.cell_category, weights=cell_units, minlength=hierarchy.categories)
    share = np.divide(
        cell_units,
        category_units[hierarchy.cell_category],
        out=np.zeros_like(cell_units),
        where=category_units[hierarchy.cell_category] > 0,
    )
    levels[waiting] = usual[category[waiting]] * share[cell[waiting]]
    return levels


def bottom(baseline: Baseline, hierarchy: Hierarchy, own: Floats, items: Floats, cells: Floats) -> Floats:
    """Levels of series that add up to the cells' levels."""
    on_sale_levels = np.where(baseline.on_sale, own, 0.0)
    return raked(on_sale_levels, hierarchy.groups["sku"].of, hierarchy.groups["region_category"].of, items, cells)


def daily(history: History, baseline: Baseline, hierarchy: Hierarchy, levels: Floats, path: Floats) -> Floats:
    """Series x HORIZON: levels in the shape of their category's path, with weekday, year and events put back."""
    category = hierarchy.groups["category"].of
    mean = path.mean(axis=1, keepdims=True)
    shape = np.divide(path, mean, out=np.ones_like(path), where=mean > 0) * baseline.ahead
    day = baseline.cutoff + np.arange(HORIZON)
    weekday = (history.first_day.weekday() + day) % 7
    owner = history.owner
    inside = (history.day < baseline.cutoff) & (history.day >= baseline.cutoff - SHARE_DAYS)
    at_day = owner[inside] * 7 + (history.first_day.weekday() + history.day[inside]) % 7
    weekday_units = np.bincount(at_day, weights=history.units[inside], minlength=history.series.height * 7)
    units = weekday_units.astype(np.float64).reshape(-1, 7)
    usual = baseline.weekdays[category]
    own = own_weekdays(units, usual, OWN_WEEKDAY_UNITS) / np.maximum(usual, 1e-9)
    units_ahead: Floats = levels[:, None] * shape[category] * own[:, weekday]
    start, end = history.series["start"].to_numpy()[:, None], history.series["end"].to_numpy()[:, None]
    units_ahead[(day < start) | (day > end)] = 0.0
    return units_ahead


def weekly(values: Floats) -> Floats:
    """Rows x HORIZON to rows x WEEKS."""
    return np.asarray(values.reshape(values.shape[0], WEEKS, 7).sum(axis=2))
