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
from shopkeeper.models.buying.survival import bounded, kaplan_meier, median
from shopkeeper.models.intervals import difference, never_certain, quantile_of_all

COMPARED_DAY = 90
FEWEST_COMPARED = 30
MOST_COMPARED = 12
"""Segments that are held against all others: the largest, of FEWEST_COMPARED customers at least."""


@dataclass(frozen=True)
class Contrast:
    """A segment that comes back more, or less, than all others by COMPARED_DAY, for certain.

    `returned` and `rest` are shares (Kaplan-Meier) of `customers` and `rest_customers` acquired. `low, high` is the
    interval of the difference, which holds for all `comparisons` together (Bonferroni) and excludes 0.
    """

    segment: str
    customers: int
    returned: float
    rest_customers: int
    rest: float
    low: float
    high: float
    comparisons: int


@dataclass(frozen=True)
class SecondOrder:
    """The clock to the second purchase, by segment of the first; `contrast` is None where no segment stands out.

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
    contrast: Contrast | None


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
        curves = bounded(kaplan_meier(times, by="segment")).with_columns(returned=1 - pl.col("survival"))
    halves = [median(curves.filter(pl.col("segment") == segment)) for segment in sizes["segment"]]
    medians = sizes.with_columns(pl.Series("median_days", halves, dtype=pl.Float64))
    medians = medians.select("segment", "customers", "returned", "median_days")
    clock = at_days(curves, times, CLOCK_DAYS)
    return SecondOrder(by, as_of, opened, left_out, uncertain, curves, medians, clock, contrasted(times, sizes))


def at_days(curves: pl.DataFrame, times: pl.DataFrame, days: tuple[int, ...]) -> Annotated[pl.DataFrame, CLOCK]:
    """Each segment's clock on some days; `times` as the curves were made of."""
    every = curves.select(pl.col("segment").unique(maintain_order=True)).join(
        pl.DataFrame({"day": [float(day) for day in days]}), how="cross", maintain_order="left_right"
    )
    waited = (
        times.join(every, on="segment")
        .filter(pl.col("duration") >= pl.col("day"))
        .group_by("segment", "day")
        .agg(at_risk=pl.col("customers").sum())
    )
    ordered = curves.sort("duration")
    shares = ordered.select(
        "segment",
        day="duration",
        returned=_never_certain(pl.col("returned"), pl.col("at_risk")),
        back_low=1 - pl.col("high"),
        back_high=1 - pl.col("low"),
    )
    # Polars cannot see that each segment's days are in order, and warns unless told not to look.
    clock = every.sort("day").join_asof(shares, on="day", by="segment", strategy="backward", check_sortedness=False)
    return clock.join(waited, on=["segment", "day"], how="left", maintain_order="left").select(CLOCK.names)


def contrasted(times: pl.DataFrame, sizes: pl.DataFrame) -> Contrast | None:
    """The segment whose share back by COMPARED_DAY is furthest from that of all others, of those that are certain.

    Read where both curves go so far. The interval of the difference is made of Greenwood's of each (Zou & Donner 2008).
    """
    total = int(sizes["customers"].sum())
    enough = pl.col("customers") >= FEWEST_COMPARED, total - pl.col("customers") >= FEWEST_COMPARED
    compared = sizes.filter(*enough).head(MOST_COMPARED)
    sure = quantile_of_all(compared.height)
    certain = []
    for segment, customers in compared.select("segment", "customers").iter_rows():
        halves = times.with_columns(segment=pl.when(segment=segment).then(pl.lit("own")).otherwise(pl.lit("rest")))
        curves = bounded(kaplan_meier(halves, by="segment", z=sure), sure).with_columns(returned=1 - pl.col("survival"))
        own, rest = (
            row
            for name in ("own", "rest")
            for row in at_days(curves.filter(segment=name), halves, (COMPARED_DAY,)).iter_rows(named=True)
        )
        if own["at_risk"] is None or rest["at_risk"] is None:
            continue
        low, high = (pl.select(bound).item() for bound in difference(_bounds(own), _bounds(rest)))
        if low > 0 or high < 0:
            figures = customers, own["returned"], total - customers, rest["returned"]
            certain.append(Contrast(segment, *figures, low, high, compared.height))
    return max(certain, key=lambda one: abs(one.returned - one.rest), default=None)


def _bounds(row: dict[str, float]) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    return pl.lit(row["returned"]), pl.lit(row["back_low"]), pl.lit(row["back_high"])


def _never_certain(share: pl.Expr, n: pl.Expr) -> pl.Expr:
    return pl.when(share.is_between(0, 1, closed="none")).then(share).otherwise(never_certain(share * n, n))
