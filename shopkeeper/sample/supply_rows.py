"""The places, goods, stock, deliveries, events and spending of the sample shop as rows of the contract's tables."""

import numpy as np
import polars as pl

from shopkeeper.contract.tables import EVENTS as EVENTS_TABLE
from shopkeeper.contract.tables import INBOUND, LANES, LOCATIONS, PRODUCTS, STOCK_SNAPSHOTS
from shopkeeper.contract.tables import REGIONS as REGIONS_TABLE
from shopkeeper.models.arrays import Flags, Ints
from shopkeeper.sample.calendar import DAYS, EVENTS
from shopkeeper.sample.catalogue import SUPPLIERS, Catalogue
from shopkeeper.sample.files import blank, codes, conform, dates, money, named
from shopkeeper.sample.goods import CATEGORIES
from shopkeeper.sample.orders import World
from shopkeeper.sample.places import KINDS, PROVINCES, REGIONS, WAREHOUSE, Places, parcel_days
from shopkeeper.sample.stock import INBOUND_DAYS, NONE, SNAPSHOT_DAYS, Deliveries


def products(goods: Catalogue) -> pl.DataFrame:
    """Rows of `products`."""
    return conform(
        PRODUCTS,
        {
            "sku": pl.Series(goods.skus),
            "name": pl.Series(goods.names),
            "category": named(CATEGORIES, goods.category),
            "price": money(goods.price),
            "unit_cost": money(goods.cost),
            "pack_size": pl.Series(goods.pack),
            "minimum_order": pl.Series(goods.minimum_order),
            "supplier": named(SUPPLIERS, goods.supplier),
            "supplier_lead_days": pl.Series(goods.lead),
            "supplier_lead_sd": pl.Series(goods.lead_sd),
            "launched_on": dates(goods.launched),
            "delisted_on": dates(np.minimum(goods.delisted, DAYS - 1), goods.delisted == DAYS),
            "parent_sku": codes("P", goods.parent + 1, 3),
            "size": _given(goods.sizes),
            "colour": _given(goods.colours),
        },
    )


def _given(texts: tuple[str, ...]) -> pl.Series:
    return pl.Series([text or None for text in texts], dtype=pl.String)


def regions() -> pl.DataFrame:
    """Rows of `regions`."""
    return conform(
        REGIONS_TABLE,
        {
            "region": pl.Series(REGIONS),
            "parent": pl.Series([row[1] for row in PROVINCES]),
            "tile_row": pl.Series([row[2] for row in PROVINCES]),
            "tile_column": pl.Series([row[3] for row in PROVINCES]),
        },
    )


def locations(where: Places, most: Ints) -> pl.DataFrame:
    """Rows of `locations`; each holds a quarter more than ever lay there, the silent dealer nobody knows what."""
    return conform(
        LOCATIONS,
        {
            "location_id": pl.Series(where.ids),
            "name": pl.Series(where.names),
            "kind": named(KINDS, where.kind),
            "region": named(REGIONS, where.region),
            "ships": pl.Series(where.ships),
            "capacity_units": blank(pl.Series(np.ceil(most * 1.25 / 100).astype(np.int64) * 100), ~where.reports),
            "opening_cost": money(where.opening_cost * 100),
            "running_cost": money(where.running_cost * 100),
        },
    )


def lanes(where: Places) -> pl.DataFrame:
    """Rows of `lanes`: warehouse to warehouse, warehouse to the stores and dealers it supplies, shippers to regions."""
    count = len(where.ids)
    warehouses = np.flatnonzero(where.kind == WAREHOUSE)
    supplied = np.flatnonzero(where.kind != WAREHOUSE)
    pairs = [(a, b) for a in warehouses for b in warehouses if a != b]
    moves = np.array(pairs + list(zip(where.parent[supplied], supplied, strict=True)))
    near = where.tiles[where.region] <= np.where(where.kind == WAREHOUSE, 99.0, 1.5)[:, None]
    shippers, to_region = np.nonzero(near & where.ships[:, None])
    start = np.concatenate([moves[:, 0], shippers])
    end = np.concatenate([moves[:, 1], np.full(len(shippers), -1)])
    region = np.concatenate([np.full(len(moves), -1), to_region])
    tiles = where.tiles[where.region[start], np.where(end >= 0, where.region[np.minimum(end, count - 1)], region)]
    lead = np.where(end >= 0, np.round(1.5 + 1.2 * tiles, 1), parcel_days(tiles))
    cost = np.where(end >= 0, 40 + 30 * tiles, 320 + 90 * tiles)
    return conform(
        LANES,
        {
            "from_location": named(where.ids, start),
            "to_location": named(where.ids, np.maximum(end, 0), end < 0),
            "to_region": named(REGIONS, np.maximum(region, 0), region < 0),
            "lead_days": pl.Series(lead),
            "lead_sd": pl.Series(np.round(0.25 * lead, 2)),
            "cost_per_unit": money(np.rint(cost).astype(np.int64)),
            "minimum_units": pl.Series(np.where(end >= 0, np.where(end < len(warehouses), 20, 1), 1)),
        },
    )


def stock_snapshots(world: World, cells: Flags, on_hand: Ints) -> pl.DataFrame:
    """Rows of `stock_snapshots` for the last SNAPSHOT_DAYS, by location, SKU and day.

    An item is listed from its launch until it is delisted, and after that while any is left.
    """
    goods = world.goods
    location, sku = np.nonzero(cells & world.where.reports[:, None])
    day = np.arange(DAYS - SNAPSHOT_DAYS, DAYS)
    units = on_hand[:, location, sku].T
    listed = (day >= goods.launched[sku][:, None]) & ((day <= goods.delisted[sku][:, None]) | (units > 0))
    row, column = np.nonzero(listed)
    return conform(
        STOCK_SNAPSHOTS,
        {
            "day": dates(day[column]),
            "location_id": named(world.where.ids, location[row]),
            "sku": named(goods.skus, sku[row]),
            "on_hand": pl.Series(units[row, column]),
            "committed": pl.Series([0]).new_from_index(0, len(row)),
        },
    )


def inbound(world: World, moved: Deliveries) -> pl.DataFrame:
    """Rows of `inbound`: all that is on its way, and what landed in the last INBOUND_DAYS; none for a silent dealer."""
    rows = np.flatnonzero((moved.received >= DAYS - INBOUND_DAYS) & world.where.reports[moved.location])
    rows = rows[np.lexsort((moved.sku[rows], moved.location[rows], moved.ordered[rows]))]
    coming = moved.received[rows] >= DAYS
    # The supplier of a late delivery has named a new day by now.
    due = np.where(coming & (moved.due[rows] < DAYS), moved.received[rows], moved.due[rows])
    source = moved.source[rows]
    return conform(
        INBOUND,
        {
            "inbound_id": codes("I", np.arange(1, len(rows) + 1), 7),
            "sku": named(world.goods.skus, moved.sku[rows]),
            "location_id": named(world.where.ids, moved.location[rows]),
            "quantity": pl.Series(moved.units[rows]),
            "due_on": dates(due),
            "ordered_on": dates(moved.ordered[rows]),
            "received_on": dates(moved.received[rows], coming),
            "from_location": named(world.where.ids, np.maximum(source, 0), source == NONE),
        },
    )


def events() -> pl.DataFrame:
    """Rows of `events`, the coming one included."""
    return conform(
        EVENTS_TABLE,
        {
            "event_id": pl.Series([event.id for event in EVENTS]),
            "name": pl.Series([event.name for event in EVENTS]),
            "starts_on": pl.Series([event.starts_on for event in EVENTS]),
            "ends_on": pl.Series([event.ends_on for event in EVENTS]),
        },
    )
