"""Publishing what differs from the version before: which orders, persons and days, and the marts' rows of these alone.

Every mart that says by which column it is patched is made by its own query, on the lines of the touched keys; its other
rows are those of the version before, which is hard-linked (`patched.py`). Marts that say nothing are made whole.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path

import polars as pl
from duckdb import ColumnExpression, DuckDBPyConnection, DuckDBPyRelation, FunctionExpression

from shopkeeper.contract.tables import CUSTOMERS, ORDER_LINES, PRODUCTS
from shopkeeper.lake.change import Change, UnpatchableError, changed_lines
from shopkeeper.lake.marts import Made, SoldOrders, bound, count_sold_orders, open_staging
from shopkeeper.lake.patched import ROW, TOUCHED, anti, numbered, rows, semi, unnumbered
from shopkeeper.lake.persons import KEPT, Linking, link_accounts, take_over
from shopkeeper.lake.workbench import typed, write
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import QueryFile, load, load_folder

MOST_TOUCHED = 0.2
"""Of the lines, or of a mart's rows: where more differ, all is made anew. It costs little more, and mends the files."""
FEW_ROWS = 100_000
"""A mart that holds fewer is read at once, however it lies there: its patch is no reason to make all marts anew."""
LINES = "int_sale_lines"
REFUNDS = "int_refunds"
PERSONS = "int_persons"
SCHEMAS = {"touched_orders": "by_order", "touched_customers": "by_customer", "touched_days": "by_day"}
BEFORE = "orders_before"
"""The schema of touched orders' lines as they were."""
FIRST = ("refund_days", "items")
"""Made before the others: they say who else is touched, and which days."""
HALF_A_CENT = 0.005


def patched_marts(
    connection: DuckDBPyConnection,
    directory: Path,
    queries: Path,
    changed: Change,
    progress: Progress = UNHEARD,
    linking: Linking | None = None,
) -> tuple[Made, SoldOrders]:
    """Write the marts and steps of a version into its `directory`, patched where they can be, and count its orders.

    Raise `UnpatchableError` where too much is touched, or where totals show that a patch is wrong.
    """
    for name, parts in {**changed.before.marts, **changed.before.kept}.items():
        if len(parts) == 2 and parts[1].rows > MOST_TOUCHED * max(parts[0].rows, FEW_ROWS):
            raise UnpatchableError(f"too many rows of {name} were patched since it was made whole")
    scratch = directory / "scratch"
    for folder in (scratch, directory / "marts", directory / "steps"):
        folder.mkdir()
    progress.step("Linking accounts", 0.0)
    open_staging(connection, queries)
    patch = _Patch(connection, directory, queries, changed)
    patch.link(scratch, linking or Linking())
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
    return patch.made(scratch), patch.sold_orders()


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

    def link(self, scratch: Path, linking: Linking) -> None:
        """Who is whom, from the accounts that were there and the lines that came or went; as before if these say so.

        `forget` has changed the tables of the version before too: what differs from them does not tell who is gone.
        """
        version = self.change.before
        changed_lines(self.connection, self.change).create("changed_lines")
        if self.change.forgotten:
            link_accounts(self.connection, scratch, linking, self.queries)
            return
        (before,) = version.step("linking_buyers")
        self.connection.read_parquet(str(before)).create_view("before_linking_buyers")
        same = self.change.same_identities and version.linking == linking.fingerprint()
        if not (same and take_over(self.connection, scratch, version, self.queries)):
            link_accounts(self.connection, scratch, linking, self.queries, buyers="patching/buyers")

    def open_before(self) -> None:
        """What the version before had, as the queries of `patching` name it."""
        version = self.change.before
        old = {name: version.step(name) for name, _ in TOUCHED.values()}
        for name in (LINES, REFUNDS):
            self._step_before(name).create_view(f"before_{name.removeprefix('int_')}")
        self.connection.read_parquet(str(version.step(PERSONS)[0])).create_view("before_persons")
        for name in ("first_purchases", "order_copies", *FIRST):
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
        for name in ("changed_accounts", "changed_skus", "refunding_lines"):
            self._run(name)
        keys = self._run("touched_orders")
        self._refuse_many(self._run("lines_of_orders"))
        self._run("order_lines_before")
        for schema, lines in ((SCHEMAS["touched_orders"], "lines_of_orders"), (BEFORE, "order_lines_before")):
            self.connection.execute(f"CREATE SCHEMA {schema}")
            with self._within(schema):
                self.connection.table(f"main.{lines}").create_view("order_lines", replace=False)
                staging = load("staging/order_lines", self.queries)
                self.connection.sql(staging.sql).create("stg_order_lines")
        unnumbered(self._run("numbered_lines")).create_view("before_lines")
        for query in load_folder("intermediate", self.queries):
            if query.patched_by:
                self.make_step(query, keys)
        self.connection.table(f"by_order.{LINES}").create_view("touched_lines")

    def make_step(self, query: QueryFile, keys: DuckDBPyRelation) -> None:
        """What is kept of touched orders, beside that of all others."""
        name = f"int_{_stem(query)}"
        with self._within(SCHEMAS["touched_orders"]):
            self.connection.sql(query.sql, params=bound(query, self.change.parameters)).create(f"all_{name}")
            semi(self.connection.table(f"all_{name}"), keys, query.patched_by, query.patched_by).create(name)
        fresh = self.connection.table(f"by_order.{name}")
        before = self.change.before.step(name)
        if name == LINES:
            there = self.connection.table("numbered_lines")
        else:
            there = semi(self._step_before(name), keys, query.patched_by, query.patched_by)
        gone = self._gone(name, there)
        files = self._beside(name, before, fresh, "steps", keys, query.patched_by, query.patched_by)
        merged = unnumbered(numbered(self.connection, files, gone))
        if self.change.forgotten:
            # The list stays behind: the file is whole again.
            self.touched.pop(f"gone_{name}")
            merged, files = self._whole(merged, files)
            gone[0].unlink()
        merged.create_view(name)
        self.files[name] = files

    def _step_before(self, name: str) -> DuckDBPyRelation:
        version = self.change.before
        return numbered(self.connection, version.step(name), version.step(f"gone_{name}"))

    def _gone(self, name: str, there: DuckDBPyRelation) -> list[Path]:
        """List the places of rows that no longer hold, now and since the step was made whole."""
        places = there.project(ROW).filter(ColumnExpression(ROW).is_not_null())
        before = self.change.before.step(f"gone_{name}")
        file = self.directory / "steps" / f"gone_{name}.parquet"
        write(places.union(self.connection.read_parquet(str(before[0]))) if before else places, file)
        self.touched[f"gone_{name}"] = [file]
        return [file]

    def sold_orders(self) -> SoldOrders:
        """Those that there were, and the difference that touched orders make; all where a person is forgotten."""
        if self.change.forgotten:
            return count_sold_orders(self.connection, self.queries)
        counts = []
        for schema in (SCHEMAS["touched_orders"], BEFORE):
            with self._within(schema):
                counts.append(count_sold_orders(self.connection, self.queries))
        now, then, before = *counts, self.change.before
        if before.sold_orders is None or before.identified_orders is None:
            raise UnpatchableError("orders were not counted before")
        return SoldOrders(
            before.sold_orders + now.sold_orders - then.sold_orders,
            before.identified_orders + now.identified_orders - then.identified_orders,
        )

    def touch_customers_and_days(self) -> None:
        """Persons and days that differ, and their lines of sale and refund."""
        self._run("differing_lines")
        for name in FIRST:
            self.make(load(f"marts/{name}", self.queries))
        self._run("touched_customers")
        self._refuse_many(self._run("lines_of_customers"))
        self._run("touched_days")
        self._refuse_many(self._run("lines_of_days"))
        for listed, lines in (("touched_customers", "lines_of_customers"), ("touched_days", "lines_of_days")):
            self.connection.execute(f"CREATE SCHEMA {SCHEMAS[listed]}")
            with self._within(SCHEMAS[listed]):
                self.connection.table(f"main.{lines}").create_view(LINES, replace=False)
        with self._within(SCHEMAS["touched_days"]):
            of_days = self.connection.sql(load("patching/order_lines_of_days", self.queries).sql)
            of_days.create_view("order_lines", replace=False)
        with self._within(SCHEMAS["touched_customers"]):
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
        with self._within(SCHEMAS[listed]):
            self.connection.sql(query.sql, params=parameters).create(f"all_{name}")
            fresh = semi(self.connection.table(f"all_{name}"), self.now[listed], query.patched_by, column)
            fresh.create(name)
        made = self.connection.table(f"{SCHEMAS[listed]}.{name}")
        self._put(name, query, made, self.change.before.mart(name))

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
        kept = {
            name: [(scratch / f"{name}.parquet").rename(self.directory / "steps" / f"{name}.parquet")] for name in KEPT
        }
        shutil.rmtree(scratch)
        kept |= {name: self.files.pop(name) for name in list(self.files) if name.startswith("int_")}
        if self.change.forgotten:
            # Files of persons are whole again; the list would name who is forgotten.
            self.touched.pop("touched_customers")[0].unlink()
        return Made(self.files, {**kept, **self.touched})

    def _run(self, query: str) -> DuckDBPyRelation:
        """A query of `patching`, its rows kept as a table of its name."""
        read = load(f"patching/{query}", self.queries)
        self.connection.sql(read.sql, params=bound(read, self.change.parameters)).create(query)
        return self.connection.table(query)

    @contextmanager
    def _within(self, schema: str) -> Iterator[None]:
        """Queries read the rows of the touched keys where there are such, and else those of all."""
        self.connection.execute(f"SET search_path = '{schema},main'")
        try:
            yield
        finally:
            self.connection.execute("SET search_path = 'main'")

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

    def _put(self, name: str, query: QueryFile, fresh: DuckDBPyRelation, before: Sequence[Path]) -> None:
        """The file that is there, and one with the fresh rows and those patched before that still hold.

        A person who is to be forgotten stands in the files that are there: they are written anew, without.
        """
        listed, column = TOUCHED[query.patched_by]
        files = self._beside(name, before, fresh, "marts", self.now[listed], query.patched_by, column)
        merged = rows(self.connection, files, query, self.touched, self.change.as_of)
        if self.change.forgotten and listed != "touched_days":
            merged, files = self._whole(merged, files)
        merged.create_view(name)
        self.files[name] = files

    def _beside(
        self,
        name: str,
        before: Sequence[Path],
        fresh: DuckDBPyRelation,
        folder: str,
        keys: DuckDBPyRelation,
        key: str,
        column: str,
    ) -> list[Path]:
        """The file that is there, and one with the fresh rows and those patched before whose `key` is not touched."""
        first, second = (self.directory / folder / f"{name}{end}.parquet" for end in ("", ".patch"))
        os.link(before[0], first)
        if len(before) == 2:
            fresh = anti(self.connection.read_parquet(str(before[1])), keys, key, column).union(fresh)
        write(fresh, second)
        return [first, second]

    def _whole(self, merged: DuckDBPyRelation, files: Sequence[Path]) -> tuple[DuckDBPyRelation, list[Path]]:
        """The rows in one file again, written anew."""
        first, second = files
        whole = first.with_suffix(".whole")
        write(merged, whole, "lz4" if first.parent.name == "steps" else "zstd")
        second.unlink()
        whole.replace(first)
        return self.connection.read_parquet(str(first)), [first]


def _stem(query: QueryFile) -> str:
    return query.name.split("/")[1]


def _count(relation: DuckDBPyRelation) -> int:
    ((number,),) = relation.aggregate([FunctionExpression("count_star").alias("rows")]).fetchall()
    return int(number)
