"""What to order from suppliers: position against reorder point, how much, until when, at what cost, and why.

Position = on hand less committed plus what lands in time; reorder point = d L + SS; order-up-to = d (L + R) + SS(L+R),
where d is the mean daily need over these days. Only locations that no warehouse supplies order; their need holds what
they pass on to the stores and dealers they supply (`stock_needs`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

import numpy as np
import polars as pl

from shopkeeper import i18n
from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.engine.query import Query
from shopkeeper.i18n import gettext as _
from shopkeeper.merchant.in_force import DEFAULTS, InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.stock.inventory import (
    days_of_cover,
    expected,
    lead_variance,
    levels,
    order_quantity,
    standard_loss,
)
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment.frames import ORDERS, PATH, SUPPLIERS
from shopkeeper.supply.replenishment.needs import Needs, notes_of, stock_needs

COMING_DAYS = 14
"""Orders that fall due within so many days are told ahead."""
PATH_DAYS = 60


@dataclass(frozen=True)
class OrderProposals:
    """Orders to place: `rows` are at or below their reorder point. `coming` are above it, but due within `COMING_DAYS`.

    `units` are whole packs, at least the minimum. `margin_protected` is what would be lost over the forecast's 91 days
    if nobody ordered, as far as these units save it; `waiting_costs` what waiting for the next review would lose.
    `order_by` is null where the stock lasts beyond the forecast, money where cost or margin is not known. `notes`
    counts what falls short (`needs.notes_of`), `suppliers` says how long each takes.
    """

    filters: GoodsFilters
    policy: Policy
    as_of: date
    rows: Annotated[pl.DataFrame, ORDERS]
    coming: Annotated[pl.DataFrame, ORDERS]
    notes: Mapping[str, int]
    suppliers: Annotated[pl.DataFrame, SUPPLIERS]


def report(query: Query, filters: GoodsFilters, in_force: InForce = DEFAULTS) -> OrderProposals:
    """What to order today, for the goods and places chosen. Empty tables are told in `notes`, never refused."""
    needs = stock_needs(query, filters, in_force)
    cells = needs.cells.with_row_index("row").filter(
        pl.col("from_location").is_null()
        & pl.col("stock_day").is_not_null()
        & (pl.col("delisted_on").is_null() | (pl.col("delisted_on") > needs.as_of))
    )
    cells = _chosen(cells, filters)
    rows = _levels(needs, cells, in_force.policy)
    due = pl.col("position") <= pl.col("reorder_point") + 1e-9
    ordered = rows.filter(due & (pl.col("units") > 0))
    coming = rows.filter(~due & (pl.col("order_by") <= needs.as_of + timedelta(days=COMING_DAYS)))
    ordered = ordered.sort("margin_protected", "units", "proposal", descending=[True, True, False], nulls_last=True)
    return OrderProposals(
        filters,
        in_force.policy,
        needs.as_of,
        ordered.select(ORDERS.names),
        coming.sort("order_by", "proposal").select(ORDERS.names),
        notes_of(needs),
        needs.suppliers,
    )


def path(
    query: Query, in_force: InForce, location: str, sku: str, units: int, lands_on: date
) -> Annotated[pl.DataFrame, PATH]:
    """How the stock there should go with so many units landing on a day, and without. The item must be kept there.

    The stock is that of each evening, `PATH_DAYS` ahead.
    """
    needs = stock_needs(query, GoodsFilters(skus=(sku,)), in_force)
    row = needs.cells.with_row_index("row").filter(location=location, sku=sku).to_dicts()[0]
    need, inbound = (part[row["row"], :PATH_DAYS] for part in (needs.need, needs.inbound))
    days = [needs.as_of + timedelta(days=number) for number in range(1, PATH_DAYS + 1)]
    extra = np.array([units if day == lands_on else 0.0 for day in days])
    start = float(row["available"])
    return pl.DataFrame(
        {
            "day": days,
            "demand": need,
            "inbound": inbound,
            "without": _stock(start, need, inbound),
            "with_units": _stock(start, need, inbound + extra),
        }
    )


def why(row: Mapping[str, Any], policy: Policy) -> str:
    """One sentence that leads from the stock to the quantity of a row of `OrderProposals`, in the viewer's language."""
    lead, number = float(row["lead_days"]), i18n.number
    said = _(
        "{position} in position ({on_hand} on hand, {committed} committed, {in_time} landing in time) is not above the "
        "reorder point of {point}: {need} expected in {lead} of lead time, and {safety} safety stock for {level} "
        "service.",
        position=i18n.integer(row["position"]),
        on_hand=i18n.integer(row["on_hand"]),
        committed=i18n.integer(row["committed"]),
        in_time=i18n.integer(row["in_time"]),
        point=number(row["reorder_point"], 1),
        need=number(row["need_lead"], 1),
        lead=i18n.days(lead),
        safety=number(row["safety_stock"], 1),
        level=i18n.percent(row["service_level"], 0),
    )
    missing = float(row["order_up_to"]) - float(row["position"]) - float(row["later"])
    then = _(
        "Up to {up_to} for the {days} until the next review, {missing} are missing ({later} land later): {units} in "
        "packs of {pack}, {minimum} at least.",
        later=i18n.integer(row["later"]),
        up_to=number(row["order_up_to"], 1),
        days=i18n.days(policy.review_days),
        missing=number(missing, 1),
        units=i18n.integer(row["units"]),
        pack=i18n.integer(row["pack_size"]),
        minimum=i18n.integer(row["minimum_order"]),
    )
    words = [said, then]
    if row["own_share"] < 0.995:
        words.append(
            _(
                "{share} of the need is fetched by the stores and dealers supplied from here.",
                share=i18n.percent(1 - row["own_share"], 0),
            )
        )
    if row["late_days"]:
        words.append(
            _("It is late: the stock runs out {days} before an order of today lands.", days=i18n.days(row["late_days"]))
        )
    return " ".join(words)


def _chosen(cells: pl.DataFrame, filters: GoodsFilters) -> pl.DataFrame:
    for name, column in (("locations", "location"), ("regions", "region")):
        if (values := getattr(filters, name)) is not None:
            cells = cells.filter(pl.col(column).is_in(list(values)))
    return cells


def _levels(needs: Needs, cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """`cells` with the columns of `OrderProposals.rows`."""
    rows = cells["row"].to_numpy()
    need, inbound, own = (part[rows] for part in (needs.need, needs.inbound, needs.own))
    lead, lead_sd, sd = (cells[name].to_numpy().astype(float) for name in ("lead_days", "lead_sd", "need_sd"))
    end = lead + policy.review_days
    level = levels(
        need,
        sd,
        lead,
        lead_sd,
        cells["service_level"].to_numpy(),
        policy.review_days,
        cells["integer_valued"].to_numpy(),
    )
    there = (cells["on_hand"].clip(lower_bound=0) - cells["committed"]).to_numpy().astype(float)
    in_time, later = _landed(inbound, lead), _landed(inbound, end)
    packs = cells["pack_size"].to_numpy(), cells["minimum_order"].to_numpy()
    units = order_quantity(there + later, level.order_up_to, *packs)
    spared = [
        _spared(need, there + landed, units, (lead, last), lead_sd, sd)
        for landed, last in ((later, end), (inbound.sum(axis=1), np.maximum(end, HORIZON)))
    ]
    whole = expected(need, end)
    own_share = np.where(whole > 0, _ratio(expected(own, end), whole), 1.0)
    made = cells.with_columns(
        pl.Series("units", units).cast(pl.Int64),
        pl.Series("position", there + in_time).cast(pl.Int64),
        pl.Series("in_time", in_time).cast(pl.Int64),
        pl.Series("later", later - in_time).cast(pl.Int64),
        pl.Series("reorder_point", level.reorder_point),
        pl.Series("order_up_to", level.order_up_to),
        pl.Series("safety_stock", level.safety_stock),
        pl.Series("need_lead", expected(need, lead)),
        pl.Series("own_share", own_share),
        pl.Series("spared_review", spared[0]),
        pl.Series("spared", spared[1]),
        pl.Series("cover_days", days_of_cover(need, cells["available"].to_numpy(), inbound)).fill_nan(None),
    )
    return _dated(made, needs.as_of)


def _dated(made: pl.DataFrame, as_of: date) -> pl.DataFrame:
    whole, today = pl.col("lead_days").ceil().cast(pl.Int64).clip(1), pl.lit(as_of) + pl.duration(days=1)
    # Stock that covers n days is gone on the evening of the n-th: by then an order has to have landed.
    slack = (pl.col("cover_days") - whole).cast(pl.Int64)
    return made.with_columns(
        cost=pl.col("units") * pl.col("unit_cost"),
        margin_protected=pl.col("spared") * pl.col("unit_margin").clip(0),
        waiting_costs=pl.col("spared_review") * pl.col("unit_margin").clip(0),
        lands_on=pl.lit(as_of) + pl.duration(days=whole),
        order_by=pl.max_horizontal(pl.lit(as_of) + pl.duration(days=slack), today),
        late_days=(-slack).clip(0).fill_null(0).cast(pl.Int64),
        proposal=pl.format("{}:order:{}:{}", pl.lit(as_of).cast(pl.String), "location", "sku"),
    ).with_columns(order_by=pl.when(pl.col("cover_days").is_not_null()).then("order_by"))


def _spared(
    need: Floats, position: Floats, units: Floats, days: tuple[Floats, Floats], lead_sd: Floats, daily_sd: Floats
) -> Floats:
    """Units short between two days ahead, as far as an order of `units` that lands on the first saves them.

    Expected shortage up to a day is E[(D - x)+] = s G((m - x) / s), normal demand.
    """
    short = []
    for over in days:
        mean = expected(need, over)
        sd = np.sqrt(lead_variance(over, lead_sd, _ratio(mean, over), daily_sd))
        short.append(_expected_short(mean, sd, position))
    return np.asarray(np.clip(short[1] - short[0], 0, units))


def _expected_short(mean: Floats, sd: Floats, there: Floats) -> Floats:
    steady = np.maximum(sd, 1e-9)
    return np.asarray(steady * standard_loss((there - mean) / steady))


def _landed(inbound: Floats, days: Floats) -> Floats:
    """Units of each row that land within its first days, a part of a day counting whole."""
    within = np.arange(1, inbound.shape[1] + 1) <= np.ceil(days)[:, None]
    return np.asarray(np.where(within, inbound, 0).sum(axis=1))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))


def _stock(start: float, need: Floats, inbound: Floats) -> list[float]:
    """Evening stocks; what is not there is not sold, and not asked for again."""
    evenings, there = [], max(start, 0.0)
    for out, into in zip(need, inbound, strict=True):
        there = max(there + into - out, 0.0)
        evenings.append(there)
    return evenings
