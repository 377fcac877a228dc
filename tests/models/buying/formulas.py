"""Formulas that the tests hold the models against, and the app itself never needs."""

from collections.abc import Callable

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import BuyingModel
from shopkeeper.models.buying.spend import SpendModel, expected_average
from shopkeeper.models.buying.value import discounted_purchases


def probability_of_count(model: BuyingModel, tuples: pl.DataFrame, horizon: float, n: list[int]) -> Floats:
    """P(exactly n purchases in the next `horizon` units | history), row by row."""
    return np.exp(model.formulas.log_probability(Histories.of(tuples), horizon, np.array(n)))


def customer_lifetime_value(
    model: BuyingModel,
    spend: SpendModel | CredibilityModel,
    customers: pl.DataFrame,
    days: int,
    discount_per_year: float = 0.1,
    ahead: Callable[[int], float] = float,
) -> pl.Series:
    """Predicted value per customer of each row over the next `days`, in shop currency."""
    purchases = discounted_purchases(model, customers, days, discount_per_year, ahead)
    return purchases * expected_average(spend, customers["frequency"], customers["monetary_value"])
