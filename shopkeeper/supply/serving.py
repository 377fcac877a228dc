"""How regions and goods meet: which location serves which region's demand, and whose stock that makes it.

Demand is forecast by ship-to region, goods lie at locations. A location's expected demand for a SKU is the sum over
regions of its share in the region times the region's forecast. Shares are what it shipped there in 365 days, by
category, among the locations that keep the SKU. A region that nobody of these shipped to is served by its fastest lane.
"""

import numpy as np
import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.lead_errors import SumErrors, variances_of_shares
from shopkeeper.models.demand.series import as_lists, errors_of, matrix

NO_REGION = "(none)"
"""Where a location stands that nobody described."""
INTERMITTENT_BELOW = 1.417
"""Units per day below which Poisson demand has a day with demand less often than each 1.32 days: 1 / (1 - exp(-d))."""
_CHUNK = 20_000
_PATTERN = {"smooth": "intermittent", "erratic": "lumpy"}
_DEMAND_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "location": pl.String,
    "sku": pl.String,
    "category": pl.String,
    "region": pl.String,
    "pattern": pl.String,
    "units": pl.List(pl.Float64),
    "daily_mean": pl.Float64,
    "error_sd": pl.Float64,
    "lead_error_sd": pl.List(pl.Float64),
}


def shares(query: Query, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Who serves each row of `forecasts` (region x SKU, as `demand.used` gives, of all regions).

    One row per region, location and SKU, sorted so: `region, location, sku, category, share` (above 0; they add up to
    1 per region and SKU), `demand` (expected units per day that the location serves there), `by_lane` (nobody shipped
    there: the fastest lane serves it). A region x SKU that no location serves has no row.
    """
    wanted = forecasts.select("region", "category", "sku", "daily_mean").with_row_index("row")
    carried = query("supply/serving_carried", as_of=query.version.as_of)
    carried = carried.filter(pl.col("sku").is_in(wanted["sku"].unique().implode()))
    shipped = wanted.join(query("supply/serving_shares"), on=["region", "category"]).join(
        carried, on=["location", "sku"], how="semi"
    )
    shipped = shipped.with_columns(share=pl.col("units") / pl.col("units").sum().over("row"), by_lane=pl.lit(False))
    rest = wanted.join(shipped, on="row", how="anti")
    served = [shipped, _by_lane(query, rest, carried)]
    columns = ["region", "location", "sku", "category", "share", "daily_mean", "by_lane"]
    return (
        pl.concat([part.select(columns) for part in served])
        .with_columns(demand=pl.col("share") * pl.col("daily_mean").fill_null(0.0))
        .select("region", "location", "sku", "category", "share", "demand", "by_lane")
        .sort("region", "location", "sku")
    )


def _by_lane(query: Query, wanted: pl.DataFrame, carried: pl.DataFrame) -> pl.DataFrame:
    """One row per row of `wanted` that a lane reaches: the fastest, of equally fast ones the cheapest."""
    lanes = query("supply/serving_lanes").filter(pl.col("to_region").is_not_null())
    lanes = lanes.select("lead_days", "cost_per_unit", region="to_region", location="from_location")
    reached = wanted.join(lanes, on="region").join(carried, on=["location", "sku"], how="semi")
    order = ["row", "lead_days", "cost_per_unit", "location"]
    first = reached.sort(order, nulls_last=True).unique("row", keep="first", maintain_order=True)
    return first.with_columns(share=pl.lit(1.0), by_lane=pl.lit(True))


def parts(shares: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """To which regions the stock of each place belongs, in proportion to the demand that it serves there.

    `shares` are rows of the function `shares`, `places` has `location, sku, region` (where the location stands). One
    row per location, SKU and region: `location, sku, region, part`; parts add up to 1 per place, so that regions add up
    to the stock. Stock without demand anywhere belongs to its own region.
    """
    served = shares.filter(pl.col("demand") > 0).join(places, on=["location", "sku"], how="semi")
    served = served.select(
        "location", "sku", "region", part=pl.col("demand") / pl.col("demand").sum().over("location", "sku")
    )
    own = places.join(served, on=["location", "sku"], how="anti")
    own = own.select("location", "sku", "region", part=pl.lit(1.0))
    return pl.concat([served, own]).sort("location", "sku", "region")


def location_demand(query: Query, forecasts: pl.DataFrame, served: pl.DataFrame | None = None) -> pl.DataFrame:
    """Expected demand of each location and SKU that serves any of `forecasts` (rows region x SKU, of all regions).

    Columns, sorted by location and SKU: `location, sku, category, region` (where the location stands, '(none)' if
    nobody says), `pattern` (of the region that asks for most there; as a trickle is never smooth, it is intermittent,
    or lumpy if erratic, below 1.4 units a day), `units` (LIST, per day from the day after as-of), `daily_mean` (units
    per day), and `error_sd` and `lead_error_sd` as of `errors`. `served`: their `shares`, where they are there already.
    """
    served = shares(query, forecasts) if served is None else served
    if served.is_empty():
        return pl.DataFrame(schema=_DEMAND_SCHEMA)
    series = forecasts.with_row_index("row").select("row", "region", "sku", "pattern")
    rows = served.join(series, on=["region", "sku"], how="left").sort("location", "sku", "region")
    places = query("supply/serving_locations").select("location", home_region="region")
    grouped = rows.group_by("location", "sku", maintain_order=True).agg(
        pl.col("category").first(), pattern=pl.col("pattern").sort_by("demand", descending=True).first(), n=pl.len()
    )
    units = _weighted(
        matrix(forecasts), rows["row"].to_numpy(), rows["share"].to_numpy(), grouped["n"].cast(pl.Int64).to_numpy()
    )
    trickle = pl.col("pattern").replace(_PATTERN)
    return (
        grouped.with_columns(as_lists(units), daily_mean=pl.Series(units.mean(axis=1)))
        .with_columns(pattern=pl.when(pl.col("daily_mean") < INTERMITTENT_BELOW).then(trickle).otherwise("pattern"))
        .join(errors(forecasts, served), on=["location", "sku"], how="left", maintain_order="left")
        .join(places, on="location", how="left", maintain_order="left")
        .with_columns(region=pl.col("home_region").fill_null(NO_REGION))
        .select(list(_DEMAND_SCHEMA))
    )


def errors(forecasts: pl.DataFrame, served: pl.DataFrame) -> pl.DataFrame:
    """Errors of what locations serve (`served`: `region, sku, location, share`), sorted by location and SKU.

    `error_sd` (units per day): each unit of a region's demand m with error s goes to the location with probability p,
    variance p^2 s^2 + p (1 - p) m, and regions err independently. `lead_error_sd` (LIST, units) is that of the sum over
    1, 2, ... weeks, with the correlation of regions' errors that the backtest shows (`variances_of_shares`); null where
    a region that asks for anything was not tested.
    """
    series = forecasts.with_row_index("row").select("row", "region", "sku", "daily_mean", "error_sd")
    rows = served.join(series, on=["region", "sku"]).sort("location", "sku", "region")
    p, mean, sd = pl.col("share"), pl.col("daily_mean").fill_null(0.0), pl.col("error_sd").fill_null(0.0)
    by_day = rows.group_by("location", "sku", maintain_order=True).agg(
        error_sd=(p.pow(2) * sd.pow(2) + p * (1 - p) * mean.clip(0)).sum().sqrt()
    )
    return by_day.with_columns(lead_error_sd=_lead_error_sd(forecasts, rows))


def _lead_error_sd(forecasts: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """By location and SKU, sorted so; `rows` are its pairs with `forecasts`, by `row` and `share`."""
    if rows.is_empty():
        return pl.Series([], dtype=pl.List(pl.Float64))
    row = rows["row"].cast(pl.Int64).to_numpy()
    place = rows.select(pl.struct("location", "sku").rle_id().cast(pl.Int64)).to_series().to_numpy()
    parts = errors_of(forecasts)
    weeks = parts.by_weeks.shape[1]
    mean = forecasts["daily_mean"].fill_null(0.0).to_numpy()
    untested = np.zeros(int(place.max()) + 1, dtype=np.bool_)
    untested[place[(~parts.measured & (mean > 0))[row]]] = True
    if not weeks or untested.all():
        return pl.Series([None] * len(untested), dtype=pl.List(pl.Float64))
    items = forecasts.unique("sku", keep="first", maintain_order=True).with_row_index("item")
    item = forecasts.select("sku").join(items.select("sku", "item"), on="sku", how="left", maintain_order="left")
    whole = errors_of(items, by_weeks="sku_lead_error_sd").by_weeks
    variance = variances_of_shares(
        SumErrors(parts.daily_sd, np.nan_to_num(parts.by_weeks)),
        mean,
        whole if whole.shape[1] == weeks else np.full((len(whole), weeks), np.nan),
        item["item"].cast(pl.Int64).to_numpy(),
        row,
        rows["share"].to_numpy(),
        place,
    )
    errors = pl.DataFrame({"errors": as_lists(np.sqrt(variance)), "untested": untested})
    return errors.select(pl.when(~pl.col("untested")).then("errors")).to_series()


def _weighted(units: Floats, rows: np.ndarray, weights: np.ndarray, sizes: np.ndarray) -> Floats:
    """Sum of weighted rows of `units` by runs of `sizes`, some thousands at a time: all at once would fill memory."""
    ends = np.cumsum(sizes)
    starts = ends - sizes
    sums = np.zeros((len(sizes), units.shape[1]))
    first = 0
    while first < len(sizes):
        last = max(first + 1, int(np.searchsorted(ends, starts[first] + _CHUNK, side="right")))
        chosen = slice(starts[first], ends[last - 1])
        weighted = units[rows[chosen]] * weights[chosen, None]
        sums[first:last] = np.add.reduceat(weighted, starts[first:last] - starts[first], axis=0)
        first = last
    return sums


def leads(query: Query, items: pl.DataFrame, places: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """How long goods ordered today take to each of `places` (`location, sku`), ready for sale.

    `items` has `sku, lead_days, lead_sd`. Stores and dealers with a lane from a warehouse get goods by the fastest of
    these, all others from the supplier; where nobody says how long that takes, the policy's days hold. Columns as in
    `places` and `lead_days` (with receiving), `lead_sd`, `from_location` (null: supplier), `assumed` (policy's days).
    """
    described = query("supply/serving_locations").select("location", "kind")
    warehouses = described.filter(pl.col("kind") == "warehouse")["location"].to_list()
    lanes = query("supply/serving_lanes").filter(
        pl.col("to_location").is_not_null() & pl.col("from_location").is_in(warehouses)
    )
    fastest = lanes.sort("to_location", "lead_days", "from_location", nulls_last=True).unique(
        "to_location", keep="first", maintain_order=True
    )
    lane = fastest.select(
        "from_location", location="to_location", lane_days="lead_days", lane_sd=pl.col("lead_sd").fill_null(0.0)
    )
    lane = lane.join(described.filter(pl.col("kind").is_in(["store", "dealer"])), on="location", how="semi")
    supplier = items.select("sku", supplier_days="lead_days", supplier_sd="lead_sd")
    joined = places.join(lane, on="location", how="left", maintain_order="left").join(
        supplier, on="sku", how="left", maintain_order="left"
    )
    return joined.with_columns(
        lead_days=pl.coalesce("lane_days", "supplier_days", pl.lit(policy.lead_days)) + policy.receiving_days,
        lead_sd=pl.when(pl.col("lane_days").is_null() & pl.col("supplier_days").is_null())
        .then(policy.lead_sd)
        .otherwise(pl.coalesce("lane_sd", "supplier_sd", pl.lit(0.0))),
        assumed=pl.coalesce("lane_days", "supplier_days").is_null(),
    ).select(*places.columns, "lead_days", "lead_sd", "from_location", "assumed")
