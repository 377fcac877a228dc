"""A small shop with goods, published for tests of the pages of supply: four regions, four places, five months."""

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from shopkeeper.imports import job
from shopkeeper.imports.mapping import file as mapping_file
from shopkeeper.lake.version import Shop, Version

START, END = date(2026, 3, 1), date(2026, 7, 31)
REGIONS: Mapping[str, tuple[int, int, float]] = {
    "湖南 Hunan": (1, 1, 0.5), "吉林 Jilin": (0, 2, 0.3), "海南 Hainan": (2, 1, 0.15), "=cmd|calc": (1, 0, 0.05),
}  # fmt: skip
"""Tile row, tile column, share of what is sold."""
PLACES = (
    ("W1", "长沙仓 Changsha DC", "warehouse", "湖南 Hunan", "true", 4000),
    ("D1", "吉林经销商 Jilin dealer", "dealer", "吉林 Jilin", "true", 400),
    ("S1", "长沙店 Changsha store", "store", "湖南 Hunan", "true", 300),
    ("S2", "海口店 Haikou store", "store", "海南 Hainan", "false", 300),
)
LANES = (
    ("W1", "", "湖南 Hunan", 1.0, 3.0), ("W1", "", "吉林 Jilin", 4.0, 7.0), ("W1", "", "海南 Hainan", 3.0, 6.0),
    ("W1", "", "=cmd|calc", 2.0, 4.0), ("D1", "", "吉林 Jilin", 1.0, 3.5), ("S1", "", "湖南 Hunan", 1.0, 3.2),
    ("S1", "", "=cmd|calc", 1.8, 4.1), ("W1", "D1", "", 4.0, 2.0), ("W1", "S1", "", 1.5, 0.4),
    ("W1", "S2", "", 3.0, 1.1),
)  # fmt: skip
SKUS = {f"K{n}": ("茶叶 Tea" if n % 2 else "杯子 Cups", 20.0 + 10 * n, 8.0 + 4 * n) for n in range(1, 7)}
"""Category, price and cost."""


def publish(root: Path, seed: int = 7) -> Version:
    """Import the shop's tables into the lake at `root`; no forecast is made."""
    folder = root.parent / f"goods-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    for name, (header, rows) in tables(draw).items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header.split(","))
            writer.writerows(rows)
    own = replace(mapping_file.load("sample"), shop=Shop("Goods shop", "CNY", "Asia/Shanghai"))
    return job.import_files([folder], own, root).version


def tables(draw: random.Random) -> dict[str, tuple[str, Sequence[Sequence[object]]]]:
    """Header and rows of each table that the shop brings."""
    return {
        "order_lines": (
            "order_id,ordered_at,sku,quantity,net_amount,customer_id,channel,ship_to_region,ship_from_location",
            sold(draw),
        ),
        "products": (
            "sku,name,category,price,unit_cost,pack_size,minimum_order,supplier,supplier_lead_days,supplier_lead_sd",
            [(sku, f"好物 Thing {sku}", category, price, cost, 6, 12, "Maker", 9, 2)
             for sku, (category, price, cost) in SKUS.items()],
        ),
        "regions": ("region,parent,tile_row,tile_column", [(name, "", y, x) for name, (y, x, _) in REGIONS.items()]),
        "locations": ("location_id,name,kind,region,ships,capacity_units", PLACES),
        "lanes": (
            "from_location,to_location,to_region,lead_days,lead_sd,cost_per_unit,minimum_units",
            [(*ends, days, 0.3, cost, 1) for *ends, days, cost in LANES],
        ),
        "stock_snapshots": ("day,location_id,sku,on_hand,committed", counted(draw)),
        "inbound": (
            "inbound_id,sku,location_id,quantity,due_on,ordered_on,received_on,from_location",
            [("I1", "K1", "W1", 60, END + timedelta(days=4), END - timedelta(days=5), "", ""),
             ("I2", "K2", "D1", 8, END - timedelta(days=3), END - timedelta(days=8), END - timedelta(days=3), "W1")],
        ),
    }  # fmt: skip


def sold(draw: random.Random) -> list[tuple[object, ...]]:
    """Some lines a day; each region buys from the places that lie near, most from the warehouse."""
    rows: list[tuple[object, ...]] = []
    weights = [share for _y, _x, share in REGIONS.values()]
    for ahead in range((END - START).days + 1):
        day = START + timedelta(days=ahead)
        for _ in range(draw.randrange(3, 10)):
            region = draw.choices(list(REGIONS), weights)[0]
            sku = draw.choices(list(SKUS), range(len(SKUS), 0, -1))[0]
            units, price = draw.choice((1, 1, 1, 2, 3)), SKUS[sku][1]
            own = {"吉林 Jilin": "D1", "海南 Hainan": "S2", "湖南 Hunan": "S1"}.get(region)
            place = own if own and draw.random() < 0.5 else "W1"
            customer = f"C{draw.randrange(150)}"
            rows.append((f"O{len(rows)}", f"{day} 12:00:00", sku, units, f"{units * price:.2f}", customer, "Web shop",
                         region, place))  # fmt: skip
    return rows


def counted(draw: random.Random) -> list[tuple[object, ...]]:
    """The last forty evenings; the first item has been out everywhere but in the store for a week."""
    rows: list[tuple[object, ...]] = []
    for place, _name, kind, *_rest in PLACES:
        for sku in SKUS if kind == "warehouse" else list(SKUS)[:4]:
            level = draw.randrange(60, 160) if kind == "warehouse" else draw.randrange(6, 24)
            for ago in range(39, -1, -1):
                out = sku == "K1" and ago < 7 and place != "S2"
                rows.append((END - timedelta(days=ago), place, sku, 0 if out else level, 0))
    return rows
