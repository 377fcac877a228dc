"""Rejected rows that come back mended: each says where it was rejected, and takes that place among the rejects."""

from dataclasses import replace
from functools import reduce
from pathlib import Path

from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation, StarExpression

from shopkeeper.contract.table import Table
from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.orders import CheckedOrders
from shopkeeper.imports.checks.read import ROW
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.imports.mapping.declared import AS_IT_IS, REJECTED_IN, REJECTED_LINE, TableMapping, is_to_mend
from shopkeeper.lake.rejects import LEFT_EMPTY

MARKS = f"{REJECTED_IN}, {REJECTED_LINE}"


def as_written(mapping: TableMapping, name: str) -> TableMapping:
    """The mapping for a file of mended rows: this program wrote it, plainly, whatever the first one looked like."""
    return replace(mapping, layout=AS_IT_IS) if is_to_mend(name, mapping.name) else mapping


def marks_used(each: Candidates) -> Candidates:
    """The same, but that the columns which say where a row was rejected are not told to be unused."""
    if not _has_marks(each):
        return each
    return replace(each, unused=tuple(name for name in each.unused if name not in (REJECTED_IN, REJECTED_LINE)))


def places(
    connection: DuckDBPyConnection, orders: CheckedOrders, contract: Table, rejects: Path | None, scratch: Path
) -> Path | None:
    """The places (file, line) of rejects whose rows are here again, in a file; `None` where there are none.

    A place that is listed no longer was mended before: its row is like any other, so that none counts twice.
    """
    marked = [each for each in orders.opened if _has_marks(each)]
    if rejects is None or not marked:
        return None
    of_table = ColumnExpression("table") == ConstantExpression(contract.name)
    was_rejected = ColumnExpression("rule") != ConstantExpression(LEFT_EMPTY)
    listed = connection.read_parquet(str(rejects)).filter(of_table & was_rejected)
    file, line = (ColumnExpression(name) for name in ("file", "line"))
    of_rejects = listed.project(file.alias(REJECTED_IN), line.alias(REJECTED_LINE)).distinct()
    marks = [ColumnExpression(name) for name in (REJECTED_IN, REJECTED_LINE)]
    here = reduce(DuckDBPyRelation.union, (_with_marks(each).project(*marks) for each in marked))
    again = of_rejects.set_alias("of rejects").join(here.set_alias("here"), MARKS, how="semi")
    target = scratch / "mended.parquet"
    again.write_parquet(str(target))
    return target if connection.read_parquet(str(target)).limit(1).fetchall() else None


def without(connection: DuckDBPyConnection, orders: CheckedOrders, mended: Path | None) -> CheckedOrders:
    """The rows that are no mended ones; of an order that is there, only these are there twice."""
    if mended is None:
        return orders
    rows = connection.read_parquet(str(mended))
    opened = tuple(
        replace(each, rows=_with_marks(each).set_alias("rows").join(rows.set_alias("mended"), MARKS, how="anti"))
        if _has_marks(each)
        else each
        for each in orders.opened
    )
    return replace(orders, opened=opened)


def _has_marks(each: Candidates) -> bool:
    names = {column.name for column in each.reading.columns}
    return {REJECTED_IN, REJECTED_LINE} <= names


def _with_marks(each: Candidates) -> DuckDBPyRelation:
    file = call("json_extract_string", ColumnExpression(ROW), text(f"$.{REJECTED_IN}"))
    line = call("json_extract_string", ColumnExpression(ROW), text(f"$.{REJECTED_LINE}"))
    return each.rows.project(StarExpression(), file.alias(REJECTED_IN), line.try_cast("BIGINT").alias(REJECTED_LINE))
