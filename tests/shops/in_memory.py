"""Small shops for tests: a handful of lines in a real in-memory DuckDB, with the marts built by the real queries."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl

from shopkeeper.contract.made import MADE_TABLES
from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import ORDER_LINES, TABLES
from shopkeeper.engine.arguments import check_arguments
from shopkeeper.engine.duckdb import REFERENCE_TABLES, make_macros
from shopkeeper.engine.query import EVERYTHING, Parameter, Scope
from shopkeeper.engine.scope import restricted
from shopkeeper.engine.workspace import CursorWorkspace
from shopkeeper.lake.persons import LINKED, link_accounts
from shopkeeper.lake.version import Shop, Version
from shopkeeper.query_files import load, load_folder

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
    """A `Query` over a shop in memory."""

    connection: duckdb.DuckDBPyConnection
    version: Version
    scope: Scope = EVERYTHING
    names_queried: list[str] = field(default_factory=list)

    def __call__(self, name: str, /, **parameters: Parameter) -> pl.DataFrame:
        query = load(name)
        check_arguments(query, parameters)
        self.names_queried.append(name)
        with self.connection.cursor() as cursor:
            rows: pl.DataFrame = cursor.sql(query.sql, params=dict(parameters) or None).pl()
            return rows

    @contextmanager
    def workspace(self) -> Iterator[CursorWorkspace]:
        """Tables of its own, as the engine gives them."""
        with self.connection.cursor() as cursor:
            yield CursorWorkspace(cursor, self.version, self.scope)


def shop(
    lines: Iterable[Mapping[str, Any]],
    *,
    as_of: date | None = None,
    scope: Scope = EVERYTHING,
    **tables: Iterable[Mapping[str, Any]],
) -> MemoryQuery:
    """A shop of these lines (and rows of other tables by name), its marts built as publishing builds them."""
    connection = duckdb.connect()
    brought = {ORDER_LINES.name: lines, **tables}
    for table in TABLES:
        rows = frame(table, brought.get(table.name, ()))
        connection.from_arrow(rows.to_arrow()).create(table.name)
    for made, visibility in MADE_TABLES.values():
        rows = frame(made, brought.get(made.name, ()))
        connection.from_arrow(rows.to_arrow()).create(f"all_{made.name}")
        restricted(connection.table(f"all_{made.name}"), visibility, scope).create_view(made.name)
    days = frame(ORDER_LINES, brought[ORDER_LINES.name])["ordered_at"].dt.date()
    first, last = days.min() or date(2024, 1, 1), as_of or days.max() or date(2024, 1, 1)
    assert isinstance(first, date)
    assert isinstance(last, date)
    _link(connection)
    expected = {"as_of": last}
    for folder, prefix in (("staging", "stg_"), ("intermediate", "int_"), ("marts", "")):
        for query in load_folder(folder):
            given = {name: expected[name] for name in query.parameters}
            relation = connection.sql(query.sql, params=given or None)
            name = prefix + query.name.split("/")[1]
            if folder == "marts":
                relation.create(f"all_{name}")
                connection.table(f"all_{name}").create_view(name)
                restricted(connection.table(f"all_{name}"), query.visibility, scope).create_view(name, replace=True)
            else:
                relation.create(name)
    for name, visibility in REFERENCE_TABLES.items():
        connection.execute(f"ALTER TABLE {name} RENAME TO all_{name}")
        restricted(connection.table(f"all_{name}"), visibility, scope).create_view(name)
    make_macros(connection)
    return MemoryQuery(connection, version_of(first, last), scope)


def _link(connection: duckdb.DuckDBPyConnection) -> None:
    """Accounts by person, held in memory like all else."""
    with TemporaryDirectory() as directory:
        link_accounts(connection, Path(directory))
        for name in LINKED:
            rows = connection.table(name).pl()
            connection.execute(f"DROP VIEW {name}")
            connection.from_arrow(rows.to_arrow()).create(name)
