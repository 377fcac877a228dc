"""Formulas that the product does not use, to hold those against that it does: Snyder & Shen (2019), SS, and fill rate.

`shopkeeper.models.stock.inventory` has the parts that they are made of: the standard loss and the quantiles.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtri  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.counts import count_quantile
from shopkeeper.models.stock.inventory import standard_loss


def fill_rate(sd: ArrayLike, z: ArrayLike, quantity: ArrayLike) -> Floats:
    """1 - s G(z) / Q: share of units served from the shelf; `sd` over lead time (and review), `quantity` per cycle."""
    share = 1 - np.asarray(sd, dtype=float) * standard_loss(z) / np.asarray(quantity, dtype=float)
    return np.asarray(np.clip(share, 0, 1))


def newsvendor(underage: float, overage: float, mean: float, sd: float) -> float:
    """Best stock for one normal period: mean + z sd at the critical ratio p / (p + h) (SS eq. 4.30)."""
    return mean + float(ndtri(underage / (underage + overage))) * sd


def newsvendor_cost(underage: float, overage: float, mean: float, sd: float, stock: float) -> float:
    """Expected cost of a period under normal demand: h (S - m) + (h + p) s G((S - m) / s) (SS eq. 4.24)."""
    short = sd * float(standard_loss((stock - mean) / sd))
    return overage * (stock - mean) + (overage + underage) * short


def newsvendor_poisson(underage: float, overage: float, mean: float) -> float:
    """Best whole stock for one period of Poisson demand: the smallest with F(S) >= p / (p + h)."""
    return float(count_quantile(underage / (underage + overage), mean, mean))


def newsvendor_poisson_cost(underage: float, overage: float, mean: float, stock: float) -> float:
    """Expected cost of a period of Poisson demand: h (S - m) + (h + p) E[(X - S)+] (SS eq. 4.6)."""
    k = np.arange(0, int(stock) + 1)
    mass = np.exp(k * np.log(mean) - mean - gammaln(k + 1))
    short = mean - stock + float(((stock - k) * mass).sum())
    return overage * (stock - mean) + (overage + underage) * short
