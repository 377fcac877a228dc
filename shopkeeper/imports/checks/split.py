"""The contract held against one file: every row is good, or is listed with each column that is not.

One scan writes the good rows; a second one, only where some rows are missing from them, lists the others.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from duckdb import (
    CaseExpression,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
)

from shopkeeper.contract.table import MONEY, Table
from shopkeeper.errors import Refused
from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.good_rows import BROKEN, any_broken, judged, write_good
from shopkeeper.imports.checks.read import ROW
from shopkeeper.imports.checks.rules import Check, key_checks
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.imports.readers.reading import Reading, unreadable
from shopkeeper.lake.publish import disk_is_full
from shopkeeper.lake.rejects import LEFT_EMPTY
from shopkeeper.messages import message

NET_AMOUNT = "net_amount"
KEY, BLOCKED = "key", "blocked"


@dataclass(frozen=True)
class Split:
    """One file after the checks. `good` and `rejects` are Parquet files; `None` where there is no such row.

    `left_empty` is a file of cells of good rows, listed as `rejects` lists the faults of the others. `cells_emptied`
    counts such cells by check that is lenient, those of rejected rows too.
    """

    rows_in: int
    rows_good: int
    good: Path | None
    rejects: Path | None
    net_amount_in: Decimal
    net_amount_rejected: Decimal
    net_amount_unreadable_rows: int
    left_empty: Path | None = None
    cells_emptied: tuple[int, ...] = ()


def split(
    connection: DuckDBPyConnection,
    candidates: Candidates,
    contract: Table,
    blocked: DuckDBPyRelation | None,
    target: Path,
    of_blocked: Sequence[Check] = (),
) -> Split:
    """Write good rows to `target`, with the keys of persons beside them, and the others next to it.

    `blocked` has keys and the rule that keeps them out; `of_blocked` are checks that read it, beside those of the key.

    Raise `Refused` where the file turns out to be damaged, or where a row would be lost.
    """
    unjudged, checks = _with_blocked(candidates.rows, candidates.checks, contract, blocked, of_blocked)
    rows = judged(unjudged, checks)
    rejects = target.with_suffix(".rejects.parquet")
    try:
        _write(connection, candidates, rows, contract, blocked, of_blocked, target)
        good = _count(connection, target)
        bad = candidates.reading.rows - good
        if bad:
            listed = list_rejects(unjudged.filter(any_broken(checks)), candidates.reading, contract, checks)
            listed.write_parquet(str(rejects), compression="zstd")
            lines = connection.read_parquet(rejects).project(ColumnExpression("line")).distinct()
            if _rows(lines) != bad:
                raise Refused(
                    message(
                        "{name}: {bad} rows are missing and {rows} are rejected.",
                        name=candidates.reading.file.name,
                        bad=bad,
                        rows=_rows(lines),
                    )
                )
        cells = _cells_emptied(rows, candidates, target, bad)
        emptied = _list_emptied(connection, rows, candidates, contract, target) if any(cells) else None
        amounts = net_amounts(rows, bad) if contract.name == "order_lines" else (Decimal(0), Decimal(0), 0)
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and disk_is_full(error):
            raise
        raise unreadable(candidates.reading.file, error) from error
    return Split(
        candidates.reading.rows, good, target if good else None, rejects if bad else None, *amounts, emptied, cells
    )


def _cells_emptied(rows: DuckDBPyRelation, candidates: Candidates, target: Path, bad: int) -> tuple[int, ...]:
    """By check that is lenient, cells of all rows that could not be read.

    Where every row is good, those are the cells that say something and are empty in the file of good rows, whose footer
    counts the others: nothing has to be read again.
    """
    checks = candidates.lenient
    if not checks:
        return ()
    empty = _empty_cells(target) if not bad else {}
    if {check.column for check in checks} <= empty.keys():
        said = [call("count_if", ColumnExpression(f"{check.column}?")).alias(check.column) for check in checks]
        (cells,) = rows.aggregate(said).fetchall()
        return tuple(
            int(number or 0) - candidates.reading.rows + empty[check.column]
            for check, number in zip(checks, cells, strict=True)
        )
    (cells,) = rows.aggregate([call("count_if", check.broken).alias(check.column) for check in checks]).fetchall()
    return tuple(int(number or 0) for number in cells)


def _empty_cells(file: Path) -> dict[str, int]:
    """Empty cells by column, of those columns that the footer of a Parquet file counts in every row group."""
    footer = pq.read_metadata(file)
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    counts: dict[str, int] = {}
    for place, name in enumerate(footer.schema.names):
        statistics = [group.column(place).statistics for group in groups]
        if all(each is not None and each.has_null_count for each in statistics):
            counts[name] = sum(each.null_count for each in statistics)
    return counts


def _list_emptied(
    connection: DuckDBPyConnection, rows: DuckDBPyRelation, candidates: Candidates, contract: Table, target: Path
) -> Path | None:
    """Write the cells of good rows that could not be read, where there are any."""
    is_emptied = ~ColumnExpression(BROKEN) & any_broken(candidates.lenient)
    checks = [replace(check, rule=LEFT_EMPTY) for check in candidates.lenient]
    path = target.with_suffix(".emptied.parquet")
    list_rejects(rows.filter(is_emptied), candidates.reading, contract, checks).write_parquet(
        str(path), compression="zstd"
    )
    return path if _count(connection, path) else None


def _write(
    connection: DuckDBPyConnection,
    candidates: Candidates,
    rows: DuckDBPyRelation,
    contract: Table,
    blocked: DuckDBPyRelation | None,
    of_blocked: Sequence[Check],
    target: Path,
) -> None:
    """Write the good rows, unless they are written; then at most those that are `blocked` are left out."""
    if candidates.good is None:
        write_good(rows, candidates.kinds, contract, target)
        return
    if blocked is None:
        return
    typed = connection.read_parquet(str(candidates.good.file))
    rest = target.with_suffix(".rest.parquet")
    write_good(judged(*_with_blocked(typed, (), contract, blocked, of_blocked)), candidates.kinds, contract, rest)
    rest.replace(target)


def _with_blocked(
    rows: DuckDBPyRelation,
    checks: Sequence[Check],
    contract: Table,
    blocked: DuckDBPyRelation | None,
    of_blocked: Sequence[Check],
) -> tuple[DuckDBPyRelation, tuple[Check, ...]]:
    if blocked is None:
        return rows, (*checks,)
    names = key_columns(contract)
    keyed = rows.project(duckdb.StarExpression(), key(names).alias(KEY)).set_alias("rows")
    joined = keyed.join(blocked.set_alias("blocked keys"), KEY, how="left")
    rule_broken = duckdb.CoalesceOperator(ColumnExpression(BLOCKED), text(""))
    return joined, (*checks, *key_checks(names, lambda rule: rule_broken == text(rule)), *of_blocked)


def key_columns(contract: Table) -> tuple[str, ...]:
    """What makes a row known: the table's key; of order lines, the order."""
    return contract.key or (("order_id",) if contract.name == "order_lines" else ())


def key(names: Sequence[str]) -> Expression:
    """A key as one list of texts, in which an empty part equals an empty part."""
    return call("list_value", *(ColumnExpression(name).cast("VARCHAR") for name in names))


def key_text(names: Sequence[str]) -> Expression:
    """A key as one text: that of its only column, else a JSON list. Empty where the only column is."""
    if len(names) == 1:
        return ColumnExpression(names[0]).cast("VARCHAR")
    return call("to_json", key(names)).cast("VARCHAR")


def list_rejects(
    rows: DuckDBPyRelation, reading: Reading, contract: Table, checks: Sequence[Check]
) -> DuckDBPyRelation:
    """One row per broken row and column: as `lake.rejects` declares them."""
    by_column: dict[str, list[Check]] = {}
    for check in checks:
        by_column.setdefault(check.column, []).append(check)
    faults = call("list_value", *(_fault(column, of_column) for column, of_column in by_column.items()))
    fault = ColumnExpression("fault")

    def part(number: int, name: str) -> Expression:
        return call("list_extract", fault, ConstantExpression(number)).alias(name)

    names = key_columns(contract)
    nothing = ConstantExpression(None)
    readable = [key_text(names) if names else nothing.cast("VARCHAR")]
    readable.append(ColumnExpression(NET_AMOUNT) if contract.name == "order_lines" else nothing.cast(MONEY))
    unnested = rows.project(
        ColumnExpression("line"),
        call("unnest", faults).alias("fault"),
        ColumnExpression(ROW),
        *(each.alias(name) for each, name in zip(readable, ("row key", "row amount"), strict=True)),
    )
    return unnested.filter(fault.is_not_null()).project(
        text(reading.file.name).alias("file"),
        text(contract.name).alias("table"),
        ColumnExpression("line"),
        part(1, "column"),
        part(2, "value"),
        part(3, "rule"),
        part(4, "reason"),
        ColumnExpression(ROW).alias("row"),
        part(5, "message"),
        ColumnExpression("row key").alias("key"),
        ColumnExpression("row amount").alias(NET_AMOUNT),
    )


def _fault(column: str, checks: Sequence[Check]) -> Expression:
    """The first rule that a column breaks, as a list of texts; NULL where it breaks none."""

    def parts(check: Check) -> Expression:
        reason, data = text(check.reason.in_source()), text(json.dumps(check.reason.as_data(), ensure_ascii=False))
        return call("list_value", text(column), ColumnExpression(f"{column}="), text(check.rule), reason, data)

    first, *others = checks
    return reduce(
        lambda so_far, check: so_far.when(check.broken, parts(check)),
        others,
        CaseExpression(first.broken, parts(first)),
    )


def net_amounts(rows: DuckDBPyRelation, bad: int) -> tuple[Decimal, Decimal, int]:
    """Sums of the readable net amounts, of all rows and of the rejected ones; and how many rows have none."""
    amount = ColumnExpression(NET_AMOUNT)
    total, all_rows, readable = _sum(rows, amount)
    return total, _sum(rows.filter(ColumnExpression(BROKEN)), amount)[0] if bad else Decimal(0), all_rows - readable


def _sum(rows: DuckDBPyRelation, amount: Expression) -> tuple[Decimal, int, int]:
    row_count = FunctionExpression("count_star").alias("rows")
    ((total, all_rows, readable),) = rows.aggregate(
        [amount.sum().alias("sum"), row_count, amount.count().alias("n")]
    ).fetchall()
    return total or Decimal(0), all_rows, readable


def _count(connection: DuckDBPyConnection, path: Path) -> int:
    return _rows(connection.read_parquet(path))


def _rows(relation: DuckDBPyRelation) -> int:
    ((number,),) = relation.aggregate([FunctionExpression("count_star").alias("rows")]).fetchall()
    return int(number)
