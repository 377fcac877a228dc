"""CSV: its encoding, delimiter and every record are checked before a value is believed.

DuckDB reads the values; Python's own csv module reads the same bytes independently, and both must find the same number
of records and of characters. A file whose structure is broken is refused as a whole, because from the first wrong
quotation mark on nobody knows which value belongs where.
"""

import codecs
import csv
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import ColumnExpression, DuckDBPyConnection, FunctionExpression

from shopkeeper.errors import Refused
from shopkeeper.messages import Message, message

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ENCODINGS = ("utf-8", "gb18030")
DELIMITERS = (",", ";", "\t", "|")
LONGEST_VALUE = 1 << 20
MOST_COLUMNS = 1_000
OTHER_KINDS = ((b"PK\x03\x04", ".xlsx"), (b"PAR1", ".parquet"), (b"\xd0\xcf\x11\xe0", ".xls"))


@dataclass(frozen=True)
class Strings:
    """A file staged as Parquet: `line` BIGINT (1 = first record below the header), then VARCHAR c0, c1, ... in the
    order of `header`. `rows` counts its records."""

    path: Path
    header: tuple[str, ...]
    rows: int
    warnings: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Dialect:
    """How a file's bytes become records."""

    encoding: str
    delimiter: str


@dataclass(frozen=True)
class Records:
    """What Python's csv module finds below the header. Lines with nothing on them are no records."""

    header: tuple[str, ...]
    rows: int
    characters: int
    empty_lines: int


def stage(
    connection: DuckDBPyConnection,
    path: Path,
    name: str,
    target: Path,
    expected: Iterable[str] = (),
    encoding: str = "",
    delimiter: str = "",
) -> Strings:
    """Read a CSV file into `target`, all values as text. `expected` column names help to tell the delimiter.

    Raise `Refused`, with the record's number and text, where the structure is broken.
    """
    _refuse_other_kinds(path, name)
    read_as = encoding or detect_encoding(path, name)
    dialect = Dialect(read_as, delimiter or detect_delimiter(path, name, read_as, expected))
    records = examine(path, name, dialect)
    # DuckDB takes brackets and stars in a name for a pattern, so it is shown a name of our own.
    link = target.with_suffix(".link.csv")
    link.symlink_to(path.resolve())
    if dialect.encoding not in ("utf-8", "utf-8-sig") or not _read(
        connection, link, dialect.delimiter, records, target
    ):
        copy = target.with_suffix(".plain.csv")
        _rewrite(path, dialect, copy)
        if not _read(connection, copy, ",", records, target):
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
    warnings = []
    if read_as == "gb18030" and not encoding:
        warnings.append(
            message(
                "{name} is not UTF-8; it was read as GB18030. Say encoding in the mapping if that is wrong.", name=name
            )
        )
    if records.empty_lines:
        warnings.append(
            message("{name} has {n} empty lines; they are not counted as rows.", name=name, n=records.empty_lines)
        )
    return Strings(target, records.header, records.rows, tuple(warnings))


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


def detect_encoding(path: Path, name: str) -> str:
    """The encoding that the file's mark says, else the first of UTF-8 and GB18030 in which every byte makes sense."""
    with path.open("rb") as stream:
        start = stream.read(4)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            if fault := _undecodable(path, encoding):
                raise Refused(
                    message(
                        "{name} says that it is {encoding}, but {fault}. Export it again as UTF-8.",
                        name=name,
                        encoding=encoding,
                        fault=fault,
                    )
                )
            return encoding
    faults: list[Message] = []
    for encoding in ENCODINGS:
        fault = _undecodable(path, encoding)
        if not fault:
            return encoding
        faults.append(message("as {encoding}, {fault}", encoding=encoding, fault=fault))
    raise Refused(
        message(
            "{name} is text in no encoding known here: {first}; {second}. Save it as UTF-8.",
            name=name,
            first=faults[0],
            second=faults[1],
        )
    )


def _undecodable(path: Path, encoding: str) -> Message | None:
    """What is wrong with a file's bytes; `None` where all can be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    line = 1
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(1 << 20)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                text = error.object[: error.start].decode(encoding, errors="ignore")
                bad = error.object[error.start : error.start + 4].hex(" ")
                return message(
                    "line {line} holds bytes that are not text ({bytes})", line=line + text.count("\n"), bytes=bad
                )
            if not chunk:
                return None


def detect_delimiter(path: Path, name: str, encoding: str, expected: Iterable[str]) -> str:
    """The delimiter under which the header holds most of the expected columns; of equals, most columns."""
    expected_names = {column.strip().casefold() for column in expected}

    def fitness(delimiter: str) -> tuple[int, int]:
        try:
            with closing(_records(path, Dialect(encoding, delimiter))) as records:
                header = next((record for record in records if record), [])
        except csv.Error:
            return (-1, 0)
        return (len(expected_names & {column.strip().casefold() for column in header}), len(header))

    best = max(DELIMITERS, key=fitness)
    if fitness(best)[0] < 0:
        raise Refused(
            message(
                "{name}: its header cannot be read: a quotation mark never closes. Export the file again.",
                name=name,
            )
        )
    return best


def _records(path: Path, dialect: Dialect) -> Generator[list[str], None, None]:
    csv.field_size_limit(LONGEST_VALUE)
    with path.open(encoding=dialect.encoding, newline="") as stream:
        yield from csv.reader(stream, delimiter=dialect.delimiter, strict=True)


def examine(path: Path, name: str, dialect: Dialect) -> Records:
    """Read every record with Python's csv module. Raise `Refused` at the first whose structure is broken."""
    rows = empty = characters = width = 0
    header: tuple[str, ...] = ()
    try:
        for record in _records(path, dialect):
            if not record:
                empty += 1
            elif not header:
                header = check_header(name, record)
                width = len(header)
            elif len(record) != width:
                text = dialect.delimiter.join(record)[:200]
                raise Refused(
                    message(
                        "{name}: record {rows} has {record} values, but the header names {width} columns: "
                        "{text}. A value that holds {delimiter} or a line break needs quotation marks. Mend it "
                        "and import again.",
                        name=name,
                        rows=rows + 1,
                        record=len(record),
                        width=width,
                        text=repr(text),
                        delimiter=repr(dialect.delimiter),
                    )
                )
            else:
                rows += 1
                characters += sum(map(len, record))
    except csv.Error as error:
        raise Refused(
            message(
                "{name}: record {rows} has a quotation mark in the wrong place, or one that never closes "
                "({error}). Mend it and import again.",
                name=name,
                rows=rows + 1,
                error=error,
            )
        ) from error
    if not header:
        raise Refused(
            message(
                "{name} has no header. Its first line must name the columns.",
                name=name,
            )
        )
    return Records(header, rows, characters, empty)


def check_header(name: str, header: Sequence[str]) -> tuple[str, ...]:
    """The header, where each of not too many columns has a name of its own. Raise `Refused` otherwise."""
    if len(header) > MOST_COLUMNS:
        raise Refused(
            message(
                "{name} has {header} columns; at most {most_columns} are read. Leave some out.",
                name=name,
                header=len(header),
                most_columns=MOST_COLUMNS,
            )
        )
    seen: set[str] = set()
    for number, column in enumerate(header, start=1):
        if not column.strip() or "\0" in column:
            raise Refused(
                message(
                    "{name}: column {number} has no name. Give every column one and import again.",
                    name=name,
                    number=number,
                )
            )
        if column.strip() in seen:
            raise Refused(
                message(
                    "{name}: two columns are called {column}. Rename one and import again.",
                    name=name,
                    column=repr(column.strip()),
                )
            )
        seen.add(column.strip())
    return tuple(header)


def _read(connection: DuckDBPyConnection, path: Path, delimiter: str, records: Records, target: Path) -> bool:
    """Stage the file with DuckDB; whether it found what Python found."""
    columns = [f"c{number}" for number in range(len(records.header))]
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
    line = FunctionExpression("row_number").over().alias("line")
    try:
        relation.project(line, *map(ColumnExpression, columns)).write_parquet(str(target), compression="snappy")
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        raise
    except duckdb.Error:
        return False
    lengths = [FunctionExpression("length", ColumnExpression(each)).sum().alias(each) for each in columns]
    staged = connection.read_parquet(target)
    (counts,) = staged.aggregate([FunctionExpression("count_star").alias("rows"), *lengths]).fetchall()
    return bool(counts[0] == records.rows and sum(length or 0 for length in counts[1:]) == records.characters)


def _rewrite(path: Path, dialect: Dialect, copy: Path) -> None:
    """The same records as plainly as CSV can say them, for what only one of the two readers understands."""
    with copy.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows(record for record in _records(path, dialect) if record)
