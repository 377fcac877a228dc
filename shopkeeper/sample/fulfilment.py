"""Who gets what there is: stock-outs cut lines, emptied orders take the staple, some orders come back."""

from dataclasses import dataclass, replace

import numpy as np

from shopkeeper.models.arrays import Flags, Ints
from shopkeeper.sample import process
from shopkeeper.sample.calendar import DAYS
from shopkeeper.sample.catalogue import STAPLES, Catalogue
from shopkeeper.sample.chance import chance
from shopkeeper.sample.orders import Lines, Orders, join
from shopkeeper.sample.people import STOCK_OUT, People, Visits

MOST_INSTEAD = 3
"""Units of the staple that a buyer takes who finds nothing of what was wanted."""


@dataclass(frozen=True)
class Shelf:
    """Flat arrays over day x location x SKU: which cells could not serve all, and what these have left to sell."""

    short: Flags
    left: Ints  # falls while blocks are served


@dataclass(frozen=True)
class LostLines:
    """Arrays over lines that did not get all they asked for."""

    order: Ints  # as in Lines
    day: Ints
    location: Ints
    region: Ints
    sku: Ints
    units: Ints
    replaced: Flags  # the buyer took the staple instead


def cell(goods: Catalogue, locations: int, day: Ints, location: Ints, sku: Ints) -> Ints:
    """Position in a flat array over day x location x SKU."""
    return (day.astype(np.int64) * locations + location) * len(goods.names) + sku


def takes_stock(demanded: Lines) -> Flags:
    """Everything but cancelled and returned lines leaves a shelf."""
    return np.asarray((demanded.status != process.CANCELLED) & (demanded.status != process.REFUND))


def serve(goods: Catalogue, placed: Orders, demanded: Lines, cells: Ints, shelf: Shelf) -> tuple[Lines, LostLines]:
    """Lines as sold, and what was lost. First come, first served; a line may be served in part."""
    got = _allocate(demanded, cells, shelf, np.flatnonzero(takes_stock(demanded) & shelf.short[cells]))
    missing = demanded.units - got
    base = demanded.status == process.SALE
    served = np.zeros(len(placed.day), dtype=bool)
    served[demanded.order[base & (got > 0)]] = True
    first = np.zeros(len(demanded), dtype=bool)
    first[np.unique(demanded.order, return_index=True)[1]] = True
    replaced = base & first & ~served[np.minimum(demanded.order, len(placed.day) - 1)]
    staple = STAPLES[goods.category[demanded.sku]]
    sku = np.where(replaced, staple, demanded.sku)
    instead = np.clip(-(-demanded.net // goods.price[staple]), 1, MOST_INSTEAD)
    units = np.where(replaced, instead, got)
    paid = np.minimum(demanded.net, instead * goods.price[staple])
    net = np.where(replaced, paid, np.rint(demanded.net * got / demanded.units).astype(np.int64))
    sold = Lines(
        demanded.order,
        demanded.parent,
        demanded.day,
        demanded.second,
        sku,
        units,
        net,
        demanded.status,
        demanded.plain_sku,
        demanded.plain_units,
    ).take(units > 0)
    rows = np.flatnonzero(missing > 0)
    parent = demanded.parent[rows]
    lost = LostLines(
        demanded.order[rows],
        demanded.day[rows],
        placed.location[parent],
        placed.region[parent],
        demanded.sku[rows],
        missing[rows],
        replaced[rows],
    )
    return sold, lost


def _allocate(demanded: Lines, cells: Ints, shelf: Shelf, rows: Ints) -> Ints:
    got = demanded.units.copy()
    if not len(rows):
        return got
    rows = rows[np.lexsort((demanded.order[rows], demanded.second[rows], cells[rows]))]
    where, units = cells[rows], demanded.units[rows]
    starts = np.flatnonzero(np.concatenate([[True], where[1:] != where[:-1]]))
    before = np.cumsum(units) - units
    before -= np.repeat(before[starts], np.diff(np.append(starts, len(rows))))
    got[rows] = np.clip(shelf.left[where] - before, 0, units)
    np.subtract.at(shelf.left, where, got[rows].astype(shelf.left.dtype))
    return got


@dataclass(frozen=True)
class Remaining:
    """The persons and orders of a block once those have left whom a stock-out cost."""

    persons: People
    placed: Orders


def without_lost(persons: People, visits: Visits, placed: Orders, missing: LostLines) -> Remaining:
    """Who misses something leaves for good with `STOCK_OUT_LEAVES`; the later orders are then nobody's known.

    What a campaign brought stays: it reaches those who left too.
    """
    rows = missing.order < len(placed.day)
    order = np.unique(missing.order[rows])
    order = order[placed.person[order] >= 0]
    person, day = placed.person[order], placed.day[order]
    leaves = chance(61, persons.number[person], day) < process.STOCK_OUT_LEAVES
    lost_day = np.full(len(persons.number), DAYS)
    np.minimum.at(lost_day, person[leaves], day[leaves])
    own = np.full(len(placed.day), -1)
    own[: len(visits.campaign)] = visits.campaign
    gone = (placed.person >= 0) & (placed.day > lost_day[np.maximum(placed.person, 0)]) & (own < 0)
    remaining = replace(placed, person=np.where(gone, -1, placed.person))
    lost = lost_day < DAYS
    return Remaining(
        replace(
            persons,
            alive=persons.alive & ~lost,
            lost_day=np.minimum(persons.lost_day, lost_day),
            lost_by=np.where(lost, STOCK_OUT, persons.lost_by),
            active_days=np.bincount(remaining.person[remaining.person >= 0], minlength=len(persons.number)),
        ),
        remaining,
    )


def with_refunds(rng: np.random.Generator, sold: Lines, orders_so_far: int) -> Lines:
    """Some orders come back, whole or in part, 3 or more days later, as far as the last day reaches.

    The `order` of a refund is its original's plus `orders_so_far`. Returned goods are not put back on a shelf.
    """
    starts = np.unique(sold.order, return_index=True)[1]
    first = np.zeros(len(sold), dtype=bool)
    first[starts] = True
    order = np.cumsum(first) - 1
    returns = (rng.random(len(starts)) < process.REFUND_RATE)[order] & (sold.status == process.SALE)
    later = 3 + np.minimum(rng.exponential(6.0, len(starts)), 40.0).astype(np.int64)
    second = rng.integers(9 * 3600, 21 * 3600, len(starts))
    returns &= (first | (rng.random(len(sold)) < 0.5)) & (sold.day + later[order] < DAYS)
    back = sold.take(returns)
    own = order[returns]
    refund = Lines(
        back.order + orders_so_far,
        back.parent,
        back.day + later[own],
        second[own],
        back.sku,
        -back.units,
        -back.net,
        np.full(len(back), process.REFUND),
        back.plain_sku,
        back.plain_units,
    )
    return join(sold, refund)
