"""The merchant's data as immutable versions: one folder each, one pointer that says which is served.

A version is complete before the pointer names it, and never changes afterwards. Readers take explicit file paths from
its manifest, so whoever began with a version ends with it.
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from shopkeeper.errors import Refused
from shopkeeper.lake import marts
from shopkeeper.lake import publish as lake_publish
from shopkeeper.lake.version import (
    MANIFEST,
    DataFile,
    Shop,
    Source,
    Staged,
    StagedTable,
    TableStats,
    Version,
    read_manifest,
    write_manifest,
)
from shopkeeper.query_files import QUERIES, recipe

__all__ = [
    "DataFile", "Progress", "Shop", "Source", "Staged", "StagedTable", "TableStats", "Version",
    "current", "data_folder", "prune", "publish", "publisher", "rollback", "verify", "versions",
]  # fmt: skip

Progress = Callable[[str, float], None]
"""Told (what is being done, share of the whole that is done: 0 to 1)."""

KEEP = 5
YOUNG = timedelta(hours=24)
POINTER = "current.json"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def data_folder() -> Path:
    """The merchant's data folder: SHOPKEEPER_DATA, else ./data."""
    return Path(os.environ.get("SHOPKEEPER_DATA") or "data").absolute()


@contextmanager
def publisher(root: Path) -> Iterator[Path]:
    """Be the one publisher of `root`: yield a fresh staging directory, and leave none behind.

    Raise `Refused` where another publisher is at work, and where the disk is full or the memory too small.
    """
    with locked(root):
        staging = root / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        directory = staging / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ-%f}"
        try:
            directory.mkdir(parents=True)
            (root / "versions").mkdir(exist_ok=True)
            yield directory
        except (OSError, duckdb.IOException) as error:
            if not disk_is_full(error):
                raise
            raise Refused(
                f"There is no room left on the disk that holds {root}. The data served before is untouched. "
                "Free some space, then import again."
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise Refused(
                f"Publishing needed more than {marts.MEMORY} of memory and the room to spill on disk. The data "
                "served before is untouched. Free some space, then import again."
            ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the lake's lock. The system lets go of it when a process dies, so no lock outlives its holder."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(f"Another import is at work in {root}. Wait until it has ended, then try again.") from error
        yield


def disk_is_full(error: OSError | duckdb.IOException) -> bool:
    """DuckDB and Polars give the system's reason only in their message."""
    return getattr(error, "errno", None) in FULL or any(os.strerror(code) in str(error) for code in FULL)


def publish(
    root: Path, staged: Staged, progress: Progress | None = None, keep: int = KEEP, queries: Path = QUERIES
) -> Version:
    """Make a version of what is staged and serve it. Only inside `publisher`.

    Raise `Refused` where there is no order line, or where rows or net amounts do not reconcile; the version served
    before stays.
    """
    tell = progress or (lambda _step, _share: None)
    before = current(root)
    older = before.rejects if before else None
    tell("Putting the tables in place", 0.0)
    files = lake_publish.place_tables(root, staged, before)
    with marts.workbench(staged.directory, staged.shop.timezone) as connection:
        rejects = marts.join_rejects(connection, staged.directory, staged.rejects, older, staged.carried)
        sealed = lake_publish.seal(staged.directory, files | ({"rejects": [rejects]} if rejects else {}))
        tell("Checking that the totals reconcile", 0.1)
        marts.open_tables(connection, files)
        draft = lake_publish.describe(root, staged, before, sealed, marts.read_facts(connection, queries))
        lake_publish.reconcile(draft)
        built = marts.build_marts(
            connection, staged.directory / "marts", queries, {"as_of": draft.as_of},
            lambda step, share: tell(step, 0.2 + 0.7 * share),
        )  # fmt: skip
    tell("Writing to disk", 0.9)
    sealed_marts = lake_publish.seal(staged.directory, {name: [file] for name, file in built.items()})
    version = replace(draft, marts=sealed_marts, recipe=recipe(queries))
    serve(root, staged.directory, version)
    remove_old(root, keep)
    tell("Done", 1.0)
    return version


def serve(root: Path, directory: Path, version: Version) -> None:
    """Make the staged folder a version, and point to it. Every step is on disk before the next one leans on it."""
    lake_publish.sync(write_manifest(directory, version))
    lake_publish.sync(directory)
    directory.rename(version.path)
    lake_publish.sync(version.path.parent)
    point_to(root, version.id)


def point_to(root: Path, version_id: str) -> None:
    """Replace the pointer in one step."""
    fresh = root / f"{POINTER}.making"
    fresh.write_text(json.dumps({"version": version_id}) + "\n", encoding="utf-8")
    lake_publish.sync(fresh)
    fresh.replace(root / POINTER)
    lake_publish.sync(root)


def current(root: Path) -> Version | None:
    """The version served; `None` where nothing was published yet.

    Raise `Refused` where the pointer or the version it names cannot be read.
    """
    version_id = current_id(root)
    return read_manifest(root / "versions" / version_id) if version_id else None


def current_id(root: Path) -> str | None:
    """What the pointer says."""
    pointer = root / POINTER
    try:
        return str(json.loads(pointer.read_text(encoding="utf-8"))["version"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{pointer} cannot be read. Name a version to serve with `rollback`; `versions` lists them."
        ) from error


def versions(root: Path) -> list[Version]:
    """All complete versions, newest first. Raise `Refused` where a manifest cannot be read."""
    return [read_manifest(folder) for folder in folders(root)]


def folders(root: Path) -> list[Path]:
    """The versions' folders, newest first: their names sort by time."""
    return sorted((root / "versions").glob("*/"), reverse=True)


def rollback(root: Path, version_id: str | None = None) -> Version:
    """Serve another version: the one named, else the one that the current replaced.

    Raise `Refused` where there is no such version, where its files are damaged, or where a publisher is at work.
    """
    with locked(root):
        before = current(root) if version_id is None else None
        wanted = version_id or (before.parent if before else None)
        if wanted not in [folder.name for folder in folders(root)]:
            raise Refused(
                f"There is no version {version_id} to go back to. `versions` lists those there are."
                if version_id
                else "There is no older version to go back to."
            )
        version = read_manifest(root / "versions" / str(wanted))
        if faults := verify(version):
            raise Refused(f"Version {wanted} is damaged and was not served: {'; '.join(faults)}.")
        point_to(root, version.id)
        return version


def prune(root: Path, keep: int = KEEP) -> list[str]:
    """Remove old versions, and give their ids.

    The newest `keep`, those of the last 24 hours, the current and the one it replaced stay.

    Raise `Refused` where a publisher is at work.
    """
    with locked(root):
        return remove_old(root, keep)


def remove_old(root: Path, keep: int) -> list[str]:
    """`prune` for one who holds the lock. A folder leaves `versions` in one step, so none is ever seen half gone."""
    served = current(root)
    needed = {served.id, served.parent} if served else set()
    young = f"{datetime.now(UTC) - YOUNG:%Y%m%dT%H%M%SZ-%f}"
    old = [folder for folder in folders(root)[max(keep, 1) :] if folder.name not in needed and folder.name < young]
    for folder in old:
        gone = root / "staging" / f"removed-{folder.name}"
        gone.parent.mkdir(exist_ok=True)
        folder.rename(gone)
        shutil.rmtree(gone)
    return [folder.name for folder in old]


def verify(version: Version) -> list[str]:
    """Faults of the version's files against its manifest, in words; empty where all is well."""
    expected = {file.path: file for file in version.all_files()}
    there = {str(file.relative_to(version.path)) for file in version.path.rglob("*") if file.is_file()} - {MANIFEST}
    faults = [f"{path} is not in the manifest" for path in sorted(there - expected.keys())]
    faults += [f"{path} is missing" for path in sorted(expected.keys() - there)]
    both = sorted(there & expected.keys())
    with ThreadPoolExecutor(max_workers=4) as pool:
        found = pool.map(lambda path: lake_publish.checksum(version.path / path), both)
    faults += [
        f"{path} is not what was published"
        for path, digest in zip(both, found, strict=True)
        if digest != expected[path].sha256
    ]
    return faults
