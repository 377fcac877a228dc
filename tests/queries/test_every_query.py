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

PUBLISHING = ("staging", "intermediate", "patching", "marts", "publishing")
LINKING = "linking"
MACROS = "macros"
FILES = sorted(str(path.relative_to(QUERIES).with_suffix("")) for path in QUERIES.rglob("*.sql"))
NAMES = [name for name in FILES if not name.startswith(MACROS)]
PAGE_NAMES = [name for name in NAMES if name.split("/")[0] not in (*PUBLISHING, LINKING)]
FILES_AND_WRITES = re.compile(
    r"\b(read_\w+|parquet_\w+|sniff_csv|glob|copy|insert|update|delete|create|drop|alter|attach|install|load|set|pragma"
    r"|call|export|import|query|query_table|getvariable|getenv)\b(?=\s*\(|\s+\w)|\bfrom\s+'",
    re.IGNORECASE,
)
GROUPING = re.compile(r"\bgroup by (?!all\b|grouping sets\b)", re.IGNORECASE)
SAID = re.compile(r"--.*|'(?:[^']|'')*'")


def code(query: QueryFile) -> str:
    """The query without comments, and with texts emptied; of a macro, what it stands for."""
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


@pytest.mark.parametrize("name", FILES)
def test_a_query_neither_reads_files_nor_writes(name: str) -> None:
    written = code(load(name)).replace(f"CREATE MACRO {name.removeprefix('macros/')}(", "(")
    assert FILES_AND_WRITES.findall(written) == []


@pytest.mark.parametrize("name", FILES)
def test_a_query_names_nothing_twice_and_filters_what_it_counts(name: str) -> None:
    assert re.findall(r"(?:^ *|\bSELECT |\bDISTINCT |, )(?:\w+\.)?(\w+) AS \1\b", code(load(name)), re.MULTILINE) == []
    assert re.findall(r"\b(?:sum|count)\(\s*CASE WHEN\b", code(load(name))) == []
    assert re.findall(r"\bFILTER \(\s*(?!WHERE)\w+", code(load(name))) == []


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith(PUBLISHING)])
def test_what_pages_and_jobs_ask_is_grouped_by_all_that_is_no_aggregate(name: str) -> None:
    assert GROUPING.findall(code(load(name))) == []


def test_staging_takes_no_parameter_and_reads_one_table() -> None:
    for query in load_folder("staging"):
        assert not query.parameters
        assert len(re.findall(r"\b(?:FROM|JOIN)\b", code(query))) == 1


def test_no_macro_takes_the_name_of_rows_and_none_is_used_while_publishing() -> None:
    macros = stems(MACROS)
    assert not macros & (stems("marts") | {table.name for table in TABLES})
    for name in [name for name in NAMES if name.startswith(PUBLISHING)]:
        assert not macros & set(re.findall(r"\b(\w+)\(", code(load(name)))), name


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


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith((*PUBLISHING, LINKING))])
def test_a_page_query_reads_marts_and_reference_tables_only(name: str) -> None:
    hidden = {table.name for table in TABLES} - REFERENCE_TABLES.keys()
    hidden |= {f"stg_{query}" for query in stems("staging")} | {f"int_{query}" for query in stems("intermediate")}
    assert not set(re.findall(r"\w+", code(load(name)))) & hidden
    assert not load(name).visibility
    assert name.startswith(MACROS) or not load(name).after


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
    assert re.findall(r"\bfilter \([^()]*(?:\([^()]*\)[^()]*)*\) over\b", code(load(name)), re.IGNORECASE) == []
