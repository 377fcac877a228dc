"""Orders that go together: raised to a supplier's minimum, and chosen within a budget."""

import numpy as np
from numpy.typing import ArrayLike

from shopkeeper.models.arrays import Flags, Floats

_STEPS = 50
_SLACK = 1e-9


def raised(
    units: Floats, unit_cost: Floats, daily: Floats, there: Floats, pack: Floats, most: Floats, least: float
) -> Floats | None:
    """Units of each line of one order, raised so that all together cost `least`; `None` where `most` is too little.

    The lines that would run out first are raised first, in whole packs: all are brought to one day of running out
    (equal run-out; Silver, Pyke & Thomas 1998, ch. 11). `daily` is each line's need a day, `there` its stock without
    the order. Lines without a known cost stay as they are.
    """
    cost = np.nan_to_num(unit_cost)
    ceiling = np.where((cost > 0) & (daily > 0), np.maximum(np.floor(most / pack + _SLACK) * pack, units), units)

    def until(days: float) -> Floats:
        wanted = np.ceil((daily * days - there) / pack - _SLACK) * pack
        return np.asarray(np.clip(wanted, units, ceiling))

    if float(cost @ units) >= least - _SLACK:
        return units
    if float(cost @ ceiling) < least - _SLACK:
        return None
    rate = np.where(daily > 0, daily, np.inf)
    low, high = 0.0, float(np.max((there + ceiling) / rate)) + 1
    for _step in range(_STEPS):
        middle = (low + high) / 2
        enough = float(cost @ until(middle)) >= least - _SLACK
        low, high = (low, middle) if enough else (middle, high)
    return _without_surplus(until(high), until(low), cost, pack, least)


def _without_surplus(high: Floats, low: Floats, cost: Floats, pack: Floats, least: float) -> Floats:
    """Of the packs that were added last, at one moment, no more than are needed."""
    units = high.copy()
    for line in np.flatnonzero(high > low)[::-1]:
        spare = float(cost @ units) - least
        packs = min(np.floor(spare / (cost[line] * pack[line]) + _SLACK), (high[line] - low[line]) / pack[line])
        units[line] -= max(packs, 0.0) * pack[line]
    return units


def within_budget(cost: ArrayLike, gain: ArrayLike, budget: float) -> Flags:
    """Which lines to buy for so much money: those that save most per unit of money first, each whole or not at all.

    A line that no longer fits is passed over for smaller ones. Lines whose cost or gain nobody knows (NaN) are not
    bought.
    """
    price, worth = np.asarray(cost, dtype=float), np.asarray(gain, dtype=float)
    priced = np.isfinite(price) & np.isfinite(worth)
    ratio = np.divide(worth, price, out=np.full(price.shape, np.inf), where=priced & (price > 0))
    ratio[~priced] = -np.inf
    bought, left = np.zeros(price.shape, dtype=bool), budget
    for line in np.argsort(-ratio, kind="stable"):
        if not priced[line]:
            break
        if price[line] <= left + _SLACK:
            bought[line], left = True, left - price[line]
    return bought
