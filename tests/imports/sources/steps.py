"""A shop that arrives in steps, and what its marts are in the end: for comparing a sync with one import."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from shopkeeper.contract.tables import table
from shopkeeper.imports.mapping.declared import Mapping as FileMapping
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.imports.sources.declaration import Folder, Mode, Source, TableSource
from shopkeeper.lake.patched import mart_rows
from shopkeeper.lake.version import Version
from tests.imports.conftest import IDENTITY
from tests.shops.in_memory import frame

MAPPING: FileMapping = parse_mapping("test", IDENTITY)
MAPPING_FILE = """
identity = true
[shop]
name = "Test shop"
currency = "CNY"
timezone = "Asia/Shanghai"
"""
"""As a merchant would write it: every table as the contract names it."""
MODES: dict[str, Mode] = {"order_lines": "replace-by-order", "marketing_spend": "append"}
CENT = 0.005


def folder_source(path: Path, name: str = "shop", mapping: FileMapping = MAPPING, **modes: Mode) -> Source:
    """A folder that gives every table of its mapping."""
    tables = tuple(
        TableSource(each.name, modes.get(each.name) or MODES.get(each.name, "replace-by-key"))
        for each in mapping.tables
    )
    return Source(name, Folder(path), mapping, tables)


def put(folder: Path, name: str, of_table: str, rows: Iterable[Mapping[str, Any]], age: int) -> Path:
    """Write rows as the Parquet file `<of_table>/<name>`, last written `age` seconds after the epoch."""
    path = folder / of_table / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame(table(of_table), rows).write_parquet(path)
    os.utime(path, (1_000_000_000 + age, 1_000_000_000 + age))
    return path


def mart(version: Version, name: str) -> pl.DataFrame:
    """A mart's rows in an order that depends on the values only, floats rounded out of it.

    Customers bear their names: their numbers tell in which order they came.
    """
    with duckdb.connect() as connection:
        rows: pl.DataFrame = mart_rows(connection, version, name).pl()
        if "customer_key" in rows.columns:
            names = mart_rows(connection, version, "first_purchases").project("customer_key, customer_id AS buyer").pl()
            assert names["customer_key"].is_unique().all()
            rows = rows.join(names, on="customer_key", how="left", validate="m:1").drop("customer_key")
    exact = [column for column, kind in rows.schema.items() if kind != pl.Float64]
    return rows.sort([*exact, *(column for column in rows.columns if column not in exact)], nulls_last=True)


def differing_marts(one: Version, other: Version) -> list[str]:
    """Names of marts that differ in a row, a type, or by a cent."""
    assert one.marts.keys() == other.marts.keys()
    return [name for name in one.marts if not same(mart(one, name), mart(other, name))]


def same(left: pl.DataFrame, right: pl.DataFrame) -> bool:
    """Equal names, types and rows; floats to half a cent, since the order of a sum decides its last digits."""
    if left.schema != right.schema or left.height != right.height:
        return False
    for name, kind in left.schema.items():
        if kind == pl.Float64:
            if left[name].is_null().to_list() != right[name].is_null().to_list():
                return False
            if ((left[name] - right[name]).abs() > CENT).any():
                return False
        elif not left[name].equals(right[name], null_equal=True):
            return False
    return True


def facts(version: Version) -> Sequence[object]:
    """What the manifest says of the whole, whichever way it came about."""
    lines = version.tables["order_lines"]
    return (
        version.as_of,
        version.first_day,
        lines.rows_published,
        version.net_amount_published,
        version.identified_order_share,
    )
