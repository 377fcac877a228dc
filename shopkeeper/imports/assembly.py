"""From tables that were checked to what is published: files, counts and sources of older and newer rows together."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from duckdb import ColumnExpression, DuckDBPyConnection

from shopkeeper.contract.tables import ORDER_LINES, table
from shopkeeper.imports.batch import Job
from shopkeeper.imports.checks import stage
from shopkeeper.imports.checks.newest import Replacement
from shopkeeper.imports.checks.notes import of_table, unknown_references
from shopkeeper.imports.checks.older_rejects import NOTHING, OlderRejects, faults_in, withdraw, withdraw_mended
from shopkeeper.imports.checks.refunds import is_of_refunds, refund_warnings
from shopkeeper.imports.checks.secret import another_key, fingerprint, secret
from shopkeeper.imports.checks.stage import TableInStaging
from shopkeeper.imports.sources.beside import MARK
from shopkeeper.lake.version import SourceFile, Staged, StagedTable, Version
from shopkeeper.lake.workbench import typed
from shopkeeper.messages import Message


def without_replaced(
    connection: DuckDBPyConnection, job: Job, tables: Sequence[TableInStaging], directory: Path
) -> OlderRejects:
    """The rejects of the version before, without those whose rows came again, newer or mended."""
    replaced: dict[str, list[Replacement]] = {}
    for each in tables:
        if each.replacement:
            replaced.setdefault(each.contract.name, []).append(each.replacement)
    older = job.before.rejects if job.before and job.append else None
    left = withdraw(connection, older, replaced, directory.with_suffix(".older.parquet"))
    places = {each.contract.name: each.mended for each in tables if each.mended}
    return withdraw_mended(connection, left, places, directory.with_suffix(".unmended.parquet"))


def differs(connection: DuckDBPyConnection, tables: Sequence[TableInStaging], older: OlderRejects) -> bool:
    """Whether there is a row that was not there as it is now, or one that was rejected and is not as it was."""
    if any(each.rows_good or (each.replacement and each.replacement.rows_replaced) for each in tables):
        return True
    rejected = [path for each in tables for path in (*each.rejects, *each.left_empty)]
    before = sorted(str(fault) for each in older.withdrawn.values() for fault in each.faults)
    return before != sorted(map(str, faults_in(connection, rejected)))


def assemble(
    connection: DuckDBPyConnection, job: Job, tables: Sequence[TableInStaging], older: OlderRejects, directory: Path
) -> Staged:
    """What `publish` takes: `tables` in the order of the job's batches, `older` as `without_replaced` gave it."""
    before = job.before if job.append else None
    names = tuple(dict.fromkeys(each.contract.name for each in tables))
    appended = [name for name in names if before and name in before.tables]
    files = {each.contract.name: (*each.good, *each.kept) for each in tables}
    carried = {name: tuple(job.before.files(name)) for name in job.carried} if job.before else {}
    rejects = stage.join_rejects(
        connection,
        [path for each in tables for path in (*each.rejects, *each.left_empty)],
        older.path,
        appended,
        directory.with_suffix(".rejects.parquet"),
    )
    order_lines = [each for each in tables if each.contract is ORDER_LINES]
    replaced = [each.replacement.net_amount_replaced for each in order_lines if each.replacement]
    withdrawn = older.withdrawn.get(ORDER_LINES.name, NOTHING)
    old = before if before and ORDER_LINES.name in appended else None
    came = {name: [path for each in tables if each.contract.name == name for path in each.good] for name in names}
    staged = {name: [path for path in paths if path in files[name]] for name, paths in came.items()}
    unknown = tuple(unknown_references(connection, {k: v for k, v in staged.items() if v}, carried | files))
    refunds = refund_warnings(connection, files[ORDER_LINES.name]) if ORDER_LINES.name in names else ()
    staged_tables = tuple(_staged_table(name, tables, files[name], before, older) for name in names)
    of_persons = _of_persons(connection, job, tables, staged_tables, directory)
    return Staged(
        directory,
        job.shop,
        (*(each for each in staged_tables if each.name not in of_persons), *of_persons.values()),
        rejects,
        _sources(job, tables, before),
        sum((each.net_amount_in for each in order_lines), old.net_amount_in if old else Decimal(0))
        - sum(replaced, withdrawn.net_amount),
        sum((each.net_amount_rejected for each in order_lines), old.net_amount_rejected if old else Decimal(0))
        - withdrawn.net_amount,
        sum((each.net_amount_unreadable_rows for each in order_lines), old.net_amount_unreadable_rows if old else 0)
        - withdrawn.net_amount_unreadable_rows,
        job.as_of,
        _newest((*_warnings(job, tables, appended), *unknown, *refunds)),
        tuple(name for name in job.carried if name not in of_persons),
        _fingerprint(job, of_persons),
    )


def _of_persons(
    connection: DuckDBPyConnection,
    job: Job,
    tables: Sequence[TableInStaging],
    staged: Sequence[StagedTable],
    directory: Path,
) -> dict[str, StagedTable]:
    """The tables to which the files' keys of persons add rows: what is there or came, and these, each row once."""
    result = {}
    derived = [each for made in tables for each in made.derived]
    for name in derived[0].files() if derived else ():
        came = next((each for each in staged if each.name == name), None)
        old = job.before.tables.get(name) if job.before else None
        there = came.files if came else tuple(job.before.files(name)) if job.before and old else ()
        rejected = came.rows_rejected if came else old.rows_rejected if old else 0
        rows = typed(connection, table(name), [*there, *(each.files()[name] for each in derived)])
        keys = [ColumnExpression(key) for key in table(name).key]
        others = [column.name for column in table(name).columns if column.name not in table(name).key]
        once = rows.aggregate([*keys, *(ColumnExpression(other).min().alias(other) for other in others)])
        file = directory / f"{name}-with-keys.parquet"
        once.write_parquet(str(file), compression="zstd")
        for part in there:
            # What came is in the new file; beside it, it would be kept with the version and read by nothing.
            if part.parent == directory:
                part.unlink()
        count = connection.read_parquet(str(file)).shape[0]
        result[name] = StagedTable(name, (file,), count + rejected, rejected)
    return result


def _fingerprint(job: Job, of_persons: Mapping[str, StagedTable]) -> str:
    """That of the key which the version's pseudonyms are made with; empty where it has none.

    Raise `Refused` where those that are there were made with another one.
    """
    there = job.before.key_fingerprint if job.before else ""
    if not of_persons:
        return there
    own = fingerprint(secret())
    if there and there != own:
        raise another_key()
    return own


def _staged_table(
    name: str,
    tables: Sequence[TableInStaging],
    files: tuple[Path, ...],
    before: Version | None,
    older: OlderRejects,
) -> StagedTable:
    """Rows that are there stay counted, but for those that newer ones replaced."""
    old = before.tables.get(name) if before else None
    rows, rejected = (old.rows_in, old.rows_rejected) if old else (0, 0)
    withdrawn = older.withdrawn.get(name, NOTHING).rows
    parts = [each for each in tables if each.contract.name == name]
    replaced = sum(each.replacement.rows_replaced for each in parts if each.replacement)
    rows += sum(each.rows_in for each in parts) - replaced - withdrawn
    rejected += sum(each.rows_rejected for each in parts) - withdrawn
    return StagedTable(name, files, rows, rejected)


def _sources(job: Job, tables: Sequence[TableInStaging], before: Version | None) -> tuple[SourceFile, ...]:
    """The files, and beside each table's the mapping that they were read with.

    A source that repeats has each of its files once, as it was read last, and the mapping that reads it now.
    """
    sources = [source for source in before.sources if source.table in job.tables] if before else []
    for batch, each in zip(job.batches, tables, strict=True):
        name = batch.table
        start = f"{batch.source}: " if batch.source else ""
        marks = batch.marks or ("",) * len(each.inputs)
        read = [
            SourceFile(file.name, file.sha256, file.bytes, name, rows, mark)
            for (file, rows), mark in zip(each.inputs, marks, strict=True)
        ]
        mapping = SourceFile(f"{start}mapping {batch.mapping.name}", job.digest(batch), 0, name, 0)
        if batch.source:
            again = {file.name for file in read}
            others = (f"{start}mapping ", f"{start}{MARK}")
            sources = [
                source
                for source in sources
                if source.table != name or not (source.name in again or source.name.startswith(others))
            ]
            for file, mark in zip(batch.beside, batch.marks_beside, strict=True):
                sources.append(SourceFile(f"{start}{MARK}{file.name}", file.sha256, file.bytes, name, 0, mark))
        sources += read
        if mapping not in sources:
            sources.append(mapping)
    return tuple(sources)


def _warnings(job: Job, tables: Sequence[TableInStaging], appended: Sequence[str]) -> tuple[Message, ...]:
    """Those of rows that stay are kept."""
    kept = tuple(f"{name}: " for name in (*job.carried, *appended))
    old = [each for each in job.before.warnings if each.in_source().startswith(kept)] if job.before and kept else []
    notes = [of_table(batch.table, Message(note)) for batch in job.batches for note in batch.mapping.notes]
    if ORDER_LINES.name in job.tables:
        old = [each for each in old if not is_of_refunds(each)]
    new = [*job.warnings, *notes, *(warning for each in tables for warning in each.warnings)]
    return tuple(dict.fromkeys((*old, *new)))


def _newest(warnings: Sequence[Message]) -> tuple[Message, ...]:
    """Of warnings that differ in their counts only, the last: a source that repeats would add one each time."""
    by_subject: dict[object, Message] = {}
    for each in warnings:
        by_subject.pop(_subject(each), None)
        by_subject[_subject(each)] = each
    return tuple(by_subject.values())


def _subject(warning: Message) -> object:
    parts = (
        _subject(value) if isinstance(value, Message) else value
        for value in warning.values.values()
        if not isinstance(value, int | float)
    )
    return (warning.text, *parts)
