"""Formulas of inventory: when to order, how much, how long the stock lasts, and which service that gives.

All functions take numbers or NumPy arrays alike. Demand is in units per day, lead time in days. Formulas follow Silver,
Pyke & Thomas (1998), *Inventory Management and Production Planning and Scheduling*, 3rd ed. (SPT), and Snyder & Shen
(2019), *Fundamentals of Supply Chain Theory*, 2nd ed. (SS).

Service levels are *cycle service*, the share of replenishment cycles without a stock-out, unless they are wanted as
*fill rate*, the share of units that are served from the shelf.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtri  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.counts import count_quantile
from shopkeeper.models.demand.lead_errors import SumErrors, sum_errors
from shopkeeper.models.stock.loss import fill_safety_stock, standard_loss
from shopkeeper.models.stock.projection import Projection

INTEGER_VALUED_PATTERNS = ("intermittent", "lumpy")
"""Patterns of demand that comes in single units on few days: a normal distribution does not describe it."""
_SLACK = 1e-9


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
    """Units that bring the position to `up_to`, in whole packs and at least the minimum; 0 where nothing is missing.

    A pack may be a part of a unit, down to 0.001 of what is weighed or measured.
    """
    missing = np.asarray(up_to, dtype=float) - np.asarray(position, dtype=float)
    pack = np.asarray(pack_size, dtype=float)
    pack = np.where(pack > 0, pack, 1.0)
    quantity = np.maximum(missing, np.asarray(minimum_order, dtype=float))
    return np.asarray(np.where(missing > _SLACK, np.round(np.ceil(quantity / pack - _SLACK) * pack, 3), 0.0))


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


@dataclass(frozen=True)
class Wanted:
    """What is asked of the stock of each series: `service`, of cycles or, where `by_fill_rate`, of units.

    `integer_valued` marks demand in single units; one looks every `review_days`.
    """

    service: ArrayLike
    review_days: float
    integer_valued: ArrayLike
    by_fill_rate: bool = False


def needed(
    units: Floats,
    days: ArrayLike,
    daily_sd: ArrayLike | SumErrors,
    lead_sd: ArrayLike,
    wanted: Wanted,
    cycle: ArrayLike,
) -> tuple[Floats, Floats]:
    """Expected demand of the next `days` days of each series, and the safety stock over them.

    `daily_sd` is that of the daily forecast error, days being independent, or `SumErrors`, which say how far the sum
    over these days was missed. `lead_sd` is the standard deviation of these days, `cycle` the demand of a review
    period, which fill rates are of.
    """
    days = np.asarray(days, dtype=float)
    demand = expected(units, days)
    daily = np.divide(demand, days, out=np.zeros_like(demand), where=days > 0)
    error_sd = sum_errors(daily_sd, len(units)).daily_sd_over(np.broadcast_to(days, len(units)))
    if wanted.by_fill_rate:
        variance = lead_variance(days, lead_sd, daily, error_sd)
        return demand, fill_safety_stock(wanted.service, demand, variance, cycle, wanted.integer_valued)
    return demand, safety_stock(wanted.service, days, lead_sd, daily, error_sd, wanted.integer_valued)


def levels(
    units: Floats,
    daily_sd: ArrayLike | SumErrors,
    lead_days: ArrayLike,
    lead_sd: ArrayLike,
    service_level: ArrayLike,
    review_days: float,
    integer_valued: ArrayLike,
    *,
    by_fill_rate: bool = False,
) -> StockLevels:
    """The levels of each series of daily forecasts (`units`, series x days); `daily_sd` as in `needed`.

    Reorder point d L + SS(L), order-up-to level d (L + R) + SS(L + R) where one looks every R days (SPT, ch. 7). d is
    the mean day of the time to be covered, not of all days: an event within the lead time raises the reorder point,
    and one after it does not.
    """
    wanted = Wanted(service_level, review_days, integer_valued, by_fill_rate)
    lead = np.broadcast_to(np.asarray(lead_days, dtype=float), len(units))
    cycle = cycle_demand(units, lead, review_days)
    demand, safety = needed(units, lead, daily_sd, lead_sd, wanted, cycle)
    ahead, ahead_safety = needed(units, lead + review_days, daily_sd, lead_sd, wanted, cycle)
    return StockLevels(safety, demand + safety, ahead + ahead_safety)


def cycle_demand(units: Floats, lead_days: ArrayLike, review_days: float) -> Floats:
    """What is asked for between the landing of an order of today and of one of the next review."""
    lead = np.asarray(lead_days, dtype=float)
    return np.asarray(expected(units, lead + review_days) - expected(units, lead))


@dataclass(frozen=True)
class Position:
    """What each series can count on: `there` (on hand less committed), and what has landed, and was lost, by each day.

    `landed` and `lost` are sums by the number of days from now, series x (days + 1), 0 at first.
    """

    there: Floats
    landed: Floats
    lost: Floats


def position(course: Projection, there: ArrayLike, inbound: Floats) -> Position:
    """By the stock's `course` and the deliveries `inbound` (series x days)."""
    stock = np.array(np.broadcast_to(np.asarray(there, dtype=float), len(inbound)))
    first = np.zeros((len(inbound), 1))
    sums = (np.hstack([first, np.cumsum(part, axis=1)]) for part in (inbound, course.lost))
    return Position(stock, *sums)


def held_for(held: Position, days: ArrayLike) -> Floats:
    """What each stock has for its next `days` days: there, landing by then, or lost by then and not needed any more."""
    row = np.arange(len(held.there))
    whole = np.ceil(np.broadcast_to(np.asarray(days, dtype=float), len(row)) - _SLACK).astype(int)
    last = np.minimum(whole, held.landed.shape[1] - 1)
    return np.asarray(held.there + held.landed[row, last] + held.lost[row, np.maximum(last - 1, 0)])


def order_need(
    units: Floats, lead_days: ArrayLike, lead_sd: ArrayLike, daily_sd: ArrayLike | SumErrors, wanted: Wanted, wait: int
) -> Floats:
    """What each stock needs for an order of `wait` days from now to land in time: demand of L + `wait`, and its safety.

    Where `held_for` as many days is less, that order is too late.
    """
    lead = np.broadcast_to(np.asarray(lead_days, dtype=float), len(units))
    cycle = cycle_demand(units, lead, wanted.review_days) if wanted.by_fill_rate else 0.0
    demand, safety = needed(units, lead + wait, daily_sd, lead_sd, wanted, cycle)
    return np.asarray(demand + safety)


def days_to_wait(
    units: Floats,
    held: Position,
    lead_days: ArrayLike,
    lead_sd: ArrayLike,
    daily_sd: ArrayLike | SumErrors,
    wanted: Wanted,
    most: int,
) -> Floats:
    """How many days the order of each series can wait and still keep the service wanted: its last safe order day.

    0: today, or late already; `most` where it can wait so long, or longer. What nobody asks for can always wait.
    """
    waits = np.full(len(units), float(most))
    errors = sum_errors(daily_sd, len(units))
    lead, late, service, whole = (
        np.broadcast_to(np.asarray(values), len(units))
        for values in (lead_days, lead_sd, wanted.service, wanted.integer_valued)
    )
    # Without deliveries and lost sales what is needed only grows: who can wait so long can wait for less.
    enough = held_for(held, lead + most) >= order_need(units, lead, late, errors, wanted, most) - _SLACK
    last = np.minimum(np.ceil(lead + most).astype(int), units.shape[1])
    row = np.arange(len(units))
    rows = np.flatnonzero(~enough | (held.landed[row, last] > 0) | (held.lost[row, last] > 0))
    for days in range(1, most + 1):
        if not rows.size:
            break
        part = Wanted(service[rows], wanted.review_days, whole[rows], wanted.by_fill_rate)
        rest = Position(held.there[rows], held.landed[rows], held.lost[rows])
        need = order_need(units[rows], lead[rows], late[rows], errors.rows(rows), part, days)
        short = held_for(rest, lead[rows] + days) < need - _SLACK
        waits[rows[short]] = days - 1
        rows = rows[~short]
    return waits


def fill_rate(sd: ArrayLike, z: ArrayLike, quantity: ArrayLike) -> Floats:
    """1 - s G(z) / Q: share of units served from the shelf; `sd` over lead time (and review), `quantity` per cycle."""
    share = 1 - np.asarray(sd, dtype=float) * standard_loss(z) / np.asarray(quantity, dtype=float)
    return np.asarray(np.clip(share, 0, 1))


def eoq(fixed_cost: ArrayLike, holding_cost: ArrayLike, demand_rate: ArrayLike) -> Floats:
    """Economic order quantity sqrt(2 K lambda / h) (SS eq. 3.4); cost and rate over the same span of time.

    0 where holding costs nothing that is known.
    """
    cost, hold, rate = (np.asarray(value, dtype=float) for value in (fixed_cost, holding_cost, demand_rate))
    ratio = np.divide(2 * cost * rate, hold, out=np.zeros(np.broadcast(cost, hold, rate).shape), where=hold > 0)
    return np.asarray(np.sqrt(np.maximum(ratio, 0)))


def eoq_cost(fixed_cost: float, holding_cost: float, demand_rate: float, quantity: ArrayLike) -> Floats:
    """Ordering and holding cost of orders of that size: K lambda / Q + h Q / 2 (SS eq. 3.3)."""
    size = np.asarray(quantity, dtype=float)
    return np.asarray(fixed_cost * demand_rate / size + holding_cost * size / 2)


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
