"""Coverage at 31 regions x 2,000 SKUs: the queries, the report, and reruns of the page, on a version made for it.

Prints one tab-separated line per figure: what, measured, ratio, goal.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from streamlit.testing.v1 import AppTest

from benchmarks.rerun import measure, p95
from shopkeeper.contract.forecasts import FORECAST_TABLES, HORIZON, WEEKS
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.engine.query import Parameter
from shopkeeper.engine.workspace import CursorWorkspace
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.forecast import files
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.lake import store
from shopkeeper.lake.version import Shop, Version
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.filters import GoodsFilters

REGIONS, SKUS, WAREHOUSES, STORES, CATEGORIES = 31, 2_000, 8, 52, 10
AS_OF = date(2026, 10, 21)
LINES, SNAPSHOT_DAYS, REPEATS = 1_000_000, (0, 7), 7
POLARS: dict[str, Any] = {
    "VARCHAR": pl.String,
    "BIGINT": pl.Int64,
    "DOUBLE": pl.Float64,
    "DATE": pl.Date,
    "DOUBLE[]": pl.List(pl.Float64),
}


class Timed:
    """A query that adds up the seconds it takes."""

    def __init__(self, query: Engine) -> None:
        """Answer by `query`."""
        self.query, self.seconds = query, 0.0
        self.scope, self.version = query.scope, query.version

    def __call__(self, name: str, /, **parameters: Parameter) -> pl.DataFrame:
        """The rows, and the time until they were there."""
        started = time.perf_counter()
        found = self.query(name, **parameters)
        self.seconds += time.perf_counter() - started
        return found

    def workspace(self) -> AbstractContextManager[CursorWorkspace]:
        """That of the query, whose time is not counted."""
        return self.query.workspace()


def names(prefix: str, count: int) -> list[str]:
    """So many names of one kind."""
    return [f"{prefix}{number:04}" for number in range(count)]


def tables(draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Every table of such a shop: each region is served by its own stores and two warehouses."""
    skus, regions, places = names("K", SKUS), names("R", REGIONS), names("L", WAREHOUSES + STORES)
    kinds = ["warehouse"] * WAREHOUSES + ["store"] * STORES
    stands = [regions[number % REGIONS] for number in range(len(places))]
    category = [f"C{number % CATEGORIES}" for number in range(SKUS)]
    sku, region = draw.integers(0, SKUS, LINES), draw.integers(0, REGIONS, LINES)
    own = draw.integers(0, 3, LINES)
    stores = {at: [n for n in range(WAREHOUSES, len(places)) if n % REGIONS == at] for at in range(REGIONS)}
    local = np.array([stores[at][0] for at in range(REGIONS)])
    place = np.where(own == 0, local[region], (region + own) % WAREHOUSES)
    days = [AS_OF - timedelta(days=int(ago)) for ago in range(1095)]
    day = pl.Series(days).gather(draw.integers(0, 1095, LINES))
    lines = pl.DataFrame(
        {
            "order_id": np.arange(LINES).astype(str),
            "ordered_at": day.cast(pl.Datetime("us")),
            "sku": pl.Series(skus).gather(sku),
            "quantity": draw.integers(1, 4, LINES),
            "net_amount": draw.uniform(5, 90, LINES).round(2),
            "unit_cost": np.full(LINES, 4.0),
            "channel": ["Web"] * LINES,
            "ship_to_region": pl.Series(regions).gather(region),
            "ship_from_location": pl.Series(places).gather(place),
            "category": pl.Series(category).gather(sku),
        }
    )
    pairs = pl.DataFrame({"location_id": places}).join(pl.DataFrame({"sku": skus}), how="cross")
    count = pairs.height
    snapshots = [
        pairs.with_columns(
            day=AS_OF - timedelta(days=ago),
            on_hand=pl.Series(draw.poisson(12, count)),
            committed=pl.Series(draw.poisson(0.3, count)),
        )
        for ago in SNAPSHOT_DAYS
    ]
    coming = pairs.sample(60_000, with_replacement=True, seed=1).with_row_index("number")
    late = pl.Series(draw.integers(-200, 40, coming.height))
    due = pl.lit(AS_OF) + pl.duration(days=pl.lit(late))
    deliveries = coming.select(
        "location_id",
        "sku",
        inbound_id=pl.format("I{}", "number"),
        quantity=pl.Series(draw.integers(1, 40, 60_000)),
        due_on=due,
        ordered_on=due - pl.duration(days=20),
        received_on=pl.when(pl.lit(late) < 0).then(due),
    ).filter(pl.col("ordered_on") <= AS_OF)
    return {
        "order_lines": lines,
        "products": pl.DataFrame(
            {
                "sku": skus,
                "name": skus,
                "category": category,
                "unit_cost": [4.0] * SKUS,
                "supplier_lead_days": draw.integers(7, 35, SKUS).astype(float),
                "supplier_lead_sd": [3.0] * SKUS,
            }
        ),
        "locations": pl.DataFrame(
            {"location_id": places, "name": places, "kind": kinds, "region": stands, "ships": [True] * len(places)}
        ),
        "lanes": pl.DataFrame(
            {
                "from_location": [places[n % WAREHOUSES] for n in range(STORES)],
                "to_location": places[WAREHOUSES:],
                "lead_days": [3.0] * STORES,
                "cost_per_unit": [1.0] * STORES,
            }
        ),
        "regions": pl.DataFrame(
            {
                "region": regions,
                "tile_row": [n // 7 for n in range(REGIONS)],
                "tile_column": [n % 7 for n in range(REGIONS)],
            }
        ),
        "stock_snapshots": pl.concat(snapshots),
        "inbound": deliveries,
    }


def forecasts(draw: np.random.Generator) -> pl.DataFrame:
    """A forecast of each region and SKU."""
    count = REGIONS * SKUS
    rate = draw.gamma(0.5, 0.3, count)
    units = rate[:, None] * draw.uniform(0.5, 1.5, (count, HORIZON))
    pairs = pl.DataFrame({"region": names("R", REGIONS)}).join(pl.DataFrame({"sku": names("K", SKUS)}), how="cross")
    number = pl.col("sku").str.slice(1).cast(pl.Int64)
    known: dict[str, Any] = {
        "level": pl.lit("region_sku"),
        "category": pl.format("C{}", number % CATEGORIES),
        "pattern": pl.Series(draw.choice(["smooth", "intermittent", "lumpy"], count)),
        "model": pl.lit("Mean"),
        "daily_mean": pl.Series(units.mean(axis=1)),
        "error_sd": pl.Series(np.sqrt(rate)),
        "lead_error_sd": pl.Series(np.sqrt(7 * rate[:, None] * np.arange(1, WEEKS + 1))).cast(pl.List(pl.Float64)),
        "units": pl.Series(units).cast(pl.List(pl.Float64)),
    }
    bands = {
        name: pl.Series(np.ones((count, WEEKS))).cast(pl.List(pl.Float64))
        for name in ("low_80", "high_80", "low_95", "high_95")
    }
    return filled("forecasts", pairs.with_columns(**known, **bands))


def filled(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as that table has them; columns that they lack are null."""
    columns = FORECAST_TABLES[name][0].columns
    there = [pl.col(c.name) if c.name in rows.columns else pl.lit(None, POLARS[c.type]).alias(c.name) for c in columns]
    return rows.select(there)


def version(folder: Path) -> Version:
    """The version, made once."""
    root = folder / "coverage"
    found = store.current(root)
    if found is None or not files.current_run(found):
        draw = np.random.default_rng(3)
        source = folder / "coverage-files"
        source.mkdir(parents=True, exist_ok=True)
        for name, rows in tables(draw).items():
            rows.write_parquet(source / f"{name}.parquet")
        own = replace(file.load("sample"), shop=Shop("Large shop", "CNY", "Asia/Shanghai"))
        found = job.import_files([source], own, root, as_of=AS_OF).version
        none = {name: filled(name, pl.DataFrame()).clear() for name in FORECAST_TABLES}
        files.write(found, Run(none | {"forecasts": forecasts(draw)}, {}))
    return found


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def serving(root: Path) -> Iterator[None]:
    """With the app on this data."""
    before = os.environ.get("SHOPKEEPER_DATA")
    os.environ["SHOPKEEPER_DATA"] = str(root)
    try:
        yield
    finally:
        os.environ.pop("SHOPKEEPER_DATA")
        if before is not None:
            os.environ["SHOPKEEPER_DATA"] = before


def main() -> None:
    """Measure and print."""
    made = version(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "shops")
    query = Timed(open_version(made, made=files.table_files(made)))
    asked, whole = [], []
    for number in range(REPEATS + 1):
        query.seconds = 0.0
        taken = timed(lambda: coverage.report(query, GoodsFilters()))
        if number:
            asked.append(query.seconds)
            whole.append(taken)
    series = f"{REGIONS * SKUS:,} region x SKU series"
    print(f"coverage, all queries, {series}\t{statistics.median(asked):.2f} s\t\tbelow 0.5 s")
    print(f"coverage, whole report, {series}\t{statistics.median(whole):.2f} s\t\t")
    with serving(made.path.parents[1]):
        app = AppTest.from_file(str(Path(__file__).parent.parent / "app.py"), default_timeout=300)
        app.run().switch_page("pages/supply/coverage.py").run()
        shown = ["at_risk", "margin_at_stake", "cover_days", "excess_value"]
        reruns = measure(app, lambda number: app.segmented_control(key="coverage_measure").set_value(shown[number % 4]))
    print(
        f"Coverage page rerun, warm, server\tmedian {statistics.median(reruns) * 1000:.0f} ms\t"
        f"p95 {p95(reruns):.0f} ms\t300 ms"
    )


if __name__ == "__main__":
    main()
