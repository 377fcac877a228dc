"""The one door for data: files in, a published version out, and every row accounted for."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from duckdb import DuckDBPyConnection

from shopkeeper import i18n
from shopkeeper.contract.tables import ORDER_LINES, REQUIRED_TABLES
from shopkeeper.errors import Refused
from shopkeeper.imports import acceptance
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.checks import stage
from shopkeeper.imports.checks.rules import Terms, tomorrow
from shopkeeper.imports.checks.stage import TableInStaging
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.outcome import BrokenRule, Outcome, TableOutcome, summarise
from shopkeeper.imports.readers import files as input_files
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.lake import store
from shopkeeper.lake.publish import publish, publisher
from shopkeeper.lake.version import SourceFile, Staged, StagedTable, Version
from shopkeeper.messages import Message, lines, message
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import recipe

__all__ = ["BrokenRule", "Outcome", "TableOutcome", "import_files"]

SHARE_OF_CHECKS = 0.6
NOTHING_SAID = Acceptance()
FIRST_RULES = 12


@dataclass(frozen=True)
class Job:
    """One import: what is to be read how, and the version that it starts from."""

    files: tuple[InputFile, ...]
    mapping: Mapping
    before: Version | None
    append: bool
    as_of: date | None
    warnings: tuple[Message, ...]

    @property
    def digest(self) -> str:
        """Tells two ways of reading the same bytes apart."""
        return hashlib.sha256(f"{self.mapping.digest()} {self.as_of}".encode()).hexdigest()

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that this import carries."""
        return tuple(dict.fromkeys(file.table for file in self.files))

    @property
    def carried(self) -> tuple[str, ...]:
        """Tables taken over from the version before, as they are."""
        return tuple(name for name in (self.before.tables if self.before else ()) if name not in self.tables)

    def existing(self, table: str) -> list[Path]:
        """Files to append to."""
        return self.before.files(table) if self.append and self.before and table in self.before.tables else []


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
    files_read, left = input_files.find(paths, mapping)
    with publisher(root) as directory:
        before = store.current(root)
        mapping = acceptance.with_shop(mapping, said, before)
        acceptance.refuse_future(as_of or mapping.as_of, datetime.now(ZoneInfo(mapping.shop.timezone)).date())
        job = Job(files_read, mapping, before, append, as_of or mapping.as_of, left)
        job, unchanged = _without_imported(job)
        if unchanged:
            return unchanged
        _refuse_other_shop(job)
        scratch = directory / "scratch"
        with stage.workbench(scratch) as connection:
            tables = _stage(connection, job, directory, progress.part(0, SHARE_OF_CHECKS))
            rules = summarise(connection, [path for each in tables for path in each.rejects])
            _refuse(tables, rules, strict=strict)
            _refuse_unaccepted(connection, job, tables, said)
            staged = _staged(connection, job, tables, directory)
        shutil.rmtree(scratch)
        version = publish(root, staged, progress.part(SHARE_OF_CHECKS, 1 - SHARE_OF_CHECKS))
    return _outcome(version, tables, rules, staged.warnings)


def _refuse_unaccepted(
    connection: DuckDBPyConnection, job: Job, tables: Sequence[TableInStaging], said: Acceptance
) -> None:
    for each in tables:
        if each.contract is not ORDER_LINES:
            continue
        if not said.rejects:
            amounts = each.net_amount_in, each.net_amount_rejected
            acceptance.refuse_many_rejects(each.rows_in, each.rows_rejected, *amounts)
        if job.before and not job.append and not said.change and ORDER_LINES.name in job.before.tables:
            acceptance.refuse_change(connection, job.before, each.good)


def _without_imported(job: Job) -> tuple[Job, Outcome | None]:
    """The job without files that are already there, or the outcome where that leaves nothing to do."""
    before = job.before
    if before is None:
        return job, None
    imported = {(source.table, source.sha256) for source in before.sources}
    if not job.append:
        to_import = {(file.table, file.sha256) for file in job.files} | {(table, job.digest) for table in job.tables}
        # Marts that another program made are made anew, from the same rows.
        if to_import == {pair for pair in imported if pair[0] in job.tables} and before.recipe == recipe():
            return job, Outcome(
                before, changed=False, message=message("These files are already imported; nothing changed.")
            )
        return job, None
    new = tuple(file for file in job.files if (file.table, file.sha256) not in imported)
    if not new:
        return job, Outcome(
            before, changed=False, message=message("These files were imported already; nothing changed.")
        )
    old = tuple(
        stage.of_table(file.table, message("{name} was imported already, and is not added again.", name=file.name))
        for file in job.files
        if file not in new
    )
    return replace(job, files=new, warnings=(*job.warnings, *old)), None


def _refuse_other_shop(job: Job) -> None:
    before, shop = job.before, job.mapping.shop
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
    shop = job.mapping.shop
    terms = Terms(shop, job.mapping.source_timezone, tomorrow(datetime.now(ZoneInfo(shop.timezone))))
    if missing := [name for name in REQUIRED_TABLES if name not in (*job.tables, *job.carried)]:
        raise Refused(
            message(
                "There is no {missing} among the files, and none was imported before. Give the orders too.",
                missing=missing[0],
            )
        )
    staged: list[TableInStaging] = []
    done, total = 0, stage.total_bytes(job.files)
    for mapping, files in stage.in_order(job.files, job.mapping):
        size = stage.total_bytes(files)
        part = progress.part(done / total, size / total)
        staged.append(stage.stage_table(connection, mapping, files, terms, directory, job.existing(mapping.name), part))
        done += size
    return tuple(staged)


def _refuse(tables: Sequence[TableInStaging], rules: Sequence[BrokenRule], *, strict: bool) -> None:
    """Raise `Refused` where nothing of a table is left, or, if `strict`, where anything was rejected."""
    empty = [each for each in tables if not each.rows_good and (each.rows_rejected or each.contract is ORDER_LINES)]
    rejected = sum(each.rows_rejected for each in tables)
    if not empty and not (strict and rejected):
        return
    if empty:
        names = ", ".join(each.contract.name for each in empty)
        start = message("No row of {names} can be used, so nothing was published.", names=names)
    else:
        start = message(
            "{n} rows break the contract, so nothing was published. Mend them, or import without strict.", n=rejected
        )
    sentences = [start, *(rule.sentence() for rule in rules[:FIRST_RULES])]
    if len(rules) > FIRST_RULES:
        sentences.append(message("... and {n} more rules.", n=len(rules) - FIRST_RULES))
    raise Refused(lines(*sentences))


def _staged(connection: DuckDBPyConnection, job: Job, tables: Sequence[TableInStaging], directory: Path) -> Staged:
    before = job.before if job.append else None
    appended = [each.contract.name for each in tables if before and each.contract.name in before.tables]
    files = {each.contract.name: (*each.good, *job.existing(each.contract.name)) for each in tables}
    carried = {name: tuple(job.before.files(name)) for name in job.carried} if job.before else {}
    rejects = stage.join_rejects(
        connection,
        [path for each in tables for path in each.rejects],
        before.rejects if before else None,
        appended,
        directory.with_suffix(".rejects.parquet"),
    )
    order_lines = [each for each in tables if each.contract is ORDER_LINES]
    old = before if before and ORDER_LINES.name in appended else None
    unknown = stage.unknown_references(connection, {each.contract.name: each.good for each in tables}, carried | files)
    return Staged(
        directory,
        job.mapping.shop,
        tuple(_staged_table(each, files[each.contract.name], before) for each in tables),
        rejects,
        _sources(job, tables, before),
        sum((each.net_amount_in for each in order_lines), old.net_amount_in if old else Decimal(0)),
        sum((each.net_amount_rejected for each in order_lines), old.net_amount_rejected if old else Decimal(0)),
        sum((each.net_amount_unreadable_rows for each in order_lines), old.net_amount_unreadable_rows if old else 0),
        job.as_of,
        (*_warnings(job, tables, appended), *unknown),
        job.carried,
    )


def _staged_table(each: TableInStaging, files: tuple[Path, ...], before: Version | None) -> StagedTable:
    old = before.tables.get(each.contract.name) if before else None
    rows, rejected = (old.rows_in, old.rows_rejected) if old else (0, 0)
    return StagedTable(each.contract.name, files, rows + each.rows_in, rejected + each.rows_rejected)


def _sources(job: Job, tables: Sequence[TableInStaging], before: Version | None) -> tuple[SourceFile, ...]:
    """The files, and beside each table's the mapping that they were read with."""
    sources = [source for source in before.sources if source.table in job.tables] if before else []
    for each in tables:
        name = each.contract.name
        sources += [SourceFile(file.name, file.sha256, file.bytes, name, rows) for file, rows in each.inputs]
        mapping = SourceFile(f"mapping {job.mapping.name}", job.digest, 0, name, 0)
        if mapping not in sources:
            sources.append(mapping)
    return tuple(sources)


def _warnings(job: Job, tables: Sequence[TableInStaging], appended: Sequence[str]) -> tuple[Message, ...]:
    """Those of rows that stay are kept."""
    kept = tuple(f"{name}: " for name in (*job.carried, *appended))
    old = [each for each in job.before.warnings if each.in_source().startswith(kept)] if job.before and kept else []
    notes = [stage.of_table(table, Message(note)) for table in job.tables for note in job.mapping.notes]
    new = [*job.warnings, *notes, *(warning for each in tables for warning in each.warnings)]
    return tuple(dict.fromkeys((*old, *new)))


def _outcome(
    version: Version, tables: Sequence[TableInStaging], rules: tuple[BrokenRule, ...], warnings: tuple[Message, ...]
) -> Outcome:
    came = sum((each.net_amount_in for each in tables), Decimal(0))
    rejected = sum((each.net_amount_rejected for each in tables), Decimal(0))
    rows = sum(each.rows_in for each in tables)
    lost = sum(each.rows_rejected for each in tables)
    return Outcome(
        version,
        changed=True,
        message=message(
            "{rows} rows in = {published} published + {rejected} rejected; "
            "net amount {amount} in = {amount_published} published + {amount_rejected} rejected.",
            rows=rows,
            published=rows - lost,
            rejected=lost,
            amount=i18n.number(came),
            amount_published=i18n.number(came - rejected),
            amount_rejected=i18n.number(rejected),
        ),
        tables=tuple(
            TableOutcome(each.contract.name, each.rows_in, each.rows_good, each.rows_rejected) for each in tables
        ),
        broken_rules=rules,
        net_amount_in=came,
        net_amount_published=came - rejected,
        net_amount_rejected=rejected,
        net_amount_unreadable_rows=sum(each.net_amount_unreadable_rows for each in tables),
        warnings=warnings,
    )
