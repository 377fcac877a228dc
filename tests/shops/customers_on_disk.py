"""A small shop of a merchant's own, published for tests of the screen: seven months, two channels, a few bad rows."""

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.lake.version import Shop, Version

START, END, CUSTOMERS = date(2026, 1, 5), date(2026, 7, 31), 420
CHANNELS, REGIONS, CATEGORIES = ("天猫 Tmall", "Own stores"), ("Hunan", "Jilin", "=cmd|calc"), ("Tea", "Cups")
HEADER = (
    "order_id,ordered_at,sku,product_name,quantity,net_amount,unit_cost,customer_id,channel,ship_to_region,category"
)
BAD = (
    "B1,not a day,S1,Green tea,1,10.00,4.00,C1,Own stores,Hunan,Tea",
    "B2,2026-03-02 10:00:00,S1,Green tea,one,10.00,4.00,C2,Own stores,Hunan,Tea",
)


def publish(root: Path, seed: int = 7) -> Version:
    """Import the shop's orders into the lake at `root`."""
    orders = root.parent / f"orders-{seed}.csv"
    orders.write_text("\n".join((HEADER, *lines(random.Random(seed)), *BAD)) + "\n", encoding="utf-8")
    own = replace(file.load("sample"), shop=Shop("Corner shop", "CNY", "Asia/Shanghai"))
    named = orders.rename(orders.with_name("order_lines.csv"))
    return job.import_files([named], own, root).version


def lines(draw: random.Random) -> list[str]:
    """Customers who come, buy and stop; every tenth order has no known buyer."""
    rows: list[str] = []
    for customer in range(CUSTOMERS):
        day = START + timedelta(days=draw.randrange(190))
        channel = draw.choice(CHANNELS)
        while day <= END:
            sku, category = draw.choice((("S1", "Tea"), ("S2", "Tea"), ("S3", "Cups")))
            name = "" if draw.random() < 0.1 else f"C{customer}"
            price = draw.randrange(500, 9000) / 100
            rows.append(
                f"O{len(rows)},{day} 12:00:00,{sku},Item {sku},1,{price:.2f},{price / 2:.2f},{name},{channel},"
                f"{draw.choice(REGIONS)},{category}"
            )
            if draw.random() < 0.45:
                break
            day += timedelta(days=1 + int(draw.expovariate(1 / 35)))
    return rows
