"""What the fits of a version say of customers: one answer per distinct history, whoever asks, job or page."""

from collections.abc import Mapping

import polars as pl

from shopkeeper.jobs.buying.result import Fits, FittedBy, Rate, ValueMeasure
from shopkeeper.models.buying.calibration import HISTORY, in_units
from shopkeeper.models.buying.model import DAYS, BuyingModel, ModelKind
from shopkeeper.models.buying.scoring import factorial_moment, next_purchase_quantile, score
from shopkeeper.models.buying.spend import SpendModel, expected_average
from shopkeeper.models.buying.value import discounted_purchases

FEW_CUSTOMERS = 30
"""Below this many customers a plain rate says little, and that of a wider group is taken."""
INACTIVITY_BANDS = (30, 90, 180, 365)


def scored(
    frame: pl.DataFrame,
    fits: Fits,
    kind: ModelKind | None,
    by: FittedBy,
    horizon: int,
    discount: float,
    *,
    varying: bool = False,
) -> pl.DataFrame:
    """Add what is expected of each customer in the next `horizon` days.

    `p_alive, p_no_purchase, expected_purchases, discounted` (purchases, each worth 1 / (1 + discount)^years) and `wait`
    (days until half of such customers, if still active, have bought). Without a model (`kind` None) they are the plain
    rates of customers alike, and `p_alive, discounted, wait` are null. Each distinct history is scored once. With
    `varying`, also `factorial`: E[n (n - 1)] of the purchases n; null without a model.
    """
    if kind is None or frame.is_empty():
        return _rated(frame, fits.rates, horizon)
    parts = [
        part.join(
            _score_histories(part.select(HISTORY).unique().sort(HISTORY), model, horizon, discount, varying=varying),
            on=HISTORY,
            how="left",
            maintain_order="left",
        )
        for model, part in by_model(frame.with_row_index("place"), fits, kind, by)
    ]
    return (parts[0] if len(parts) == 1 else pl.concat(parts).sort("place")).drop("place")


def by_model(frame: pl.DataFrame, fits: Fits, kind: ModelKind, by: FittedBy) -> list[tuple[BuyingModel, pl.DataFrame]]:
    """The rows of each model: of their segment's own, where the chosen kind has one, else of the whole shop's."""
    own = fits.segments.get(by, {}) if kind == fits.chosen else {}
    if not own:
        return [(fits.models[kind], frame)]
    named = frame.with_columns((pl.col("segment") if "segment" in frame.columns else _segment(by)).alias("fitted"))
    rest = named.filter(~pl.col("fitted").is_in(list(own)).fill_null(False))
    pairs = [(model, named.filter(pl.col("fitted") == segment)) for segment, model in own.items()]
    return [(model, part.drop("fitted")) for model, part in (*pairs, (fits.models[kind], rest)) if part.height]


def value_per_purchase(frame: pl.DataFrame, fits: Fits, value: ValueMeasure) -> pl.DataFrame:
    """Add `monetary_value` (own mean repeat purchase) and `purchase_value` (what the next one should bring).

    The customer's own mean is drawn towards the shop's, the more so the fewer purchases it stands on; own means below 0
    count as 0. Where nothing could be fitted, the shop's mean stands for everybody's; null where even that is unknown.
    """
    own = frame.with_columns(monetary_value=pl.col(f"repeat_{value}"))
    if (spend := fits.spends.get(value)) is None:
        mean = fits.means.get(value)
        return own.with_columns(purchase_value=pl.lit(None if mean is None else max(mean, 0.0), dtype=pl.Float64))
    # With the shop's own mean in its place, a mean that is not known leaves the shop's mean.
    own_mean = own["monetary_value"].clip(lower_bound=0.0).fill_null(spend.population_mean)
    return own.with_columns(expected_average(spend, own["frequency"], own_mean).alias("purchase_value"))


def filled_spend(frame: pl.DataFrame, spend: SpendModel) -> pl.DataFrame:
    """With the shop's mean in place of a mean that is not known, and 0 for one below."""
    return frame.with_columns(
        monetary_value=pl.col("monetary_value").clip(lower_bound=0.0).fill_null(spend.population_mean)
    )


def used_kind(fits: Fits, preferred: ModelKind | None) -> ModelKind | None:
    """The model asked for where it was fitted, else the default."""
    return preferred if preferred in fits.models else fits.chosen


def used_value(fits: Fits, preferred: ValueMeasure) -> ValueMeasure:
    """Margin where it is known of anybody, else net revenue."""
    return preferred if preferred in fits.means else "revenue"


def _segment(by: FittedBy) -> pl.Expr:
    match by:
        case "channel":
            return pl.col("first_channel")
        case "cohort":
            return pl.col("first_day").dt.year().cast(pl.String)
        case _:
            return pl.lit(None, dtype=pl.String)


def _score_histories(
    part: pl.DataFrame, model: BuyingModel, horizon: int, discount: float, *, varying: bool
) -> pl.DataFrame:
    """Scores of distinct histories of one model, with their keys as they came: in days."""
    unit = DAYS[model.unit]
    tuples = in_units(part, model.unit).with_columns(customers=pl.lit(1))
    scores = score(model, tuples, horizon / unit)
    return part.with_columns(
        *scores.select("p_alive", "p_no_purchase", "expected_purchases").get_columns(),
        discounted_purchases(model, tuples, horizon, discount).alias("discounted"),
        (next_purchase_quantile(model, tuples) * unit).alias("wait"),
        *([factorial_moment(model, tuples, horizon / unit).alias("factorial")] if varying else []),
    )


def _rated(frame: pl.DataFrame, rates: tuple[Rate, ...], horizon: int) -> pl.DataFrame:
    """Plain rates: of customers alike in frequency and inactivity, else in frequency, else of all; null if unknown."""
    nothing = [pl.lit(None, dtype=pl.Float64).alias(name) for name in ("p_alive", "discounted", "wait", "factorial")]
    banded = frame.with_columns(
        nothing,
        frequency_band=pl.col("frequency").clip(upper_bound=4),
        inactivity_band=1 + sum(((pl.col("T") - pl.col("recency")) > days).cast(pl.Int32) for days in INACTIVITY_BANDS),
    )
    rates_of_horizon: list[Mapping[str, int]] = [vars(rate) for rate in rates if rate.days == horizon]
    schema = dict.fromkeys(("frequency_band", "inactivity_band"), pl.Int32) | dict.fromkeys(
        ("customers", "buyers", "purchases"), pl.Int64
    )
    table = pl.DataFrame([{name: row[name] for name in schema} for row in rates_of_horizon], schema=schema)
    away, bought = [], []
    for place, keys in enumerate((["frequency_band", "inactivity_band"], ["frequency_band"], [])):
        wider = (
            table.group_by(keys).agg(pl.sum("customers", "buyers", "purchases"))
            if keys
            else table.select(pl.sum("customers", "buyers", "purchases"))
        )
        enough = wider.filter(pl.col("customers") >= (FEW_CUSTOMERS if keys else 1)).select(
            *keys,
            (1 - pl.col("buyers") / pl.col("customers")).alias(f"away{place}"),
            (pl.col("purchases") / pl.col("customers")).alias(f"bought{place}"),
        )
        banded = (
            banded.join(enough, on=keys, how="left", maintain_order="left")
            if keys
            else banded.with_columns(
                pl.lit(enough[name].item() if enough.height else None, dtype=pl.Float64).alias(name)
                for name in (f"away{place}", f"bought{place}")
            )
        )
        away.append(f"away{place}")
        bought.append(f"bought{place}")
    return banded.with_columns(p_no_purchase=pl.coalesce(away), expected_purchases=pl.coalesce(bought)).drop(
        *away, *bought, "frequency_band", "inactivity_band"
    )
