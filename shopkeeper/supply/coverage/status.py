"""Series of stock against forecast: how long each lasts, what that status is called, and what it costs.

A series is a SKU in a region or at a location. Arithmetic is done some thousands of series at a time, so that a chain
of 2,000 SKUs in 31 regions needs neither minutes nor gigabytes.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.lead_errors import SumErrors
from shopkeeper.models.demand.series import errors_of
from shopkeeper.models.stock import inventory
from shopkeeper.models.stock.inventory import INTEGER_VALUED_PATTERNS, Wanted
from shopkeeper.models.stock.loss import expected_lost
from shopkeeper.models.stock.projection import projected

STATUSES = ("out", "runs_out", "order_now", "ok", "excess", "no_demand")
"""The worst first."""
AT_RISK = ("out", "runs_out")
_SLACK = 1e-9
_BLOCK = 8192


@dataclass(frozen=True)
class Series:
    """Rows and what belongs to each, in the same order.

    `rows` has at least `sku, available, available_before, open_units, pattern, abc, error_sd, lead_error_sd,
    lead_days` (until an order placed today could be sold), `lead_sd, unit_cost, unit_margin` and `has_stock_count`
    (whether the SKU was ever counted anywhere). `units`, `inbound`, `inbound_before`: rows x days of forecast, of open
    deliveries, and of those of a week ago, counted from then. Columns `pooled_...` (of `inputs.POOLED`) are the series'
    part of what the locations that serve it need, or will lose.
    """

    rows: pl.DataFrame
    units: Floats
    inbound: Floats
    inbound_before: Floats


def judged(series: Series, policy: Policy, as_of: date) -> pl.DataFrame:
    """The rows with, in units unless said: `daily_mean` (per day), `cover_days`, `run_out_on`, `safety_stock`,
    `reorder_point`, `order_up_to`, `lost_units`, `margin_at_stake` (money), `excess_units`, `excess_value`,
    `stock_value` (money at cost), `status`, `status_before`, `cover_before`; `order_gap` and `order_gap_before`, by
    which the stock is more than it has to be for an order of tomorrow to land in time.

    `cover_days` is null where stock and deliveries outlast the forecast, and where there is no demand. Statuses (see
    `STATUSES`) are null where the SKU was never counted; those of a week ago are by today's forecast and the stock and
    deliveries of then, and null where nothing was counted then.
    """
    rows = series.rows
    wanted = _service_levels(rows, policy)
    blocks = [_block(series, wanted, policy, slice(at, at + _BLOCK)) for at in range(0, max(rows.height, 1), _BLOCK)]
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    with_levels = rows.with_columns(
        pl.Series(name, values).fill_nan(None)
        if values.dtype.kind == "f"
        else pl.Series(name, values.tolist(), pl.String)
        for name, values in columns.items()
    )
    return _with_money(with_levels, as_of)


def _service_levels(rows: pl.DataFrame, policy: Policy) -> Floats:
    kinds = rows.select("abc", "pattern").unique()
    level = [policy.service_level(abc or "C", pattern or "none") for abc, pattern in kinds.iter_rows()]
    joined = rows.select("abc", "pattern").join(
        kinds.with_columns(level=pl.Series(level, dtype=pl.Float64)),
        on=["abc", "pattern"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return np.asarray(joined["level"].to_numpy(), dtype=float)


@dataclass(frozen=True)
class _Block:
    """Some series: their forecast, lead times, errors, what is wanted of their stock, and which have any demand."""

    rows: pl.DataFrame
    units: Floats
    lead: Floats
    lead_sd: Floats
    errors: SumErrors
    wanted: Wanted
    with_demand: np.ndarray


def _block(series: Series, service: Floats, policy: Policy, part: slice) -> dict[str, np.ndarray]:
    rows, units = series.rows[part], series.units[part]
    integer_valued = rows["pattern"].is_in(INTEGER_VALUED_PATTERNS).fill_null(value=True).to_numpy()
    wanted = Wanted(service[part], policy.review_days, integer_valued, policy.service_kind == "fill")
    lead, lead_sd, errors = _column(rows, "lead_days"), _column(rows, "lead_sd"), errors_of(rows)
    with_demand = units[:, :HORIZON].sum(axis=1) >= policy.no_demand_units
    block = _Block(rows, units, lead, lead_sd, errors, wanted, with_demand)
    figures = _levels(block) | {"daily_mean": units[:, :HORIZON].mean(axis=1)}
    excess_from = np.maximum(figures["order_up_to"], inventory.expected(units, policy.excess_days))
    excess_from = np.where(with_demand, excess_from, 0)
    has_count = rows["has_stock_count"].fill_null(value=False).to_numpy()
    order_need = inventory.order_need(units, lead, lead_sd, errors, wanted, 1)
    available, inbound = _column(rows, "available"), series.inbound[part]
    figures |= _moment(block, available, inbound, has_count, (excess_from, order_need), "")
    had_count = has_count & rows["available_before"].is_not_null().to_numpy()
    before = _column(rows, "available_before"), series.inbound_before[part]
    figures |= _moment(block, *before, had_count, (excess_from, order_need), "_before")
    figures["lost_units"] = np.where(has_count, _lost(block, available, inbound), np.nan)
    figures["excess_units"] = np.where(has_count, np.maximum(available - excess_from, 0), np.nan)
    return figures


def _lost(block: _Block, available: Floats, inbound: Floats) -> Floats:
    """The part of what locations will lose until help lands; what none serves has its own until an order lands."""
    lost = _pooled(block.rows, "lost_units", np.full(len(block.units), np.nan))
    own = np.isnan(lost) & block.with_demand
    wanted = np.asarray(block.wanted.integer_valued)[own]
    errors, lead_sd, days = block.errors.rows(own), block.lead_sd[own], np.ceil(block.lead[own]) - 1
    lost[own] = expected_lost(block.units[own], available[own], inbound[own], days, errors, lead_sd, wanted)
    return lost


def _column(rows: pl.DataFrame, name: str) -> Floats:
    return np.asarray(rows[name].cast(pl.Float64).fill_null(0.0).to_numpy(), dtype=float)


def _levels(block: _Block) -> dict[str, np.ndarray]:
    """Chance evens out over what a location serves: a region's part of a pool is no more than it would need alone."""
    wanted = block.wanted
    own = inventory.levels(
        block.units,
        block.errors,
        block.lead,
        block.lead_sd,
        wanted.service,
        wanted.review_days,
        wanted.integer_valued,
        by_fill_rate=wanted.by_fill_rate,
    )
    alone = {"safety_stock": own.safety_stock, "reorder_point": own.reorder_point, "order_up_to": own.order_up_to}
    return {name: np.minimum(units, _pooled(block.rows, name, units)) for name, units in alone.items()}


def _moment(
    block: _Block,
    available: Floats,
    inbound: Floats,
    has_count: np.ndarray,
    bounds: tuple[Floats, Floats],
    suffix: str,
) -> dict[str, np.ndarray]:
    """Cover, status and what is left above the need, now or (`suffix` `_before`) a week ago.

    `bounds`: units above which stock is excess, and below which an order of tomorrow would be too late.
    """
    excess_from, order_need = bounds
    cover = inventory.days_of_cover(block.units, available, inbound)
    cover = np.where(cover > np.maximum(HORIZON, np.ceil(block.lead)), np.nan, cover)
    held = inventory.position(projected(block.units, available, inbound), available, inbound)
    gap = inventory.held_for(held, block.lead + 1) - order_need
    gap = np.maximum(gap, _pooled(block.rows, f"order_gap{suffix}", gap))
    excess = np.maximum(available - excess_from, 0)
    status = _status(~block.with_demand, available, cover, block.lead, excess, gap < -_SLACK)
    status[~has_count] = None
    return {
        f"status{suffix}": status,
        f"order_gap{suffix}": gap,
        f"cover{suffix or '_days'}": np.where(has_count & block.with_demand, cover, np.nan),
    }


def _pooled(rows: pl.DataFrame, name: str, own: Floats) -> Floats:
    """The series' part of what is pooled, where there is one."""
    if f"pooled_{name}" not in rows.columns:
        return own
    pooled = rows[f"pooled_{name}"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.asarray(np.where(np.isnan(pooled), own, pooled))


def _status(
    none: np.ndarray, available: Floats, cover: Floats, lead: Floats, excess: Floats, low: np.ndarray
) -> np.ndarray:
    """By the first that holds: no demand, out, runs out before an order can land, order now, excess; else ok."""
    with_cover = np.nan_to_num(cover, nan=np.inf)
    holds = [none, available <= _SLACK, with_cover < np.ceil(lead), low, excess >= 1]
    return np.select(holds, ["no_demand", "out", "runs_out", "order_now", "excess"], "ok").astype(object)


def _with_money(rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    return rows.with_columns(
        pl.col("cover_days", "cover_before").cast(pl.Int64),
        run_out_on=pl.lit(as_of) + pl.duration(days=pl.col("cover_days").cast(pl.Int64)),
        margin_at_stake=pl.col("lost_units") * pl.col("unit_margin").clip(0),
        excess_value=pl.col("excess_units") * pl.col("unit_cost"),
        stock_value=pl.when("has_stock_count").then(pl.col("available") * pl.col("unit_cost")),
        available=pl.when("has_stock_count").then("available"),
    )


def by_day(rows: pl.DataFrame, height: int, days: int) -> Floats:
    """Units by row and day from rows of `row` (0 to height - 1), `days` (1 is the first) and `units`; later days fall
    off."""
    within = rows.filter(pl.col("days").is_between(1, days))
    at = within["row"].cast(pl.Int64).to_numpy() * days + within["days"].to_numpy() - 1
    flat = np.bincount(at, weights=within["units"].to_numpy(), minlength=height * days)
    return np.asarray(flat, dtype=float).reshape(height, days)
