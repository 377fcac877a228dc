"""XLSX: held against its own claims first, then read by a child process that may not take the program down.

Two cells at opposite corners of a sheet make the reader ask for all memory and abort; nothing in this process could
catch that.
"""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.imports.mapping.declared import AS_IT_IS, Layout
from shopkeeper.imports.readers.staged import (
    FIRST_RECORDS,
    Sheet,
    Strings,
    empty_rows,
    index_left_out,
    nameless_left_out,
    number_rows,
    own_names,
    refuse_many,
    refuse_nameless,
)
from shopkeeper.messages import Message, message

READER = Path(__file__).with_name("workbook_child.py")
UNPACKED_BYTES = 500_000_000
RATIO = 200
ROWS, COLUMNS = 1_048_576, 256
WALL_SECONDS = 180
MACROS = "xl/vbaProject.bin"
DIMENSION = re.compile(rb'<(?:\w+:)?dimension[^>]*\bref="[A-Z]+\d+:([A-Z]+)(\d+)"')


FAULTS = {
    "no such sheet": N_("{name}: there is no sheet {sheet}; it has {sheets}."),
    "empty": N_("{name}: there is nothing in it. Export it again."),
    "sheets differ": N_(
        "{name}: its sheets have different columns, such as {first} and {other}. Say in the mapping which to read, "
        "with sheets."
    ),
    "no header": N_("{name}: no row of the first {first} holds the headings {header}. Mend header in the mapping."),
    "damaged": N_("{name}: it is damaged, or no workbook. Open it, save it as .xlsx again, and import that."),
}
"""What the child may answer, in words."""


def stage(path: Path, name: str, target: Path, layout: Layout = AS_IT_IS) -> Strings:
    """Read a workbook's sheets into `target`, all cells as text; dates as ISO 8601. See `staged.Strings`.

    Where the layout names none, all that hold anything are read, and must have the same header. Raise `Refused` for
    anything that is no sound workbook of a sensible size.
    """
    inspect(path, name)
    options = {
        "sheets": layout.sheets,
        "skip_rows": layout.skip_rows,
        "header": layout.header,
        "footer_rows": layout.footer_rows,
        "first": FIRST_RECORDS,
    }
    return _strings(name, target, _ask(path, name, str(target), options))


@dataclass(frozen=True)
class SheetTop:
    """A sheet's first rows and its last, each cell as text; `visible` where it is not hidden."""

    name: str
    visible: bool
    rows: tuple[tuple[str | None, ...], ...]
    last: tuple[str | None, ...]


def tops(path: Path, name: str, rows: int) -> tuple[SheetTop, ...]:
    """The first rows of each sheet that holds anything. Raise `Refused` as `stage` does."""
    inspect(path, name)
    answer = _ask(path, name, "", {"first": rows})
    return tuple(
        SheetTop(each["name"], each["visible"], tuple(map(tuple, each["rows"])), tuple(each["last"]))
        for each in answer["sheets"]
    )


def _ask(path: Path, name: str, target: str, options: Mapping[str, object]) -> dict[str, Any]:
    """What the child says of a workbook."""
    command = [sys.executable, "-I", str(READER), str(path), target, json.dumps(options)]
    try:
        child = subprocess.run(command, capture_output=True, timeout=WALL_SECONDS, check=False, env={}, cwd="/")  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise Refused(
            message(
                "{name} took more than {wall_seconds} s to read. Save it as CSV and import that.",
                name=name,
                wall_seconds=WALL_SECONDS,
            )
        ) from error
    try:
        answer = json.loads(child.stdout)
    except ValueError as error:
        raise Refused(
            message(
                "{name} needs more than 2 GB of memory or 60 s to read, or is damaged. Save it as CSV and import that.",
                name=name,
            )
        ) from error
    if "refused" in answer:
        raise Refused(Message(FAULTS[answer["refused"]], {"name": name, **answer["values"]}))
    return dict(answer)


def _strings(name: str, target: Path, answer: dict[str, Any]) -> Strings:
    """What the child read, with its warnings. Raise `Refused` for a column that holds something and has no name."""
    warnings = []
    if answer["empty"]:
        warnings.append(empty_rows(name, answer["empty"]))
    header = tuple(answer["header"])
    refuse_many(name, len(header))
    has_index = bool(header) and not header[0].strip() and 0 in answer["filled"] and _numbers_rows(target)
    for number, column in enumerate(header, start=1):
        if has_index and number == 1:
            warnings.append(index_left_out(name))
            continue
        if (not column.strip() and number - 1 in answer["filled"]) or "\0" in column:
            raise refuse_nameless(name, number)
        if not column.strip():
            warnings.append(nameless_left_out(name, number))
    sheets = tuple(Sheet(sheet, first_line) for sheet, first_line in answer["read"])
    if answer["of"] > 1:
        warnings.append(_sheets_read(name, answer))
    names, twice = own_names(header)
    return Strings(target, names, answer["rows"], tuple(warnings), twice, sheets if len(sheets) > 1 else ())


def _numbers_rows(target: Path) -> bool:
    return number_rows(pq.read_table(target, columns=["c0"]).column("c0").to_pylist())


def _sheets_read(name: str, answer: dict[str, Any]) -> Message:
    """Which sheets were read; one that is hidden may be an old copy."""
    names = ", ".join(sheet for sheet, _ in answer["read"])
    if hidden := [sheet for sheet, _ in answer["read"] if sheet in answer["hidden"]]:
        return message(
            "{name}: {n} of {all} sheets were read ({sheets}), of which {hidden} are hidden. Say sheets in the "
            "mapping if some of them are not meant.",
            name=name,
            n=len(answer["read"]),
            all=answer["of"],
            sheets=names,
            hidden=", ".join(hidden),
        )
    return message(
        "{name}: {n} of {all} sheets were read ({sheets}).",
        name=name,
        n=len(answer["read"]),
        all=answer["of"],
        sheets=names,
    )


def inspect(path: Path, name: str) -> None:
    """Raise `Refused` where the file's own claims already say that it must not be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            _inspect_archive(archive, name, path.stat().st_size)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise Refused(
            message(
                "{name} is not a sound .xlsx workbook: it is damaged, has a password, or is of another "
                "kind. Save it as .xlsx without a password, or as CSV.",
                name=name,
            )
        ) from error


def _inspect_archive(archive: zipfile.ZipFile, name: str, size: int) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > UNPACKED_BYTES or unpacked > RATIO * max(size, 1):
        raise Refused(
            message(
                "{name} unpacks to {unpacked} MB, more than {unpacked_bytes} MB or {ratio} times its "
                "size. Save it as CSV and import that.",
                name=name,
                unpacked=f"{unpacked / 1000000.0:,.0f}",
                unpacked_bytes=f"{UNPACKED_BYTES / 1000000.0:,.0f}",
                ratio=RATIO,
            )
        )
    if any(part.filename == MACROS for part in parts):
        raise Refused(
            message(
                "{name} holds macros. Save it as .xlsx without them.",
                name=name,
            )
        )
    for part in parts:
        if not part.filename.startswith("xl/worksheets/"):
            continue
        with archive.open(part) as stream:
            start = stream.read(8192)
        dimension = DIMENSION.search(start)
        if dimension and (_number(dimension[1]) > COLUMNS or int(dimension[2]) > ROWS):
            raise Refused(
                message(
                    "{name} has a sheet up to cell {found}; at most {rows} rows and {columns} columns are "
                    "read. Delete what lies outside your table, or save it as CSV.",
                    name=name,
                    found=(dimension[1] + dimension[2]).decode(),
                    rows=ROWS,
                    columns=COLUMNS,
                )
            )


def _number(letters: bytes) -> int:
    """A = 1, Z = 26, AA = 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
