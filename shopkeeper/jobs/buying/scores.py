"""What the fits of a version say of customers: one answer per distinct history, whoever asks, job or page."""

from datetime import date
from functools import partial

import numpy as np
import polars as pl

from shopkeeper.jobs.buying.recalibrated import recalibrated, recalibration_of
from shopkeeper.jobs.buying.result import Fits, FittedBy, ValueMeasure
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.calibration import HISTORY, in_units, silence
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import DAYS, BuyingModel, ModelKind
from shopkeeper.models.buying.recalibration import Recalibration
from shopkeeper.models.buying.rules import Rule
from shopkeeper.models.buying.scoring import factorial_moment, next_purchase_quantile, score
from shopkeeper.models.buying.season import Clock
from shopkeeper.models.buying.spend import SpendModel, expected_average
from shopkeeper.models.buying.value import discounted_purchases, discounting, residual_purchases

FEW_CUSTOMERS = 30
"""Of fewer customers than this pages say little."""


def scored(
    frame: pl.DataFrame,
    fits: Fits,
    kind: ModelKind | None,
    by: FittedBy,
    horizon: int,
    discount: float,
    *,
    as_of: date | None = None,
    varying: bool = False,
    lifelong: bool = False,
) -> pl.DataFrame:
    """Add what is expected of each customer in the next `horizon` days, as seen on `as_of` (None: that of the fits).

    `p_alive, p_no_purchase, expected_purchases, discounted` (purchases, each worth 1 / (1 + discount)^years) and `wait`
    (days until half of such customers, if still active, have bought). Where a rule serves, or nothing is fitted (`kind`
    None: plain rates), `p_alive, wait` are null, and horizons longer than those counted are extrapolated (see
    `rules.Rule.told`); all are null where not even rates are known, and P(no purchase) over more days than were
    counted. Each distinct history is scored once. With `varying`, also `factorial`, E[n (n - 1)] of the
    purchases n, and `residual`, the discounted purchases of the whole remaining life: null unless `lifelong`.
    All but `wait` are set right by what came after past cutoffs (see `recalibrated`); `expected_before` is not.
    """
    if (rule := rule_of(fits, kind)) is not None or kind is None or frame.is_empty():
        return _ruled(frame, rule, horizon, discount, recalibration_of(fits, kind))
    recalibration, clock = recalibration_of(fits, kind), Clock(fits.time, as_of or fits.as_of)
    parts = [
        part.join(
            _score_histories(
                part.select(HISTORY).unique().sort(HISTORY),
                model,
                horizon,
                discount,
                recalibration,
                clock,
                varying=varying,
                lifelong=lifelong,
            ),
            on=HISTORY,
            how="left",
            maintain_order="left",
        )
        for model, part in by_model(frame.with_row_index("place"), fits, kind, by)
    ]
    return (parts[0] if len(parts) == 1 else pl.concat(parts).sort("place")).drop("place")


def alive_by_day(
    days: pl.DataFrame, fits: Fits, kind: ModelKind, by: FittedBy, horizon: int, first_day: date
) -> pl.DataFrame:
    """Add `p_alive, p_no_purchase` to one customer's history as it stood on several days; see `scored`.

    With a season each day has a clock of its own for the `horizon` after it.
    """
    if not fits.in_season or kind not in fits.models or days.is_empty():
        return scored(days, fits, kind, by, horizon, 0.0)
    ((model, rows),) = by_model(days, fits, kind, by)
    recency, age = (rows[name].cast(pl.Float64).to_numpy() for name in ("recency", "T"))
    unit, passed = DAYS[model.unit], partial(fits.time.horizons, first_day)
    histories = Histories(rows["frequency"].cast(pl.Float64).to_numpy(), passed(recency) / unit, passed(age) / unit)

    def told(days: int) -> tuple[Floats, Floats]:
        return silence(model, histories, (passed(age + days) - passed(age)) / unit), np.zeros_like(age)

    scores = rows.with_columns(
        p_alive=pl.Series(model.formulas.p_alive(histories)),
        p_no_purchase=pl.Series(told(horizon)[0]),
        expected_purchases=pl.lit(0.0),
    )
    return recalibrated(scores, recalibration_of(fits, kind), horizon, told)


def rule_of(fits: Fits, kind: ModelKind | None) -> Rule | None:
    """The rule of that name, plain rates where there is none (`kind` None); `None` for a model, or without rates."""
    return fits.rules.get(kind or "plain_rates")


def by_model(frame: pl.DataFrame, fits: Fits, kind: ModelKind, by: FittedBy) -> list[tuple[BuyingModel, pl.DataFrame]]:
    """The rows of each model: of their segment's own, where the chosen kind has one, else of the whole shop's.

    None for a rule, which has no parameters.
    """
    if kind not in fits.models:
        return []
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


def filled_spend(frame: pl.DataFrame, spend: SpendModel | CredibilityModel) -> pl.DataFrame:
    """With the shop's mean in place of a mean that is not known, and 0 for one below."""
    return frame.with_columns(
        monetary_value=pl.col("monetary_value").clip(lower_bound=0.0).fill_null(spend.population_mean)
    )


def used_kind(fits: Fits, preferred: ModelKind | None) -> ModelKind | None:
    """The model or rule asked for where it could be made, else the default."""
    return preferred if preferred in fits.models or preferred in fits.rules else fits.chosen


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
    part: pl.DataFrame,
    model: BuyingModel,
    horizon: int,
    discount: float,
    recalibration: Recalibration,
    clock: Clock,
    *,
    varying: bool,
    lifelong: bool,
) -> pl.DataFrame:
    """Scores of distinct histories of one model, with their keys as they came: in days."""
    unit = DAYS[model.unit]
    tuples = in_units(clock.histories(part), model.unit).with_columns(customers=pl.lit(1))
    ahead = clock.ahead(horizon) / unit
    scores = score(model, tuples, ahead)

    def told(days: int) -> tuple[Floats, Floats]:
        told = scores if days == horizon else score(model, tuples, clock.ahead(days) / unit)
        return told["p_no_purchase"].to_numpy(), told["expected_purchases"].to_numpy()

    rows = part.with_columns(
        *scores.select("p_alive", "p_no_purchase", "expected_purchases").get_columns(),
        discounted_purchases(model, tuples, horizon, discount, clock.ahead).alias("discounted"),
        clock.days(next_purchase_quantile(model, tuples) * unit).alias("wait"),
        *([factorial_moment(model, tuples, ahead).alias("factorial")] if varying else []),
        (residual_purchases(model, tuples, discount) if lifelong else pl.lit(None, dtype=pl.Float64)).alias("residual"),
    )
    return recalibrated(rows, recalibration, horizon, told)


def _ruled(
    frame: pl.DataFrame, rule: Rule | None, horizon: int, discount: float, recalibration: Recalibration
) -> pl.DataFrame:
    """By a rule of customers alike; null if there is none."""
    nothing = [pl.lit(None, dtype=pl.Float64).alias(name) for name in ("p_alive", "wait", "residual")]
    names = ("p_no_purchase", "expected_purchases", "expected_before", "discounted", "factorial")
    if rule is None or frame.is_empty():
        return frame.with_columns(*nothing, *(pl.lit(None, dtype=pl.Float64).alias(name) for name in names))
    distinct = frame.select(HISTORY).unique().sort(HISTORY)
    histories = Histories.of(distinct)
    told = rule.told(histories, horizon)
    counted = horizon <= rule.tables[-1].days
    scores = distinct.with_columns(
        *nothing,
        p_no_purchase=pl.Series(told.none, dtype=pl.Float64) if counted else pl.lit(None, dtype=pl.Float64),
        expected_purchases=pl.Series(told.expected, dtype=pl.Float64),
        discounted=pl.Series(rule.discounted(histories, *discounting(horizon, discount)), dtype=pl.Float64),
        factorial=pl.Series(told.factorial, dtype=pl.Float64),
    )

    def told_within(days: int) -> tuple[Floats, Floats]:
        shorter = rule.told(histories, days)
        return shorter.none, shorter.expected

    scores = recalibrated(scores, recalibration, horizon, told_within)
    return frame.join(scores, on=HISTORY, how="left", maintain_order="left")
