"""Customer lifetime value: expected purchases, each at its expected worth, discounted.

`customers` frames have the tuples' columns `frequency, recency, T, customers` plus `monetary_value` FLOAT (mean of the
repeat purchases; null or anything where frequency is 0).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import polars as pl
from scipy.special import gammaincinv  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import DAYS, BuyingModel, Formulas
from shopkeeper.models.buying.pareto import Pareto
from shopkeeper.models.buying.spend import SpendModel, expected_average
from shopkeeper.models.intervals import NORMAL_QUANTILE_975

Model = TypeVar("Model", bound=BuyingModel | SpendModel | CredibilityModel)

PERIOD_DAYS = 30
DAYS_PER_YEAR = 365.25
STEP = 1e-3
NODES = 48
SHORTEST = 1e-3
NEGLIGIBLE = 45.0
"""Times of the discount's own scale: the integral over a remaining life is fine from the first on, and ends here."""


def discounted_purchases(
    model: BuyingModel,
    tuples: pl.DataFrame,
    days: int,
    discount_per_year: float,
    ahead: Callable[[int], float] = float,
) -> pl.Series:
    """Sum over periods of 30 days (the last may be shorter) of E[purchases in it] / (1 + d)^(its end in years).

    `ahead` says how long so many days to come are on the model's clock (see `season`).
    """
    histories, formulas = Histories.of(tuples), model.formulas
    total, before = np.zeros_like(histories.T), np.zeros_like(histories.T)
    for end, weight in zip(*discounting(days, discount_per_year), strict=True):
        until = formulas.expected_if_alive(histories, ahead(end) / DAYS[model.unit])
        total += np.maximum(until - before, 0.0) * weight
        before = until
    return pl.Series(total * formulas.p_alive(histories), dtype=pl.Float64)


def discounting(days: int, discount_per_year: float) -> tuple[list[int], list[float]]:
    """Ends of periods of 30 days, the last of which may be shorter, and what a purchase in each is worth today."""
    if days < 1 or not discount_per_year > -1:
        raise ValueError(f"{days} days at a discount of {discount_per_year} are no horizon")
    ends = [*range(PERIOD_DAYS, days, PERIOD_DAYS), days]
    return ends, [(1 + discount_per_year) ** (-end / DAYS_PER_YEAR) for end in ends]


def residual_purchases(model: BuyingModel, tuples: pl.DataFrame, discount_per_year: float) -> pl.Series:
    """DERT: expected purchases over the whole remaining life, each worth 1 / (1 + d)^years when it comes.

    Fader, Hardie & Lee (2005), J. Marketing Research 42, "RFM and CLV": in closed form for Pareto/NBD, else by
    quadrature of what the model expects by each moment. Raise `ValueError` without a discount: a life has no end.
    """
    if not discount_per_year > 0:
        raise ValueError(f"at a discount of {discount_per_year} a whole life has no finite value")
    histories, formulas = Histories.of(tuples), model.formulas
    rate = float(np.log1p(discount_per_year)) * DAYS[model.unit] / DAYS_PER_YEAR
    if isinstance(formulas, Pareto):
        # Their eq. 2 with L and P(alive) put in; z^(s-1) U(s, s, z) = U(1, 2 - s, z).
        r, alpha, s, beta = model.values
        lasting = (beta + histories.T) * _tricomi(s, rate * (beta + histories.T))
        if_alive = (r + histories.frequency) / (alpha + histories.T) * lasting
    else:
        if_alive = _residual_if_alive(formulas, histories, rate)
    return pl.Series(if_alive * formulas.p_alive(histories), dtype=pl.Float64)


def _tricomi(s: float, z: Floats) -> Floats:
    """U(1, 2 - s, z) = integral of e^(-z u) (1 + u)^-s du over u > 0 (DLMF 13.4.4), by Gauss-Legendre in log(1 + u).

    SciPy's own is wrong by 2 % for whole s and small z.
    """
    nodes, weights = np.polynomial.legendre.leggauss(2 * NODES)
    span = np.minimum(np.log1p(NEGLIGIBLE / z), NEGLIGIBLE / max(s - 1, 1e-9))
    total = np.zeros_like(z)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        total += weight * span * np.exp((1 - s) * node * span - z * np.expm1(node * span))
    return total


def _residual_if_alive(formulas: Formulas, histories: Histories, rate: float) -> Floats:
    """Integral of e^(-rate t) dE(t), E the purchases expected by t, in parts: rate * integral of e^(-rate t) E(t) dt.

    By Gauss-Legendre in log(1 + t / scale): E bends within days, and the discount within years.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    scale, span = SHORTEST / rate, np.log1p(NEGLIGIBLE / SHORTEST)
    total = np.zeros_like(histories.T)
    for node, weight in zip((nodes + 1) / 2 * span, weights / 2 * span, strict=True):
        t = scale * float(np.expm1(node))
        total += weight * rate * (scale + t) * np.exp(-rate * t) * formulas.expected_if_alive(histories, t)
    return total


def segment_values(
    model: BuyingModel,
    spend: SpendModel | CredibilityModel,
    customers: pl.DataFrame,
    days: int,
    discount_per_year: float = 0.1,
    segment: str = "segment",
    ahead: Callable[[int], float] = float,
) -> pl.DataFrame:
    """Predicted value of each segment with a 95 % interval: `<segment>, customers, value, low, high, deviation`.

    The interval is that of the expectation: how far the sum moves within what the fits leave open of their parameters
    (delta method on the logarithms of sum and parameters); `deviation` is the standard deviation of the sum's
    logarithm. What the customers then do by chance comes on top, see `value_variance`.
    """
    purchases = [discounted_purchases(each, customers, days, discount_per_year, ahead) for each in _around(model)]
    amounts = [expected_average(each, customers["frequency"], customers["monetary_value"]) for each in _around(spend)]
    count = customers["customers"].cast(pl.Float64)
    moved = [*((bought * amounts[0] * count) for bought in purchases), *(purchases[0] * one * count for one in amounts)]
    columns = [str(number) for number in range(len(moved))]
    sums = (
        customers.select(segment, "customers")
        .with_columns(pl.DataFrame(moved, schema=columns))
        .group_by(segment)
        .agg(pl.col("customers").sum(), pl.col(columns).sum())
        .sort(segment)
    )
    value = sums["0"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(sums.select(columns).to_numpy())
    split = len(purchases)
    variance = _variance(logs[:, :split], model) + _variance(logs[:, split:], spend)
    deviation = np.sqrt(np.where(value > 0, variance, 0.0))
    factor = np.exp(NORMAL_QUANTILE_975 * deviation)
    return sums.select(segment, "customers").with_columns(
        value=pl.Series(value),
        low=pl.Series(value / factor),
        high=pl.Series(value * factor),
        deviation=pl.Series(deviation),
    )


def value_variance(spend: SpendModel | CredibilityModel, customers: pl.DataFrame) -> pl.Series:
    """Variance of what each customer brings over a horizon, given the history and the models' parameters.

    `customers` also have `expected_purchases`, `discounted` (the same, each discounted) and `factorial` (E[n (n - 1)]).
    With a customer's own mean m and variance s^2 of a purchase, both uncertain, it is E[s^2] E[n] + E[m^2] E[n^2] less
    the squared expectation; every purchase is discounted as the customer's average one.
    """
    x, observed, bought, discounted, factorial = (
        customers[name].cast(pl.Float64).fill_null(0.0).to_numpy()
        for name in ("frequency", "monetary_value", "expected_purchases", "discounted", "factorial")
    )
    mean, mean_square, variance = spend.moments(x, observed)
    factor = np.divide(discounted, bought, out=np.zeros_like(bought), where=bought > 0)
    second = variance * bought + mean_square * (factorial + bought)
    return pl.Series(np.maximum(factor**2 * second - (discounted * mean) ** 2, 0.0), dtype=pl.Float64)


def sum_interval(mean: pl.Series, variance: pl.Series, nothing: pl.Series) -> tuple[pl.Series, pl.Series]:
    """95 % prediction interval of sums with these expectations and variances, 0 with the probability `nothing`.

    What is above 0 is taken for Gamma distributed: never negative, skewed as long as a few purchases make the sum, and
    normal for many. The interval always holds the expectation.
    """
    expected, spread, none = (part.cast(pl.Float64).to_numpy() for part in (mean, variance, nothing))
    some = np.maximum(1 - none, 1e-12)
    centre = np.maximum(expected, 0.0) / some
    width = np.maximum((spread + expected**2) / some - centre**2, 1e-12 * centre**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        shape, scale = centre**2 / width, width / centre
        low, high = (
            np.nan_to_num(scale * gammaincinv(shape, np.clip((share - none) / some, 0.0, 1.0)))
            for share in (0.025, 0.975)
        )
    return (
        pl.Series(np.minimum(low, expected), dtype=pl.Float64),
        pl.Series(np.maximum(high, expected), dtype=pl.Float64),
    )


def _around(model: Model) -> list[Model]:
    """The model, then for each parameter the model with it a step of its logarithm above, and below.

    By credibility, all is taken for known but the shop's mean, which is moved by its standard error.
    """
    moved = [model]
    if isinstance(model, CredibilityModel):
        return moved + [replace(model, shop_mean=model.shop_mean + sign * model.mean_error) for sign in (1, -1)]
    for at, (name, value) in enumerate(model.parameters):
        for sign in (1, -1):
            parameters = list(model.parameters)
            parameters[at] = (name, value * float(np.exp(sign * STEP)))
            moved.append(replace(model, parameters=tuple(parameters)))
    return moved


def _variance(logs: Floats, model: BuyingModel | SpendModel | CredibilityModel) -> Floats:
    """Variance of the logarithm of each row's sum, from its values around the model's parameters."""
    if isinstance(model, CredibilityModel):
        # The shop's mean less its error may be nothing, which has no logarithm.
        with np.errstate(invalid="ignore"):
            moved: Floats = ((np.exp(logs[:, 1] - logs[:, 0]) - np.exp(logs[:, 2] - logs[:, 0])) / 2) ** 2
        return moved
    parameters = np.array([value for _, value in model.parameters])
    log_covariance = np.array(model.covariance) / np.outer(parameters, parameters)
    with np.errstate(invalid="ignore"):
        gradient = (logs[:, 1::2] - logs[:, 2::2]) / (2 * STEP)
    variance: Floats = np.einsum("ij,jk,ik->i", gradient, log_covariance, gradient)
    return np.maximum(variance, 0.0)
