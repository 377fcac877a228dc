"""Series of stock against forecast: how long each lasts, what that status is called, and what it costs.

A series is a SKU in a region or at a location. Arithmetic is done some thousands of series at a time, so that a chain
of 2,000 SKUs in 31 regions needs neither minutes nor gigabytes.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.stock import inventory
from shopkeeper.models.stock.inventory import INTEGER_VALUED_PATTERNS

STATUSES = ("out", "runs_out", "order_now", "ok", "excess", "no_demand")
"""The worst first."""
AT_RISK = ("out", "runs_out")
_SLACK = 1e-9
_BLOCK = 8192


@dataclass(frozen=True)
class Series:
    """Rows and what belongs to each, in the same order.

    `rows` has at least `sku, available, available_before, open_units, pattern, abc, error_sd, lead_days` (until an
    order placed today could be sold), `lead_sd, unit_cost, unit_margin` and `has_stock_count` (whether the SKU was ever
    counted anywhere). `units`, `inbound`, `inbound_before`: rows x days of forecast, of open deliveries, and of those
    of a week ago, counted from then.
    """

    rows: pl.DataFrame
    units: Floats
    inbound: Floats
    inbound_before: Floats


def judged(series: Series, policy: Policy, as_of: date) -> pl.DataFrame:
    """The rows with, in units unless said: `daily_mean` (per day), `cover_days`, `run_out_on`, `safety_stock`,
    `reorder_point`, `order_up_to`, `lost_units`, `margin_at_stake` (money), `excess_units`, `excess_value`,
    `stock_value` (money at cost), `status`, `status_before`, `cover_before`.

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


def _block(series: Series, wanted: Floats, policy: Policy, part: slice) -> dict[str, np.ndarray]:
    rows, units = series.rows[part], series.units[part]

    def column(name: str) -> Floats:
        return np.asarray(rows[name].cast(pl.Float64).fill_null(0.0).to_numpy(), dtype=float)

    lead, lead_sd, sd = column("lead_days"), column("lead_sd"), column("error_sd")
    integer_valued = rows["pattern"].is_in(INTEGER_VALUED_PATTERNS).fill_null(value=True).to_numpy()
    levels = inventory.levels(units, sd, lead, lead_sd, wanted[part], policy.review_days, integer_valued)
    excess_from = np.maximum(levels.order_up_to, inventory.expected(units, policy.excess_days))
    demand = units.sum(axis=1)
    there = rows["has_stock_count"].fill_null(value=False).to_numpy()
    figures: dict[str, np.ndarray] = {
        "daily_mean": units.mean(axis=1),
        "safety_stock": levels.safety_stock,
        "reorder_point": levels.reorder_point,
        "order_up_to": levels.order_up_to,
    }
    moments = (
        ("", column("available"), series.inbound[part], there),
        (
            "_before",
            column("available_before"),
            series.inbound_before[part],
            there & rows["available_before"].is_not_null().to_numpy(),
        ),
    )
    for suffix, available, inbound, has_count in moments:
        shortage = inventory.shortfall(units, available, inbound)
        cover = inventory.cover_of(shortage, available)
        excess = np.maximum(available - np.where(demand < policy.no_demand_units, 0, excess_from), 0)
        in_time = np.where(np.arange(1, units.shape[1] + 1) <= np.ceil(lead)[:, None], inbound, 0).sum(axis=1)
        status = _status(
            demand < policy.no_demand_units,
            available,
            cover,
            lead,
            excess,
            available + in_time <= levels.reorder_point + _SLACK,
        )
        status[~has_count] = None
        figures[f"status{suffix}"] = status
        figures[f"cover{suffix or '_days'}"] = np.where(has_count & (demand >= policy.no_demand_units), cover, np.nan)
        if not suffix:
            lost = inventory.lost_by(shortage, np.ceil(lead) - 1)
            figures["lost_units"] = np.where(has_count & (demand >= policy.no_demand_units), lost, np.nan)
            figures["excess_units"] = np.where(has_count, excess, np.nan)
    return figures


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
