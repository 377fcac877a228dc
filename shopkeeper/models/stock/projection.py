"""The stock of each series day by day, as it should go: demand that finds nothing is lost, not asked for again."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shopkeeper.models.arrays import Flags, Floats

LAST_DAYS = 28
"""A forecast is carried on by the mean of so many of its last days that no event touches."""


@dataclass(frozen=True)
class Projection:
    """Series x days. `evening`: stock at the end of a day, below 0 only where more is promised than was there.

    `lost`: units asked for on that day that found no stock.
    """

    evening: Floats
    lost: Floats


def projected(units: Floats, there: ArrayLike, inbound: Floats) -> Projection:
    """What lands is there before a day's demand comes; `there` is on hand less committed, this evening.

    Below 0, deliveries serve what was promised first.
    """
    stock = np.array(np.broadcast_to(np.asarray(there, dtype=float), len(units)))
    evening, lost = np.zeros_like(units), np.zeros_like(units)
    for day in range(units.shape[1]):
        stock = stock + inbound[:, day]
        sold = np.minimum(units[:, day], np.maximum(stock, 0))
        stock = stock - sold
        evening[:, day], lost[:, day] = stock, units[:, day] - sold
    return Projection(evening, lost)


def days_without(projection: Projection, available: ArrayLike, days: ArrayLike) -> Floats:
    """For how many days before that day's evening each series has been without stock; 0 where it still has some.

    The stock of today's evening is `available`.
    """
    last = np.broadcast_to(np.asarray(days), len(projection.evening)).astype(int)
    held = np.column_stack([np.asarray(available, dtype=float), projection.evening]) > 1e-9
    number = np.arange(held.shape[1])
    last = np.minimum(last, number[-1])
    newest = np.where(held & (number <= last[:, None]), number, -1).max(axis=1)
    return np.asarray(np.where(newest == last, 0, last - (newest + 1)), dtype=float)


def extended(units: Floats, days: int, ordinary: Flags | None = None) -> Floats:
    """The forecast carried on to `days`: each weekday by its mean over the last `LAST_DAYS` days without an event.

    `ordinary` marks the days of the forecast that no event touches; with fewer than a week of them all days count.
    """
    forecast_days = units.shape[1]
    if days <= forecast_days or not forecast_days:
        return units
    marked = np.flatnonzero(np.ones(forecast_days, dtype=bool) if ordinary is None else ordinary[:forecast_days])
    last = (marked if len(marked) >= 7 else np.arange(forecast_days))[-LAST_DAYS:]
    mean = units[:, last].mean(axis=1)
    ahead = np.arange(forecast_days, days)
    carried = np.empty((len(units), len(ahead)))
    for weekday in range(7):
        same = last[last % 7 == weekday]
        carried[:, ahead % 7 == weekday] = (units[:, same].mean(axis=1) if len(same) else mean)[:, None]
    return np.concatenate([units, carried], axis=1)


def ordinary_days(days: int, events: Iterable[tuple[int, int]], before: int = 5, after: int = 7) -> Flags:
    """Which of the `days` ahead no event touches; `events` are first and last days ahead.

    Its lull (`before`) and its dip (`after`) are its own.
    """
    ordinary = np.ones(days, dtype=bool)
    for first, last in events:
        ordinary[max(first - 1 - before, 0) : max(last + after, 0)] = False
    return ordinary


def off_sale(days: int, last_day: ArrayLike) -> Flags:
    """Series x days: whether a day lies beyond the last day on sale (days ahead; NaN: none is known)."""
    last = np.nan_to_num(np.asarray(last_day, dtype=float), nan=np.inf)
    return np.asarray(np.arange(1, days + 1) > last[:, None])
