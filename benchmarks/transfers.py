"""Transfers of a simulated chain: 60 locations (8 warehouses, 40 stores, 12 dealers) x 2,000 SKUs.

Run by `python -m benchmarks`, and by itself: `python -m benchmarks.transfers [SKUS]`. Demand, stock and deliveries are
drawn straight into the needs, so that only what transfers do is measured: spare stock, what is short over ten courses
of demand, and the program. Two chains: lanes between warehouses with a least load of 20 units, and with none.
"""

import sys
import time
from datetime import date

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import HORIZON, WEEKS
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.demand.series import as_lists
from shopkeeper.models.stock.transfers import plan
from shopkeeper.supply.replenishment.needs import Needs
from shopkeeper.supply.replenishment.transfers import task_of

WAREHOUSES, BRANCHES, SKUS = 8, 52, 2_000
LEAST = 20


def chain(skus: int) -> tuple[Needs, pl.DataFrame]:
    """Needs of all locations, and the lanes: warehouse to warehouse, warehouse to its branches."""
    draw = np.random.default_rng(7)
    names = [f"W{number:02}" for number in range(WAREHOUSES)] + [f"B{number:02}" for number in range(BRANCHES)]
    parent = [None] * WAREHOUSES + [f"W{number % WAREHOUSES:02}" for number in range(BRANCHES)]
    count = len(names) * skus
    rate = np.repeat(draw.lognormal(-2.5, 1.2, skus)[None, :], len(names), axis=0)
    rate[:WAREHOUSES] *= 6
    rate = rate.reshape(-1)
    season = 1 + 0.3 * np.sin(np.arange(HORIZON) / 9)
    own = rate[:, None] * season
    lead = np.where(np.arange(count) < WAREHOUSES * skus, draw.integers(9, 31, count), 4.0)
    days = np.where(lead > 5, lead + 20, 14.0)
    available = np.floor(draw.gamma(1.5, 1 / 1.5, count) * rate * days)
    inbound = np.zeros_like(own)
    some = draw.random(count) < 0.1
    inbound[some, draw.integers(0, 20, some.sum())] = np.ceil(rate[some] * 14)
    cells = pl.DataFrame(
        {
            "location": np.repeat(names, skus),
            "sku": np.tile([f"K{number:05}" for number in range(skus)], len(names)),
            "from_location": [name for name in parent for _ in range(skus)],
            "available": available,
            "lead_days": lead,
            "lead_sd": 0.15 * lead,
            "service_level": np.full(count, 0.95),
            "daily_mean": rate,
            "error_sd": np.sqrt(1.5 * rate),
            "lead_error_sd": as_lists(np.sqrt(1.5 * 7 * rate[:, None] * np.arange(1, WEEKS + 1))),
            "need_sd": np.sqrt(2 * rate),
            "need_lead_error_sd": as_lists(np.sqrt(2 * 7 * rate[:, None] * np.arange(1, WEEKS + 1))),
            "unit_margin": np.tile(draw.lognormal(2.5, 0.8, skus), len(names)),
            "integer_valued": rate < 1.4,
        }
    )
    pairs = [(a, b, LEAST) for a in names[:WAREHOUSES] for b in names[:WAREHOUSES] if a != b]
    pairs += [(start, end, 1) for start, end in zip(parent, names, strict=True) if start is not None]
    lanes = pl.DataFrame(pairs, schema=["from_location", "to_location", "minimum_units"], orient="row").with_columns(
        lead_days=pl.lit(3.0), cost_per_unit=pl.lit(0.9)
    )
    return Needs(date(2026, 10, 21), cells, own, own * 1.2, inbound, pl.DataFrame(), 0), lanes


def main() -> None:
    """One row of the benchmark's table per chain, its fields apart by tabs."""
    skus = int(sys.argv[1]) if len(sys.argv) > 1 else SKUS
    found, lanes = chain(skus)
    room = pl.DataFrame(schema={"to_location": pl.String, "units": pl.Int64})
    for label, some in (
        (f"least load of {LEAST} between warehouses", lanes),
        ("without any least load", lanes.with_columns(minimum_units=pl.lit(0))),
    ):
        started = time.perf_counter()
        task, ways = task_of(found, some, room, Policy())
        between = time.perf_counter()
        made = plan(task)
        taken = time.perf_counter() - started
        gap = (made.bound - made.gain) / made.bound if made.bound else 0.0
        what = f"transfers, {WAREHOUSES + BRANCHES} locations x {skus:,} SKUs, {ways.height:,} ways, {label}"
        told = (
            f"{made.moves.height:,} moves, at most {gap:.2%} below the optimum; needs alone {between - started:.1f} s"
        )
        print("\t".join((what, f"{taken:.1f} s", told, "below 30 s")))


if __name__ == "__main__":
    main()
