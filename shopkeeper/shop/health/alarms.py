"""What has only just gone wrong: a channel whose last days are lower than this shop's own days are by chance."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats
from shopkeeper.shop.health import rules

_MAD = 1.4826
"""By which a median absolute deviation is a normal standard deviation."""


@dataclass(frozen=True)
class Dip:
    """A channel's last days: their orders against what they usually are, and how far off in standard deviations."""

    channel: str
    orders: float
    usual_orders: float
    deviations: float


def dips(days: pl.DataFrame, as_of: date) -> tuple[Dip, ...]:
    """Channels whose last days are too low for chance; the largest shortfall first.

    What a day usually is: the median of the same weekday of the eight weeks before, so that an event among them does
    not count. What all other channels do at the same time (a lull before an event, a holiday, the season) is taken off:
    the channel is expected to move with them. Chance is as wide as the same windows of the last quarter were.
    """
    channels, orders = _matrix(days, as_of)
    if not channels:
        return ()
    usual = _usual(orders)
    span = rules.DIP_DAYS
    ones = np.ones(span)
    observed = np.stack([np.convolve(row, ones, "valid") for row in orders])
    expected = np.stack([np.convolve(row, ones, "valid") for row in usual])
    together = _together(observed, expected)
    expected_now = expected * together
    with np.errstate(invalid="ignore", divide="ignore"):
        away = (observed - expected_now) / np.sqrt(expected_now)
    dips_of_channels = []
    for row, channel in enumerate(channels):
        seen, due = float(observed[row, -1]), float(expected_now[row, -1])
        if not due >= rules.DIP_ORDERS or seen > (1 - rules.DIP_SHARE) * due:
            continue
        centre, spread = _chance(away[row], together[row])
        deviations = (float(away[row, -1]) - centre) / spread
        if deviations <= -rules.DIP_DEVIATIONS:
            dips_of_channels.append(Dip(channel, seen, due, deviations))
    return tuple(sorted(dips_of_channels, key=lambda each: each.orders - each.usual_orders))


def _chance(away: Floats, together: Floats) -> tuple[float, float]:
    """Centre and spread of what a channel's windows of the last quarter stray; infinite where too few are known.

    Windows of the last week may hold the fault itself. Those in which all channels move, as around an event, tell less
    of an ordinary day, and are looked at only where there are few others.
    """
    past = slice(-rules.PATTERN_DAYS, -rules.FALL_DAYS)
    is_finite = np.isfinite(away[past])
    calm = is_finite & (np.abs(together[past] - 1) <= rules.DIP_CALM)
    windows = away[past][calm if calm.sum() >= rules.DIP_WINDOWS else is_finite]
    if windows.size < rules.DIP_WINDOWS:
        return 0.0, np.inf
    centre = float(np.median(windows))
    return centre, max(1.0, _MAD * float(np.median(np.abs(windows - centre))))


def _matrix(days: pl.DataFrame, as_of: date) -> tuple[list[str], Floats]:
    """Orders by channel and day up to as-of; unknown before a channel's first order, 0 on days without one."""
    length = rules.PATTERN_DAYS + 7 * rules.PATTERN_WEEKS + rules.DIP_DAYS
    first = as_of - timedelta(length - 1)
    channels = sorted(days["channel"].unique().to_list())
    orders = np.full((len(channels), length), np.nan)
    place = {channel: row for row, channel in enumerate(channels)}
    begins = dict(days.group_by("channel").agg(pl.col("day").min()).iter_rows())
    for channel, row in place.items():
        orders[row, max((begins[channel] - first).days, 0) :] = 0.0
    recent = days.filter(pl.col("day").is_between(first, as_of)).select("channel", "day", "orders")
    for channel, day, count in recent.iter_rows():
        orders[place[channel], (day - first).days] = count
    return channels, orders


def _usual(orders: Floats) -> Floats:
    """Of each day the median of the same weekday of the weeks before; unknown where half of them are not there."""
    weeks = rules.PATTERN_WEEKS
    before = np.full((weeks, *orders.shape), np.nan)
    for week in range(1, weeks + 1):
        before[week - 1, :, 7 * week :] = orders[:, : -7 * week]
    is_finite = np.isfinite(before).sum(axis=0) >= weeks // 2
    usual = np.full(orders.shape, np.nan)
    if is_finite.any():
        usual[is_finite] = np.nanmedian(before[:, is_finite], axis=0)
    return usual


def _together(observed: Floats, expected: Floats) -> Floats:
    """How all other channels do against what is usual, of 1; no more than `DIP_LIFT`, and 1 where they are few.

    An event lifts some channels more than others, which therefore have not fallen.
    """
    there = np.isfinite(expected)
    seen, due = np.where(there, observed, 0.0), np.where(there, expected, 0.0)
    others_seen, others_due = seen.sum(axis=0) - seen, due.sum(axis=0) - due
    enough = others_due >= rules.DIP_ORDERS
    return np.where(enough, np.minimum(rules.DIP_LIFT, others_seen / np.where(enough, others_due, 1.0)), 1.0)
