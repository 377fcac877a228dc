"""Refunds that no sale stands behind: of orders that are not there, or of more than their order brought.

No row is dropped for it. A refund may belong to a sale before the first export; what is larger than its sale over all
its lines is more likely an error.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from duckdb import (
    CaseExpression,
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    StarExpression,
)

from shopkeeper import i18n
from shopkeeper.contract.table import MONEY
from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.i18n import NN_
from shopkeeper.imports.checks.notes import of_table
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.messages import Message

EXAMPLES = 5
ORDER, ORIGIN = "order_id", "original_order_id"
BACK, BROUGHT, IS_THERE = "given back", "brought", "is there"
ZERO = ConstantExpression(0).cast(MONEY)
CENT = ConstantExpression("0.01").cast(MONEY)
UNKNOWN = NN_(
    "{n} order was given back ({amount}) that is not there: {examples}. It may have been sold before the first file; "
    "if not, mend original_order_id.",
    "{n} orders were given back ({amount} in all) that are not there: {examples}. They may have been sold before the "
    "first file; if not, mend original_order_id.",
)
TOO_LARGE = NN_(
    "{n} order has more given back than it brought, by {amount}: {examples}. Mend the refund, or give all lines of the "
    "order.",
    "{n} orders have more given back than they brought, by {amount} in all: {examples}. Mend the refunds, or give all "
    "lines of these orders.",
)


def refund_warnings(connection: DuckDBPyConnection, files: Sequence[Path]) -> Iterator[Message]:
    """Warnings on all order lines that are there now; none where nothing was given back."""
    lines = connection.read_parquet([str(path) for path in files])
    quantity, amount = ColumnExpression("quantity"), ColumnExpression("net_amount")
    status, order = CoalesceOperator(ColumnExpression("status"), text("sale")), ColumnExpression(ORDER)
    came_back = (status == text("refund")) | ((status == text("sale")) & (quantity < ConstantExpression(0)))
    refunds = lines.filter(came_back & (amount < ConstantExpression(0)))
    if not refunds.limit(1).fetchall():
        return
    returned = refunds.project(CoalesceOperator(ColumnExpression(ORIGIN), order).alias(ORDER), amount)
    by_order = returned.aggregate([order, (-amount).sum().cast(MONEY).alias(BACK)])
    others = lines.filter(~came_back).project(order, CaseExpression(status == text("sale"), amount).alias(BROUGHT))
    sold = others.set_alias("others").join(by_order.set_alias("refunds"), ORDER, how="semi")
    brought = sold.aggregate([order, call("sum", ColumnExpression(BROUGHT)).cast(MONEY).alias(BROUGHT)])
    there = brought.project(StarExpression(), ConstantExpression(True).alias(IS_THERE))
    both = by_order.set_alias("refunds").join(there.set_alias("orders"), ORDER, how="left")
    unknown = both.filter(ColumnExpression(IS_THERE).is_null())
    yield from _said(UNKNOWN, unknown, ColumnExpression(BACK))
    # What was cancelled, given or moved brought nothing, and what is given back of it takes nothing away.
    over = ColumnExpression(BACK) - ColumnExpression(BROUGHT)
    yield from _said(TOO_LARGE, both.filter((ColumnExpression(BROUGHT) > ZERO) & (over > CENT)), over)


def is_of_refunds(warning: Message) -> bool:
    """Whether `refund_warnings` gave a warning, of the lines that were there then."""
    note = warning.values.get("note")
    return isinstance(note, Message) and note.text in (UNKNOWN[0], TOO_LARGE[0])


def _said(forms: tuple[str, str], orders: DuckDBPyRelation, amount: Expression) -> Iterator[Message]:
    totals = [call("count_star").alias("n"), call("sum", amount).alias("amount")]
    ((number, total),) = orders.aggregate(totals).fetchall()
    if not number:
        return
    first = orders.project(ColumnExpression(ORDER)).sort(ColumnExpression(ORDER)).limit(EXAMPLES).fetchall()
    examples = ", ".join(order for (order,) in first) + " ..." * (number > len(first))
    values = {"n": int(number), "amount": i18n.number(total), "examples": examples}
    yield of_table(ORDER_LINES.name, Message.counted(forms, values))
