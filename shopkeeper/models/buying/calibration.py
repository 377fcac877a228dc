"""A model or a rule held against what happened: predicted and actual, by tenths of customers.

`held` frames have the columns of queries/customers/model_check/holdout.sql, times in the model's unit.
"""

import math

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import DAYS, BuyingModel, Unit
from shopkeeper.models.buying.rules import Rule
from shopkeeper.models.buying.scoring import expected_purchases_between

RISK_DAYS = 90
"""The horizon at which risk is held against what happened."""
HISTORY = ["frequency", "recency", "T"]


def in_units(tuples: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """Days as the model's unit."""
    times = tuples.with_columns((pl.col("recency", "T") / DAYS[unit]).cast(pl.Float64))
    if "log_times" not in tuples.columns:
        return times
    shorter = pl.col("frequency") * pl.col("customers") * math.log(DAYS[unit])
    return times.with_columns(log_times=pl.col("log_times") - shorter)


def risk(contestant: BuyingModel | Rule, tuples: pl.DataFrame, days: float) -> pl.Series:
    """P(no purchase in the next `days` | history); times are in the contestant's unit."""
    histories = Histories.of(tuples)
    if isinstance(contestant, BuyingModel):
        return pl.Series(silence(contestant, histories, days / DAYS[contestant.unit]), dtype=pl.Float64)
    return pl.Series(contestant.told(histories, days).none, dtype=pl.Float64)


def silence(model: BuyingModel, histories: Histories, t: float | Floats) -> Floats:
    """P(no purchase in the next t units | history), one t for all or that of each."""
    later = model.formulas.log_likelihood(histories.later(t))
    none: Floats = np.exp(np.minimum(later - model.formulas.log_likelihood(histories), 0.0))
    return none


def expected_purchases(contestant: BuyingModel | Rule, tuples: pl.DataFrame, days: float) -> pl.Series:
    """E[purchases in the next `days` | history]; times are in the contestant's unit."""
    if isinstance(contestant, BuyingModel):
        return expected_purchases_between(contestant, tuples, 0.0, days / DAYS[contestant.unit])
    return pl.Series(contestant.told(Histories.of(tuples), days).expected, dtype=pl.Float64)


def log_scores(contestant: BuyingModel | Rule, held: pl.DataFrame, days: float) -> Floats:
    """Log P(the purchases that came in the `days` of the holdout | history) of each row."""
    n = held["holdout"].cast(pl.Int64).to_numpy()
    histories = Histories.of(held)
    if isinstance(contestant, BuyingModel):
        return contestant.formulas.log_probability(histories, days / DAYS[contestant.unit], n)
    return contestant.told(histories, days).log_probability(n)


def risk_by_tenth(model: BuyingModel | Rule, held: pl.DataFrame, days: float = RISK_DAYS) -> pl.DataFrame:
    """One row per tenth of customers in the order of their risk: `tenth, customers, predicted, happened, stayed_away`.

    `predicted` is the mean P(no purchase in RISK_DAYS), `happened` the share that did not buy, both 0 to 1. `days` are
    RISK_DAYS on the model's clock.
    """
    customers = pl.col("customers")
    histories = held.group_by(HISTORY).agg(customers.sum(), stayed_away=customers.filter(pl.col("soon") == 0).sum())
    return _risk_by_tenth(histories.with_columns(p_no_purchase=risk(model, histories, days)))


def horizon_by_tenth(held: pl.DataFrame) -> pl.DataFrame:
    """The same as `risk_by_tenth` over any horizon: `held` has `p_no_purchase` and `silent` BOOL of each row."""
    customers = pl.col("customers")
    histories = held.group_by(HISTORY).agg(
        customers.sum(), pl.col("p_no_purchase").first(), stayed_away=customers.filter(pl.col("silent")).sum()
    )
    return _risk_by_tenth(histories)


def _risk_by_tenth(scored: pl.DataFrame) -> pl.DataFrame:
    customers = pl.col("customers")
    return (
        scored.sort("p_no_purchase", *HISTORY)
        .with_columns(tenth=_tenth())
        .group_by("tenth")
        .agg(
            customers.sum(),
            pl.col("stayed_away").sum(),
            predicted=(pl.col("p_no_purchase") * customers).sum() / customers.sum(),
        )
        .with_columns(happened=pl.col("stayed_away") / pl.col("customers"))
        .sort("tenth")
        .select("tenth", "customers", "predicted", "happened", "stayed_away")
    )


def purchases_by_tenth(model: BuyingModel | Rule, held: pl.DataFrame, days: float) -> pl.DataFrame:
    """One row per tenth of customers in the order of their expected purchases: `tenth, customers, predicted, actual`.

    Both are purchases per customer in the holdout, which is `days` long on the model's clock.
    """
    scored = with_expected(model, held, days).sort("expected", *HISTORY)
    return _compared(scored.with_columns(tenth=_tenth()), "tenth")


def purchases_by_frequency(model: BuyingModel | Rule, held: pl.DataFrame, days: float, most: int) -> pl.DataFrame:
    """One row per past frequency (`most` stands for that many and more): `frequency, customers, predicted, actual`."""
    capped = with_expected(model, held, days).with_columns(pl.col("frequency").clip(upper_bound=most))
    return _compared(capped, "frequency")


def with_expected(model: BuyingModel | Rule, held: pl.DataFrame, days: float) -> pl.DataFrame:
    """Distinct histories: `frequency, recency, T, customers, purchases` (of all of them), `expected` per customer."""
    customers = pl.col("customers")
    histories = (
        held.group_by(HISTORY).agg(customers.sum(), purchases=(pl.col("holdout") * customers).sum()).sort(HISTORY)
    )
    return histories.with_columns(expected=expected_purchases(model, histories, days))


def _compared(histories: pl.DataFrame, by: str) -> pl.DataFrame:
    customers = pl.col("customers")
    return (
        histories.group_by(by)
        .agg(
            customers.sum(),
            predicted=(pl.col("expected") * customers).sum() / customers.sum(),
            actual=pl.col("purchases").sum() / customers.sum(),
        )
        .sort(by)
    )


def _tenth() -> pl.Expr:
    """1 to 10 by the count of customers, of rows in their order; customers with one history stay together."""
    customers = pl.col("customers")
    middle = customers.cum_sum() - customers / 2
    return ((middle * 10 / customers.sum()).floor().clip(0, 9) + 1).cast(pl.Int32)
