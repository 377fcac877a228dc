"""Rows that keep every rule of their own, written once; where all do, orders are held against what was written."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from pathlib import Path

import duckdb
from duckdb import (
    CaseExpression,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
)

from shopkeeper.contract.table import Table
from shopkeeper.imports.checks.candidates import Candidates, GoodRows
from shopkeeper.imports.checks.pseudonyms import beside
from shopkeeper.imports.checks.rules import Check
from shopkeeper.imports.checks.terms import call, text

BROKEN = "broken"


def any_broken(checks: Sequence[Check]) -> Expression:
    """TRUE where a row breaks any of the checks, else FALSE."""
    yes, no = ConstantExpression(True), ConstantExpression(False)
    return CaseExpression(reduce(or_, (check.broken for check in checks)), yes).otherwise(no)


def judged(rows: DuckDBPyRelation, checks: Sequence[Check]) -> DuckDBPyRelation:
    """The rows, with BROKEN: each value is typed once, then judged.

    Left to itself DuckDB would move a filter on the judgement below the typing, and do all of that a second time; it
    does not move what is random, even if it is never true. For the few rejects the move is right: what they show is
    then made for them only.
    """
    never = FunctionExpression("random") < ConstantExpression(0)
    return rows.project(duckdb.StarExpression(), (any_broken(checks) | never).alias(BROKEN))


def write_good(rows: DuckDBPyRelation, kinds: Sequence[str], contract: Table, target: Path) -> None:
    """Write the rows that are not BROKEN, with the keys of persons of these `kinds` beside them."""
    columns = [ColumnExpression(column.name).cast(column.type).alias(column.name) for column in contract.columns]
    columns += [ColumnExpression(name) for name in beside(kinds)]
    rows.filter(~ColumnExpression(BROKEN)).project(*columns).write_parquet(str(target), compression="zstd")


def with_good_rows(
    connection: DuckDBPyConnection, candidates: Candidates, contract: Table, keys: Sequence[str], target: Path
) -> Candidates:
    """The same, its good rows in the file `target`; which of the `keys` are other texts there than the merchant's.

    They are `whole` where every row is good: then nothing else needs to be typed again to tell of the rows.
    """
    write_good(judged(candidates.rows, candidates.checks), candidates.kinds, contract, target)
    made = connection.read_parquet(str(target))
    said = [name for name in keys if f"{name}=" in candidates.rows.columns]
    rows, *written = _texts(made, said, "")
    if candidates.kinds or candidates.reading.sheets or rows != candidates.reading.rows:
        return candidates.with_good(GoodRows(target, candidates.rows, None))
    _, *in_file = _texts(candidates.rows, said, "=")
    mended = tuple(name for name, here, there in zip(said, written, in_file, strict=True) if here != there)
    return candidates.with_good(GoodRows(target, candidates.rows, made, mended))


def _texts(rows: DuckDBPyRelation, names: Sequence[str], mark: str) -> list[object]:
    """How many rows there are, and of each text column how many are filled, with the sum of their hashes."""
    values = [call("nullif", ColumnExpression(f"{name}{mark}"), text("")) for name in names]
    filled = [value.count().alias(f"{name} filled") for name, value in zip(names, values, strict=True)]
    sums = [call("hash", value).sum().alias(f"{name} sum") for name, value in zip(names, values, strict=True)]
    ((count, *parts),) = rows.aggregate([call("count_star").alias("rows"), *filled, *sums]).fetchall()
    return [count, *zip(parts[: len(names)], parts[len(names) :], strict=True)]
