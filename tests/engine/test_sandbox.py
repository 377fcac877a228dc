"""SQL that got into an engine, however it came there, reaches no file but the parts of its own version.

Users never write SQL here: this is the second wall. What it does not stop is written down at the end, each with the
wall that does.
"""

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import polars as pl
import pytest

from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.engine.query import Scope
from shopkeeper.lake import store
from shopkeeper.lake.publish import publish, publisher
from shopkeeper.lake.version import Version
from tests.shops.small_lake import order_lines, publish_mark, stage, tiny_queries

NOBODY = 65534
children = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Place:
    """A lake with a secret beside it and ways that lead there from within."""

    version: Version
    older: Version
    engine: Engine
    names: dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, queries: Path) -> Iterator[Place]:
    base = tmp_path_factory.mktemp("place")
    older = publish_mark(base / "lake", queries, 1)
    with publisher(base / "lake") as directory:
        products = pl.DataFrame({"sku": ["s1"], "category": ["tea"]})
        staged = stage(directory, {"order_lines": order_lines(2), "products": products})
        version = publish(base / "lake", staged, queries=queries)
    (base / "secret").mkdir()
    order_lines(3).write_parquet(base / "secret/x.parquet")
    (version.path / "link").symlink_to(base / "secret")
    (version.path / "linked.parquet").symlink_to(base / "secret/x.parquet")
    shutil.copytree(version.path, version.path.parent / f"{version.id}2", symlinks=True)
    engine = open_version(version, queries=queries)
    mart = version.mart("parts")[0]
    names = {
        "mart": str(mart), "marts": str(mart.parent), "version": str(version.path), "secret": f"{base}/secret",
        "lines": str(version.files("order_lines")[0]), "older": str(older.mart("parts")[0]), "base": str(base),
        "sibling": str(version.path.parent / f"{version.id}2/marts/parts.parquet"),
    }  # fmt: skip
    yield Place(version, older, engine, names)
    engine.close()


READS = {
    "a file elsewhere": "FROM read_parquet('{secret}/x.parquet')",
    "the way up": "FROM read_parquet('{marts}/../../../../secret/x.parquet')",
    "a linked folder": "FROM read_parquet('{version}/link/x.parquet')",
    "a linked file": "FROM read_parquet('{version}/linked.parquet')",
    "a file by its bare name": "FROM '{secret}/x.parquet'",
    "a file by URL": "FROM read_parquet('file://{secret}/x.parquet')",
    "a folder whose name begins alike": "FROM read_parquet('{sibling}')",
    "order lines": "FROM read_parquet('{lines}')",
    "another version": "FROM read_parquet('{older}')",
    "all versions": "FROM read_parquet('{version}/../*/marts/*.parquet')",
    "the manifest": "FROM read_text('{version}/manifest.json')",
    "the pointer": "FROM read_text('{base}/lake/current.json')",
    "metadata of a file elsewhere": "FROM parquet_metadata('{secret}/x.parquet')",
    "schema of a file elsewhere": "FROM parquet_schema('{secret}/x.parquet')",
    "passwords as CSV": "FROM read_csv('/etc/passwd', sep = ':')",
    "passwords as text": "FROM read_text('/etc/passwd')",
    "passwords as text by URL": "FROM read_text('file:///etc/passwd')",
    "passwords sniffed": "FROM sniff_csv('/etc/passwd')",
    "passwords as bytes": "FROM read_blob('/etc/passwd')",
    "passwords as JSON": "FROM read_json('/etc/passwd')",
    "names in a system folder": "FROM glob('/etc/*')",
    "names in the root": "FROM glob('/*')",
    "names in the lake": "FROM glob('{version}/*')",
    "the environment through the system": "FROM read_text('/proc/self/environ')",
    "the environment through a function": "SELECT getenv('HOME')",
    "standard input": "FROM read_csv('/dev/stdin')",
    "the network": "FROM read_csv('http://127.0.0.1:9/x.csv')",
    "a bucket": "FROM read_parquet('s3://bucket/x.parquet')",
    "a relative name": "FROM read_parquet('pyproject.toml')",
    "a Python variable": "FROM children",
}
WRITES = {
    "a file elsewhere": "COPY (SELECT 1) TO '{secret}/new.csv'",
    "over a file elsewhere": "COPY (SELECT 1) TO '{secret}/x.parquet' (FORMAT parquet)",
    "a new mart": "COPY (SELECT 1) TO '{marts}/new.parquet' (FORMAT parquet)",
    "over a mart": "COPY (SELECT 1) TO '{mart}' (FORMAT parquet)",
    "over order lines": "COPY (SELECT 1) TO '{lines}' (FORMAT parquet, USE_TMP_FILE false)",
    "within a SELECT": "WITH x AS (COPY (SELECT 1) TO '{marts}/new.csv') SELECT 1",
    "a partitioned folder": "COPY (SELECT 1 AS a) TO '{marts}/folder' (FORMAT parquet, PARTITION_BY (a))",
    "the whole database": "EXPORT DATABASE '{secret}/db'",
    "a database elsewhere": "ATTACH '{secret}/new.db'",
    "a database in the lake": "ATTACH '{version}/new.db'",
    "a log": "CALL enable_logging(storage = 'file', storage_config = {{'path': '{secret}/log'}})",
    "a secret that persists": "CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
}
SETTINGS = {
    "memory": "SET memory_limit = '20GB'",
    "threads": "SET threads = 64",
    "time": "SET max_execution_time = 0",
    "time everywhere": "SET GLOBAL max_execution_time = 0",
    "external access": "SET enable_external_access = true",
    "folders": "SET allowed_directories = ['/']",
    "files": "SET allowed_paths = ['/etc/passwd']",
    "which settings are open": "SET allowed_configs = ['threads']",
    "the lock": "SET lock_configuration = false",
    "reset": "RESET enable_external_access",
    "the folder to spill in": "SET temp_directory = '{secret}'",
    "profiling": "PRAGMA enable_profiling",
    "the profile's file": "SET profiling_output = '{secret}/p.json'",
    "Python variables": "SET python_enable_replacements = true",
    "an extension installed": "INSTALL httpfs",
    "an extension loaded": "LOAD httpfs",
    "an extension by path": "LOAD '{secret}/x.duckdb_extension'",
    "an extension of the community": "INSTALL h3 FROM community",
    "a database imported": "IMPORT DATABASE '{secret}'",
}
ATTEMPTS = [
    pytest.param(sql, id=f"{kind} {what}")
    for kind, attempts in (("read", READS), ("write", WRITES), ("change", SETTINGS))
    for what, sql in attempts.items()
]
REFUSED = (
    duckdb.PermissionException, duckdb.CatalogException, duckdb.InvalidInputException, duckdb.IOException,
    duckdb.HTTPException, duckdb.BinderException, duckdb.ParserException, duckdb.NotImplementedException,
)  # fmt: skip


def snapshot(place: Place) -> dict[str, bytes | None]:
    """Every name below the lake and the secret, with what files hold."""
    files = Path(place.names["base"]).rglob("*")
    return {str(path): path.read_bytes() if path.is_file() else None for path in files}


def ask(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    """Run SQL as an engine runs a query: on a cursor."""
    with engine.connection.cursor() as cursor:
        relation = cursor.sql(sql)
        return [] if relation is None else relation.fetchall()


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_refused(place: Place, attempt: str) -> None:
    before = snapshot(place)
    with pytest.raises(REFUSED):
        ask(place.engine, attempt.format(**place.names))
    assert snapshot(place) == before
    assert ask(place.engine, "SELECT count(*) > 0 FROM parts") == [(True,)]


def test_its_own_views_can_be_read(place: Place) -> None:
    for view in ("parts", "days", "calendar", "products", "regions"):
        ask(place.engine, f"SELECT count(*) FROM {view}")  # noqa: S608 - names from the line above


def test_the_limits_hold_on_a_cursor(place: Place) -> None:
    wanted = "SELECT current_setting('max_execution_time'), current_setting('threads'), current_setting('memory_limit')"
    assert ask(place.engine, wanted) == [(10_000, 2, "953.6 MiB")]


def test_a_spill_is_bounded_and_leaves_nothing(place: Place, queries: Path) -> None:
    small = open_version(place.version, memory="80MB", queries=queries)
    greedy = "SELECT max(x) FROM (SELECT repeat('x', 300) || random() x FROM range(2000000) ORDER BY x LIMIT 1500000)"
    with pytest.raises(duckdb.OutOfMemoryException):
        ask(small, greedy)
    assert sum(file.stat().st_size for file in small.spill.iterdir()) == 0
    small.close()


def write_over_a_mart(version: Version, queries: Path, answer: Connection) -> None:
    """In a child process, as a user who may not: aim at the one kind of file that the engine has open for itself."""
    if os.getuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    engine = open_version(version, queries=queries)
    mart = version.mart("parts")[0]
    try:
        ask(engine, f"COPY (SELECT 1) TO '{mart}' (FORMAT parquet, USE_TMP_FILE false)")
    except duckdb.Error as error:
        answer.send((str(error), engine("pages/parts").height))
    else:
        answer.send(("written", 0))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach into, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="shopkeeper-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_writing_over_its_own_mart_is_stopped_by_the_system(open_folder: Path) -> None:
    """The engine does not refuse this one: it may open the file. Published files are read-only, so the system does.

    As root nothing is read-only, so the attempt is made as nobody.
    """
    queries = tiny_queries(open_folder / "queries")
    version = publish_mark(open_folder / "lake", queries, 1)
    here, there = children.Pipe()
    child = children.Process(target=write_over_a_mart, args=(version, queries, there))
    child.start()
    there.close()
    said, rows = here.recv()
    child.join()
    assert "Permission denied" in said
    assert rows > 0
    assert store.verify(version) == []


def test_known_hole_a_restricted_viewers_engine_can_open_the_whole_mart_by_its_path(
    place: Place, queries: Path
) -> None:
    """The wall here is that nobody but the files in queries/ writes SQL, and that these name no file: a test reads all.

    Should users ever write SQL, each scope needs files of its own.
    """
    mine = open_version(place.version, Scope((), ()), queries=queries)
    assert ask(mine, "SELECT count(*) FROM parts") == [(0,)]
    assert ask(mine, f"SELECT count(*) > 0 FROM read_parquet('{place.names['mart']}')") == [(True,)]  # noqa: S608
    mine.close()


def test_known_hole_the_private_folder_to_spill_in_can_be_written(place: Place, queries: Path) -> None:
    """It is this engine's alone, bounded in size, holds nothing of the lake, and goes with the engine."""
    engine = open_version(place.version, queries=queries)
    assert engine.spill.stat().st_mode & 0o077 == 0
    ask(engine, f"COPY (SELECT 1) TO '{engine.spill}/x.csv'")
    engine.close()
    assert not engine.spill.exists()


@pytest.mark.parametrize("sql", ["CREATE TABLE own AS SELECT 1", "CREATE OR REPLACE VIEW calendar AS SELECT 1"])
def test_known_hole_names_in_memory_can_be_made_and_replaced(place: Place, sql: str, queries: Path) -> None:
    """The wall here is that a query file holds one SELECT."""
    engine = open_version(place.version, queries=queries)
    ask(engine, sql)
    engine.close()
