"""What is known at one cutoff: the calendar's effects, the path of each category, levels before they add up."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shopkeeper.contract.forecasts import HORIZON, WEEKS
from shopkeeper.jobs.forecast.history import LEVEL_KEYS, Group, History
from shopkeeper.jobs.forecast.tiers import tier_factors, tier_of, tilted
from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.models.demand import forecasters
from shopkeeper.models.demand.calendar import own_weekdays, shut, weekday_profile, year_profile
from shopkeeper.models.demand.events import Factors, estimate, mark
from shopkeeper.models.demand.patterns import NEW_DAYS
from shopkeeper.models.demand.reconciliation import raked, scaled, sums
from shopkeeper.models.demand.shares import new_levels, shrunk_shares, usual_newcomer

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

    `tier` is that of each series, and `tilt` (tiers x days, history then ahead) what an event's day of a tier is beyond
    the factor of its category.

    `multiples` (categories x days, history then ahead) is what an ordinary day is multiplied with: weekday x time of
    year x event; `weekdays` the part of the weekday (categories x 7). `on_sale` marks the series on sale at the cutoff,
    `settled` those of them whose item is no newcomer: they make the paths of categories, so that an item that comes
    does not take from those that were there.
    `exposure` (categories x days of history) are the multiples, but of a day that an event raises those without it:
    its demand is divided by the event (`raised`), and it counts as one ordinary day. `category_demand` is that of
    settled series by category and day, `whole_demand` that of all on sale, both divided by the event. `recent_units`
    are units of each series in the last year, divided likewise; `dispersion` is variance / mean of counts by chance.
    """

    cutoff: int
    multiples: Floats
    weekdays: Floats
    factors: Factors
    on_sale: Flags
    settled: Flags
    category_demand: Floats
    whole_demand: Floats
    raised: Floats
    exposure: Floats
    recent_units: Floats
    dispersion: float
    tier: Ints
    tilt: Floats

    @property
    def ahead(self) -> Floats:
        """Multiples of the days ahead, categories x HORIZON."""
        return self.multiples[:, self.cutoff :]

    def raised_by_series(self, category: Ints, tier: Ints, first: int) -> Floats:
        """What events raise days by from day `first` to the cutoff: rows given by their category and tier."""
        return np.asarray(self.raised[category, first:] * self.tilt[tier, first : self.cutoff])


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
    event = factors.of(marks, hierarchy.categories)
    raised = np.maximum(event, 1.0)[:, :cutoff]
    exposure = usual[:, :cutoff] * np.minimum(event, 1.0)[:, :cutoff] * ~shut(totals, usual[:, :cutoff])
    start, end = history.series["start"].to_numpy(), history.series["end"].to_numpy()
    on_sale = (end >= cutoff) & (start < cutoff)
    series = history.owner
    inside = (history.day < cutoff) & (history.day >= cutoff - SHARE_DAYS)
    before = history.units[history.day < cutoff]
    dispersion = max(1.0, float((before**2).sum() / max(before.sum(), 1e-9)))
    past_multiples, tier = (usual * event)[:, :cutoff], tier_of(history, category)
    tilt = tier_factors(history, category, hierarchy.categories, marks, usual[:, :cutoff], past_multiples, dispersion)
    at_day = history.day[inside]
    share = history.units[inside] / (raised[category[series[inside]], at_day] * tilt[tier[series[inside]], at_day])
    recent_units = np.bincount(series[inside], weights=share, minlength=history.series.height).astype(np.float64)
    settled = on_sale & ~newcomers(history, hierarchy, cutoff)[hierarchy.groups["sku"].of]

    def demand(of_series: Flags) -> Floats:
        only = of_series.astype(np.float64)
        return history.sums_in_proportion(category, hierarchy.categories, only=only)[:, :cutoff] / raised

    return Baseline(
        cutoff,
        usual * event,
        weekdays,
        factors,
        on_sale,
        settled,
        demand(settled),
        demand(on_sale),
        raised,
        exposure,
        recent_units,
        dispersion,
        tier,
        tilt,
    )


def category_paths(baseline: Baseline, model: str, *, whole: bool = False) -> Floats:
    """Ordinary days ahead of each category, before weekday, year and events are put back.

    Of what is settled there, or of the `whole` with what is new.
    """
    demand_by_category = baseline.whole_demand if whole else baseline.category_demand
    pairs = zip(demand_by_category, baseline.exposure, strict=True)
    return np.stack([forecasters.path(model, demand, exposure, HORIZON) for demand, exposure in pairs])


def group_histories(
    history: History, baseline: Baseline, group: Group, category: Ints, first: Ints
) -> list[tuple[Floats, Floats]]:
    """Demand of settled series and its exposure by row of a level, from day `first` of the row."""
    whole = history.sums(group.of, group.rows, only=baseline.settled.astype(np.float64))[:, : baseline.cutoff]
    raised = baseline.raised[category]
    if "sku" in group.keys.columns:
        tier = np.zeros(group.rows, dtype=np.int64)
        tier[group.of] = baseline.tier
        raised = baseline.raised_by_series(category, tier, 0)
    return _from_first(whole / raised, baseline.exposure[category], first)


def series_histories(history: History, baseline: Baseline, rows: Ints, category: Ints) -> list[tuple[Floats, Floats]]:
    """The same of single series."""
    start = history.series["start"].to_numpy()[rows]
    first = max(0, baseline.cutoff - forecasters.LONGEST)
    raised = baseline.raised_by_series(category[rows], baseline.tier[rows], first)
    whole = history.dense(rows, first, baseline.cutoff) / raised
    return _from_first(whole, baseline.exposure[category[rows], first:], start - first)


def _from_first(demand: Floats, exposure: Floats, first: Ints) -> list[tuple[Floats, Floats]]:
    starts = np.clip(first, 0, demand.shape[1])
    return [(row[start:], shown[start:]) for row, shown, start in zip(demand, exposure, starts, strict=True)]


def newcomers(history: History, hierarchy: Hierarchy, cutoff: int) -> Flags:
    """Items on sale for less than NEW_DAYS, in categories where others have been for longer."""
    start = first_days(history, hierarchy.groups["sku"])
    fresh = (start > 0) & (start > cutoff - NEW_DAYS) & (start < cutoff)
    older = np.bincount(hierarchy.item_category[start <= cutoff - NEW_DAYS], minlength=hierarchy.categories) > 0
    return np.asarray(fresh & older[hierarchy.item_category])


def first_days(history: History, group: Group) -> Ints:
    """First day on sale by row of a level."""
    days = np.full(group.rows, history.days, dtype=np.int64)
    np.minimum.at(days, group.of, history.series["start"].to_numpy())
    return days


def newcomer_levels(history: History, baseline: Baseline, hierarchy: Hierarchy, items: Floats) -> Floats:
    """Levels of series of newcomers, and at as-of of what is yet to come, from what newcomers usually do.

    `items` are the levels of settled items. An item yet to come takes the usual level; one that is there has its own
    days too. Regions share as they do in the category, and by the item's own sales.
    """
    sku, cell, start = (
        hierarchy.groups["sku"],
        hierarchy.groups["region_category"],
        first_days(history, hierarchy.groups["sku"]),
    )
    is_new = newcomers(history, hierarchy, baseline.cutoff)
    waiting = (start >= baseline.cutoff) & (history.days == baseline.cutoff)
    if not (is_new | waiting).any():
        return np.zeros(history.series.height)
    was_new = (start > 0) & (start <= baseline.cutoff - NEW_DAYS)
    units, exposure, sold_days = _first_days_sold(history, baseline, hierarchy, start)
    first = np.divide(units, exposure, out=np.zeros(sku.rows), where=exposure > 0)
    typical = np.where(was_new, first, items)
    settled = ~is_new & (items > 0)
    usual = usual_newcomer(typical, hierarchy.item_category, was_new, settled, hierarchy.categories)
    usual = usual[hierarchy.item_category]
    own = new_levels(units, exposure, sold_days, usual)
    level = np.where(is_new, own, np.where(waiting, usual, 0.0))
    there = baseline.on_sale | waiting[sku.of]
    shares = shrunk_shares(baseline.recent_units * baseline.on_sale, sku.of, cell.of, baseline.dispersion)
    by_category = sums(baseline.recent_units * baseline.settled, cell.of, cell.rows)[cell.of]
    unsold = sums(shares * there, sku.of, sku.rows) <= 0
    return scaled(np.where(there, np.where(unsold[sku.of], by_category, shares), 0.0), sku.of, level)


def _first_days_sold(
    history: History, baseline: Baseline, hierarchy: Hierarchy, start: Ints
) -> tuple[Floats, Floats, Ints]:
    """By item, units, exposure and days with demand of its first NEW_DAYS days, as far as they are known by the cutoff.

    An item that is known by its first sale alone starts on a day that sold by definition: that day tells nothing.
    """
    sku = hierarchy.groups["sku"]
    item, day = sku.of[history.owner], history.day
    first = np.full(sku.rows, history.days, dtype=np.int64)
    np.minimum.at(first, item, day)
    begin = np.minimum(start + (first == start), baseline.cutoff)
    end = np.minimum(start + NEW_DAYS, baseline.cutoff)
    inside = (day >= begin[item]) & (day < end[item])
    tilt = baseline.tilt[baseline.tier[history.owner[inside]], day[inside]]
    units = history.units[inside] / (baseline.raised[hierarchy.item_category[item[inside]], day[inside]] * tilt)
    total = np.pad(np.cumsum(baseline.exposure, axis=1), ((0, 0), (1, 0)))
    exposure = total[hierarchy.item_category, end] - total[hierarchy.item_category, begin]
    sold_days = np.bincount(np.unique(item[inside] * history.days + day[inside]) // history.days, minlength=sku.rows)
    sold = np.bincount(item[inside], weights=units, minlength=sku.rows).astype(np.float64)
    return sold, np.maximum(exposure, 0.0), np.asarray(sold_days)


def borrowed(baseline: Baseline, hierarchy: Hierarchy, items: Floats) -> Floats:
    """Levels of series from the level of their item and the shares of regions."""
    sku, cell = hierarchy.groups["sku"], hierarchy.groups["region_category"]
    shares = shrunk_shares(baseline.recent_units * baseline.settled, sku.of, cell.of, baseline.dispersion)
    return scaled(np.where(baseline.settled, shares, 0.0), sku.of, items)


def bottom(baseline: Baseline, hierarchy: Hierarchy, own: Floats, items: Floats, cells: Floats) -> Floats:
    """Levels of settled series that add up to the cells' levels."""
    settled_levels = np.where(baseline.settled, own, 0.0)
    return raked(settled_levels, hierarchy.groups["sku"].of, hierarchy.groups["region_category"].of, items, cells)


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
    tilt = baseline.tilt[:, baseline.cutoff :]
    return (
        tilted(units_ahead, category, tilt[baseline.tier], hierarchy.categories) if (tilt != 1).any() else units_ahead
    )


def weekly(values: Floats) -> Floats:
    """Rows x HORIZON to rows x WEEKS."""
    return np.asarray(values.reshape(values.shape[0], WEEKS, 7).sum(axis=2))
