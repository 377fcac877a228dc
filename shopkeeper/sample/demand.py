"""What people ask for: category tastes by region and season, uplifts in events, and which location must serve."""

from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.sample.calendar import EVENT_OF_DAY, EVENTS, SHARE_OF_DAY
from shopkeeper.sample.goods import CATEGORIES
from shopkeeper.sample.places import REGIONS
from shopkeeper.sample.process import DEALER_CHANNEL, STORE_CHANNEL

_BASE = np.array([0.15, 0.09, 0.17, 0.14, 0.12, 0.14, 0.10, 0.09])
# by category: the calendar month (January is 0) in which it is liked best, and how much better than on average
_SEASON = ((3, 0.35), (6, 0.2), (0, 0.35), (10, 0.2), (7, 0.4), (5, 0.2), (9, 0.15), (2, 0.05))
# How strongly a category answers to an event, by event name
_SENSITIVITY = {
    "双11 Double 11": (0.8, 0.9, 1.0, 0.7, 0.6, 1.5, 1.3, 1.2),
    "618 Mid-year sale": (0.8, 0.9, 0.8, 0.7, 1.2, 1.4, 1.1, 1.1),
    "春节 Spring Festival": (1.6, 0.6, 1.8, 1.5, 1.3, 0.5, 0.4, 0.3),
}
EVENT_DISCOUNT = 0.12  # more taken off on an event's main day


@dataclass(frozen=True)
class Tastes:
    """`shares` is region x month x category, `categories` the same cumulated, `units` event x region x category."""

    shares: Floats
    categories: Floats
    units: Floats

    def units_factor(self, day: Ints, region: Ints, category: Ints) -> Floats:
        """What a line of that day asks for, as a multiple of the same line without the event."""
        return 1.0 + (self.units[EVENT_OF_DAY[day], region, category] - 1.0) * SHARE_OF_DAY[day]


def tastes() -> Tastes:
    """The same tastes for every seed."""
    rng = np.random.default_rng(1111)
    regional = rng.lognormal(0.0, 0.28, (len(REGIONS), len(CATEGORIES)))
    season = np.stack([1.0 + height * np.cos(2 * np.pi * (np.arange(12) - peak) / 12) for peak, height in _SEASON])
    weights = (_BASE * regional)[:, None, :] * season.T[None, :, :]
    shares = weights / weights.sum(axis=2, keepdims=True)
    answer = rng.uniform(0.75, 1.25, len(REGIONS))
    sensitivity = np.array([_SENSITIVITY[event.name] for event in EVENTS])
    height = np.array([event.units - 1.0 for event in EVENTS])
    units = 1.0 + height[:, None, None] * sensitivity[:, None, :] * answer[None, :, None]
    return Tastes(shares, np.cumsum(shares, axis=2), units)


def serving_location(channel: Ints, region: Ints, store: Ints, warehouse_of: Ints, dealer_of: Ints) -> Ints:
    """Stores and dealers sell what lies there; everything else leaves the region's warehouse."""
    return np.where(
        channel == STORE_CHANNEL, store, np.where(channel == DEALER_CHANNEL, dealer_of[region], warehouse_of[region])
    )
