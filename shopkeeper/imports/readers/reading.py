"""A file of any kind as one lazy relation, its columns called c0, c1, ... so that no name in it can mean anything."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation, FunctionExpression

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.file import TableMapping
from shopkeeper.imports.mapping.rules import sources
from shopkeeper.imports.readers import csv_file, workbook
from shopkeeper.imports.readers.files import PARQUET, WORKBOOK, InputFile
from shopkeeper.messages import Message, message

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

    `rows` was counted without the relation: by Python's csv module, by the workbook's reader, in the Parquet footer.
    """

    file: InputFile
    relation: DuckDBPyRelation
    columns: tuple[FileColumn, ...]
    rows: int
    warnings: tuple[Message, ...] = ()

    def column(self, name: str) -> FileColumn | None:
        """The column of that name; letter case and blanks around it do not count, unless two would fit."""
        exact = [column for column in self.columns if column.name == name]
        alike = [column for column in self.columns if column.name.strip().casefold() == name.strip().casefold()]
        matches = exact or alike
        return matches[0] if len(matches) == 1 else None


def open_file(connection: DuckDBPyConnection, file: InputFile, mapping: TableMapping, scratch: Path) -> Reading:
    """Open a file; CSV and XLSX are staged as Parquet of text under `scratch` (a path without ending, not yet there).

    Raise `Refused` where the file is not sound.
    """
    target = scratch.with_suffix(".strings.parquet")
    if file.kind in PARQUET:
        return open_parquet(connection, file, scratch.with_suffix(".parquet"))
    if file.kind in WORKBOOK:
        strings = workbook.stage(file.path, file.name, target, mapping.sheets)
    else:
        expected = [name for column in mapping.columns for name in sources(column.rule)]
        expected += [other for _, others in mapping.aliases for other in others]
        delimiter = mapping.delimiter or ("\t" if file.kind == ".tsv" else "")
        strings = csv_file.stage(connection, file.path, file.name, target, expected, mapping.encoding, delimiter)
    columns = tuple(FileColumn(name, f"c{number}", "VARCHAR") for number, name in enumerate(strings.header))
    return Reading(file, connection.read_parquet(strings.path), columns, strings.rows, strings.warnings)


def open_parquet(connection: DuckDBPyConnection, file: InputFile, link: Path) -> Reading:
    """Open a Parquet file with the types that it has; `link` is the name DuckDB sees."""
    link.symlink_to(file.path)
    try:
        relation = connection.read_parquet(link, binary_as_string=True, file_row_number=True)
        names = [name for name in relation.columns if name != ROW_NUMBER]
        types = [str(each) for name, each in zip(relation.columns, relation.types, strict=True) if name != ROW_NUMBER]
        ((row_count,),) = relation.aggregate([FunctionExpression("count_star").alias("rows")]).fetchall()
    except duckdb.Error as error:
        raise unreadable(file, error) from error
    if len(names) > csv_file.MOST_COLUMNS or len(names) * row_count > PARQUET_CELLS:
        raise Refused(
            message(
                "{name} has {names} columns and {counted} rows; at most {most_columns} columns and "
                "{parquet_cells} cells are read at once. Split it, or leave columns out.",
                name=file.name,
                names=len(names),
                counted=row_count,
                most_columns=csv_file.MOST_COLUMNS,
                parquet_cells=PARQUET_CELLS,
            )
        )
    ids = [f"c{number}" for number in range(len(names))]
    columns = tuple(map(FileColumn, names, ids, types))
    line = (ColumnExpression(ROW_NUMBER) + ConstantExpression(1)).cast("BIGINT").alias("line")
    renamed = relation.project(line, *(ColumnExpression(column.name).alias(column.id) for column in columns))
    return Reading(file, renamed, columns, row_count)


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
