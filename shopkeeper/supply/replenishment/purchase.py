"""Purchase orders: which lines go today, which with them, which are doubted, and what so much money buys first.

A *purchase order* is one supplier's lines of one day, a *line* an item at a location. Where one line of a supplier has
to go today, those that fall due before the next review go with it. Where the supplier takes no order below a sum, lines
that fall due later join, the most urgent first, and then all are raised to one day of running out.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import numpy as np
import polars as pl

from shopkeeper.merchant.policy import Policy
from shopkeeper.models.stock.joint import raised, within_budget
from shopkeeper.supply.materiality import DAYS_OF_MONTH, FEWEST_DAYS
from shopkeeper.supply.replenishment.frames import ORDERS, PURCHASE_ORDERS
from shopkeeper.supply.replenishment.needs import COMING_DAYS
from shopkeeper.supply.units import added_units

_SHARES = ("cost", "margin_protected", "waiting_costs")


@dataclass(frozen=True)
class Lines:
    """`today`, `coming` (due within `COMING_DAYS`) and `doubts` (due, but above the policy's months of sales)."""

    today: pl.DataFrame
    coming: pl.DataFrame
    doubts: pl.DataFrame


def with_months(lines: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """`lines` with `months_of_sales`: how long the shop needed to sell what is to be ordered of the item, everywhere.

    `sales` are rows of `supply/sold_lately`; a month counts by the year or, if more was sold then, by the quarter.
    Null where nothing was sold.
    """
    days = pl.col("days").clip(FEWEST_DAYS)
    month = pl.max_horizontal(pl.col("units") / days, pl.col("units_quarter") / days.clip(None, 91)) * DAYS_OF_MONTH
    joined = lines.join(sales.select("sku", month=month), on="sku", how="left", maintain_order="left")
    ordered = pl.when(pl.col("order_by").is_not_null()).then("units").otherwise(0).sum().over("sku")
    return joined.with_columns(months_of_sales=pl.when(pl.col("month") > 0).then(ordered / pl.col("month")))


def sorted_out(lines: pl.DataFrame, policy: Policy, as_of: date, *, whole: bool) -> Lines:
    """Lines of `lines.order_lines`, with `months_of_sales`. `whole`: no goods are left out, orders are complete."""
    needed = lines.filter((pl.col("units") > 0) & (pl.col("wait") <= COMING_DAYS))
    doubted = pl.col("months_of_sales").is_null() | (pl.col("months_of_sales") > policy.doubt_months)
    due = needed.filter((pl.col("wait") <= 0) & ~doubted)
    later = needed.filter((pl.col("wait") > 0) & ~doubted)
    today = _with_others(due, later, policy, as_of)
    if whole:
        today = _to_minimum(today, later, policy, as_of)
    rest = later.join(today, on=["location", "sku"], how="anti")
    return Lines(
        today.sort("margin_protected", "units", "proposal", descending=[True, True, False], nulls_last=True),
        rest.sort("order_by", "proposal"),
        needed.filter(doubted & (pl.col("wait") <= 0)).sort(
            "cost", "units", "proposal", descending=[True, True, False], nulls_last=True
        ),
    )


def _with_others(due: pl.DataFrame, later: pl.DataFrame, policy: Policy, as_of: date) -> pl.DataFrame:
    """The lines that are due, and those of the same suppliers that will be before the next review."""
    going = due["supplier"].drop_nulls().unique().implode()
    with_them = later.filter(pl.col("supplier").is_in(going) & (pl.col("wait") < policy.review_days))
    return pl.concat([due, _today(with_them, as_of)])


def _today(lines: pl.DataFrame, as_of: date) -> pl.DataFrame:
    return lines.with_columns(
        urgency=pl.lit("today"),
        joined=pl.lit(value=True),
        lands_on=pl.lit(as_of) + pl.duration(days=pl.col("whole")),
    )


def _to_minimum(today: pl.DataFrame, later: pl.DataFrame, policy: Policy, as_of: date) -> pl.DataFrame:
    """Orders of suppliers with a minimum, filled up with lines that fall due later, then raised."""
    for supplier, least in policy.supplier_minimums:
        own = today.filter(pl.col("supplier") == supplier)
        missing = least - float(own["cost"].sum())
        if own.is_empty() or missing <= 0:
            continue
        rest = later.join(own, on=["location", "sku"], how="anti").filter(pl.col("supplier") == supplier)
        rest = rest.filter(pl.col("cost") > 0).sort("wait", "proposal")
        joining = rest.filter(pl.col("cost").cum_sum().shift(1, fill_value=0.0) < missing)
        order = _raised(pl.concat([own, _today(joining, as_of)]), policy, least)
        today = pl.concat([today.filter(pl.col("supplier").ne_missing(supplier)), order])
    return today


def _raised(order: pl.DataFrame, policy: Policy, least: float) -> pl.DataFrame:
    """The lines of an order with more units where it is below the minimum, but never so many that they were doubted."""
    units, months = (order[name].cast(pl.Float64).to_numpy() for name in ("units", "months_of_sales"))
    # Nobody raises what has no more days on sale than are ordered for.
    most = np.where(
        order["delisted_on"].is_null().to_numpy(), units * policy.doubt_months / np.maximum(months, 1e-9), 0
    )
    made = raised(
        units,
        order["unit_cost"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        order["need_mean"].to_numpy(),
        (order["position"] + order["later"]).cast(pl.Float64).to_numpy(),
        order["pack_size"].cast(pl.Float64).to_numpy(),
        np.nan_to_num(most, posinf=0),
        least,
    )
    if made is None:
        return order
    return order.with_columns(
        raised_units=pl.Series(made - units).round(3),
        units=pl.Series(made).round(3),
        cost=pl.Series(made) * pl.col("unit_cost"),
    )


def purchase_orders(today: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row per supplier with lines of today; null: lines whose supplier nobody named; units counted differently."""
    sums = [pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in _SHARES]
    least = pl.DataFrame(
        list(policy.supplier_minimums), schema={"supplier": pl.String, "minimum": pl.Float64}, orient="row"
    )
    grouped = today.group_by("supplier").agg(
        pl.len().cast(pl.Int64).alias("lines"),
        pl.col("joined").sum().cast(pl.Int64).alias("joined_lines"),
        added_units("units", "raised_units"),
        *sums,
        pl.col("lands_on").max(),
    )
    return (
        grouped.join(least, on="supplier", how="left")
        .with_columns(below_minimum=(pl.col("cost") < pl.col("minimum") - 1e-6).fill_null(value=False))
        .sort("margin_protected", "cost", "supplier", descending=[True, True, False], nulls_last=True)
        .select(PURCHASE_ORDERS.names)
    )


@dataclass(frozen=True)
class Bought:
    """What a budget buys of the lines due today and soon, and what it leaves undone; most margin per cost first."""

    budget: float
    rows: Annotated[pl.DataFrame, ORDERS]
    left: Annotated[pl.DataFrame, ORDERS]


def bought(lines: pl.DataFrame, budget: float) -> Bought:
    """`lines` are those of today and coming ones. Without a known cost or margin a line is left."""
    lines = lines.sort("proposal")
    cost, saved = (lines[name].fill_null(np.nan).to_numpy() for name in ("cost", "margin_protected"))
    ranked = lines.with_columns(
        pl.Series("_bought", within_budget(cost, saved, budget)),
        _ratio=(pl.col("margin_protected") / pl.col("cost")).fill_nan(None),
    ).sort("_ratio", "proposal", descending=[True, False], nulls_last=True)
    parts = [ranked.filter(chosen).drop("_bought", "_ratio") for chosen in (pl.col("_bought"), ~pl.col("_bought"))]
    return Bought(budget, *parts)
