"""Storage that speaks S3 as a source: objects that are new or have changed are brought into a private folder."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from pyarrow import fs

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.files import left_alone, listed, tables_of
from shopkeeper.imports.sources.declaration import Source, Storage
from shopkeeper.imports.sources.fetched import Before, Fetched, by_age, compare
from shopkeeper.imports.sources.options import filled
from shopkeeper.lake.version import SourceFile
from shopkeeper.messages import Message, message

CONNECT_SECONDS, REQUEST_SECONDS = 10, 60
COPY_BYTES = 8 << 20


@dataclass(frozen=True)
class Stored:
    """One object. `name` starts below the prefix; `mark` changes with its content: time and size."""

    path: str
    name: str
    mark: str
    written: int


def fetch(source: Source, place: Storage, before: Before, folder: Path) -> Fetched:
    """Bring what is new or changed into `folder`. Raise `Refused` where the storage does not answer or give it."""
    # A mapping may know a table by the folder that its files lie in.
    folder /= PurePosixPath(place.prefix).name or place.bucket
    try:
        client = _client(place)
        objects = [each for each in _objects(client, place) if not _left(source, each.name)]
        tables = {each: _tables(source, each, folder.name) for each in objects}
        beside = {each: _tables_beside(source, each) for each in objects}
        ours = [each for each in objects if tables[each] or beside[each]]
        wanted = _wanted(source, before, tables, beside)
        for each in wanted:
            _copy(client, each, folder)
    except OSError as error:
        raise Refused(_unreachable(source, place, error)) from error
    marks = {each.name: each.mark for each in wanted}
    files = listed([folder], source.mapping)[0] if wanted else []
    arrived = ((file, marks[file.name]) for file in by_age(files))
    left = [each for each in ours if each not in wanted and not beside[each]]
    fetched = compare(source, before, arrived, unchanged=len(left))
    return fetched.with_warnings(tuple(left_alone(each.name) for each in objects if each not in ours))


def _tables(source: Source, each: Stored, inside: str) -> tuple[str, ...]:
    if _tables_beside(source, each):
        return ()
    return tables_of(PurePosixPath(each.name), source.mapping, alone=False, inside=inside)


def _tables_beside(source: Source, each: Stored) -> tuple[str, ...]:
    return tuple(table.name for table in source.mapping.tables if table.beside(PurePosixPath(each.name)))


def _wanted(
    source: Source, before: Before, tables: Mapping[Stored, Sequence[str]], beside: Mapping[Stored, Sequence[str]]
) -> list[Stored]:
    """Objects that are new or have changed, and what is read with them; all of a table where that has changed."""

    def is_new(each: Stored, files: Iterable[SourceFile]) -> bool:
        name = f"{source.name}/{each.name}"
        return all((file.name, file.mark) != (name, each.mark) for file in files)

    wanted = {each for each, names in tables.items() if names and is_new(each, before.files.values())}
    for table in source.mapping.tables:
        own = {each for each, names in tables.items() if table.name in names}
        with_them = {each for each, names in beside.items() if table.name in names}
        if any(is_new(each, before.beside.get(table.name, ())) for each in with_them):
            wanted |= own
        if wanted & own:
            wanted |= with_them
    return [each for each in tables if each in wanted]


def _client(place: Storage) -> Any:
    options: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "request_timeout": REQUEST_SECONDS}
    if place.access_key:
        options |= {"access_key": filled(place.access_key), "secret_key": filled(place.secret_key)}
    if place.region:
        options["region"] = filled(place.region)
    if place.endpoint:
        scheme, _, host = filled(place.endpoint).rpartition("://")
        options |= {"endpoint_override": host.rstrip("/"), "scheme": scheme or "https"}
    return fs.S3FileSystem(**options)


def _objects(client: Any, place: Storage) -> Iterator[Stored]:
    start = PurePosixPath(place.bucket, place.prefix.strip("/"))
    selector = fs.FileSelector(start.as_posix(), recursive=True)
    for info in client.get_file_info(selector):
        name = PurePosixPath(info.path).relative_to(start)
        # What a key calls `..` would be written outside the folder; it begins with a point too.
        if info.type == fs.FileType.File and not any(part.startswith(".") for part in name.parts):
            yield Stored(info.path, name.as_posix(), f"{info.mtime_ns} {info.size}", int(info.mtime_ns))


def _left(source: Source, name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in source.mapping.leave)


def _copy(client: Any, each: Stored, folder: Path) -> None:
    """Its time goes with it, by which the newest is known."""
    target = folder / each.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with client.open_input_stream(each.path) as given, target.open("wb") as taken:
        shutil.copyfileobj(given, taken, COPY_BYTES)
    os.utime(target, ns=(each.written, each.written))


def _unreachable(source: Source, place: Storage, error: OSError) -> Message:
    return message(
        "sources.{name}: {bucket} cannot be read: {error} Check bucket, prefix, endpoint and keys.",
        name=source.name,
        bucket=place.bucket,
        error=_without_secrets(place, str(error)),
    )


def _without_secrets(place: Storage, words: str) -> str:
    first = words.split("\n", maxsplit=1)[0]
    for key in (place.access_key, place.secret_key):
        if key:
            first = first.replace(filled(key), "***")
    return first if first.endswith(".") else f"{first}."
