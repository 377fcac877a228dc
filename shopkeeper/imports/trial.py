"""A dry run: an import up to the moment before it is published, and what it would have brought."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection

from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.errors import Refused
from shopkeeper.imports import acceptance
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.job import Checked, check, job_of
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.outcome import TableOutcome
from shopkeeper.imports.readers.packed import unpacked
from shopkeeper.lake import store
from shopkeeper.lake.publish import publisher
from shopkeeper.lake.version import Version
from shopkeeper.messages import Message
from shopkeeper.progress import UNHEARD, Progress

NOTHING_SAID = Acceptance()
FIRST_RULES = 12


@dataclass(frozen=True)
class Trial:
    """What would be published. `months`: first day of the month, lines of sale and refund, their net amount in shop
    currency; orders, customers and days are of these too. `filled`: columns that hold anything, by table. `stops`: why
    the import would stop, unless it is accepted."""

    tables: tuple[TableOutcome, ...]
    faults: tuple[Message, ...]
    warnings: tuple[Message, ...]
    stops: tuple[Message, ...]
    months: tuple[tuple[date, int, Decimal], ...]
    orders: int
    customers: int
    first_day: date | None
    last_day: date | None
    filled: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def rows_rejected(self) -> int:
        """Over all tables."""
        return sum(table.rows_rejected for table in self.tables)


def try_files(
    paths: Sequence[Path],
    mapping: Mapping,
    root: Path,
    *,
    append: bool = False,
    as_of: date | None = None,
    said: Acceptance = NOTHING_SAID,
    progress: Progress = UNHEARD,
) -> Trial:
    """Read and check files as `job.import_files` does, and publish nothing. Raise `Refused` as it does, but for what
    can be accepted: that is among the trial's `stops`."""
    everything = replace(said, rejects=True, change=True)
    with unpacked(paths) as (inside, archives), publisher(root) as directory:
        before = store.current(root)
        job = job_of(inside, archives, mapping, before, append=append, as_of=as_of, said=said)
        checked = check(job, directory, said=everything, progress=progress)
        with duckdb.connect() as connection:
            return _trial(connection, checked, None if append else before)


def _trial(connection: DuckDBPyConnection, checked: Checked, before: Version | None) -> Trial:
    files = {table.name: [str(path) for path in table.files] for table in checked.staged.tables if table.files}
    months: tuple[tuple[date, int, Decimal], ...] = ()
    orders = customers = 0
    first = last = None
    if ORDER_LINES.name in files:
        lines = _counted(connection.read_parquet(files[ORDER_LINES.name]))
        months = _months(lines)
        day = ColumnExpression("ordered_at").cast("DATE")
        ((first, last),) = lines.aggregate([day.min().alias("first"), day.max().alias("last")]).fetchall()
        orders, customers = _distinct(lines, "order_id"), _distinct(lines, "customer_id")
    return Trial(
        checked.table_outcomes,
        tuple(rule.sentence() for rule in checked.rules[:FIRST_RULES]),
        checked.staged.warnings,
        tuple(_stops(connection, checked, before)),
        months,
        orders,
        customers,
        first,
        last,
        tuple((name, _filled(connection, paths)) for name, paths in files.items()),
    )


def _counted(lines: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Lines that are sales or give money back; what was cancelled or given away brought nothing."""
    if "status" not in lines.columns:
        return lines
    status = duckdb.CoalesceOperator(ColumnExpression("status"), ConstantExpression("sale"))
    return lines.filter(status.isin(ConstantExpression("sale"), ConstantExpression("refund")))


def _distinct(lines: duckdb.DuckDBPyRelation, name: str) -> int:
    named = lines.filter(ColumnExpression(name).is_not_null()).project(ColumnExpression(name)).distinct()
    ((number,),) = named.aggregate([duckdb.FunctionExpression("count_star").alias("n")]).fetchall()
    return int(number)


def _months(lines: duckdb.DuckDBPyRelation) -> tuple[tuple[date, int, Decimal], ...]:
    month = duckdb.FunctionExpression("date_trunc", ConstantExpression("month"), ColumnExpression("ordered_at"))
    by_month = lines.project(month.cast("DATE").alias("month"), ColumnExpression("net_amount")).aggregate(
        [
            ColumnExpression("month"),
            duckdb.FunctionExpression("count_star").alias("rows"),
            ColumnExpression("net_amount").sum().alias("net_amount"),
        ]
    )
    return tuple(by_month.sort(ColumnExpression("month")).fetchall())


def _filled(connection: DuckDBPyConnection, paths: Sequence[str]) -> tuple[str, ...]:
    rows = connection.read_parquet(list(paths))
    counts = [ColumnExpression(name).count().alias(name) for name in rows.columns]
    (values,) = rows.aggregate(counts).fetchall()
    return tuple(name for name, number in zip(rows.columns, values, strict=True) if number)


def _stops(connection: DuckDBPyConnection, checked: Checked, before: Version | None) -> list[Message]:
    stops = []
    for each in checked.tables:
        if each.contract is not ORDER_LINES:
            continue
        try:
            acceptance.refuse_many_rejects(each)
        except Refused as refusal:
            stops.append(Message.of(refusal))
        try:
            if before and ORDER_LINES.name in before.tables:
                acceptance.refuse_change(connection, before, each.good)
        except Refused as refusal:
            stops.append(Message.of(refusal))
    return stops
