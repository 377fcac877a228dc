"""What a customer spends per purchase where Gamma-Gamma cannot be fitted: own mean and shop's mean by credibility.

Buehlmann & Straub (1970), "Glaubwuerdigkeit fuer Schadensaetze", Mitt. VSVM 70: the best linear estimate of a
customer's mean, from the variance between customers and the variance of a customer's purchases, whatever the
distribution. Efron & Morris (1971, 1972), J. Am. Stat. Assoc. 66 and 67: a limited translation, which keeps the few who
are of another kind near their own mean. Frames as in `spend`, and `variance` FLOAT: of the customer's own repeat
purchases, null below two of them.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.messages import message
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.model import NotFitted
from shopkeeper.models.winsor import winsorised

FURTHEST = 2.0
"""Standard errors by which a customer's own mean is moved towards the shop's at most."""
MOST_TOLD = 10
"""A customer's variance counts as that of so many purchases at most: one account is no shop."""
FEWEST_REPEAT_BUYERS = 2


@dataclass(frozen=True)
class CredibilityModel:
    """`shop_mean` of a repeat purchase and its standard error, in shop currency; variances in its square.

    `between` customers' means, `within` one customer's purchases. `correlation` is that of frequency with spend.
    `refunded` is the share of all sales that went back to nobody: the shop's mean is lower by so much.
    """

    shop_mean: float
    mean_error: float
    between: float
    within: float
    customers: int
    correlation: float
    refunded: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def population_mean(self) -> float:
        """Expected value of a purchase of a customer of whom nothing is known, 0 at least."""
        return max(0.0, (1 - self.refunded) * self.shop_mean)

    def moments(self, x: Floats, observed: Floats) -> tuple[Floats, Floats, Floats]:
        """Of a customer's true mean, after x purchases of this mean, its expectation and that of its square; and the
        variance of one purchase. `observed` is ignored where x is 0; the expectation is 0 at least.

        observed + (1 - Z) (shop - observed), Z = between / (between + within / x), moved by FURTHEST standard errors
        sqrt(within / x) at most.
        """
        noise = self.within / np.maximum(x, 1)
        doubt = np.divide(noise, self.between + noise, out=np.zeros_like(noise), where=noise > 0)
        most = FURTHEST * np.sqrt(noise)
        moved: Floats = observed + np.clip(doubt * (self.population_mean - observed), -most, most)
        mean = np.maximum(np.where(x > 0, moved, self.population_mean), 0.0)
        return mean, mean**2 + self.between * np.where(x > 0, doubt, 1.0), np.full_like(mean, self.within)

    def as_json(self) -> dict[str, Any]:
        """Plain values that `json.dumps` takes and `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "CredibilityModel":
        """The model that `as_json` wrote."""
        return cls(**{**content, "notes": tuple(content["notes"])})


def fit_credibility(spend: pl.DataFrame) -> CredibilityModel:
    """Shop's mean and both variances from weighted rows, one customer having one vote; raise `NotFitted` below two.

    What lies far out is drawn in first (`winsor`): one wholesale account moves neither the mean nor a variance.
    """
    customers = int(spend["customers"].sum())
    if customers < FEWEST_REPEAT_BUYERS:
        raise NotFitted(
            message("Only {n} customers came back, which tells nothing of how customers differ.", n=customers)
        )
    x, observed, weights = (
        spend[name].cast(pl.Float64).to_numpy() for name in ("frequency", "monetary_value", "customers")
    )
    means = winsorised(observed, weights)
    total = _variance(means, weights)
    within = _within(spend)
    # Of single repeat purchases nobody can say whether customers or purchases differ: all is taken for the latter.
    within = total if within is None else within
    between = max(0.0, total - float(np.average(within / x, weights=weights)))
    spread = between + within / x
    precision = weights / spread if (spread > 0).all() else weights
    return CredibilityModel(
        shop_mean=float(np.average(means, weights=precision)),
        mean_error=float(np.sqrt(1 / precision.sum())) if (spread > 0).all() else 0.0,
        between=between,
        within=within,
        customers=customers,
        correlation=_correlation(winsorised(x, weights), means, weights),
    )


def _within(spend: pl.DataFrame) -> float | None:
    """Variance of a customer's purchases, the same for all; None where nobody bought twice after the first time."""
    rows = spend.filter(pl.col("variance").is_not_null(), pl.col("frequency") > 1)
    if rows.is_empty():
        return None
    variance, x, customers = (rows[name].cast(pl.Float64).to_numpy() for name in ("variance", "frequency", "customers"))
    return float(np.average(winsorised(variance, customers), weights=customers * np.minimum(x - 1, MOST_TOLD)))


def _variance(values: Floats, weights: Floats) -> float:
    mean = np.average(values, weights=weights)
    return float(weights @ (values - mean) ** 2 / (weights.sum() - 1))


def _correlation(first: Floats, second: Floats, weights: Floats) -> float:
    a, b = (values - np.average(values, weights=weights) for values in (first, second))
    scale = float(np.sqrt((weights @ a**2) * (weights @ b**2)))
    return float(weights @ (a * b)) / scale if scale > 0 else 0.0
