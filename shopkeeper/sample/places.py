"""Where the sample shop sells and keeps goods: 31 provinces, 8 warehouses, 40 stores, 12 dealers."""

from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints

# region, parent area, tile row from the north, tile column from the west, share of buyers in per mille, own stores
PROVINCES = (
    ("北京 Beijing", "华北 North", 2, 6, 52, 5),
    ("天津 Tianjin", "华北 North", 2, 7, 18, 1),
    ("河北 Hebei", "华北 North", 2, 5, 38, 0),
    ("山西 Shanxi", "华北 North", 2, 4, 18, 0),
    ("内蒙古 Inner Mongolia", "华北 North", 1, 5, 12, 0),
    ("辽宁 Liaoning", "东北 Northeast", 1, 7, 28, 1),
    ("吉林 Jilin", "东北 Northeast", 1, 8, 13, 0),
    ("黑龙江 Heilongjiang", "东北 Northeast", 0, 8, 16, 0),
    ("上海 Shanghai", "华东 East", 4, 7, 68, 5),
    ("江苏 Jiangsu", "华东 East", 4, 6, 88, 4),
    ("浙江 Zhejiang", "华东 East", 5, 6, 86, 4),
    ("安徽 Anhui", "华东 East", 4, 5, 34, 0),
    ("福建 Fujian", "华东 East", 6, 5, 42, 2),
    ("江西 Jiangxi", "华东 East", 5, 5, 24, 0),
    ("山东 Shandong", "华东 East", 3, 5, 64, 3),
    ("河南 Henan", "华中 Central", 3, 4, 48, 0),
    ("湖北 Hubei", "华中 Central", 4, 4, 40, 2),
    ("湖南 Hunan", "华中 Central", 5, 4, 36, 1),
    ("广东 Guangdong", "华南 South", 6, 4, 132, 6),
    ("广西 Guangxi", "华南 South", 6, 3, 22, 0),
    ("海南 Hainan", "华南 South", 7, 4, 7, 0),
    ("重庆 Chongqing", "西南 Southwest", 4, 3, 26, 2),
    ("四川 Sichuan", "西南 Southwest", 4, 2, 50, 3),
    ("贵州 Guizhou", "西南 Southwest", 5, 3, 14, 0),
    ("云南 Yunnan", "西南 Southwest", 5, 2, 17, 0),
    ("西藏 Tibet", "西南 Southwest", 4, 1, 2, 0),
    ("陕西 Shaanxi", "西北 Northwest", 3, 3, 26, 1),
    ("甘肃 Gansu", "西北 Northwest", 2, 2, 9, 0),
    ("青海 Qinghai", "西北 Northwest", 3, 2, 3, 0),
    ("宁夏 Ningxia", "西北 Northwest", 2, 3, 4, 0),
    ("新疆 Xinjiang", "西北 Northwest", 1, 0, 12, 0),
)
REGIONS = tuple(row[0] for row in PROVINCES)
WAREHOUSE_REGIONS = (
    "广东 Guangdong",
    "上海 Shanghai",
    "湖北 Hubei",
    "四川 Sichuan",
    "天津 Tianjin",
    "辽宁 Liaoning",
    "陕西 Shaanxi",
    "山东 Shandong",
)
DEALER_REGIONS = (
    "黑龙江 Heilongjiang",
    "吉林 Jilin",
    "内蒙古 Inner Mongolia",
    "河北 Hebei",
    "河南 Henan",
    "安徽 Anhui",
    "江西 Jiangxi",
    "广西 Guangxi",
    "云南 Yunnan",
    "贵州 Guizhou",
    "甘肃 Gansu",
    "新疆 Xinjiang",
)
KINDS = ("warehouse", "store", "dealer")
WAREHOUSE, STORE, DEALER = range(3)
KIND_NAMES = (("仓", "DC"), ("店", "store"), ("经销商", "dealer"))


@dataclass(frozen=True)
class Places:
    """Arrays over regions (31) and locations (60: warehouses first, then stores, then dealers)."""

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
    return Places(
        buyers=buyers / buyers.sum(),
        ids=tuple(f"{'WSD'[k]}{n:02d}" for k, n in zip(kind, number, strict=True)),
        names=tuple(_name(int(r), int(k), int(n)) for r, k, n in zip(region, kind, number, strict=True)),
        kind=kind,
        region=region,
        ships=(kind != STORE) | (number % 3 == 0),
        parent=parent,
        lead=np.where(kind == WAREHOUSE, 0.0, np.round(1.5 + 1.2 * tiles[region, region[parent]], 1)),
        warehouse_of=_nearest(tiles, warehouses),
        dealer_of=_nearest(tiles, dealers) + int((kind != DEALER).sum()),
        first_store=len(warehouses) + np.cumsum(stores) - stores,
        stores=stores,
        tiles=tiles,
    )
