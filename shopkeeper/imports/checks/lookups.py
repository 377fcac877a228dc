"""Files read beside a table's own: a row's partner of the same key adds its columns, and none is ever doubled."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation, Expression

from shopkeeper.errors import Refused
from shopkeeper.imports.checks.contacts import without_point_zero
from shopkeeper.imports.checks.expressions import as_text, column_term
from shopkeeper.imports.checks.rules import Check
from shopkeeper.imports.checks.terms import call
from shopkeeper.imports.checks.texts import mended
from shopkeeper.imports.mapping.declared import Lookup, TableMapping
from shopkeeper.imports.mapping.rules import sources
from shopkeeper.imports.mapping.values import nearest
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.imports.readers.reading import FileColumn, Reading, open_file
from shopkeeper.messages import Message, message

KEY, ROWS = "partner_key", "partner_rows"
NUMBER, LAST = "number of file", "last file"


@dataclass(frozen=True)
class Partners:
    """A lookup, opened: `relation` has one row per KEY, with ROWS (different rows of that key) and the `columns`."""

    lookup: Lookup
    relation: DuckDBPyRelation
    columns: tuple[FileColumn, ...]

    @property
    def rows(self) -> str:
        """The column that holds the number of a row's partners."""
        return f"{self.lookup.name} partners"


def open_partners(
    connection: DuckDBPyConnection,
    mapping: TableMapping,
    beside: Sequence[InputFile],
    scratch: Path,
    *,
    chinese: bool,
    newest: bool = False,
) -> tuple[Partners, ...]:
    """Open all lookups of a table. With `newest`, a key's rows are those of the last file that has it.

    Raise `Refused` where a lookup has no file, or its file lacks a column.
    """
    partners = []
    for lookup in mapping.lookups:
        names = tuple(dict.fromkeys(_names_in(mapping, lookup)))
        files = [file for file in beside if file.lookup == lookup.name]
        if not files:
            raise Refused(
                message(
                    "The mapping reads {name} beside {table}, but no file given fits {patterns}. Give it too.",
                    name=repr(lookup.name),
                    table=mapping.name,
                    patterns=", ".join(map(repr, lookup.files)),
                )
            )
        parts = []
        for number, file in enumerate(files):
            own = TableMapping(mapping.name, (), layout=lookup.layout, aliases=lookup.aliases)
            place = scratch / f"{lookup.name}-{number}"
            place.parent.mkdir(parents=True, exist_ok=True)
            opened = open_file(connection, file, own, place, chinese=chinese)
            parts.append(_keyed(opened, lookup, names, set(_keys_in(mapping, lookup))))
        path = scratch / f"{lookup.name}.partners.parquet"
        rows = last_of(parts, [KEY]) if newest else reduce(DuckDBPyRelation.union, parts)
        _by_key(rows, len(names)).write_parquet(str(path), compression="zstd")
        columns = tuple(
            FileColumn(f"{lookup.name}.{name}", f"{lookup.name} {number}", "VARCHAR")
            for number, name in enumerate(names)
        )
        partners.append(Partners(lookup, _named(connection.read_parquet(str(path)), columns), columns))
    return tuple(partners)


def last_of(parts: Sequence[DuckDBPyRelation], key: Sequence[str]) -> DuckDBPyRelation:
    """The rows of several files, the oldest first, without those whose key a later one has too."""
    number = ColumnExpression(NUMBER)
    numbered = (
        rows.project(duckdb.StarExpression(), ConstantExpression(each).alias(NUMBER)) for each, rows in enumerate(parts)
    )
    everything = reduce(DuckDBPyRelation.union, numbered)
    last = number.max().over(partition_by=[ColumnExpression(name) for name in key]).alias(LAST)
    of_last = everything.project(duckdb.StarExpression(), last).filter(number == ColumnExpression(LAST))
    return of_last.project(duckdb.StarExpression(exclude=[NUMBER, LAST]))


def _names_in(mapping: TableMapping, lookup: Lookup) -> Iterator[str]:
    start = f"{lookup.name}."
    yield from _keys_in(mapping, lookup)
    for column in mapping.columns:
        yield from (name.removeprefix(start) for name in sources(column.rule) if name.startswith(start))


def _keys_in(mapping: TableMapping, lookup: Lookup) -> Iterator[str]:
    """Columns that say who somebody is: exports of one platform have them or not, so none is missed."""
    start = f"{lookup.name}."
    of_keys = [name for _, names in mapping.keys for name in names]
    yield from (name.removeprefix(start) for name in of_keys if name.startswith(start))


def _keyed(reading: Reading, lookup: Lookup, names: Sequence[str], may_miss: set[str]) -> DuckDBPyRelation:
    parts = [_key_of(reading, lookup.key)]
    for number, name in enumerate(names):
        missing = name in may_miss and reading.column(name) is None
        value = ConstantExpression(None).cast("VARCHAR") if missing else _text_of(reading, name)
        parts.append(value.alias(f"c{number}"))
    return reading.relation.project(*parts)


def _key_of(reading: Reading, name: str) -> Expression:
    """A key as both sides are compared: one program writes 17850, another the same number as 17850.0."""
    return without_point_zero(mended(_text_of(reading, name), key=True)).alias(KEY)


def _text_of(reading: Reading, name: str) -> Expression:
    column = reading.column(name)
    if column is None:
        raise Refused(
            message(
                "{file} has no column {name}, which the mapping reads there{near} Mend the file or the mapping.",
                file=reading.file.name,
                name=repr(name),
                near=nearest(name, (each.name for each in reading.columns)),
            )
        )
    return as_text(column_term(column.id, column.type)).value


def _by_key(rows: DuckDBPyRelation, columns: int) -> DuckDBPyRelation:
    """Exact copies of a row are one; of different rows with one key none is right, and their number is kept."""
    key = ColumnExpression(KEY)
    different = rows.filter(key.is_not_null() & (key != ConstantExpression(""))).distinct()
    values = [call("any_value", ColumnExpression(f"c{number}")).alias(f"c{number}") for number in range(columns)]
    return different.aggregate([key, call("count_star").alias(ROWS), *values])


def _named(relation: DuckDBPyRelation, columns: Sequence[FileColumn]) -> DuckDBPyRelation:
    renamed = [ColumnExpression(f"c{number}").alias(column.id) for number, column in enumerate(columns)]
    return relation.project(ColumnExpression(KEY), ColumnExpression(ROWS), *renamed)


def with_partners(reading: Reading, partners: Sequence[Partners]) -> Reading:
    """The file with the columns of its rows' partners. Raise `Refused` where it lacks the column to join by."""
    relation = reading.relation
    for each in partners:
        own = relation.project(duckdb.StarExpression(), _key_of(reading, each.lookup.to))
        joined = own.set_alias("own").join(each.relation.set_alias("partners"), KEY, how="left")
        number = duckdb.CoalesceOperator(ColumnExpression(ROWS), ConstantExpression(0)).alias(each.rows)
        relation = joined.project(duckdb.StarExpression(exclude=[KEY, ROWS]), number)
    if not partners:
        return reading
    columns = (*reading.columns, *(column for each in partners for column in each.columns))
    return replace(reading, relation=relation.sort(ColumnExpression("line")), columns=columns)


def partner_checks(partners: Sequence[Partners], column: str) -> Iterator[Check]:
    """The rules of a row's partners, told at the contract's `column`."""
    for each in partners:
        number, name = ColumnExpression(each.rows), each.lookup.name
        if not each.lookup.optional:
            reason = message(
                "{to} stands in no row of {name}. Give that file whole, or take the row out.",
                to=each.lookup.to,
                name=name,
            )
            yield Check(column, "no partner", number == ConstantExpression(0), reason)
        reason = message(
            "{name} has several rows that differ for this {key}. Keep the one that is right.",
            name=name,
            key=each.lookup.key,
        )
        yield Check(column, "two partners", number > ConstantExpression(1), reason)


def without_partners(
    partners: Sequence[Partners], readings: Mapping[str, Sequence[DuckDBPyRelation]]
) -> Iterator[Message]:
    """How many rows of each lookup are no row's partner; `readings`: by lookup, the keys of the table's own files."""
    for each in partners:
        keys = reduce(DuckDBPyRelation.union, readings[each.lookup.name]).distinct().set_alias("own")
        left = each.relation.set_alias("partners").join(keys, KEY, how="anti")
        ((rows,),) = left.aggregate([call("count_star").alias("n")]).fetchall()
        if rows:
            yield message(
                "{rows} rows of {name} belong to no row of the table, and were not used.",
                rows=int(rows),
                name=each.lookup.name,
            )


def own_keys(reading: Reading, partners: Sequence[Partners]) -> dict[str, DuckDBPyRelation]:
    """By lookup, the keys that the file's rows ask for."""
    return {each.lookup.name: reading.relation.project(_key_of(reading, each.lookup.to)) for each in partners}
