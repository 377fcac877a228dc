"""Inputs of Coverage: forecast, counts, open deliveries and items, asked once; and whose stock is whose."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.series import matrix
from shopkeeper.supply import horizon, lead_times, serving, stakes
from shopkeeper.supply.coverage.status import Series, by_day
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.filters import GoodsFilters

SOLD_DAYS = 91
"""Sell-through looks back as far as the forecast looks ahead."""
_STOCK = ("on_hand", "committed", "available", "available_before")
_ITEM = ("name", "abc", "unit_cost", "unit_margin", "delisted_on")
POOLED = ("safety_stock", "reorder_point", "order_up_to", "order_gap", "order_gap_before", "lost_units")
"""What a region has its part of, with the stock of the locations that serve it."""


@dataclass(frozen=True)
class CoverageInputs:
    """Frames of all regions and locations, of the chosen categories and SKUs.

    `forecasts` is `demand.used`, `shares` is `serving.shares`. `stock`, one row per location x SKU that was counted or
    has an open delivery: `location, sku, category, region` (where it stands), `day` of the count, `raw_on_hand`,
    `on_hand` and `committed` (never below 0), `available` (their difference, never below 0), `available_before` (a week
    ago; null where nothing was counted), `unknown_since` (missing from its location's newest count, which counts as
    nothing on hand). `inbound`: `moment, location, sku, days, units`. `items`, `sold` as queried; items have lead times
    as learned from deliveries.
    """

    forecasts: pl.DataFrame
    stock: pl.DataFrame
    inbound: pl.DataFrame
    items: pl.DataFrame
    shares: pl.DataFrame
    sold: pl.DataFrame


def read(query: Query, filters: GoodsFilters, in_force: InForce) -> CoverageInputs:
    """Ask for everything once. Regions and locations are not restricted here: shares need all of them."""
    chosen = filters.parameters("categories", "skus")
    as_of = query.version.as_of
    forecasts = demand.used(query, GoodsFilters(categories=filters.categories, skus=filters.skus), in_force)
    inbound = query("supply/coverage/inbound", as_of=as_of, **chosen)
    counts = query("supply/coverage/stock", **chosen)
    items = query("supply/coverage/items", **chosen)
    learned = lead_times.learned(items, lead_times.suppliers(query)).drop("lead_source")
    return CoverageInputs(
        forecasts=forecasts,
        stock=_stock(counts, inbound),
        inbound=inbound.select("moment", "location", "sku", "days", "units"),
        items=items.drop("lead_days", "lead_sd").join(learned, on="sku", how="left", maintain_order="left"),
        shares=serving.shares(query, forecasts),
        sold=query("supply/coverage/sold", as_of=as_of, days=SOLD_DAYS, **chosen),
    )


def _stock(counts: pl.DataFrame, inbound: pl.DataFrame) -> pl.DataFrame:
    """Counts, and places that were never counted but have something on its way."""
    keys = ["location", "sku", "category", "region"]
    bare = inbound.select(keys).unique().join(counts, on=["location", "sku"], how="anti")
    rows = pl.concat([counts, bare], how="diagonal")

    def free(suffix: str) -> pl.Expr:
        held = pl.col(f"on_hand{suffix}").clip(0) - pl.col(f"committed{suffix}").fill_null(0)
        return held.clip(0).cast(pl.Float64)

    return rows.select(
        *keys,
        "day",
        raw_on_hand="on_hand",
        on_hand=pl.col("on_hand").fill_null(0).clip(0).cast(pl.Float64),
        committed=pl.col("committed").fill_null(0).cast(pl.Float64),
        available=free("").fill_null(0.0),
        available_before=free("_before"),
        unknown_since="unknown_since",
    ).sort("location", "sku")


def region_series(
    query: Query, inputs: CoverageInputs, policy: Policy, filters: GoodsFilters, places_judged: pl.DataFrame
) -> Series:
    """One series per ship-to region and SKU of the chosen regions, sorted so; parts of all stock that is theirs.

    `places_judged` are all locations (`status.judged`): of what they need to keep and of what they will lose, each
    region has its part, as of their stock. Where a location is fine, no region that it serves is short.
    """
    places = inputs.stock.select("location", "sku", "region")
    parts = serving.parts(inputs.shares, places)
    part, total = pl.col("part"), pl.col("available_before")
    stock = parts.join(inputs.stock.drop("region"), on=["location", "sku"])
    held = stock.group_by("region", "sku").agg(
        *((pl.col(name) * part).sum() for name in _STOCK[:3]),
        available_before=pl.when(total.null_count() == 0).then((total * part).sum()),
    )
    inbound = inputs.inbound.join(parts, on=["location", "sku"]).with_columns(units=pl.col("units") * part)
    forecast = inputs.forecasts.with_row_index("forecast").select(
        "forecast", "region", "sku", "pattern", "error_sd", "lead_error_sd", "overridden"
    )
    rows = forecast.join(held, on=["region", "sku"], how="full", coalesce=True)
    if filters.regions is not None:
        rows = rows.filter(pl.col("region").is_in(list(filters.regions)))
    sold = inputs.sold.group_by("region", "sku").agg(sold_units=pl.col("units").sum())
    is_unknown = pl.col("unknown_since").is_not_null().all()
    unknown = stock.filter(pl.col("part") > 0).group_by("region", "sku").agg(is_unknown=is_unknown).filter("is_unknown")
    rows = _described(rows, inputs, sold, ["region", "sku"])
    # Where all that could serve the region is missing from its count, nobody knows what the region has.
    rows = rows.join(unknown, on=["region", "sku"], how="left", maintain_order="left").with_columns(
        has_stock_count=pl.col("has_stock_count") & pl.col("is_unknown").is_null()
    )
    rows = rows.drop("is_unknown").with_columns(
        lead_days=pl.col("lead_days").fill_null(policy.lead_days) + policy.receiving_days,
        lead_sd=pl.when(pl.col("lead_days").is_null()).then(policy.lead_sd).otherwise(pl.col("lead_sd").fill_null(0.0)),
    )
    rows = rows.join(_pooled(inputs, places_judged), on=["region", "sku"], how="left", maintain_order="left")
    return _series(query, rows, inbound, ["region", "sku"], inputs.forecasts, policy)


def _pooled(inputs: CoverageInputs, places: pl.DataFrame) -> pl.DataFrame:
    """By region and SKU that some location serves: its part of the locations' levels, and of what they will lose."""
    parts = serving.parts(inputs.shares, places.select("location", "sku", "region"))
    served = inputs.shares.filter(pl.col("demand") > 0).select("region", "sku").unique()
    shared = parts.join(places.select("location", "sku", *POOLED), on=["location", "sku"])
    part = pl.col("part")
    return (
        shared.join(served, on=["region", "sku"], how="semi")
        .group_by("region", "sku")
        .agg(
            pl.when(pl.col(name).count() > 0).then((pl.col(name) * part).sum()).alias(f"pooled_{name}")
            for name in POOLED
        )
    )


def location_series(query: Query, inputs: CoverageInputs, policy: Policy) -> Series:
    """One series per location and SKU, sorted so. Their lead is that of the way by which goods come."""
    wanted = serving.location_demand(query, inputs.forecasts, inputs.shares).with_row_index("forecast")
    rows = wanted.select(
        "forecast", "location", "sku", "pattern", "error_sd", "lead_error_sd", home_region="region"
    ).join(inputs.stock.drop("category"), on=["location", "sku"], how="full", coalesce=True)
    rows = rows.with_columns(region=pl.coalesce("region", "home_region")).drop("home_region", "raw_on_hand", "day")
    rows = rows.with_columns(is_unknown=pl.col("unknown_since").is_not_null()).drop("unknown_since")
    sold = inputs.sold.group_by("location", "sku").agg(sold_units=pl.col("units").sum())
    rows = _described(rows, inputs, sold, ["location", "sku"]).drop("lead_days", "lead_sd")
    locations_with_count = inputs.stock.filter(pl.col("day").is_not_null())["location"].unique()
    rows = rows.with_columns(
        has_stock_count=pl.col("has_stock_count")
        & ~pl.col("is_unknown").fill_null(value=False)
        & pl.col("location").is_in(locations_with_count.implode())
    ).drop("is_unknown")
    leads = serving.leads(query, inputs.items, rows.select("location", "sku"), policy)
    rows = rows.join(leads.drop("assumed"), on=["location", "sku"], how="left", maintain_order="left")
    series = _series(query, rows, inputs.inbound, ["location", "sku"], wanted, policy)
    lost = stakes.lost_until_help(series.rows, series.units, series.inbound, policy)
    return replace(series, rows=series.rows.with_columns(pooled_lost_units=pl.Series(lost).fill_nan(None)))


def shown_locations(rows: pl.DataFrame, inputs: CoverageInputs, filters: GoodsFilters) -> pl.DataFrame:
    """Of the chosen locations, and of those that stand in or serve the chosen regions."""
    if filters.locations is not None:
        rows = rows.filter(pl.col("location").is_in(list(filters.locations)))
    if filters.regions is not None:
        chosen = list(filters.regions)
        serves = inputs.shares.filter(pl.col("region").is_in(chosen)).select("location", "sku")
        here = rows.filter(pl.col("region").is_in(chosen)).select("location", "sku")
        rows = rows.join(pl.concat([serves, here]).unique(), on=["location", "sku"], how="semi")
    return rows


def _described(rows: pl.DataFrame, inputs: CoverageInputs, sold: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """With the item's facts and what was sold; sorted by key. `has_stock_count`: of some count somewhere."""
    skus_with_count = inputs.stock.filter(pl.col("day").is_not_null())["sku"].unique()
    items = inputs.items.select("sku", "category", *_ITEM, "lead_days", "lead_sd")
    return (
        rows.join(items, on="sku", how="left")
        .join(sold, on=key, how="left")
        .with_columns(
            pl.col("on_hand", "committed", "available", "sold_units").fill_null(0.0),
            has_stock_count=pl.col("sku").is_in(skus_with_count.implode()),
            pattern=pl.col("pattern").fill_null("none"),
        )
        .sort(key)
    )


def _forecast_units(query: Query, rows: pl.DataFrame, forecasts: pl.DataFrame, days: int) -> Floats:
    """Forecast by row and day, up to the last day on sale; 0 for a row without a forecast."""
    daily = horizon.carried_on(query, matrix(forecasts), days)
    units = np.zeros((rows.height, days))
    at = rows["forecast"].cast(pl.Int64).fill_null(-1).to_numpy()
    units[at >= 0, : daily.shape[1]] = daily[at[at >= 0], :days]
    return horizon.on_sale(units, rows["delisted_on"], query.version.as_of)


def _series(
    query: Query,
    rows: pl.DataFrame,
    inbound: pl.DataFrame,
    key: list[str],
    forecasts: pl.DataFrame,
    policy: Policy,
) -> Series:
    days = horizon.days_ahead(rows["lead_days"], policy.review_days + 1)
    units = _forecast_units(query, rows, forecasts, days)
    numbered = rows.select(*key).with_row_index("row")
    deliveries = inbound.join(numbered, on=key)
    open_now = deliveries.filter(pl.col("moment") == "now")
    total = open_now.group_by("row").agg(open_units=pl.col("units").sum())
    rows = rows.with_row_index("row").join(total, on="row", how="left", maintain_order="left")
    return Series(
        rows.drop("row", "forecast").with_columns(pl.col("open_units").fill_null(0.0)),
        units,
        by_day(open_now, rows.height, days),
        by_day(deliveries.filter(pl.col("moment") == "before"), rows.height, days),
    )
