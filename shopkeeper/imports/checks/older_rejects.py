"""Rows that were rejected before, and whose order or key has come again: the newer rows speak for themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from pathlib import Path

from duckdb import (
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
)

from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.imports.checks.newest import Replacement
from shopkeeper.imports.checks.split import KEY, NET_AMOUNT
from shopkeeper.imports.mapping.declared import REJECTED_IN, REJECTED_LINE
from shopkeeper.lake.rejects import LEFT_EMPTY, REJECTED
from shopkeeper.lake.workbench import typed


@dataclass(frozen=True)
class Withdrawn:
    """Rejected rows of one table that are listed no longer. `faults`: (key, column, value, rule) of each."""

    rows: int = 0
    net_amount: Decimal = Decimal(0)
    net_amount_unreadable_rows: int = 0
    faults: tuple[tuple[str | None, ...], ...] = ()


NOTHING = Withdrawn()
PLACE = "file, line"


@dataclass(frozen=True)
class OlderRejects:
    """The file of those that stay listed, if any was there, and what was withdrawn, by table."""

    path: Path | None
    withdrawn: Mapping[str, Withdrawn]


def withdraw(
    connection: DuckDBPyConnection, older: Path | None, replaced: Mapping[str, Sequence[Replacement]], target: Path
) -> OlderRejects:
    """Write the older rejects without those that newer rows replace.

    A row goes where its key came again, and, where it has none that can be read, where its file was read anew.
    """
    if older is None or not any(replaced.values()):
        return OlderRejects(older, {})
    rest = typed(connection, REJECTED, [older])
    withdrawn: dict[str, Withdrawn] = {}
    for table, replacements in replaced.items():
        of_table = ColumnExpression("table") == ConstantExpression(table)
        keys = connection.read_parquet([str(each.keys) for each in replacements]).distinct().set_alias("keys")
        listed = rest.filter(of_table)
        files = [ConstantExpression(name) for each in replacements for name in each.files]
        nameless = ColumnExpression(KEY).is_null() & ColumnExpression("file").isin(*files)
        gone = listed.set_alias("listed").join(keys, KEY, "semi").union(listed.filter(nameless))
        withdrawn[table] = _counted(gone, table)
        stay = listed.set_alias("listed").join(keys, KEY, "anti").filter(~nameless)
        rest = rest.filter(~of_table).union(stay)
    rest.write_parquet(str(target), compression="zstd")
    return OlderRejects(target, withdrawn)


def withdraw_mended(
    connection: DuckDBPyConnection, older: OlderRejects, places: Mapping[str, Path], target: Path
) -> OlderRejects:
    """Write the older rejects without those whose rows came again mended; `places` are theirs, by table."""
    if older.path is None or not places:
        return older
    rest = typed(connection, REJECTED, [older.path])
    withdrawn = dict(older.withdrawn)
    for table, path in places.items():
        of_table = ColumnExpression("table") == ConstantExpression(table)
        again = connection.read_parquet(str(path)).project(
            ColumnExpression(REJECTED_IN).alias("file"), ColumnExpression(REJECTED_LINE).alias("line")
        )
        listed = rest.filter(of_table)
        withdrawn[table] = _counted(listed.set_alias("listed").join(again.set_alias("again"), PLACE, "semi"), table)
        stay = listed.set_alias("listed").join(again.set_alias("again"), PLACE, "anti")
        rest = rest.filter(~of_table).union(stay)
    rest.write_parquet(str(target), compression="zstd")
    return OlderRejects(target, withdrawn)


def _counted(gone: DuckDBPyRelation, table: str) -> Withdrawn:
    rejected = gone.filter(ColumnExpression("rule") != ConstantExpression(LEFT_EMPTY))
    rows = _columns(rejected, "file", "line", "row", NET_AMOUNT).distinct()
    amount = ColumnExpression(NET_AMOUNT)
    counts = [FunctionExpression("count_star").alias("rows"), amount.sum().alias("sum"), amount.count().alias("n")]
    ((number, total, readable),) = rows.aggregate(counts).fetchall()
    unreadable = number - readable if table == ORDER_LINES.name else 0
    return Withdrawn(number, total or Decimal(0), unreadable, faults(gone))


def faults(rejects: DuckDBPyRelation) -> tuple[tuple[str | None, ...], ...]:
    """What is wrong, wherever it stands: (key, column, value, rule) of each fault, sorted."""
    listed = _columns(rejects, KEY, "column", "value", "rule").fetchall()
    return tuple(sorted(listed, key=lambda fault: tuple(part or "" for part in fault)))


def _columns(rows: DuckDBPyRelation, *names: str) -> DuckDBPyRelation:
    columns: Sequence[Expression] = [ColumnExpression(name) for name in names]
    return rows.project(*columns)


def faults_in(connection: DuckDBPyConnection, files: Sequence[Path]) -> tuple[tuple[str | None, ...], ...]:
    """As `faults`, of files of rejects."""
    if not files:
        return ()
    parts = (typed(connection, REJECTED, [path]) for path in files)
    return faults(reduce(DuckDBPyRelation.union, parts))
