"""What more returning customers would be worth."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import NormalDist
from typing import Annotated

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.opening import opening
from shopkeeper.customers.retention.frames import SEGMENTS
from shopkeeper.customers.retention.report import observed_until
from shopkeeper.engine.query import Query
from shopkeeper.models.intervals import wilson


@dataclass(frozen=True)
class RetentionOpportunity:
    """Where too few new customers come back, and what closing the gap would have been worth.

    `segments` has the largest worth first. `best` is the first row that lies below the shop's rate for certain, if any:
    with intervals so wide (Bonferroni) that with equal segments one shop in twenty would be told of any. `point_worth`
    is what one more returning customer in a hundred would have brought, in shop currency.
    """

    days: int
    n: int
    rate: float | None
    point_worth: float
    segments: Annotated[pl.DataFrame, SEGMENTS]
    best: dict[str, object] | None


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
    returning = pl.col("returned").cast(pl.Float64)
    low, high = wilson(returning, pl.col("n"))
    certain = wilson(returning, pl.col("n"), NormalDist().inv_cdf(1 - 0.025 / max(counts.height - 1, 1)))[1]
    segments = (
        counts.filter(pl.col("segment_kind") != "all")
        .with_columns(rate=pl.col("returned") / pl.col("n"), low=low, high=high, certain=certain)
        .with_columns(gap_customers=((rate or 0.0) * pl.col("n") - pl.col("returned")).clip(lower_bound=0.0))
        .with_columns(worth=pl.col("gap_customers") * spent)
        .sort("worth", "segment_kind", "segment", descending=[True, False, False])
    )
    below = segments.filter(pl.col("certain") < (rate or 0.0)).head(1).to_dicts()
    return RetentionOpportunity(
        days, n, rate, n / 100 * spent, segments.select(SEGMENTS.names), below[0] if below else None
    )
