"""Rows that were refused, kept beside the version."""

from collections.abc import Sequence
from pathlib import Path

from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection

from shopkeeper.lake.workbench import write

REJECTS = "rejects.parquet"


REJECT_COLUMNS = ("file", "table", "line", "column", "value", "rule", "reason", "row")


def join_rejects(
    connection: DuckDBPyConnection, directory: Path, staged: Path | None, older: Path | None, carried: Sequence[str]
) -> Path | None:
    """Put the rejects into `directory`: those staged, and those that belong to the carried tables."""
    columns = [ColumnExpression(name) for name in REJECT_COLUMNS]
    parts = [connection.read_parquet(str(staged)).project(*columns)] if staged else []
    if older and carried:
        wanted = ColumnExpression("table").isin(*(ConstantExpression(name) for name in carried))
        parts.append(connection.read_parquet(str(older)).filter(wanted).project(*columns))
    if not parts:
        return None
    rejects = parts[0] if len(parts) == 1 else parts[0].union(parts[1])
    if not rejects.limit(1).fetchall():
        return None
    making = directory / "rejects.making"
    write(rejects, making)
    return making.replace(directory / REJECTS)
