"""What one import is to do: files by table, how they are read, and the version that it starts from."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.lake.version import Shop, Version
from shopkeeper.messages import Message


@dataclass(frozen=True)
class Batch:
    """Files of one table that one mapping reads, the oldest first.

    `mode`: whether their rows take the place of the table, are added to it, or replace older rows of the same order or
    key. `source` is the one that they came from in a sync, and `marks` what it said of each file; see `SourceFile`.
    `beside` are the files of the mapping's lookups, exchange rates and kits, the oldest first, with marks as well.
    """

    mapping: Mapping
    table: str
    files: tuple[InputFile, ...]
    mode: Literal["replace", "append", "newest"]
    source: str = ""
    marks: tuple[str, ...] = ()
    beside: tuple[InputFile, ...] = ()
    marks_beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One import: what is to be read how, and the version that it starts from."""

    batches: tuple[Batch, ...]
    shop: Shop
    before: Version | None
    as_of: date | None
    warnings: tuple[Message, ...]

    def digest(self, batch: Batch) -> str:
        """Tells two ways of reading the same bytes apart."""
        own = digest(batch.mapping, None if batch.source else self.as_of)
        # A sync compares what is read beside its files by itself.
        if batch.source or not batch.beside:
            return own
        return hashlib.sha256(" ".join((own, *(file.sha256 for file in batch.beside))).encode()).hexdigest()

    @property
    def append(self) -> bool:
        """Whether rows that are there may stay."""
        return any(batch.mode != "replace" for batch in self.batches)

    @property
    def files(self) -> tuple[InputFile, ...]:
        """All of them."""
        return tuple(file for batch in self.batches for file in batch.files)

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that this import carries."""
        return tuple(dict.fromkeys(batch.table for batch in self.batches))

    @property
    def carried(self) -> tuple[str, ...]:
        """Tables taken over from the version before, as they are."""
        return tuple(name for name in (self.before.tables if self.before else ()) if name not in self.tables)

    def existing(self, table: str) -> list[Path]:
        """Files to append to."""
        return self.before.files(table) if self.append and self.before and table in self.before.tables else []


def digest(mapping: Mapping, as_of: date | None = None) -> str:
    """SHA-256 of a mapping and the day that was said to be the last complete one."""
    return hashlib.sha256(f"{mapping.digest()} {as_of}".encode()).hexdigest()
