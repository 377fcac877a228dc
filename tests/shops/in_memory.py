"""Small shops for tests: a handful of lines in a real in-memory DuckDB, with the marts built by the real queries."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl

from shopkeeper.contract.made import MADE_TABLES
from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import ORDER_LINES, TABLES
from shopkeeper.contract.visibility import Visibility
from shopkeeper.engine.arguments import check_arguments
from shopkeeper.engine.duckdb import REFERENCE_TABLES
from shopkeeper.engine.query import EVERYTHING, Parameter, Scope
from shopkeeper.engine.scope import restricted
from shopkeeper.engine.workspace import CursorWorkspace
from shopkeeper.lake.persons import LINKED, link_accounts
from shopkeeper.lake.version import Shop, Version
from shopkeeper.query_files import QueryFile, load, load_folder

POLARS_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "VARCHAR": pl.String,
    "BIGINT": pl.Int64,
    "INTEGER": pl.Int32,
    "UINTEGER": pl.UInt32,
    "DOUBLE": pl.Float64,
    "DECIMAL(18,3)": pl.Decimal(18, 3),
    "DECIMAL(18,4)": pl.Decimal(18, 4),
    "DATE": pl.Date,
    "TIMESTAMP": pl.Datetime("us"),
    "BOOLEAN": pl.Boolean,
    "DOUBLE[]": pl.List(pl.Float64),
}


def frame(table: Table, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of a contract table; columns that a row does not name are null."""
    schema = {column.name: POLARS_TYPES[column.type] for column in table.columns}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema, orient="row")


def line(customer: str | None, day: date | datetime, **more: Any) -> dict[str, Any]:
    """One order line; an order of its own unless told otherwise."""
    at = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, 12)
    values = {"order_id": f"{customer}-{at:%Y%m%d%H%M}", "sku": "A", "quantity": 1, "net_amount": 10}
    return {"customer_id": customer, "ordered_at": at} | values | more


def version_of(first: date, last: date) -> Version:
    """The version that such a shop would be."""
    return Version(
        id="20240101T000000Z-test",
        path=Path("nowhere"),
        created_at=datetime(2024, 1, 1, tzinfo=UTC),
        parent=None,
        shop=Shop("Test", "CNY", "Asia/Shanghai"),
        as_of=last,
        first_day=first,
        tables={},
        marts={},
        net_amount_in=Decimal(0),
        net_amount_published=Decimal(0),
        net_amount_rejected=Decimal(0),
        net_amount_unreadable_rows=0,
        identified_order_share=1.0,
        sources=(),
        warnings=(),
    )


@dataclass(frozen=True)
class MemoryQuery:
    """A `Query` over a shop in memory. Its schema `lake` is what publishing reads and makes, `main` what pages may see.

    A mart is made when the first query reads it: most tests look at one or two.
    """

    database: duckdb.DuckDBPyConnection
    version: Version
    scope: Scope = EVERYTHING
    names_queried: list[str] = field(default_factory=list)
    made: set[str] = field(default_factory=set)

    def __call__(self, name: str, /, **parameters: Parameter) -> pl.DataFrame:
        query = load(name)
        check_arguments(query, parameters)
        self.names_queried.append(name)
        with self._ready(query), self.database.cursor() as cursor:
            rows: pl.DataFrame = cursor.sql(query.sql, params=dict(parameters) or None).pl()
            return rows

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """All tables and marts, as publishing sees them."""
        self._make({*_files("marts"), *_files("macros")})
        return self.database

    @contextmanager
    def workspace(self) -> Iterator[CursorWorkspace]:
        """Tables of its own, as the engine gives them."""
        with self.database.cursor() as cursor:
            yield CursorWorkspace(cursor, self.version, self.scope, guard=self._ready)

    @contextmanager
    def _ready(self, query: QueryFile) -> Iterator[None]:
        self._make(_words(query))
        yield

    def _make(self, words: set[str]) -> None:
        for folder in ("marts", "macros"):
            for name, query in _files(folder).items():
                if name not in words or name in self.made:
                    continue
                self.made.add(name)
                self._make(set(query.after) if folder == "marts" else _words(query))
                with self.database.cursor() as pages:
                    if folder == "macros":
                        pages.execute(query.sql)
                        continue
                    given = dict.fromkeys(query.parameters, self.version.as_of)
                    self.database.sql(query.sql, params=given or None).create(name)
                    _show(pages, name, query.visibility, self.scope)


@cache
def _files(folder: str) -> Mapping[str, QueryFile]:
    return {query.name.split("/")[1]: query for query in load_folder(folder)}


def _words(query: QueryFile) -> set[str]:
    return set(re.findall(r"\w+", query.sql))


def shop(
    lines: Iterable[Mapping[str, Any]],
    *,
    as_of: date | None = None,
    scope: Scope = EVERYTHING,
    **tables: Iterable[Mapping[str, Any]],
) -> MemoryQuery:
    """A shop of these lines (and rows of other tables by name), its marts made as publishing makes them."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA lake; SET schema = 'lake'")
    brought = {ORDER_LINES.name: lines, **tables}
    for table in TABLES:
        _fill(connection, table, brought.get(table.name, ()))
    for table, _visibility in MADE_TABLES.values():
        _fill(connection, table, brought.get(table.name, ()))
    with connection.cursor() as pages:
        for name, visibility in REFERENCE_TABLES.items():
            _show(pages, name, visibility, scope)
        for name, (_table, visibility) in MADE_TABLES.items():
            _show(pages, name, visibility, scope)
    days = frame(ORDER_LINES, brought[ORDER_LINES.name])["ordered_at"].dt.date()
    first, last = days.min() or date(2024, 1, 1), as_of or days.max() or date(2024, 1, 1)
    assert isinstance(first, date)
    assert isinstance(last, date)
    _link(connection)
    for folder, prefix in (("staging", "stg_"), ("intermediate", "int_")):
        for query in load_folder(folder):
            given = dict.fromkeys(query.parameters, last)
            connection.sql(query.sql, params=given or None).create(prefix + query.name.split("/")[1])
    return MemoryQuery(connection, version_of(first, last), scope)


def _show(pages: duckdb.DuckDBPyConnection, name: str, visibility: Visibility, scope: Scope) -> None:
    restricted(pages.table(f"lake.{name}"), visibility, scope).create_view(name)


def _fill(connection: duckdb.DuckDBPyConnection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
    connection.execute(f"CREATE TABLE {table.name} ({columns})")
    brought = frame(table, rows)
    if not brought.is_empty():
        connection.from_arrow(brought.to_arrow()).insert_into(table.name)


def _link(connection: duckdb.DuckDBPyConnection) -> None:
    """Accounts by person, held in memory like all else."""
    with TemporaryDirectory() as directory:
        link_accounts(connection, Path(directory))
        for name in LINKED:
            rows = connection.table(name).pl()
            connection.execute(f"DROP VIEW {name}")
            connection.from_arrow(rows.to_arrow()).create(name)
