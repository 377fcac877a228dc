"""What happens to files before they are a version: put in place, sealed, and held against what came in."""

import errno
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.errors import Refused
from shopkeeper.lake import change, marts, patch
from shopkeeper.lake.files import seal, sync
from shopkeeper.lake.marts import Facts, Made, SoldOrders
from shopkeeper.lake.persons import Linking
from shopkeeper.lake.rejects import join_rejects
from shopkeeper.lake.store import KEEP, current, locked, point_to, remove_old
from shopkeeper.lake.version import DataFile, Shop, Staged, TableStats, Version, write_manifest
from shopkeeper.lake.workbench import MEMORY, workbench
from shopkeeper.messages import Message, message
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import QUERIES, recipe

FEWEST_QUIET_DAYS = 2


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


def describe(
    root: Path, staged: Staged, before: Version | None, sealed: Mapping[str, tuple[DataFile, ...]], facts: Facts
) -> Version:
    """The version in the making, without marts and what is counted with them.

    Raise `Refused` where it has no order line.
    """
    if facts.first_day is None or facts.last_day is None:
        raise Refused(
            message(
                "No order line was accepted, so there is nothing to publish. Mend the rows listed as "
                "rejected, then import again."
            )
        )
    carried = {name: before.tables[name] for name in staged.carried} if before else {}
    sources = [source for source in before.sources if source.table in carried] if before else []
    lines_from = before if before and ORDER_LINES.name in carried else staged
    tables = {table.name: table for table in staged.tables} | carried
    for name, table in carried.items():
        if {file.sha256 for file in table.files} != {file.sha256 for file in sealed[name]}:
            raise Refused(
                message(
                    "A file of table {name} is not what it was when published. Import {name} again.",
                    name=name,
                )
            )
    return Version(
        id=staged.directory.name,
        path=root / "versions" / staged.directory.name,
        created_at=datetime.now(UTC),
        parent=before.id if before else None,
        shop=staged.shop,
        # Clocks of tills run ahead: a day that has not begun where the shop stands is none of its days yet.
        as_of=staged.as_of or lines_from.as_of or min(facts.last_day, max(_today(staged.shop), facts.first_day)),
        first_day=facts.first_day,
        tables={name: stats(table.rows_in, table.rows_rejected, sealed[name]) for name, table in tables.items()},
        marts={},
        net_amount_in=lines_from.net_amount_in,
        net_amount_published=facts.net_amount,
        net_amount_rejected=lines_from.net_amount_rejected,
        net_amount_unreadable_rows=lines_from.net_amount_unreadable_rows,
        identified_order_share=None,
        sources=(*staged.sources, *sources),
        warnings=(*staged.warnings, *_quiet_end(facts, staged.as_of or lines_from.as_of)),
        rejects_file=next(iter(sealed.get("rejects", ())), None),
        key_fingerprint=staged.key_fingerprint,
    )


def _today(shop: Shop) -> date:
    return datetime.now(ZoneInfo(shop.timezone)).date()


def stats(rows_in: int, rows_rejected: int, files: tuple[DataFile, ...]) -> TableStats:
    """Rows published are counted in the files themselves, not taken from the import's word."""
    return TableStats(rows_in, sum(file.rows for file in files), rows_rejected, files)


def _quiet_end(facts: Facts, given_as_of: date | None) -> Iterator[Message]:
    """Whether the data go on after the last sale for longer than the shop ever paused: nobody here knows why."""
    if given_as_of or facts.last_sale_day is None or facts.last_day is None or facts.last_line_day is None:
        return
    last = max(facts.last_day, facts.last_line_day)
    days = (last - facts.last_sale_day).days
    if days <= max(FEWEST_QUIET_DAYS, facts.longest_days_between_sales or 0):
        return
    yield message(
        "The last sale is of {last_sale}, but refunds or stock counts go on to {last}: {days} days without a sale. "
        "Figures end on {as_of}. If the orders are whole up to another day, import again with --as-of and that day.",
        last_sale=facts.last_sale_day,
        last=last,
        days=days,
        as_of=facts.last_day,
    )


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
        raise Refused(
            message(
                "The totals do not reconcile, so nothing was published: {faults}.",
                faults="; ".join(faults),
            )
        )


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
                message(
                    "There is no room left on the disk that holds {root}. The data served before is "
                    "untouched. Free some space, then import again.",
                    root=root,
                )
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise Refused(
                message(
                    "Publishing needed more than {memory} of memory and the room to spill on disk. The data "
                    "served before is untouched. Free some space, then import again.",
                    memory=MEMORY,
                )
            ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def clear_staging(root: Path) -> None:
    """Remove what a publisher left that was ended from outside; where another is at work, nothing is left."""
    if not (root / "staging").exists():
        return
    try:
        with locked(root):
            shutil.rmtree(root / "staging", ignore_errors=True)
    except Refused:
        return


def disk_is_full(error: OSError | duckdb.IOException) -> bool:
    """DuckDB and Polars give the system's reason only in their message."""
    return getattr(error, "errno", None) in FULL or any(os.strerror(code) in str(error) for code in FULL)


def publish(
    root: Path,
    staged: Staged,
    progress: Progress = UNHEARD,
    keep: int = KEEP,
    queries: Path = QUERIES,
    linking: Linking | None = None,
    forgotten: Collection[str] = (),
) -> Version:
    """Make a version of what is staged and serve it, its accounts linked to persons. Only inside `publisher`.

    Marts are patched where little differs from the version before, or only that the accounts `forgotten` are nobody's
    any more; else all are made anew.

    Raise `Refused` where there is no order line, or where rows or net amounts do not reconcile; the version served
    before stays.
    """
    before = current(root)
    older = before.rejects if before else None
    progress.step("Putting the tables in place", 0.0)
    files = place_tables(root, staged, before)
    with workbench(staged.directory, staged.shop.timezone) as connection:
        rejects = join_rejects(connection, staged.directory, staged.rejects, older, staged.carried)
        sealed = seal(staged.directory, files | ({"rejects": [rejects]} if rejects else {}))
        progress.step("Checking that the totals reconcile", 0.1)
        marts.open_tables(connection, files)
        draft = describe(root, staged, before, sealed, marts.read_facts(connection, queries))
        reconcile(draft)
    made, orders = _make(draft, staged.directory, before, files, queries, linking, forgotten, progress.part(0.2, 0.7))
    progress.step("Writing to disk", 0.9)
    sealed_marts, kept = seal(staged.directory, made.marts), seal(staged.directory, made.steps)
    version = replace(
        draft,
        marts=sealed_marts,
        kept=kept,
        recipe=recipe(queries),
        linking=(linking or Linking()).fingerprint(),
        identified_order_share=orders.identified_share,
        sold_orders=orders.sold_orders,
        identified_orders=orders.identified_orders,
    )
    serve(root, staged.directory, version)
    remove_old(root, keep)
    progress.step("Done", 1.0)
    return version


def _make(
    draft: Version,
    directory: Path,
    before: Version | None,
    files: Mapping[str, list[Path]],
    queries: Path,
    linking: Linking | None,
    forgotten: Collection[str],
    progress: Progress,
) -> tuple[Made, SoldOrders]:
    """The marts: patched, or where that cannot be all anew; and how many orders were sold."""
    if before:
        try:
            changed = change.change(before, queries, draft.as_of, files, forgotten)
            with workbench(directory, draft.shop.timezone) as connection:
                marts.open_tables(connection, files)
                return patch.patched_marts(connection, directory, queries, changed, progress, linking)
        except change.UnpatchableError as error:
            progress.step(f"Making all marts anew: {error}", 0.0)
            for name in ("scratch", "marts", "steps"):
                shutil.rmtree(directory / name, ignore_errors=True)
    with workbench(directory, draft.shop.timezone) as connection:
        marts.open_tables(connection, files)
        parameters = {"as_of": draft.as_of}
        folder, steps = directory / "marts", directory / "steps"
        made = marts.build_marts(connection, folder, queries, parameters, progress, linking, steps=steps)
        return made, marts.count_sold_orders(connection, queries)


def serve(root: Path, directory: Path, version: Version) -> None:
    """Make the staged folder a version, and point to it. Every step is on disk before the next one leans on it."""
    sync(write_manifest(directory, version))
    sync(directory)
    directory.rename(version.path)
    sync(version.path.parent)
    point_to(root, version.id)
