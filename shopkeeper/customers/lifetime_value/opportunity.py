"""Where the better customers come from: segments whose customers are worth more, or less, than chance explains."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import NormalDist
from typing import Any

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import seen_until
from shopkeeper.customers.lifetime_value.report import LifetimeValue, LifetimeValueOptions, report
from shopkeeper.engine.query import Query
from shopkeeper.jobs.buying.result import Fits, ValueMeasure
from shopkeeper.models.intervals import NORMAL_QUANTILE_975

ENOUGH = 100
"""Customers of a segment before its worth is told in a sentence."""


@dataclass(frozen=True)
class LifetimeValueOpportunity:
    """Who of the customers acquired since a day are worth most and least, where chance does not explain it.

    `most` and `least` are rows of a kind of segment: `segment_kind, segment, n, each` (predicted value per customer),
    `low, high` (95 % interval), `rest` (the same of all others), `historic_each`; None where no segment stands out.
    `moved` is what a hundred new customers bring more in `most` than in `least`, or than the rest; null without both.
    """

    options: LifetimeValueOptions
    value: ValueMeasure
    since: date | None
    n: int
    top: float | None
    top_value: float
    most: Mapping[str, Any] | None
    least: Mapping[str, Any] | None
    moved: float | None


def opportunity(
    query: Query, fits: Fits, filters: CustomerFilters, options: LifetimeValueOptions
) -> LifetimeValueOpportunity:
    """Compare the customers of the last year, so that none is worth more only for having come lately."""
    dated = filters.cohort_from or filters.cohort_to
    since = None if dated else seen_until(query, filters) - timedelta(days=364)
    customer_value = report(query, fits, replace(filters, cohort_from=since) if since else filters, options)
    most, least = max(_pairs(customer_value), key=_gain, default=(None, None))
    predicted = customer_value.moments.filter(segment_kind="all")["predicted_value"].sum()
    return LifetimeValueOpportunity(
        options,
        customer_value.value,
        since,
        customer_value.n,
        customer_value.top_predicted,
        (customer_value.top_predicted or 0.0) * float(predicted),
        most,
        least,
        _moved(most, least),
    )


def _moved(most: Mapping[str, Any] | None, least: Mapping[str, Any] | None) -> float | None:
    if most and least:
        return 100 * float(most["each"] - least["each"])
    row = most or least
    return 100 * abs(float(row["difference"])) if row else None


def _pairs(customer_value: LifetimeValue) -> list[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    """The most and the least valuable segment of each kind, each None where it may differ by chance."""
    pairs = []
    for kind in ("channel", "category", "region"):
        rows = _certain(customer_value, kind).sort("each").to_dicts()
        above, below = [row for row in rows if row["difference"] > 0], [row for row in rows if row["difference"] < 0]
        if rows:
            pairs.append((above[-1] if above else None, below[0] if below else None))
    return pairs


def _gain(pair: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> float:
    return float(sum(abs(row["difference"]) * row["n"] for row in pair if row))


def _certain(customer_value: LifetimeValue, kind: str) -> pl.DataFrame:
    """Segments whose mean differs from that of all others by more than chance, however many are looked at."""
    groups = customer_value.moments.filter(pl.col("segment_kind") == kind, pl.col("predictable") > 0).select(
        "segment",
        n="predictable",
        total="predicted_value",
        squares="squares",
        historic_each=pl.col("historic_value") / pl.col("customers"),
    )
    if groups.height < 2:
        return groups.clear().with_columns(each=pl.lit(0.0), difference=pl.lit(0.0))
    n, total, squares = (pl.col(name) for name in ("n", "total", "squares"))
    others = n.sum() - n
    rest = (total.sum() - total) / others
    variance = (squares / n - (total / n) ** 2) / n
    rest_variance = ((squares.sum() - squares) / others - rest**2) / others
    sure = NormalDist().inv_cdf(1 - 0.025 / groups.height)
    fit_margins = customer_value.segments.filter(segment_kind=kind).select(
        "segment", below=pl.col("predicted_value") - pl.col("low"), above=pl.col("high") - pl.col("predicted_value")
    )
    by_chance = NORMAL_QUANTILE_975**2 * variance
    return (
        groups.with_columns(each=total / n, difference=total / n - rest, width=sure * (variance + rest_variance).sqrt())
        .join(fit_margins, on="segment", how="left")
        .with_columns(
            segment_kind=pl.lit(kind),
            rest=pl.col("each") - pl.col("difference"),
            low=pl.col("each") - (by_chance + (pl.col("below").fill_null(0.0) / n) ** 2).sqrt(),
            high=pl.col("each") + (by_chance + (pl.col("above").fill_null(0.0) / n) ** 2).sqrt(),
        )
        .filter(
            n >= ENOUGH, others >= ENOUGH, pl.col("difference").abs() > pl.col("width"), pl.col("segment").is_not_null()
        )
    )
