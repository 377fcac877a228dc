"""Rows as the tables of `contract.forecasts` declare them."""

from collections.abc import Mapping

import polars as pl

from shopkeeper.contract.table import Table
from shopkeeper.jobs.forecast.history import Group

TYPES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "VARCHAR": pl.String,
    "BIGINT": pl.Int64,
    "DOUBLE": pl.Float64,
    "DATE": pl.Date,
    "DOUBLE[]": pl.List(pl.Float64),
}


def as_declared(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The table's columns in its order and types; a column that is not there is null."""
    missing = [column.name for column in table.columns if column.name not in frame.columns]
    frame = frame.with_columns(pl.lit(None).alias(name) for name in missing)
    return frame.select(pl.col(column.name).cast(TYPES[column.type]) for column in table.columns)


def empty(table: Table) -> pl.DataFrame:
    """The table without rows."""
    return pl.DataFrame(schema={column.name: TYPES[column.type] for column in table.columns})


def keyed(level: str, group: Group) -> pl.DataFrame:
    """The keys of a level's rows, with its name."""
    keys = group.keys if group.keys.width else pl.DataFrame({"level": [level]})
    return keys.with_columns(level=pl.lit(level))
