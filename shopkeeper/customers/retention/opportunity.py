"""What more returning customers would be worth."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.opening import opening
from shopkeeper.customers.retention.frames import SEGMENTS
from shopkeeper.customers.retention.report import observed_until
from shopkeeper.engine.query import Query
from shopkeeper.models.intervals import difference, quantile_of_all, wilson


@dataclass(frozen=True)
class RetentionOpportunity:
    """Where too few new customers come back, and what closing the gap would have been worth.

    `segments` has the largest worth first. `best` is the first row that comes back less than all others for certain, if
    any, with `rest_n` and `rest_returned` of these others, and `difference_low, difference_high` of the share less
    theirs (Newcombe): so wide (Bonferroni, over `comparisons`) that with equal segments one shop in twenty is told of
    any. `point_worth` is what one more returning customer in a hundred would have brought, in shop currency.
    """

    days: int
    n: int
    rate: float | None
    point_worth: float
    segments: Annotated[pl.DataFrame, SEGMENTS]
    best: dict[str, Any] | None
    comparisons: int


def opportunity(query: Query, filters: CustomerFilters, days: int = 90) -> RetentionOpportunity:
    """Compare how many of the last year's new customers came back within `days`, by where they were acquired.

    Who may have bought before the data begin is left out, unless nobody else is there.
    """
    as_of = observed_until(query, filters)
    year_of_closed = as_of - timedelta(days=365 + days)
    opened = opening(query)
    given = {**filters.acquired(), **filters.bought(), "as_of": as_of, "days": days}
    since = max(year_of_closed, opened.until or year_of_closed)
    counts = query("customers/retention/return_segments", **given, acquired_from=since)
    if since > year_of_closed and not counts.filter(pl.col("n") > 0).height:
        counts = query("customers/retention/return_segments", **given, acquired_from=year_of_closed)
    total = counts.filter(pl.col("segment_kind") == "all").to_dicts()
    n, returned, revenue = (total[0][name] for name in ("n", "returned", "revenue")) if total else (0, 0, 0.0)
    rate = returned / n if n else None
    spent = revenue / returned if returned else 0.0
    low, high = wilson(pl.col("returned").cast(pl.Float64), pl.col("n"))
    compared = counts.filter(pl.col("segment_kind") != "all").with_columns(
        rest_n=n - pl.col("n"), rest_returned=returned - pl.col("returned")
    )
    comparisons = compared.filter(pl.col("rest_n") > 0).height
    segments = (
        compared.with_columns(rate=pl.col("returned") / pl.col("n"), low=low, high=high)
        .with_columns(gap_customers=((rate or 0.0) * pl.col("n") - pl.col("returned")).clip(lower_bound=0.0))
        .with_columns(worth=pl.col("gap_customers") * spent)
        .with_columns(_against_the_rest(comparisons))
        .sort("worth", "segment_kind", "segment", descending=[True, False, False])
    )
    below = segments.filter(pl.col("difference_high") < 0).head(1).to_dicts()
    return RetentionOpportunity(
        days, n, rate, n / 100 * spent, segments.select(SEGMENTS.names), below[0] if below else None, comparisons
    )


def _against_the_rest(comparisons: int) -> list[pl.Expr]:
    """`difference_low, difference_high`: the share of each row less that of its rest; null without a rest."""
    sure = quantile_of_all(comparisons)
    shares = []
    for returned, n in (("returned", "n"), ("rest_returned", "rest_n")):
        value = pl.col(returned).cast(pl.Float64)
        low, high = wilson(value, pl.col(n), sure)
        shares.append((pl.when(pl.col(n) > 0).then(value / pl.col(n)), low, high))
    low, high = difference(shares[0], shares[1])
    return [low.alias("difference_low"), high.alias("difference_high")]
