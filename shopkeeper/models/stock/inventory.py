"""Formulas of inventory: when to order, how much, how long the stock lasts, and which service that gives.

All functions take numbers or NumPy arrays alike. Demand is in units per day, lead time in days. Formulas follow Silver,
Pyke & Thomas (1998), *Inventory Management and Production Planning and Scheduling*, 3rd ed. (SPT), and Snyder & Shen
(2019), *Fundamentals of Supply Chain Theory*, 2nd ed. (SS).

Service levels are *cycle service*: the share of replenishment cycles without a stock-out. The share of units that are
served from the shelf is the *fill rate*, another figure.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtr, ndtri  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.counts import count_quantile

INTEGER_VALUED_PATTERNS = ("intermittent", "lumpy")
"""Patterns of demand that comes in single units on few days: a normal distribution does not describe it."""
_SLACK = 1e-9


def standard_loss(z: ArrayLike) -> Floats:
    """G(z) = phi(z) - z (1 - Phi(z)): expected units short, in standard deviations, of stock z above the mean."""
    z = np.asarray(z, dtype=float)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(density - z * ndtr(-z))


def safety_factor(service_level: ArrayLike) -> Floats:
    """z = Phi^-1(cycle service)."""
    return np.asarray(ndtri(service_level), dtype=float)


def lead_variance(lead_days: ArrayLike, lead_sd: ArrayLike, daily_mean: ArrayLike, daily_sd: ArrayLike) -> Floats:
    """Variance of demand over an uncertain lead time, that of a random sum: L s_d^2 + d^2 s_L^2 (SPT, ch. 7)."""
    lead, sd = np.asarray(lead_days, dtype=float), np.asarray(lead_sd, dtype=float)
    return np.asarray(lead * np.square(daily_sd) + np.square(daily_mean) * np.square(sd))


def safety_stock(
    service_level: ArrayLike,
    lead_days: ArrayLike,
    lead_sd: ArrayLike,
    daily_mean: ArrayLike,
    daily_sd: ArrayLike,
    integer_valued: ArrayLike = False,
) -> Floats:
    """Units held against chance over the lead time.

    z sqrt(L s_d^2 + d^2 s_L^2); where `integer_valued` (see `INTEGER_VALUED_PATTERNS`) the quantile of lead-time
    demand less its mean, by `count_quantile`. `daily_sd` is the standard deviation of the daily forecast error. Never
    below 0.
    """
    mean = np.asarray(lead_days, dtype=float) * np.asarray(daily_mean, dtype=float)
    variance = lead_variance(lead_days, lead_sd, daily_mean, daily_sd)
    normal = safety_factor(service_level) * np.sqrt(variance)
    if not np.any(integer_valued):
        return np.maximum(normal, 0)
    return np.maximum(np.where(integer_valued, count_quantile(service_level, mean, variance) - mean, normal), 0)


def order_quantity(
    position: ArrayLike, up_to: ArrayLike, pack_size: ArrayLike = 1, minimum_order: ArrayLike = 0
) -> Floats:
    """Units that bring the position to `up_to`, in whole packs and at least the minimum; 0 where nothing is missing."""
    missing = np.asarray(up_to, dtype=float) - np.asarray(position, dtype=float)
    pack = np.maximum(np.asarray(pack_size, dtype=float), 1)
    quantity = np.maximum(missing, np.asarray(minimum_order, dtype=float))
    return np.asarray(np.where(missing > _SLACK, np.ceil(quantity / pack - _SLACK) * pack, 0.0))


@dataclass(frozen=True)
class StockLevels:
    """Of each series, in units: safety stock over the lead time, reorder point, order-up-to level."""

    safety_stock: Floats
    reorder_point: Floats
    order_up_to: Floats


def expected(units: Floats, days: ArrayLike) -> Floats:
    """Forecast demand of the next `days` days of each series (series x days); what lies beyond by its mean day."""
    cumulative = np.cumsum(units, axis=1)
    span = np.asarray(np.broadcast_to(np.asarray(days, dtype=float), len(units)))
    last = np.clip(np.floor(span).astype(int), 0, units.shape[1])
    before = np.where(last > 0, np.take_along_axis(cumulative, np.maximum(last - 1, 0)[:, None], axis=1)[:, 0], 0.0)
    at = np.minimum(last, units.shape[1] - 1)[:, None]
    rate = np.where(last < units.shape[1], np.take_along_axis(units, at, axis=1)[:, 0], units.mean(axis=1))
    return np.asarray(before + (span - last) * rate)


def levels(
    units: Floats,
    daily_sd: ArrayLike,
    lead_days: ArrayLike,
    lead_sd: ArrayLike,
    service_level: ArrayLike,
    review_days: float,
    integer_valued: ArrayLike,
) -> StockLevels:
    """The levels of each series of daily forecasts (`units`, series x days).

    Reorder point d L + SS(L), order-up-to level d (L + R) + SS(L + R) where one looks every R days (SPT, ch. 7). d is
    the mean day of the time to be covered, not of all days: an event within the lead time raises the reorder point,
    and one after it does not.
    """
    lead = np.asarray(lead_days, dtype=float)
    cover, demand = lead + review_days, expected(units, lead)
    up_to = expected(units, cover)
    daily = np.divide(demand, lead, out=np.zeros_like(demand), where=lead > 0)
    safety = safety_stock(service_level, lead, lead_sd, daily, daily_sd, integer_valued)
    cover_safety = safety_stock(service_level, cover, lead_sd, up_to / cover, daily_sd, integer_valued)
    return StockLevels(safety, demand + safety, up_to + cover_safety)


def fill_rate(sd: ArrayLike, z: ArrayLike, quantity: ArrayLike) -> Floats:
    """1 - s G(z) / Q: share of units served from the shelf; `sd` over lead time (and review), `quantity` per cycle."""
    share = 1 - np.asarray(sd, dtype=float) * standard_loss(z) / np.asarray(quantity, dtype=float)
    return np.asarray(np.clip(share, 0, 1))


def eoq(fixed_cost: float, holding_cost: float, demand_rate: float) -> float:
    """Economic order quantity sqrt(2 K lambda / h) (SS eq. 3.4); cost and rate over the same span of time."""
    return float(np.sqrt(2 * fixed_cost * demand_rate / holding_cost))


def eoq_cost(fixed_cost: float, holding_cost: float, demand_rate: float, quantity: float) -> float:
    """Ordering and holding cost of orders of that size: K lambda / Q + h Q / 2 (SS eq. 3.3)."""
    return fixed_cost * demand_rate / quantity + holding_cost * quantity / 2


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


def days_of_cover(units: Floats, available: ArrayLike, inbound: Floats | None = None) -> Floats:
    """Forward days of cover of each series: smallest t with cumulative forecast >= available + landed by t.

    `units` is series x days of forecast, `inbound` series x days of deliveries, `available` one number per series (a
    shortage counts as 0). 0 is out now; NaN lasts beyond the days given. A series without any demand is NaN too unless
    it is out: ask its sum.
    """
    return cover_of(shortfall(units, available, inbound), available)


def shortfall(units: Floats, available: ArrayLike, inbound: Floats | None = None) -> Floats:
    """Series x days: cumulative forecast less available and what has landed; 0 or more where it has run out."""
    short = np.cumsum(units, axis=1)
    if inbound is not None:
        short -= np.cumsum(inbound, axis=1)
    short -= np.maximum(np.asarray(available, dtype=float), 0)[:, None]
    return np.asarray(short)


def cover_of(shortage: Floats, available: ArrayLike) -> Floats:
    """The `days_of_cover` of a `shortfall`."""
    short = shortage >= -_SLACK
    cover = np.where(short.any(axis=1), short.argmax(axis=1) + 1.0, np.nan)
    return np.asarray(np.where(np.asarray(available) <= _SLACK, 0.0, cover))


def lost_by(shortage: Floats, days: ArrayLike) -> Floats:
    """Units asked for up to `days` that cannot be served, a sale not made being lost.

    It is the largest `shortage` (a `shortfall`) up to then, at least 0: what was lost is not asked for again, so later
    deliveries serve later demand (the reflection of the stock's path at 0).
    """
    worst = np.maximum.accumulate(shortage, axis=1)
    span = np.broadcast_to(np.asarray(days, dtype=float), len(shortage))
    last = np.clip(np.ceil(span).astype(int), 0, shortage.shape[1])
    largest = np.take_along_axis(worst, np.maximum(last - 1, 0)[:, None], axis=1)[:, 0]
    return np.asarray(np.where(last > 0, np.maximum(largest, 0), 0.0))
