"""CSV: its encoding, delimiter and every record are checked before a value is believed.

DuckDB reads the values; Python reads the same bytes independently, by its csv module where it takes a parser, and both
must find the same number of records and of bytes in their values. A file whose structure is broken is refused as a
whole, because from the first wrong quotation mark on nobody knows which value belongs where.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from uuid import uuid4

import duckdb
from duckdb import ColumnExpression, DuckDBPyConnection, FunctionExpression

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.declared import AS_IT_IS, Layout
from shopkeeper.imports.readers.csv_blocks import PLAIN
from shopkeeper.imports.readers.csv_records import LONGEST_VALUE, Dialect, Records, examine, records_of, rows_of
from shopkeeper.imports.readers.encodings import encoding_of
from shopkeeper.imports.readers.staged import (
    FIRST_RECORDS,
    Strings,
    empty_lines,
    index_left_out,
    nameless_left_out,
    number_rows,
    own_names,
    refuse_many,
    refuse_nameless,
)
from shopkeeper.messages import Message, message

DELIMITERS = (",", ";", "\t", "|")
SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""What Excel writes and reads above a table to say its delimiter."""
OTHER_KINDS = ((b"PK\x03\x04", ".xlsx"), (b"PAR1", ".parquet"), (b"\xd0\xcf\x11\xe0", ".xls"))


def stage(
    connection: DuckDBPyConnection,
    path: Path,
    name: str,
    target: Path,
    expected: Iterable[str] = (),
    layout: Layout = AS_IT_IS,
    *,
    chinese: bool = False,
) -> Strings:
    """Read a CSV file into a table, all values as text; `target` is where a copy may lie meanwhile. `expected`
    column names help to tell the delimiter; `chinese`: whether GB18030 is to be expected.

    Raise `Refused`, with the record's number and text, where the structure is broken.
    """
    _refuse_other_kinds(path, name)
    encoding = encoding_of(path, name, layout.encoding, chinese=chinese)
    expected = tuple(expected)
    dialect, header = dialect_of(path, name, encoding, layout, expected)
    # DuckDB takes brackets and stars in a name for a pattern, so it is shown a name of our own.
    link = target.with_suffix(".link.csv")
    link.symlink_to(path.resolve())
    plain = encoding in PLAIN and not dialect.above and not dialect.below
    with ThreadPoolExecutor(1) as pool:
        examined = pool.submit(examine, path, name, dialect, header, expected)
        table, counted = _read(connection, link, dialect.delimiter, len(header)) if plain else ("", None)
        records = examined.result()
    if counted != (records.rows, records.bytes):
        copy = target.with_suffix(".plain.csv")
        _rewrite(path, dialect, header, copy)
        table, counted = _read(connection, copy, ",", len(header))
        if counted != (records.rows, records.bytes):
            raise Refused(
                message(
                    "{name}: two readers do not find the same {rows} records in it, so it is not safe. "
                    "Export it again as CSV with a comma, double quotation marks and UTF-8.",
                    name=name,
                    rows=records.rows,
                )
            )
        copy.unlink()
    link.unlink()
    if header and not header[0].strip() and 0 in records.filled and number_rows(_first_cells(connection, table)):
        records = replace(records, filled=records.filled - {0}, has_index=True)
    names, twice = own_names(_named(name, header, records))
    warnings = tuple(_warnings(name, layout, dialect, header, records))
    return Strings(table, names, records.rows, warnings, twice, without_nul=not records.has_nul)


def _first_cells(connection: DuckDBPyConnection, table: str) -> Iterator[str | None]:
    cells = connection.table(table).project(ColumnExpression("c0"))
    for batch in cells.to_arrow_reader():
        yield from batch.column(0).to_pylist()


def _named(name: str, header: Sequence[str], records: Records) -> tuple[str, ...]:
    """The header; a column without name that holds nothing gets an empty one. Raise `Refused` where it holds some."""
    for number, column in enumerate(header):
        if (not column.strip() and number in records.filled) or "\0" in column:
            raise refuse_nameless(name, number + 1)
    return tuple(header)


def _warnings(
    name: str, layout: Layout, dialect: Dialect, header: Sequence[str], records: Records
) -> Iterator[Message]:
    if dialect.encoding == "gb18030" and not layout.encoding:
        yield message(
            "{name} is not UTF-8; it was read as GB18030. Say encoding in the mapping if that is wrong.", name=name
        )
    if records.empty_lines:
        yield empty_lines(name, records.empty_lines)
    for number, column in enumerate(header, start=1):
        if not column.strip():
            yield index_left_out(name) if records.has_index and number == 1 else nameless_left_out(name, number)


def _refuse_other_kinds(path: Path, name: str) -> None:
    with path.open("rb") as stream:
        start = stream.read(8)
    for magic, kind in OTHER_KINDS:
        if start.startswith(magic):
            raise Refused(
                message(
                    "{name} is not CSV but looks like {kind}. Give it its right ending and import it again.",
                    name=name,
                    kind=kind,
                )
            )


def dialect_of(
    path: Path, name: str, encoding: str, layout: Layout, expected: Sequence[str]
) -> tuple[Dialect, tuple[str, ...]]:
    """How the file is written, and its header. Raise `Refused` where it has none."""
    with path.open(encoding=encoding, newline="") as stream:
        hint = SEPARATOR.fullmatch(stream.readline(20))
    hinted = hint[1] if hint else ""
    above = layout.skip_rows + bool(hint)
    delimiter = layout.delimiter or hinted or detect_delimiter(path, name, encoding, expected, above, layout.header)
    dialect = Dialect(encoding, delimiter, above, layout.footer_rows)
    try:
        with closing(records_of(path, dialect)) as records:
            for number, record in islice(records, FIRST_RECORDS):
                if record and {*layout.header} <= {column.strip() for column in record}:
                    refuse_many(name, len(record))
                    return Dialect(encoding, delimiter, number, layout.footer_rows), tuple(record)
    except csv.Error as error:
        raise _unreadable_header(name) from error
    if layout.header:
        raise Refused(
            message(
                "{name}: none of its first {n} rows holds the headings {header}. Mend header in the mapping, or the "
                "file.",
                name=name,
                n=FIRST_RECORDS,
                header=", ".join(map(repr, layout.header)),
            )
        )
    raise Refused(message("{name} has no header. Its first line must name the columns.", name=name))


def _unreadable_header(name: str) -> Refused:
    return Refused(
        message("{name}: its header cannot be read: a quotation mark never closes. Export the file again.", name=name)
    )


def detect_delimiter(
    path: Path, name: str, encoding: str, expected: Iterable[str], above: int = 0, headings: Sequence[str] = ()
) -> str:
    """The delimiter under which the header holds most of the expected columns; of equals, most columns.

    The header comes below `above` lines; with `headings` it is the first record that has them.
    """
    wanted = {column.strip().casefold() for column in (*expected, *headings)}

    def fitness(delimiter: str) -> tuple[int, int]:
        best = (0, 0)
        try:
            with closing(records_of(path, Dialect(encoding, delimiter, above))) as records:
                for _, record in islice(records, FIRST_RECORDS if headings else None):
                    if record:
                        fitting = len(wanted & {column.strip().casefold() for column in record})
                        best = max(best, (fitting, len(record)))
                        if not headings:
                            break
        except csv.Error:
            return best if headings else (-1, 0)
        return best

    best = max(DELIMITERS, key=fitness)
    if fitness(best)[0] < 0:
        raise _unreadable_header(name)
    return best


def _read(connection: DuckDBPyConnection, path: Path, delimiter: str, width: int) -> tuple[str, tuple[int, int] | None]:
    """Make the file a table of DuckDB's, and name it; with the records and bytes found, `None` where DuckDB
    found no sense in it."""
    table = f"strings_{uuid4().hex}"
    columns = [f"c{number}" for number in range(width)]
    relation = connection.read_csv(
        path,
        header=True,
        delimiter=delimiter,
        quotechar='"',
        escapechar='"',
        encoding="utf-8",
        columns=dict.fromkeys(columns, "VARCHAR"),
        auto_detect=False,
        strict_mode=True,
        null_padding=False,
        ignore_errors=False,
        max_line_size=8 * LONGEST_VALUE,
    )
    try:
        # Kept in the file's order, which numbers its records. To write it as Parquet takes twice as long.
        relation.create(table)
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        raise
    except duckdb.Error:
        return table, None
    sizes = [FunctionExpression("strlen", ColumnExpression(each)).sum().alias(each) for each in columns]
    (counts,) = connection.table(table).aggregate([FunctionExpression("count_star").alias("rows"), *sizes]).fetchall()
    return table, (int(counts[0]), sum(int(size or 0) for size in counts[1:]))


def _rewrite(path: Path, dialect: Dialect, header: Sequence[str], copy: Path) -> None:
    """The same records as plainly as CSV can say them, for what only one of the two readers understands."""
    with copy.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        # A line break in a heading would be taken for the end of all lines.
        writer.writerow(f"c{number}" for number in range(len(header)))
        writer.writerows(record for record in rows_of(path, dialect) if record)
