"""Frames typed as the contract says, and Parquet files that grow block by block."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shopkeeper.contract.table import ColumnType, Table
from shopkeeper.models.arrays import Flags, Ints
from shopkeeper.sample.calendar import EPOCH

_TYPES: dict[ColumnType, Any] = {
    "VARCHAR": pl.String,
    "BIGINT": pl.Int64,
    "DOUBLE": pl.Float64,
    "DECIMAL(18,3)": pl.Decimal(18, 3),
    "DECIMAL(18,4)": pl.Decimal(18, 4),
    "DATE": pl.Date,
    "TIMESTAMP": pl.Datetime("us"),
    "BOOLEAN": pl.Boolean,
}
_ENCODINGS = {
    "order_id": "DELTA_BYTE_ARRAY",
    "original_order_id": "DELTA_BYTE_ARRAY",
    "ordered_at": "DELTA_BINARY_PACKED",
    "day": "DELTA_BINARY_PACKED",
    "first_day": "DELTA_BINARY_PACKED",
    "deposit_id": "DELTA_BYTE_ARRAY",
    "inbound_id": "DELTA_BYTE_ARRAY",
}
"""Of columns that rise from row to row."""


def conform(table: Table, columns: Mapping[str, pl.Series]) -> pl.DataFrame:
    """A frame with every column of the contract, in its order; a column that is not given is empty.

    Raises `KeyError` where a column is given that the contract does not have.
    """
    height = len(next(iter(columns.values())))
    for name in columns:
        table.column(name)
    return pl.DataFrame(
        [
            columns[column.name].cast(_TYPES[column.type]).alias(column.name)
            if column.name in columns
            else pl.Series(column.name, [None], dtype=_TYPES[column.type]).new_from_index(0, height)
            for column in table.columns
        ]
    )


def blank(series: pl.Series, missing: Flags | None) -> pl.Series:
    """The series, empty where `missing`."""
    if missing is None:
        return series
    nothing = pl.Series([None], dtype=series.dtype).new_from_index(0, len(series))
    return series.zip_with(pl.Series(~missing), nothing)


def named(names: tuple[str, ...], rows: Ints, missing: Flags | None = None) -> pl.Series:
    """Names by row number; empty where `missing`."""
    return blank(pl.Series(names, dtype=pl.String).gather(pl.Series(rows.astype(np.int64))), missing)


def money(fen: Ints) -> pl.Series:
    """Yuan from hundredths."""
    return pl.Series(fen.astype(np.int64) / 100).cast(pl.Decimal(18, 4))


def dates(day: Ints, missing: Flags | None = None) -> pl.Series:
    """Dates from day numbers of the shop; empty where `missing`."""
    return blank(pl.Series((day + EPOCH).astype(np.int32)).cast(pl.Date), missing)


def times(day: Ints, second: Ints) -> pl.Series:
    """Naive times from day numbers of the shop and seconds of the day."""
    return pl.Series(((day.astype(np.int64) + EPOCH) * 86_400 + second) * 1_000_000).cast(pl.Datetime("us"))


def codes(prefix: str, number: Ints, digits: int, missing: Flags | None = None) -> pl.Series:
    """Codes such as 'C0000123'; empty where `missing`."""
    return blank(prefix + pl.Series(number.astype(np.int64)).cast(pl.String).str.zfill(digits), missing)


class Files:
    """The folder of a sample shop while it is written: `append` adds rows to a file, `put` writes a whole one."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._open: dict[str, pq.ParquetWriter] = {}
        for old in ("order_lines", "truth"):
            shutil.rmtree(directory / old, ignore_errors=True)
            (directory / old).mkdir(parents=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._open.values():
            writer.close()

    def append(self, name: str, frame: pl.DataFrame) -> None:
        """Add a row group."""
        rows = _plain(frame)
        if name not in self._open:
            path = self.directory / f"{name}.parquet"
            self._open[name] = pq.ParquetWriter(path, rows.schema, **_storage(rows))
        self._open[name].write_table(rows)

    def put(self, name: str, frame: pl.DataFrame) -> None:
        """Write a file of its own."""
        rows = _plain(frame)
        pq.write_table(rows, self.directory / f"{name}.parquet", **_storage(rows))


def _storage(rows: pa.Table) -> dict[str, Any]:
    """How a file is packed: what repeats by a dictionary, what rises by its differences, other numbers by byte."""
    encodings = {name: _ENCODINGS[name] for name in rows.column_names if name in _ENCODINGS}
    encodings |= {field.name: "BYTE_STREAM_SPLIT" for field in rows.schema if pa.types.is_float32(field.type)}
    return {
        "compression": "zstd",
        "compression_level": 9,
        "use_dictionary": [name for name in rows.column_names if name not in encodings],
        "column_encoding": encodings,
    }


def _plain(frame: pl.DataFrame) -> pa.Table:
    """Text as Arrow's ordinary strings, so that every reader sees VARCHAR."""
    rows = frame.to_arrow()
    fields = [
        pa.field(each.name, pa.string() if pa.types.is_large_string(each.type) else each.type) for each in rows.schema
    ]
    return rows.cast(pa.schema(fields))
