"""A file's rows after the mapping: typed, but not yet judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression

from shopkeeper.contract.table import Column, Table
from shopkeeper.errors import Refused
from shopkeeper.imports.checks.expressions import (
    CheckedValue,
    Clock,
    call,
    column_term,
    filled,
    refuse_type,
    term,
    text,
    typed,
)
from shopkeeper.imports.checks.rules import Check, Terms, checks_of
from shopkeeper.imports.mapping.file import ColumnMapping, FillDown, TableMapping
from shopkeeper.imports.mapping.rules import nearest, replace_columns, sources
from shopkeeper.imports.readers.files import WORKBOOK
from shopkeeper.imports.readers.reading import FileColumn, Reading
from shopkeeper.messages import message

ROW = "row json"
"""The whole row; the blank keeps the name from ever meeting a column's."""


@dataclass(frozen=True)
class Candidates:
    """A file's rows, typed but not yet judged.

    `rows` has line, the contract's columns by name (NULL where unusable), `<name>?` BOOLEAN (filled), `<name>=` VARCHAR
    (as the file says), and the whole row as JSON text. `checks` are in the order in which they are told.
    """

    reading: Reading
    rows: DuckDBPyRelation
    checks: tuple[Check, ...]
    unused: tuple[str, ...]
    absent: tuple[str, ...]


def candidates(reading: Reading, mapping: TableMapping, contract: Table, terms: Terms) -> Candidates:
    """Apply the mapping to a file. Raise `Refused` where a column that is needed is not there or cannot be used."""
    mapped, absent = _resolve(reading, mapping, contract)
    clock = Clock(terms.shop.timezone, terms.source_timezone, cells=reading.file.kind in WORKBOOK)
    by_name = {column.name: column for column in reading.columns}
    made: dict[str, CheckedValue] = {}
    for column in contract.columns:
        if column.name in mapped:
            made[column.name] = _term(reading, by_name, mapped[column.name], column, clock)
    everything = [ColumnExpression("line")]
    for column in contract.columns:
        everything += _project(column, made.get(column.name))
    pairs = [part for each in reading.columns for part in (text(each.name), ColumnExpression(each.id).cast("VARCHAR"))]
    everything.append(call("json_object", *pairs).cast("VARCHAR").alias(ROW))
    relation = fill_down(reading, mapping.fill_down) if mapping.fill_down else reading.relation
    used = {name for column in mapped.values() for name in sources(column.rule)}
    used |= {mapping.fill_down.key} if mapping.fill_down else set()
    return Candidates(
        reading,
        relation.project(*everything),
        tuple(
            check
            for column in contract.columns
            if column.name in made
            for check in checks_of(contract, column, made[column.name].fault, terms)
        ),
        unused=tuple(column.name for column in reading.columns if column.name not in used),
        absent=absent,
    )


def _resolve(
    reading: Reading, mapping: TableMapping, contract: Table
) -> tuple[dict[str, ColumnMapping], tuple[str, ...]]:
    """The mapping's columns in the file's own spelling; and the file's columns it names in vain."""
    aliases = dict(mapping.aliases)
    mapped: dict[str, ColumnMapping] = {}
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
            mapped[column.name] = replace(column, rule=rule)
        elif contract.column(column.name).required:
            near = nearest(missing[0], (each.name for each in reading.columns))
            raise Refused(
                message(
                    "{name} has no column {missing}, from which {column} is made{near} It has: {columns}. Mend "
                    "the file or the mapping.",
                    name=reading.file.name,
                    missing=repr(missing[0]),
                    column=column.name,
                    near=near,
                    columns=", ".join(each.name for each in reading.columns)[:500],
                )
            )
        elif not mapping.identity:
            absent += missing
    return mapped, tuple(absent)


def _term(
    reading: Reading, by_name: Mapping[str, FileColumn], mapping: ColumnMapping, column: Column, clock: Clock
) -> CheckedValue:
    def of_file(name: str) -> CheckedValue:
        return column_term(by_name[name].id, by_name[name].type)

    try:
        return typed(term(mapping.rule, of_file, mapping), column, mapping, clock)
    except KeyError as error:
        raise refuse_type(reading.file.name, column, " and ".join(sources(mapping.rule)), error.args[0]) from error


def _project(column: Column, made: CheckedValue | None) -> Iterator[Expression]:
    if made is None:
        yield ConstantExpression(None).cast(column.type).alias(column.name)
        return
    yield made.value.alias(column.name)
    yield made.is_filled.alias(f"{column.name}?")
    yield made.shown.alias(f"{column.name}=")


def fill_down(reading: Reading, rule: FillDown) -> DuckDBPyRelation:
    """The file with empty cells of the rule's columns taken from the first row of the same key."""
    key = reading.column(rule.key)
    if key is None:
        raise Refused(
            message(
                "{name} has no column {key}, by which the mapping fills cells. Mend either.",
                name=reading.file.name,
                key=repr(rule.key),
            )
        )
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
    return reading.relation.project(*parts).sort(ColumnExpression("line"))
