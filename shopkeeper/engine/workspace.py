"""A question that takes several steps: tables of its own beside the version's views, gone when it ends."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb
import polars as pl
from duckdb import DuckDBPyConnection

from shopkeeper.engine.arguments import check_arguments
from shopkeeper.engine.query import Parameter, Scope
from shopkeeper.lake.version import Version
from shopkeeper.query_files import QUERIES, QueryFile, load

Guard = Callable[[QueryFile], AbstractContextManager[None]]


@contextmanager
def unguarded(_query: QueryFile) -> Iterator[None]:
    """Let errors through as they come."""
    yield


class CursorWorkspace:
    """A `Query` whose tables hide the version's of the same name. For one thread; the cursor is its own."""

    def __init__(
        self,
        cursor: DuckDBPyConnection,
        version: Version,
        scope: Scope,
        queries: Path = QUERIES,
        guard: Guard = unguarded,
    ) -> None:
        """Use `Query.workspace`. `guard` says what an error of a query means to the reader."""
        self.cursor = cursor
        self.version = version
        self.scope = scope
        self.queries = queries
        self.guard = guard

    def __call__(self, name: str, /, **parameters: Parameter) -> pl.DataFrame:
        """The rows of queries/<name>.sql, with this workspace's tables in place of the version's."""
        return self.answer(name, parameters)

    def answer(self, name: str, parameters: Mapping[str, Parameter]) -> pl.DataFrame:
        """As a call. Raise `LookupError` and `TypeError` for faults of the caller, else as the guard says."""
        query = load(name, self.queries)
        check_arguments(query, parameters)
        with self.guard(query):
            rows: pl.DataFrame = self.cursor.sql(query.sql, params=dict(parameters) or None).pl()
        return rows

    def put(self, table: str, frame: pl.DataFrame) -> None:
        """Let queries of this workspace read a frame as `table`."""
        self.cursor.register(table, frame.to_arrow())

    def make(self, table: str, name: str, /, **parameters: Parameter) -> None:
        """Keep the rows of queries/<name>.sql as `table` of this workspace; an earlier one is replaced."""
        query = load(name, self.queries)
        check_arguments(query, parameters)
        with self.guard(query):
            self.cursor.execute(
                f"CREATE OR REPLACE TEMP TABLE {duckdb.ColumnExpression(table)} AS {query.sql}",
                dict(parameters) or None,
            )

    @contextmanager
    def workspace(self) -> Iterator["CursorWorkspace"]:
        """Itself: what is asked within shares its tables."""
        yield self
