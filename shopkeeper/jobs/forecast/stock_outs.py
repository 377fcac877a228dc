"""Stock-outs: on which days a shelf was empty, and what could have been sold, had it been there.

A shelf (location x SKU) is out on a day whose evening snapshot holds nothing, while the SKU was on sale. Days without a
snapshot are unknown: they are neither in stock nor out. Where the shelf was empty all day, the whole baseline is lost.
Where it ran empty within the day, what is lost is the demand beyond what was there, E[D - A | D >= A]. Where it was
emptied by something else than sales (a move, a write-off), the day's sales tell its demand and nothing is lost.
"""

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import LOST_UNITS
from shopkeeper.engine.query import Query
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.excess_demand import excess

PRIOR_UNITS = 2.0
"""A shelf's own rate counts as much as what the SKU sells elsewhere once it has sold so much: about one order line."""
PRIOR_LINES = 5.0
"""The same for the sizes of a SKU's order lines against those of its category."""
ROUNDS = 3
"""What was lost within a day raises the rate that tells what is lost; it settles in few rounds."""
COLUMNS = tuple(column.name for column in LOST_UNITS.columns)
SCHEMA = {
    "sku": pl.String,
    "category": pl.String,
    "region": pl.String,
    "location": pl.String,
    "day": pl.Date,
    "baseline": pl.Float64,
    "sold": pl.Float64,
    "lost": pl.Float64,
}
ONE_BY_ONE: Floats = np.array([0.0, 1.0])
_SHELF = ["location", "sku"]


def estimate(query: Query) -> pl.DataFrame:
    """Rows of `contract.forecasts.LOST_UNITS`: a SKU, ship-to region, location and day on which it was out there.

    `baseline`: units the location would have sold to the region on such a day. Its rate is that of its own days with
    stock, shrunk to the SKU's sales elsewhere times the location's share in the category (Gamma prior worth
    `PRIOR_UNITS`), times the day's level: the category's sales relative to their mean, so that weekdays, seasons and
    events count as they were. Regions share as they did in 365 days. No rows without snapshots.
    """
    as_of = query.version.as_of
    days = _out(query("jobs/forecast/stock_out_days"))
    if days.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    shelves = _shelves(query("jobs/forecast/stock_out_rates"), days)
    sizes = query("jobs/forecast/stock_out_sizes", as_of=as_of)
    days = _lost(days.join(shelves, on=[*_SHELF, "category"], how="inner", maintain_order="left"), sizes)
    return _by_region(days, query("jobs/forecast/stock_out_regions"), query("jobs/forecast/stock_out_sold"))


def _out(days: pl.DataFrame) -> pl.DataFrame:
    """Days on which demand may have found nothing: `available` is what could be sold, at least what was sold.

    Where the evening before is unknown, what was sold is all that is known to have been there.
    """
    stock = pl.coalesce("available", "sold")
    return days.filter(pl.col("sold") >= stock).with_columns(available=pl.max_horizontal(stock, "sold"))


def _shelves(rates: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Rows location x SKU: `prior` and the shelf's own `exposure` and `sold` on days that tell demand.

    A shelf that never held anything and never sold anything is not kept there: that is no stock-out.
    """
    empty = days.filter(pl.col("available") == 0).group_by(_SHELF).agg(nothing=pl.col("level").sum())
    carried = (
        rates.filter((pl.col("stocked_days") > 0) | (pl.col("sold") > 0))
        .join(empty, on=_SHELF, how="left", maintain_order="left")
        .with_columns(exposure=(pl.col("exposure") - pl.col("nothing").fill_null(0)).clip(lower_bound=0))
    )
    weight = pl.col("exposure") * pl.col("location_units")
    pull = pl.col("sold").sum().over("sku") / weight.sum().over("sku")
    return carried.with_columns(
        prior=pl.when(weight.sum().over("sku") > 0).then(pull * pl.col("location_units")).otherwise(0.0)
    ).select(*_SHELF, "category", "exposure", "prior", shelf_sold="sold")


def _lost(days: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    """Days with `mean` (the baseline) and `lost`: the rate counts what sold and what was lost on days it ran out."""
    weights = _weights(sizes)
    ran_out = days.filter(pl.col("available") > 0)
    missed = pl.DataFrame(schema={"location": pl.String, "sku": pl.String, "missed": pl.Float64})
    for _ in range(ROUNDS):
        parts = [
            part.with_columns(lost=pl.Series(_excess(part, weights)))
            for _, part in _baseline(ran_out, missed).group_by("sku", maintain_order=True)
        ]
        if parts:
            ran_out = pl.concat(parts).drop("mean", "missed")
            missed = ran_out.group_by(_SHELF).agg(missed=pl.sum("lost"))
    beyond = ran_out.select(*_SHELF, "day", *(["lost"] if "lost" in ran_out.columns else [pl.lit(0.0).alias("lost")]))
    return (
        _baseline(days, missed)
        .join(beyond, on=[*_SHELF, "day"], how="left", maintain_order="left")
        .with_columns(lost=pl.coalesce("lost", "mean"))
    )


def _baseline(days: pl.DataFrame, missed: pl.DataFrame) -> pl.DataFrame:
    """Days with `mean`: the shelf's rate, shrunk by a Gamma prior, times the day's level."""
    sold = pl.col("shelf_sold") + pl.col("missed").fill_null(0)
    rate = (
        pl.when(pl.col("prior") > 0)
        .then((sold + PRIOR_UNITS) / (pl.col("exposure") + PRIOR_UNITS / pl.col("prior")))
        .when(pl.col("exposure") > 0)
        .then(sold / pl.col("exposure"))
        .otherwise(0.0)
    )
    rows = days.drop("lost", strict=False).join(missed, on=_SHELF, how="left", maintain_order="left")
    return rows.with_columns(mean=rate * pl.col("level"))


def _weights(sizes: pl.DataFrame) -> dict[str, Floats]:
    """By SKU: how often a line asks for j units; few lines lean on those of the category."""
    if sizes.is_empty():
        return {}
    most = int(sizes.select(pl.col("units").max()).item()) + 1
    weights = {}
    for _, group in sizes.group_by("category", maintain_order=True):
        common = np.bincount(group["units"].to_numpy(), group["times"].to_numpy(), most)
        for (sku,), own in group.group_by("sku", maintain_order=True):
            own_counts = np.bincount(own["units"].to_numpy(), own["times"].to_numpy(), most)
            weights[str(sku)] = own_counts + PRIOR_LINES * common / common.sum()
    return weights


def _excess(part: pl.DataFrame, weights: dict[str, Floats]) -> Floats:
    """Of one SKU's days; lines of one unit each where none is known."""
    return excess(part["mean"].to_numpy(), part["available"].to_numpy(), weights.get(part["sku"][0], ONE_BY_ONE))


def _by_region(days: pl.DataFrame, regions: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """A location's day shared out to the regions it ships to; one that never shipped serves where it stands."""
    shared = days.drop("sold").join(regions, on=["location", "category"], how="left", maintain_order="left")
    share = pl.col("share").fill_null(1.0)
    return (
        shared.with_columns(
            region=pl.coalesce("region", "home"), baseline=pl.col("mean") * share, lost=pl.col("lost") * share
        )
        .join(sold.rename({"units": "sold"}), on=[*_SHELF, "region", "day"], how="left", maintain_order="left")
        .with_columns(pl.col("sold").fill_null(0.0))
        .select(COLUMNS)
        .sort("sku", "region", "location", "day")
    )
