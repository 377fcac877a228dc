"""Who was forgotten stays so: keyed tombstones of their names, and rows of a file held against them."""

import hmac
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from operator import or_
from pathlib import Path

import polars as pl
from duckdb import CaseExpression, CoalesceOperator, ColumnExpression, ConstantExpression, DuckDBPyConnection

from shopkeeper.contract.table import Table
from shopkeeper.imports.checks.contacts import DIGITS
from shopkeeper.imports.checks.secret import another_key, fingerprint
from shopkeeper.lake.files import sync
from shopkeeper.lake.forget import FORGOTTEN, NAMES
from shopkeeper.lake.rejects import REJECTED

FILE = "forgotten.json"


@dataclass(frozen=True)
class Tombstones:
    """HMACs of the names of forgotten persons; nobody who has not the key can tell whose they are."""

    key: bytes
    marks: frozenset[str]

    def mark(self, name: str) -> str:
        """The tombstone that a name would have."""
        return hmac.new(self.key, f"forgotten:{name}".encode(), sha256).hexdigest()[:DIGITS]

    def hold(self, name: str) -> bool:
        """Whether who has the name was forgotten."""
        return self.mark(name) in self.marks


def marks(root: Path, key: Callable[[], bytes]) -> frozenset[str]:
    """The tombstones of a lake. Raise `Refused` where they were made with another key."""
    file = root / FILE
    if not file.exists():
        return frozenset()
    content = json.loads(file.read_text(encoding="ascii"))
    if isinstance(content, list):
        # As an earlier program wrote it, without the key's fingerprint.
        return frozenset(content)
    if content["key"] != fingerprint(key()):
        raise another_key()
    return frozenset(content["marks"])


def add_marks(root: Path, tombstones: Tombstones, names: Collection[str]) -> None:
    """Keep the tombstones of names beside those that are there."""
    new = sorted(tombstones.marks | {tombstones.mark(name) for name in names})
    beside = root / f"{FILE}.making"
    content = {"key": fingerprint(tombstones.key), "marks": new}
    beside.write_text(json.dumps(content, indent=0) + "\n", encoding="ascii")
    sync(beside)
    beside.replace(root / FILE)
    sync(root)


def leave_out(connection: DuckDBPyConnection, file: Path, table: Table, tombstones: Tombstones) -> int:
    """Take forgotten persons out of a file of good rows, and give how many rows went: order lines stay as nobody's."""
    rows = connection.read_parquet(str(file))
    columns = [name for name in NAMES.get(table.name, ()) if name in rows.columns]
    names: set[str] = set()
    for column in columns:
        names |= {name for (name,) in rows.project(ColumnExpression(column)).distinct().fetchall() if name}
    gone = [ConstantExpression(name) for name in names if tombstones.hold(name)]
    if not gone:
        return 0
    named = CoalesceOperator(reduce(or_, (ColumnExpression(c).isin(*gone) for c in columns)), ConstantExpression(False))
    rest = file.with_suffix(".rest.parquet")
    dropped = 0
    if table.name == "order_lines":
        parts = [
            CaseExpression(~named, ColumnExpression(name)).alias(name) if name in columns else ColumnExpression(name)
            for name in rows.columns
        ]
        rows.project(*parts).write_parquet(str(rest), compression="zstd")
    else:
        dropped = int(rows.filter(named).shape[0])
        rows.filter(~named).write_parquet(str(rest), compression="zstd")
    rest.replace(file)
    return dropped


def cover(file: Path, tombstones: Tombstones) -> None:
    """Cover names of forgotten persons in a file of rejects."""
    rows = pl.read_parquet(file)

    def covered_row(text: str | None) -> str | None:
        if text is None:
            return None
        try:
            cells = json.loads(text)
        except ValueError:
            return text
        if not isinstance(cells, dict):
            return text
        new = {k: FORGOTTEN if isinstance(v, str) and tombstones.hold(v) else v for k, v in cells.items()}
        return text if new == cells else json.dumps(new, ensure_ascii=False)

    def covered_value(text: str | None) -> str | None:
        return FORGOTTEN if text is not None and tombstones.hold(text) else text

    result = rows.with_columns(
        pl.col("row").map_elements(covered_row, return_dtype=pl.String),
        pl.col("value").map_elements(covered_value, return_dtype=pl.String),
        pl.col("key").map_elements(covered_value, return_dtype=pl.String),
    )
    if not result.equals(rows):
        result.select(REJECTED.names).write_parquet(file)
