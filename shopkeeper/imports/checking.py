"""The contract held against one file: every row is good, or is listed with each column that is not.

One scan writes the good rows; a second one, only where some rows are missing from them, lists the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
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

from shopkeeper.errors import Refused
from shopkeeper.imports.expressions import Clock, Term, call, column_term, filled, refuse_type, term, text, typed
from shopkeeper.imports.files import WORKBOOK
from shopkeeper.imports.mapping import ColumnMapping, FillDown, TableMapping
from shopkeeper.imports.reading import FileColumn, Reading, unreadable
from shopkeeper.imports.rules import nearest, replace_columns, sources
from shopkeeper.lake import disk_is_full
from shopkeeper.manifest import Shop
from shopkeeper.tables import Column, Table

NUL = chr(0)
FIRST_DAY = date(1970, 1, 1)
PAST_ONLY = {
    "order_lines": ("ordered_at",),
    "customers": ("joined_on",),
    "stock_snapshots": ("day",),
    "inbound": ("ordered_on", "received_on"),
}
"""Times that have happened; other dates may lie ahead."""
NET_AMOUNT = "net_amount"
ROW, KEY, BLOCKED = "row json", "key", "blocked"
"""Columns of candidates beside the contract's; the blank keeps the first from ever meeting one of these."""


@dataclass(frozen=True)
class Terms:
    """What all files of an import are held against. `not_after` is the first day that no past event may have."""

    shop: Shop
    source_timezone: str
    not_after: date


@dataclass(frozen=True)
class Check:
    """A rule that a value breaks, with the reason in words and how to mend it."""

    column: str
    rule: str
    broken: Expression
    reason: str


@dataclass(frozen=True)
class Candidates:
    """A file's rows, typed but not yet judged.

    `rows` has line, the contract's columns by name (NULL where unusable), `<name>?` BOOLEAN (given), `<name>=` VARCHAR
    (as the file says), and the whole row as JSON text. `checks` are in the order in which they are told.
    """

    reading: Reading
    rows: DuckDBPyRelation
    checks: tuple[Check, ...]
    unused: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """One file after the checks. `good` and `rejects` are Parquet files; `None` where there is no such row."""

    rows_in: int
    rows_good: int
    good: Path | None
    rejects: Path | None
    net_amount_in: Decimal
    net_amount_rejected: Decimal
    net_amount_unreadable_rows: int


def candidates(reading: Reading, mapping: TableMapping, contract: Table, terms: Terms) -> Candidates:
    """Apply the mapping to a file. Raise `Refused` where a column that is needed is not there or cannot be used."""
    found, absent = _resolve(reading, mapping, contract)
    clock = Clock(terms.shop.timezone, terms.source_timezone, cells=reading.file.kind in WORKBOOK)
    by_name = {column.name: column for column in reading.columns}
    made: dict[str, Term] = {}
    for column in contract.columns:
        if column.name in found:
            made[column.name] = _term(reading, by_name, found[column.name], column, clock)
    everything = [ColumnExpression("line")]
    for column in contract.columns:
        everything += _project(column, made.get(column.name))
    pairs = [part for each in reading.columns for part in (text(each.name), ColumnExpression(each.id).cast("VARCHAR"))]
    everything.append(call("json_object", *pairs).cast("VARCHAR").alias(ROW))
    relation = fill_down(reading, mapping.fill_down) if mapping.fill_down else reading.relation
    used = {name for column in found.values() for name in sources(column.rule)}
    used |= {mapping.fill_down.key} if mapping.fill_down else set()
    return Candidates(
        reading,
        relation.project(*everything),
        tuple(
            check for column in contract.columns for check in _checks(contract, column, made.get(column.name), terms)
        ),
        unused=tuple(column.name for column in reading.columns if column.name not in used),
        absent=absent,
    )


def _resolve(
    reading: Reading, mapping: TableMapping, contract: Table
) -> tuple[dict[str, ColumnMapping], tuple[str, ...]]:
    """The mapping's columns in the file's own spelling; and the file's columns it names in vain."""
    aliases = dict(mapping.aliases)
    found: dict[str, ColumnMapping] = {}
    absent: list[str] = []
    for column in mapping.columns:
        missing = []
        names: dict[str, str] = {}
        for name in sources(column.rule):
            matches = [match for each in (name, *aliases.get(name, ())) if (match := reading.column(each))]
            if matches:
                names[name] = matches[0].name
            else:
                missing.append(name)
        if not missing:
            rule = replace_columns(column.rule, names.__getitem__)
            found[column.name] = ColumnMapping(column.name, rule, column.formats, column.decimal, column.round)
        elif contract.column(column.name).required:
            near = nearest(missing[0], (each.name for each in reading.columns))
            raise Refused(
                f"{reading.file.name} has no column {missing[0]!r}, from which {column.name} is made{near} "
                f"It has: {', '.join(each.name for each in reading.columns)[:500]}. Mend the file or the mapping."
            )
        elif not mapping.identity:
            absent += missing
    return found, tuple(absent)


def _term(
    reading: Reading, by_name: Mapping[str, FileColumn], mapping: ColumnMapping, column: Column, clock: Clock
) -> Term:
    def of_file(name: str) -> Term:
        return column_term(by_name[name].id, by_name[name].type)

    try:
        return typed(term(mapping.rule, of_file, mapping), column, mapping, clock)
    except KeyError as error:
        raise refuse_type(reading.file.name, column, " and ".join(sources(mapping.rule)), error.args[0]) from error


def _project(column: Column, made: Term | None) -> Iterator[Expression]:
    if made is None:
        yield ConstantExpression(None).cast(column.type).alias(column.name)
        return
    yield made.value.alias(column.name)
    yield made.given.alias(f"{column.name}?")
    yield made.shown.alias(f"{column.name}=")


def fill_down(reading: Reading, rule: FillDown) -> DuckDBPyRelation:
    """The file with empty cells of the rule's columns taken from the first row of the same key."""
    key = reading.column(rule.key)
    if key is None:
        raise Refused(f"{reading.file.name} has no column {rule.key!r}, by which the mapping fills cells. Mend either.")
    ids = {column.id for name in rule.columns if (column := reading.column(name))}
    by = ColumnExpression(key.id)
    parts = [ColumnExpression("line")]
    for column in reading.columns:
        cell = ColumnExpression(column.id)
        if column.id in ids and column.type == "VARCHAR":
            first = cell.first().over(partition_by=by, order_by=ColumnExpression("line"))
            parts.append(CaseExpression(filled(cell) | ~filled(by), cell).otherwise(first).alias(column.id))
        else:
            parts.append(cell)
    return reading.relation.project(*parts)


def _checks(contract: Table, column: Column, made: Term | None, terms: Terms) -> Iterator[Check]:
    """The rules of a column, in the order in which a row is told about them."""
    name, value = column.name, ColumnExpression(column.name)
    if made is None:
        return
    given = ColumnExpression(f"{name}?")
    if column.required:
        yield Check(
            name, "required", value.is_null() & ~given, f"{name} is empty; every row of {contract.name} needs it."
        )
    if made.fault != "text":
        yield Check(name, made.fault, value.is_null() & given, UNUSABLE[made.fault])
    if column.type == "VARCHAR":
        yield Check(name, "text", call("contains", value, text(NUL)), "It holds a NUL character, which is no text.")
    if column.allowed:
        allowed = ", ".join(column.allowed)
        known = value.isin(*map(text, column.allowed))
        yield Check(
            name, "allowed", ~known, f"It is none of: {allowed}. Change it, or say in the mapping what it means."
        )
    if column.minimum is not None:
        least = ConstantExpression(int(column.minimum))
        yield Check(name, "minimum", value < least, f"It is less than {column.minimum:g}.")
    if name == "currency":
        own = terms.shop.currency
        yield Check(
            name, "currency", value != text(own), f"It is not {own}, the shop's currency. Convert the amounts first."
        )
    if column.type in ("DATE", "TIMESTAMP"):
        early = value < ConstantExpression(FIRST_DAY)
        yield Check(name, "too early", early, "It lies before 1970. Check the date's format.")
    if name in PAST_ONLY.get(contract.name, ()):
        late = value >= ConstantExpression(terms.not_after)
        yield Check(name, "too late", late, "It lies in the future. Check the date's format.")


UNUSABLE = {
    "whole number": "It is not a whole number such as 3 or -1.",
    "amount": "It is not an amount such as 1234.50 (no thousands mark, no currency sign, at most 4 decimals).",
    "number": "It is not a number such as 2.5.",
    "date": "It is not a day such as 2026-10-21 without a time; other forms need a format in the mapping.",
    "time": "It is not a time such as 2026-10-21 18:30:00; other forms need a format in the mapping.",
    "yes or no": "It is none of: true, false, yes, no, 1, 0.",
    "values": "The mapping does not say what it means. Add it to values.",
}
UNIQUE = "Another row has the same {key}. Keep the one that is right."
ALREADY = "The shop's data already hold this {key}. Append only what is new, or import everything without append."


def any_broken(checks: Sequence[Check]) -> Expression:
    """TRUE where a row breaks any of the checks, else FALSE."""
    yes, no = ConstantExpression(True), ConstantExpression(False)
    return CaseExpression(reduce(or_, (check.broken for check in checks)), yes).otherwise(no)


def split(
    connection: DuckDBPyConnection, given: Candidates, contract: Table, blocked: DuckDBPyRelation | None, target: Path
) -> Split:
    """Write good rows to `target` and the others beside it. `blocked` has keys and the rule that keeps them out.

    Raise `Refused` where the file turns out to be damaged, or where a row would be lost.
    """
    rows, checks = _with_blocked(given, contract, blocked)
    broken = any_broken(checks)
    rejects = target.with_suffix(".rejects.parquet")
    try:
        columns = [ColumnExpression(column.name).cast(column.type).alias(column.name) for column in contract.columns]
        rows.filter(~broken).project(*columns).write_parquet(str(target), compression="zstd")
        good = _count(connection, target)
        bad = given.reading.rows - good
        if bad:
            listed = list_rejects(rows.filter(broken), given.reading, contract, checks)
            listed.write_parquet(str(rejects), compression="zstd")
            lines = connection.read_parquet(rejects).project(ColumnExpression("line")).distinct()
            if _rows(lines) != bad:
                raise Refused(f"{given.reading.file.name}: {bad:,} rows are missing and {_rows(lines):,} are rejected.")
        amounts = net_amounts(rows, broken, bad) if contract.name == "order_lines" else (Decimal(0), Decimal(0), 0)
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and disk_is_full(error):
            raise
        raise unreadable(given.reading.file, error) from error
    return Split(given.reading.rows, good, target if good else None, rejects if bad else None, *amounts)


def _with_blocked(
    given: Candidates, contract: Table, blocked: DuckDBPyRelation | None
) -> tuple[DuckDBPyRelation, tuple[Check, ...]]:
    if blocked is None:
        return given.rows, given.checks
    names = key_columns(contract)
    keyed = given.rows.project(duckdb.StarExpression(), key(names).alias(KEY)).set_alias("rows")
    rows = keyed.join(blocked.set_alias("blocked keys"), KEY, how="left")
    told = " and ".join(names)
    checks = tuple(
        Check(
            names[0],
            rule,
            duckdb.CoalesceOperator(ColumnExpression(BLOCKED), text("")) == text(rule),
            reason.format(key=told),
        )
        for rule, reason in (("already there", ALREADY), ("unique", UNIQUE))
    )
    return rows, (*given.checks, *checks)


def key_columns(contract: Table) -> tuple[str, ...]:
    """What makes a row known: the table's key; of order lines, the order."""
    return contract.key or (("order_id",) if contract.name == "order_lines" else ())


def key(names: Sequence[str]) -> Expression:
    """A key as one list of texts, in which an empty part equals an empty part."""
    return call("list_value", *(ColumnExpression(name).cast("VARCHAR") for name in names))


def list_rejects(
    rows: DuckDBPyRelation, reading: Reading, contract: Table, checks: Sequence[Check]
) -> DuckDBPyRelation:
    """One row per broken row and column: file, table, line, column, value, rule, reason, row."""
    by_column: dict[str, list[Check]] = {}
    for check in checks:
        by_column.setdefault(check.column, []).append(check)
    faults = call("list_value", *(_fault(column, of_column) for column, of_column in by_column.items()))
    fault = ColumnExpression("fault")

    def part(number: int, name: str) -> Expression:
        return call("list_extract", fault, ConstantExpression(number)).alias(name)

    unnested = rows.project(ColumnExpression("line"), call("unnest", faults).alias("fault"), ColumnExpression(ROW))
    return unnested.filter(fault.is_not_null()).project(
        text(reading.file.name).alias("file"), text(contract.name).alias("table"), ColumnExpression("line"),
        part(1, "column"), part(2, "value"), part(3, "rule"), part(4, "reason"), ColumnExpression(ROW).alias("row"),
    )  # fmt: skip


def _fault(column: str, checks: Sequence[Check]) -> Expression:
    """The first rule that a column breaks, as a list of texts; NULL where it breaks none."""

    def told(check: Check) -> Expression:
        return call("list_value", text(column), ColumnExpression(f"{column}="), text(check.rule), text(check.reason))

    first, *others = checks
    return reduce(
        lambda so_far, check: so_far.when(check.broken, told(check)), others, CaseExpression(first.broken, told(first))
    )


def net_amounts(rows: DuckDBPyRelation, broken: Expression, bad: int) -> tuple[Decimal, Decimal, int]:
    """Sums of the readable net amounts, of all rows and of the rejected ones; and how many rows have none."""
    amount = ColumnExpression(NET_AMOUNT)
    total, all_rows, readable = _sum(rows, amount)
    return total, _sum(rows.filter(broken), amount)[0] if bad else Decimal(0), all_rows - readable


def _sum(rows: DuckDBPyRelation, amount: Expression) -> tuple[Decimal, int, int]:
    counted = FunctionExpression("count_star").alias("rows")
    ((total, all_rows, readable),) = rows.aggregate(
        [amount.sum().alias("sum"), counted, amount.count().alias("n")]
    ).fetchall()
    return total or Decimal(0), all_rows, readable


def _count(connection: DuckDBPyConnection, path: Path) -> int:
    return _rows(connection.read_parquet(path))


def _rows(relation: DuckDBPyRelation) -> int:
    ((number,),) = relation.aggregate([FunctionExpression("count_star").alias("rows")]).fetchall()
    return int(number)


def tomorrow(now: datetime) -> date:
    """The first day on which nothing can have happened yet, wherever the clock stands: two days on."""
    return date.fromordinal(now.date().toordinal() + 2)
