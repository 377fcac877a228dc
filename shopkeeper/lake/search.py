"""Whether a word still stands anywhere in some folders: every byte is searched, Parquet decoded."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import (
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
)

from shopkeeper.lake.workbench import bounded

NOT_NAMES = ("order_id", "original_order_id", "sku")
"""Columns in which a person's name is another thing's number."""
FEW_BYTES = 2
"""A value takes less where it is a number in a list of few."""


@dataclass(frozen=True)
class Remains:
    """A file in which a word still stands."""

    file: Path
    rows: int


def remains(folders: Sequence[Path], words: Collection[str]) -> Iterator[Remains]:
    """Search every byte of the folders for the words: Parquet decoded, column by column, all else as it lies there.

    A word counts where no letter or digit touches it, and not in columns of order numbers and items. A file that
    several versions share is searched once, and named at each of its places.
    """
    either = b"|".join(re.escape(word.encode()) for word in words)
    alone = re.compile(b"(?<![0-9A-Za-z])(" + either + b")(?![0-9A-Za-z])")
    searched: dict[tuple[int, int], int] = {}
    with TemporaryDirectory() as spill, bounded(Path(spill), "UTC") as connection:
        for file in sorted({path for folder in folders for path in folder.rglob("*") if path.is_file()}):
            status = file.stat()
            place = status.st_dev, status.st_ino
            if place not in searched and file.suffix == ".parquet":
                rows = connection.read_parquet(str(file))
                texts = _texts(rows)
                searched[place] = _rows_with(rows, texts, words) if _holds(file, texts, words) else 0
            elif place not in searched:
                searched[place] = len(alone.findall(file.read_bytes()))
            if searched[place]:
                yield Remains(file, searched[place])


def _holds(file: Path, texts: Sequence[str], words: Collection[str]) -> bool:
    """Whether the bytes of the file's texts, decoded and one after the other, hold a word anywhere.

    It is many times quicker than to look at each text, and says yes wherever a text holds the word.
    """
    sought = [word.encode() for word in words]
    with pq.ParquetFile(file, read_dictionary=_repeated(file, texts)) as parquet:
        for group in range(parquet.num_row_groups if texts else 0):
            for column in parquet.read_row_group(group, columns=list(texts)).columns:
                for chunk in column.chunks:
                    values = chunk.dictionary if isinstance(chunk, pa.DictionaryArray) else chunk
                    if not isinstance(values, pa.StringArray | pa.LargeStringArray):
                        # Bytes of another kind are left to the slow way.
                        return True
                    content = b"".join(buffer.to_pybytes() for buffer in values.buffers()[2:] if buffer)
                    if any(word in content for word in sought):
                        return True
    return False


def _repeated(file: Path, texts: Sequence[str]) -> list[str]:
    """Columns whose few values stand in the file once each, and are numbers in its rows."""
    written = pq.read_metadata(file)
    if not written.num_row_groups:
        return []
    first = written.row_group(0)
    columns = [first.column(number) for number in range(first.num_columns)]
    return [
        each.path_in_schema
        for each in columns
        if each.path_in_schema in texts and each.total_uncompressed_size < FEW_BYTES * each.num_values
    ]


def _rows_with(rows: DuckDBPyRelation, texts: Sequence[str], words: Collection[str]) -> int:
    pattern = pattern_of(words)
    return int(rows.filter(reduce(or_, (matches(ColumnExpression(name), pattern) for name in texts))).shape[0])


def _texts(rows: DuckDBPyRelation) -> list[str]:
    kinds = zip(rows.columns, rows.types, strict=True)
    return [name for name, kind in kinds if str(kind) == "VARCHAR" and name not in NOT_NAMES]


def pattern_of(words: Collection[str]) -> str:
    """A word where no letter or digit touches it, as DuckDB reads regular expressions."""
    longest_first = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return rf"(^|[^0-9A-Za-z])({longest_first})([^0-9A-Za-z]|$)"


def matches(value: Expression, pattern: str) -> Expression:
    """Whether the pattern is in the text; not in NULL."""
    matched = FunctionExpression("regexp_matches", value, ConstantExpression(pattern))
    return CoalesceOperator(matched, ConstantExpression(False))
