"""The records of a CSV file as Python reads them, one after the other, and whether their structure is sound."""

import csv
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.csv_blocks import Block, blocks, counted
from shopkeeper.messages import message

LONGEST_VALUE = 1 << 20


@dataclass(frozen=True)
class Dialect:
    """How a file's bytes become records; `above` lines come before the header, `below` records after the last row."""

    encoding: str
    delimiter: str
    above: int = 0
    below: int = 0


@dataclass(frozen=True)
class Records:
    """What Python finds below the header. Lines with nothing on them are no records. `bytes`: of all values, in UTF-8.
    `filled`: which columns hold anything. `has_nul`: whether the character NUL stands anywhere. `has_index`: whether
    the first column, which has no name, only numbers the rows."""

    rows: int
    bytes: int
    empty_lines: int
    filled: frozenset[int]
    has_nul: bool
    has_index: bool = False


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
    """The records below the header and above the last `below`; empty ones too, which do not count among the last."""
    with closing(records_of(path, dialect)) as records:
        next(records)
        last: list[list[str]] = []
        waiting = 0
        for _, record in records:
            if not dialect.below:
                yield record
                continue
            if not record:
                continue
            last.append(record)
            waiting += _says_something(record)
            while waiting > dialect.below:
                waiting -= _says_something(last[0])
                yield last.pop(0)


def _says_something(record: Sequence[str]) -> bool:
    return any(value.strip() for value in record)


def _shapes(path: Path, dialect: Dialect, width: int) -> Iterator[tuple[int, int, Sequence[str], bool]]:
    """What `rows_of` gives, counted: so many records, the bytes of all their values, the last of them, and whether NUL
    is in any.

    Several are counted at once where they are sound and have `width` values each.
    """
    if dialect.below:
        for record in rows_of(path, dialect):
            yield 1, *_weighed(record)
        return
    csv.field_size_limit(LONGEST_VALUE)
    left = blocks(path, dialect.encoding, dialect.above)
    is_header = True
    for block in left:
        made = None if is_header else counted(block, dialect.delimiter, width, LONGEST_VALUE)
        if made:
            yield made.records, made.bytes, _last(made, dialect), b"\0" in block
            continue
        # A quoted value may go on beyond the block.
        lines = _Lines(chain([block], left))
        for record in csv.reader(lines, delimiter=dialect.delimiter, strict=True):
            if not is_header:
                yield 1, *_weighed(record)
            is_header = False
            if not lines.waiting:
                break


class _Lines:
    """The lines of blocks, one after the other, as the csv module wants them; how many of a block are `waiting`."""

    def __init__(self, left: Iterator[bytes]) -> None:
        self._left = left
        self._lines: Iterator[str] = iter(())
        self.waiting = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not self.waiting:
            lines = StringIO(next(self._left).decode(), newline="").readlines()
            self._lines, self.waiting = iter(lines), len(lines)
        self.waiting -= 1
        return next(self._lines)


def _last(made: Block, dialect: Dialect) -> Sequence[str]:
    (record,) = csv.reader([made.last.decode()], delimiter=dialect.delimiter)
    return record


def _weighed(record: Sequence[str]) -> tuple[int, Sequence[str], bool]:
    values = "".join(record)
    return len(values.encode()), record, "\0" in values


def examine(path: Path, name: str, dialect: Dialect, header: Sequence[str], expected: Sequence[str] = ()) -> Records:
    """Read every record in Python. Raise `Refused` at the first whose structure is broken."""
    rows = empty = size = 0
    has_nul = False
    width = len(header)
    filled: set[int] = set()
    nameless = [number for number, column in enumerate(header) if not column.strip()]
    try:
        for records, length, record, nul in _shapes(path, dialect, 0 if nameless else width):
            has_nul |= nul
            if not record:
                empty += 1
                continue
            if len(record) != width:
                raise _refuse_width(name, rows + 1, record, dialect, header, expected)
            rows += records
            size += length
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
    return Records(rows, size, empty, frozenset(filled), has_nul)


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
