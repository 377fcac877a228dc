"""The merchant's data as immutable versions: one folder each, one pointer that says which is served.

A version is complete before the pointer names it, and never changes afterwards. Readers take explicit file paths from
its manifest, so whoever began with a version ends with it.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.lake.files import checksum, sync
from shopkeeper.lake.version import (
    MANIFEST,
    Version,
    read_manifest,
)
from shopkeeper.messages import message

KEEP = 5
YOUNG = timedelta(hours=24)
POINTER = "current.json"


def data_folder() -> Path:
    """The merchant's data folder: SHOPKEEPER_DATA, else ./data."""
    return Path(os.environ.get("SHOPKEEPER_DATA") or "data").absolute()


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the lake's lock. The system lets go of it when a process dies, so no lock outlives its holder."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                message(
                    "Another import is at work in {root}. Wait until it has ended, then try again.",
                    root=root,
                )
            ) from error
        yield


def point_to(root: Path, version_id: str) -> None:
    """Replace the pointer in one step."""
    fresh = root / f"{POINTER}.making"
    fresh.write_text(json.dumps({"version": version_id}) + "\n", encoding="utf-8")
    sync(fresh)
    fresh.replace(root / POINTER)
    sync(root)


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
            message(
                "{pointer} cannot be read. Name a version to serve with `rollback`; `versions` lists them.",
                pointer=pointer,
            )
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
        target = version_id or (before.parent if before else None)
        if target not in [folder.name for folder in folders(root)]:
            raise Refused(
                message(
                    "There is no version {version} to go back to. `versions` lists those there are.", version=target
                )
                if version_id
                else message("There is no older version to go back to.")
            )
        version = read_manifest(root / "versions" / str(target))
        if faults := verify(version):
            raise Refused(
                message(
                    "Version {wanted} is damaged and was not served: {faults}.",
                    wanted=target,
                    faults="; ".join(faults),
                )
            )
        point_to(root, version.id)
        return version


def remove_old(root: Path, keep: int) -> list[str]:
    """Remove old versions, and give their ids; for one who holds the lock.

    The newest `keep`, those of the last 24 hours, the current and the one it replaced stay. A folder leaves `versions`
    in one step, so none is ever seen half gone.
    """
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
    present = {str(file.relative_to(version.path)) for file in version.path.rglob("*") if file.is_file()} - {MANIFEST}
    faults = [f"{path} is not in the manifest" for path in sorted(present - expected.keys())]
    faults += [f"{path} is missing" for path in sorted(expected.keys() - present)]
    both = sorted(present & expected.keys())
    with ThreadPoolExecutor(max_workers=4) as pool:
        digests = pool.map(lambda path: checksum(version.path / path), both)
    faults += [
        f"{path} is not what was published"
        for path, digest in zip(both, digests, strict=True)
        if digest != expected[path].sha256
    ]
    return faults
