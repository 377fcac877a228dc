"""What the sample shop sells: 136 SKUs in 8 categories, their prices, costs, suppliers, and when each is on sale."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.sample.calendar import DAYS, MONTH_OF_DAY, MONTHS
from shopkeeper.sample.goods import CATEGORIES, PER_CATEGORY, items

SUPPLIERS = tuple(f"供应商{number:02d} Supplier {number:02d}" for number in range(1, 17))
# The first SKU of a category is its staple: cheap, always on sale everywhere, topped up the same day by its supplier.
# An order whose every item is out takes the staple instead, so a stock-out never erases a purchase day.
STAPLES = np.arange(len(CATEGORIES)) * PER_CATEGORY
ONLINE_RANGE, STORE_RANGE, DEALER_RANGE = range(3)
# Places in the category's row of prices that stores and dealers leave to the warehouses.
_NOT_IN_STORES, _NOT_AT_DEALERS = (3, 7, 10, 13), (2, 5, 8, 11, 14)
# SKUs that came later or went, by number: month of the shop (0 is its first).
LAUNCHED = {13: 8, 25: 14, 45: 20, 54: 21, 79: 26, 99: 29, 108: 33, 127: 36, 90: 38}
DELISTED = {113: 34}  # not sold from that month on
# SKUs of which the merchant expected too much, by number: how many times what is asked for.
OVERBOUGHT = {10: 2.8, 30: 2.3, 41: 2.5, 63: 2.1, 88: 2.9, 96: 2.3, 112: 2.8, 131: 2.5}
TIERS = (("low", 0), ("middle", 5_000), ("high", 15_000))
"""Price tiers, each from so many fen on."""


@dataclass(frozen=True)
class Catalogue:
    """Arrays over SKUs, ordered by category, then by price (staples first)."""

    names: tuple[str, ...]
    parent: Ints
    sizes: tuple[str, ...]
    colours: tuple[str, ...]
    category: Ints
    price: Ints  # fen (hundredths of a yuan)
    cost: Ints  # fen
    pack: Ints
    minimum_order: Ints
    supplier: Ints
    lead: Floats  # days
    lead_sd: Floats
    optimism: Floats  # what the merchant expects, as a multiple of what is asked for
    launched: Ints  # day number of the shop; 0 where sold from the start
    delisted: Ints  # last day number on sale; DAYS where still on sale
    ranges: Flags  # range (online, store, dealer) x SKU
    draw_weights: Floats  # cumulative over (range, month, SKU), flattened; see `pick`

    @property
    def skus(self) -> tuple[str, ...]:
        """SKU codes such as 'K0123'."""
        return tuple(f"K{number:04d}" for number in range(1, len(self.names) + 1))

    @property
    def tier(self) -> Ints:
        """Number of the price tier."""
        return np.searchsorted([start for _, start in TIERS], self.price, side="right") - 1

    def only(self, rows: Ints) -> Self:
        """A few of the SKUs; lines cannot be picked from it."""
        special = ("names", "sizes", "colours", "ranges", "draw_weights")
        return replace(
            self,
            names=tuple(self.names[row] for row in rows),
            sizes=tuple(self.sizes[row] for row in rows),
            colours=tuple(self.colours[row] for row in rows),
            ranges=self.ranges[:, rows],
            **{field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name not in special},
        )


def catalogue() -> Catalogue:
    """The same goods for every seed."""
    rng = np.random.default_rng(2023)
    rows = [item for row in items() for item in row]
    skus = len(rows)
    category = np.repeat(np.arange(len(CATEGORIES)), PER_CATEGORY)
    rank = np.tile(np.arange(PER_CATEGORY), len(CATEGORIES))
    price = np.rint([item.price * 100 for item in rows]).astype(np.int64)
    month_start = np.searchsorted(MONTH_OF_DAY, np.arange(MONTHS))
    launched, delisted = np.zeros(skus, dtype=np.int64), np.full(skus, DAYS)
    launched[list(LAUNCHED)] = month_start[list(LAUNCHED.values())]
    delisted[list(DELISTED)] = month_start[list(DELISTED.values())] - 1
    optimism = np.ones(skus)
    optimism[list(OVERBOUGHT)] = list(OVERBOUGHT.values())
    ranges = np.stack([np.ones(skus, bool), ~np.isin(rank, _NOT_IN_STORES), ~np.isin(rank, _NOT_AT_DEALERS)])
    popularity = rng.lognormal(0.0, 0.75, skus)
    popularity[list(LAUNCHED)] = np.maximum(popularity[list(LAUNCHED)], 0.6)
    on_sale = (launched <= month_start[:, None]) & (delisted >= month_start[:, None])
    weights = (ranges[:, None, :] * on_sale[None, :, :] * popularity).ravel()
    return Catalogue(
        names=tuple(item.name for item in rows),
        parent=np.array([item.parent for item in rows], dtype=np.int64),
        sizes=tuple(item.size for item in rows),
        colours=tuple(item.colour for item in rows),
        category=category,
        price=price,
        cost=np.rint(price * rng.uniform(0.42, 0.64, skus) / 10).astype(np.int64) * 10,
        pack=rng.choice(np.array([1, 2, 4, 6]), skus, p=[0.4, 0.3, 0.1, 0.2]),
        minimum_order=rng.choice(np.array([6, 12, 24]), skus),
        supplier=category * 2 + rng.integers(0, 2, skus),
        lead=rng.integers(8, 31, skus).astype(float),
        lead_sd=np.round(rng.uniform(1.0, 5.0, skus), 1),
        optimism=optimism,
        launched=launched,
        delisted=delisted,
        ranges=ranges,
        draw_weights=np.concatenate([[0.0], np.cumsum(weights)]),
    )


def pick(
    goods: Catalogue, assortment: Ints, month: Ints, category: Ints, target: Floats, u: Floats
) -> tuple[Ints, Ints]:
    """SKU and units for lines that should cost about `target` yuan at list price.

    A price between 1/4 (or 150 yuan) and 3/4 of the target is bought several times, one between 1 and 1.4 times once:
    the list price then lies at most half above the target, and a discount brings it down to the target exactly. The
    staple fills gaps.
    """
    key = goods.category * 1e7 + goods.price
    base = (assortment * MONTHS + month) * len(goods.names)
    bounds = (np.minimum(0.25 * target, 150.0), 0.75 * target, target, 1.4 * target)
    edges = [np.searchsorted(key, category * 1e7 + np.minimum(bound * 100, 9e6)) for bound in bounds]
    low, below, level, high = (goods.draw_weights[base + edge] for edge in edges)
    total = (below - low) + (high - level)
    x = u * total
    x = np.where(x < below - low, low + x, level + x - (below - low))
    sku = np.searchsorted(goods.draw_weights, x, side="right") - 1 - base
    empty = total <= 1e-9
    sku = np.where(empty, STAPLES[category], np.clip(sku, 0, len(goods.names) - 1))
    units = np.maximum(1, np.ceil(target * 100 / goods.price[sku] - 1e-9)).astype(np.int64)
    return sku, units
