"""Inputs of Coverage: forecast, counts, open deliveries and items, asked once; and whose stock is whose."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.engine.query import Query
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.series import matrix
from shopkeeper.supply import serving
from shopkeeper.supply.coverage.status import Series, by_day
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.filters import GoodsFilters

SOLD_DAYS = 91
"""Sell-through looks back as far as the forecast looks ahead."""
_STOCK = ("on_hand", "committed", "available", "available_before")
_ITEM = ("name", "abc", "unit_cost", "unit_margin")


@dataclass(frozen=True)
class CoverageInputs:
    """Frames of all regions and locations, of the chosen categories and SKUs.

    `forecasts` is `demand.used`, `shares` is `serving.shares`. `stock`, one row per location x SKU that was counted or
    has an open delivery: `location, sku, category, region` (where it stands), `day` of the count, `raw_on_hand`,
    `on_hand` and `committed` (never below 0), `available` (their difference, never below 0), `available_before` (a week
    ago; null where nothing was counted), `unknown_since` (missing from its location's newest count, which counts as
    nothing on hand). `inbound`: `moment, location, sku, days, units`. `items`, `sold` as queried.
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
    return CoverageInputs(
        forecasts=forecasts,
        stock=_stock(counts, inbound),
        inbound=inbound.select("moment", "location", "sku", "days", "units"),
        items=query("supply/coverage/items", **chosen),
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


def region_series(inputs: CoverageInputs, policy: Policy, filters: GoodsFilters) -> Series:
    """One series per ship-to region and SKU of the chosen regions, sorted so; parts of all stock that is theirs."""
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
        "forecast", "region", "sku", "pattern", "error_sd", "overridden"
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
    return _series(rows, inbound, ["region", "sku"], _forecast_units(rows, inputs.forecasts))


def location_series(query: Query, inputs: CoverageInputs, policy: Policy, filters: GoodsFilters) -> Series:
    """One series per location and SKU, sorted so: of the chosen locations, and those that serve the chosen regions."""
    wanted = serving.location_demand(query, inputs.forecasts).with_row_index("forecast")
    rows = wanted.select("forecast", "location", "sku", "pattern", "error_sd", home_region="region").join(
        inputs.stock.drop("category"), on=["location", "sku"], how="full", coalesce=True
    )
    rows = rows.with_columns(region=pl.coalesce("region", "home_region")).drop("home_region", "raw_on_hand", "day")
    rows = rows.with_columns(is_unknown=pl.col("unknown_since").is_not_null()).drop("unknown_since")
    if filters.locations is not None:
        rows = rows.filter(pl.col("location").is_in(list(filters.locations)))
    if filters.regions is not None:
        chosen = list(filters.regions)
        serves = inputs.shares.filter(pl.col("region").is_in(chosen)).select("location", "sku")
        here = rows.filter(pl.col("region").is_in(chosen)).select("location", "sku")
        rows = rows.join(pl.concat([serves, here]).unique(), on=["location", "sku"], how="semi")
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
    return _series(rows, inputs.inbound, ["location", "sku"], _forecast_units(rows, wanted))


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


def _forecast_units(rows: pl.DataFrame, forecasts: pl.DataFrame) -> Floats:
    """Forecast by row and day; 0 for a row without a forecast."""
    daily = matrix(forecasts)
    units = np.zeros((rows.height, HORIZON))
    at = rows["forecast"].cast(pl.Int64).fill_null(-1).to_numpy()
    days = min(daily.shape[1], HORIZON)
    units[at >= 0, :days] = daily[at[at >= 0], :days]
    return units


def _series(rows: pl.DataFrame, inbound: pl.DataFrame, key: list[str], units: Floats) -> Series:
    numbered = rows.select(*key).with_row_index("row")
    deliveries = inbound.join(numbered, on=key)
    open_now = deliveries.filter(pl.col("moment") == "now")
    total = open_now.group_by("row").agg(open_units=pl.col("units").sum())
    rows = rows.with_row_index("row").join(total, on="row", how="left", maintain_order="left")
    return Series(
        rows.drop("row", "forecast").with_columns(pl.col("open_units").fill_null(0.0)),
        units,
        by_day(open_now, rows.height, HORIZON),
        by_day(deliveries.filter(pl.col("moment") == "before"), rows.height, HORIZON),
    )
