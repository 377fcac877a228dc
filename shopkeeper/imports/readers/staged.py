"""A file staged as text, and the names of its columns: each has one of its own, whatever the header says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.i18n import NN_
from shopkeeper.messages import Message, message

MOST_COLUMNS = 1_000
FIRST_RECORDS = 1_000
"""A header is looked for among so many records."""


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook, and the `line` of its first record."""

    name: str
    first_line: int


@dataclass(frozen=True)
class Strings:
    """A file staged as VARCHAR c0, c1, ... in the order of `header`. `rows` counts its records.

    `place`: a Parquet file, with `line` BIGINT before the texts (1 = first record below the header), or the name of a
    table of the connection, in the file's order. `twice`: names that several columns had, which are now called
    `name [1]`, `name [2]`, ... `sheets`: of a workbook of which more than one was read. `without_nul`: whether the
    reader saw that no text holds the character NUL.
    """

    place: Path | str
    header: tuple[str, ...]
    rows: int
    warnings: tuple[Message, ...] = ()
    twice: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    without_nul: bool = False


def refuse_many(name: str, columns: int) -> None:
    """Raise `Refused` for more columns than are read."""
    if columns > MOST_COLUMNS:
        raise Refused(
            message(
                "{name} has {header} columns; at most {most_columns} are read. Leave some out.",
                name=name,
                header=columns,
                most_columns=MOST_COLUMNS,
            )
        )


def refuse_nameless(name: str, number: int) -> Refused:
    """The sentence on a column that holds something and has no name."""
    return Refused(
        message(
            "{name}: column {number} has no name. Give every column one and import again. If the table begins further "
            "down, say so in the mapping with skip_rows or header.",
            name=name,
            number=number,
        )
    )


def own_names(header: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns' names, two called `note` as `note [1]` and `note [2]`; and the names that stand there twice."""
    bare = [column.strip() for column in header]
    twice = tuple(dict.fromkeys(name for name in bare if bare.count(name) > 1))
    taken = set(bare)
    names: list[str] = []
    counts = dict.fromkeys(twice, 0)
    for column, name in zip(header, bare, strict=True):
        if name not in counts:
            names.append(column)
            continue
        counts[name] += 1
        while f"{name} [{counts[name]}]" in taken:
            counts[name] += 1
        names.append(f"{name} [{counts[name]}]")
    return tuple(names), twice


def nameless_left_out(name: str, number: int) -> Message:
    """The warning on a column without name or values."""
    return message("{name}: column {number} has neither name nor values, and was left out.", name=name, number=number)


def number_rows(values: Iterable[str | None]) -> bool:
    """Whether a column's cells are whole numbers that rise from row to row, as an index that a program has written.

    From 0 they may begin anew: with the rows of another table below the first.
    """
    before = first = -1
    for value in values:
        if value is None or not value.strip().isdigit():
            return False
        number = int(value)
        first = number if first < 0 else first
        if number <= before and not number == first == 0:
            return False
        before = number
    return first >= 0


def index_left_out(name: str) -> Message:
    """The warning on a first column without name that numbers the rows."""
    return message("{name}: column 1 has no name and only numbers the rows; it was left out.", name=name)


def empty_rows(name: str, n: int) -> Message:
    """The warning on rows of a file in which no cell says anything."""
    forms = NN_("{name} has {n} empty row; it is not counted.", "{name} has {n} empty rows; they are not counted.")
    return Message.counted(forms, {"name": name, "n": n})


def empty_lines(name: str, n: int) -> Message:
    """The warning on lines of a text file with nothing on them."""
    forms = NN_(
        "{name} has {n} empty line; it is not counted as a row.",
        "{name} has {n} empty lines; they are not counted as rows.",
    )
    return Message.counted(forms, {"name": name, "n": n})
