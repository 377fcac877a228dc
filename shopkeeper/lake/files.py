"""Files of a version: sealed, brought to disk, counted."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from shopkeeper.lake.version import DataFile


def rows_in(file: Path) -> int:
    """Rows as another reader than the one that wrote the file counts them."""
    return int(pl.scan_parquet(file, glob=False).select(pl.len()).collect().item())


def seal(directory: Path, groups: Mapping[str, Sequence[Path]]) -> dict[str, tuple[DataFile, ...]]:
    """Make files read-only, bring them and their folders to disk, and take their checksums; give these by group."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        sealed = {
            name: tuple(pool.map(lambda file: seal_file(directory, file), files)) for name, files in groups.items()
        }
    for folder in {folder for files in groups.values() for file in files for folder in file.parents}:
        if folder.is_relative_to(directory):
            sync(folder)
    return sealed


def seal_file(directory: Path, file: Path) -> DataFile:
    """Read-only even for its owner: no query, however it came in, writes over a published file."""
    if file.stat().st_mode & 0o222:
        file.chmod(0o444)
    sync(file)
    return DataFile(str(file.relative_to(directory)), rows_in(file), file.stat().st_size, checksum(file))


def checksum(file: Path) -> str:
    """SHA-256 of the content, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Bring a file's or a folder's content to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
