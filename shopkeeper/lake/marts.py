"""From tables to marts: the DuckDB instance that publishing works on, and what it writes."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation

from shopkeeper.contract.tables import TABLES, Table
from shopkeeper.errors import Refused
from shopkeeper.query_files import QueryFile, load, load_folder

MEMORY = f"{max(1, min(8, os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2**31))}GB"
"""Half of the machine's memory, 8 GB at most: sorting beyond it spills to disk."""
ROW_GROUP = 122_880
REJECTS = "rejects.parquet"
REJECT_COLUMNS = ("file", "table", "line", "column", "value", "rule", "reason", "row")


@dataclass(frozen=True)
class Facts:
    """What the order lines say of the shop as a whole; the days are `None` where there is no line."""

    first_day: date | None
    last_day: date | None
    net_amount: Decimal
    identified_order_share: float | None


@contextmanager
def workbench(directory: Path, timezone: str) -> Iterator[DuckDBPyConnection]:
    """A DuckDB instance of bounded memory that spills into `directory`, and leaves nothing there."""
    spill = directory / "spill"
    spill.mkdir()
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
    }
    try:
        with duckdb.connect(config=config) as connection:
            connection.execute("SET TimeZone = $timezone", {"timezone": timezone})
            yield connection
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def typed(connection: DuckDBPyConnection, table: Table, files: Sequence[Path]) -> DuckDBPyRelation:
    """The table with every column of the contract; what the merchant did not bring is NULL of the column's type."""
    if files:
        relation = connection.read_parquet([str(file) for file in files], union_by_name=True)
    else:
        relation = connection.table_function("range", [0])
    there = set(relation.columns) if files else set()
    return relation.project(
        *(
            ColumnExpression(column.name)
            if column.name in there
            else ConstantExpression(None).cast(column.type).alias(column.name)
            for column in table.columns
        )
    )


def open_tables(connection: DuckDBPyConnection, tables: Mapping[str, Sequence[Path]]) -> None:
    """Make a view of every table of the contract.

    Raise `Refused` where a file's column is not of the contract's type: casting here would change values in silence.
    """
    for table in TABLES:
        relation = typed(connection, table, tables.get(table.name, ()))
        for column, found in zip(table.columns, relation.types, strict=True):
            if str(found) != column.type:
                raise Refused(
                    f"Table {table.name}: column {column.name} is stored as {found}, but must be {column.type}. "
                    f"Import {table.name} again."
                )
        relation.create_view(table.name, replace=False)


def read_facts(connection: DuckDBPyConnection, queries: Path) -> Facts:
    """Run queries/publishing/facts.sql on the open tables."""
    row = connection.sql(load("publishing/facts", queries).sql).to_dicts()[0]
    return Facts(**row)


def build_marts(
    connection: DuckDBPyConnection,
    directory: Path,
    queries: Path,
    parameters: Mapping[str, date],
    tell: Callable[[str, float], None],
) -> dict[str, Path]:
    """Write every mart of queries/marts into `directory`, each visible to those after it; give their files.

    Raise `ValueError` where a query asks for a parameter that publishing does not know.
    """
    directory.mkdir()
    scratch = directory / "scratch"
    scratch.mkdir()
    for query in load_folder("staging", queries):
        # Run once and kept on disk: every mart reads it, some of them twice.
        name = "stg_" + query.name.removeprefix("staging/")
        tell(f"Preparing {name}", 0.0)
        rows = scratch / f"{name}.parquet"
        connection.sql(query.sql, params=bound(query, parameters)).write_parquet(str(rows), compression="snappy")
        connection.read_parquet(str(rows)).create_view(name, replace=False)
    files: dict[str, Path] = {}
    marts = load_folder("marts", queries)
    for done, query in enumerate(marts):
        name = query.name.removeprefix("marts/")
        tell(f"Building {name}", done / len(marts))
        files[name] = directory / f"{name}.parquet"
        write(connection.sql(query.sql, params=bound(query, parameters)), files[name])
        connection.read_parquet(str(files[name])).create_view(name, replace=False)
    shutil.rmtree(scratch)
    return files


def bound(query: QueryFile, parameters: Mapping[str, date]) -> dict[str, date] | None:
    """The parameters that the query declares."""
    if unknown := query.parameters - parameters.keys():
        raise ValueError(f"query {query.name}: publishing does not know ${', $'.join(sorted(unknown))}")
    return {name: parameters[name] for name in query.parameters} or None


def write(relation: DuckDBPyRelation, file: Path) -> None:
    """Write a relation as the lake's kind of Parquet."""
    relation.write_parquet(str(file), compression="zstd", row_group_size=ROW_GROUP)


def join_rejects(
    connection: DuckDBPyConnection, directory: Path, staged: Path | None, older: Path | None, carried: Sequence[str]
) -> Path | None:
    """Put the rejects into `directory`: those staged, and those that belong to the carried tables."""
    columns = [ColumnExpression(name) for name in REJECT_COLUMNS]
    parts = [connection.read_parquet(str(staged)).project(*columns)] if staged else []
    if older and carried:
        wanted = ColumnExpression("table").isin(*(ConstantExpression(name) for name in carried))
        parts.append(connection.read_parquet(str(older)).filter(wanted).project(*columns))
    if not parts:
        return None
    rejects = parts[0] if len(parts) == 1 else parts[0].union(parts[1])
    if not rejects.limit(1).fetchall():
        return None
    making = directory / "rejects.making"
    write(rejects, making)
    return making.replace(directory / REJECTS)
