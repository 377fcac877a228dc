"""What to order from suppliers: when at the latest, how much, what it costs, what it saves, and why.

Only locations that no warehouse supplies order; their need holds what they pass on to the stores and dealers that
they supply (`stock_needs`). How a line comes about stands in `lines`, what goes together in `purchase`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

import numpy as np
import polars as pl

from shopkeeper import i18n
from shopkeeper.engine.query import Query
from shopkeeper.i18n import gettext as _
from shopkeeper.merchant.in_force import DEFAULTS, InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.messages import Message
from shopkeeper.models.stock.projection import projected
from shopkeeper.supply.dependent_demand import sold_in
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.materiality import material_from
from shopkeeper.supply.replenishment.frames import ORDERS, PATH, PURCHASE_ORDERS, SUPPLIERS
from shopkeeper.supply.replenishment.lines import order_lines
from shopkeeper.supply.replenishment.needs import COMING_DAYS, notes_of, stock_needs
from shopkeeper.supply.replenishment.purchase import purchase_orders, sorted_out, with_months

__all__ = ["COMING_DAYS", "OrderProposals", "path", "report", "why"]

PATH_DAYS = 60


@dataclass(frozen=True)
class OrderProposals:
    """Orders to place: `rows` go today, because their last safe order day is here or with others of their supplier.

    `coming` fall due within `COMING_DAYS`. `doubts` are due, but for more than the policy's months of sales: to be
    looked at, and in no sum. `purchase_orders` are the rows by supplier. `units` are whole packs, at least the minimum.
    `margin_protected` is what would be lost over the forecast's 91 days if nobody ordered, as far as these units save
    it; `waiting_costs` what waiting for the next review would lose. `margin_at_stake` is what all places chosen will
    lose until help can land (null: no margin is known), the same sum as on Coverage; `material_from` the least sum
    that leads. Money is null where cost or margin is not known. `notes` counts what falls short (`needs.notes_of`),
    `suppliers` says how long each takes.
    """

    filters: GoodsFilters
    policy: Policy
    as_of: date
    rows: Annotated[pl.DataFrame, ORDERS]
    coming: Annotated[pl.DataFrame, ORDERS]
    doubts: Annotated[pl.DataFrame, ORDERS]
    purchase_orders: Annotated[pl.DataFrame, PURCHASE_ORDERS]
    margin_at_stake: float | None
    material_from: float | None
    notes: Mapping[str, int]
    suppliers: Annotated[pl.DataFrame, SUPPLIERS]
    dependent: tuple[Message, ...] = ()
    """That the demand of dealers without sell-out is what they are sold in."""


def report(query: Query, filters: GoodsFilters, in_force: InForce = DEFAULTS) -> OrderProposals:
    """What to order today, for the goods and places chosen. Empty tables are told in `notes`, never refused."""
    policy = in_force.policy
    needs = stock_needs(query, filters, in_force)
    cells = needs.cells.with_row_index("row").filter(
        pl.col("from_location").is_null()
        & pl.col("stock_day").is_not_null()
        & (pl.col("delisted_on").is_null() | (pl.col("delisted_on") > needs.as_of))
    )
    sales = query("supply/sold_lately", as_of=needs.as_of)
    lines = with_months(order_lines(needs, cells, policy), sales)
    whole = filters.categories is None and filters.skus is None
    parts = sorted_out(lines, policy, needs.as_of, whole=whole)
    today = _chosen(parts.today, filters)
    orders = purchase_orders(today, policy)
    low = {"below_minimum": orders["below_minimum"].sum() if whole and filters.locations is None else 0}
    return OrderProposals(
        filters,
        policy,
        needs.as_of,
        today.select(ORDERS.names),
        _chosen(parts.coming, filters).select(ORDERS.names),
        _chosen(parts.doubts, filters).select(ORDERS.names),
        orders,
        _stake(_chosen(needs.cells, filters)),
        material_from(query, policy),
        {**notes_of(needs), **{name: int(count) for name, count in low.items() if count}},
        needs.suppliers,
        sold_in(query, filters),
    )


def _stake(cells: pl.DataFrame) -> float | None:
    stake = cells.select(pl.col("lost_units") * pl.col("unit_margin").clip(0)).to_series()
    return float(stake.sum()) if stake.count() else None


def path(
    query: Query, in_force: InForce, location: str, sku: str, units: int, lands_on: date
) -> Annotated[pl.DataFrame, PATH]:
    """How the stock there should go with so many units landing on a day, and without. The item must be kept there.

    The stock is that of each evening, `PATH_DAYS` ahead.
    """
    needs = stock_needs(query, GoodsFilters(skus=(sku,)), in_force)
    row = needs.cells.with_row_index("row").filter(location=location, sku=sku).to_dicts()[0]
    span = min(max(PATH_DAYS, (lands_on - needs.as_of).days + 14), needs.need.shape[1])
    need, inbound = (part[[row["row"]], :span] for part in (needs.need, needs.inbound))
    days = [needs.as_of + timedelta(days=number) for number in range(1, span + 1)]
    extra = np.array([[units if day == lands_on else 0.0 for day in days]])
    start = max(float(row["available"]), 0.0)
    return pl.DataFrame(
        {
            "day": days,
            "demand": need[0],
            "inbound": inbound[0],
            "without": projected(need, start, inbound).evening[0],
            "with_units": projected(need, start, inbound + extra).evening[0],
        }
    )


def why(row: Mapping[str, Any], policy: Policy) -> str:
    """What leads from the stock to the quantity of a row of `OrderProposals`, in the viewer's language."""
    number = i18n.number
    words = [_stock_words(row, policy), _safety_words(row), _quantity_words(row, policy)]
    if row["own_share"] < 0.995:
        words.append(
            _(
                "{share} of the need is fetched by the stores and dealers supplied from here.",
                share=i18n.percent(1 - row["own_share"], 0),
            )
        )
    if row["joined"]:
        words.append(
            _(
                "It could wait until {day}, but goes with the other lines of {supplier}.",
                day=i18n.date_(row["order_by"]),
                supplier=row["supplier"],
            )
        )
    if row["raised_units"]:
        words.append(
            _(
                "{units} of them fill the order up to the least that {supplier} takes.",
                units=i18n.decimal(row["raised_units"]),
                supplier=row["supplier"],
            )
        )
    if row["late_days"]:
        words.append(
            _("It is late: the stock runs out {days} before an order of today lands.", days=i18n.days(row["late_days"]))
        )
    if row["months_of_sales"] is None:
        words.append(_("Nothing of it was sold in the last year: look at it first."))
    elif row["months_of_sales"] > policy.doubt_months:
        months = number(row["months_of_sales"], 0)
        words.append(_("That is {months} months of what the shop sold lately: look at it first.", months=months))
    return " ".join(words)


def _stock_words(row: Mapping[str, Any], policy: Policy) -> str:
    words = (
        _(
            "{position} in position ({on_hand} on hand, {committed} committed, {in_time} landing in time) against a "
            "reorder point of {point}: {need} expected in {lead} of lead time, and {safety} safety stock for a fill "
            "rate of {level}."
        )
        if policy.service_kind == "fill"
        else _(
            "{position} in position ({on_hand} on hand, {committed} committed, {in_time} landing in time) against a "
            "reorder point of {point}: {need} expected in {lead} of lead time, and {safety} safety stock for {level} "
            "service."
        )
    )
    return words.format(
        position=i18n.decimal(row["position"]),
        on_hand=i18n.decimal(row["on_hand"]),
        committed=i18n.decimal(row["committed"]),
        in_time=i18n.decimal(row["in_time"]),
        point=i18n.decimal(row["reorder_point"], 1),
        need=i18n.decimal(row["need_lead"], 1),
        lead=i18n.days(float(row["lead_days"])),
        safety=i18n.decimal(row["safety_stock"], 1),
        level=i18n.percent(row["service_level"], 0),
    )


def _safety_words(row: Mapping[str, Any]) -> str:
    if row["error_source"] == "backtest":
        return _(
            "Safety stock covers what earlier forecasts of as many days missed by, as measured in the backtest, and "
            "the spread of the lead time."
        )
    return _(
        "Safety stock is by the formula: no forecast of as many days could be tested, so that days are taken to err "
        "independently."
    )


def _quantity_words(row: Mapping[str, Any], policy: Policy) -> str:
    missing = float(row["order_up_to"]) - row["position"] - row["later"] - row["lost_before"]
    return _(
        "Up to {up_to} until an order of the next review lands in {days} more, {missing} are missing ({later} land "
        "later, {lost} are lost before it lands and not asked for again): {units} in packs of {pack}, {minimum} at "
        "least.",
        later=i18n.decimal(row["later"]),
        lost=i18n.decimal(row["lost_before"], 1),
        up_to=i18n.decimal(row["order_up_to"], 1),
        days=i18n.days(policy.review_days),
        missing=i18n.decimal(missing, 1),
        units=i18n.decimal(row["units"]),
        pack=i18n.decimal(row["pack_size"]),
        minimum=i18n.decimal(row["minimum_order"]),
    )


def _chosen(cells: pl.DataFrame, filters: GoodsFilters) -> pl.DataFrame:
    for name, column in (("locations", "location"), ("regions", "region")):
        if (values := getattr(filters, name)) is not None:
            cells = cells.filter(pl.col(column).is_in(list(values)))
    return cells
