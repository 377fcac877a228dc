"""Two versions held against each other."""

from typing import Annotated

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.lake.version import Version
from shopkeeper.shop.data.frames import COMPARED, MONTHS


def counts(version: Version, other: Version) -> Annotated[pl.DataFrame, COMPARED]:
    """Rows by table, and the amounts of the order lines."""
    names = list(dict.fromkeys((*version.tables, *other.tables)))
    rows = [(name, *(_rows(each, name) for each in (version, other))) for name in names]
    frame = pl.DataFrame(
        [*rows, ("", float(version.net_amount_published), float(other.net_amount_published))],
        schema={"table": pl.String, "now": pl.Float64, "then": pl.Float64},
        orient="row",
    )
    return frame.with_columns(change=pl.when(pl.col("then") != 0).then(pl.col("now") / pl.col("then") - 1))


def _rows(version: Version, name: str) -> float:
    stats = version.tables.get(name)
    return float(stats.rows_published) if stats else 0.0


def months(now: Query, then: Query) -> Annotated[pl.DataFrame, MONTHS]:
    """Units and revenue by month, of the version served and of the other; 0 where a month has none."""
    own, others = (query("shop/months") for query in (now, then))
    both = own.join(others, on="month", how="full", suffix="_then", coalesce=True).sort("month", descending=True)
    filled = both.with_columns(pl.exclude("month").fill_null(0.0))
    change = pl.when(pl.col("revenue_then") != 0).then(pl.col("revenue") / pl.col("revenue_then") - 1)
    return filled.with_columns(change=change).select(MONTHS.names)
