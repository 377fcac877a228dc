"""The one door for data: files in, a published version out, and every row accounted for."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from duckdb import DuckDBPyConnection

from shopkeeper import i18n
from shopkeeper.contract.tables import ORDER_LINES, REQUIRED_TABLES
from shopkeeper.errors import Refused
from shopkeeper.imports import acceptance
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.assembly import assemble, differs, without_replaced
from shopkeeper.imports.batch import Batch, Job
from shopkeeper.imports.by_hand import linking_of
from shopkeeper.imports.checks import stage
from shopkeeper.imports.checks.forgotten import marks
from shopkeeper.imports.checks.rules import Terms, tomorrow
from shopkeeper.imports.checks.secret import secret
from shopkeeper.imports.checks.stage import TableInStaging
from shopkeeper.imports.imported import without_imported
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.outcome import BrokenRule, Outcome, TableOutcome, sentences, summarise
from shopkeeper.imports.readers import files as input_files
from shopkeeper.imports.readers.packed import unpacked
from shopkeeper.lake import store
from shopkeeper.lake.publish import publish, publisher
from shopkeeper.lake.version import Staged, Version
from shopkeeper.messages import Message, lines, message
from shopkeeper.progress import UNHEARD, Progress

__all__ = [
    "Batch",
    "BrokenRule",
    "Checked",
    "Job",
    "Outcome",
    "TableOutcome",
    "check",
    "import_files",
    "publish_checked",
]

SHARE_OF_CHECKS = 0.6
NOTHING_SAID = Acceptance()


@dataclass(frozen=True)
class Checked:
    """A job's files after the checks. `differs`: whether anything in them is not there already."""

    tables: tuple[TableInStaging, ...]
    rules: tuple[BrokenRule, ...]
    staged: Staged
    differs: bool

    @property
    def table_outcomes(self) -> tuple[TableOutcome, ...]:
        """One for each batch of files of one table."""
        return tuple(
            TableOutcome(each.contract.name, each.rows_in, each.rows_good, each.rows_rejected, each.replacement)
            for each in self.tables
        )


def import_files(
    paths: Sequence[Path],
    mapping: Mapping,
    root: Path,
    *,
    strict: bool = False,
    append: bool = False,
    as_of: date | None = None,
    said: Acceptance = NOTHING_SAID,
    progress: Progress = UNHEARD,
) -> Outcome:
    """Read files or folders, check every row, and publish what is good as a new version of the lake at `root`.

    The import replaces the tables it carries, or adds to them with `append`; other tables stay. Rows that break the
    contract go to the version's rejects; with `strict` one such row refuses the import. `as_of` is the last complete
    day; without it that of the mapping, else the last day with a sale or a stock count. `said` names the shop where the
    mapping does not, and lets pass what stops an import otherwise: many rejects, a sudden change.

    Raise `Refused` where a file is not sound, a table would be empty, or totals do not reconcile; what was served
    before stays.
    """
    stage.refuse_relative(root, paths)
    progress.step("Looking at the files", 0.0)
    with unpacked(paths) as (inside, archives), publisher(root) as directory:
        job = job_of(inside, archives, mapping, store.current(root), append=append, as_of=as_of, said=said)
        job, unchanged = without_imported(job, linking_of(root, sample=job.shop.sample))
        if unchanged:
            return unchanged
        checked = check(job, directory, strict=strict, said=said, progress=progress.part(0, SHARE_OF_CHECKS))
        return publish_checked(root, checked, progress.part(SHARE_OF_CHECKS, 1 - SHARE_OF_CHECKS))


def job_of(
    paths: Sequence[Path],
    archives: frozenset[Path],
    mapping: Mapping,
    before: Version | None,
    *,
    append: bool,
    as_of: date | None,
    said: Acceptance,
) -> Job:
    """What an import of files is to do; `archives` are those whose files are among the paths already.

    Raise `Refused` where no file belongs to the mapping, the shop has no name, or as-of lies ahead.
    """
    files_read, left = input_files.find(paths, mapping, archives)
    mapping = acceptance.with_shop(mapping, said, before)
    acceptance.refuse_future(as_of or mapping.as_of, datetime.now(ZoneInfo(mapping.shop.timezone)).date())
    batches = tuple(
        Batch(
            mapping,
            table.name,
            tuple(files),
            "append" if append else "replace",
            beside=tuple(file for file in files_read if file.lookup and file.table == table.name),
        )
        for table, files in stage.in_order(files_read, mapping)
    )
    return Job(batches, mapping.shop, before, as_of or mapping.as_of, left)


def check(
    job: Job,
    directory: Path,
    *,
    strict: bool = False,
    said: Acceptance = NOTHING_SAID,
    progress: Progress = UNHEARD,
) -> Checked:
    """Read and check a job's files. Only inside `publisher`, which gave `directory`.

    Raise `Refused` where a file is not sound, a table would be empty, or something is met that `said` does not accept.
    """
    _refuse_other_shop(job)
    scratch = directory / "scratch"
    with stage.workbench(scratch) as connection:
        tables = _stage(connection, job, directory, progress)
        rules = summarise(connection, [path for each in tables for path in each.rejects])
        older = without_replaced(connection, job, tables, directory)
        changes = differs(connection, tables, older)
        if changes or not all(each.replacement for each in tables):
            _refuse(tables, rules, strict=strict)
            _refuse_unaccepted(connection, job, tables, rules, said)
        staged = assemble(connection, job, tables, older, directory)
    shutil.rmtree(scratch)
    return Checked(tables, rules, staged, changes)


def publish_checked(root: Path, checked: Checked, progress: Progress = UNHEARD) -> Outcome:
    """Make a version of what was checked, and serve it. Raise `Refused` where totals do not reconcile."""
    staged = checked.staged
    version = publish(root, staged, progress, linking=linking_of(root, sample=staged.shop.sample))
    return _outcome(version, checked)


def _refuse_unaccepted(
    connection: DuckDBPyConnection,
    job: Job,
    tables: Sequence[TableInStaging],
    rules: Sequence[BrokenRule],
    said: Acceptance,
) -> None:
    for each in tables:
        if each.contract is not ORDER_LINES:
            continue
        if not said.rejects:
            acceptance.refuse_many_rejects(each, sentences([rule for rule in rules if rule.table == ORDER_LINES.name]))
        if job.before and not job.append and not said.change and ORDER_LINES.name in job.before.tables:
            acceptance.refuse_change(connection, job.before, each.good)


def _refuse_other_shop(job: Job) -> None:
    before, shop = job.before, job.shop
    kept = job.carried or (before and job.append)
    if before and kept and (before.shop.currency, before.shop.timezone) != (shop.currency, shop.timezone):
        raise Refused(
            message(
                "The data there are {name}'s, in {currency} and {timezone}; the mapping says "
                "{new_currency} and {new_timezone}. Mend its [shop], or import into another data folder.",
                name=before.shop.name,
                currency=before.shop.currency,
                timezone=before.shop.timezone,
                new_currency=shop.currency,
                new_timezone=shop.timezone,
            )
        )


def _stage(connection: DuckDBPyConnection, job: Job, directory: Path, progress: Progress) -> tuple[TableInStaging, ...]:
    if missing := [name for name in REQUIRED_TABLES if name not in (*job.tables, *job.carried)]:
        raise Refused(
            message(
                "There is no {missing} among the files, and none was imported before. Give the orders too.",
                missing=missing[0],
            )
        )
    not_after = tomorrow(datetime.now(ZoneInfo(job.shop.timezone)))
    staged: dict[str, TableInStaging] = {}
    everything: list[TableInStaging] = []
    done, total = 0, stage.total_bytes(job.files)
    key = partial(secret, directory.parent.parent)
    forgotten = marks(directory.parent.parent, key)
    for batch in job.batches:
        terms = Terms(batch.mapping.shop, batch.mapping.source_timezone, not_after, key, forgotten)
        (mapping,) = (each for each in batch.mapping.tables if each.name == batch.table)
        size = stage.total_bytes(batch.files)
        part = progress.part(done / total, size / total)
        before = staged.get(batch.table)
        there = (*before.good, *before.kept) if before else job.existing(batch.table)
        made = stage.stage_table(
            connection,
            mapping,
            batch.files,
            terms,
            directory,
            there,
            part,
            newest=batch.mode == "newest",
            beside=batch.beside,
            rejects=job.before.rejects if job.before and batch.mode == "append" else None,
        )
        staged[batch.table] = made
        everything.append(made)
        done += size
    return tuple(everything)


def _is_empty(given: TableInStaging) -> bool:
    """Whether nothing of what came can be used; where older rows stay, no rows at all are no fault."""
    if given.rows_good or (given.replacement and given.replacement.rows_unchanged):
        return False
    return bool(given.rows_rejected) or (given.contract is ORDER_LINES and not (given.replacement and given.kept))


def _refuse(tables: Sequence[TableInStaging], rules: Sequence[BrokenRule], *, strict: bool) -> None:
    """Raise `Refused` where nothing of a table is left, or, if `strict`, where anything was rejected."""
    empty = [each for each in tables if _is_empty(each)]
    rejected = sum(each.rows_rejected for each in tables)
    if not empty and not (strict and rejected):
        return
    if empty and not any(each.rows_in for each in empty):
        raise Refused(_without_rows(empty))
    if empty:
        names = ", ".join(each.contract.name for each in empty)
        start = message("No row of {names} can be used, so nothing was published.", names=names)
    else:
        start = message(
            "{n} rows break the contract, so nothing was published. Mend them, or import without strict.", n=rejected
        )
    raise Refused(lines(start, *sentences(rules)))


def _without_rows(tables: Sequence[TableInStaging]) -> Message:
    """The sentence on files that have a header only."""
    names = [file.name for each in tables for file, _ in each.inputs]
    if len(names) == 1:
        return message("{name} has a header and no rows, so nothing was published. Export it again.", name=names[0])
    return message(
        "{names} have headers and no rows, so nothing was published. Export them again.", names=", ".join(names)
    )


def _outcome(version: Version, checked: Checked) -> Outcome:
    tables = checked.tables
    came = sum((each.net_amount_in for each in tables), Decimal(0))
    rejected = sum((each.net_amount_rejected for each in tables), Decimal(0))
    rows = sum(each.rows_in for each in tables)
    lost = sum(each.rows_rejected for each in tables)
    unreadable = sum(each.net_amount_unreadable_rows for each in tables)
    return Outcome(
        version,
        changed=True,
        message=_account(rows, lost, came, rejected, unreadable),
        tables=checked.table_outcomes,
        broken_rules=checked.rules,
        net_amount_in=came,
        net_amount_published=came - rejected,
        net_amount_rejected=rejected,
        net_amount_unreadable_rows=unreadable,
        warnings=checked.staged.warnings,
    )


def _account(rows: int, lost: int, came: Decimal, rejected: Decimal, unreadable: int) -> Message:
    """Rows and money in, published and rejected; no sum is said to be whole where a row has no readable amount."""
    counts = {
        "rows": rows,
        "published": rows - lost,
        "rejected": lost,
        "amount_published": i18n.number(came - rejected),
        "amount_rejected": i18n.number(rejected),
    }
    if unreadable:
        return message(
            "{rows} rows in = {published} published + {rejected} rejected; net amount {amount_published} published. "
            "What was rejected cannot be told in money: {unreadable} of its rows have no readable amount; the "
            "others come to {amount_rejected}.",
            unreadable=unreadable,
            **counts,
        )
    return message(
        "{rows} rows in = {published} published + {rejected} rejected; "
        "net amount {amount} in = {amount_published} published + {amount_rejected} rejected.",
        amount=i18n.number(came),
        **counts,
    )
