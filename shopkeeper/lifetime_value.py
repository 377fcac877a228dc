"""Lifetime value: what customers have brought, and what they should bring over the next months.

CLV over the horizon is the sum over time of E[purchases] x E[value per purchase] / (1 + d)^t. Historic and predicted
stand apart: one has happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from shopkeeper.calibration import in_units
from shopkeeper.churn import value_per_purchase
from shopkeeper.engine import Query
from shopkeeper.errors import Refused
from shopkeeper.filters import Filters
from shopkeeper.fits import KIND_NAMES, Fits, FittedBy, Sentence, Value
from shopkeeper.histories import by_model, customers, notes, scored, seen_until, used_kind, used_value
from shopkeeper.i18n import N_
from shopkeeper.models.buying import Kind
from shopkeeper.models.value import segment_values

MONTHS: Mapping[int, int] = {3: 91, 6: 182, 12: 365, 24: 730}
"""Days of each horizon in months."""
SEGMENT_KINDS: Mapping[str, str] = {
    "cohort": "cohort", "channel": "first_channel", "region": "first_region", "category": "first_category",
}  # fmt: skip
MOST_FREQUENT = 10
SILENT_MONTHS = 24
STRONG_CORRELATION = 0.2
FOR_INTERVAL = 150
"""Customers of a segment on whom the width of its interval is computed."""
COLUMNS = (
    "customer_id", "frequency", "recency", "T", "monetary_value", "historic_value", "predicted_value", "p_alive",
    "expected_purchases", "purchase_value", "first_day", "last_day", "cohort", "first_channel", "first_region",
    "first_category",
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    """Over how many months, at which yearly discount, and what is valued; see `churn.Options` for the others.

    Raise `Refused` for a choice that there is not.
    """

    months: int = 12
    kind: Kind | None = None
    fitted_by: FittedBy = "shop"
    value: Value = "margin"
    discount: float = 0.1

    def __post_init__(self) -> None:
        if self.months not in MONTHS:
            raise Refused(f"Value is told over {', '.join(map(str, MONTHS))} months, not {self.months}; choose one.")
        if self.kind is not None and self.kind not in KIND_NAMES:
            raise Refused(f"“{self.kind}” is no model; choose one of {', '.join(KIND_NAMES)}.")
        if not 0 <= self.discount <= 1:
            raise Refused(f"A discount of {self.discount:g} a year cannot be; choose 0 to 1 (0.1 is 10 %).")


@dataclass(frozen=True)
class LifetimeValue:
    """Historic and predicted value, in shop currency. Without a model, all that is predicted is null.

    `customers`, one row per customer, `COLUMNS`: `historic_value` (net revenue or margin so far), `predicted_value`
    (over the horizon, discounted), `expected_purchases` (over the horizon), `purchase_value` (expected of one),
    `cohort` (year of the first purchase, text). Largest predicted value first. `segments`, one row per segment, and
    one of kind `all`: `segment_kind, segment, customers, historic_value, predicted_value, low, high` (95 % interval
    of the expected sum, within what the fits leave open; null where the worth of a purchase could not be fitted).
    `distribution`, one row per class of predicted value: `low, high` (no upper end for the last), `customers,
    predicted_value`. `lorenz`, 101 rows: `share` of customers, the richest first, and the shares `historic` and
    `predicted` that they hold; `top_historic` and `top_predicted` are those of the richest tenth. `matrix`, one row
    per `frequency` (10 is 10 and more) and `silent_months` (months of 30 days since the last purchase, 24 is 24 and
    more): `customers, p_alive, predicted_value` (means). `correlation` is that of frequency with spend, which the
    model takes for 0.
    """

    options: Options
    filters: Filters
    as_of: date
    kind: Kind | None
    value: Value
    notes: tuple[Sentence, ...]
    customers: pl.DataFrame
    segments: pl.DataFrame
    distribution: pl.DataFrame
    lorenz: pl.DataFrame
    top_historic: float | None
    top_predicted: float | None
    matrix: pl.DataFrame
    correlation: float | None


def report(query: Query, fits: Fits, filters: Filters, options: Options = Options()) -> LifetimeValue:
    """Value every chosen customer. Raise `Refused` where viewer or filters see only a part of histories."""
    found = customers(query, filters)
    as_of = seen_until(query, filters)
    kind, value = used_kind(fits, options.kind), used_value(fits, options.value)
    days = MONTHS[options.months]
    found = scored(found, fits, kind, options.fitted_by, days, options.discount)
    found = value_per_purchase(found, fits, value).with_columns(
        cohort=pl.col("first_day").dt.year().cast(pl.String),
        historic_value=pl.col(value),
        predicted_value=pl.col("discounted") * pl.col("purchase_value"),
    )
    found = found.sort("predicted_value", "customer_id", descending=[True, False], nulls_last=True)
    spend = fits.spends.get(value)
    lorenz = _lorenz(found)
    top = lorenz.filter(pl.col("percent") == 10).to_dicts()
    return LifetimeValue(
        options, filters, as_of, kind, value,
        (*notes(fits, as_of, options.kind, options.fitted_by, options.value), *_assumption(fits, value)),
        found.select(COLUMNS), _segments(found, fits, kind, value, options), _distribution(found),
        lorenz.drop("percent"), top[0]["historic"] if top else None, top[0]["predicted"] if top else None,
        _matrix(found), spend.correlation if spend else None,
    )  # fmt: skip


def _assumption(fits: Fits, value: Value) -> tuple[Sentence, ...]:
    spend = fits.spends.get(value)
    if spend is None or abs(spend.correlation) < STRONG_CORRELATION:
        return ()
    text = N_(
        "Frequency and spend go together here (correlation %(correlation)s), which the model takes for 0: values of "
        "frequent customers lean to the low side if it is above 0, to the high side if below."
    )
    return (Sentence(text, {"correlation": round(spend.correlation, 2)}),)


def _segments(frame: pl.DataFrame, fits: Fits, kind: Kind | None, value: Value, options: Options) -> pl.DataFrame:
    parts = []
    for name, column in {"all": "all", **SEGMENT_KINDS}.items():
        named = frame.with_columns(segment=pl.lit("all") if name == "all" else pl.col(column))
        sums = named.group_by("segment").agg(
            customers=pl.len().cast(pl.Int64),
            historic_value=pl.col("historic_value").sum(),
            predicted_value=pl.when(pl.col("predicted_value").count() > 0).then(pl.col("predicted_value").sum()),
        )
        parts.append(
            sums.join(_intervals(named, fits, kind, value, options), on="segment", how="left")
            .with_columns(
                segment_kind=pl.lit(name),
                low=pl.col("predicted_value") - pl.col("below"),
                high=pl.col("predicted_value") + pl.col("above"),
            )
            .select("segment_kind", "segment", "customers", "historic_value", "predicted_value", "low", "high")
        )
    return pl.concat(parts).sort("segment_kind", "segment")


def _intervals(named: pl.DataFrame, fits: Fits, kind: Kind | None, value: Value, options: Options) -> pl.DataFrame:
    """How far a segment's sum may lie `below` and `above` what is predicted.

    The width is that of some hundred of its customers, evenly taken in the order of their value: it hardly differs
    between customers, and each costs a dozen predictions. Where fits of several models meet in a segment, they are
    independent, so squares add.
    """
    spend = fits.spends.get(value)
    if spend is None or kind is None or named.is_empty():
        return pl.DataFrame(schema={"segment": pl.String, "below": pl.Float64, "above": pl.Float64})
    step = (pl.len().over("segment") / FOR_INTERVAL).ceil().cast(pl.Int64)
    place = pl.int_range(pl.len()).over("segment")
    parts = []
    for model, part in by_model(named, fits, kind, options.fitted_by):
        # The frame comes sorted by predicted value, so every n-th customer stands for those around.
        taken = part.filter((place - step // 2) % step == 0).with_columns(
            monetary_value=pl.col("monetary_value").clip(lower_bound=0.0).fill_null(spend.population_mean),
            customers=pl.lit(1, dtype=pl.Int64),
        )
        told = segment_values(model, spend, in_units(taken, model.unit), MONTHS[options.months], options.discount)
        sums = part.group_by("segment").agg(pl.col("predicted_value").sum())
        share = pl.col("predicted_value") / pl.col("value")
        parts.append(
            told.filter(pl.col("value") > 0)
            .join(sums, on="segment")
            .select(
                "segment", down=(pl.col("value") - pl.col("low")) * share, up=(pl.col("high") - pl.col("value")) * share
            )
        )
    return (
        pl.concat(parts)
        .group_by("segment")
        .agg(below=(pl.col("down") ** 2).sum().sqrt(), above=(pl.col("up") ** 2).sum().sqrt())
    )


def _distribution(frame: pl.DataFrame) -> pl.DataFrame:
    """Ten classes of equal width up to the 95th percentile, rounded up to two digits, and one for the rest."""
    values = frame["predicted_value"].drop_nulls()
    top = values.quantile(0.95) if values.len() else None
    if not top or top <= 0:
        return pl.DataFrame(schema=_CLASSES)
    width = _rounded_up(float(top) / 10)
    band = (pl.col("predicted_value") / width).floor().clip(0, 10).cast(pl.Int64)
    counted = (
        frame.filter(pl.col("predicted_value").is_not_null())
        .group_by(band=band)
        .agg(customers=pl.len().cast(pl.Int64), predicted_value=pl.col("predicted_value").sum())
    )
    return (
        pl.DataFrame({"band": list(range(11))})
        .join(counted, on="band", how="left", maintain_order="left")
        .select(
            low=pl.col("band") * width,
            high=pl.when(pl.col("band") < 10).then((pl.col("band") + 1) * width),
            customers=pl.col("customers").fill_null(0),
            predicted_value=pl.col("predicted_value").fill_null(0.0),
        )
    )


_CLASSES = {"low": pl.Float64, "high": pl.Float64, "customers": pl.Int64, "predicted_value": pl.Float64}


def _rounded_up(width: float) -> float:
    digits = len(str(int(width))) - 2 if width >= 10 else -2
    step = 10.0**digits
    return float(-(-width // step) * step)


def _lorenz(frame: pl.DataFrame) -> pl.DataFrame:
    """`percent, share, historic, predicted`; values below 0 hold no share."""
    customers = frame.height
    if not customers:
        return pl.DataFrame(schema=dict.fromkeys(("percent", "share", "historic", "predicted"), pl.Float64))
    points = pl.DataFrame({"percent": list(range(101))})
    places = (points["percent"] * customers / 100).ceil().cast(pl.Int64)
    found = points.with_columns(share=pl.col("percent") / 100)
    for name in ("historic", "predicted"):
        values = frame[f"{name}_value"].fill_null(0.0).clip(lower_bound=0.0).sort(descending=True)
        total = float(values.sum())
        running = pl.concat([pl.Series([0.0]), values.cum_sum().rename("")])
        held = running.gather(places) / total if total else pl.Series([None] * 101, dtype=pl.Float64)
        found = found.with_columns(held.alias(name))
    return found


def _matrix(frame: pl.DataFrame) -> pl.DataFrame:
    silent = ((pl.col("T") - pl.col("recency")) // 30).clip(upper_bound=SILENT_MONTHS).cast(pl.Int32)
    return (
        frame.group_by(frequency=pl.col("frequency").clip(upper_bound=MOST_FREQUENT), silent_months=silent)
        .agg(
            customers=pl.len().cast(pl.Int64),
            p_alive=pl.col("p_alive").mean(),
            predicted_value=pl.col("predicted_value").mean(),
        )
        .sort("frequency", "silent_months")
    )
