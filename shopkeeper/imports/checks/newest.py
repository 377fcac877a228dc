"""Newer rows of an order or key in place of older ones: what differs replaces them, what is the same stays as it was.

Keys are compared as texts. Of order lines, which have no key of their own, it is the whole order that is replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import reduce
from pathlib import Path

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation, FunctionExpression

from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.split import KEY, NET_AMOUNT, key_columns, key_text
from shopkeeper.lake.workbench import ROW_GROUP, typed

EXAMPLES = 20
PIECE = 2 * ROW_GROUP
"""A rewritten file of more rows is cut up: what changes next time then touches less."""
PIECE_BYTES = "4MB"
NEWEST, SIGN, FILE = "newest file", "sign", "filename"
TIME = "ordered_at"
Times = tuple[datetime, datetime]


@dataclass(frozen=True)
class Replacement:
    """What newer rows of one table did to older ones of the same order or key.

    `keys_*` count orders or keys among the new files. `rows_superseded`: rows of these files that a newer one of them
    brings again; `rows_unchanged`: rows that were there already, just as they are; `rows_replaced`: older rows that
    gave way. `keys`: a Parquet file of all keys that came; `files`: the names of the files that they came in.
    """

    keys: Path
    files: tuple[str, ...]
    keys_new: int
    keys_changed: int = 0
    keys_unchanged: int = 0
    rows_superseded: int = 0
    rows_unchanged: int = 0
    rows_replaced: int = 0
    net_amount_unchanged: Decimal = Decimal(0)
    net_amount_replaced: Decimal = Decimal(0)
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Replaced:
    """Files of new rows, older files without what they replace, and what was counted."""

    good: tuple[Path, ...]
    kept: tuple[Path, ...]
    replacement: Replacement


def newest_only(
    connection: DuckDBPyConnection, opened: Sequence[Candidates], contract: Table, scratch: str
) -> tuple[list[Candidates], int]:
    """The files, the oldest first, without rows whose key a later one has too; and how many these were."""
    if len(opened) < 2:
        return list(opened), 0
    names = key_columns(contract)
    numbered = (
        _keys(each.rows, contract).project(ColumnExpression(KEY), ConstantExpression(number).alias(NEWEST))
        for number, each in enumerate(opened)
    )
    by_key = reduce(DuckDBPyRelation.union, numbered)
    twice = by_key.aggregate([ColumnExpression(KEY), ColumnExpression(NEWEST).max().alias(NEWEST)])
    newest = _kept_as(connection, twice, f"newest_{scratch}")
    superseded = 0
    kept: list[Candidates] = []
    for number, each in enumerate(opened):
        later = newest.filter(ColumnExpression(NEWEST) > ConstantExpression(number)).project(ColumnExpression(KEY))
        keyed = each.rows.project(duckdb.StarExpression(), key_text(names).alias(KEY))
        lost = _count(
            keyed.project(ColumnExpression(KEY)).set_alias("rows").join(later.set_alias("later"), KEY, "semi")
        )
        newer = each
        if lost:
            rest = keyed.set_alias("rows").join(later.set_alias("later"), KEY, "anti")
            rows = rest.project(duckdb.StarExpression(exclude=[KEY]))
            newer = replace(each, rows=rows, reading=replace(each.reading, rows=each.reading.rows - lost))
        kept.append(newer)
        superseded += lost
    return kept, superseded


def replace_older(
    connection: DuckDBPyConnection,
    contract: Table,
    opened: Sequence[Candidates],
    good: Sequence[Path],
    existing: Sequence[Path],
    directory: Path,
    scratch: Path,
) -> Replaced:
    """Take out of `existing` what the rows of `opened` replace, and out of their `good` rows what is there already.

    Rewritten older files are put into `directory`; those that lay there already, of this import, are then removed.
    """
    keys_file = scratch / "keys.parquet"
    arriving = reduce(DuckDBPyRelation.union, (_keys(each.rows, contract) for each in opened)).distinct()
    arriving.write_parquet(str(keys_file))
    keys = connection.read_parquet(str(keys_file))
    result = Replacement(keys_file, tuple(each.reading.file.name for each in opened), _count(keys))
    touched, times = _files_with(connection, existing, contract, keys)
    if not touched:
        return Replaced(tuple(good), tuple(existing), result)
    older = _kept_as(connection, _with_keys(connection, contract, touched, keys, times), f"older_{scratch.name}")
    again = older.project(ColumnExpression(KEY))
    newer = _kept_as(connection, _with_keys(connection, contract, good, again), f"newer_{scratch.name}")
    changed = _kept_as(connection, _differing(older, newer), f"changed_{scratch.name}")
    replaced = _semi(older, changed)
    unchanged = newer.set_alias("newer").join(changed.set_alias("changed"), KEY, "anti")
    distinct = _count(older.project(ColumnExpression(KEY)).distinct())
    result = replace(
        result,
        keys_new=result.keys_new - distinct,
        keys_changed=_count(changed),
        keys_unchanged=distinct - _count(changed),
        rows_unchanged=_count(unchanged),
        rows_replaced=_count(replaced),
        net_amount_unchanged=_amount(unchanged, contract),
        net_amount_replaced=_amount(replaced, contract),
        examples=tuple(row[0] for row in changed.sort(ColumnExpression(KEY)).limit(EXAMPLES).fetchall()),
    )
    if result.rows_unchanged:
        same = _kept_as(connection, unchanged.project(ColumnExpression(KEY)).distinct(), f"same_{scratch.name}")
        good = _without(connection, contract, good, same, scratch)
    kept = _kept(connection, contract, existing, changed, directory / f"kept-{scratch.name}")
    return Replaced(tuple(good), kept, result)


def _keys(rows: DuckDBPyRelation, contract: Table) -> DuckDBPyRelation:
    """The key of each row that has one."""
    names = key_columns(contract)
    for name in names:
        if name == names[0] or contract.column(name).required:
            rows = rows.filter(ColumnExpression(name).is_not_null())
    return rows.project(key_text(names).alias(KEY))


def _kept_as(connection: DuckDBPyConnection, rows: DuckDBPyRelation, name: str) -> DuckDBPyRelation:
    """The rows, computed once."""
    rows.create(name)
    return connection.table(name)


def _semi(rows: DuckDBPyRelation, keys: DuckDBPyRelation) -> DuckDBPyRelation:
    return rows.set_alias("rows").join(keys.set_alias("wanted"), KEY, "semi")


def _files_with(
    connection: DuckDBPyConnection, files: Sequence[Path], contract: Table, keys: DuckDBPyRelation
) -> tuple[list[Path], Times | None]:
    """Those of the files that hold any of the keys, and of order lines the first and last time of such rows.

    Only the key's columns and the time are read.
    """
    if not files:
        return [], None
    rows = connection.read_parquet([str(path) for path in files], filename=True)
    time = ColumnExpression(TIME) if contract is ORDER_LINES else ConstantExpression(None).cast("TIMESTAMP")
    keyed = rows.project(ColumnExpression(FILE), time.alias(TIME), key_text(key_columns(contract)).alias(KEY))
    ends = [FunctionExpression(end, ColumnExpression(TIME)).alias(end) for end in ("min", "max")]
    hits = _semi(keyed, keys).aggregate([ColumnExpression(FILE), *ends]).fetchall()
    names = {name for name, _, _ in hits}
    known = [(first, last) for _, first, last in hits if first is not None]
    times = (min(first for first, _ in known), max(last for _, last in known)) if known else None
    return [path for path in files if str(path) in names], times


def _keyed(connection: DuckDBPyConnection, contract: Table, files: Sequence[Path]) -> DuckDBPyRelation:
    rows = typed(connection, contract, files)
    return rows.project(duckdb.StarExpression(), key_text(key_columns(contract)).alias(KEY))


def _with_keys(
    connection: DuckDBPyConnection,
    contract: Table,
    files: Sequence[Path],
    keys: DuckDBPyRelation,
    times: Times | None = None,
) -> DuckDBPyRelation:
    """Rows with any of the keys; none lies outside `times`, so that what does need not be read."""
    rows = _keyed(connection, contract, files)
    if times:
        first, last = map(ConstantExpression, times)
        rows = rows.filter(ColumnExpression(TIME).between(first, last))
    return _semi(rows, keys)


def _differing(older: DuckDBPyRelation, newer: DuckDBPyRelation) -> DuckDBPyRelation:
    """Keys whose rows are not the same on both sides, each as often."""
    columns = [ColumnExpression(name) for name in older.columns]

    def signed(rows: DuckDBPyRelation, sign: int) -> DuckDBPyRelation:
        return rows.project(*columns, ConstantExpression(sign).alias(SIGN))

    both = signed(older, -1).union(signed(newer, 1))
    counted = both.aggregate([*columns, ColumnExpression(SIGN).sum().alias(SIGN)])
    return counted.filter(ColumnExpression(SIGN) != ConstantExpression(0)).project(ColumnExpression(KEY)).distinct()


def _without(
    connection: DuckDBPyConnection, contract: Table, files: Sequence[Path], keys: DuckDBPyRelation, scratch: Path
) -> list[Path]:
    """New files without the rows of some keys; a file that keeps none is left out."""
    kept = []
    for path in files:
        rest = _anti(connection, contract, path, keys)
        target = scratch / f"differing-{path.name}"
        rest.write_parquet(str(target), compression="zstd")
        if _count(connection.read_parquet(str(target))):
            kept.append(target)
    return kept


def _anti(connection: DuckDBPyConnection, contract: Table, path: Path, keys: DuckDBPyRelation) -> DuckDBPyRelation:
    rest = _keyed(connection, contract, [path]).set_alias("rows").join(keys.set_alias("gone"), KEY, "anti")
    return rest.project(*(ColumnExpression(column.name) for column in contract.columns))


def _kept(
    connection: DuckDBPyConnection, contract: Table, existing: Sequence[Path], keys: DuckDBPyRelation, start: Path
) -> tuple[Path, ...]:
    """The older files; those that hold any of the keys are written again without their rows, named after `start`."""
    rewritten = set(_files_with(connection, existing, contract, keys)[0]) if _count(keys) else set()
    kept: list[Path] = []
    for number, path in enumerate(existing):
        if path not in rewritten:
            kept.append(path)
            continue
        rest = _anti(connection, contract, path, keys)
        target = start.with_name(f"{start.name}-{number}.parquet")
        if _count(connection.read_parquet(str(path))) > PIECE:
            kept += _in_pieces(rest, target)
        else:
            rest.write_parquet(str(target), compression="zstd")
            kept.append(target)
        if path.parent == start.parent:
            path.unlink()
    return tuple(kept)


def _in_pieces(rows: DuckDBPyRelation, target: Path) -> list[Path]:
    folder = target.with_suffix("")
    rows.write_parquet(str(folder), compression="zstd", row_group_size=ROW_GROUP, file_size_bytes=PIECE_BYTES)
    pieces = [
        path.rename(target.with_name(f"{target.stem}-{number}.parquet"))
        for number, path in enumerate(sorted(folder.iterdir()))
    ]
    folder.rmdir()
    return pieces


def _count(rows: DuckDBPyRelation) -> int:
    ((number,),) = rows.aggregate([FunctionExpression("count_star").alias("rows")]).fetchall()
    return int(number)


def _amount(rows: DuckDBPyRelation, contract: Table) -> Decimal:
    if contract.name != "order_lines":
        return Decimal(0)
    ((amount,),) = rows.aggregate([ColumnExpression(NET_AMOUNT).sum().alias("sum")]).fetchall()
    return amount or Decimal(0)
