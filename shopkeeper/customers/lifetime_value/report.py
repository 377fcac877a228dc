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
from shopkeeper.customers.histories import check_model, customers, notes, seen_until
from shopkeeper.customers.lifetime_value.frames import BANDS, CUSTOMERS, DISTRIBUTION, LORENZ, MATRIX, SEGMENTS
from shopkeeper.customers.lifetime_value.shapes import banded, distribution, lorenz, matrix
from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.jobs.buying.result import Fits, FittedBy, ValueMeasure
from shopkeeper.jobs.buying.scores import by_model, scored, used_kind, used_value, value_per_purchase
from shopkeeper.messages import Message, message
from shopkeeper.models.buying.calibration import HISTORY, in_units
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.models.buying.spend import SpendModel
from shopkeeper.models.buying.value import segment_values, sum_interval, value_variance

MONTHS: Mapping[int, int] = {3: 91, 6: 182, 12: 365, 24: 730}
"""Days of each horizon in months."""
SEGMENT_KINDS: Mapping[str, str] = {
    "cohort": "cohort",
    "channel": "first_channel",
    "region": "first_region",
    "category": "first_category",
}
STRONG_CORRELATION = 0.2
FOR_INTERVAL = 150
"""Customers of a segment on whom the width of its interval is computed."""
NEEDED = (
    "customer_id",
    "first_day",
    "first_channel",
    "first_region",
    "first_category",
    "last_day",
    "frequency",
    "recency",
    "T",
    "revenue",
    "margin",
    "repeat_revenue",
    "repeat_margin",
)
"""Of the histories: each column more is sorted and copied a million times in a large shop."""


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


@dataclass(frozen=True)
class LifetimeValue:
    """Historic and predicted value, in shop currency. Without a model, all that is predicted is null.

    `top_historic` and `top_predicted` are the shares that the richest tenth hold. `correlation` is that of frequency
    with spend, which the model takes for 0.
    """

    options: LifetimeValueOptions
    filters: CustomerFilters
    as_of: date
    kind: ModelKind | None
    value: ValueMeasure
    notes: tuple[Message, ...]
    customers: Annotated[pl.DataFrame, CUSTOMERS]
    segments: Annotated[pl.DataFrame, SEGMENTS]
    distribution: Annotated[pl.DataFrame, DISTRIBUTION]
    lorenz: Annotated[pl.DataFrame, LORENZ]
    top_historic: float | None
    top_predicted: float | None
    matrix: Annotated[pl.DataFrame, MATRIX]
    bands: Annotated[pl.DataFrame, BANDS]
    correlation: float | None


def report(
    query: Query, fits: Fits, filters: CustomerFilters, options: LifetimeValueOptions = LifetimeValueOptions()
) -> LifetimeValue:
    """Value every chosen customer. Raise `Refused` where viewer or filters see only a part of histories."""
    scores = customers(query, filters).select(NEEDED)
    as_of = seen_until(query, filters)
    kind, value = used_kind(fits, options.kind), used_value(fits, options.value)
    scores = _valued(scores, fits, kind, value, options)
    shares, cells, spend = lorenz(scores), matrix(scores), fits.spends.get(value)
    top = shares.filter(pl.col("percent") == 10).to_dicts()
    return LifetimeValue(
        options,
        filters,
        as_of,
        kind,
        value,
        (*notes(fits, as_of, options.kind, options.fitted_by, options.value), *_assumption(fits, value)),
        scores.select(CUSTOMERS.names),
        _segments(scores, fits, kind, value, options),
        distribution(scores),
        shares.drop("percent"),
        top[0]["historic"] if top else None,
        top[0]["predicted"] if top else None,
        cells,
        banded(cells),
        spend.correlation if spend else None,
    )


def _valued(
    frame: pl.DataFrame, fits: Fits, kind: ModelKind | None, value: ValueMeasure, options: LifetimeValueOptions
) -> pl.DataFrame:
    """All columns of `CUSTOMERS`, and `variance` of what each brings; the largest predicted value first."""
    days, spend = MONTHS[options.months], fits.spends.get(value)
    scores = scored(frame, fits, kind, options.fitted_by, days, options.discount, varying=True)
    scores = value_per_purchase(scores, fits, value).with_columns(
        cohort=pl.col("first_day").dt.year().cast(pl.String),
        historic_value=pl.col(value),
        predicted_value=pl.col("discounted") * pl.col("purchase_value"),
    )
    predictable = spend is not None and kind is not None
    variance = value_variance(spend, _filled_spend(scores, spend)) if spend and predictable else None
    scores = scores.with_columns(variance=pl.lit(None, dtype=pl.Float64) if variance is None else variance)
    # Customers come in the order of their ids, which a stable sort keeps among equals, in half the time.
    return scores.sort("predicted_value", descending=True, nulls_last=True, maintain_order=True)


def _filled_spend(frame: pl.DataFrame, spend: SpendModel | CredibilityModel) -> pl.DataFrame:
    """With the shop's mean in place of a mean that is not known, and 0 for one below."""
    return frame.with_columns(
        monetary_value=pl.col("monetary_value").clip(lower_bound=0.0).fill_null(spend.population_mean)
    )


def _assumption(fits: Fits, value: ValueMeasure) -> tuple[Message, ...]:
    spend = fits.spends.get(value)
    if spend is None or abs(spend.correlation) < STRONG_CORRELATION:
        return ()
    text = N_(
        "Frequency and spend go together here (correlation {correlation}), which the model takes for 0: values of "
        "frequent customers lean to the low side if it is above 0, to the high side if below."
    )
    return (Message(text, {"correlation": round(spend.correlation, 2)}),)


def _segments(
    frame: pl.DataFrame, fits: Fits, kind: ModelKind | None, value: ValueMeasure, options: LifetimeValueOptions
) -> pl.DataFrame:
    parts = []
    needed = frame.select(
        *HISTORY,
        "first_channel",
        "first_day",
        "monetary_value",
        "historic_value",
        "predicted_value",
        "variance",
        "p_no_purchase",
        *(column for column in SEGMENT_KINDS.values() if column != "first_channel"),
    )
    for name, column in {"all": "all", **SEGMENT_KINDS}.items():
        named = needed.with_columns(segment=pl.lit("all") if name == "all" else pl.col(column))
        sums = named.group_by("segment").agg(
            customers=pl.len().cast(pl.Int64),
            historic_value=pl.col("historic_value").sum(),
            predicted_value=pl.when(pl.col("predicted_value").count() > 0).then(pl.col("predicted_value").sum()),
            chance=pl.col("variance").sum(),
            nothing=pl.col("p_no_purchase").clip(lower_bound=1e-300).log().sum().exp(),
        )
        uncertain = sums.join(_open(named, fits, kind, value, options), on="segment", how="left", nulls_equal=True)
        low, high = sum_interval(
            uncertain["predicted_value"], uncertain["chance"] + uncertain["open"], uncertain["nothing"]
        )
        bounded = uncertain.with_columns(low.alias("low"), high.alias("high"), segment_kind=pl.lit(name))
        # Without a fit of what a purchase is worth nothing is known of its spread.
        bounds = (pl.when(pl.col("open").is_not_null()).then(bound).alias(bound) for bound in ("low", "high"))
        parts.append(bounded.with_columns(bounds))
    each = {
        "historic_value": "historic_each",
        "predicted_value": "predicted_each",
        "low": "low_each",
        "high": "high_each",
    }
    return (
        pl.concat(parts)
        .select("segment_kind", "segment", "customers", *list(each)[:2], "low", "high")
        .with_columns((pl.col(whole) / pl.col("customers")).alias(one) for whole, one in each.items())
        .sort("segment_kind", "segment")
    )


def _open(
    named: pl.DataFrame, fits: Fits, kind: ModelKind | None, value: ValueMeasure, options: LifetimeValueOptions
) -> pl.DataFrame:
    """`segment, open`: variance of each segment's predicted sum within what the fits leave open of their parameters.

    Its share is that of some hundred of its customers, evenly taken in the order of their value: it hardly differs
    between customers, and each costs a dozen predictions. Where fits of several models meet in a segment, they are
    independent, so variances add.
    """
    spend = fits.spends.get(value)
    if spend is None or kind is None or named.is_empty():
        return pl.DataFrame(schema={"segment": pl.String, "open": pl.Float64})
    parts = []
    for model, part in by_model(named, fits, kind, options.fitted_by):
        # The frame comes sorted by predicted value, so every n-th customer stands for those around.
        ranked = part.select("segment", "frequency", "recency", "T", "monetary_value", "predicted_value").with_columns(
            place=pl.int_range(pl.len()).over("segment"), step=pl.len().over("segment") // FOR_INTERVAL + 1
        )
        sample = ranked.filter((pl.col("place") - pl.col("step") // 2) % pl.col("step") == 0)
        sample = _filled_spend(sample, spend).with_columns(customers=pl.lit(1, dtype=pl.Int64))
        deviations = segment_values(
            model, spend, in_units(sample, model.unit), MONTHS[options.months], options.discount
        )
        sums = part.group_by("segment").agg(pl.col("predicted_value").sum())
        parts.append(
            deviations.join(sums, on="segment", nulls_equal=True).select(
                "segment", open=(pl.col("predicted_value") * pl.col("deviation")) ** 2
            )
        )
    return pl.concat(parts).group_by("segment").agg(pl.col("open").sum())
