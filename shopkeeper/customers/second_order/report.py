"""The clock to the second order: how long customers take to come back once, by where they were won."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import check_viewer, seen_until
from shopkeeper.customers.opening import Opening, acquired_after, opening
from shopkeeper.customers.second_order.frames import CLOCK, CLOCK_DAYS, CURVES, MEDIANS
from shopkeeper.engine.query import Query
from shopkeeper.models.buying.survival import kaplan_meier, median


@dataclass(frozen=True)
class SecondOrder:
    """The clock to the second purchase, by segment of the first.

    `uncertain` of its customers may have bought before the data begin; where others are there, they are left out, and
    `left_out` counts them.
    """

    by: str
    as_of: date
    opening: Opening
    left_out: int
    uncertain: int
    curves: Annotated[pl.DataFrame, CURVES]
    medians: Annotated[pl.DataFrame, MEDIANS]
    clock: Annotated[pl.DataFrame, CLOCK]


def report(
    query: Query, filters: CustomerFilters, by: Literal["all", "channel", "category"] = "channel"
) -> SecondOrder:
    """How long customers take to come back once. Raise `Refused` where viewer or filters see only a part."""
    check_viewer(query, filters)
    as_of = seen_until(query, filters)
    opened = opening(query)
    times = query("customers/second_order/times", by=by, as_of=as_of, **filters.acquired())
    left_out, uncertain = 0, 0
    if opened.until is not None:
        new = query("customers/second_order/times", by=by, as_of=as_of, **acquired_after(filters, opened))
        uncertain = int(times["customers"].sum()) - int(new["customers"].sum())
        if new.height:
            left_out, uncertain, times = uncertain, 0, new
    returned = pl.col("customers").filter("observed").sum()
    sizes = times.group_by("segment").agg(returned=returned, customers=pl.col("customers").sum())
    sizes = sizes.sort("customers", "segment", descending=[True, False])
    curves = pl.DataFrame(schema=CURVES.schema())
    if times.height:
        curves = kaplan_meier(times, by="segment").with_columns(returned=1 - pl.col("survival"))
    halves = [median(curves.filter(pl.col("segment") == segment)) for segment in sizes["segment"]]
    medians = sizes.with_columns(pl.Series("median_days", halves, dtype=pl.Float64))
    medians = medians.select("segment", "customers", "returned", "median_days")
    return SecondOrder(by, as_of, opened, left_out, uncertain, curves, medians, at_days(curves, CLOCK_DAYS))


def at_days(curves: pl.DataFrame, days: tuple[int, ...]) -> Annotated[pl.DataFrame, CLOCK]:
    """Each segment's clock on some days."""
    every = curves.select(pl.col("segment").unique(maintain_order=True)).join(
        pl.DataFrame({"day": [float(day) for day in days]}), how="cross", maintain_order="left_right"
    )
    ordered = curves.sort("duration")
    waited = ordered.select("segment", "at_risk", day="duration")
    shares = ordered.select(
        "segment",
        "returned",
        day="duration",
        back_low=1 - pl.col("high").fill_null(1),
        back_high=1 - pl.col("low").fill_null(1),
    )
    # Polars cannot see that each segment's days are in order, and warns unless told not to look.
    then = every.sort("day").join_asof(waited, on="day", by="segment", strategy="forward", check_sortedness=False)
    return then.join_asof(shares, on="day", by="segment", strategy="backward", check_sortedness=False)
