"""What a customer spends per purchase: Gamma-Gamma on the repeat purchases of repeat buyers.

Fader, Hardie & Lee (2005), J. Marketing Research 42; Fader & Hardie (2013), "The Gamma-Gamma Model of Monetary Value"
(FH). Their parameter gamma is `v` here and in the library that fits it: fits are kept under that name. The
frame has one row per distinct pair (or per customer): `frequency` INT >= 1, `monetary_value` FLOAT (mean of the
customer's repeat purchases), `customers` INT.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.i18n import N_
from shopkeeper.messages import message
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying import fitting
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.model import FEWEST_REPEAT_BUYERS, NotFitted
from shopkeeper.models.winsor import limits

CORRELATED = 0.3
LIGHTEST_TAIL = 0.5
FAR_OUT_LOGARITHMS = 4.0
"""Quartile distances beyond the quartiles: a Gamma-Gamma with a heavy tail has customers at three of its own."""
CORRELATED_NOTE = N_("Frequent buyers spend differently per purchase than rare ones, which the model assumes away.")
APART_NOTE = N_(
    "A few accounts spend so much more per purchase than all others that the fit of spending is made without them; "
    "what they are worth follows from their own purchases."
)
STARTS = ((2.0, 3.0, 1.0), (6.0, 4.0, 0.5), (1.1, 1.5, 1.0))


@dataclass(frozen=True)
class SpendModel:
    """Fitted Gamma-Gamma: `parameters` p, q, v, named in this order; `correlation` of frequency with spend.

    The model assumes the correlation to be near 0; `v` is in shop currency, as is `population_mean`. `refunded` is the
    share of all sales that went back to nobody: the shop's mean is lower by so much.
    """

    parameters: tuple[tuple[str, float], ...]
    covariance: tuple[tuple[float, ...], ...]
    standard_errors: tuple[tuple[str, float], ...]
    log_likelihood: float
    customers: int
    correlation: float
    notes: tuple[str, ...] = ()
    refunded: float = 0.0

    @property
    def values(self) -> tuple[float, float, float]:
        """The three parameters without their names."""
        p, q, v = (value for _, value in self.parameters)
        return p, q, v

    @property
    def population_mean(self) -> float:
        """Expected value of a purchase of a customer of whom nothing is known: p * v / (q - 1), less what went back."""
        p, q, v = self.values
        return p * v * (1 - self.refunded) / (q - 1)

    def moments(self, x: Floats, observed: Floats) -> tuple[Floats, Floats, Floats]:
        """Of a customer's true mean, after x purchases of this mean, its expectation and that of its square; and the
        expected variance of one purchase. FH eq. 5 for the first.

        A fitted tail may be so heavy that a purchase has no variance; of some repeat purchases it always has one.
        """
        p, q, v = self.values
        shape, rate = p * x + q, v * (1 - self.refunded) + x * observed
        squared = rate**2 / ((shape - 1) * np.maximum(shape - 2, LIGHTEST_TAIL))
        return p * rate / (shape - 1), p**2 * squared, p * squared

    def as_json(self) -> dict[str, Any]:
        """Plain values that `json.dumps` takes and `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "SpendModel":
        """The model that `as_json` wrote."""
        pairs = {name: tuple(tuple(row) for row in content[name]) for name in ("parameters", "covariance")}
        errors = tuple(tuple(row) for row in content["standard_errors"])
        return cls(**{**content, **pairs, "standard_errors": errors, "notes": tuple(content["notes"])})


def fit_spend(spend: pl.DataFrame) -> SpendModel:
    """Fit weighted pairs; raise `NotFitted` for too few repeat buyers, values <= 0, all equal, or no finite mean.

    Accounts far above all others, by the logarithm of what they spend per purchase, are left out and noted. Like every
    fit, not to be called from two threads at once.
    """
    _check_enough(spend)
    spend, apart = _without_far_out(spend)
    frequency, value, weights = (
        spend[name].cast(pl.Float64).to_numpy() for name in ("frequency", "monetary_value", "customers")
    )
    scale = float(np.average(value, weights=weights))
    parameters, loss, hessian = _fitted(frequency, value / scale, weights)
    parameters[2] *= scale
    covariance = np.linalg.inv(hessian * weights.sum()) * np.outer(parameters, parameters)
    correlation = _correlation(frequency, value, weights)
    names = ("p", "q", "v")
    return SpendModel(
        parameters=tuple(zip(names, parameters.tolist(), strict=True)),
        covariance=tuple(tuple(row) for row in covariance.tolist()),
        standard_errors=tuple(zip(names, np.sqrt(np.diag(covariance)).tolist(), strict=True)),
        log_likelihood=-float(weights.sum()) * (loss + float(np.log(scale))),
        customers=int(weights.sum()),
        correlation=correlation,
        notes=(*((CORRELATED_NOTE,) if abs(correlation) > CORRELATED else ()), *((APART_NOTE,) if apart else ())),
    )


def expected_average(
    model: SpendModel | CredibilityModel, frequency: pl.Series, monetary_value: pl.Series
) -> pl.Series:
    """Expected value per purchase given the history; the population mean where frequency is 0 (value may be null).

    A mean of the population's value and the customer's own, weighed by the number of purchases.
    """
    x = frequency.cast(pl.Float64).to_numpy()
    observed = np.where(x > 0, monetary_value.cast(pl.Float64).fill_null(0.0).to_numpy(), 0.0)
    return pl.Series(model.moments(x, observed)[0], dtype=pl.Float64)


def spend_model_from_json(content: dict[str, Any]) -> SpendModel | CredibilityModel:
    """The model of either kind that its `as_json` wrote."""
    return (SpendModel if "parameters" in content else CredibilityModel).from_json(content)


def _fitted(frequency: Floats, value: Floats, weights: Floats) -> tuple[Floats, float, Floats]:
    for start in STARTS:
        try:
            parameters, loss, hessian = fitting.fit_gamma_gamma(frequency, value, weights, np.array(start))
        except fitting.NotConverged:
            continue
        if parameters[1] > 1 and np.linalg.eigvalsh(hessian).min() > 0:
            return parameters, loss, hessian
    raise NotFitted(
        message(
            "What customers spend per purchase follows no Gamma-Gamma distribution with a mean; use their averages."
        )
    )


def _without_far_out(spend: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    logs, weights = spend["monetary_value"].log().to_numpy(), spend["customers"].cast(pl.Float64).to_numpy()
    inside = logs <= limits(logs, weights, FAR_OUT_LOGARITHMS)[1]
    kept = spend.filter(pl.Series(inside))
    _check_unequal(kept)
    return kept, not bool(inside.all())


def _check_enough(spend: pl.DataFrame) -> None:
    if spend.select(pl.any_horizontal(pl.col("frequency", "monetary_value", "customers").is_null()).any()).item():
        raise ValueError("frequency, monetary_value and customers are all needed")
    if (spend["frequency"] < 1).any():
        raise ValueError("only repeat buyers tell what a repeat purchase is worth")
    customers = int(spend["customers"].sum())
    refused = int(
        spend.filter(~(pl.col("monetary_value") > 0) | pl.col("monetary_value").is_infinite())["customers"].sum()
    )
    if refused:
        raise NotFitted(
            message(
                "{n} customers have an average purchase of zero or less; the model of spending takes amounts above 0.",
                n=refused,
            )
        )
    if customers < FEWEST_REPEAT_BUYERS:
        raise NotFitted(
            message(
                "Only {n} customers came back; a model of their spending needs at least {least} who did.",
                n=customers,
                least=FEWEST_REPEAT_BUYERS,
            )
        )


def _check_unequal(spend: pl.DataFrame) -> None:
    if spend["monetary_value"].n_unique() == 1:
        raise NotFitted(
            message("All customers spend the same per purchase; there is nothing to model, use that amount.")
        )


def _correlation(frequency: Floats, value: Floats, weights: Floats) -> float:
    spread = np.cov(np.stack((frequency, value)), aweights=weights)
    scale = float(np.sqrt(spread[0, 0] * spread[1, 1]))
    return float(spread[0, 1]) / scale if scale > 0 else 0.0
