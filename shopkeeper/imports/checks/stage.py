"""From files to tables ready to publish: one table after the other, each file checked against the contract."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial, reduce
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeVar

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation

from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import ORDER_LINES, TABLES, table
from shopkeeper.errors import Refused
from shopkeeper.imports.checks import mended
from shopkeeper.imports.checks.blocked import blocked_keys
from shopkeeper.imports.checks.candidates import Candidates, candidates
from shopkeeper.imports.checks.contacts import open_contacts
from shopkeeper.imports.checks.derived import Derived, take_keys
from shopkeeper.imports.checks.exchange import converted_lines, in_own_currency, open_rates
from shopkeeper.imports.checks.forgotten import Tombstones, cover, leave_out
from shopkeeper.imports.checks.kits import in_components
from shopkeeper.imports.checks.lookups import open_partners, own_keys, without_partners
from shopkeeper.imports.checks.newest import Replacement, newest_only, replace_older
from shopkeeper.imports.checks.notes import doubts, file_warnings, left_empty, of_table
from shopkeeper.imports.checks.orders import CheckedOrders, check_orders
from shopkeeper.imports.checks.overlap import once
from shopkeeper.imports.checks.pseudonyms import pseudonymous
from shopkeeper.imports.checks.rules import Terms
from shopkeeper.imports.checks.split import Split, split
from shopkeeper.imports.mapping.declared import Mapping as FileMapping
from shopkeeper.imports.mapping.declared import TableMapping
from shopkeeper.imports.readers.encodings import is_chinese
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.imports.readers.reading import open_file, unreadable
from shopkeeper.lake.publish import disk_is_full
from shopkeeper.lake.rejects import REJECTED
from shopkeeper.lake.workbench import bounded, typed
from shopkeeper.messages import Message, message
from shopkeeper.progress import UNHEARD, Progress

MEMORY = "3GB"
"""More of ten million lines of text then stays in memory; the whole import is to take less than 4 GB."""
FEW_ROWS = 10_000
"""A file of no more rows is typed once and written: to plan that again for each question takes longer than to read."""
Made = TypeVar("Made")


@dataclass(frozen=True)
class TableInStaging:
    """One table after the checks: files of good rows, of rejects and of cells left empty, and what was counted.

    `kept`: the older files that stay beside the good ones, without the rows of the `replacement`. Rows that were there
    already, just as they are, and rows that a newer file brings again are in none of the counts. `derived`: what the
    good rows say of persons.
    """

    contract: Table
    inputs: tuple[tuple[InputFile, int], ...]
    good: tuple[Path, ...]
    rejects: tuple[Path, ...]
    rows_in: int
    rows_good: int
    net_amount_in: Decimal
    net_amount_rejected: Decimal
    net_amount_unreadable_rows: int
    warnings: tuple[Message, ...]
    kept: tuple[Path, ...] = ()
    replacement: Replacement | None = None
    mended: Path | None = None
    left_empty: tuple[Path, ...] = ()
    derived: tuple[Derived, ...] = ()

    @property
    def rows_rejected(self) -> int:
        """Counted as rows, however many columns of them are broken."""
        return self.rows_in - self.rows_good


@contextmanager
def workbench(scratch: Path) -> Iterator[DuckDBPyConnection]:
    """A DuckDB instance of bounded memory that spills into `scratch`, which is made."""
    spill = scratch / "spill"
    spill.mkdir(parents=True)
    # Times are read in zones that the mapping names: the session's own decides nothing.
    with bounded(spill, "UTC", memory_limit=MEMORY) as connection:
        open_contacts(connection)
        yield connection


def stage_table(
    connection: DuckDBPyConnection,
    mapping: TableMapping,
    files: Sequence[InputFile],
    terms: Terms,
    directory: Path,
    existing: Sequence[Path] = (),
    progress: Progress = UNHEARD,
    *,
    newest: bool = False,
    beside: Sequence[InputFile] = (),
    rejects: Path | None = None,
) -> TableInStaging:
    """Read and check one table's files into `directory`. `existing` are the table's files to append to.

    `beside` are the files of its lookups and rates, `rejects` what the table's older files had rejected. With `newest`,
    rows of the files, the oldest first, replace those of the same order or key; see `newest.py`.

    Raise `Refused` where a file is not sound or lacks a column that is needed.
    """
    contract = table(mapping.name)
    scratch = Path(mkdtemp(prefix=f"{mapping.name}_", dir=directory / "scratch"))
    half = progress.part(0.0, 0.5)
    opened, said_beside = _open_all(connection, mapping, files, beside, terms, scratch, half, newest=newest)
    inputs, superseded = tuple((each.reading.file, each.reading.rows) for each in opened), 0
    if newest:
        opened, superseded = newest_only(connection, opened, contract, scratch.name)
    opened, of_copies = _taken_once(connection, opened, mapping, scratch)
    orders = CheckedOrders(tuple(opened))
    if contract is ORDER_LINES:
        orders = _guarded(files[0], lambda: check_orders(connection, opened, mapping, terms, scratch))
    of_mended = _guarded(files[0], lambda: mended.places(connection, orders, contract, rejects, scratch))
    old = () if newest else existing
    blocked = _guarded(files[0], lambda: blocked_keys(connection, orders, contract, old, of_mended))
    splits, good, derived = _split_all(connection, orders, contract, blocked, terms, scratch, progress.part(0.5, 0.5))
    kits = partial(in_components, connection, mapping, beside, scratch / "beside", splits, terms, newest=newest)
    splits, of_kits = _guarded(files[0], kits)
    said = (
        *left_empty(orders.opened, splits),
        *doubts(opened, terms),
        *said_beside,
        *of_copies,
        *of_kits,
        *orders.warnings,
        *file_warnings(opened, mapping),
    )
    staged = _counted(contract, inputs, splits, [of_table(mapping.name, each) for each in said], existing, derived)
    if newest:
        return _replaced(connection, staged, orders.opened, good, directory, scratch, superseded)
    return replace(staged, good=_placed(good, directory, scratch.name), mended=of_mended)


def _split_all(
    connection: DuckDBPyConnection,
    orders: CheckedOrders,
    contract: Table,
    blocked: DuckDBPyRelation | None,
    terms: Terms,
    scratch: Path,
    progress: Progress,
) -> tuple[list[Split], list[Path], tuple[Derived, ...]]:
    """Each file's good rows apart from the others, and what they say of persons.

    Of files without any good row, the last one's empty file is kept.
    """
    splits: list[Split] = []
    good: list[Path] = []
    derived: list[Derived] = []
    for number, each in enumerate(orders.opened):
        progress.step(f"Checking {each.reading.file.name}", number / len(orders.opened))
        target = scratch / f"{number}.good.parquet"
        made = split(connection, each, contract, blocked, target, orders.checks)
        of_persons = take_keys(connection, target, contract, each.kinds) if made.good else None
        derived += [of_persons] if of_persons else []
        splits.append(_without_forgotten(connection, contract, made, of_persons, terms))
        if made.good or (number == len(orders.opened) - 1 and not good):
            good.append(target)
    return splits, good, tuple(derived)


def _without_forgotten(
    connection: DuckDBPyConnection, contract: Table, made: Split, derived: Derived | None, terms: Terms
) -> Split:
    """Rows of persons who were forgotten are not counted; their order lines are nobody's."""
    if not terms.forgotten:
        return made
    tombstones = Tombstones(terms.key(), terms.forgotten)
    for name, file in (derived.files() if derived else {}).items():
        leave_out(connection, file, table(name), tombstones)
    for rejects in (made.rejects, made.left_empty):
        if rejects:
            cover(rejects, tombstones)
    dropped = leave_out(connection, made.good, contract, tombstones) if made.good else 0
    return replace(made, rows_in=made.rows_in - dropped, rows_good=made.rows_good - dropped)


def _open_all(
    connection: DuckDBPyConnection,
    mapping: TableMapping,
    files: Sequence[InputFile],
    beside: Sequence[InputFile],
    terms: Terms,
    scratch: Path,
    progress: Progress,
    *,
    newest: bool,
) -> tuple[list[Candidates], tuple[Message, ...]]:
    """The files with what is read beside them, typed but not judged; and warnings on what is beside."""
    contract, chinese = table(mapping.name), is_chinese(terms.shop)
    partners = open_partners(connection, mapping, beside, scratch / "beside", chinese=chinese, newest=newest)
    rates = open_rates(connection, mapping, beside, scratch / "beside", terms, chinese=chinese, newest=newest)
    keys: dict[str, list[DuckDBPyRelation]] = {each.lookup.name: [] for each in partners}
    opened: list[Candidates] = []
    for number, file in enumerate(files):
        progress.step(f"Reading {file.name}", number / len(files))
        own_mapping = mended.as_written(mapping, file.name)
        reading = open_file(connection, file, own_mapping, scratch / str(number), chinese=chinese)
        hide = partial(pseudonymous, connection, own_mapping, terms, scratch / f"{number}.keyed.parquet")
        made = candidates(reading, own_mapping, contract, terms, partners, hide)
        if made.takes_long or reading.rows <= FEW_ROWS:
            made = _guarded(file, partial(_written, connection, made, scratch / f"{number}.typed.parquet"))
        made = mended.marks_used(made)
        for name, own in own_keys(reading, partners).items():
            keys[name].append(own)
        opened.append(in_own_currency(made, rates, contract, terms) if rates else made)
    return opened, (*without_partners(partners, keys), *(converted_lines(opened) if rates else ()))


def _written(connection: DuckDBPyConnection, made: Candidates, target: Path) -> Candidates:
    """The same rows, made once: each of the many questions asked of them would plan and make them anew."""
    made.rows.write_parquet(str(target), compression="snappy")
    return replace(made, rows=connection.read_parquet(str(target)))


def _taken_once(
    connection: DuckDBPyConnection, opened: list[Candidates], mapping: TableMapping, scratch: Path
) -> tuple[list[Candidates], list[Message]]:
    """The files of a table with a key without the copies that the mapping allows."""
    names = table(mapping.name).key
    if not names or mapping.overlap == "reject":
        return opened, []
    run = partial(once, connection, opened, table(mapping.name), scratch)
    left, rows = _guarded(opened[0].reading.file, run)
    said = message(
        "{rows} rows are copies of another with the same {key}; they were taken once.", rows=rows, key=", ".join(names)
    )
    return left, [said] if rows else []


def _counted(
    contract: Table,
    inputs: tuple[tuple[InputFile, int], ...],
    splits: Sequence[Split],
    warnings: Sequence[Message],
    existing: Sequence[Path],
    derived: tuple[Derived, ...],
) -> TableInStaging:
    """The table as its files add up, its good rows not yet in place."""
    return TableInStaging(
        contract,
        inputs,
        (),
        tuple(made.rejects for made in splits if made.rejects),
        sum(made.rows_in for made in splits),
        sum(made.rows_good for made in splits),
        sum((made.net_amount_in for made in splits), Decimal(0)),
        sum((made.net_amount_rejected for made in splits), Decimal(0)),
        sum(made.net_amount_unreadable_rows for made in splits),
        tuple(warnings),
        tuple(existing),
        derived=derived,
        left_empty=tuple(made.left_empty for made in splits if made.left_empty),
    )


def _replaced(
    connection: DuckDBPyConnection,
    staged: TableInStaging,
    opened: Sequence[Candidates],
    good: Sequence[Path],
    directory: Path,
    scratch: Path,
    superseded: int,
) -> TableInStaging:
    """The table in which its new rows have replaced older ones; a later batch may replace these in turn."""
    made = replace_older(connection, staged.contract, opened, good, staged.kept, directory, scratch)
    done = replace(made.replacement, rows_superseded=superseded)
    return replace(
        staged,
        good=_placed(made.good, directory, scratch.name),
        rows_in=staged.rows_in - done.rows_unchanged,
        rows_good=staged.rows_good - done.rows_unchanged,
        net_amount_in=staged.net_amount_in - done.net_amount_unchanged,
        kept=made.kept,
        replacement=done,
    )


def _placed(files: Sequence[Path], directory: Path, name: str) -> tuple[Path, ...]:
    """The files of good rows, out of the scratch folder: publishing puts them beside those of the table."""
    return tuple(path.rename(directory / f"new-{name}-{number}.parquet") for number, path in enumerate(files))


def _guarded(file: InputFile, run: Callable[[], Made]) -> Made:
    try:
        return run()
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and disk_is_full(error):
            raise
        raise unreadable(file, error) from error


def join_rejects(
    connection: DuckDBPyConnection, new: Sequence[Path], older: Path | None, appended: Sequence[str], target: Path
) -> Path | None:
    """All rejects in one file: those of this import, and the older ones of tables that it appends to."""
    parts = [typed(connection, REJECTED, new)] if new else []
    if older and appended:
        of_appended = ColumnExpression("table").isin(*(ConstantExpression(name) for name in appended))
        parts.append(typed(connection, REJECTED, [older]).filter(of_appended))
    if not parts:
        return None
    reduce(DuckDBPyRelation.union, parts).write_parquet(str(target), compression="zstd")
    return target


def in_order(files: Sequence[InputFile], mapping: FileMapping) -> Iterator[tuple[TableMapping, list[InputFile]]]:
    """The mapping's tables that files were given for, in the contract's order."""
    mappings = {each.name: each for each in mapping.tables}
    for contract in TABLES:
        of_table = [file for file in files if file.table == contract.name and not file.lookup]
        if of_table:
            yield mappings[contract.name], of_table


def total_bytes(files: Sequence[InputFile]) -> int:
    """At least 1, to share progress by."""
    return max(1, sum(file.bytes for file in files))


def refuse_relative(root: Path, paths: Sequence[Path]) -> None:
    """Raise `Refused` where the merchant's files are the lake's own: they would be read while it is rewritten."""
    inside = os.path.realpath(root)
    for path in paths:
        if os.path.realpath(path).startswith((f"{inside}/versions", f"{inside}/staging")):
            raise Refused(
                message(
                    "{path} is a file of the shop's own data, which is there already. Give your own export.",
                    path=path,
                )
            )
