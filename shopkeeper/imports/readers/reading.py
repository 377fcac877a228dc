"""A file of any kind as one lazy relation, its columns called c0, c1, ... so that no name in it can mean anything."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import (
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
    StarExpression,
)

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.declared import Aliases, TableMapping
from shopkeeper.imports.mapping.rules import sources
from shopkeeper.imports.readers import csv_file, workbook
from shopkeeper.imports.readers.files import PARQUET, WORKBOOK, InputFile
from shopkeeper.imports.readers.staged import MOST_COLUMNS, Sheet, empty_rows, own_names
from shopkeeper.messages import Message, message

AROUND = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + "\u200b\u200c\u200d\u2060\ufeff"
PARQUET_CELLS = 20_000_000_000
ROW_NUMBER = "file_row_number"


@dataclass(frozen=True)
class FileColumn:
    """One column of a file: what the file calls it, what the relation does, and its DuckDB type."""

    name: str
    id: str
    type: str


@dataclass(frozen=True)
class Reading:
    """One file, opened. `relation` has `line` BIGINT (1 = first record below the header) and the columns by `id`.

    `rows` was counted without the relation: by Python, by the workbook's reader, in the Parquet footer.
    `twice` are names that several columns had. `sheets`: of a workbook of which several were read. `without_nul`:
    whether the reader saw that no text holds the character NUL. `aliases` are other spellings of its columns.
    """

    file: InputFile
    relation: DuckDBPyRelation
    columns: tuple[FileColumn, ...]
    rows: int
    warnings: tuple[Message, ...] = ()
    twice: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    without_nul: bool = False
    aliases: Aliases = ()

    def column(self, name: str) -> FileColumn | None:
        """The column of that name, else of its first alias that is there."""
        others = dict(self.aliases).get(name, ())
        return next((column for each in (name, *others) if (column := self._spelled(each))), None)

    def _spelled(self, name: str) -> FileColumn | None:
        """Letter case, and blanks and invisible characters around a name, do not count, unless two would fit."""
        exact = [column for column in self.columns if column.name == name]
        alike = [column for column in self.columns if plain_name(column.name) == plain_name(name)]
        matches = exact or alike
        return matches[0] if len(matches) == 1 else None


def plain_name(name: str) -> str:
    """As names of columns are compared: accents in one piece (NFC)."""
    return unicodedata.normalize("NFC", name).strip(AROUND).casefold()


def open_file(
    connection: DuckDBPyConnection, file: InputFile, mapping: TableMapping, scratch: Path, *, chinese: bool = False
) -> Reading:
    """Open a file; CSV and XLSX are staged as text, in the connection or under `scratch` (a path without ending, not
    yet there).
    `chinese`: whether a text file that is not UTF-8 is likely GB18030.

    Raise `Refused` where the file is not sound.
    """
    target = scratch.with_suffix(".strings.parquet")
    if file.kind in PARQUET:
        reading = open_parquet(connection, file, scratch.with_suffix(".parquet"))
        return without_rows(replace(reading, aliases=mapping.aliases), mapping.layout.leave_out)
    if file.kind in WORKBOOK:
        strings = workbook.stage(file.path, file.name, target, mapping.layout)
    else:
        expected = [name for column in mapping.columns for name in sources(column.rule)]
        expected += [other for _, others in mapping.aliases for other in others]
        layout = mapping.layout
        if file.kind == ".tsv" and not layout.delimiter:
            layout = replace(layout, delimiter="\t")
        strings = csv_file.stage(connection, file.path, file.name, target, expected, layout, chinese=chinese)
    columns = tuple(
        FileColumn(name, f"c{number}", "VARCHAR") for number, name in enumerate(strings.header) if name.strip()
    )
    reading = Reading(
        file,
        staged_rows(connection, strings.place),
        columns,
        strings.rows,
        strings.warnings,
        strings.twice,
        strings.sheets,
        strings.without_nul,
        mapping.aliases,
    )
    return without_rows(_without_empty_rows(reading), mapping.layout.leave_out)


def _without_empty_rows(reading: Reading) -> Reading:
    """A text file without rows that hold delimiters and blanks only: spreadsheets save so what lies below a table."""
    if reading.file.kind in WORKBOOK or not reading.columns:
        return reading
    says_something = reduce(or_, (_says_something(ColumnExpression(column.id)) for column in reading.columns))
    empty = reading.relation.filter(~CoalesceOperator(says_something, ConstantExpression(False)))
    ((count,),) = empty.aggregate([FunctionExpression("count_star").alias("rows")]).fetchall()
    if not count:
        return reading
    return replace(
        reading,
        relation=reading.relation.filter(says_something),
        rows=reading.rows - int(count),
        warnings=(*reading.warnings, empty_rows(reading.file.name, int(count))),
    )


def _says_something(value: Expression) -> Expression:
    # Nearly all texts begin beyond a blank, which is quicker to see than that nothing is left of them.
    return (value >= ConstantExpression("!")) | (FunctionExpression("trim", value) != ConstantExpression(""))


def open_parquet(connection: DuckDBPyConnection, file: InputFile, link: Path) -> Reading:
    """Open a Parquet file with the types that it has; `link` is the name DuckDB sees."""
    link.symlink_to(file.path)
    try:
        relation = connection.read_parquet(link, binary_as_string=True, file_row_number=True)
        types = [str(each) for name, each in zip(relation.columns, relation.types, strict=True) if name != ROW_NUMBER]
        ((row_count,),) = relation.aggregate([FunctionExpression("count_star").alias("rows")]).fetchall()
    except duckdb.Error as error:
        raise unreadable(file, error) from error
    by_position = [name for name in relation.columns if name != ROW_NUMBER]
    names, twice = own_names(_stored_names(file, by_position))
    if len(names) > MOST_COLUMNS or len(names) * row_count > PARQUET_CELLS:
        raise Refused(
            message(
                "{name} has {names} columns and {counted} rows; at most {most_columns} columns and "
                "{parquet_cells} cells are read at once. Split it, or leave columns out.",
                name=file.name,
                names=len(names),
                counted=row_count,
                most_columns=MOST_COLUMNS,
                parquet_cells=PARQUET_CELLS,
            )
        )
    ids = [f"c{number}" for number in range(len(names))]
    columns = tuple(map(FileColumn, names, ids, types))
    by_id = (ColumnExpression(name).alias(id_) for name, id_ in zip(by_position, ids, strict=True))
    renamed = relation.project(_line(ROW_NUMBER), *by_id)
    return Reading(file, renamed, columns, row_count, twice=twice)


def _line(place: str) -> Expression:
    return (ColumnExpression(place) + ConstantExpression(1)).cast("BIGINT").alias("line")


def staged_rows(connection: DuckDBPyConnection, place: Path | str) -> DuckDBPyRelation:
    """The rows at the `place` of a staged file, with `line`: as the reader wrote it, else the row's place."""
    if isinstance(place, Path):
        return connection.read_parquet(place)
    return connection.table(place).project(_line("rowid"), StarExpression())


def _stored_names(file: InputFile, read_as: Sequence[str]) -> Sequence[str]:
    """The columns' names in the file itself: of two that are equal, DuckDB renames one in silence."""
    try:
        return pq.read_schema(file.path).names or read_as
    except pa.ArrowException:
        # A schema that only DuckDB understands.
        return read_as


def without_rows(reading: Reading, leave_out: Sequence[tuple[str, tuple[str, ...]]]) -> Reading:
    """The file without rows whose column holds one of the texts: totals, titles within the table.

    Raise `Refused` for a column that the file does not have.
    """
    for name, words in leave_out:
        column = reading.column(name)
        if column is None:
            raise Refused(
                message(
                    "{name} has no column {column}, by which the mapping leaves rows out. Mend leave_out.",
                    name=reading.file.name,
                    column=repr(name),
                )
            )
        cell = FunctionExpression("trim", ColumnExpression(column.id).cast("VARCHAR"))
        said = CoalesceOperator(cell, ConstantExpression(""))
        left = said.isin(*map(ConstantExpression, words))
        rest = reading.relation.filter(~left)
        ((rows,),) = rest.aggregate([FunctionExpression("count_star").alias("rows")]).fetchall()
        warnings = reading.warnings
        if count := reading.rows - rows:
            warnings += (
                message(
                    "{name}: {count} rows were left out, as the mapping says, because {column} is {words}.",
                    name=reading.file.name,
                    count=count,
                    column=repr(name),
                    words=", ".join(map(repr, words)),
                ),
            )
        reading = replace(reading, relation=rest, rows=rows, warnings=warnings)
    return reading


def unreadable(file: InputFile, error: duckdb.Error) -> Refused:
    """The sentence for a file on which DuckDB failed half-way."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return Refused(
            message(
                "{name} needs more memory than an import may take. Split it and import the parts.",
                name=file.name,
            )
        )
    if ROW_NUMBER in str(error):
        return Refused(
            message(
                "{name} has a column called {row_number}. Rename it and import again.",
                name=file.name,
                row_number=ROW_NUMBER,
            )
        )
    return Refused(
        message(
            "{name} is damaged or encrypted, or not of the kind that its ending says. Export it again.",
            name=file.name,
        )
    )
