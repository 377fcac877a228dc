"""What a publication changes of the version before: which files of order lines came and went, and which lines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from duckdb import (
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
)

from shopkeeper.contract.tables import IDENTITIES, ORDER_LINES
from shopkeeper.lake.version import Version
from shopkeeper.lake.workbench import typed
from shopkeeper.query_files import recipe

STEPS = ("int_sale_lines", "int_refunds", "int_persons", "linking_buyers")
"""What the version before must have kept for its marts to be patched."""
COPIES = "copies"


class UnpatchableError(Exception):
    """Why all marts must be made anew."""


@dataclass(frozen=True)
class Change:
    """What a publication changes. `added` and `removed` are files of order lines, `forgotten` accounts.

    `same_identities`: whether the table of keys is the one that was there.
    """

    before: Version
    as_of: date
    added: tuple[Path, ...]
    removed: tuple[Path, ...]
    forgotten: tuple[str, ...] = ()
    same_identities: bool = False

    @property
    def parameters(self) -> dict[str, date]:
        """As queries name them."""
        return {"as_of": self.as_of, "as_of_before": self.before.as_of}


def change(
    before: Version, queries: Path, as_of: date, files: Mapping[str, Sequence[Path]], forgotten: Collection[str]
) -> Change:
    """What the tables' files change of the version before. Raise `UnpatchableError` where that is all."""
    if before.recipe != recipe(queries):
        raise UnpatchableError("the queries are other ones")
    if not all(before.step(name) for name in STEPS) or before.sold_orders is None:
        raise UnpatchableError("the version before was not made to be patched")
    added, removed = _differing(before, files, ORDER_LINES.name)
    counts = {before.path / file.path: file.rows for file in before.tables[ORDER_LINES.name].files}
    if sum(counts[file] for file in removed) == sum(counts.values()):
        raise UnpatchableError("all order lines came again")
    same = _differing(before, files, IDENTITIES.name) == ((), ())
    return Change(before, as_of, added, removed, tuple(forgotten), same)


def _differing(
    before: Version, files: Mapping[str, Sequence[Path]], table: str
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Files of a table that came and that went; a file that stays is a hard link to the one that was there."""
    old = {file.stat().st_ino: file for file in before.files(table)}
    new = {file.stat().st_ino: file for file in files.get(table, ())}
    came = tuple(new[inode] for inode in new.keys() - old.keys())
    return came, tuple(old[inode] for inode in old.keys() - new.keys())


def changed_lines(connection: DuckDBPyConnection, change: Change) -> DuckDBPyRelation:
    """Order lines that are there more or less often than before; `copies`: by how many, below 0 where they went."""
    columns = [ColumnExpression(column.name) for column in ORDER_LINES.columns]

    def counted(lines: DuckDBPyRelation, sign: int) -> DuckDBPyRelation:
        return lines.project(*columns, ConstantExpression(sign).cast("BIGINT").alias(COPIES))

    lines = counted(typed(connection, ORDER_LINES, change.added), 1)
    if change.removed:
        lines = lines.union(counted(typed(connection, ORDER_LINES, change.removed), -1))
    copies: Expression = FunctionExpression("sum", ColumnExpression(COPIES)).cast("BIGINT").alias(COPIES)
    return lines.aggregate([*columns, copies]).filter(ColumnExpression(COPIES) != ConstantExpression(0))
