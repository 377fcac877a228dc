"""From purchase days to order lines, before anybody has looked whether the goods are there."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.sample import people, process
from shopkeeper.sample.calendar import (
    DAYS,
    MONTH_OF_DAY,
    NEWCOMER_FACTOR,
    SEASON,
    SHARE_OF_DAY,
    UNIDENTIFIED_CURVE,
    UNIDENTIFIED_FACTOR,
    arrival_days,
)
from shopkeeper.sample.catalogue import DEALER_RANGE, ONLINE_RANGE, STORE_RANGE, Catalogue, pick
from shopkeeper.sample.demand import EVENT_DISCOUNT, Tastes, serving_location
from shopkeeper.sample.people import People, Visits
from shopkeeper.sample.places import Places, closed
from shopkeeper.sample.process import SPENDING

_HOURS_ONLINE = np.array(
    [2, 1, 0.6, 0.4, 0.4, 0.6, 1.2, 2.2, 3.4, 4.6, 5.4, 5.2, 5, 4.8, 4.8, 4.8, 4.8, 4.8, 5.2, 6.4, 8, 8.6, 6.8, 4]
)
_HOURS_SHOP = np.array([0] * 9 + [3, 6, 8, 7, 6, 7, 8, 8, 9, 10, 10, 8, 4] + [0] * 2)


@dataclass(frozen=True)
class World:
    """What does not change from block to block."""

    where: Places
    goods: Catalogue
    tastes: Tastes


@dataclass(frozen=True)
class Orders:
    """Arrays over orders. `person` is a row of People, -1 where the buyer is not known."""

    person: Ints
    day: Ints
    second: Ints
    value: Floats  # yuan
    region: Ints
    channel: Ints
    device: Ints
    account: Ints  # 0 or 1: which of the person's accounts on the channel
    location: Ints
    event_factor: Floats  # how many orders of this kind the day has, as a multiple of a day without event
    first: Flags  # whether it is the person's first
    first_category: Ints  # of the person's first line, -1 where the buyer is not known


@dataclass(frozen=True)
class Lines:
    """Arrays over order lines; `order` is a row of Orders or, beyond these, an order of its own (see `_extras`)."""

    order: Ints
    parent: Ints  # row of Orders that says who, where and how
    day: Ints
    second: Ints
    sku: Ints
    units: Ints
    net: Ints  # fen
    status: Ints
    plain_sku: Ints  # what the same line would have asked for without the event
    plain_units: Ints

    def take(self, rows: Ints | Flags) -> Self:
        """Some of the lines."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.order)


def join(first: Lines, second: Lines) -> Lines:
    """Both, one after the other."""
    return Lines(*(np.concatenate([getattr(first, f.name), getattr(second, f.name)]) for f in fields(Lines)))


def orders(rng: np.random.Generator, world: World, persons: People, visits: Visits, positions: Floats) -> Orders:
    """Orders of known persons, then unidentified ones at `positions` (0..1 of all unidentified orders)."""
    identified, unidentified = len(visits.person), len(positions)
    person = np.concatenate([visits.person, np.full(unidentified, -1)])
    day = np.concatenate([visits.day, arrival_days(UNIDENTIFIED_CURVE, positions)])
    home = np.searchsorted(np.cumsum(world.where.buyers)[:-1], rng.random(unidentified), side="right")
    region = np.concatenate([persons.region[visits.person], home])
    nth = np.concatenate([persons.number[visits.person], rng.integers(0, 1_000, unidentified)])
    store = world.where.first_store[region] + nth % np.maximum(world.where.stores[region], 1)
    channel = _open_channels(world.where, _channels(rng, world.where, persons, visits, day, region), region, store, day)
    nu = np.concatenate([persons.nu[visits.person], rng.gamma(SPENDING.q, 1 / SPENDING.v, unidentified)])
    total = identified + unidentified
    online = channel < process.STORE_CHANNEL
    first = np.concatenate([visits.first, np.zeros(unidentified, dtype=bool)])
    elsewhere = online & ~first & (rng.random(total) < process.GIFT_ELSEWHERE)
    region = np.where(elsewhere, rng.integers(0, len(world.where.buyers), total), region)
    phone = rng.random(total) < process.PHONE_SHARE[MONTH_OF_DAY[day], channel]
    device = np.where(channel == process.STORE_CHANNEL, process.TILL, np.where(phone, process.PHONE, process.DESKTOP))
    on_main = np.concatenate(
        [channel[:identified] == persons.main_channel[visits.person], np.zeros(unidentified, dtype=bool)]
    )
    second_account = np.concatenate([persons.second_account[visits.person], np.zeros(unidentified, dtype=bool)])
    factor = np.concatenate(
        [np.where(visits.first, NEWCOMER_FACTOR[visits.day], 1.0), UNIDENTIFIED_FACTOR[day[identified:]]],
    )
    return Orders(
        person=person,
        day=day,
        second=_seconds(rng, online),
        value=rng.gamma(SPENDING.p, 1.0, total) / nu,
        region=region,
        channel=channel,
        device=device,
        account=(on_main & second_account & (rng.random(total) < 0.35)).astype(np.int64),
        location=serving_location(channel, region, store, world.where.warehouse_of, world.where.dealer_of),
        event_factor=factor,
        first=first,
        first_category=np.concatenate([persons.first_category[visits.person], np.full(unidentified, -1)]),
    )


def _channels(
    rng: np.random.Generator, where: Places, persons: People, visits: Visits, day: Ints, region: Ints
) -> Ints:
    """The first purchase is on the main channel, later ones mostly; the rest follows the mix of the month."""
    identified = len(visits.person)
    month, served = MONTH_OF_DAY[day], process.served(where, region)
    u = rng.random(len(day))
    mixed = people.choose(process.MIX_CURVE[month[:identified], served[:identified]], u[:identified])
    loyal = visits.first | (rng.random(identified) < process.MAIN_CHANNEL_LOYALTY)
    unidentified = people.choose(process.UNIDENTIFIED_MIX[month[identified:], served[identified:]], u[identified:])
    return np.concatenate([np.where(loyal, persons.main_channel[visits.person], mixed), unidentified])


def _open_channels(where: Places, channel: Ints, region: Ints, store: Ints, day: Ints) -> Ints:
    """Who would go to a place that is closed orders in the mini-program instead, on the same day."""
    location = serving_location(channel, region, store, where.warehouse_of, where.dealer_of)
    return np.where(closed(where, location, day), process.MINI_PROGRAM, channel)


def _seconds(rng: np.random.Generator, online: Flags) -> Ints:
    curves = np.stack([np.cumsum(hours) / hours.sum() for hours in (_HOURS_SHOP, _HOURS_ONLINE)])
    u = rng.random(len(online))
    shop, web = (np.searchsorted(curve, u, side="right") for curve in curves)
    return np.where(online, web, shop) * 3600 + rng.integers(0, 3600, len(online))


def lines(rng: np.random.Generator, world: World, placed: Orders) -> Lines:
    """One to five lines per order that share its value, times the event's uplift; then the extra orders."""
    count = 1 + np.searchsorted(np.cumsum(process.LINE_SHARES)[:-1], rng.random(len(placed.day)), side="right")
    count = np.minimum(count, np.maximum(1, placed.value // process.SMALLEST_LINE).astype(np.int64))
    order = np.repeat(np.arange(len(count)), count)
    weight = 0.6 + rng.exponential(size=len(order))
    starts = np.cumsum(count) - count
    target = placed.value[order] * weight / np.add.reduceat(weight, starts)[order]
    day = placed.day[order]
    category = _categories(rng, world, placed, order, starts)
    factor = world.tastes.units_factor(day, placed.region[order], category)
    net = np.maximum(np.rint(target * factor * 100), 100).astype(np.int64)
    channel = placed.channel[order]
    assortment = np.select(
        [channel == process.STORE_CHANNEL, channel == process.DEALER_CHANNEL], [STORE_RANGE, DEALER_RANGE], ONLINE_RANGE
    )
    listed = net / 100 / (1.0 - EVENT_DISCOUNT * SHARE_OF_DAY[day])
    u = rng.random(len(order))
    sku, units = pick(world.goods, assortment, MONTH_OF_DAY[day], category, listed, u)
    plain_sku, plain_units = sku.copy(), units.copy()
    # The same line on the same day at ordinary prices: trading up changes the item, not only the units.
    rows = np.flatnonzero(SHARE_OF_DAY[day] > 0)
    plain_sku[rows], plain_units[rows] = pick(
        world.goods, assortment[rows], MONTH_OF_DAY[day[rows]], category[rows], target[rows], u[rows]
    )
    status = np.full(len(order), process.SALE)
    sold = Lines(order, order, day, placed.second[order], sku, units, net, status, plain_sku, plain_units)
    return join(sold, _extras(rng, world, sold.take(starts), len(placed.day)))


def _categories(rng: np.random.Generator, world: World, placed: Orders, order: Ints, starts: Ints) -> Ints:
    """By the region's taste of the season; later lines of known persons often by that of their first purchase."""
    taste = people.choose(
        world.tastes.categories[placed.region[order], SEASON[placed.day[order]]], rng.random(len(order))
    )
    first_category = placed.first_category[order]
    opening = np.zeros(len(order), dtype=bool)
    opening[starts] = placed.first
    later = (first_category >= 0) & ~placed.first[order]
    u = rng.random(len(order))
    same = opening | (later & (u < process.SAME_SHARE))
    follows = later & ~same & (u < process.SAME_SHARE + process.NEXT_SHARE)
    return np.select([same, follows], [first_category, np.array(process.NEXT_CATEGORY)[first_category]], taste)


def _extras(rng: np.random.Generator, world: World, firsts: Lines, orders_so_far: int) -> Lines:
    """Cancelled, staff, gift and exchange orders: copies of an order's first line that are no purchases.

    They come on top, so the purchase days of a person stay those of the known process.
    """
    kind = np.searchsorted(np.cumsum([rate for _, rate in process.EXTRA_RATES]), rng.random(len(firsts)), side="right")
    rows = np.flatnonzero(kind < len(process.EXTRA_RATES))
    status = np.array([status for status, _ in process.EXTRA_RATES])[kind[rows]]
    chosen = firsts.take(rows)
    later = np.where(status == process.EXCHANGE, rng.integers(3, 11, len(rows)), 0)
    day = np.minimum(chosen.day + later, DAYS - 1)
    # An exchange in the next month could ask for an item no longer sold.
    day = np.where(MONTH_OF_DAY[day] == MONTH_OF_DAY[chosen.day], day, chosen.day)
    listed = world.goods.price[chosen.sku] * chosen.units
    net = np.select([status == process.CANCELLED, status == process.STAFF], [chosen.net, listed * 3 // 5], 0)
    second = np.maximum(0, chosen.second - np.where(status == process.CANCELLED, 240, -120))
    second = np.minimum(second, 86_399)
    order = orders_so_far + np.arange(len(rows))
    return Lines(
        order, chosen.order, day, second, chosen.sku, chosen.units, net, status, chosen.plain_sku, chosen.plain_units
    )
