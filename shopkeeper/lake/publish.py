"""What happens to files before they are a version: put in place, sealed, and held against what came in."""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.errors import Refused
from shopkeeper.lake.marts import Facts
from shopkeeper.lake.version import DataFile, Staged, TableStats, Version


def place_tables(root: Path, staged: Staged, before: Version | None) -> dict[str, list[Path]]:
    """Bring every table's files into the staging directory; give them by table."""
    sources = {table.name: list(table.files) for table in staged.tables}
    for name in staged.carried:
        if before is None or name not in before.tables or name in sources:
            raise ValueError(f"{name} is carried, so it must be in the current version and not among the staged tables")
        sources[name] = before.files(name)
    tables = staged.directory / "tables"
    return {name: [put_in_place(file, tables / name, root) for file in files] for name, files in sources.items()}


def put_in_place(file: Path, directory: Path, root: Path) -> Path:
    """Bring a file into `directory`: stays if there, moved out of staging, hard-linked from another version.

    Anything else is copied, because a file outside the lake may be changed by its owner later.
    """
    if file.parent == directory:
        return file
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"part-{sum(1 for _ in directory.iterdir())}.parquet"
    if target.exists():
        raise FileExistsError(target)
    if file.is_relative_to(root / "versions"):
        os.link(file, target)
    elif file.is_relative_to(root / "staging"):
        file.rename(target)
    else:
        shutil.copyfile(file, target)
    return target


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


def describe(
    root: Path, staged: Staged, before: Version | None, sealed: Mapping[str, tuple[DataFile, ...]], facts: Facts
) -> Version:
    """The version in the making, still without marts. Raise `Refused` where it has no order line."""
    if facts.first_day is None or facts.last_day is None:
        raise Refused(
            "No order line was accepted, so there is nothing to publish. Mend the rows listed as rejected, then import "
            "again."
        )
    carried = {name: before.tables[name] for name in staged.carried} if before else {}
    sources = [source for source in before.sources if source.table in carried] if before else []
    lines_from = before if before and ORDER_LINES.name in carried else staged
    told = {table.name: table for table in staged.tables} | carried
    for name, table in carried.items():
        if {file.sha256 for file in table.files} != {file.sha256 for file in sealed[name]}:
            raise Refused(f"A file of table {name} is not what it was when published. Import {name} again.")
    return Version(
        id=staged.directory.name,
        path=root / "versions" / staged.directory.name,
        created_at=datetime.now(UTC),
        parent=before.id if before else None,
        shop=staged.shop,
        as_of=staged.as_of or (lines_from.as_of or facts.last_day),
        first_day=facts.first_day,
        tables={name: stats(table.rows_in, table.rows_rejected, sealed[name]) for name, table in told.items()},
        marts={},
        net_amount_in=lines_from.net_amount_in,
        net_amount_published=facts.net_amount,
        net_amount_rejected=lines_from.net_amount_rejected,
        net_amount_unreadable_rows=lines_from.net_amount_unreadable_rows,
        identified_order_share=facts.identified_order_share,
        sources=(*staged.sources, *sources),
        warnings=staged.warnings,
        rejects_file=next(iter(sealed.get("rejects", ())), None),
    )


def stats(rows_in: int, rows_rejected: int, files: tuple[DataFile, ...]) -> TableStats:
    """Rows published are counted in the files themselves, not taken from the import's word."""
    return TableStats(rows_in, sum(file.rows for file in files), rows_rejected, files)


def reconcile(version: Version) -> None:
    """Raise `Refused` unless every row and every amount that came in was either published or rejected."""
    faults = [
        f"{name}: {table.rows_in:,} rows came in, {table.rows_published:,} are published and "
        f"{table.rows_rejected:,} rejected"
        for name, table in version.tables.items()
        if table.rows_in != table.rows_published + table.rows_rejected
    ]
    if version.net_amount_in != version.net_amount_published + version.net_amount_rejected:
        faults.append(
            f"net amount: {version.net_amount_in:,} came in, {version.net_amount_published:,} is published and "
            f"{version.net_amount_rejected:,} rejected"
        )
    if version.rows_rejected and version.rejects_file is None:
        faults.append(f"{version.rows_rejected:,} rows were rejected, but none is listed")
    if version.as_of < version.first_day:
        faults.append(f"the data is said to end on {version.as_of}, before its first order on {version.first_day}")
    if faults:
        raise Refused(f"The totals do not reconcile, so nothing was published: {'; '.join(faults)}.")
