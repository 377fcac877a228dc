"""Coverage: region by region, how many days the stock lasts; what is out, what runs out, and what is too much.

*Forward days of cover*: the smallest t with cumulative forecast >= available + deliveries due by t. Available is on
hand less committed. A location's stock and open deliveries belong to the regions that it serves, in proportion to the
demand that it serves there, so that regions add up to the total and nothing is counted twice.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.merchant.in_force import DEFAULTS, InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.messages import Message
from shopkeeper.supply.coverage.frames import AGES, AGES_BY_CATEGORY, CELLS, CLASSES, LOCATIONS, REGIONS, REGIONS_SKUS
from shopkeeper.supply.coverage.inputs import location_series, read, region_series, shown_locations
from shopkeeper.supply.coverage.notes import notes
from shopkeeper.supply.coverage.status import AT_RISK, STATUSES, judged
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.materiality import material_from


@dataclass(frozen=True)
class Coverage:
    """Stock against forecast as of a day.

    Amounts are in shop currency, null where no item has a cost or margin. `material_from` is the least sum that leads
    (null: no margin is known), `notes` say what is missing or odd.
    """

    filters: GoodsFilters
    policy: Policy
    as_of: date
    has_stock: bool
    has_forecast: bool
    material_from: float | None
    notes: tuple[Message, ...]
    regions_skus: Annotated[pl.DataFrame, REGIONS_SKUS]
    cells: Annotated[pl.DataFrame, CELLS]
    regions: Annotated[pl.DataFrame, REGIONS]
    classes: Annotated[pl.DataFrame, CLASSES]

    @property
    def at_risk(self) -> pl.DataFrame:
        """The series that are out, or run out before an order placed today can land."""
        return self.regions_skus.filter(pl.col("status").is_in(AT_RISK))


@dataclass(frozen=True)
class Ages:
    """How long stock has lain, by location and SKU and by category."""

    rows: Annotated[pl.DataFrame, AGES]
    totals: Annotated[pl.DataFrame, AGES_BY_CATEGORY]


def report(query: Query, filters: GoodsFilters, in_force: InForce = DEFAULTS) -> Coverage:
    """Coverage of the chosen categories, regions and SKUs; locations are chosen in `locations` only."""
    inputs = read(query, filters, in_force)
    places = judged(location_series(query, inputs, in_force.policy), in_force.policy, query.version.as_of)
    series = region_series(query, inputs, in_force.policy, filters, places)
    rows = judged(series, in_force.policy, query.version.as_of).with_columns(_sell_through(), change=_change())
    rows = _worst_first(rows, "region").select(REGIONS_SKUS.names)
    has_stock = bool(inputs.stock["day"].is_not_null().any())
    tiles = query("supply/regions").drop("parent")
    return Coverage(
        filters,
        in_force.policy,
        query.version.as_of,
        has_stock,
        not inputs.forecasts.is_empty(),
        material_from(query, in_force.policy),
        notes(query, inputs, filters),
        rows,
        _grouped(rows, "region", "category"),
        _grouped(rows, "region").join(tiles, on="region", how="left", maintain_order="left"),
        _grouped(rows, "abc", "pattern"),
    )


def locations(query: Query, filters: GoodsFilters, in_force: InForce = DEFAULTS) -> Annotated[pl.DataFrame, LOCATIONS]:
    """Coverage by location and SKU; `region` is where it stands.

    Of the chosen locations, and of those that stand in or serve the chosen regions. Their lead is that of the way by
    which goods come: `from_location`, null for the supplier.
    """
    inputs = read(query, filters, in_force)
    rows = judged(location_series(query, inputs, in_force.policy), in_force.policy, query.version.as_of)
    rows = shown_locations(rows, inputs, filters)
    described = query("supply/serving_locations").select("location", "kind", location_name="name")
    rows = rows.with_columns(_sell_through()).join(described, on="location", how="left")
    return _worst_first(rows, "location").select(LOCATIONS.names)


def ages(query: Query, filters: GoodsFilters) -> Ages:
    """First in, first out: what is on hand now is what landed last. A move between locations begins anew."""
    chosen = filters.parameters("categories", "skus")
    rows = query("supply/coverage/ages", as_of=query.version.as_of, **chosen)
    if filters.locations is not None:
        rows = rows.filter(pl.col("location").is_in(list(filters.locations)))
    if filters.regions is not None:
        rows = rows.filter(pl.col("region").is_in(list(filters.regions)))
    items = query("supply/coverage/items", **chosen).select("sku", "name", "unit_cost")
    rows = rows.join(items, on="sku", how="left").with_columns(
        value=(pl.col("old") + pl.col("unknown")) * pl.col("unit_cost")
    )
    rows = rows.sort("value", "location", "sku", descending=[True, False, False], nulls_last=True).drop("unit_cost")
    totals = rows.group_by("category").agg(pl.col("on_hand", "fresh", "middle", "old", "unknown", "value").sum())
    return Ages(rows, totals.sort("on_hand", "category", descending=[True, False]))


def _worst_first(rows: pl.DataFrame, place: str) -> pl.DataFrame:
    severity = pl.col("status").replace_strict(
        {name: rank for rank, name in enumerate(STATUSES)}, default=None, return_dtype=pl.Int64
    )
    return rows.sort(
        pl.col("margin_at_stake"),
        pl.col("lost_units"),
        severity,
        pl.col(place),
        pl.col("sku"),
        descending=[True, True, False, False, False],
        nulls_last=True,
    )


def _sell_through() -> pl.Expr:
    whole = pl.col("sold_units") + pl.col("on_hand")
    return pl.when(whole > 0).then(pl.col("sold_units") / whole).alias("sell_through")


def _change() -> pl.Expr:
    now, then = pl.col("status"), pl.col("status_before")
    bad, was_bad = now.is_in(AT_RISK), then.is_in(AT_RISK)
    return (
        pl.when(bad & ~was_bad)
        .then(pl.lit("went_bad"))
        .when((now == "out") & (then == "runs_out"))
        .then(pl.lit("ran_out"))
        .when(was_bad & ~bad)
        .then(pl.lit("recovered"))
    )


def _grouped(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Sums over series; those at the top have most at stake."""
    status = pl.col("status")
    money = [
        pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)
        for name in ("margin_at_stake", "stock_value", "excess_value")
    ]
    sums = rows.group_by(by).agg(
        (status.is_not_null() & (status != "no_demand")).sum().cast(pl.Int64).alias("series"),
        *((status == name).fill_null(value=False).sum().cast(pl.Int64).alias(name) for name in STATUSES),
        status.is_in(AT_RISK).fill_null(value=False).sum().cast(pl.Int64).alias("at_risk"),
        *money,
        pl.col("on_hand", "available", "open_units", "daily_mean", "excess_units", "sold_units", "lost_units").sum(),
    )
    cover = median_cover(rows, by)
    return (
        sums.join(cover, on=by, how="left", nulls_equal=True)
        .with_columns(_sell_through())
        .sort("margin_at_stake", "at_risk", *by, descending=[True, True, *(False for _ in by)], nulls_last=True)
    )


def median_cover(rows: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """Days that half of the demand is covered for: the median of the series' cover, weighted by their demand."""
    with_demand = pl.col("status").is_not_null() & (pl.col("status") != "no_demand")
    by_cover = rows.filter(with_demand).sort("cover_days", nulls_last=True)
    within = pl.col("daily_mean").cum_sum().over(by) / pl.col("daily_mean").sum().over(by)
    return by_cover.filter(within >= 0.5 - 1e-9).group_by(by, maintain_order=True).agg(pl.col("cover_days").first())
