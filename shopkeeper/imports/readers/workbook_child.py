"""Run as a process of its own: read a workbook's sheets into Parquet, and say on standard output what it holds.

Imports nothing of the program, so that a crash or a limit here is only a sentence there.
"""

import json
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Any

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MEMORY_BYTES = 2 << 30
CPU_SECONDS = 60


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


def tables(path: str, names: list[str]) -> Iterator[tuple[list[str], Any]]:
    """Header and rows (all text) of each sheet that holds anything."""

    book = fastexcel.read_excel(path)
    for name in names:
        if name not in book.sheet_names:
            raise UnreadableError("no such sheet", sheet=repr(name), sheets=", ".join(book.sheet_names))
    for name in names or book.sheet_names:
        columns = columns_of(book.load_sheet(name, header_row=None, dtypes="string"))
        while columns and columns[-1].null_count == len(columns[-1]):
            columns.pop()
        if columns:
            header = [column[0].as_py() or "" for column in columns]
            rows = [column.slice(1) for column in columns]
            schema = pa.schema([(f"c{number}", pa.string()) for number in range(len(columns))])
            yield header, pa.table(rows, schema=schema)


def stage(path: str, target: str, names: list[str]) -> dict[str, object]:
    """Write `line` and the columns of all sheets; rows with nothing in them are counted and left out."""

    sheets = list(tables(path, names))
    if not sheets:
        raise UnreadableError("empty")
    headers = [header for header, _ in sheets]
    if any(header != headers[0] for header in headers):
        raise UnreadableError("sheets differ")
    table = pa.concat_tables([rows for _, rows in sheets])
    table = table.add_column(0, "line", pa.array(range(1, table.num_rows + 1), pa.int64()))
    filled = pa.array([False] * table.num_rows, pa.bool_())
    for number in range(len(headers[0])):
        filled = pc.or_(filled, pc.fill_null(pc.not_equal(table.column(f"c{number}"), ""), False))
    kept = table.filter(filled)
    pq.write_table(kept, target, compression="snappy")
    return {"header": headers[0], "rows": kept.num_rows, "empty": table.num_rows - kept.num_rows}


def main() -> None:
    """Arguments: workbook, target, JSON list of sheets."""
    limit()
    path, target, sheets = sys.argv[1:]
    try:
        answer = stage(path, target, json.loads(sheets))
    except UnreadableError as error:
        answer = {"refused": error.fault, "values": error.values}
    except Exception:  # whatever a damaged file makes a library raise ends as one sentence
        answer = {"refused": "damaged", "values": {}}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
