"""Where the sample shop sells and keeps goods: 31 provinces, 4 warehouses, 12 stores, 5 dealers."""

from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.sample.calendar import MONDAYS, SPRING_CLOSED

# region, parent area, tile row from the north, tile column from the west, share of buyers in per mille, own stores
PROVINCES = (
    ("北京 Beijing", "华北 North", 2, 6, 52, 2),
    ("天津 Tianjin", "华北 North", 2, 7, 18, 0),
    ("河北 Hebei", "华北 North", 2, 5, 38, 0),
    ("山西 Shanxi", "华北 North", 2, 4, 18, 0),
    ("内蒙古 Inner Mongolia", "华北 North", 1, 5, 12, 0),
    ("辽宁 Liaoning", "东北 Northeast", 1, 7, 28, 0),
    ("吉林 Jilin", "东北 Northeast", 1, 8, 13, 0),
    ("黑龙江 Heilongjiang", "东北 Northeast", 0, 8, 16, 0),
    ("上海 Shanghai", "华东 East", 4, 7, 68, 2),
    ("江苏 Jiangsu", "华东 East", 4, 6, 88, 1),
    ("浙江 Zhejiang", "华东 East", 5, 6, 86, 2),
    ("安徽 Anhui", "华东 East", 4, 5, 34, 0),
    ("福建 Fujian", "华东 East", 6, 5, 42, 0),
    ("江西 Jiangxi", "华东 East", 5, 5, 24, 0),
    ("山东 Shandong", "华东 East", 3, 5, 64, 0),
    ("河南 Henan", "华中 Central", 3, 4, 48, 0),
    ("湖北 Hubei", "华中 Central", 4, 4, 40, 1),
    ("湖南 Hunan", "华中 Central", 5, 4, 36, 0),
    ("广东 Guangdong", "华南 South", 6, 4, 132, 3),
    ("广西 Guangxi", "华南 South", 6, 3, 22, 0),
    ("海南 Hainan", "华南 South", 7, 4, 7, 0),
    ("重庆 Chongqing", "西南 Southwest", 4, 3, 26, 0),
    ("四川 Sichuan", "西南 Southwest", 4, 2, 50, 1),
    ("贵州 Guizhou", "西南 Southwest", 5, 3, 14, 0),
    ("云南 Yunnan", "西南 Southwest", 5, 2, 17, 0),
    ("西藏 Tibet", "西南 Southwest", 4, 1, 2, 0),
    ("陕西 Shaanxi", "西北 Northwest", 3, 3, 26, 0),
    ("甘肃 Gansu", "西北 Northwest", 2, 2, 9, 0),
    ("青海 Qinghai", "西北 Northwest", 3, 2, 3, 0),
    ("宁夏 Ningxia", "西北 Northwest", 2, 3, 4, 0),
    ("新疆 Xinjiang", "西北 Northwest", 1, 0, 12, 0),
)
REGIONS = tuple(row[0] for row in PROVINCES)
WAREHOUSE_REGIONS = ("广东 Guangdong", "上海 Shanghai", "天津 Tianjin", "四川 Sichuan")
# The last of the dealers does not say what it sells; what it buys is sell-in.
DEALER_REGIONS = ("黑龙江 Heilongjiang", "河南 Henan", "广西 Guangxi", "云南 Yunnan", "陕西 Shaanxi")
DEALER_REACH = 1.5  # tiles: the regions whose buyers a dealer serves
KINDS = ("warehouse", "store", "dealer")
WAREHOUSE, STORE, DEALER = range(3)
KIND_NAMES = (("仓", "DC"), ("店", "store"), ("经销商", "dealer"))
OPENING_COST = (680_000, 260_000, 18_000)  # yuan, by kind
RUNNING_COST = (88_000, 31_000, 1_500)  # yuan a month, by kind
FAR_DAYS = 2.3
"""A first parcel that is longer on its way costs customers."""


@dataclass(frozen=True)
class Places:
    """Arrays over regions (31) and locations (21: warehouses first, then stores, then dealers)."""

    buyers: Floats  # share of buyers by region, sums to 1
    ids: tuple[str, ...]
    names: tuple[str, ...]
    kind: Ints
    region: Ints
    ships: Flags
    parent: Ints  # the warehouse that supplies a store or dealer; itself for a warehouse
    lead: Floats  # mean days from the parent
    warehouse_of: Ints  # by region
    dealer_of: Ints  # by region
    first_store: Ints  # by region, meaningless where `stores` is 0
    stores: Ints  # by region
    has_dealer: Flags  # by region: whether a dealer that says what it sells is near
    parcel_days: Floats  # by region: mean days from its warehouse
    closed_mondays: Flags
    reports: Flags  # whether it says what it sells and has
    opening_cost: Ints  # yuan
    running_cost: Ints  # yuan a month
    tiles: Floats  # region x region distance on the tile map


def _nearest(tiles: Floats, standing: Ints) -> Ints:
    return np.asarray(np.argmin(tiles[:, standing], axis=1), dtype=np.int64)


def _name(region: int, kind: int, number: int) -> str:
    chinese, english = REGIONS[region].split(" ", 1)
    suffix = f" {number}" if kind == STORE else ""
    return f"{chinese}{KIND_NAMES[kind][0]}{suffix.strip()} {english} {KIND_NAMES[kind][1]}{suffix}"


def places() -> Places:
    """The same places for every seed: a merchant's network is not drawn by lot."""
    grid = np.array([(row[2], row[3]) for row in PROVINCES], dtype=float)
    tiles = np.sqrt(((grid[:, None, :] - grid[None, :, :]) ** 2).sum(axis=2))
    stores = np.array([row[5] for row in PROVINCES], dtype=np.int64)
    warehouses = np.array([REGIONS.index(name) for name in WAREHOUSE_REGIONS], dtype=np.int64)
    dealers = np.array([REGIONS.index(name) for name in DEALER_REGIONS], dtype=np.int64)
    region = np.concatenate([warehouses, np.repeat(np.arange(len(REGIONS)), stores), dealers])
    kind = np.repeat(np.arange(3), [len(warehouses), stores.sum(), len(dealers)])
    parent = _nearest(tiles, warehouses)[region]
    parent[kind == WAREHOUSE] = np.arange(len(warehouses))
    number = np.concatenate([np.arange(1, (kind == each).sum() + 1) for each in range(3)])
    buyers = np.array([row[4] for row in PROVINCES], dtype=float)
    warehouse_of, dealer_of = _nearest(tiles, warehouses), _nearest(tiles, dealers[:-1])
    everywhere = np.arange(len(REGIONS))
    # What a place costs goes with the buyers around it.
    dear = np.sqrt(buyers[region] / buyers.mean()).clip(0.6, 1.6)
    return Places(
        buyers=buyers / buyers.sum(),
        ids=tuple(f"{'WSD'[k]}{n:02d}" for k, n in zip(kind, number, strict=True)),
        names=tuple(_name(int(r), int(k), int(n)) for r, k, n in zip(region, kind, number, strict=True)),
        kind=kind,
        region=region,
        ships=((kind != STORE) | (number % 3 == 0)) & (np.arange(len(kind)) < len(kind) - 1),
        parent=parent,
        lead=np.where(kind == WAREHOUSE, 0.0, np.round(1.5 + 1.2 * tiles[region, region[parent]], 1)),
        warehouse_of=warehouse_of,
        dealer_of=dealer_of + int((kind != DEALER).sum()),
        first_store=len(warehouses) + np.cumsum(stores) - stores,
        stores=stores,
        has_dealer=tiles[everywhere, dealers[:-1][dealer_of]] <= DEALER_REACH,
        parcel_days=parcel_days(tiles[everywhere, warehouses[warehouse_of]]),
        closed_mondays=(kind == STORE) & (number % 5 < 2),
        reports=np.arange(len(kind)) < len(kind) - 1,
        opening_cost=np.rint(np.array(OPENING_COST)[kind] * dear / 1_000).astype(np.int64) * 1_000,
        running_cost=np.rint(np.array(RUNNING_COST)[kind] * dear / 100).astype(np.int64) * 100,
        tiles=tiles,
    )


def parcel_days(tiles: Floats) -> Floats:
    """Mean days of a parcel over so many tiles."""
    return np.asarray(np.round(1.0 + 0.7 * tiles, 1), dtype=np.float64)


def closed(where: Places, location: Ints, day: Ints) -> Flags:
    """Whether a location is closed on a day: some stores on Mondays, all stores and dealers over Spring Festival."""
    monday = where.closed_mondays[location] & MONDAYS[day]
    return np.asarray(monday | ((where.kind[location] != WAREHOUSE) & SPRING_CLOSED[day]))
