"""Every query file keeps the rules of queries/README.md."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from shopkeeper.contract.tables import TABLES
from shopkeeper.engine.duckdb import REFERENCE_TABLES
from shopkeeper.lake import marts
from shopkeeper.lake.workbench import workbench
from shopkeeper.query_files import QUERIES, QueryFile, load, load_folder

PUBLISHING = ("staging", "marts", "publishing")
NAMES = sorted(str(path.relative_to(QUERIES).with_suffix("")) for path in QUERIES.rglob("*.sql"))
PAGE_NAMES = [name for name in NAMES if name.split("/")[0] not in PUBLISHING]
FILES_AND_WRITES = re.compile(
    r"\b(read_\w+|parquet_\w+|sniff_csv|glob|copy|insert|update|delete|create|drop|alter|attach|install|load|set|pragma"
    r"|call|export|import|query|query_table|getvariable|getenv)\b(?=\s*\(|\s+\w)|\bfrom\s+'",
    re.IGNORECASE,
)
SAID = re.compile(r"--.*|'(?:[^']|'')*'")


def code(query: QueryFile) -> str:
    """The query without comments, and with texts emptied."""
    return SAID.sub(lambda match: "" if match[0].startswith("--") else "''", query.sql)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The real staging views and marts of a shop that has no rows at all."""
    directory = tmp_path_factory.mktemp("built")
    with workbench(directory, "Asia/Shanghai") as connection:
        marts.open_tables(connection, {})
        as_of = date(2026, 11, 11)
        marts.build_marts(connection, directory / "marts", QUERIES, {"as_of": as_of})
        yield connection


def test_there_are_queries() -> None:
    assert PAGE_NAMES
    assert {name.split("/")[0] for name in NAMES} >= set(PUBLISHING)


@pytest.mark.parametrize("name", NAMES)
def test_a_query_is_one_select_with_grain_and_declared_parameters(name: str) -> None:
    query = load(name)
    assert query.grain.startswith("one row")


@pytest.mark.parametrize("name", NAMES)
def test_a_query_neither_reads_files_nor_writes(name: str) -> None:
    assert FILES_AND_WRITES.findall(code(load(name))) == []


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS (COPY (SELECT 1) TO '/tmp/x') SELECT * FROM x", "SELECT * FROM read_parquet('x')",
        "SELECT * FROM 'x.parquet'", "SELECT * FROM glob ('*')", "WITH x AS (INSERT INTO y SELECT 1) SELECT 1",
    ],
)  # fmt: skip
def test_the_rule_against_files_and_writes_finds_them(sql: str, tmp_path: Path) -> None:
    (tmp_path / "bad.sql").write_text(f"-- grain: one row per fault\n{sql}\n")
    assert FILES_AND_WRITES.findall(code(load("bad", tmp_path)))


@pytest.mark.parametrize("name", PAGE_NAMES)
def test_a_page_query_reads_marts_and_reference_tables_only(name: str) -> None:
    hidden = {table.name for table in TABLES} - REFERENCE_TABLES.keys()
    assert not set(re.findall(r"\w+", code(load(name)))) & (hidden | {f"stg_{query}" for query in stems("staging")})
    assert not load(name).visibility
    assert not load(name).after


def stems(folder: str) -> set[str]:
    return {path.stem for path in (QUERIES / folder).glob("*.sql")}


def test_no_mart_takes_the_name_of_a_table() -> None:
    assert not stems("marts") & {table.name for table in TABLES}


def test_the_columns_of_a_scope_are_columns_of_the_mart(built: duckdb.DuckDBPyConnection) -> None:
    for query in load_folder("marts"):
        named = {column for columns in query.visibility.values() for column in columns}
        assert named <= set(built.table(query.name.removeprefix("marts/")).columns), query.name


def test_no_mart_that_holds_a_category_or_region_forgets_it(built: duckdb.DuckDBPyConnection) -> None:
    for query in load_folder("marts"):
        for dimension, columns in query.visibility.items():
            there = built.table(query.name.removeprefix("marts/")).columns
            assert set(columns) == {column for column in there if column.endswith(dimension)}, query.name


def test_marts_hold_only_types_that_every_reader_knows(built: duckdb.DuckDBPyConnection) -> None:
    plain = {"VARCHAR", "BIGINT", "INTEGER", "SMALLINT", "DOUBLE", "DATE", "BOOLEAN"}
    for query in load_folder("marts"):
        types = {str(kind) for kind in built.table(query.name.removeprefix("marts/")).types}
        assert types <= plain, query.name


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(PUBLISHING)])
def test_publishing_queries_keep_to_the_portable_dialect(name: str) -> None:
    strange = (
        r"\b(group|order) by all\b|\bexclude\b|\bcolumns\s*\(|\blambda\b|\bunpivot\b|::|//|\bcount_if\b|\blist_\w+"
    )
    assert re.findall(strange, code(load(name)), re.IGNORECASE) == []
