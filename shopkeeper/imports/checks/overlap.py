"""Orders that stand in several files or sheets, rows that repeat, and the copies of them that are the same."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

import duckdb
from duckdb import (
    CaseExpression,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
)

from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.signs import is_refund
from shopkeeper.imports.checks.terms import call
from shopkeeper.messages import Message, message

ORDER, FIRST, LAST = "order_id", "first_file", "last_file"
ROWS, CONTENT = "rows", "content"
BACK, FIRST_SOLD, FIRST_BACK = "gives_back", "first sold", "first given back"


def part_names(opened: Sequence[Candidates]) -> list[str | Message]:
    """What the parts of an import are called: a file, or each sheet of a workbook of which several were read."""
    names: list[str | Message] = []
    for each in opened:
        file = each.reading.file.name
        sheets = [message("{file}, sheet {sheet}", file=file, sheet=sheet.name) for sheet in each.reading.sheets]
        names += sheets or [file]
    return names


def part_numbers(opened: Sequence[Candidates]) -> list[Expression]:
    """Per file, the number of the part that a row stands in, in the order of `part_names`."""
    parts = []
    number = 0
    for each in opened:
        part: Expression = ConstantExpression(number)
        for sheet in each.reading.sheets[1:]:
            part += (ColumnExpression("line") >= ConstantExpression(sheet.first_line)).cast("INTEGER")
        parts.append(part.cast("INTEGER").alias("file"))
        number += max(1, len(each.reading.sheets))
    return parts


def files_of_order(back: Expression) -> list[Expression]:
    """Aggregates FIRST and LAST: the first and last of the files that have the same lines of an order to tell.

    Sold in one file and given back in another is no order told twice: files of refunds use the numbers of the orders.
    """
    file = ColumnExpression("file")
    sold_in, back_in = CaseExpression(~back, file), CaseExpression(back, file)
    sold_twice = call("min", sold_in) < call("max", sold_in)
    return [
        CaseExpression(sold_twice, call(name, sold_in)).otherwise(call(name, back_in)).alias(column)
        for name, column in (("min", FIRST), ("max", LAST))
    ]


def alike(opened: Sequence[Candidates], parts: Sequence[Expression], twice: DuckDBPyRelation) -> DuckDBPyRelation:
    """Orders whose lines are the same, each as often, in all files that they stand in; with the first of these files.

    Lines that were sold and lines that were given back are compared apart.
    """
    contents = []
    for part, each in zip(parts, opened, strict=True):
        said = [name for name in each.rows.columns if name.endswith("=")]
        values = [column.name for column in ORDER_LINES.columns]
        content = call("hash", *(ColumnExpression(name).cast("VARCHAR") for name in values), *map(_unusable, said))
        back = is_refund(each).alias(BACK)
        contents.append(each.rows.project(ColumnExpression(ORDER), back, content.alias(CONTENT), part))
    lines = reduce(DuckDBPyRelation.union, contents).set_alias("lines").join(twice.set_alias("twice"), ORDER)
    order, back, file = ColumnExpression(ORDER), ColumnExpression(BACK), ColumnExpression("file")
    rows, content = ColumnExpression(ROWS), ColumnExpression(CONTENT)
    in_file = lines.aggregate(
        [order, back, file, call("count_star").alias(ROWS), call("sum", content).alias(CONTENT)],
    )
    same = (call("min", rows) == call("max", rows)) & (call("min", content) == call("max", content))
    of_kind = in_file.aggregate([order, back, same.alias("same"), call("min", file).alias("file")])
    of_order = of_kind.aggregate(
        [
            order,
            call("bool_and", ColumnExpression("same")).alias("same"),
            call("min", CaseExpression(~back, file)).alias(FIRST_SOLD),
            call("min", CaseExpression(back, file)).alias(FIRST_BACK),
        ]
    )
    return of_order.filter(ColumnExpression("same"))


def _unusable(said: str) -> Expression:
    """What the file says where no value could be made of it: two such texts may differ."""
    return CaseExpression(ColumnExpression(said.removesuffix("=")).is_null(), ColumnExpression(said))


def without_copies(
    opened: Sequence[Candidates], parts: Sequence[Expression], same: DuckDBPyRelation
) -> tuple[list[Candidates], int]:
    """The files without the lines that an earlier part has, and how many lines that are; `same` as `alike` gives it."""
    left: list[Candidates] = []
    once = same.project(*(ColumnExpression(name) for name in (ORDER, FIRST_SOLD, FIRST_BACK))).set_alias("once")
    for part, each in zip(parts, opened, strict=True):
        own = each.rows.project(duckdb.StarExpression(), part).set_alias("own").join(once, ORDER, how="left")
        first = CaseExpression(is_refund(each), ColumnExpression(FIRST_BACK)).otherwise(ColumnExpression(FIRST_SOLD))
        is_copy = duckdb.CoalesceOperator(ColumnExpression("file") > first, ConstantExpression(False))
        rows = own.filter(~is_copy).project(duckdb.StarExpression(exclude=["file", FIRST_SOLD, FIRST_BACK]))
        copies = _rows(own.filter(is_copy))
        reading = replace(each.reading, rows=each.reading.rows - copies)
        left.append(replace(each, rows=rows, reading=reading) if copies else each)
    return left, sum(old.reading.rows - new.reading.rows for old, new in zip(opened, left, strict=True))


def but_for(orders: DuckDBPyRelation, same: DuckDBPyRelation) -> DuckDBPyRelation:
    """The orders, as if those that are alike stood in their first file only."""
    once = same.project(ColumnExpression(ORDER), ColumnExpression("same")).set_alias("once")
    joined = orders.set_alias("all orders").join(once, ORDER, how="left")
    last = CaseExpression(ColumnExpression("same"), ColumnExpression(FIRST)).otherwise(ColumnExpression(LAST))
    return joined.project(duckdb.StarExpression(exclude=[LAST, "same"]), last.alias(LAST))


def once(
    connection: DuckDBPyConnection, opened: Sequence[Candidates], contract: Table, scratch: Path
) -> tuple[list[Candidates], int]:
    """The files of a table with a key without rows that are copies of one before, and how many these were.

    Rows of one key that differ in any column stay, to be rejected: nobody here knows which is right.
    """
    keys = [ColumnExpression(name).cast("VARCHAR").alias(name) for name in contract.key]
    parts = []
    for number, each in enumerate(opened):
        said = [name for name in each.rows.columns if name.endswith("=")]
        content = [ColumnExpression(column.name).cast("VARCHAR") for column in contract.columns]
        alike = call("hash", *content, *map(_unusable, said)).alias(CONTENT)
        file = ConstantExpression(number).cast("INTEGER").alias("file")
        parts.append(each.rows.project(*keys, alike, file, ColumnExpression("line")))
    by = [*(ColumnExpression(name) for name in contract.key), ColumnExpression(CONTENT)]
    place = call("row_number").over(partition_by=by, order_by=[ColumnExpression("file"), ColumnExpression("line")])
    places = reduce(DuckDBPyRelation.union, parts).project(duckdb.StarExpression(), place.alias("place"))
    for name in contract.key:
        if contract.column(name).required:
            places = places.filter(ColumnExpression(name).is_not_null())
    path = scratch / "copies.checked.parquet"
    copies = places.filter(ColumnExpression("place") > ConstantExpression(1))
    copies.project(ColumnExpression("file"), ColumnExpression("line")).write_parquet(str(path))
    left, total = [], 0
    for number, each in enumerate(opened):
        of_file = connection.read_parquet(str(path)).filter(ColumnExpression("file") == ConstantExpression(number))
        rows = _rows(of_file)
        total += rows
        here = of_file.project(ColumnExpression("line")).set_alias("copies")
        kept = each.rows.set_alias("own").join(here, "line", how="anti") if rows else each.rows
        left.append(replace(each, rows=kept, reading=replace(each.reading, rows=each.reading.rows - rows)))
    return left, total


def _rows(relation: DuckDBPyRelation) -> int:
    ((number,),) = relation.aggregate([call("count_star").alias(ROWS)]).fetchall()
    return int(number)
