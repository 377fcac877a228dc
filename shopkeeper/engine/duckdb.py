"""The one seam to the data: a query by name, its parameters, and what the viewer may see."""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import duckdb
import polars as pl
from duckdb import DuckDBPyConnection

from shopkeeper.contract import tables
from shopkeeper.contract.made import MADE_TABLES
from shopkeeper.contract.visibility import Visibility, read_visibility
from shopkeeper.engine.query import EVERYTHING, Parameter, Scope
from shopkeeper.engine.scope import restricted
from shopkeeper.engine.workspace import CursorWorkspace
from shopkeeper.errors import Refused
from shopkeeper.lake.patched import TOUCHED, mart_rows
from shopkeeper.lake.version import Version
from shopkeeper.lake.workbench import bounded, typed
from shopkeeper.messages import message
from shopkeeper.query_files import QUERIES, QueryFile, load, load_folder

REFERENCE_TABLES: Mapping[str, Visibility] = {
    "products": read_visibility("category=category region=public"),
    "regions": read_visibility("category=public region=region"),
    "locations": read_visibility("category=public region=region"),
    "events": read_visibility("public"),
    "lanes": read_visibility("public"),
    "customers": read_visibility("none"),
}
"""The small tables that a query may read beside the marts. Order lines are never among them."""


@dataclass(frozen=True)
class Limits:
    """What one engine may use: memory as DuckDB writes it (`1GB`), as much again on disk, seconds for one query."""

    memory: str = "1GB"
    threads: int = 2
    seconds: float = 10


class Engine:
    """One version, seen by one viewer. Safe to call from many threads at once."""

    def __init__(self, version: Version, scope: Scope, limits: Limits, queries: Path, made: Mapping[str, Path]) -> None:
        """Use `open_version`."""
        self.version = version
        self.made = made
        self.scope = scope
        self.limits = limits
        self.queries = queries
        self.spill = Path(tempfile.mkdtemp(prefix="shopkeeper-"))
        self.cleaning = weakref.finalize(self, shutil.rmtree, self.spill, ignore_errors=True)
        self.rebuilding = Lock()
        self.connection = self.connect()

    def __call__(self, name: str, /, **parameters: Parameter) -> pl.DataFrame:
        """Run queries/<name>.sql and give its rows.

        Raise `LookupError` for an unknown query and `TypeError` for parameters other than those declared: both are
        faults of the caller. Raise `Refused` where the limits are too tight for the question, or the version is gone.
        """
        connection = self.connection
        try:
            return self.run(connection, name, parameters)
        except (duckdb.FatalException, duckdb.InternalException):
            # After such a fault DuckDB answers nothing more on this instance.
            return self.run(self.rebuilt(connection), name, parameters)

    def run(self, connection: DuckDBPyConnection, name: str, parameters: Mapping[str, Parameter]) -> pl.DataFrame:
        """On a cursor of its own: one connection used by two threads mixes up their rows."""
        with connection.cursor() as cursor:
            return self.workspace_on(cursor).answer(name, parameters)

    @contextmanager
    def workspace(self) -> Iterator[CursorWorkspace]:
        """Tables of its own for a question that takes several steps; see `CursorWorkspace`. Raise as a call does."""
        connection = self.connection
        try:
            with connection.cursor() as cursor:
                yield self.workspace_on(cursor)
        except (duckdb.FatalException, duckdb.InternalException):
            self.rebuilt(connection)
            raise

    def workspace_on(self, cursor: DuckDBPyConnection) -> CursorWorkspace:
        """What this viewer sees of the version, on a cursor."""
        return CursorWorkspace(cursor, self.version, self.scope, self.queries, self.guard)

    @contextmanager
    def guard(self, query: QueryFile) -> Iterator[None]:
        """Say in the reader's words what stopped a query."""
        try:
            yield
        except duckdb.InterruptException as error:
            raise Refused(
                message(
                    "This took longer than {seconds} s and was stopped. Narrow the filters, then try again.",
                    seconds=f"{self.limits.seconds:g}",
                )
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise Refused(
                message(
                    "This needed more than {memory} of memory and was stopped. Narrow the filters, then try again.",
                    memory=self.limits.memory,
                )
            ) from error
        except duckdb.CatalogException as error:
            raise Refused(
                message(
                    "Data version {version} lacks what this page needs ({query}): it was made by an earlier program. "
                    "Import the data again.",
                    version=self.version.id,
                    query=query.name,
                )
            ) from error
        except (duckdb.IOException, duckdb.PermissionException) as error:  # a file that is gone is looked for elsewhere
            raise Refused(
                message(
                    "Data version {version} is no longer on the disk, or cannot be read. Load the page again; if that "
                    "does not help, import the data again.",
                    version=self.version.id,
                )
            ) from error
        except duckdb.Error as error:
            error.add_note(f"in query {query.name} with parameters {sorted(query.parameters)}")
            raise

    def connect(self) -> DuckDBPyConnection:
        """An in-memory instance that can read the files of this version's views, and nothing else.

        The order matters: paths are allowed before external access goes off, views are made before the lock.
        """
        connection = bounded(
            self.spill,
            self.version.shop.timezone,
            threads=str(self.limits.threads),
            memory_limit=self.limits.memory,
            max_temp_directory_size=self.limits.memory,
            max_execution_time=str(int(self.limits.seconds * 1000)),
        )
        files = {name: self.version.files(name) for name in REFERENCE_TABLES}
        marts = self.marts()
        paths = [str(file) for name in marts for file in self.version.mart(name)]
        paths += [str(file) for listed, _ in TOUCHED.values() for file in self.version.step(listed)]
        paths += [str(file) for group in files.values() for file in group]
        paths += [str(file) for file in self.made.values()]
        connection.execute("SET allowed_paths = $paths", {"paths": paths})
        connection.execute("SET enable_external_access = false")
        for name, visibility in marts.items():
            mart = mart_rows(connection, self.version, name, self.queries)
            restricted(mart, visibility, self.scope).create_view(name, replace=False)
        for name, visibility in REFERENCE_TABLES.items():
            table = typed(connection, tables.table(name), files[name])
            restricted(table, visibility, self.scope).create_view(name, replace=False)
        for name, (made, visibility) in MADE_TABLES.items():
            rows = typed(connection, made, [self.made[name]] if name in self.made else [])
            restricted(rows, visibility, self.scope).create_view(name, replace=False)
        make_macros(connection, self.queries)
        connection.execute("SET lock_configuration = true")
        return connection

    def marts(self) -> dict[str, Visibility]:
        """The version's marts that this program knows. One whose scope nobody declares is not opened."""
        declared = {path.stem for path in (self.queries / "marts").glob("*.sql")}
        return {name: load(f"marts/{name}", self.queries).visibility for name in self.version.marts if name in declared}

    def rebuilt(self, broken: DuckDBPyConnection) -> DuckDBPyConnection:
        """A fresh connection in place of the broken one, made once however many threads find it broken."""
        with self.rebuilding:
            if self.connection is broken:
                self.connection = self.connect()
                broken.close()
            return self.connection

    def close(self) -> None:
        """Let go of the connection and its temporary files."""
        self.connection.close()
        self.cleaning()


def open_version(
    version: Version,
    scope: Scope = EVERYTHING,
    *,
    memory: str = "1GB",
    threads: int = 2,
    seconds: float = 10,
    queries: Path = QUERIES,
    made: Mapping[str, Path] | None = None,
) -> Engine:
    """Open a version for one viewer, within limits for each query (see `Limits`).

    `made` are the files that jobs keep beside the version, by table of `contract.made`; left out, they have no rows.

    Every mart and reference table is a view that holds what `scope` lets through: no query can reach around it.
    Raise `Refused` where the version's files are gone.
    """
    try:
        return Engine(version, scope, Limits(memory, threads, seconds), queries, made or {})
    except (duckdb.IOException, duckdb.PermissionException) as error:
        raise Refused(
            message("Data version {version} is no longer on the disk. Load the page again.", version=version.id)
        ) from error


def make_macros(connection: DuckDBPyConnection, queries: Path = QUERIES) -> None:
    """Make what queries/macros holds. A macro reads the views, as the query that calls it does.

    One that reads what this version lacks is left out: a query that calls it is refused by `Engine.run`.
    """
    for macro in load_folder("macros", queries):
        with suppress(duckdb.CatalogException, duckdb.BinderException):
            connection.execute(macro.sql)
