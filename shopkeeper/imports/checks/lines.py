"""What the rules of orders look at, line by line: typed anew, or read from where the good rows were written."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression

from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.keys import BUYER, PLACEHOLDERS, WITH_POINT, with_mending
from shopkeeper.imports.checks.rules import lost_digits
from shopkeeper.imports.checks.signs import kind
from shopkeeper.imports.checks.terms import text

ORDER, KIND = "order_id", "kind"
KEYS = ("order_id", "sku", "customer_id", "account_id", "original_order_id")
COLUMNS = (ORDER, "customer_id", "account_id", "sku", "ordered_at", "quantity", "net_amount", "original_order_id")
MENDED = tuple(f"{name} mended" for name in KEYS)
MARKS = (*PLACEHOLDERS.values(), WITH_POINT)
"""What is kept of keys beside that: texts, empty where there is nothing to say."""


def lines_of(part: Expression, candidates: Candidates) -> DuckDBPyRelation:
    """COLUMNS, KIND, file, MENDED and MARKS of a file's lines; `part` is the number of the file.

    An order number that has lost its digits is no order: its rows are rejected as such.
    """
    order, good = ColumnExpression(ORDER), candidates.good
    if good is None or good.whole is None:
        return candidates.rows.project(
            *map(ColumnExpression, COLUMNS),
            kind(candidates).alias(KIND),
            part,
            *with_mending(candidates.rows, KEYS),
        ).filter(order.is_not_null() & ~lost_digits(order))
    status = duckdb.CoalesceOperator(ColumnExpression("status"), text("sale")).alias(KIND)
    lines = good.whole.project(*map(ColumnExpression, COLUMNS), status, part, *unmended())
    return lines.union(_mended(candidates, good.mended)) if good.mended else lines


def unmended(names: Sequence[str] = KEYS) -> list[Expression]:
    """MENDED and MARKS where the keys `names` are as the merchant's file says them."""
    empty = [nothing("VARCHAR", PLACEHOLDERS[name]) for name in names if name in PLACEHOLDERS]
    point = [nothing("VARCHAR", WITH_POINT)] if BUYER in names else []
    return [*(ConstantExpression(False).alias(f"{name} mended") for name in names), *empty, *point]


def nothing(type_: str, name: str) -> Expression:
    """An empty column."""
    return ConstantExpression(None).cast(type_).alias(name)


def _mended(candidates: Candidates, names: Sequence[str]) -> DuckDBPyRelation:
    """Beside the lines, those whose keys were mended or stand for nobody: of each only that, and its order."""
    others = [name for name in KEYS if name not in names]
    marks = candidates.rows.project(ColumnExpression(ORDER), *with_mending(candidates.rows, names), *unmended(others))
    is_marked = reduce(or_, [ColumnExpression(name).is_not_null() for name in MARKS])
    is_marked = reduce(or_, map(ColumnExpression, MENDED), is_marked)
    empty = [nothing(ORDER_LINES.column(name).type, name) for name in COLUMNS[1:]]
    return marks.filter(is_marked).project(
        ColumnExpression(ORDER),
        *empty,
        nothing("VARCHAR", KIND),
        nothing("INTEGER", "file"),
        *map(ColumnExpression, (*MENDED, *MARKS)),
    )
