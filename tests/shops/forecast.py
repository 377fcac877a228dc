"""Small shops whose forecasts tests look at, drawn straight into a history."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.jobs.forecast.history import History, build_history
from shopkeeper.jobs.forecast.result import Run

AS_OF = date(2025, 10, 20)
NO_LOSS = pl.DataFrame(schema={"sku": pl.String, "region": pl.String, "day": pl.Date, "lost": pl.Float64})
EVENTS = {"event_id": pl.String, "name": pl.String, "starts_on": pl.Date, "ends_on": pl.Date}


def demand_history(
    demand: Sequence[tuple[str, str, str, np.ndarray]],
    *,
    as_of: date = AS_OF,
    items: Sequence[dict[str, Any]] = (),
    events: Sequence[tuple[str, date, date]] = (),
    lost: pl.DataFrame = NO_LOSS,
    stocked: pl.DataFrame | None = None,
) -> History:
    """A history that ends on `as_of` of (sku, category, region, units by day); items are known by `sku` at least."""
    longest = max((len(units) for *_, units in demand), default=1)
    first = as_of - timedelta(days=longest - 1)
    frames = [
        pl.DataFrame({"units": np.asarray(units, dtype=np.float64)}).select(
            sku=pl.lit(sku), category=pl.lit(category), region=pl.lit(region),
            day=pl.lit(as_of) - pl.duration(days=len(units) - 1 - pl.int_range(pl.len())), units="units",
        )
        for sku, category, region, units in demand
    ]  # fmt: skip
    schema: dict[str, Any] = {
        "sku": pl.String,
        "category": pl.String,
        "region": pl.String,
        "day": pl.Date,
        "units": pl.Float64,
    }
    rows = pl.concat(
        [
            pl.DataFrame(schema=schema),
            *(frame.select(pl.col(name).cast(kind) for name, kind in schema.items()) for frame in frames),
        ]
    )
    described = {row["sku"]: row for row in items}
    catalogue = [
        {"sku": sku, "category": category, "launched_on": None, "delisted_on": None} | described.pop(sku, {})
        for sku, category in dict.fromkeys((sku, category) for sku, category, *_ in demand)
    ]
    catalogue += [{"launched_on": None, "delisted_on": None} | row for row in described.values()]
    kinds = {
        "sku": pl.String,
        "category": pl.String,
        "launched_on": pl.Date,
        "delisted_on": pl.Date,
        "price": pl.Float64,
    }
    calendar = [
        {"event_id": f"{name}-{starts}", "name": name, "starts_on": starts, "ends_on": ends}
        for name, starts, ends in events
    ]
    return build_history(
        first, as_of, rows.filter(pl.col("units") > 0), pl.DataFrame(catalogue, schema=kinds),
        pl.DataFrame(calendar, schema=EVENTS), lost, stocked,
    )  # fmt: skip


def expected(run: Run, level: str, **keys: str) -> np.ndarray:
    """Days ahead of the one series of a level with these keys."""
    rows = run.tables["forecasts"].filter(pl.col("level") == level, *(pl.col(k) == v for k, v in keys.items()))
    assert rows.height == 1
    return np.array(rows["units"].item().to_list())
