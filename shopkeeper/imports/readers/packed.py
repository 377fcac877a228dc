"""Zip and gzip files, unpacked under limits before they are read: what a merchant's browser downloads is often one."""

import gzip
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.files import is_junk, walk
from shopkeeper.messages import message

ZIP, GZIP = ".zip", ".gz"
MOST_MEMBERS = 1_000
MOST_BYTES = 8_000_000_000
MOST_RATIO = 200
SMALL = 10_000_000
"""Below it no ratio is too large: a file of equal lines packs well and harms nobody."""
CHUNK = 1 << 20


@contextmanager
def unpacked(paths: Sequence[Path]) -> Iterator[tuple[tuple[Path, ...], frozenset[Path]]]:
    """The paths with what is inside packed files in place of them, and the packed files that lie in folders.

    A member of `a.zip` is called `a.zip/orders.csv`; an archive with one member is that file. What was unpacked goes
    when the block ends. Raise `Refused` for one that is damaged, locked, nested, or unpacks to more than an import
    reads.
    """
    packed = [file for path in paths if path.exists() for file in walk(path) if file.suffix.lower() in (ZIP, GZIP)]
    if not packed:
        yield tuple(paths), frozenset()
        return
    with tempfile.TemporaryDirectory(prefix="shopkeeper-unpacked-") as folder:
        inside = [_unpack(file, Path(folder) / str(number)) for number, file in enumerate(packed)]
        yield (*(path for path in paths if path not in packed), *inside), frozenset(packed)


def _unpack(file: Path, folder: Path) -> Path:
    """The folder with what was inside, or the only file in it."""
    home = folder / file.name
    home.mkdir(parents=True)
    try:
        if file.suffix.lower() == GZIP:
            with gzip.open(file) as stream:
                _copy(cast(IO[bytes], stream), home / file.stem, file, [0])
        else:
            with zipfile.ZipFile(file) as archive:
                _unpack_members(archive, file, home)
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Refused(
            message("{name} is damaged, or has a password. Unpack it and import what is inside.", name=file.name)
        ) from error
    files = [path for path in home.rglob("*") if path.is_file()]
    if not files:
        raise Refused(message("{name} has no file in it that could be read. Export it again.", name=file.name))
    return files[0] if len(files) == 1 else folder


def _unpack_members(archive: zipfile.ZipFile, file: Path, home: Path) -> None:
    members = [each for each in archive.infolist() if not each.is_dir() and not is_junk(PurePosixPath(each.filename))]
    if len(members) > MOST_MEMBERS:
        raise Refused(
            message(
                "{name} holds {members} files; at most {most} are read. Unpack it and import those that you need.",
                name=file.name,
                members=len(members),
                most=MOST_MEMBERS,
            )
        )
    total = [0]
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or path.suffix.lower() in (ZIP, GZIP):
            raise Refused(
                message(
                    "{name} holds {member}, which is not read out of an archive. Unpack it and import what you need.",
                    name=file.name,
                    member=repr(member.filename),
                )
            )
        target = home.joinpath(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as stream:
            _copy(stream, target, file, total)


def _copy(stream: IO[bytes], target: Path, file: Path, total: list[int]) -> None:
    """Copy as much as may be; `total` counts over all members, whatever the archive claims."""
    most = min(MOST_BYTES, max(SMALL, MOST_RATIO * file.stat().st_size))
    with target.open("wb") as copy:
        while chunk := stream.read(CHUNK):
            total[0] += len(chunk)
            if total[0] > most or shutil.disk_usage(target.parent).free < CHUNK:
                raise Refused(
                    message(
                        "{name} unpacks to more than {most} MB, or than there is room for. Unpack it and import the "
                        "files one by one.",
                        name=file.name,
                        most=f"{most / 1_000_000:,.0f}",
                    )
                )
            copy.write(chunk)
