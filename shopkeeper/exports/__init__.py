"""Downloads: a table as CSV, XLSX or Parquet, a chart as HTML or PNG, each with its About."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from shopkeeper.contract.table import Column
from shopkeeper.errors import Refused
from shopkeeper.exports.about import About, file_name
from shopkeeper.exports.chart_file import browser_path, chart_html, chart_png
from shopkeeper.exports.csv_file import to_csv
from shopkeeper.exports.parquet_file import to_parquet
from shopkeeper.exports.xlsx_file import to_xlsx
from shopkeeper.messages import message

__all__ = [
    "About",
    "browser_path",
    "chart_html",
    "chart_png",
    "check_suffix",
    "file_name",
    "to_csv",
    "to_parquet",
    "to_xlsx",
    "write",
]

SUFFIXES = (".csv", ".xlsx", ".parquet")


def check_suffix(path: Path) -> None:
    """Raise `Refused` where the file's ending names no format, before anything is computed for it."""
    if path.suffix.lower() not in SUFFIXES:
        raise Refused(
            message(
                "{name} ends in none of {suffixes}; give the file one of these endings.",
                name=path.name,
                suffixes=", ".join(SUFFIXES),
            )
        )


def write(path: Path, frame: pl.DataFrame, about: About, columns: Sequence[Column] = ()) -> None:
    """Write the table in the format that the file's suffix names; a reader sees the old file or the new, never a part.

    Raise `Refused` for another suffix, or where the file cannot be written.
    """
    check_suffix(path)
    match path.suffix.lower():
        case ".csv":
            content = to_csv(frame, about)
        case ".xlsx":
            content = to_xlsx(frame, about, columns)
        case _:
            content = to_parquet(frame, about)
    _replace(path, content)


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as failure:
        raise Refused(
            message(
                "{path} could not be written: {strerror}; choose a folder that can be.",
                path=path,
                strerror=failure.strerror,
            )
        ) from failure
    finally:
        unfinished.unlink(missing_ok=True)
