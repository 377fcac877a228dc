"""Demand: what will be asked for, where, and how sure that is; manual values beside the statistical ones.

Weeks are seven days each: ahead they begin with the day after as-of, and the history's end with as-of, so that both
meet. How well it was forecast before is in `backtest`, what was asked for and not there in `lost`.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Literal

import polars as pl

from shopkeeper.engine.query import Parameter, Query, Scope
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.merchant.in_force import DEFAULTS, InForce
from shopkeeper.messages import Message, message
from shopkeeper.supply.demand.bands import added, correlation, moved
from shopkeeper.supply.demand.frames.forecast import (
    DAYS,
    EVENTS,
    HISTORY,
    MANUAL,
    PATTERNS,
    REGIONS,
    SERIES,
    TOTALS,
    USED,
    WEEKS,
)
from shopkeeper.supply.demand.overrides import listed, overridden
from shopkeeper.supply.demand.parts import (
    MONTH,
    QUARTER,
    YEAR,
    by_series,
    changed,
    days,
    grouped,
    totals_of,
    weeks,
    worth,
)
from shopkeeper.supply.dependent_demand import sold_in
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.units import mixed_units, units_of

Level = Literal["shop", "category", "region", "region_category", "sku", "region_sku"]
KEYS: dict[str, list[str]] = {
    "shop": [],
    "category": ["category"],
    "region": ["region"],
    "region_category": ["region", "category"],
    "sku": ["category", "sku"],
    "region_sku": ["region", "category", "sku"],
}
HISTORY_WEEKS = (26, 52, 104)
NO_REGION = "(none)"


@dataclass(frozen=True)
class DemandOptions:
    """How demand is told: `by` is what one row of `Demand.series` adds up, `weeks` how far the history goes back.

    Raise `Refused` for a choice that there is not.
    """

    by: Level = "category"
    weeks: int = 52

    def __post_init__(self) -> None:
        if self.by not in KEYS:
            raise Refused(
                message(
                    "“{by}” is no level; choose one of {keys}.",
                    by=self.by,
                    keys=", ".join(KEYS),
                )
            )
        if self.weeks not in HISTORY_WEEKS:
            raise Refused(
                message(
                    "History goes back {history_weeks} weeks, not {weeks}; choose one.",
                    history_weeks=", ".join(map(str, HISTORY_WEEKS)),
                    weeks=self.weeks,
                )
            )


@dataclass(frozen=True)
class Demand:
    """What will be asked for, as chosen; frames of forecasts are empty before the first run.

    `units` are the units of measure of the items chosen.
    """

    options: DemandOptions
    filters: GoodsFilters
    as_of: date
    notes: tuple[Message, ...]
    history: Annotated[pl.DataFrame, HISTORY]
    weeks: Annotated[pl.DataFrame, WEEKS]
    days: Annotated[pl.DataFrame, DAYS]
    totals: Annotated[pl.DataFrame, TOTALS]
    series: Annotated[pl.DataFrame, SERIES]
    regions: Annotated[pl.DataFrame, REGIONS]
    patterns: Annotated[pl.DataFrame, PATTERNS]
    events: Annotated[pl.DataFrame, EVENTS]
    units: tuple[str, ...] = ()

    @property
    def mixed(self) -> bool:
        """Whether items are counted in different units of measure, so that only money adds up over them."""
        return len(self.units) > 1


def used(query: Query, filters: GoodsFilters, in_force: InForce = DEFAULTS) -> Annotated[pl.DataFrame, USED]:
    """The forecast in use, one row per ship-to region and SKU, manual values applied; sorted by region and SKU.

    No rows before the first forecast run.
    """
    return _used(query, filters, in_force)[1]


def report(
    query: Query, filters: GoodsFilters, in_force: InForce = DEFAULTS, options: DemandOptions | None = None
) -> Demand:
    """Demand of what the filters choose. Filters by location do not apply: demand belongs to the buyer's region."""
    options, as_of = options or DemandOptions(), query.version.as_of
    seen = within(filters, query.scope)
    before, after = _used(query, seen, in_force)
    change = changed(before, after)
    level = source(seen, [])
    error_correlation = correlation(query("supply/demand/week_errors", level=level, **chosen(seen)))
    whole = moved(
        added(query("supply/demand/series", level=level, **chosen(seen)), []), added(change, [], ["units"]), []
    )
    history = _history(query, seen, options)
    rows, units = worth(after, query("supply/demand/items")), units_of(query, seen)
    return Demand(
        options,
        filters,
        as_of,
        (*mixed_units(units), *sold_in(query, seen), *_notes(rows)),
        history,
        weeks(whole, as_of),
        days(whole, as_of),
        totals_of(whole, rows, history, error_correlation, query.version),
        _series(query, seen, options, change, rows, error_correlation),
        grouped(rows, ["region"], "revenue" if len(units) > 1 else "units"),
        grouped(rows, ["pattern"]),
        _events(query, history, as_of),
        units,
    )


def manual(query: Query, in_force: InForce) -> Annotated[pl.DataFrame, MANUAL]:
    """Manual values that the viewer may see."""
    forecasts = query("supply/demand/forecasts", **GoodsFilters().parameters("categories", "skus"))
    return listed(in_force.overrides, forecasts, query("supply/demand/items"), query.scope.regions)


def statistical(query: Query, sku: str, region: str | None, starts_on: date, ends_on: date) -> float | None:
    """Mean units per day that the forecast says for a SKU, in a region or all, between two days of its horizon.

    None where there is no forecast of these days.
    """
    regions = None if region is None else (region,)
    rows = used(query, GoodsFilters(skus=(sku,), regions=regions))
    first = max((starts_on - query.version.as_of).days - 1, 0)
    last = (ends_on - query.version.as_of).days
    if rows.is_empty() or last <= first:
        return None
    window = pl.col("units").list.slice(first, last - first)
    days = rows.select(window.list.len().max()).item()
    return float(rows.select(window.list.sum().sum()).item() / days) if days else None


def within(filters: GoodsFilters, scope: Scope) -> GoodsFilters:
    """What the viewer may see is a choice like any other: a level that sums over more is not his to see."""
    return replace(
        filters,
        categories=scope.categories if filters.categories is None else filters.categories,
        regions=scope.regions if filters.regions is None else filters.regions,
    )


def source(filters: GoodsFilters, keys: list[str]) -> Level:
    """The coarsest level whose series can be told apart by `keys` and by what the filters choose from."""
    region = "region" in keys or filters.regions is not None
    if "sku" in keys or filters.skus is not None:
        return "region_sku" if region else "sku"
    if "category" in keys or filters.categories is not None:
        return "region_category" if region else "category"
    return "region" if region else "shop"


def chosen(filters: GoodsFilters) -> dict[str, Parameter]:
    """Parameters of the filters that demand knows."""
    return filters.parameters("categories", "regions", "skus")


def _used(query: Query, filters: GoodsFilters, in_force: InForce) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The statistical forecast and the one in use. Regions are chosen last: a manual value may be for all of them."""
    rows = query("supply/demand/forecasts", **filters.parameters("categories", "skus"))
    in_use = overridden(rows, in_force.overrides, query.version.as_of, whole=query.scope.regions is None)
    plain = rows.with_columns(overridden=pl.lit(value=False))
    if filters.regions is None:
        return plain, in_use
    here = pl.col("region").is_in(list(filters.regions))
    return plain.filter(here), in_use.filter(here)


def _history(query: Query, filters: GoodsFilters, options: DemandOptions) -> pl.DataFrame:
    """Every day of the chosen weeks and of a year and a quarter, zero where nothing sold, as far as the data goes."""
    as_of, first = query.version.as_of, query.version.first_day
    since = max(first, as_of - timedelta(days=max(options.weeks * 7, YEAR + QUARTER)))
    sold = query("supply/demand/history", since=since, **chosen(filters))
    lost = query("supply/demand/lost_days", since=since, **chosen(filters))
    snapshots = query("supply/demand/snapshots")
    grid = pl.DataFrame({"day": pl.date_range(since, as_of, eager=True)})
    estimated = snapshots.height and query("supply/demand/run").height
    is_estimated = pl.col("day") >= (snapshots["first_day"][0] if estimated else as_of + timedelta(days=1))
    return (
        grid.join(sold.select("day", "units"), on="day", how="left", maintain_order="left")
        .join(lost, on="day", how="left", maintain_order="left")
        .with_columns(pl.col("units").fill_null(0.0), lost=pl.when(is_estimated).then(pl.col("lost").fill_null(0.0)))
    )


def _series(
    query: Query,
    filters: GoodsFilters,
    options: DemandOptions,
    change: pl.DataFrame,
    rows: pl.DataFrame,
    error_correlation: float,
) -> pl.DataFrame:
    keys = KEYS[options.by]
    level_series = query("supply/demand/series", level=source(filters, keys), **chosen(filters))
    recent = query("supply/demand/recent", as_of=query.version.as_of, days=MONTH, **chosen(filters))
    if query.version.first_day > query.version.as_of - timedelta(days=YEAR):
        recent = recent.with_columns(year_before=pl.lit(None, dtype=pl.Float64))
    return by_series(level_series, keys, change, recent, rows, query("supply/demand/items"), error_correlation)


def _events(query: Query, history: pl.DataFrame, as_of: date) -> pl.DataFrame:
    shown = pl.col("ends_on") >= history["day"][0], pl.col("starts_on") <= as_of + timedelta(days=QUARTER)
    return query("jobs/forecast/events").filter(*shown).select("name", "starts_on", "ends_on")


def _notes(rows: pl.DataFrame) -> tuple[Message, ...]:
    """What fell short."""
    notes = []
    if rows.height and rows["margin"].null_count() == rows.height:
        notes.append(Message(N_("No unit costs are known, so margin is not; values are net revenue.")))
    elif rows["margin"].null_count():
        count = rows.filter(pl.col("margin").is_null())["sku"].n_unique()
        notes.append(Message(N_("Items without a known cost, which are in no margin: {n}."), {"n": count}))
    lost, whole = float(rows.filter(pl.col("region") == NO_REGION)["units"].sum()), float(rows["units"].sum())
    if lost > 0:
        text = N_("{share} % of the units expected went to no region that is known: their orders name none.")
        notes.append(Message(text, {"share": round(100 * lost / max(whole, lost), 1)}))
    return tuple(notes)
