"""What a source gave: files of one table each, and what was there already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.imports.sources.beside import MARK, left_as_read, why_again
from shopkeeper.imports.sources.declaration import Source, TableSource
from shopkeeper.lake.version import SourceFile, Version
from shopkeeper.messages import Message, message


@dataclass(frozen=True)
class Arrival:
    """Files of one table, the oldest first, with the mark that the source gave each; see `SourceFile`.

    `beside` are all the files that are read beside them, the oldest first, with theirs.
    """

    table: TableSource
    files: tuple[InputFile, ...]
    marks: tuple[str, ...]
    beside: tuple[InputFile, ...] = ()
    marks_beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """All that a source gave at one time. `new`, `changed` and `unchanged` count files (for a database, tables).

    `again`: of the unchanged, those that are read once more, for `reasons`.
    """

    source: Source
    arrivals: tuple[Arrival, ...]
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    warnings: tuple[Message, ...] = ()
    again: int = 0
    reasons: tuple[Message, ...] = ()

    @property
    def bytes(self) -> int:
        """Of the files that are read."""
        return sum(file.bytes for arrival in self.arrivals for file in (*arrival.files, *arrival.beside))

    def with_warnings(self, warnings: tuple[Message, ...]) -> "Fetched":
        """With warnings on what was left alone."""
        return replace(self, warnings=(*self.warnings, *warnings))


@dataclass(frozen=True)
class Before:
    """What was read of one source until now: `files` by table and name, as messages call it.

    `bytes_read`: by table and checksum, the name under which these bytes came, from any source. `read_otherwise`:
    tables that another mapping read; of these nothing counts as read. `beside`: by table, the files that were read
    beside its own.
    """

    files: Mapping[tuple[str, str], SourceFile] = field(default_factory=dict)
    bytes_read: Mapping[tuple[str, str], str] = field(default_factory=dict)
    read_otherwise: frozenset[str] = frozenset()
    beside: Mapping[str, tuple[SourceFile, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source, version: Version | None, digest: str) -> "Before":
        """From the version that is served; `digest` is that of the source's mapping, as the job takes it."""
        if version is None:
            return cls()
        read = {each.table: each.sha256 for each in version.sources if each.name.startswith(f"{source.name}: mapping ")}
        tables = {table for table, sha256 in read.items() if sha256 == digest}
        mine = [each for each in version.sources if each.table in tables and each.name.startswith(f"{source.name}/")]
        start = f"{source.name}: {MARK}"
        beside: dict[str, tuple[SourceFile, ...]] = {}
        for each in version.sources:
            if each.name.startswith(start):
                named = replace(each, name=each.name.removeprefix(start))
                beside[each.table] = (*beside.get(each.table, ()), named)
        return cls(
            {(each.table, each.name): each for each in mine},
            {(each.table, each.sha256): each.name for each in version.sources},
            frozenset(read.keys() - tables),
            beside,
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
    new = changed = again = 0
    by_table: dict[str, list[tuple[InputFile, str]]] = {}
    bytes_read = dict(before.bytes_read)
    everything = [(replace(file, name=f"{source.name}/{file.name}"), mark) for file, mark in listed]
    beside = [pair for pair in everything if pair[0].lookup]
    everything = [pair for pair in everything if not pair[0].lookup]
    names = {(file.table, file.name) for file, _ in everything}
    reasons, warnings = _read_again(source, before, [file for file, _ in everything], [file for file, _ in beside])
    for file, mark in everything:
        there = before.files.get((file.table, file.name))
        twin = bytes_read.get((file.table, file.sha256))
        table = _table(source, file.table)
        before.refuse_twice(source, table)
        mode = table.mode
        moved = there is None and (file.table, twin) in before.files and (file.table, twin) not in names
        if (there and there.sha256 == file.sha256) or moved or (twin and mode == "append"):
            unchanged += 1
            if file.table in reasons:
                again += 1
                by_table.setdefault(file.table, []).append((file, mark))
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
    arrivals = []
    for name, files in by_table.items():
        with_them = [pair for pair in beside if pair[0].table == name]
        arrivals.append(Arrival(_table(source, name), *_apart(files), *_apart(with_them)))
    return Fetched(source, tuple(arrivals), new, changed, unchanged, warnings, again, tuple(reasons.values()))


def _apart(pairs: Sequence[tuple[InputFile, str]]) -> tuple[tuple[InputFile, ...], tuple[str, ...]]:
    return tuple(file for file, _ in pairs), tuple(mark for _, mark in pairs)


def _read_again(
    source: Source, before: Before, files: Sequence[InputFile], beside: Sequence[InputFile]
) -> tuple[dict[str, Message], tuple[Message, ...]]:
    """By table, why all its files are read again; and warnings on those that cannot be. `files`: those there now."""
    reasons: dict[str, Message] = {}
    warnings = []
    for name in dict.fromkeys(file.table for file in beside):
        read = [file for (of_table, _), file in before.files.items() if of_table == name]
        there = [(file.name, file.sha256) for file in files if file.table == name]
        own = [file for file in read if any(file.name == path or file.sha256 == digest for path, digest in there)]
        now = [file for file in beside if file.table == name]
        reason = why_again(source, _table(source, name), before.beside.get(name, ()), now, own)
        if reason:
            reasons[name] = reason
            if len(read) > len(own):
                warnings.append(left_as_read(name, len(read) - len(own)))
    return reasons, tuple(warnings)


def _table(source: Source, name: str) -> TableSource:
    table = source.table(name)
    if table is None:
        raise KeyError(f"source {source.name} does not give {name}")
    return table


def by_age(files: Sequence[InputFile]) -> list[InputFile]:
    """The oldest first, by when they were last written; of the same moment, by name."""
    return sorted(files, key=lambda file: (Path(file.path).stat().st_mtime_ns, file.name))
