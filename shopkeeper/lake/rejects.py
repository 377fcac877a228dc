"""Rows that were refused, kept beside the version."""

from collections.abc import Sequence
from pathlib import Path

from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection

from shopkeeper.contract.table import MONEY, Column, Table
from shopkeeper.lake.workbench import typed, write

REJECTS = "rejects.parquet"
LEFT_EMPTY = "left empty"
"""The rule of cells that could not be read and were left empty: their rows are published, not rejected."""


REJECTED = Table(
    "rejected",
    "one row per fault of a rejected row, or cell that was left empty",
    "The file of rejects beside a version.",
    (
        Column("file", "VARCHAR", "The file."),
        Column("table", "VARCHAR", "The table of the contract."),
        Column("line", "BIGINT", "The record within the file."),
        Column("column", "VARCHAR", "The column at fault."),
        Column("value", "VARCHAR", "The value at fault, as the file has it."),
        Column("rule", "VARCHAR", "The rule that it breaks, by its name."),
        Column("reason", "VARCHAR", "Why, and how to mend it, in English."),
        Column("row", "VARCHAR", "The whole row."),
        Column("message", "VARCHAR", "The reason as `Message.as_data` keeps it, in JSON; versions before 3 lack it."),
        Column("key", "VARCHAR", "The row's order or key, where it has one that can be read; a newer row replaces it."),
        Column("net_amount", MONEY, "The order line's net amount, where it can be read.", unit="shop currency"),
    ),
)


def join_rejects(
    connection: DuckDBPyConnection, directory: Path, staged: Path | None, older: Path | None, carried: Sequence[str]
) -> Path | None:
    """Put the rejects into `directory`: those staged, and those that belong to the carried tables."""
    parts = [typed(connection, REJECTED, [staged])] if staged else []
    if older and carried:
        of_carried = ColumnExpression("table").isin(*(ConstantExpression(name) for name in carried))
        parts.append(typed(connection, REJECTED, [older]).filter(of_carried))
    if not parts:
        return None
    rejects = parts[0] if len(parts) == 1 else parts[0].union(parts[1])
    if not rejects.limit(1).fetchall():
        return None
    making = directory / "rejects.making"
    write(rejects, making)
    return making.replace(directory / REJECTS)
