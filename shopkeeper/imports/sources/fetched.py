"""What a source gave: files of one table each, and what was there already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.imports.sources.declaration import Source, TableSource
from shopkeeper.lake.version import SourceFile, Version
from shopkeeper.messages import Message, message


@dataclass(frozen=True)
class Arrival:
    """Files of one table, the oldest first, with the mark that the source gave each; see `SourceFile`."""

    table: TableSource
    files: tuple[InputFile, ...]
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Fetched:
    """All that a source gave at one time. `new`, `changed` and `unchanged` count files (for a database, tables)."""

    source: Source
    arrivals: tuple[Arrival, ...]
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    warnings: tuple[Message, ...] = ()

    @property
    def bytes(self) -> int:
        """Of the files that are read."""
        return sum(file.bytes for arrival in self.arrivals for file in arrival.files)

    def with_warnings(self, warnings: tuple[Message, ...]) -> "Fetched":
        """With warnings on what was left alone."""
        return replace(self, warnings=warnings)


@dataclass(frozen=True)
class Before:
    """What was read of one source until now: `files` by table and name, as messages call it.

    `bytes_read`: by table and checksum, the name under which these bytes came, from any source. `read_otherwise`:
    tables that another mapping read; of these nothing counts as read.
    """

    files: Mapping[tuple[str, str], SourceFile] = field(default_factory=dict)
    bytes_read: Mapping[tuple[str, str], str] = field(default_factory=dict)
    read_otherwise: frozenset[str] = frozenset()

    @classmethod
    def of(cls, source: Source, version: Version | None, digest: str) -> "Before":
        """From the version that is served; `digest` is that of the source's mapping, as the job takes it."""
        if version is None:
            return cls()
        read = {each.table: each.sha256 for each in version.sources if each.name.startswith(f"{source.name}: mapping ")}
        tables = {table for table, sha256 in read.items() if sha256 == digest}
        mine = [each for each in version.sources if each.table in tables and each.name.startswith(f"{source.name}/")]
        return cls(
            {(each.table, each.name): each for each in mine},
            {(each.table, each.sha256): each.name for each in version.sources},
            frozenset(read.keys() - tables),
        )

    def mark(self, table: str, name: str) -> str:
        """What the source said of a file last time; empty where it is new."""
        there = self.files.get((table, name))
        return there.mark if there else ""

    def refuse_twice(self, source: Source, table: TableSource) -> None:
        """Raise `Refused` where rows that another mapping read would only be added once more."""
        if table.mode == "append" and table.name in self.read_otherwise:
            raise Refused(
                message(
                    "The mapping of sources.{source} has changed, and it only appends to {table}: what was read "
                    "before would count twice. Import {table} anew with `import`, or take the mapping back.",
                    source=source.name,
                    table=table.name,
                )
            )


def compare(source: Source, before: Before, listed: Iterable[tuple[InputFile, str]], *, unchanged: int = 0) -> Fetched:
    """Of the files that are there now, with their marks, the oldest first, those that were not read as they are.

    Raise `Refused` where a file changed whose rows can only be added.
    """
    new = changed = 0
    by_table: dict[str, list[tuple[InputFile, str]]] = {}
    bytes_read = dict(before.bytes_read)
    everything = [(replace(file, name=f"{source.name}/{file.name}"), mark) for file, mark in listed]
    names = {(file.table, file.name) for file, _ in everything}
    for file, mark in everything:
        there = before.files.get((file.table, file.name))
        twin = bytes_read.get((file.table, file.sha256))
        table = _table(source, file.table)
        before.refuse_twice(source, table)
        mode = table.mode
        moved = there is None and (file.table, twin) in before.files and (file.table, twin) not in names
        if (there and there.sha256 == file.sha256) or moved or (twin and mode == "append"):
            unchanged += 1
            continue
        if there and mode == "append":
            raise Refused(
                message(
                    "{name} has changed since it was read, and sources.{source} only appends to {table}: its rows "
                    "would count twice. Give the new rows in a file of their own, or let them replace older ones.",
                    name=file.name,
                    source=source.name,
                    table=file.table,
                )
            )
        new, changed = (new, changed + 1) if there else (new + 1, changed)
        bytes_read[file.table, file.sha256] = file.name
        by_table.setdefault(file.table, []).append((file, mark))
    arrivals = [
        Arrival(_table(source, name), tuple(file for file, _ in files), tuple(mark for _, mark in files))
        for name, files in by_table.items()
    ]
    return Fetched(source, tuple(arrivals), new, changed, unchanged)


def _table(source: Source, name: str) -> TableSource:
    table = source.table(name)
    if table is None:
        raise KeyError(f"source {source.name} does not give {name}")
    return table


def by_age(files: Sequence[InputFile]) -> list[InputFile]:
    """The oldest first, by when they were last written; of the same moment, by name."""
    return sorted(files, key=lambda file: (Path(file.path).stat().st_mtime_ns, file.name))
