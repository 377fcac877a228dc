"""The dealer that does not say what it sells: what it sells in truth, and what it buys."""

import numpy as np
import polars as pl

from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.models.arrays import Ints
from shopkeeper.sample import process
from shopkeeper.sample.calendar import BUYING_SEASON, DAYS, EVENT_OF_DAY, SHARE_OF_DAY, SPRING_CLOSED
from shopkeeper.sample.catalogue import DEALER_RANGE, STAPLES
from shopkeeper.sample.files import codes, conform, dates, money, named, times
from shopkeeper.sample.orders import World
from shopkeeper.sample.places import REGIONS
from shopkeeper.sample.stock import NONE, Deliveries

UNITS_A_DAY = 9.0
"""In a shop of FULL orders."""
FULL = 200_000
WHOLESALE = 0.72
"""Share of the list price that a dealer pays."""
_HOUR = 10 * 3600


def silent(world: World) -> int:
    """Its row among the locations."""
    return int(np.flatnonzero(~world.where.reports)[0])


def sell_out(rng: np.random.Generator, world: World, orders: int) -> Ints:
    """Day x SKU: units that its buyers ask for."""
    goods, region = world.goods, world.where.region[silent(world)]
    weight = goods.ranges[DEALER_RANGE] * rng.lognormal(0.0, 0.6, len(goods.names)) / np.sqrt(goods.price)
    weight[STAPLES] = 0.0
    day = np.arange(DAYS)[:, None]
    on_sale = (day >= goods.launched) & (day <= goods.delisted) & ~SPRING_CLOSED[:, None]
    factor = world.tastes.units[EVENT_OF_DAY[:, None], region, goods.category]
    rate = weight / weight.sum() * on_sale * (1.0 + (factor - 1.0) * SHARE_OF_DAY[:, None]) * BUYING_SEASON[:, None]
    return np.asarray(rng.poisson(rate * UNITS_A_DAY * orders / FULL), dtype=np.int64)


def sell_in(world: World, moved: Deliveries, first_number: int) -> pl.DataFrame:
    """Rows of `order_lines`: what its warehouse sent, an order a day."""
    at = silent(world)
    rows = np.flatnonzero((moved.location == at) & (moved.source != NONE))
    rows = rows[np.lexsort((moved.sku[rows], moved.ordered[rows]))]
    day, sku, units = moved.ordered[rows], moved.sku[rows], moved.units[rows]
    net = np.rint(world.goods.price[sku] * units * WHOLESALE).astype(np.int64)
    number = first_number + np.unique(day, return_inverse=True)[1]
    same = np.full(len(rows), at)
    return conform(
        ORDER_LINES,
        {
            "order_id": codes("D", number, 9),
            "ordered_at": times(day, np.full(len(rows), _HOUR)),
            "sku": named(world.goods.skus, sku),
            "quantity": pl.Series(units),
            "net_amount": money(net),
            "channel": named(process.CHANNELS, np.full(len(rows), process.DEALER_CHANNEL)),
            "ship_to_region": named(REGIONS, world.where.region[same]),
            "ship_from_location": named(world.where.ids, moved.source[rows]),
            "unit_cost": money(world.goods.cost[sku]),
            "discount": money(world.goods.price[sku] * units - net),
            "currency": pl.Series(["CNY"]).new_from_index(0, len(rows)),
            "status": named(process.STATUSES, np.full(len(rows), process.SELL_IN)),
        },
    )


def dealer_sell_out(world: World, asked: Ints) -> pl.DataFrame:
    """One row per day and SKU: units asked for at the silent dealer."""
    day, sku = np.nonzero(asked)
    return pl.DataFrame({"day": dates(day), "sku": named(world.goods.skus, sku), "units": pl.Series(asked[day, sku])})
