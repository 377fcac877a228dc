"""A person's names taken out of every version: lines stay as lines of nobody, all else of the person goes.

Only here are files of a version replaced. Each is written beside the old one and takes its place in one step, the
manifest last; if this is broken off, doing it again ends it.
"""

import os
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from pathlib import Path
from tempfile import TemporaryDirectory

from duckdb import (
    CaseExpression,
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
)

from shopkeeper.contract.tables import CONTACT_HASHES, CONTACTS, CUSTOMERS, DEPOSITS, IDENTITIES, ORDER_LINES
from shopkeeper.errors import Refused
from shopkeeper.lake.files import seal_file, sync
from shopkeeper.lake.patched import mart_rows
from shopkeeper.lake.persons import Linking
from shopkeeper.lake.search import Sought, names_any, patterns_of
from shopkeeper.lake.store import current_id, locked, versions
from shopkeeper.lake.upgrade import upgraded
from shopkeeper.lake.version import DataFile, TableStats, Version, write_manifest
from shopkeeper.lake.workbench import bounded, write
from shopkeeper.messages import message
from shopkeeper.progress import UNHEARD, Progress

FORGOTTEN = "(forgotten)"
NAMES = {
    ORDER_LINES.name: ("customer_id", "account_id"),
    CUSTOMERS.name: ("customer_id",),
    IDENTITIES.name: ("account_id",),
    CONTACT_HASHES.name: ("account_id",),
    CONTACTS.name: ("customer_id",),
    DEPOSITS.name: ("customer_id", "account_id"),
}
"""Columns that name a person, by table; of order lines they are emptied, of others the row goes."""


@dataclass(frozen=True)
class Erased:
    """What was taken out. `rows` by table, of the version served; `versions` in which anything was."""

    rows: Mapping[str, int]
    versions: tuple[str, ...]
    served: Version


def persons_with(version: Version, names: Collection[str]) -> tuple[str, ...]:
    """The persons who have one of the names, as an account or as a key."""
    if "accounts" not in version.marts:
        return ()
    with TemporaryDirectory() as spill, bounded(Path(spill), "UTC") as connection:
        for file in version.files(IDENTITIES.name):
            keyed = connection.read_parquet(str(file)).filter(_any(ColumnExpression("key_hash"), names))
            names = {*names, *(each for (each,) in keyed.project(ColumnExpression("account_id")).fetchall())}
        rows, person = mart_rows(connection, version, "accounts"), ColumnExpression("person_id")
        named = rows.filter(_any(person, names) | _any(ColumnExpression("account_id"), names))
        return tuple(sorted(each for (each,) in named.project(person).distinct().fetchall()))


def accounts_of(version: Version, names: Collection[str]) -> tuple[str, ...]:
    """All accounts of the persons who have one of the names, as an account or as a key; and the names themselves."""
    with TemporaryDirectory() as spill, bounded(Path(spill), "UTC") as connection:
        for file in version.files(IDENTITIES.name):
            keyed = connection.read_parquet(str(file)).filter(_any(ColumnExpression("key_hash"), names))
            names = {*names, *(each for (each,) in keyed.project(ColumnExpression("account_id")).fetchall())}
        result = set(names)
        if "accounts" in version.marts:
            rows = mart_rows(connection, version, "accounts")
            person, account = ColumnExpression("person_id"), ColumnExpression("account_id")
            named = rows.filter(_any(person, names) | _any(account, names)).project(person).distinct().fetchall()
            persons = [each for (each,) in named]
            if persons:
                own = {each for (each,) in rows.filter(_any(person, persons)).project(account).fetchall()}
                # An account that others order with too, such as a till's, is not this person's name.
                others = rows.filter(_any(account, own) & ~_any(person, persons)).project(account).distinct()
                result |= {*persons, *(own - {each for (each,) in others.fetchall()})}
    return tuple(sorted(result))


def keys_of(version: Version, accounts: Collection[str]) -> tuple[str, ...]:
    """The keys that the accounts have and nobody else, and the hashes for ad platforms.

    What others have too, a family's phone or a postcode, is theirs as well and stays with them.
    """
    result: set[str] = set()
    with TemporaryDirectory() as spill, bounded(Path(spill), "UTC") as connection:
        for table, column in ((IDENTITIES.name, "key_hash"), (CONTACT_HASHES.name, "hash")):
            if not (files := [str(file) for file in version.files(table)]):
                continue
            rows, key = connection.read_parquet(files), ColumnExpression(column)
            named = _any(ColumnExpression("account_id"), accounts)
            own = {value for (value,) in rows.filter(named).project(key).distinct().fetchall()}
            if own:
                shared = rows.filter(_any(key, own) & ~named).project(key).distinct().fetchall()
                result |= own - {value for (value,) in shared}
    return tuple(sorted(result))


def erase(
    root: Path, accounts: Collection[str], sought: Sought, linking: Linking, progress: Progress = UNHEARD
) -> Erased:
    """Take the accounts out of every version, what is `sought` out of rejects, and serve the current data made anew.

    Raise `Refused` where there is no version, or another publisher is at work.
    """
    with locked(root):
        served = current_id(root)
        kept = versions(root)
        if served is None or served not in [version.id for version in kept]:
            raise Refused(message("Nothing was imported into {root}, so nobody is known there.", root=root))
        rows, changed = _scrub(root, kept, served, accounts, sought, progress.part(0.0, 0.4))
    made = upgraded(root, progress.part(0.4, 0.6), linking, always=True, forgotten=accounts)
    with locked(root):
        for version in versions(root):
            if version.id != made.id:
                _drop_marts(version)
    return Erased(rows, tuple(changed), made)


def _scrub(
    root: Path,
    kept: Sequence[Version],
    served: str,
    accounts: Collection[str],
    sought: Sought,
    progress: Progress,
) -> tuple[dict[str, int], list[str]]:
    rows: dict[str, int] = {}
    changed: list[str] = []
    done: dict[int, tuple[Path | None, int]] = {}
    with TemporaryDirectory(dir=root) as scratch, bounded(Path(scratch), "UTC") as connection:
        for number, version in enumerate(kept):
            progress.step(f"Looking into version {version.id}", number / len(kept))
            counts, version_changed = _scrub_version(connection, version, accounts, sought, Path(scratch), done)
            if version_changed:
                changed.append(version.id)
            if version.id == served:
                rows = counts
    return rows, changed


def _scrub_version(
    connection: DuckDBPyConnection,
    version: Version,
    accounts: Collection[str],
    sought: Sought,
    scratch: Path,
    done: dict[int, tuple[Path | None, int]],
) -> tuple[dict[str, int], bool]:
    """Rows by table, and whether a file was replaced. `done`: by inode, what came of a file that versions share."""
    tables, counts = dict(version.tables), {}
    replaced = False
    for name in NAMES:
        if name not in tables:
            continue
        files, taken = [], 0
        for file in tables[name].files:
            new, rows = _without(connection, version.path / file.path, name, accounts, scratch, done)
            files.append(_put(version, file, new))
            taken += rows
            replaced |= new is not None
        counts[name] = taken
        gone = sum(file.rows for file in tables[name].files) - sum(file.rows for file in files)
        old = tables[name]
        tables[name] = TableStats(old.rows_in - gone, old.rows_published - gone, old.rows_rejected, tuple(files))
    rejects = version.rejects_file
    if rejects and (new := _masked(connection, version.path / rejects.path, sought, scratch)):
        rejects = _put(version, rejects, new)
        replaced = True
    sources = tuple(replace(each, name=covered(each.name, sought)) for each in version.sources)
    if replaced or sources != version.sources:
        made = replace(version, tables=tables, rejects_file=rejects, sources=sources)
        sync(write_manifest(version.path, made))
    return counts, replaced or sources != version.sources


def _without(
    connection: DuckDBPyConnection,
    file: Path,
    table: str,
    accounts: Collection[str],
    scratch: Path,
    done: dict[int, tuple[Path | None, int]],
) -> tuple[Path | None, int]:
    """A file without the accounts, `None` where it never had them; and how many rows named one."""
    inode = file.stat().st_ino
    if inode in done:
        return done[inode]
    rows = connection.read_parquet(str(file))
    names = [name for name in NAMES[table] if name in rows.columns]
    named = CoalesceOperator(
        reduce(or_, (_any(ColumnExpression(name), accounts) for name in names)), ConstantExpression(False)
    )
    count = rows.filter(named).shape[0]
    if not count:
        done[inode] = (None, 0)
        return done[inode]
    new = scratch / f"{len(done)}.parquet"
    if table == ORDER_LINES.name:
        emptied = [CaseExpression(~named, ColumnExpression(name)).alias(name) for name in rows.columns if name in names]
        others = iter(emptied)
        write(rows.project(*(next(others) if c in names else ColumnExpression(c) for c in rows.columns)), new)
    else:
        write(rows.filter(~named), new)
    done[inode] = (new, count)
    return done[inode]


def _put(version: Version, file: DataFile, new: Path | None) -> DataFile:
    """The new file in the old one's place, shared with the other versions that had the old one."""
    if new is None:
        return file
    place = version.path / file.path
    beside = place.with_suffix(".new")
    beside.unlink(missing_ok=True)
    os.link(new, beside)
    beside.replace(place)
    sync(place.parent)
    return seal_file(version.path, place)


def covered(text: str, sought: Sought) -> str:
    """A text, such as a file's name, with what is sought in it covered."""
    for pattern in patterns_of(sought):
        text = re.sub(pattern, rf"\1{FORGOTTEN}\3", text)
    return text


def stands_in(rejects: Path, names: Collection[str]) -> bool:
    """Whether a row of the rejects has one of the names in a cell."""
    with TemporaryDirectory() as spill, bounded(Path(spill), "UTC") as connection:
        rows = connection.read_parquet(str(rejects))
        return bool(rows.filter(_holds(rows, Sought(names=tuple(names)))).limit(1).fetchall())


def _holds(rejects: DuckDBPyRelation, sought: Sought) -> Expression:
    return reduce(or_, (names_any(name, sought) for name in _texts(rejects)))


def _texts(rows: DuckDBPyRelation) -> list[str]:
    return [name for name, kind in zip(rows.columns, rows.types, strict=True) if str(kind) == "VARCHAR"]


def _masked(connection: DuckDBPyConnection, file: Path, sought: Sought, scratch: Path) -> Path | None:
    """Rejects in whose texts what is sought is covered; `None` where nothing is."""
    rows = connection.read_parquet(str(file))
    if not rows.filter(_holds(rows, sought)).limit(1).fetchall():
        return None
    new = scratch / f"{file.stat().st_ino}.rejects.parquet"
    covered = [_covered(name, sought).alias(name) for name in _texts(rows)]
    rest = [name for name in rows.columns if name not in _texts(rows)]
    write(rows.project(*map(ColumnExpression, rest), *covered).select(*rows.columns), new)
    return new


def _covered(column: str, sought: Sought) -> Expression:
    value: Expression = ColumnExpression(column)
    for pattern in patterns_of(sought):
        # Twice: two names side by side share the mark between them.
        for _ in range(2):
            shown = ConstantExpression(rf"\1{FORGOTTEN}\3")
            value = FunctionExpression(
                "regexp_replace", value, ConstantExpression(pattern), shown, ConstantExpression("g")
            )
    return value


def _drop_marts(version: Version) -> None:
    """Marts hold a person's name and sums; they are made anew before anybody reads the version again."""
    if not version.marts:
        return
    sync(write_manifest(version.path, replace(version, marts={}, kept={}, recipe="")))
    for folder in ("marts", "steps"):
        shutil.rmtree(version.path / folder, ignore_errors=True)


def _any(value: Expression, names: Collection[str]) -> Expression:
    return value.isin(*(ConstantExpression(name) for name in names))
