"""Run as a process of its own: read a workbook's sheets into Parquet, and say on standard output what it holds.

Imports nothing of the program, so that a crash or a limit here is only a sentence there.
"""

import json
import re
import resource
import signal
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MEMORY_BYTES = 2 << 30
CPU_SECONDS = 60
CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"([^>]*)>')
STYLE = re.compile(rb'\bs="(\d+)"')
TEXT_CELL = re.compile(rb'\bt="(?!n")')
LONG = r"^[0-9]{16,}(\.0*)?$"
PADDED = re.compile(rb'<numFmt numFmtId="(\d+)" formatCode="(0{2,})"')
XFS = re.compile(rb"<cellXfs[^>]*>(.*?)</cellXfs>", re.DOTALL)
FORMAT_OF = re.compile(rb'<xf [^>]*?numFmtId="(\d+)"')


class UnreadableError(Exception):
    """A fault by the name that `workbook.FAULTS` has for it, and what its sentence names."""

    def __init__(self, fault: str, **values: str) -> None:
        """See the class."""
        super().__init__(fault)
        self.fault = fault
        self.values = values


def limit() -> None:
    """Give up what a bomb would take, before a byte of the file is read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def columns_of(sheet: Any) -> list[Any]:
    """A sheet's columns as text; a cell that shows an error holds its name, such as #NA, instead of nothing."""

    batch, errors = sheet.to_arrow_with_errors()
    columns = [batch.column(number) for number in range(batch.num_columns)]
    broken: dict[int, dict[int, str]] = {}
    for error in errors.errors if errors else []:
        row, column = error.offset_position
        broken.setdefault(column, {})[row] = "#" + error.detail.split("Error(")[-1].strip("')\"").upper()
    for column, cells in broken.items():
        values = columns[column].to_pylist()
        for row, text in cells.items():
            values[row] = text
        columns[column] = pa.array(values, pa.string())
    return columns


def padded_cells(path: str, number: int) -> tuple[dict[tuple[int, int], int], tuple[int, int]]:
    """Cells (row, column) of the sheet of that number whose format fills up with zeros, with the width of it; and the
    first row and column that hold anything: the reader counts from there."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "xl/styles.xml" not in names:
            return {}, (0, 0)
        widths = padded_styles(archive.read("xl/styles.xml"))
        part = f"xl/worksheets/sheet{number}.xml"
        if not widths or part not in names:
            return {}, (0, 0)
        cells = {}
        rows, columns = [], []
        for letters, row, attributes in CELL.findall(archive.read(part)):
            at = int(row) - 1, column_number(letters) - 1
            rows.append(at[0])
            columns.append(at[1])
            style = STYLE.search(attributes)
            if style and int(style[1]) in widths:
                cells[at] = widths[int(style[1])]
        return cells, (min(rows, default=0), min(columns, default=0))


def padded_styles(styles: bytes) -> dict[int, int]:
    """Number formats such as 00000, by the style's number: how many digits they show at least."""
    formats = {int(number): len(code) for number, code in PADDED.findall(styles)}
    styles_used = XFS.search(styles)
    used = [int(number) for number in FORMAT_OF.findall(styles_used[1])] if styles_used and formats else []
    return {style: formats[number] for style, number in enumerate(used) if number in formats}


def column_number(letters: bytes) -> int:
    """A = 1, Z = 26, AA = 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def with_zeros(columns: list[Any], path: str, number: int) -> list[Any]:
    """The columns as the sheet shows them: 00123 where the cell holds 123 and its format is 00000."""
    cells, (first_row, first_column) = padded_cells(path, number)
    by_column: dict[int, dict[int, int]] = {}
    for (row, column), width in cells.items():
        by_column.setdefault(column - first_column, {})[row - first_row] = width
    for column, widths in by_column.items():
        values = columns[column].to_pylist()
        for row, width in widths.items():
            if row < len(values) and values[row] and values[row].isdigit():
                values[row] = values[row].zfill(width)
        columns[column] = pa.array(values, pa.string())
    return columns


def in_short_form(columns: list[Any], path: str, number: int) -> list[Any]:
    """The columns with numbers of more digits than a cell keeps as the sheet shows them: 6.9E+17.

    Texts of so many digits stay: a cell that is one says so.
    """
    long = {
        at: [row for row, is_long in enumerate(pc.match_substring_regex(column, LONG).to_pylist()) if is_long]
        for at, column in enumerate(columns)
    }
    part = f"xl/worksheets/sheet{number}.xml"
    with zipfile.ZipFile(path) as archive:
        if not any(long.values()) or part not in archive.namelist():
            return columns
        cells = [(int(row), column_number(letters), more) for letters, row, more in CELL.findall(archive.read(part))]
    first_row, first_column = min(row for row, _, _ in cells), min(column for _, column, _ in cells)
    numbers = {(row - first_row, at - first_column) for row, at, more in cells if not TEXT_CELL.search(more)}
    for at, rows in long.items():
        lost = [row for row in rows if (row, at) in numbers]
        if lost:
            values = columns[at].to_pylist()
            for row in lost:
                values[row] = f"{float(values[row]):.14E}"
            columns[at] = pa.array(values, pa.string())
    return columns


def header_row(columns: list[Any], options: dict[str, Any]) -> int:
    """The row of the headings: the one that the mapping says, or the first that holds those that it names."""
    if not options["header"]:
        return int(options["skip_rows"])
    wanted = set(options["header"])
    first = int(options["first"])
    cells = [column.slice(0, first).to_pylist() for column in columns]
    for row in range(min(first, len(columns[0]))):
        if wanted <= {str(column[row] or "").strip() for column in cells}:
            return row
    headings = ", ".join(map(repr, options["header"]))
    raise UnreadableError("no header", header=headings, first=str(first))


def tables(book: Any, path: str, options: dict[str, Any]) -> Iterator[tuple[str, list[str], Any]]:
    """Name, header and rows (all text) of each sheet that holds anything; a cell of blanks holds nothing."""

    names = options["sheets"]
    for name in names:
        if name not in book.sheet_names:
            raise UnreadableError("no such sheet", sheet=repr(name), sheets=", ".join(book.sheet_names))
    for name in names or book.sheet_names:
        columns = columns_of(book.load_sheet(name, header_row=None, dtypes="string"))
        if columns:
            columns = with_zeros(columns, path, book.sheet_names.index(name) + 1)
            columns = in_short_form(columns, path, book.sheet_names.index(name) + 1)
        while columns and columns[-1].null_count == len(columns[-1]):
            columns.pop()
        if columns:
            at = header_row(columns, options)
            header = [column[at].as_py() or "" if at < len(column) else "" for column in columns]
            rows = [column.slice(at + 1) for column in columns]
            schema = pa.schema([(f"c{number}", pa.string()) for number in range(len(columns))])
            yield name, header, pa.table(rows, schema=schema)


def has_text(column: Any) -> Any:
    """Per cell, whether it holds more than blanks."""
    return pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(column), ""), False)


def without_empty(table: Any, footer_rows: int) -> tuple[Any, int]:
    """The rows that hold anything but for the last `footer_rows` of them, and how many hold nothing."""
    filled = pa.array([False] * table.num_rows, pa.bool_())
    for name in table.column_names:
        if name != "line":
            filled = pc.or_(filled, has_text(table.column(name).combine_chunks()))
    kept = table.filter(filled)
    return kept.slice(0, max(0, kept.num_rows - footer_rows)), table.num_rows - kept.num_rows


def stage(path: str, target: str, options: dict[str, Any]) -> dict[str, object]:
    """Write `line` and the columns of all sheets; rows with nothing in them are counted and left out."""

    book = fastexcel.read_excel(path)
    sheets = list(tables(book, path, options))
    if not sheets:
        raise UnreadableError("empty")
    headers = [header for _, header, _ in sheets]
    if other := next((name for name, header, _ in sheets if header != headers[0]), ""):
        raise UnreadableError("sheets differ", first=repr(sheets[0][0]), other=repr(other))
    parts, read, empty, line = [], [], 0, 1
    for name, _, rows in sheets:
        numbers = pa.array(range(line, line + rows.num_rows), pa.int64())
        kept, without = without_empty(rows.add_column(0, "line", numbers), options["footer_rows"])
        parts.append(kept)
        read.append((name, line))
        empty += without
        line += rows.num_rows
    table = pa.concat_tables(parts)
    pq.write_table(table, target, compression="snappy")
    filled = [number for number in range(len(headers[0])) if pc.any(has_text(table.column(f"c{number}"))).as_py()]
    return {
        "header": headers[0],
        "rows": table.num_rows,
        "empty": empty,
        "filled": filled,
        "read": read,
        "of": len(book.sheet_names),
        "hidden": [name for name in book.sheet_names if book.load_sheet(name, n_rows=1).visible != "visible"],
    }


def look(path: str, most: int) -> dict[str, object]:
    """Name, first rows and last row of each sheet that holds anything, and whether it can be seen."""
    book = fastexcel.read_excel(path)
    sheets = []
    for name in book.sheet_names:
        sheet = book.load_sheet(name, header_row=None, dtypes="string")
        columns = columns_of(sheet)
        while columns and columns[-1].null_count == len(columns[-1]):
            columns.pop()
        if columns:
            columns = with_zeros(columns, path, book.sheet_names.index(name) + 1)
            rows = list(zip(*(column.slice(0, most).to_pylist() for column in columns), strict=True))
            last = [column[-1].as_py() for column in columns]
            sheets.append({"name": name, "visible": sheet.visible == "visible", "rows": rows, "last": last})
    if not sheets:
        raise UnreadableError("empty")
    return {"sheets": sheets}


def main() -> None:
    """Arguments: workbook, target (empty: only its first rows are asked for), JSON of the layout's options."""
    limit()
    path, target, options = sys.argv[1:]
    try:
        given = json.loads(options)
        answer = stage(path, target, given) if target else look(path, int(given["first"]))
    except UnreadableError as error:
        answer = {"refused": error.fault, "values": error.values}
    except Exception:  # whatever a damaged file makes a library raise ends as one sentence
        answer = {"refused": "damaged", "values": {}}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
