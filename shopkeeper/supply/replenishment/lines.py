"""Order lines: when each location has to order an item at the latest, how much, and what that saves.

Position = on hand less committed plus what lands in time. The quantity brings what will be there when the order lands
up to the demand until an order of the next review lands, and safety stock; what will have been lost by then is not
asked for again. Nothing is ordered beyond the last day on sale.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.lead_errors import SumErrors
from shopkeeper.models.stock.inventory import (
    Wanted,
    cycle_demand,
    days_of_cover,
    days_to_wait,
    eoq,
    expected,
    levels,
    needed,
    order_quantity,
    position,
)
from shopkeeper.models.stock.loss import expected_lost
from shopkeeper.models.stock.projection import Projection, days_without, projected
from shopkeeper.supply.replenishment.needs import COMING_DAYS, Needs, need_errors, wanted_of

WEEK = 7
_SLACK = 1e-9


@dataclass(frozen=True)
class _Stock:
    """Of the cells that order: expected need and deliveries (cells x days), stock, errors and what is wanted."""

    need: Floats
    inbound: Floats
    there: Floats
    lead: Floats
    lead_sd: Floats
    errors: SumErrors
    wanted: Wanted

    def lost(self, days: Floats) -> Floats:
        """Units lost in the first `days` days, chance included, if nobody orders."""
        return expected_lost(
            self.need, self.there, self.inbound, days, self.errors, self.lead_sd, self.wanted.integer_valued
        )


def order_lines(needs: Needs, cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """`cells` (with `row` in `needs`) with the columns of `OrderProposals.rows`, and `wait` (days, see `days_to_wait`).

    Of a line that can wait, quantity and landing are those of its last safe order day.
    """
    rows = cells["row"].to_numpy()
    stock = _stock(needs, cells, rows, policy)
    course = projected(stock.need, stock.there, stock.inbound)
    held = position(course, stock.there, stock.inbound)
    wanted = stock.wanted
    level = levels(
        stock.need,
        stock.errors,
        stock.lead,
        stock.lead_sd,
        wanted.service,
        wanted.review_days,
        wanted.integer_valued,
        by_fill_rate=wanted.by_fill_rate,
    )
    wait = days_to_wait(stock.need, held, stock.lead, stock.lead_sd, stock.errors, stock.wanted, COMING_DAYS + 1)
    ahead, whole = np.minimum(wait, COMING_DAYS), np.maximum(np.ceil(stock.lead - _SLACK), 1)
    lands, end = whole + ahead, stock.lead + ahead + policy.review_days
    cycle = cycle_demand(stock.need, stock.lead, policy.review_days)
    demand, safety = needed(stock.need, end, stock.errors, stock.lead_sd, stock.wanted, cycle)
    lost, in_time, later = stock.lost(lands - 1), _landed(stock.inbound, stock.lead), _landed(stock.inbound, end)
    missing = demand + safety - stock.there - later - lost
    units = _quantities(needs, cells, stock, course, missing, lands, policy)
    so_far = stock.lost(lands)
    own_share = np.where(demand > 0, _ratio(expected(needs.own[rows], end), demand), 1.0)
    made = cells.with_columns(
        pl.Series("units", units),
        pl.Series("wait", wait).cast(pl.Int64),
        pl.Series("whole", whole).cast(pl.Int64),
        pl.Series("position", np.round(stock.there + in_time, 3)),
        pl.Series("in_time", np.round(in_time, 3)),
        pl.Series("later", np.round(later - in_time, 3)),
        pl.Series("lost_before", lost),
        pl.Series("reorder_point", level.reorder_point),
        pl.Series("order_up_to", demand + safety),
        pl.Series("safety_stock", level.safety_stock),
        pl.Series("error_source", np.where(stock.errors.measured, "backtest", "formula").tolist(), pl.String),
        pl.Series("need_lead", expected(stock.need, stock.lead)),
        pl.Series("own_share", own_share),
        pl.Series("spared_review", np.clip(stock.lost(end) - so_far, 0, units)),
        pl.Series("spared", np.clip(stock.lost(np.maximum(end, HORIZON)) - so_far, 0, units)),
        pl.Series("late_days", days_without(course, cells["available"].to_numpy(), whole)).cast(pl.Int64),
        pl.Series("cover_days", days_of_cover(stock.need, cells["available"].to_numpy(), stock.inbound)).fill_nan(None),
    )
    return _dated(made, needs.as_of)


def _stock(needs: Needs, cells: pl.DataFrame, rows: np.ndarray, policy: Policy) -> _Stock:
    lead, lead_sd = (cells[name].to_numpy().astype(float) for name in ("lead_days", "lead_sd"))
    errors = need_errors(cells)
    there = (cells["on_hand"].clip(lower_bound=0) - cells["committed"]).to_numpy().astype(float)
    return _Stock(needs.need[rows], needs.inbound[rows], there, lead, lead_sd, errors, wanted_of(cells, policy))


def _quantities(
    needs: Needs,
    cells: pl.DataFrame,
    stock: _Stock,
    course: Projection,
    missing: Floats,
    lands: Floats,
    policy: Policy,
) -> Floats:
    """Whole packs, at least the minimum and the economic quantity, and no more than sells by the last day on sale."""
    holding = policy.holding_rate * cells["unit_cost"].cast(pl.Float64).fill_null(0.0).to_numpy()
    economic = eoq(policy.order_cost, holding, cells["need_mean"].to_numpy() * 365)
    wanted = np.where(missing > _SLACK, np.maximum(missing, economic), 0.0)
    pack, least = (cells[name].to_numpy().astype(float) for name in ("pack_size", "minimum_order"))
    units = order_quantity(0.0, wanted, pack, least)
    last_day = cells.select((pl.col("delisted_on") - needs.as_of).dt.total_days().cast(pl.Float64)).to_series()
    ends = last_day.fill_null(np.inf).to_numpy() < stock.need.shape[1]
    if not ends.any():
        return units
    before = np.clip(lands.astype(int) - 2, 0, stock.need.shape[1] - 1)
    row, from_then = np.arange(len(units)), np.arange(stock.need.shape[1]) >= (lands - 1)[:, None]
    evening = np.where(lands > 1, course.evening[row, before], stock.there)
    rest = np.where(from_then, stock.need, 0).sum(axis=1)
    most = rest - evening - np.where(from_then, stock.inbound, 0).sum(axis=1)
    most = np.round(np.floor(np.maximum(most, 0) / pack + _SLACK) * pack, 3)
    most[most < least] = 0
    return np.asarray(np.where(ends, np.minimum(units, most), units))


def _dated(made: pl.DataFrame, as_of: date) -> pl.DataFrame:
    today, wait = pl.lit(as_of), pl.col("wait")
    ahead = wait.clip(0, COMING_DAYS)
    return made.with_columns(
        cost=pl.col("units") * pl.col("unit_cost"),
        margin_protected=pl.col("spared") * pl.col("unit_margin").clip(0),
        waiting_costs=pl.col("spared_review") * pl.col("unit_margin").clip(0),
        margin_at_stake=pl.col("lost_units") * pl.col("unit_margin").clip(0),
        lands_on=today + pl.duration(days=pl.col("whole") + ahead),
        order_by=pl.when(wait <= COMING_DAYS).then(today + pl.duration(days=ahead.clip(1))),
        urgency=pl.when(wait <= 0)
        .then(pl.lit("today"))
        .when(wait <= WEEK)
        .then(pl.lit("week"))
        .otherwise(pl.lit("wait")),
        joined=pl.lit(value=False),
        raised_units=pl.lit(0.0),
        proposal=pl.format("{}:order:{}:{}", pl.lit(as_of).cast(pl.String), "location", "sku"),
    )


def _landed(inbound: Floats, days: Floats) -> Floats:
    """Units of each row that land within its first days, a part of a day counting whole."""
    within = np.arange(1, inbound.shape[1] + 1) <= np.ceil(days - _SLACK)[:, None]
    return np.asarray(np.where(within, inbound, 0).sum(axis=1))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))
