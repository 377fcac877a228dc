"""Whether a word still stands anywhere in some folders: every byte is searched, Parquet decoded."""

import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
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

from shopkeeper.contract.tables import TABLES
from shopkeeper.lake.workbench import bounded

NOT_NAMES = ("order_id", "original_order_id", "sku")
"""Columns in which a person's name is another thing's number."""
PERSONAL = ("customer_id", "account_id", "key_hash", "hash")
PLAIN = {each.name for table in TABLES for each in table.columns if each.type == "VARCHAR"}.difference(PERSONAL) | {
    "product",
    "products",
}
"""Columns of the contract that name no person."""
WORDS_OF_PERSONS = ("customer", "account", "person", "other", "key", "hash", "value")
"""Of these one is in the name of each column of a mart or step that names a person."""
SQLITE = b"SQLite format 3\0"
FEW_BYTES = 2
"""A value takes less where it is a number in a list of few."""


@dataclass(frozen=True)
class Remains:
    """A file in which a word still stands."""

    file: Path
    rows: int


@dataclass(frozen=True)
class Sought:
    """`words` are nobody else's, such as phones and pseudonyms: they count where no letter or digit touches them.

    `names` of accounts may be as short as 12: they count as a whole cell, or as a whole text in quotes.
    """

    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def remains(folders: Sequence[Path], sought: Sought) -> Iterator[Remains]:
    """Search every byte of the folders: Parquet decoded, column by column, all else as it lies there.

    Columns of order numbers and items hold no names, and those of channels, regions and the like none of accounts. A
    file that several versions share is searched once, and named at each of its places.
    """
    anywhere = [re.compile(pattern.encode()) for pattern in patterns_of(sought)]
    words = (*sought.words, *sought.names)
    searched: dict[tuple[int, int], int] = {}
    with TemporaryDirectory() as spill, bounded(Path(spill), "UTC") as connection:
        for file in sorted({path for folder in folders for path in folder.rglob("*") if path.is_file()}):
            status = file.stat()
            place = status.st_dev, status.st_ino
            if place not in searched and file.suffix == ".parquet":
                rows = connection.read_parquet(str(file))
                texts = _texts(rows)
                searched[place] = _rows_with(rows, file, texts, sought) if _holds(file, texts, words) else 0
            elif place not in searched:
                contents = [file.read_bytes(), *_rows_of_database(file)]
                searched[place] = max(sum(len(pattern.findall(each)) for pattern in anywhere) for each in contents)
            if searched[place]:
                yield Remains(file, searched[place])


def _rows_of_database(file: Path) -> Iterator[bytes]:
    """All rows of a file of SQLite, whose texts stand side by side there without a mark between them."""
    with file.open("rb") as opened:
        if opened.read(len(SQLITE)) != SQLITE:
            return
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        yield "\n".join(database.iterdump()).replace("'", '"').encode()


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


def _rows_with(rows: DuckDBPyRelation, file: Path, texts: Sequence[str], sought: Sought) -> int:
    parts = [(Sought(sought.words), texts), (Sought(names=sought.names), [n for n in texts if not _is_plain(n, file)])]
    held = [names_any(each, part) for part, columns in parts for each in columns]
    return int(rows.filter(reduce(or_, held)).shape[0]) if held else 0


def _is_plain(column: str, file: Path) -> bool:
    """Whether a column of a table or mart holds channels, regions, classes or the like, and names nobody."""
    made_here = file.parent.name in ("marts", "steps")
    return column in PLAIN or (made_here and not any(word in column for word in WORDS_OF_PERSONS))


def _texts(rows: DuckDBPyRelation) -> list[str]:
    kinds = zip(rows.columns, rows.types, strict=True)
    return [name for name, kind in kinds if str(kind) == "VARCHAR" and name not in NOT_NAMES]


def patterns_of(sought: Sought) -> tuple[str, ...]:
    """What is sought, with what is on either side of it, as DuckDB and Python read regular expressions."""
    pairs = ((sought.words, "[^0-9A-Za-z]"), (sought.names, r'[",;|\t\r\n]'))
    return tuple(
        f"(^|{edge})({'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})({edge}|$)"
        for words, edge in pairs
        if words
    )


def names_any(column: str, sought: Sought) -> Expression:
    """Whether a text of the column holds what is sought; not where it is NULL."""
    held = [
        FunctionExpression("regexp_matches", ColumnExpression(column), ConstantExpression(pattern))
        for pattern in patterns_of(sought)
    ]
    return CoalesceOperator(reduce(or_, held, ConstantExpression(False)), ConstantExpression(False))
