"""One CSV file of order lines to Parquet: `bare` as DuckDB does it, `checked` as an import does, without the marts."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from shopkeeper.imports.checks import stage
from shopkeeper.imports.checks.rules import Terms, tomorrow
from shopkeeper.imports.mapping import file
from shopkeeper.imports.readers import files as input_files


def bare(source: Path, target: Path) -> None:
    """Read with DuckDB's own reader, its types guessed, and write."""
    connection = duckdb.connect(config={"threads": "2"})
    connection.read_csv(source).write_parquet(str(target), compression="zstd")


def checked(source: Path, folder: Path) -> None:
    """Read, mend, type and judge each row, every rule of orders and keys on."""
    mapping = file.load("sample")
    found, _ = input_files.find([source], mapping)
    terms = Terms(mapping.shop, mapping.source_timezone, tomorrow(datetime.now(UTC)))
    with stage.workbench(folder / "scratch") as connection:
        ((table, of_table),) = stage.in_order(found, mapping)
        staged = stage.stage_table(connection, table, of_table, terms, folder)
    if staged.rows_rejected:
        raise SystemExit(f"{staged.rows_rejected} rows were rejected: this file does not measure what it should")


kind, source = sys.argv[1], Path(sys.argv[2])
with TemporaryDirectory(dir=source.parent) as made:
    bare(source, Path(made) / "bare.parquet") if kind == "bare" else checked(source, Path(made))
