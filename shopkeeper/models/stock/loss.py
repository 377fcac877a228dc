"""Expected units short: the loss function of normal and of counted demand, and the stock that a fill rate asks for.

The loss function E[(D - x)+] is the mean of what is asked for beyond a stock x (Silver, Pyke & Thomas 1998, ch. 7;
Snyder & Shen 2019, ch. 4.3 and C.3). It says what chance costs, where the mean path alone says that nothing is missing.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, ndtr, pdtr  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Flags, Floats
from shopkeeper.models.demand.counts import count_quantile
from shopkeeper.models.demand.lead_errors import SumErrors, sum_errors

_STEPS = 60


def standard_loss(z: ArrayLike) -> Floats:
    """G(z) = phi(z) - z (1 - Phi(z)): expected units short, in standard deviations, of stock z above the mean."""
    z = np.asarray(z, dtype=float)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(density - z * ndtr(-z))


def standard_loss_inverse(loss: ArrayLike) -> Floats:
    """The z at which G(z) is `loss`, by halving; at least -10, at most 10."""
    loss = np.asarray(loss, dtype=float)
    low, high = np.full(loss.shape, -10.0), np.full(loss.shape, 10.0)
    for _step in range(_STEPS):
        middle = (low + high) / 2
        over = standard_loss(middle) > loss
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    return np.asarray((low + high) / 2)


def count_loss(stock: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> Floats:
    """E[(D - stock)+] of demand in single units, by the distributions of `count_quantile`.

    With E[D; D > k] = m P(D' >= k), where D' is D itself (Poisson) or negative binomial of one size more. Between whole
    numbers the loss is a straight line.
    """
    x, m, v = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (stock, mean, variance)))
    below = np.floor(np.maximum(x, 0))
    lower, upper = _whole_loss(below, m, v), _whole_loss(below + 1, m, v)
    return np.asarray(np.where(x < 0, m - x, lower + (x - below) * (upper - lower)))


def _whole_loss(k: Floats, m: Floats, v: Floats) -> Floats:
    m = np.maximum(m, 0)
    wide = v > m * (1 + 1e-6) + 1e-12
    mean = np.maximum(m, 1e-12)
    size = np.square(mean) / np.where(wide, v - m, 1.0)
    chance = np.where(wide, mean / np.where(wide, v, 1.0), 0.5)
    beyond = np.where(wide, 1 - betainc(size, k + 1, chance), 1 - pdtr(k, m))
    at = np.maximum(k, 1)
    reached = np.where(wide, 1 - betainc(size + 1, at, chance), 1 - pdtr(at - 1, m))
    return np.asarray(np.maximum(m * np.where(k > 0, reached, 1.0) - k * beyond, 0))


def expected_short(mean: ArrayLike, variance: ArrayLike, stock: ArrayLike, integer_valued: ArrayLike = False) -> Floats:
    """E[(D - stock)+]: s G((x - m) / s), or by `count_loss` where demand is `integer_valued`.

    Demand is never below 0, so that it is no less than max(0, m - x) and, of a stock of 0 or more, no more than m.
    """
    m, v, x = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (mean, variance, stock)))
    sd = np.sqrt(np.maximum(v, 0))
    steady = np.maximum(sd, 1e-9)
    by_chance = np.where(sd > 0, steady * standard_loss((x - m) / steady), 0.0)
    short = np.clip(by_chance, np.maximum(m - x, 0), np.maximum(m, m - x))
    whole: Flags = np.broadcast_to(np.asarray(integer_valued, dtype=bool), m.shape) & (sd > 0)
    if whole.any():
        short = np.where(whole, count_loss(x, m, v), short)
    return np.asarray(short)


def expected_lost(
    units: Floats,
    there: ArrayLike,
    inbound: Floats,
    days: ArrayLike,
    daily_sd: ArrayLike | SumErrors,
    lead_sd: ArrayLike,
    integer_valued: ArrayLike,
) -> Floats:
    """Units of each series that are asked for but not there in its first `days` days, chance included.

    A sale not made is lost: it is not asked for again, so later deliveries serve later demand. Of a known demand that
    is the largest shortage up to then (the reflection of the stock's path at 0); its mean is taken to be the largest
    `expected_short` of the days before a delivery and of the last one. `units` and `inbound` are series x days,
    `there` is on hand less committed: below 0, deliveries serve what was promised first. `daily_sd` is the daily error,
    days being independent, or `SumErrors`. `lead_sd` is the standard
    deviation of the last day itself, so that the last variance is that of demand over an uncertain lead time.
    """
    span = np.clip(np.ceil(np.broadcast_to(np.asarray(days, dtype=float), len(units)) - 1e-9), 0, units.shape[1])
    errors = sum_errors(daily_sd, len(units))
    late, whole = (np.broadcast_to(np.asarray(values), len(units)) for values in (lead_sd, integer_valued))
    held = np.asarray(there, dtype=float)[:, None] + np.cumsum(inbound, axis=1)
    demand_until = np.cumsum(units, axis=1)
    lost = np.zeros(len(units))
    for day in range(1, int(span.max(initial=0)) + 1):
        last = span == day
        before_delivery = (span > day) & (inbound[:, min(day, units.shape[1] - 1)] > 0)
        at = np.flatnonzero(last | before_delivery)
        if not at.size:
            continue
        mean = demand_until[at, day - 1]
        spread = np.where(last[at], np.square(mean / day * late[at]), 0.0)
        variance = errors.rows(at).variance_over(day) + spread
        short = expected_short(mean, variance, np.maximum(held[at, day - 1], 0), whole[at])
        lost[at] = np.maximum(lost[at], short)
    return lost


def fill_safety_stock(
    fill_rate: ArrayLike, mean: ArrayLike, variance: ArrayLike, quantity: ArrayLike, integer_valued: ArrayLike = False
) -> Floats:
    """Units above the mean with which a share `fill_rate` of `quantity`, a cycle's demand, is served from the shelf.

    From fill rate = 1 - s G(z) / Q: G(z) = (1 - fill rate) Q / s. Of counted demand the smallest whole stock whose loss
    is no larger. Never below 0.
    """
    rate, m, v, q = np.broadcast_arrays(
        *(np.asarray(values, dtype=float) for values in (fill_rate, mean, variance, quantity))
    )
    allowed, sd = (1 - rate) * np.maximum(q, 0), np.sqrt(np.maximum(v, 0))
    ratio = np.divide(allowed, sd, out=np.full(m.shape, 10.0), where=sd > 0)
    safety = np.maximum(standard_loss_inverse(ratio) * sd, 0)
    whole = np.broadcast_to(np.asarray(integer_valued, dtype=bool), m.shape) & (m > 0)
    if whole.any():
        safety = np.where(whole, _whole_stock(allowed, m, v) - m, safety)
    return np.asarray(np.maximum(safety, 0))


def _whole_stock(allowed: Floats, m: Floats, v: Floats) -> Floats:
    """The smallest whole stock that leaves no more short than is allowed."""
    low, high = np.full(m.shape, -1.0), count_quantile(np.full(m.shape, 0.9999), m, v) + 1
    while np.any(np.asarray(high - low) > 1):
        middle = np.floor((low + high) / 2)
        enough = count_loss(middle, m, v) <= allowed + 1e-9
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    return np.asarray(high)
