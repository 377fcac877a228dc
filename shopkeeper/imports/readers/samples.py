"""The headings and first rows of a file, before anything is known of what it is."""

import csv
import tempfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.declared import AS_IT_IS, Layout
from shopkeeper.imports.readers import csv_file, workbook
from shopkeeper.imports.readers.csv_records import rows_of
from shopkeeper.imports.readers.encodings import encoding_of
from shopkeeper.imports.readers.files import PARQUET, WORKBOOK, refuse_kind
from shopkeeper.imports.readers.staged import own_names
from shopkeeper.messages import message

ROWS = 200


@dataclass(frozen=True)
class Sample:
    """A file's headings and its first rows, each value as text as the file shows it.

    `layout`: how they were read, as a mapping has to say it. `encodings`: where the file's bytes are text in several of
    them, each by name with a piece of the text that it makes; then there are no headings yet.
    """

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    layout: Layout = AS_IT_IS
    encodings: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """The file, and the sheet where there are several."""
        return " › ".join((self.name, *self.layout.sheets[:1]))

    def values(self, heading: str) -> tuple[str | None, ...]:
        """One column of the rows."""
        place = self.headings.index(heading)
        return tuple(row[place] for row in self.rows)


def sample(
    path: Path,
    name: str,
    layout: Layout = AS_IT_IS,
    expected: Iterable[str] = (),
    rows: int = ROWS,
    *,
    chinese: bool = False,
) -> Sample:
    """Read the top of a file. Raise `Refused` where it is not one that is read, or is damaged there."""
    refuse_kind(path, name)
    kind = path.suffix.lower()
    if kind in PARQUET:
        return _of_parquet(path, name, rows)
    if kind in WORKBOOK:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "sample.parquet"
            strings = workbook.stage(path, name, target, layout)
            frame = pl.read_parquet(target).head(rows).drop("line")
        return Sample(name, strings.header, tuple(frame.rows()), layout)
    encoding = encoding_of(path, name, layout.encoding, chinese=chinese)
    dialect, header = csv_file.dialect_of(path, name, encoding, layout, tuple(expected))
    width = len(header)
    try:
        with closing(rows_of(path, dialect)) as records:
            first = [tuple(record) for record in islice((each for each in records if each), rows)]
    except csv.Error as error:
        raise Refused(message("{name} cannot be read: {error}. Export it again.", name=name, error=error)) from error
    return Sample(name, own_names(header)[0], tuple(record for record in first if len(record) == width), layout)


def _of_parquet(path: Path, name: str, rows: int) -> Sample:
    try:
        with pq.ParquetFile(path) as file:
            batch = next(file.iter_batches(rows), None)
            headings = own_names(file.schema_arrow.names)[0]
            columns = [column.cast(pa.string()).to_pylist() for column in batch.columns] if batch else []
    except (pa.ArrowException, OSError) as error:
        raise Refused(
            message("{name} is damaged or encrypted, or no Parquet file. Export it again.", name=name)
        ) from error
    return Sample(name, headings, tuple(zip(*columns, strict=True)))
