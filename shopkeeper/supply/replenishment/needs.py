"""What each location has of each SKU, what it will need and what lands: the baseline of orders and transfers.

A location that gets its goods from a warehouse by a lane passes on to it what it will miss: the warehouse's need is
what it ships to buyers itself, and what its stores and dealers will have to fetch, at the time when it has to leave
(distribution requirements planning; Silver, Pyke and Thomas, chapter 11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.engine.query import Query
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.lead_errors import SumErrors
from shopkeeper.models.demand.series import errors_of, matrix
from shopkeeper.models.stock.inventory import INTEGER_VALUED_PATTERNS, Wanted, days_of_cover, needed
from shopkeeper.models.stock.projection import projected
from shopkeeper.supply import horizon, lead_times, serving, stakes
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.filters import GoodsFilters

COMING_DAYS = 28
"""Orders that fall due within so many days are told ahead."""
_KEY = ["location", "sku"]


@dataclass(frozen=True)
class Needs:
    """`cells`, one row per location and SKU that is kept there or asked for there, sorted so.

    `cells`: `location, sku, name, category, region, abc, pattern, described, delisted_on, supplier, from_location` (who
    supplies it; null: a supplier), `stock_day` (null: never counted, or missing from the newest count there, which was
    so since `unknown_since`), `on_hand, committed, available` (on hand less
    committed, both at least 0), `on_the_way` (all open deliveries), `unit_cost, unit_margin` (null where unknown),
    `pack_size, minimum_order, lead_days` (with receiving), `lead_sd, lead_source` (lane, or as `lead_times.learned`),
    `service_level, daily_mean` (own demand, units per day), `error_sd, lead_error_sd` (as `serving.errors`),
    `need_mean, need_sd, need_lead_error_sd` (with what it passes on to those it supplies), `integer_valued` (demand in
    single units), `lost_units` (until help can land, as `stakes.lost_until_help`; null where nobody knows
    what is there).
    Matrices of cells x days from the day after `as_of`, as many as the forecast has or lead times need: `own` (expected
    demand up to the last day on sale), `need` (with what is passed on), `inbound` (units that should land).
    `suppliers`: rows of `lead_times.scores`.
    """

    as_of: date
    cells: pl.DataFrame
    own: Floats
    need: Floats
    inbound: Floats
    suppliers: pl.DataFrame
    unserved: int
    """Region x SKU with demand that no location serves."""
    overdue: int = 0
    """Deliveries that are overdue by so much that nothing counts on them."""


def stock_needs(query: Query, filters: GoodsFilters, in_force: InForce) -> Needs:
    """The needs of all locations for the categories and items chosen."""
    chosen = GoodsFilters(categories=filters.categories, skus=filters.skus)
    parameters = chosen.parameters("categories", "skus")
    policy = in_force.policy
    items = query("supply/replenishment/items", **parameters)
    stock = query("supply/coverage/stock", **parameters)
    suppliers = lead_times.suppliers(query)
    forecasts = demand.used(query, chosen, in_force)
    shares = serving.shares(query, forecasts)
    served = serving.location_demand(query, forecasts, shares)
    cells, rows = _cells(items, stock, served)
    cells = _with_leads(query, cells, lead_times.learned(items, suppliers), policy)
    days = horizon.days_ahead(cells["lead_days"], policy.review_days + COMING_DAYS)
    inbound = _inbound(cells, query("supply/replenishment/inbound", **parameters), query.version.as_of, days)
    own = np.zeros((cells.height, days))
    if not served.is_empty():
        at = np.flatnonzero(rows.is_not_null().to_numpy())
        own[at] = horizon.carried_on(query, matrix(served), days)[rows.drop_nulls().to_numpy()]
    own = horizon.on_sale(own, cells["delisted_on"], query.version.as_of)
    cells = _with_service(cells, policy).with_columns(on_the_way=pl.Series(inbound.sum(axis=1)))
    need = _passed_on(cells, own, inbound, policy)
    need_errors = _need_errors(cells, forecasts, shares)
    lost = stakes.lost_until_help(cells, own, inbound, policy)
    cells = cells.with_columns(
        need_mean=pl.Series(need[:, :HORIZON].mean(axis=1)),
        need_sd=need_errors["error_sd"],
        need_lead_error_sd=need_errors["lead_error_sd"],
        lost_units=pl.when("has_stock_count").then(pl.Series(lost).fill_nan(None)),
    )
    reached = forecasts.filter(pl.col("daily_mean") > 0).join(shares, on=["region", "sku"], how="anti")
    late = query("shop/health/overdue", as_of=query.version.as_of).join(items, on="sku", how="semi")
    return Needs(
        query.version.as_of, cells, own, need, inbound, lead_times.scores(suppliers), reached.height, late.height
    )


def _cells(items: pl.DataFrame, stock: pl.DataFrame, served: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Locations x SKUs with what is known of both, and each cell's row of `served` (null without demand)."""
    places = pl.concat([stock.select(_KEY), served.select(_KEY)]).unique().sort(_KEY)
    expected = served.with_row_index("row").select(
        *_KEY, pl.col("row").cast(pl.Int64), "pattern", "daily_mean", "error_sd", "lead_error_sd", home_region="region"
    )
    counts = stock.select(*_KEY, "region", "on_hand", "committed", "unknown_since", stock_day="day")
    joined = (
        places.join(counts, on=_KEY, how="left", maintain_order="left")
        .join(expected, on=_KEY, how="left", maintain_order="left")
        .join(items.rename({"lead_days": "_days", "lead_sd": "_sd"}), on="sku", how="inner", maintain_order="left")
    )
    there = pl.col("on_hand").fill_null(0).clip(0) - pl.col("committed").fill_null(0)
    cells = joined.with_columns(
        pl.coalesce("region", "home_region").alias("region"),
        pl.col("on_hand", "committed").fill_null(0),
        pl.col("pattern").fill_null("none"),
        pl.col("daily_mean", "error_sd").fill_null(0.0),
        available=there.clip(0).cast(pl.Float64),
        has_stock_count=_is_counted(stock),
    )
    return cells.drop("row", "home_region", "_days", "_sd"), joined["row"]


def _is_counted(stock: pl.DataFrame) -> pl.Expr:
    """Whether the location counts its stock, the item is counted somewhere, and it is not missing from the newest."""
    counts = stock.filter(pl.col("day").is_not_null())
    places, items = (counts[name].unique().implode() for name in _KEY)
    return pl.col("unknown_since").is_null() & pl.col("location").is_in(places) & pl.col("sku").is_in(items)


def _with_leads(query: Query, cells: pl.DataFrame, items: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    leads = serving.leads(query, items, cells.select(_KEY), policy)
    by_lane = pl.col("from_location").is_not_null()
    return (
        cells.join(leads, on=_KEY, how="left", maintain_order="left")
        .join(items.select("sku", "lead_source"), on="sku", how="left", maintain_order="left")
        .with_columns(lead_source=pl.when(by_lane).then(pl.lit("lane")).otherwise("lead_source"))
        .drop("assumed")
    )


def _with_service(cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    kinds = cells.select("abc", "pattern").unique()
    levels = [policy.service_level(abc, pattern) for abc, pattern in kinds.iter_rows()]
    kinds = kinds.with_columns(pl.Series("service_level", levels, dtype=pl.Float64))
    return cells.join(kinds, on=["abc", "pattern"], how="left", maintain_order="left").with_columns(
        integer_valued=pl.col("pattern").is_in(list(INTEGER_VALUED_PATTERNS))
    )


def _inbound(cells: pl.DataFrame, inbound: pl.DataFrame, as_of: date, days: int) -> Floats:
    """Cells x days: what should land; beyond these days nothing counts."""
    units = np.zeros((cells.height, days))
    day = (pl.col("expected_on") - as_of).dt.total_days() - 1
    rows = inbound.with_columns(column=day).filter(pl.col("column").is_between(0, days - 1))
    rows = rows.join(cells.select(_KEY).with_row_index("row"), on=_KEY)
    np.add.at(units, (rows["row"].to_numpy(), rows["column"].to_numpy()), rows["units"].to_numpy())
    return units


def _passed_on(cells: pl.DataFrame, own: Floats, inbound: Floats, policy: Policy) -> Floats:
    """Need with what the cells supplied will have to fetch."""
    need = own.copy()
    pairs = _supplied(cells)
    rows, givers = pairs["row"].to_numpy(), pairs["giver"].to_numpy()
    if not len(rows):
        return need
    lead = pairs["lead_days"].to_numpy()
    over, wanted = lead + policy.review_days, wanted_of(pairs, policy)
    cycle = pairs["daily_mean"].to_numpy() * policy.review_days
    _demand, kept = needed(own[rows], over, errors_of(pairs), pairs["lead_sd"].to_numpy(), wanted, cycle)
    free = np.maximum(pairs["available"].to_numpy() - kept, 0)
    fetched = projected(own[rows], free, inbound[rows]).lost
    np.add.at(need, givers, _earlier(fetched, np.ceil(lead).astype(int)))
    return need


def _supplied(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells that another one supplies, with their `row` and that of the `giver`."""
    supplied = cells.with_row_index("row").filter(pl.col("from_location").is_not_null())
    giver = cells.select(pl.col("location").alias("from_location"), "sku").with_row_index("giver")
    return supplied.join(giver, on=["from_location", "sku"]).sort("row")


def _need_errors(cells: pl.DataFrame, forecasts: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """`error_sd, lead_error_sd` of each cell's need: where it supplies others, of all that they serve together."""
    givers = _supplied(cells).select("location", "sku", "from_location")
    served = shares.join(givers, on=["location", "sku"], how="left", maintain_order="left").with_columns(
        location=pl.coalesce("from_location", "location")
    )
    served = served.join(givers.select(location="from_location", sku="sku").unique(), on=_KEY, how="semi")
    together = served.group_by("region", "location", "sku").agg(pl.col("share").sum())
    errors = serving.errors(forecasts, together).rename({"error_sd": "_sd", "lead_error_sd": "_sums"})
    joined = cells.select(*_KEY, "error_sd", "lead_error_sd").join(errors, on=_KEY, how="left", maintain_order="left")
    of_own = pl.col("_sd").is_null()
    return joined.select(
        error_sd=pl.coalesce("_sd", "error_sd"),
        lead_error_sd=pl.when(of_own).then("lead_error_sd").otherwise("_sums"),
    )


def need_errors(cells: pl.DataFrame) -> SumErrors:
    """Errors of what these cells need with what they pass on."""
    return errors_of(cells, "need_sd", "need_lead_error_sd")


def wanted_of(rows: pl.DataFrame, policy: Policy) -> Wanted:
    """What the policy asks of the stock of these cells."""
    return Wanted(
        rows["service_level"].to_numpy(),
        policy.review_days,
        rows["integer_valued"].to_numpy(),
        policy.service_kind == "fill",
    )


def _earlier(units: Floats, days: np.ndarray) -> Floats:
    """Each row moved to the left by its days; what would fall before the first day is needed on the first."""
    shifted = np.zeros_like(units)
    for shift in np.unique(days):
        chosen, step = days == shift, min(int(shift), units.shape[1] - 1)
        shifted[chosen, : units.shape[1] - step] = units[chosen, step:]
        shifted[chosen, 0] += units[chosen, :step].sum(axis=1)
    return shifted


def cover(needs: Needs, rows: np.ndarray) -> Floats:
    """Forward days of cover of these cells by their own demand; NaN beyond the forecast."""
    return days_of_cover(needs.own[rows], needs.cells["available"].to_numpy()[rows], needs.inbound[rows])


def notes_of(needs: Needs) -> Mapping[str, int]:
    """How many cells (SKUs for `no_cost`) fall short in each way; only those that do.

    `no_forecast`, `no_counts` (1): nothing at all is expected, or was counted. `no_stock`: asked for but never counted;
    `missing`: missing from the newest count there; `overdue`: deliveries that nobody should wait for; `negative`: less
    than nothing on hand; `unknown`: SKUs in stock that nobody described; `no_cost`: SKUs without a known margin or
    cost; `no_lead`: SKUs of which nobody says how long a supplier takes; `unserved`: region x SKU with demand that no
    location serves.
    """
    cells = needs.cells
    kept = cells.filter(pl.col("stock_day").is_not_null())
    counts = {
        "no_forecast": int(not needs.own.any()),
        "no_counts": int(kept.is_empty()),
        "no_stock": cells.filter(
            pl.col("stock_day").is_null() & pl.col("unknown_since").is_null() & (pl.col("daily_mean") > 0)
        ).height,
        "missing": cells.filter(pl.col("unknown_since").is_not_null()).height,
        "overdue": needs.overdue,
        "negative": cells.filter(pl.col("on_hand") < 0).height,
        "unknown": kept.filter(~pl.col("described"))["sku"].n_unique(),
        "no_cost": kept.filter(pl.col("unit_cost").is_null() | pl.col("unit_margin").is_null())["sku"].n_unique(),
        "no_lead": kept.filter(pl.col("lead_source") == "policy")["sku"].n_unique(),
        "unserved": needs.unserved,
    }
    return {name: count for name, count in counts.items() if count}
