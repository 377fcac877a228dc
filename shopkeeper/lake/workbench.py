"""DuckDB as all of the program opens it, bounded in memory and on disk; what publishing works on, and writes."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation, Expression

from shopkeeper.contract.table import QUANTITY, Column, Table

MEMORY = f"{max(1, min(8, os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2**31))}GB"
"""Half of the machine's memory, 8 GB at most: sorting beyond it spills to disk."""

SPILL_SHARE = 0.8
"""Of the room on the disk, unless a caller wants less; the rest is for what is written."""

ROW_GROUP = 122_880


def bounded(spill: Path, timezone: str, **limits: str) -> DuckDBPyConnection:
    """A DuckDB in memory that spills into the folder `spill`. `limits` are the settings in which a caller differs.

    It loads no extension, sees no Python variable, and takes as many threads as there are cores.
    """
    shared = {
        "memory_limit": MEMORY,
        "temp_directory": str(spill),
        "max_temp_directory_size": f"{int(shutil.disk_usage(spill).free * SPILL_SHARE) // 2**10}KiB",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "python_enable_replacements": "false",
    }
    connection = duckdb.connect(config={**shared, **limits})
    connection.execute("SET GLOBAL TimeZone = $timezone", {"timezone": timezone})
    return connection


@contextmanager
def workbench(directory: Path, timezone: str) -> Iterator[DuckDBPyConnection]:
    """What publishing works on: a DuckDB that spills into `directory`, and leaves nothing there."""
    spill = directory / "spill"
    spill.mkdir()
    try:
        with bounded(spill, timezone) as connection:
            yield connection
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def typed(connection: DuckDBPyConnection, table: Table, files: Sequence[Path]) -> DuckDBPyRelation:
    """The table with every column of the contract; what the merchant did not bring is NULL of the column's type.

    Quantities that an older program stored as whole numbers are of the contract's type: nothing is lost by that.
    """
    if files:
        relation = connection.read_parquet([str(file) for file in files], union_by_name=True)
    else:
        relation = connection.table_function("range", [0])
    present = dict(zip(relation.columns, map(str, relation.types), strict=True)) if files else {}
    return relation.project(
        *(
            _widened(column, present[column.name])
            if column.name in present
            else ConstantExpression(None).cast(column.type).alias(column.name)
            for column in table.columns
        )
    )


def _widened(column: Column, stored_type: str) -> Expression:
    value = ColumnExpression(column.name)
    # Files of both kinds together are read as DECIMAL(22,3).
    if column.type == QUANTITY and stored_type in ("BIGINT", "DECIMAL(22,3)"):
        return value.cast(QUANTITY).alias(column.name)
    return value


def write(relation: DuckDBPyRelation, file: Path, compression: str = "zstd") -> None:
    """Write a relation as the lake's kind of Parquet. What is read whole at each publication is quicker as lz4."""
    relation.write_parquet(str(file), compression=compression, row_group_size=ROW_GROUP)
