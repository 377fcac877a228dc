"""Lifetime value: what customers have brought, and what they should bring over the next months.

CLV over the horizon is the sum over time of E[purchases] x E[value per purchase] / (1 + d)^t. Historic and predicted
stand apart: one has happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import check_model, notes, seen_until
from shopkeeper.customers.lifetime_value.frames import BANDS, CUSTOMERS, DISTRIBUTION, LORENZ, MATRIX, MOMENTS, SEGMENTS
from shopkeeper.customers.lifetime_value.shapes import (
    MOST_FREQUENT,
    MOST_INACTIVE_MONTHS,
    banded,
    class_width,
    distribution,
    lorenz,
)
from shopkeeper.customers.scores import asked_scores
from shopkeeper.engine.query import Parameter, Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.jobs.buying.recalibrated import recalibration_of
from shopkeeper.jobs.buying.result import Fits, FittedBy, ValueMeasure
from shopkeeper.jobs.buying.scores import by_model, filled_spend, used_kind, used_value
from shopkeeper.jobs.buying.scoring import Scoring
from shopkeeper.messages import Message, message
from shopkeeper.models.buying.calibration import in_units
from shopkeeper.models.buying.model import FEWEST_REPEAT_BUYERS, ModelKind
from shopkeeper.models.buying.season import Clock
from shopkeeper.models.buying.sums import shared_variance, why_wide
from shopkeeper.models.buying.value import segment_values, sum_interval

MONTHS: Mapping[int, int] = {3: 91, 6: 182, 12: 365, 24: 730}
"""Days of each horizon in months."""
FEWEST_FOR_A_TENTH = 10
"""Customers of whom one is a tenth."""
STRONG_CORRELATION = 0.2
FOR_INTERVAL = 150
"""Customers of a segment on whom the width of its interval is computed."""
FIRST_ROWS = 1000
"""Customers that a report holds."""
EVERY_ROW = 2**31


@dataclass(frozen=True)
class LifetimeValueOptions:
    """Over how many months, at which yearly discount, and what is valued; see `ChurnOptions` for the others.

    Raise `Refused` for a choice that there is not.
    """

    months: int = 12
    kind: ModelKind | None = None
    fitted_by: FittedBy = "shop"
    value: ValueMeasure = "margin"
    discount: float = 0.1

    def __post_init__(self) -> None:
        if self.months not in MONTHS:
            raise Refused(
                message(
                    "Value is told over {known} months, not {asked}; choose one.",
                    known=", ".join(map(str, MONTHS)),
                    asked=self.months,
                )
            )
        check_model(self.kind, self.discount)

    @property
    def scoring(self) -> Scoring:
        """What the scores depend on."""
        return Scoring(MONTHS[self.months], self.kind, self.fitted_by, self.value, self.discount)


@dataclass(frozen=True)
class LifetimeValue:
    """Historic and predicted value of `n` customers, in shop currency. Without a model, what is predicted is null.

    `customers` are the first rows, by predicted value; `listing` gives the others.
    `top_historic` and `top_predicted` are the shares that the richest tenth hold, unknown of fewer than ten.
    `correlation` is that of frequency with spend, which the model takes for 0. `residual` is what the whole remaining
    life should bring: told beside the longest horizon only.
    """

    options: LifetimeValueOptions
    filters: CustomerFilters
    as_of: date
    kind: ModelKind | None
    value: ValueMeasure
    notes: tuple[Message, ...]
    n: int
    customers: Annotated[pl.DataFrame, CUSTOMERS]
    segments: Annotated[pl.DataFrame, SEGMENTS]
    moments: Annotated[pl.DataFrame, MOMENTS]
    distribution: Annotated[pl.DataFrame, DISTRIBUTION]
    lorenz: Annotated[pl.DataFrame, LORENZ]
    top_historic: float | None
    top_predicted: float | None
    matrix: Annotated[pl.DataFrame, MATRIX]
    bands: Annotated[pl.DataFrame, BANDS]
    correlation: float | None
    residual: float | None = None


@dataclass(frozen=True)
class SegmentWorth:
    """Of a report what comparing segments takes, without its lists and charts: these are most of its cost."""

    value: ValueMeasure
    n: int
    segments: Annotated[pl.DataFrame, SEGMENTS]
    moments: Annotated[pl.DataFrame, MOMENTS]
    top_predicted: float | None


def segment_worth(query: Query, fits: Fits, filters: CustomerFilters, options: LifetimeValueOptions) -> SegmentWorth:
    """Value of the chosen customers by segment. Raise `Refused` as the report does."""
    kind, value = used_kind(fits, options.kind), used_value(fits, options.value)
    with asked_scores(query, fits, filters, options.scoring) as scores:
        sums, drawn, shares = _by_segment(scores, _chosen(filters, options), value)
    segments = _segments(sums, drawn, fits, kind, options, seen_until(query, filters))
    top = _richest_tenth(sums, shares)
    return SegmentWorth(
        value, _customers(sums), segments, sums.select(MOMENTS.names), top["predicted"] if top else None
    )


def _chosen(filters: CustomerFilters, options: LifetimeValueOptions) -> dict[str, Parameter]:
    return {**filters.acquired(), "horizon_days": MONTHS[options.months]}


def _by_segment(
    scores: Query, chosen: Mapping[str, Parameter], value: ValueMeasure
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Sums of each segment, customers drawn from it for its interval, and how value is shared."""
    return (
        scores("customers/lifetime_value/segments", **chosen),
        scores("customers/lifetime_value/samples", **chosen, value=value, drawn=FOR_INTERVAL),
        lorenz(scores("customers/lifetime_value/lorenz", **chosen)),
    )


def _customers(sums: pl.DataFrame) -> int:
    return int(sums.filter(segment_kind="all")["customers"].sum())


def _richest_tenth(sums: pl.DataFrame, shares: pl.DataFrame) -> Mapping[str, float] | None:
    """Shares of value that the richest tenth holds."""
    rows = shares.filter(pl.col("percent") == 10).to_dicts() if _customers(sums) >= FEWEST_FOR_A_TENTH else []
    return rows[0] if rows else None


def report(
    query: Query, fits: Fits, filters: CustomerFilters, options: LifetimeValueOptions = LifetimeValueOptions()
) -> LifetimeValue:
    """Value of the chosen customers. Raise `Refused` where viewer or filters see only a part of histories."""
    as_of = seen_until(query, filters)
    kind, value = used_kind(fits, options.kind), used_value(fits, options.value)
    chosen = _chosen(filters, options)
    with asked_scores(query, fits, filters, options.scoring) as scores:
        sums, drawn, shares = _by_segment(scores, chosen, value)
        cells = scores(
            "customers/lifetime_value/matrix",
            **chosen,
            most_frequent=MOST_FREQUENT,
            most_inactive_months=MOST_INACTIVE_MONTHS,
        )
        classes = _distribution(scores, chosen)
        first = _listed(scores, chosen, value, FIRST_ROWS)
    spend = fits.spends.get(value)
    residual = sums.filter(segment_kind="all")["residual_value"]
    top = _richest_tenth(sums, shares)
    return LifetimeValue(
        options,
        filters,
        as_of,
        kind,
        value,
        (
            *notes(fits, as_of, options.kind, options.fitted_by, options.value),
            *_assumption(fits, value),
            *_width(fits, kind, options),
        ),
        _customers(sums),
        first,
        _segments(sums, drawn, fits, kind, options, as_of),
        sums.select(MOMENTS.names),
        classes,
        shares.drop("percent"),
        top["historic"] if top else None,
        top["predicted"] if top else None,
        cells,
        banded(cells),
        spend.correlation if spend else None,
        float(residual.sum()) if residual.count() else None,
    )


def listing(query: Query, fits: Fits, value: LifetimeValue) -> Annotated[pl.DataFrame, CUSTOMERS]:
    """All rows of which the report holds the first. Raise `Refused` as the report does."""
    chosen = _chosen(value.filters, value.options)
    with asked_scores(query, fits, value.filters, value.options.scoring) as scores:
        return _listed(scores, chosen, value.value, EVERY_ROW)


def _listed(scores: Query, chosen: Mapping[str, Parameter], value: ValueMeasure, most: int) -> pl.DataFrame:
    return scores("customers/lifetime_value/customers", **chosen, value=value, most=most).select(CUSTOMERS.names)


def _distribution(scores: Query, chosen: Mapping[str, Parameter]) -> Annotated[pl.DataFrame, DISTRIBUTION]:
    top = scores("customers/lifetime_value/top_value", **chosen)
    width = class_width(None if top.is_empty() else top["predicted_value"].item())
    if width is None:
        return pl.DataFrame(schema=DISTRIBUTION.schema())
    return distribution(scores("customers/lifetime_value/classes", **chosen, width=width), width)


def _width(fits: Fits, kind: ModelKind | None, options: LifetimeValueOptions) -> tuple[Message, ...]:
    """Why intervals are wide, where there are any."""
    wide = why_wide(recalibration_of(fits, kind).at(MONTHS[options.months]))
    return (wide,) if wide and kind in fits.models else ()


def _assumption(fits: Fits, value: ValueMeasure) -> tuple[Message, ...]:
    spend = fits.spends.get(value)
    if spend is None or spend.customers < FEWEST_REPEAT_BUYERS or abs(spend.correlation) < STRONG_CORRELATION:
        return ()
    text = N_(
        "Frequency and spend go together here (correlation {correlation}), which the model takes for 0: values of "
        "frequent customers lean to the low side if it is above 0, to the high side if below."
    )
    return (Message(text, {"correlation": round(spend.correlation, 2)}),)


def _segments(
    sums: pl.DataFrame,
    drawn: pl.DataFrame,
    fits: Fits,
    kind: ModelKind | None,
    options: LifetimeValueOptions,
    as_of: date,
) -> Annotated[pl.DataFrame, SEGMENTS]:
    uncertain = sums.join(
        _open(drawn, sums, fits, kind, options, as_of), on=["segment_kind", "segment"], how="left", nulls_equal=True
    )
    low, high = sum_interval(
        uncertain["predicted_value"],
        uncertain["chance"] + uncertain["open"] + _out_of_time(uncertain, fits, kind, options),
        uncertain["nothing"],
    )
    bounded = uncertain.with_columns(low.alias("low"), high.alias("high"))
    # Without a fit of what a purchase is worth nothing is known of its spread.
    bounds = (pl.when(pl.col("open").is_not_null()).then(bound).alias(bound) for bound in ("low", "high"))
    each = {
        "historic_value": "historic_each",
        "predicted_value": "predicted_each",
        "low": "low_each",
        "high": "high_each",
    }
    return (
        bounded.with_columns(bounds)
        .select("segment_kind", "segment", "customers", *list(each)[:2], "low", "high")
        .with_columns((pl.col(whole) / pl.col("customers")).alias(one) for whole, one in each.items())
        .sort("segment_kind", "segment")
    )


def _out_of_time(sums: pl.DataFrame, fits: Fits, kind: ModelKind | None, options: LifetimeValueOptions) -> pl.Series:
    """Variance of each segment's sum that its customers share: how far such sums strayed at past cutoffs."""
    one = recalibration_of(fits, kind).at(MONTHS[options.months])
    total, logs, one_time = (
        sums[name].cast(pl.Float64).fill_null(0.0).to_numpy()
        for name in ("predicted_value", "log_expected", "of_one_time")
    )
    return pl.Series(shared_variance(total, logs - total * one.purchases.centre, one_time, one))


def _open(
    drawn: pl.DataFrame,
    sums: pl.DataFrame,
    fits: Fits,
    kind: ModelKind | None,
    options: LifetimeValueOptions,
    as_of: date,
) -> pl.DataFrame:
    """`segment_kind, segment, open`: variance of a segment's predicted sum within what the fits leave open.

    Told from some hundred customers drawn in proportion to their value: each stands for one part of the sum, and each
    costs a dozen predictions. Where fits of several models meet in a segment, they are independent, so variances add.
    """
    keys = ["segment_kind", "segment"]
    spend = fits.spends.get(used_value(fits, options.value))
    if spend is not None and kind is not None and kind not in fits.models:
        # A rule has no parameters; how far it strays in time is counted apart.
        return sums.select(*keys, open=pl.lit(0.0))
    if spend is None or kind is None or drawn.is_empty():
        return pl.DataFrame(schema={**dict.fromkeys(keys, pl.String), "open": pl.Float64})
    parts, clock = [], Clock(fits.time, as_of)
    shares = drawn.with_columns(share=1 / pl.len().over(keys))
    for model, part in by_model(shares, fits, kind, options.fitted_by):
        standing = filled_spend(part, spend).with_columns(
            group=pl.struct(keys).rank("dense").cast(pl.Int64), customers=1 / pl.col("predicted_value")
        )
        deviations = segment_values(
            model,
            spend,
            in_units(clock.histories(standing), model.unit),
            MONTHS[options.months],
            options.discount,
            "group",
            clock.ahead,
        )
        held = standing.group_by("group", *keys).agg(pl.col("share").sum())
        parts.append(deviations.join(held, on="group").select(*keys, pl.col("deviation") * pl.col("share")))
    spread = pl.concat(parts).group_by(keys).agg((pl.col("deviation") ** 2).sum())
    return spread.join(sums, on=keys, nulls_equal=True).select(
        *keys, open=pl.col("deviation") * pl.col("predicted_value") ** 2
    )
