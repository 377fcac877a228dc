"""Storage that speaks S3 as a source: objects that are new or have changed are brought into a private folder."""

import os
import shutil
from collections.abc import Iterator
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
        ours = [
            each
            for each in objects
            if tables_of(PurePosixPath(each.name), source.mapping, alone=False, inside=folder.name)
        ]
        marks_before = {name: file.mark for (_, name), file in before.files.items()}
        wanted = [each for each in ours if marks_before.get(f"{source.name}/{each.name}") != each.mark]
        for each in wanted:
            _copy(client, each, folder)
    except OSError as error:
        raise Refused(_unreachable(source, place, error)) from error
    marks = {each.name: each.mark for each in wanted}
    files = listed([folder], source.mapping)[0] if wanted else []
    arrived = ((file, marks[file.name]) for file in by_age(files))
    fetched = compare(source, before, arrived, unchanged=len(ours) - len(wanted))
    return fetched.with_warnings(tuple(left_alone(each.name) for each in objects if each not in ours))


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
