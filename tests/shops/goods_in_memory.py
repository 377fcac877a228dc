"""Small shops with stock, lanes and forecasts, for tests of coverage: two regions, a warehouse and a store."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from shopkeeper.contract.forecasts import FORECAST_TABLES, HORIZON, WEEKS
from shopkeeper.engine.query import EVERYTHING, Scope
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.forecast import files
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.lake.version import Shop
from tests.shops.in_memory import MemoryQuery, frame, line, shop

AS_OF = date(2024, 4, 30)
PRODUCTS = [
    {"sku": "tea", "category": "Tea", "name": "Green tea", "price": 30, "unit_cost": 10, "supplier_lead_days": 9.0},
    {"sku": "cup", "category": "Cups", "name": "Blue cup", "price": 50, "unit_cost": 30, "supplier_lead_days": 9.0},
]
PLACES = [
    {"location_id": "W", "name": "Warehouse", "kind": "warehouse", "region": "north", "ships": True},
    {"location_id": "S", "name": "Store", "kind": "store", "region": "south", "ships": False},
]
LANES = [
    {"from_location": "W", "to_location": "S", "lead_days": 2.0, "lead_sd": 0.5},
    {"from_location": "W", "to_region": "west", "lead_days": 4.0},
    {"from_location": "S", "to_region": "west", "lead_days": 3.0},
]
WAYS = (("north", "W", 6), ("south", "W", 2), ("south", "S", 6))
"""Region, location that ships there, units sold: the south is served by the warehouse to a quarter."""


def sold(region: str, location: str, units: float, sku: str = "tea", **more: Any) -> dict[str, Any]:
    """One line of so many units, ten days ago."""
    day = AS_OF - timedelta(days=10)
    category = next((row["category"] for row in PRODUCTS if row["sku"] == sku), None)
    values = {"quantity": units, "net_amount": 30 * units, "unit_cost": 10, "ship_to_region": region,
              "ship_from_location": location, "sku": sku, "category": category}  # fmt: skip
    return line("ann", day, order_id=f"{sku}-{region}-{location}", **(values | more))


def forecast(region: str, daily: float | list[float], sku: str = "tea", **more: Any) -> dict[str, Any]:
    """A region x SKU series: so many units on each day."""
    units = daily if isinstance(daily, list) else [float(daily)] * HORIZON
    category = next((row["category"] for row in PRODUCTS if row["sku"] == sku), "Tea")
    weeks = {name: [1.0] * WEEKS for name in ("low_80", "high_80", "low_95", "high_95")}
    values = {"level": "region_sku", "category": category, "region": region, "sku": sku, "pattern": "smooth",
              "model": "Mean", "daily_mean": sum(units) / len(units), "error_sd": 0.0, "units": units}  # fmt: skip
    return values | weeks | more


def counted(location: str, on_hand: float, sku: str = "tea", *, ago: int = 0, committed: int = 0) -> dict[str, Any]:
    """A snapshot, so many days before as-of."""
    day = AS_OF - timedelta(days=ago)
    return {"day": day, "location_id": location, "sku": sku, "on_hand": on_hand, "committed": committed}


def landing(location: str, units: int, days: int, sku: str = "tea", **more: Any) -> dict[str, Any]:
    """A delivery that is due so many days after as-of, ordered two weeks ago."""
    values = {"inbound_id": f"{location}-{sku}-{days}-{units}", "location_id": location, "sku": sku, "quantity": units,
              "due_on": AS_OF + timedelta(days=days), "ordered_on": AS_OF - timedelta(days=14)}  # fmt: skip
    return values | more


def small_shop(
    stock: Iterable[Mapping[str, Any]] = (),
    forecasts: Iterable[Mapping[str, Any]] = (),
    *,
    lines: Iterable[Mapping[str, Any]] | None = None,
    scope: Scope = EVERYTHING,
    **tables: Iterable[Mapping[str, Any]],
) -> MemoryQuery:
    """The shop, with what is not said as above."""
    given: dict[str, Iterable[Mapping[str, Any]]] = {"products": PRODUCTS, "locations": PLACES, "lanes": LANES}
    sales = [sold(*way) for way in WAYS] if lines is None else lines
    return shop(
        sales, as_of=AS_OF, scope=scope, **(given | {"stock_snapshots": stock, "forecasts": forecasts} | tables)
    )


HEADER = (
    "order_id,ordered_at,sku,quantity,net_amount,unit_cost,customer_id,channel,ship_to_region,ship_from_location,"
    "category"
)
PLACED = {"north": (1, 1), "south": (2, 1)}
ON_THE_MAP = tuple(f"{region},{row},{column}" for region, (row, column) in PLACED.items())
STOCK = (
    "2024-04-21,W,tea,40", "2024-04-30,W,tea,4", "2024-04-30,S,tea,0", "2024-04-22,S,cup,0", "2024-04-30,S,cup,90",
    "2024-04-30,W,cup,500",
)  # fmt: skip
FORECASTS = (
    forecast("north", 1), forecast("south", 2), forecast("north", 0.5, "cup"), forecast("south", 1, "cup"),
)  # fmt: skip


def publish(
    root: Path,
    stock: Iterable[str] = STOCK,
    forecasts: Iterable[Mapping[str, Any]] = FORECASTS,
    regions: Iterable[str] = ON_THE_MAP,
) -> Path:
    """The small shop in files, imported and forecast by hand; the data folder."""
    lines = [
        f"{number},{AS_OF - timedelta(days=10)} 12:00:00,{sku},{units},{30 * units},10,ann,Web,{region},{place},{kind}"
        for number, (region, place, units, sku, kind) in enumerate(
            (*way, sku, kind) for way in WAYS for sku, kind in (("tea", "Tea"), ("cup", "Cups"))
        )
    ]
    tables = {
        "order_lines": (HEADER, *lines),
        "products": ("sku,name,category,unit_cost,supplier_lead_days", "tea,Green tea,Tea,10,9", "cup,Cup,Cups,30,9"),
        "locations": (
            "location_id,name,kind,region,ships", "W,Warehouse,warehouse,north,true", "S,Store,store,south,true",
        ),
        "lanes": ("from_location,to_location,lead_days,lead_sd,cost_per_unit", "W,S,2,0.5,1"),
        "regions": ("region,tile_row,tile_column", *regions),
        "stock_snapshots": ("day,location_id,sku,on_hand", *stock),
    }  # fmt: skip
    for name, rows in tables.items():
        if len(rows) > 1:
            root.joinpath(f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    own = replace(file.load("sample"), shop=Shop("Corner shop", "CNY", "Asia/Shanghai"))
    version = job.import_files(sorted(root.glob("*.csv")), own, root / "data", as_of=AS_OF).version
    made = {name: frame(table, []) for name, (table, _visibility) in FORECAST_TABLES.items()}
    made["forecasts"] = frame(FORECAST_TABLES["forecasts"][0], forecasts)
    files.write(version, Run(made, {}))
    return root / "data"
