"""A query by name: parameters checked both ways, the scope never forgotten, limits told in a sentence."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from shopkeeper.contract.made import MADE_TABLES
from shopkeeper.contract.visibility import read_visibility
from shopkeeper.engine.duckdb import REFERENCE_TABLES, Engine, open_version
from shopkeeper.engine.query import EVERYTHING, Query, Scope
from shopkeeper.errors import Refused
from shopkeeper.lake.publish import publish, publisher
from shopkeeper.lake.version import Version
from shopkeeper.query_files import load, load_folder
from tests.shops.small_lake import order_lines, publish_mark, stage, tiny_queries

TABLES = {
    "products": pl.DataFrame({"sku": ["s1", "s2", "s3"], "category": ["tea", "cups", None]}),
    "regions": pl.DataFrame({"region": ["Hunan", "Jilin"]}),
    "locations": pl.DataFrame({"location_id": ["l1", "l2"], "kind": ["store", "dealer"], "region": ["Hunan", None]}),
    "events": pl.DataFrame({
        "event_id": ["e1"], "name": ["11.11"], "starts_on": [date(2026, 11, 11)], "ends_on": [date(2026, 11, 11)],
    }),
    "customers": pl.DataFrame({"customer_id": ["c1"], "region": ["Hunan"]}),
}  # fmt: skip


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory, queries: Path) -> Version:
    root = tmp_path_factory.mktemp("lake")
    with publisher(root) as directory:
        return publish(root, stage(directory, {"order_lines": order_lines(1), **TABLES}), queries=queries)


@pytest.fixture(scope="module")
def query(version: Version, queries: Path) -> Iterator[Engine]:
    engine = open_version(version, queries=queries)
    yield engine
    engine.close()


def rows(engine: Engine, view: str) -> list[tuple[object, ...]]:
    """All rows of a view, as this engine's viewer sees them, in one order."""
    with engine.connection.cursor() as cursor:
        return sorted(cursor.table(view).fetchall(), key=repr)


def test_a_query_answers_in_polars(query: Engine) -> None:
    frame = query("pages/parts")
    lines = order_lines(1)
    expected = lines.group_by("category", pl.col("ship_to_region").alias("region")).agg(
        pl.col("net_amount").sum().cast(pl.Float64).alias("amount")
    )
    assert frame.equals(expected.sort("category", "region", nulls_last=True))


def test_an_engine_is_a_query(query: Engine, version: Version) -> None:
    seam: Query = query
    assert (seam.version, seam.scope) == (version, EVERYTHING)


def test_parameters_arrive_as_they_are(query: Engine) -> None:
    given = {"text": "'; DROP VIEW parts; --", "whole": 7, "number": 0.1, "flag": True, "day": date(2026, 11, 11)}
    assert query("pages/typed", **given).to_dicts() == [given]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["pages/chosen", "pages/listed"])
@pytest.mark.parametrize("chosen", [[], ["tea"], ["tea", "cups"], ['it\'s "quoted"']])
def test_an_empty_list_finds_nothing_and_others_what_they_name(query: Engine, name: str, chosen: list[str]) -> None:
    others = {"all": False} if name == "pages/chosen" else {}
    result = query(name, chosen=chosen, **others)["category"].to_list()
    assert result == sorted(set(chosen) & {"tea", "cups"})


def test_all_is_said_by_a_parameter_of_its_own(query: Engine) -> None:
    assert query("pages/chosen", chosen=[], all=True)["category"].to_list() == ["cups", "tea", None]


def test_missing_and_extra_parameters_are_named(query: Engine) -> None:
    with pytest.raises(TypeError, match=r"query pages/chosen: parameter \$all is missing"):
        query("pages/chosen", chosen=[])
    with pytest.raises(TypeError, match=r"query pages/parts: has no parameter \$chosen"):
        query("pages/parts", chosen=[])


@pytest.mark.parametrize("value", [None, [1], ("tea",), {"tea"}, b"tea", datetime(2026, 1, 1), [None]])
def test_values_of_other_types_are_refused(query: Engine, value: object) -> None:
    with pytest.raises(TypeError, match=r"query pages/listed: parameter \$chosen is a"):
        query("pages/listed", chosen=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["pages/nonsense", "../queries/pages/parts", "pages/Parts", "/etc/passwd", ""])
def test_an_unknown_name_is_said_so(query: Engine, name: str) -> None:
    with pytest.raises(LookupError, match="there is no query"):
        query(name)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SELECT 1", "must say its grain"),
        ("-- grain: one row\nSELECT $a", r"uses \$a, not declared"),
        ("-- grain: one row\n-- parameters: $a, $b\nSELECT $a", r"declares \$b, which it does not use"),
        ("-- grain: one row\nSELECT 1; SELECT 2", "exactly one SELECT"),
        ("-- grain: one row\nDROP TABLE x", "exactly one SELECT"),
        ("-- grain: one row\n", "exactly one SELECT"),
        ("-- grain: one row\nSELECT FROM WHERE", "query pages/bad: Parser Error"),
    ],
)
def test_a_file_that_breaks_the_rules_is_not_a_query(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/bad.sql").write_text(text)
    with pytest.raises(ValueError, match=fault):
        load("pages/bad", tmp_path)


def test_a_mart_without_scope_is_not_a_mart(tmp_path: Path) -> None:
    (tmp_path / "marts").mkdir()
    (tmp_path / "marts/bad.sql").write_text("-- grain: one row\nSELECT 1")
    with pytest.raises(ValueError, match="a mart must say its scope"):
        load("marts/bad", tmp_path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("-- returns: x\n-- arguments: a\nSELECT 1", "exactly one CREATE MACRO"),
        ("-- returns: x\n-- arguments: a\nCREATE MACRO own(a) AS a; SELECT 1", "exactly one CREATE MACRO"),
        ("-- returns: x\n-- arguments: a\nCREATE MACRO other(a) AS a", "another name, other"),
        ("-- returns: x\n-- arguments: b, a\nCREATE MACRO own(a, b) AS a", "must name its arguments"),
        ("-- grain: one row\n-- arguments: a\nCREATE MACRO own(a) AS a", "must say its returns"),
        ("-- returns: x\n-- arguments: a\nCREATE MACRO own(a) AS TABLE SELECT a", "must say its grain"),
    ],
)
def test_a_file_that_breaks_the_rules_is_not_a_macro(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros/own.sql").write_text(text)
    with pytest.raises(ValueError, match=fault):
        load("macros/own", tmp_path)


@pytest.mark.parametrize(
    "scope", ["", "all", "category", "category=", "category=a,,b", "town=a", "category=a category=b"]
)
def test_a_scope_that_cannot_be_read_opens_nothing(scope: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        read_visibility(scope)


def test_queries_run_after_those_they_name(tmp_path: Path) -> None:
    def write(name: str, after: str) -> None:
        (tmp_path / "marts").mkdir(exist_ok=True)
        (tmp_path / f"marts/{name}.sql").write_text(f"-- grain: one row\n-- scope: none\n-- after: {after}\nSELECT 1")
        load.cache_clear()

    write("a", "b, c")
    write("b", "c")
    write("c", "")
    assert [query.name for query in load_folder("marts", tmp_path)] == ["marts/c", "marts/b", "marts/a"]
    write("c", "a")
    with pytest.raises(ValueError, match="in a circle"):
        load_folder("marts", tmp_path)
    write("c", "d")
    with pytest.raises(ValueError, match="`after` names d, which is not there"):
        load_folder("marts", tmp_path)


SCOPES = [
    Scope(("tea",), None),
    Scope(None, ("Hunan",)),
    Scope(("tea", "cups"), ("Jilin",)),
    Scope(("tea",), ("Nowhere",)),
    Scope(("it's",), None),
]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_a_restricted_viewer_sees_only_rows_all_in_scope(
    version: Version, queries: Path, query: Engine, scope: Scope
) -> None:
    def within(value: object, allowed: tuple[str, ...] | None) -> bool:
        return allowed is None or value in allowed

    mine = open_version(version, scope, queries=queries)
    assert rows(mine, "parts") == [
        row for row in rows(query, "parts") if within(row[2], scope.categories) and within(row[3], scope.regions)
    ]
    assert rows(mine, "crossings") == [
        row
        for row in rows(query, "crossings")
        if within(row[0], scope.categories) and within(row[1], scope.categories) and within(row[2], scope.regions)
    ]
    by_category = [] if scope.regions is not None else rows(query, "categories")
    assert rows(mine, "categories") == [row for row in by_category if within(row[0], scope.categories)]
    assert rows(mine, "days") == rows(mine, "customers") == []
    assert rows(mine, "calendar") == rows(query, "calendar") != []
    assert len(rows(mine, "events")) == 1
    products = [row[0] for row in rows(query, "products") if within(row[2], scope.categories)]
    assert [row[0] for row in rows(mine, "products")] == products
    for table, column in (("regions", 0), ("locations", 3)):
        expected = [row for row in rows(query, table) if within(row[column], scope.regions)]
        assert rows(mine, table) == expected
    frame = mine("pages/parts")
    assert mine("pages/by_macro", since=date(2000, 1, 1)).equals(frame)
    assert all(within(value, scope.categories) for value in frame["category"])
    assert all(within(value, scope.regions) for value in frame["region"])
    mine.close()


@pytest.mark.parametrize("scope", [Scope((), None), Scope(None, ()), Scope((), ()), Scope(("tea",), ())], ids=str)
def test_an_empty_permission_shows_nothing_but_what_is_public(version: Version, queries: Path, scope: Scope) -> None:
    mine = open_version(version, scope, queries=queries)
    for view in {"parts", "crossings", "categories", "days"} | REFERENCE_TABLES.keys() - {"events"}:
        assert rows(mine, view) == [], view
    assert rows(mine, "calendar")
    mine.close()


def test_a_row_without_a_category_is_seen_only_by_who_sees_all(version: Version, queries: Path, query: Engine) -> None:
    everywhere = open_version(version, Scope(("tea", "cups"), None), queries=queries)
    assert None in query("pages/parts")["category"].to_list()
    assert None not in everywhere("pages/parts")["category"].to_list()
    assert None in everywhere("pages/parts")["region"].to_list()
    everywhere.close()


def test_a_mart_that_no_query_declares_is_not_opened(version: Version, tmp_path: Path) -> None:
    queries = tiny_queries(tmp_path / "queries")
    (queries / "marts/parts.sql").unlink()
    engine = open_version(version, queries=queries)
    with pytest.raises(Refused, match=r"lacks what this page needs \(pages/parts\)"):
        engine("pages/parts")
    engine.close()


def test_order_lines_are_out_of_reach(query: Engine) -> None:
    with query.connection.cursor() as cursor:
        views = {row[0] for row in cursor.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
    assert (
        views == {"days", "parts", "crossings", "categories", "calendar"} | REFERENCE_TABLES.keys() | MADE_TABLES.keys()
    )


def test_tables_not_brought_are_there_without_rows(tmp_path: Path, queries: Path) -> None:
    engine = open_version(publish_mark(tmp_path, queries, 1), queries=queries)
    for table in REFERENCE_TABLES:
        assert rows(engine, table) == []
    with engine.connection.cursor() as cursor:
        assert [str(kind) for kind in cursor.table("events").types] == ["VARCHAR", "VARCHAR", "DATE", "DATE"]
    engine.close()


@pytest.mark.parametrize("times", [25, pytest.param(1_000, marks=pytest.mark.deep)])
def test_rows_never_cross_between_threads(query: Engine, times: int) -> None:
    seen: Counter[str] = Counter()

    def ask(channel: str) -> None:
        for _ in range(times):
            try:
                answer = query("pages/channel", channel=channel)["channel"].to_list()
                seen["right" if answer == [channel] else "wrong"] += 1
            except Exception as error:
                seen[repr(error)] += 1

    threads = [threading.Thread(target=ask, args=(f"channel {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"right": 8 * times}


def test_too_long_a_query_ends_in_a_sentence_and_the_next_one_runs(version: Version, queries: Path) -> None:
    engine = open_version(version, queries=queries, seconds=0.5)
    started = time.monotonic()
    with pytest.raises(Refused, match=r"took longer than 0.5 s and was stopped. Narrow the filters"):
        engine("pages/endless")
    assert time.monotonic() - started < 2
    assert engine("pages/parts").height
    engine.close()


def test_too_much_memory_ends_in_a_sentence_and_the_next_query_runs(version: Version, queries: Path) -> None:
    engine = open_version(version, queries=queries, memory="100MB")
    with pytest.raises(Refused, match="more than 100MB of memory"):
        engine("pages/greedy")
    assert engine("pages/parts").height
    engine.close()


def test_a_version_that_is_gone_is_said_so(tmp_path: Path, queries: Path) -> None:
    version = publish_mark(tmp_path, queries, 1)
    engine = open_version(version, queries=queries)
    version.mart("parts")[0].unlink()
    with pytest.raises(Refused, match="no longer on the disk"):
        engine("pages/parts")
    with pytest.raises(Refused, match="no longer on the disk"):
        open_version(version, queries=queries)
    engine.close()


@pytest.mark.parametrize("name", ["pages/unknown", "pages/unknown_by_macro"])
def test_a_version_that_lacks_what_a_page_asks_for_is_said_so(query: Engine, name: str) -> None:
    with pytest.raises(Refused, match=f"lacks what this page needs \\({name}\\)"):
        query(name)


def test_a_fault_of_a_query_names_it(query: Engine) -> None:
    with pytest.raises(duckdb.Error) as caught:
        query("pages/typed", text="", whole=1, number=1.0, flag=True, day="someday")
    names = ["day", "flag", "number", "text", "whole"]
    assert caught.value.__notes__ == [f"in query pages/typed with parameters {names}"]


@pytest.mark.parametrize("fault", [duckdb.FatalException, duckdb.InternalException])
def test_a_broken_connection_is_rebuilt_once(
    version: Version, queries: Path, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    engine = open_version(version, Scope(("tea",), None), queries=queries)
    broken, run = engine.connection, Engine.run

    def fail(self: Engine, connection: duckdb.DuckDBPyConnection, *rest: object) -> pl.DataFrame:
        if connection is broken:
            raise fault("database has been invalidated")
        return run(self, connection, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "run", fail)
    assert set(engine("pages/parts")["category"]) == {"tea"}
    assert engine.connection is not broken
    rebuilt = engine.connection
    assert set(engine("pages/parts")["category"]) == {"tea"}
    assert engine.connection is rebuilt
    engine.close()


def test_closing_leaves_no_temporary_folder(version: Version, queries: Path) -> None:
    engine = open_version(version, queries=queries)
    spill = engine.spill
    assert spill.is_dir()
    engine.close()
    assert not spill.exists()


def test_scopes_are_values() -> None:
    assert {Scope(), Scope(None, None)} == {EVERYTHING}
    assert Scope((), None) != EVERYTHING
