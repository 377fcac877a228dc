"""What the signs of a line say: goods sold, goods given back, or a discount written as a line of its own."""

from collections.abc import Sequence
from dataclasses import replace

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression

from shopkeeper.contract.table import MONEY
from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.rules import lost_digits
from shopkeeper.imports.checks.shares import share_out
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.messages import Message, message

ORDER = "order_id"
ZERO, NOTHING = ConstantExpression(0), ConstantExpression(False)
SPREAD = ("net_amount", "tax", "shipping")
"""Of a discount line; the parts of its net amount are also added to the other lines' `discount`."""
GONE, BEARS = "spread away", "bears"


def kind(candidates: Candidates) -> Expression:
    """The line's status; empty means sale, but a word that the mapping does not explain may be anything."""
    status = ColumnExpression("status")
    if "status?" not in candidates.rows.columns:
        return text("sale")
    return (
        CaseExpression(status.is_not_null(), status).when(ColumnExpression("status?"), text("")).otherwise(text("sale"))
    )


def is_refund(candidates: Candidates) -> Expression:
    """TRUE where a line gives goods back, else FALSE."""
    return kind(candidates) == text("refund")


def above_zero() -> Expression:
    """Whether quantity or amount is above 0."""
    return (ColumnExpression("quantity") > ZERO) | (ColumnExpression("net_amount") > ZERO)


def takes_off() -> Expression:
    """Of a sale line: whether it is no goods, but a discount or voucher: units above 0, money below."""
    return (ColumnExpression("quantity") > ZERO) & (ColumnExpression("net_amount") < ZERO)


def negated(opened: Sequence[Candidates]) -> tuple[list[Candidates], list[Message]]:
    """The files with the quantities and amounts of refunds below 0."""
    rows = sum(_count(each.rows.filter(is_refund(each) & above_zero())) for each in opened)
    said = message("{rows} refund lines had a quantity or amount above 0, and were turned negative.", rows=rows)
    return [replace(each, rows=_negated(each)) for each in opened], [said] if rows else []


def _negated(candidates: Candidates) -> DuckDBPyRelation:
    mended = [
        _cast(
            name,
            CaseExpression(is_refund(candidates) & (ColumnExpression(name) > ZERO), -ColumnExpression(name)).otherwise(
                ColumnExpression(name)
            ),
        )
        for name in ("quantity", "net_amount")
    ]
    return candidates.rows.project(duckdb.StarExpression(exclude=["quantity", "net_amount"]), *mended)


def without_units(opened: Sequence[Candidates]) -> tuple[list[Candidates], list[Message]]:
    """The files with discount lines kept as lines of money alone: their quantity is 0."""
    kept, number = [], 0
    for each in opened:
        is_discount = duckdb.CoalesceOperator((kind(each) == text("sale")) & takes_off(), NOTHING)
        number += _count(each.rows.filter(is_discount))
        quantity = CaseExpression(is_discount, ZERO).otherwise(ColumnExpression("quantity"))
        rows = each.rows.project(duckdb.StarExpression(exclude=["quantity"]), _cast("quantity", quantity))
        kept.append(replace(each, rows=rows))
    said = message("{rows} discount lines were kept as amounts without units.", rows=number)
    return kept, [said] if number else []


def spread(candidates: Candidates) -> DuckDBPyRelation:
    """The rows with discount lines shared out over their order's goods by net amount, to the cent; each row has GONE.

    Where an order's discounts exceed its goods, or it has none, nothing is shared.
    """
    order, amount, sale = ColumnExpression(ORDER), ColumnExpression("net_amount"), kind(candidates) == text("sale")
    takes = sale & takes_off() & order.is_not_null() & ~lost_digits(order)
    bears = sale & (ColumnExpression("quantity") > ZERO) & (amount > ZERO)
    rows = candidates.rows.project(
        duckdb.StarExpression(),
        duckdb.CoalesceOperator(takes, NOTHING).alias(GONE),
        CaseExpression(bears, amount).otherwise(ZERO.cast(MONEY)).alias(BEARS),
    )
    taken, room = CaseExpression(ColumnExpression(GONE), amount), ColumnExpression(BEARS)
    rows = rows.project(
        duckdb.StarExpression(),
        (taken.sum().over(partition_by=order) + room.sum().over(partition_by=order) >= ZERO).alias("fits"),
    )
    gone = ColumnExpression(GONE) & duckdb.CoalesceOperator(ColumnExpression("fits"), NOTHING)
    rows = rows.project(duckdb.StarExpression(exclude=[GONE, "fits"]), gone.alias(GONE))
    for name in SPREAD:
        part = CaseExpression(ColumnExpression(GONE), ColumnExpression(name)).sum().over(partition_by=order)
        rows = share_out(rows, f"{name} part", order, part.cast(MONEY), NOTHING, ColumnExpression(BEARS))
    return rows.project(
        duckdb.StarExpression(exclude=[*SPREAD, "discount", BEARS, *(f"{name} part" for name in SPREAD)]),
        *(_cast(name, _plus(name, ColumnExpression(f"{name} part"))) for name in SPREAD),
        _cast("discount", _plus("discount", -ColumnExpression("net_amount part"))),
    ).sort(ColumnExpression("line"))


def _plus(name: str, part: Expression) -> Expression:
    """An empty cell stays empty where nothing is added."""
    value = ColumnExpression(name)
    return CaseExpression(part == ZERO, value).otherwise(duckdb.CoalesceOperator(value, ZERO) + part)


def _cast(name: str, value: Expression) -> Expression:
    return value.cast(ORDER_LINES.column(name).type).alias(name)


def without_spread(candidates: Candidates, rows: DuckDBPyRelation) -> tuple[Candidates, int]:
    """The file without the lines that `spread` shared out, and how many these were."""
    gone = _count(rows.filter(ColumnExpression(GONE)))
    left = rows.filter(~ColumnExpression(GONE)).project(duckdb.StarExpression(exclude=[GONE]))
    reading = replace(candidates.reading, rows=candidates.reading.rows - gone)
    return replace(candidates, rows=left, reading=reading), gone


def _count(relation: DuckDBPyRelation) -> int:
    ((number,),) = relation.aggregate([call("count_star").alias("rows")]).fetchall()
    return int(number)
