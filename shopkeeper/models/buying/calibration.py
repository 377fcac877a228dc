"""A model held against what happened: predicted and actual, by tenths of customers.

`held` frames have the columns of queries/customers/model_check/holdout.sql, times in the model's unit.
"""

import polars as pl

from shopkeeper.models.buying.model import DAYS, BuyingModel, Unit
from shopkeeper.models.buying.scoring import expected_purchases_between, score

RISK_DAYS = 90
"""The horizon at which risk is held against what happened."""
HISTORY = ["frequency", "recency", "T"]


def in_units(tuples: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """Days as the model's unit."""
    return tuples.with_columns((pl.col("recency", "T") / DAYS[unit]).cast(pl.Float64))


def risk_by_tenth(model: BuyingModel, held: pl.DataFrame) -> pl.DataFrame:
    """One row per tenth of customers in the order of their risk: `tenth, customers, predicted, happened, stayed_away`.

    `predicted` is the mean P(no purchase in RISK_DAYS), `happened` the share that did not buy, both 0 to 1.
    """
    customers = pl.col("customers")
    histories = held.group_by(HISTORY).agg(customers.sum(), stayed_away=customers.filter(pl.col("soon") == 0).sum())
    scored = score(model, histories.sort(HISTORY), RISK_DAYS / DAYS[model.unit]).sort("p_no_purchase", *HISTORY)
    return (
        scored.with_columns(tenth=_tenth())
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


def purchases_by_tenth(model: BuyingModel, held: pl.DataFrame, days: int) -> pl.DataFrame:
    """One row per tenth of customers in the order of their expected purchases: `tenth, customers, predicted, actual`.

    Both are purchases per customer in the `days` of the holdout.
    """
    scored = with_expected(model, held, days).sort("expected", *HISTORY)
    return _compared(scored.with_columns(tenth=_tenth()), "tenth")


def purchases_by_frequency(model: BuyingModel, held: pl.DataFrame, days: int, most: int) -> pl.DataFrame:
    """One row per past frequency (`most` stands for that many and more): `frequency, customers, predicted, actual`."""
    capped = with_expected(model, held, days).with_columns(pl.col("frequency").clip(upper_bound=most))
    return _compared(capped, "frequency")


def with_expected(model: BuyingModel, held: pl.DataFrame, days: int) -> pl.DataFrame:
    """Distinct histories: `frequency, recency, T, customers, purchases` (of all of them), `expected` per customer."""
    customers = pl.col("customers")
    histories = (
        held.group_by(HISTORY).agg(customers.sum(), purchases=(pl.col("holdout") * customers).sum()).sort(HISTORY)
    )
    expected = expected_purchases_between(model, histories, 0.0, days / DAYS[model.unit])
    return histories.with_columns(expected=expected)


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
