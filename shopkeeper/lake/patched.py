"""Marts that were patched: one file as an earlier publication left it, one with the rows in place of what differs now.

The keys whose rows in the first file no longer hold are listed beside, one list for each kind of key. Reading leaves
those rows out; so a publication writes what differs, and links the rest.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation, FunctionExpression

from shopkeeper.lake.version import Version
from shopkeeper.query_files import QUERIES, QueryFile, load

TOUCHED = {
    "customer_id": ("touched_customers", "customer_id"),
    "person_id": ("touched_customers", "customer_id"),
    "customer_key": ("touched_customers", "customer_key"),
    "day": ("touched_days", "day"),
}
"""By the column that a mart is patched by: the list of touched keys, and its column."""
ROW = "file_row_number"
"""The place of a row in its Parquet file, as DuckDB calls it."""


def mart_rows(connection: DuckDBPyConnection, version: Version, name: str, queries: Path = QUERIES) -> DuckDBPyRelation:
    """The rows of a mart of the version, patched or not. Raise `KeyError` where the version has no such mart."""
    touched = {each: version.step(each) for each, _ in TOUCHED.values()}
    return rows(connection, version.mart(name), load(f"marts/{name}", queries), touched, version.as_of)


def rows(
    connection: DuckDBPyConnection,
    files: Sequence[Path],
    query: QueryFile,
    touched: Mapping[str, Sequence[Path]],
    as_of: date,
) -> DuckDBPyRelation:
    """The rows of files that `query` made: of two, those of the first that still hold and all of the second."""
    if len(files) == 1:
        return connection.read_parquet(str(files[0]))
    first, second = (connection.read_parquet(str(file)) for file in files)
    return aged(without(connection, first, query, touched).union(second), query, as_of)


def numbered(connection: DuckDBPyConnection, files: Sequence[Path], gone: Sequence[Path]) -> DuckDBPyRelation:
    """The rows of a step that is patched by order: those of the first file that are not `gone`, and all of the second.

    Those of the first bear their places in it, by which `gone` lists what no longer holds: a step is read many times,
    and a number is much quicker left out than an order.
    """
    first = connection.read_parquet(str(files[0]), file_row_number=True)
    columns = [ColumnExpression(name) for name in first.columns if name != ROW]
    first = first.project(*columns, ColumnExpression(ROW))
    if gone:
        first = anti(first, connection.read_parquet(str(gone[0])), ROW, ROW)
    if len(files) == 1:
        return first
    nowhere = ConstantExpression(None).cast("BIGINT").alias(ROW)
    return first.union(connection.read_parquet(str(files[1])).project(*columns, nowhere))


def unnumbered(rows: DuckDBPyRelation) -> DuckDBPyRelation:
    """The same rows without their places."""
    return rows.project(*(ColumnExpression(name) for name in rows.columns if name != ROW))


def without(
    connection: DuckDBPyConnection, whole: DuckDBPyRelation, query: QueryFile, touched: Mapping[str, Sequence[Path]]
) -> DuckDBPyRelation:
    """The rows whose key is not touched."""
    listed, column = TOUCHED[query.patched_by]
    if not touched.get(listed):
        return whole
    keys = connection.read_parquet([str(file) for file in touched[listed]])
    return anti(whole, keys, query.patched_by, column)


def anti(whole: DuckDBPyRelation, keys: DuckDBPyRelation, key: str, column: str) -> DuckDBPyRelation:
    """The rows whose `key` is not in the `column` of the keys."""
    named = keys.project(ColumnExpression(column).alias(key)).set_alias("touched")
    return whole.set_alias("whole").join(named, key, "anti")


def semi(whole: DuckDBPyRelation, keys: DuckDBPyRelation, key: str, column: str) -> DuckDBPyRelation:
    """The rows whose `key` is in the `column` of the keys."""
    named = keys.project(ColumnExpression(column).alias(key)).set_alias("touched")
    return whole.set_alias("whole").join(named, key, "semi")


def aged(patched: DuckDBPyRelation, query: QueryFile, as_of: date) -> DuckDBPyRelation:
    """The rows with the days from their first day to as-of, which all rows count anew each day."""
    if not query.aged:
        return patched
    kinds = dict(zip(patched.columns, patched.types, strict=True))
    days = FunctionExpression(
        "date_diff", ConstantExpression("day"), ColumnExpression("first_day"), ConstantExpression(as_of)
    )
    age = days.cast(kinds[query.aged]).alias(query.aged)
    return patched.project(*(age if name == query.aged else ColumnExpression(name) for name in patched.columns))
