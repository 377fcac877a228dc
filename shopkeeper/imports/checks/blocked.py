"""Keys that keep all their rows out: those that stand twice, those that an order check stopped, those already there."""

import secrets
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation, FunctionExpression

from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.imports.checks import mended
from shopkeeper.imports.checks.orders import CheckedOrders
from shopkeeper.imports.checks.overlap import BACK
from shopkeeper.imports.checks.signs import is_refund
from shopkeeper.imports.checks.split import BLOCKED, KEY, key, key_columns


def blocked_keys(
    connection: DuckDBPyConnection,
    orders: CheckedOrders,
    contract: Table,
    existing: Sequence[Path],
    of_mended: Path | None = None,
) -> DuckDBPyRelation | None:
    """Keys that keep their rows out, with the rule; `None` where there are none. `of_mended`: places of rejects whose
    rows are here again.

    Of rows with the same key none is taken, because nobody here knows which is right.
    """
    names = key_columns(contract)
    if not names or not (contract.key or existing or orders.blocked):
        return None
    columns = [ColumnExpression(name) for name in names]
    keys = reduce(DuckDBPyRelation.union, (each.rows.project(*columns) for each in orders.opened))
    for name in names:
        if contract.column(name).required:
            keys = keys.filter(ColumnExpression(name).is_not_null())
    blocked: list[DuckDBPyRelation] = [orders.blocked] if orders.blocked else []
    if contract.key:
        rows_by_key = keys.aggregate([*columns, FunctionExpression("count_star").alias("rows")])
        twice = rows_by_key.filter(ColumnExpression("rows") > ConstantExpression(1))
        blocked.append(twice.project(key(names).alias(KEY), ConstantExpression("unique").alias(BLOCKED)))
    if existing:
        others = mended.without(connection, orders, of_mended)
        blocked.append(_already_there(connection, others, contract, existing))
    everything = reduce(DuckDBPyRelation.union, blocked)
    name = f"blocked_{secrets.token_hex(4)}"
    everything.aggregate([ColumnExpression(KEY), ColumnExpression(BLOCKED).min().alias(BLOCKED)]).create(name)
    kept = connection.table(name)
    return kept if kept.limit(1).fetchall() else None


def _already_there(
    connection: DuckDBPyConnection, orders: CheckedOrders, contract: Table, existing: Sequence[Path]
) -> DuckDBPyRelation:
    """Keys that the table has. Refunds of an order that is there are new, unless refunds of it are there too."""
    names = key_columns(contract)
    filled = ColumnExpression(names[0]).is_not_null()
    old = connection.read_parquet([str(path) for path in existing])
    back_there, back_here = ConstantExpression(False), [ConstantExpression(False)] * len(orders.opened)
    if contract is ORDER_LINES:
        back_here = [is_refund(each) for each in orders.opened]
        if "status" in old.columns:
            status = duckdb.CoalesceOperator(ColumnExpression("status"), ConstantExpression("sale"))
            back_there = status == ConstantExpression("refund")
    there = old.project(key(names).alias(KEY), back_there.alias(BACK)).distinct().set_alias("old")
    new = reduce(
        DuckDBPyRelation.union,
        (
            each.rows.filter(filled).project(key(names).alias(KEY), back.alias(BACK))
            for each, back in zip(orders.opened, back_here, strict=True)
        ),
    )
    both = new.distinct().set_alias("new").join(there, f"{KEY}, {BACK}", how="semi")
    return both.project(ColumnExpression(KEY), ConstantExpression("already there").alias(BLOCKED))
