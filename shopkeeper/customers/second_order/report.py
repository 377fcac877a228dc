"""The clock to the second order: how long customers take to come back once, by where they were won."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from shopkeeper.customers.filters import Filters
from shopkeeper.customers.histories import check_viewer, seen_until
from shopkeeper.engine.query import Query
from shopkeeper.models.buying.survival import kaplan_meier, median

CLOCK_DAYS = (30, 90, 180, 365)
"""Days after the first purchase on which it is told how many are back."""


@dataclass(frozen=True)
class SecondOrder:
    """The clock to the second purchase, by segment of the first.

    `curves`: `segment, duration` (days), `at_risk, events, censored, survival` (share still without a second
    purchase), `low, high, returned` (1 - survival). `medians`: `segment, customers, returned` (of those observed so
    far), `median_days` (null where half never returned). `clock`, one row per segment and each of `CLOCK_DAYS`:
    `segment, day, at_risk` (null: not seen so long), `returned, back_low, back_high`. Largest segments first.
    """

    by: str
    as_of: date
    curves: pl.DataFrame
    medians: pl.DataFrame
    clock: pl.DataFrame


def report(query: Query, filters: Filters, by: Literal["all", "channel", "category"] = "channel") -> SecondOrder:
    """How long customers take to come back once. Raise `Refused` where viewer or filters see only a part."""
    check_viewer(query, filters)
    as_of = seen_until(query, filters)
    times = query("customers/second_order/times", by=by, as_of=as_of, **filters.acquired())
    returned = pl.col("customers").filter("observed").sum()
    sizes = times.group_by("segment").agg(returned=returned, customers=pl.col("customers").sum())
    sizes = sizes.sort("customers", "segment", descending=[True, False])
    curves = kaplan_meier(times, by="segment") if times.height else pl.DataFrame(schema=_CURVES)
    curves = curves.with_columns(returned=1 - pl.col("survival"))
    halves = [median(curves.filter(pl.col("segment") == segment)) for segment in sizes["segment"]]
    medians = sizes.with_columns(pl.Series("median_days", halves, dtype=pl.Float64))
    medians = medians.select("segment", "customers", "returned", "median_days")
    return SecondOrder(by, as_of, curves, medians, at_days(curves, CLOCK_DAYS))


_CURVES = {
    "segment": pl.String,
    "duration": pl.Float64,
    "at_risk": pl.Int64,
    "events": pl.Int64,
    "censored": pl.Int64,
    "survival": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def at_days(curves: pl.DataFrame, days: tuple[int, ...]) -> pl.DataFrame:
    """Each segment's clock on some days: `segment, day, at_risk` (null: beyond), `returned, back_low, back_high`."""
    asked = curves.select(pl.col("segment").unique(maintain_order=True)).join(
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
    then = asked.sort("day").join_asof(waited, on="day", by="segment", strategy="forward", check_sortedness=False)
    return then.join_asof(shares, on="day", by="segment", strategy="backward", check_sortedness=False)
