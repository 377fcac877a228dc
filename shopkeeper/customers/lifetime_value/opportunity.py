"""Where the better customers come from: segments whose customers are worth more, or less, than chance explains."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import seen_until
from shopkeeper.customers.lifetime_value.report import LifetimeValue, LifetimeValueOptions, SegmentWorth, segment_worth
from shopkeeper.engine.query import Query
from shopkeeper.jobs.buying.result import Fits, ValueMeasure
from shopkeeper.models.intervals import NORMAL_QUANTILE_975, quantile_of_all

ENOUGH = 100
"""Customers of a segment before its worth is told in a sentence."""
KINDS = ("channel", "category", "region")


@dataclass(frozen=True)
class LifetimeValueOpportunity:
    """Who of the customers acquired since a day are worth most and least, where chance does not explain it.

    `most` and `least` are rows of a kind of segment: `segment_kind, segment, n, each` (predicted value per customer),
    `low, high` (95 % interval), `rest_n, rest` (the same of all others), `historic_each`; None where no segment stands
    out. `moved` is what a hundred new customers bring more in `most` than in `least`, or than the rest, and
    `moved_low, moved_high` its interval, which holds for all `comparisons` together (Bonferroni) and excludes 0; all
    three are None without both.
    """

    options: LifetimeValueOptions
    value: ValueMeasure
    since: date | None
    n: int
    predicted: float
    top: float | None
    top_value: float
    most: Mapping[str, Any] | None
    least: Mapping[str, Any] | None
    moved: float | None
    moved_low: float | None
    moved_high: float | None
    comparisons: int


def opportunity(
    query: Query, fits: Fits, filters: CustomerFilters, options: LifetimeValueOptions
) -> LifetimeValueOpportunity:
    """Compare the customers of the last year, so that none is worth more only for having come lately."""
    dated = filters.cohort_from or filters.cohort_to
    since = None if dated else seen_until(query, filters) - timedelta(days=364)
    customer_value = segment_worth(query, fits, replace(filters, cohort_from=since) if since else filters, options)
    contrast = contrasted(moments(customer_value))
    predicted = customer_value.moments.filter(segment_kind="all")["predicted_value"].sum()
    return LifetimeValueOpportunity(
        options,
        customer_value.value,
        since,
        customer_value.n,
        float(predicted),
        customer_value.top_predicted,
        (customer_value.top_predicted or 0.0) * float(predicted),
        contrast.most,
        contrast.least,
        _hundred(contrast.difference),
        _hundred(contrast.low),
        _hundred(contrast.high),
        contrast.comparisons,
    )


def _hundred(each: float | None) -> float | None:
    return None if each is None else 100 * each


@dataclass(frozen=True)
class Contrast:
    """The best and the worst segment of one kind, or one of them and all others, and how far they are apart.

    `difference, low, high` per customer, in shop currency; all None where no difference is certain.
    """

    comparisons: int
    most: Mapping[str, Any] | None = None
    least: Mapping[str, Any] | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def moments(customer_value: LifetimeValue | SegmentWorth) -> pl.DataFrame:
    """`segment_kind, segment, n, total, squares, historic_each, deviation`: what comparing segments takes.

    `total` and `squares` sum predicted values and their squares; `deviation` is the standard deviation of the total
    within what fits and chance leave open, null where that is not known.
    """
    rows = customer_value.moments.filter(pl.col("predictable") > 0, pl.col("segment_kind").is_in(KINDS)).select(
        "segment_kind",
        "segment",
        n="predictable",
        total="predicted_value",
        squares="squares",
        historic_each=pl.col("historic_value") / pl.col("customers"),
    )
    spread = (pl.col("high") - pl.col("low")) / (2 * NORMAL_QUANTILE_975)
    deviations = customer_value.segments.select("segment_kind", "segment", deviation=spread)
    return rows.join(deviations, on=["segment_kind", "segment"], how="left", nulls_equal=True)


def contrasted(moments: pl.DataFrame) -> Contrast:
    """The kind of segment in which most customers are worth most more, or less, than others for certain.

    Every segment of ENOUGH customers is held against all others, and against every other: the intervals of all these
    differences hold together.
    """
    sizes = moments.filter(pl.col("n") >= ENOUGH, pl.col("segment").is_not_null()).group_by("segment_kind").len()
    comparisons = sum(k + k * (k - 1) // 2 for k in sizes["len"])
    sure = quantile_of_all(comparisons)
    contrasts = [_best(against_the_rest(moments.filter(segment_kind=kind), sure), sure, comparisons) for kind in KINDS]
    return max(contrasts, key=_reach)


def against_the_rest(moments: pl.DataFrame, sure: float) -> pl.DataFrame:
    """Segments of one kind whose mean is `sure` standard errors (Welch) from that of all others, the worst first."""
    n, total, squares, deviation = (pl.col(name) for name in ("n", "total", "squares", "deviation"))
    others, open_ = n.sum() - n, deviation**2
    rest = (total.sum() - total) / others
    # Two things make a mean uncertain: which customers came, and what the model leaves open of each.
    variance = (squares / n - (total / n) ** 2) / n + open_ / n**2
    rest_variance = ((squares.sum() - squares) / others - rest**2) / others + (open_.sum() - open_) / others**2
    return (
        moments.filter(n.sum() > n)
        .with_columns(each=total / n, rest=rest, rest_n=others, error=variance.sqrt(), apart=rest_variance)
        .with_columns(difference=pl.col("each") - pl.col("rest"), width=sure * (variance + pl.col("apart")).sqrt())
        .with_columns(
            low=pl.col("each") - NORMAL_QUANTILE_975 * pl.col("error"),
            high=pl.col("each") + NORMAL_QUANTILE_975 * pl.col("error"),
        )
        .filter(
            n >= ENOUGH,
            pl.col("rest_n") >= ENOUGH,
            pl.col("difference").abs() > pl.col("width"),
            pl.col("segment").is_not_null(),
        )
        .sort("each", "segment")
    )


def _best(certain: pl.DataFrame, sure: float, comparisons: int) -> Contrast:
    """The best and the worst where these differ for certain; else the one that is further from the rest."""
    rows = certain.to_dicts()
    above, below = [row for row in rows if row["difference"] > 0], [row for row in rows if row["difference"] < 0]
    if above and below:
        most, least = above[-1], below[0]
        apart, width = most["each"] - least["each"], sure * math.hypot(most["error"], least["error"])
        if apart > width:
            return Contrast(comparisons, most, least, apart, apart - width, apart + width)
    if not rows:
        return Contrast(comparisons)
    row = max(rows, key=lambda each: abs(each["difference"]) * each["n"])
    apart, width = abs(row["difference"]), row["width"]
    better = row["difference"] > 0
    return Contrast(comparisons, row if better else None, None if better else row, apart, apart - width, apart + width)


def _reach(contrast: Contrast) -> float:
    return math.fsum(abs(row["difference"]) * row["n"] for row in (contrast.most, contrast.least) if row)
