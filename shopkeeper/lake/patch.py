"""Publishing what differs from the version before: which orders, persons and days, and the marts' rows of these alone.

Every mart that says by which column it is patched is made by its own query, on the lines of the touched keys; its other
rows are those of the version before, which is hard-linked (`patched.py`). Marts that say nothing are made whole.
"""

import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from math import isclose
from pathlib import Path

import polars as pl
from duckdb import (
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    FunctionExpression,
)

from shopkeeper.contract.tables import CUSTOMERS, ORDER_LINES, PRODUCTS
from shopkeeper.lake.marts import Made, bound, open_staging
from shopkeeper.lake.patched import TOUCHED, anti, rows, semi
from shopkeeper.lake.persons import Linking, link_accounts
from shopkeeper.lake.version import Version
from shopkeeper.lake.workbench import typed, write
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import QueryFile, load, load_folder, recipe

MOST_TOUCHED = 0.2
"""Of the lines, or of a mart's rows: where more differ, all is made anew. It costs little more, and mends the files."""
LINES = "int_sale_lines"
PERSONS = "int_persons"
SCHEMAS = {"touched_orders": "by_order", "touched_customers": "by_customer", "touched_days": "by_day"}
FIRST = "refund_days"
"""Made before the others: it says who else is touched."""
HALF_A_CENT = 0.005


class UnpatchableError(Exception):
    """Why all marts must be made anew."""


@dataclass(frozen=True)
class Change:
    """What a publication changes. `added` and `removed` are files of order lines, `forgotten` accounts."""

    before: Version
    as_of: date
    added: tuple[Path, ...]
    removed: tuple[Path, ...]
    forgotten: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, date]:
        """As queries name them."""
        return {"as_of": self.as_of, "as_of_before": self.before.as_of}


def change(
    before: Version, queries: Path, as_of: date, files: Mapping[str, Sequence[Path]], forgotten: Collection[str]
) -> Change:
    """What the tables' files change of the version before. Raise `UnpatchableError` where that is all."""
    if before.recipe != recipe(queries):
        raise UnpatchableError("the queries are other ones")
    if not before.step(LINES) or not before.step(PERSONS):
        raise UnpatchableError("the version before was not made to be patched")
    old = {file.stat().st_ino: file for file in before.files(ORDER_LINES.name)}
    new = {file.stat().st_ino: file for file in files.get(ORDER_LINES.name, ())}
    added = tuple(new[inode] for inode in new.keys() - old.keys())
    removed = tuple(old[inode] for inode in old.keys() - new.keys())
    counts = {before.path / file.path: file.rows for file in before.tables[ORDER_LINES.name].files}
    if sum(counts[file] for file in removed) == sum(counts.values()):
        raise UnpatchableError("all order lines came again")
    for name, parts in {**before.marts, **before.kept}.items():
        if len(parts) == 2 and parts[1].rows > MOST_TOUCHED * parts[0].rows:
            raise UnpatchableError(f"too many rows of {name} were patched since it was made whole")
    return Change(before, as_of, added, removed, tuple(forgotten))


def patched_marts(
    connection: DuckDBPyConnection,
    directory: Path,
    queries: Path,
    changed: Change,
    progress: Progress = UNHEARD,
    linking: Linking | None = None,
) -> Made:
    """Write the marts and steps of a version into its `directory`, patched where they can be.

    Raise `UnpatchableError` where too much is touched, or where totals show that a patch is wrong.
    """
    scratch = directory / "scratch"
    for folder in (scratch, directory / "marts", directory / "steps"):
        folder.mkdir()
    progress.step("Linking accounts", 0.0)
    link_accounts(connection, scratch, linking, queries)
    open_staging(connection, queries)
    patch = _Patch(connection, directory, queries, changed)
    progress.step("Looking for what differs", 0.1)
    patch.open_before()
    patch.touch_orders()
    patch.touch_customers_and_days()
    marts = load_folder("marts", queries)
    for done, query in enumerate(marts):
        progress.step(f"Patching {_stem(query)}", 0.2 + 0.7 * done / len(marts))
        patch.make(query)
    progress.step("Checking the totals of what was patched", 0.9)
    patch.check_totals()
    return patch.made(scratch)


@dataclass
class _Patch:
    connection: DuckDBPyConnection
    directory: Path
    queries: Path
    change: Change
    files: dict[str, list[Path]] = field(default_factory=dict)
    touched: dict[str, list[Path]] = field(default_factory=dict)
    now: dict[str, DuckDBPyRelation] = field(default_factory=dict)
    """By list of touched keys: the files of all since the marts were made whole, and the rows of those touched now."""

    def open_before(self) -> None:
        """What the version before had, as the queries of `patching` name it."""
        version = self.change.before
        old = {name: version.step(name) for name, _ in TOUCHED.values()}
        sale_lines = load("intermediate/sale_lines", self.queries)
        lines = rows(self.connection, version.step(LINES), sale_lines, old, version.as_of)
        lines.create_view("before_sale_lines")
        self.connection.read_parquet(str(version.step(PERSONS)[0])).create_view("before_persons")
        for name in ("first_purchases", "order_copies", FIRST):
            query = load(f"marts/{name}", self.queries)
            rows(self.connection, version.mart(name), query, old, version.as_of).create_view(f"before_{name}")
        for table in (PRODUCTS, CUSTOMERS):
            typed(self.connection, table, version.files(table.name)).create_view(f"before_{table.name}")
        names = pl.DataFrame({"account_id": list(self.change.forgotten)}, schema={"account_id": pl.String})
        self.connection.from_arrow(names.to_arrow()).create("forgotten")
        before = old["touched_customers"]
        empty = self.connection.view("before_first_purchases").project("customer_id, customer_key").limit(0)
        (self.connection.read_parquet(str(before[0])) if before else empty).create_view("before_touched_customers")

    def touch_orders(self) -> None:
        """Orders that differ, and the lines of sale and refund as they are with them."""
        self._changed_lines().create("changed_lines")
        self._run("changed_accounts")
        self._run("changed_skus")
        keys = self._run("touched_orders")
        self.connection.execute(f"CREATE SCHEMA {SCHEMAS['touched_orders']}")
        self._run("lines_of_orders", SCHEMAS["touched_orders"], "stg_order_lines")
        query = load("intermediate/sale_lines", self.queries)
        with self._within("touched_orders"):
            made = self.connection.sql(query.sql, params=bound(query, self.change.parameters))
            made.create("all_lines")
            lines = semi(self.connection.table("all_lines"), keys, "order_id", "order_id")
            lines.create("lines")
        touched = self.connection.table("by_order.lines")
        touched.create_view("touched_lines")
        self._run("before_lines")
        self._list("touched_orders", keys)
        self._refuse_many(touched)
        self._put(LINES, query, touched, self.change.before.step(LINES), "steps")

    def touch_customers_and_days(self) -> None:
        """Persons and days that differ, and their lines of sale and refund."""
        self._run("differing_lines")
        self.make(load(f"marts/{FIRST}", self.queries))
        self._run("touched_customers")
        self._refuse_many(self._run("lines_of_customers"))
        self._run("touched_days")
        self._refuse_many(self._run("lines_of_days"))
        for listed, lines in (("touched_customers", "lines_of_customers"), ("touched_days", "lines_of_days")):
            self.connection.execute(f"CREATE SCHEMA {SCHEMAS[listed]}")
            with self._within(listed):
                self.connection.table(f"main.{lines}").create_view(LINES, replace=False)
        with self._within("touched_days"):
            of_days = self.connection.sql(load("patching/order_lines_of_days", self.queries).sql)
            of_days.create_view("order_lines", replace=False)
        with self._within("touched_customers"):
            keys = load("patching/customer_keys", self.queries)
            self.connection.sql(keys.sql).create("int_customer_keys")
            self.connection.sql(load("patching/touched_keys", self.queries).sql).create("keys")
        self._list("touched_customers", self.connection.table("by_customer.keys"))
        self._list("touched_days", self.connection.table("touched_days"))

    def make(self, query: QueryFile) -> None:
        """A mart: whole, or the rows of what is touched beside those that are there."""
        name = _stem(query)
        if name in self.files:
            return
        parameters = bound(query, self.change.parameters)
        if not query.patched_by:
            file = self.directory / "marts" / f"{name}.parquet"
            write(self.connection.sql(query.sql, params=parameters), file)
            self.files[name] = [file]
            self.connection.read_parquet(str(file)).create_view(name, replace=False)
            return
        listed, column = TOUCHED[query.patched_by]
        with self._within(listed):
            self.connection.sql(query.sql, params=parameters).create(f"all_{name}")
            fresh = semi(self.connection.table(f"all_{name}"), self.now[listed], query.patched_by, column)
            fresh.create(name)
        made = self.connection.table(f"{SCHEMAS[listed]}.{name}")
        self._put(name, query, made, self.change.before.mart(name), "marts")

    def check_totals(self) -> None:
        """Raise `UnpatchableError` where what was patched does not add up to what was published."""
        query = load("patching/totals", self.queries)
        for total, expected, patched in self.connection.sql(
            query.sql, params=bound(query, self.change.parameters)
        ).fetchall():
            if not isclose(expected or 0.0, patched or 0.0, rel_tol=1e-9, abs_tol=HALF_A_CENT):
                raise UnpatchableError(f"{total}: {expected} by the order lines, {patched} by the patch")

    def made(self, scratch: Path) -> Made:
        """The files, with those of the steps that the next publication starts from."""
        persons = self.directory / "steps" / f"{PERSONS}.parquet"
        (scratch / persons.name).rename(persons)
        shutil.rmtree(scratch)
        lines = self.files.pop(LINES)
        if self.change.forgotten:
            # Files of persons and orders are whole again; the lists would name who is forgotten.
            for name in ("touched_orders", "touched_customers"):
                self.touched.pop(name)[0].unlink()
        return Made(self.files, {LINES: lines, PERSONS: [persons], **self.touched})

    def _run(self, query: str, schema: str = "main", name: str = "") -> DuckDBPyRelation:
        """A query of `patching`, its rows kept as a table of its name, or of another one in a schema."""
        read = load(f"patching/{query}", self.queries)
        made = self.connection.sql(read.sql, params=bound(read, self.change.parameters))
        made.create(f"{schema}.{name or query}")
        return self.connection.table(f"{schema}.{name or query}")

    @contextmanager
    def _within(self, listed: str) -> Iterator[None]:
        """Queries read the rows of the touched keys where there are such, and else those of all."""
        self.connection.execute(f"SET search_path = '{SCHEMAS[listed]},main'")
        try:
            yield
        finally:
            self.connection.execute("SET search_path = 'main'")

    def _changed_lines(self) -> DuckDBPyRelation:
        """Order lines that are there now and were not, or the other way round."""
        added = typed(self.connection, ORDER_LINES, self.change.added)
        if not self.change.removed:
            return added
        columns = [ColumnExpression(name) for name in added.columns]

        def signed(lines: DuckDBPyRelation, sign: int) -> DuckDBPyRelation:
            return lines.project(*columns, ConstantExpression(sign).alias("sign"))

        both = signed(added, 1).union(signed(typed(self.connection, ORDER_LINES, self.change.removed), -1))
        counted = both.aggregate([*columns, ColumnExpression("sign").sum().alias("sign")])
        return counted.filter(ColumnExpression("sign") != ConstantExpression(0)).project(*columns)

    def _list(self, name: str, keys: DuckDBPyRelation) -> None:
        """Keep what is touched, now and since the marts were made whole."""
        self.now[name] = keys
        before = self.change.before.step(name)
        both = keys.union(self.connection.read_parquet(str(before[0]))) if before else keys
        file = self.directory / "steps" / f"{name}.parquet"
        write(both.distinct(), file)
        self.touched[name] = [file]

    def _refuse_many(self, touched: DuckDBPyRelation) -> None:
        lines = sum(file.rows for file in self.change.before.tables[ORDER_LINES.name].files)
        if _count(touched) > MOST_TOUCHED * lines:
            raise UnpatchableError("too much differs")

    def _put(self, name: str, query: QueryFile, fresh: DuckDBPyRelation, before: Sequence[Path], folder: str) -> None:
        """The file that is there, and one with the fresh rows and those patched before that still hold.

        A person who is to be forgotten stands in the files that are there: they are written anew, without.
        """
        first, second = (self.directory / folder / f"{name}{end}.parquet" for end in ("", ".patch"))
        os.link(before[0], first)
        listed, column = TOUCHED[query.patched_by]
        parts = fresh
        if len(before) == 2:
            older = self.connection.read_parquet(str(before[1]))
            parts = anti(older, self.now[listed], query.patched_by, column).union(fresh)
        write(parts, second)
        files = [first, second]
        merged = rows(self.connection, files, query, self.touched, self.change.as_of)
        if self.change.forgotten and listed != "touched_days":
            whole = first.with_suffix(".whole")
            write(merged, whole, "lz4" if name == LINES else "zstd")
            second.unlink()
            files = [whole.replace(first)]
            merged = self.connection.read_parquet(str(first))
        merged.create_view(name)
        self.files[name] = files


def _stem(query: QueryFile) -> str:
    return query.name.split("/")[1]


def _count(relation: DuckDBPyRelation) -> int:
    ((number,),) = relation.aggregate([FunctionExpression("count_star").alias("rows")]).fetchall()
    return int(number)
