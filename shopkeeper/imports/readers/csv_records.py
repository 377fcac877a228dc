"""The records of a CSV file as Python reads them, one after the other, and whether their structure is sound."""

import csv
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.messages import message

LONGEST_VALUE = 1 << 20
BLOCK = 1 << 20
"""Characters that are counted at once."""


@dataclass(frozen=True)
class Dialect:
    """How a file's bytes become records; `above` lines come before the header, `below` records after the last row."""

    encoding: str
    delimiter: str
    above: int = 0
    below: int = 0


@dataclass(frozen=True)
class Records:
    """What Python's csv module finds below the header. Lines with nothing on them are no records. `filled`: which
    columns hold anything."""

    rows: int
    characters: int
    empty_lines: int
    filled: frozenset[int]


def records_of(path: Path, dialect: Dialect) -> Generator[tuple[int, list[str]], None, None]:
    """Each record below `above` lines, with the number of lines before it."""
    csv.field_size_limit(LONGEST_VALUE)
    with path.open(encoding=dialect.encoding, newline="") as stream:
        for _ in range(dialect.above):
            stream.readline()
        reader = csv.reader(stream, delimiter=dialect.delimiter, strict=True)
        before = dialect.above
        for record in reader:
            yield before, record
            before = dialect.above + reader.line_num


def rows_of(path: Path, dialect: Dialect) -> Generator[list[str], None, None]:
    """The records below the header and above the last `below`; empty ones too."""
    with closing(records_of(path, dialect)) as records:
        next(records)
        last: list[list[str]] = []
        for _, record in records:
            if not dialect.below:
                yield record
                continue
            if not record:
                continue
            last.append(record)
            if len(last) > dialect.below:
                yield last.pop(0)


def _shapes(path: Path, dialect: Dialect, width: int) -> Iterator[tuple[int, int, Sequence[str]]]:
    """What `rows_of` gives, counted: so many records, the characters of all their values, and the last of them.

    Several are counted at once only where they need no parser, because nothing is quoted, and have `width` values each.
    """
    if dialect.below:
        for record in rows_of(path, dialect):
            yield 1, sum(map(len, record)), record
        return
    csv.field_size_limit(LONGEST_VALUE)
    with path.open(encoding=dialect.encoding, newline="") as stream:
        for _ in range(dialect.above):
            stream.readline()
        next(csv.reader(stream, delimiter=dialect.delimiter, strict=True))
        while block := stream.readlines(BLOCK):
            text = "".join(block)
            delimiters = (width - 1) * len(block)
            if width > 1 and _is_plain(block, text, dialect.delimiter, width):
                ends = text.count("\n") + text.count("\r")
                yield len(block), len(text) - ends - delimiters, block[-1].rstrip("\r\n").split(dialect.delimiter)
                continue
            # A quoted value may go on beyond the block.
            reader = csv.reader(chain(block, stream), delimiter=dialect.delimiter, strict=True)
            for record in reader:
                yield 1, sum(map(len, record)), record
                if reader.line_num >= len(block):
                    break


def _is_plain(block: Sequence[str], text: str, delimiter: str, width: int) -> bool:
    if '"' in text or max(map(len, block)) > LONGEST_VALUE:
        return False
    return set(map(str.count, block, repeat(delimiter))) == {width - 1}


def examine(path: Path, name: str, dialect: Dialect, header: Sequence[str], expected: Sequence[str] = ()) -> Records:
    """Read every record in Python. Raise `Refused` at the first whose structure is broken."""
    rows = empty = characters = 0
    width = len(header)
    filled: set[int] = set()
    nameless = [number for number, column in enumerate(header) if not column.strip()]
    try:
        for records, length, record in _shapes(path, dialect, 0 if nameless else width):
            if not record:
                empty += 1
                continue
            if len(record) != width:
                raise _refuse_width(name, rows + 1, record, dialect, header, expected)
            rows += records
            characters += length
            if nameless:
                filled.update(number for number in nameless if record[number].strip())
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
    return Records(rows, characters, empty, frozenset(filled))


def _refuse_width(
    name: str, row: int, record: Sequence[str], dialect: Dialect, header: Sequence[str], expected: Sequence[str]
) -> Refused:
    """The sentence on a record with more or fewer values than the header, and on what may be meant."""
    wanted = {column.strip().casefold() for column in expected}
    here, above = ({column.strip().casefold() for column in each} for each in (record, header))
    if len(wanted & here) > len(wanted & above) or (len(header) == 1 and len(record) > 1):
        return Refused(
            message(
                "{name}: the header seems to be further down than its first line, which says {first}. Say in the "
                "mapping how many lines come before it with skip_rows, or what it holds with header.",
                name=name,
                first=repr(dialect.delimiter.join(header)[:100]),
            )
        )
    parts = {
        "name": name,
        "rows": row,
        "record": len(record),
        "width": len(header),
        "text": repr(dialect.delimiter.join(record)[:200]),
    }
    if len(record) < len(header):
        return Refused(
            message(
                "{name}: record {rows} has {record} values, but the header names {width} columns: {text}. The file was "
                "cut off there, or the line is a total below the table: then say footer_rows in the mapping.",
                **parts,
            )
        )
    return Refused(
        message(
            "{name}: record {rows} has {record} values, but the header names {width} columns: {text}. A value that "
            "holds {delimiter} or a line break needs quotation marks. Mend it and import again.",
            delimiter=repr(dialect.delimiter),
            **parts,
        )
    )
