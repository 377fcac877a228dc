"""Rows from PostgreSQL and MySQL, on real servers: the first time all, later what is new, orders whole."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shopkeeper.errors import Refused
from shopkeeper.imports.sources.database import statement
from shopkeeper.imports.sources.declaration import Database, TableSource, load
from shopkeeper.imports.sync import SyncOutcome, sync
from shopkeeper.lake import store
from shopkeeper.lake.version import Version
from tests.imports.sources.conftest import Till
from tests.imports.sources.steps import MAPPING_FILE

CREATE = """CREATE TABLE sold (
    order_id VARCHAR(20), ordered_at {time}, sku VARCHAR(20), quantity INT, net_amount DECIMAL(12, 2),
    customer_id VARCHAR(20), status VARCHAR(20), changed_at {time})"""
TIMES = {"postgresql": "TIMESTAMP", "mysql": "DATETIME(6)"}
INSERT = "INSERT INTO sold VALUES "


def declare(folder: Path, till: Till, tables: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "mine.toml").write_text(MAPPING_FILE)
    path = folder / "sources.toml"
    head = f'[sources.till]\nkind = "{till.dialect}"\nurl = "{till.url}"\nmapping = "mine.toml"\n'
    path.write_text(head + tables)
    return path


def lines(**options: str) -> str:
    given = {"table": "sold", "cursor": "changed_at", "order": "order_id", "overlap": "2 days"} | options
    return "[sources.till.tables.order_lines]\n" + "".join(f'{key} = "{value}"\n' for key, value in given.items())


def published(version: Version | None) -> list[dict[str, Any]]:
    assert version is not None
    names = ["order_id", "sku", "quantity", "net_amount", "status"]
    rows = pl.concat([pl.read_parquet(path) for path in version.files("order_lines")])
    return rows.select(names).sort(names).to_dicts()


def create(till: Till) -> str:
    return CREATE.format(time=TIMES[till.dialect])


def read_rows(done: SyncOutcome) -> int:
    return sum(table.rows_in for table in done.tables)


def test_a_changed_line_brings_its_whole_order_and_an_unchanged_one_nothing(till: Till, tmp_path: Path) -> None:
    sources = load(declare(tmp_path / "etc", till, lines()))
    root = tmp_path / "lake"
    till.run(
        create(till),
        INSERT + "('1', '2026-01-05 10:00:00', '茶', 2, 19.90, 'ann', 'sale', '2026-01-05 10:00:00'),"
        "('1', '2026-01-05 10:00:00', 'cup', 1, 5.05, 'ann', 'sale', '2026-01-05 10:00:00'),"
        "('2', '2026-02-01 10:00:00', 'cup', 1, 5.05, NULL, 'sale', '2026-02-01 10:00:00')",
    )
    first = sync(sources, root)
    assert read_rows(first) == 3
    assert first.served is not None
    (mark,) = [source.mark for source in first.served.sources if source.mark]
    assert mark.startswith("2026-02-01T10:00:00")
    again = sync(sources, root)
    assert (again.outcome, again.served) == (None, first.served)

    till.run(
        INSERT + "('1', '2026-03-02 10:00:00', '茶', -1, -9.95, 'ann', 'refund', '2026-03-02 10:00:00'),"
        "('3', '2026-03-01 10:00:00', 'pot', 1, 40.00, 'bob', 'sale', '2026-03-01 10:00:00')"
    )
    later = sync(sources, root)
    (table,) = later.tables
    assert table.replacement is not None
    assert (table.replacement.keys_new, table.replacement.keys_changed, table.replacement.rows_replaced) == (1, 1, 2)
    assert table.replacement.examples == ("1",)
    assert [row["order_id"] for row in published(later.served)] == ["1", "1", "1", "2", "3"]
    assert later.served is not None
    assert later.served.net_amount_published == Decimal("60.05")
    assert store.verify(later.served) == []


def test_percent_colon_and_a_semicolon_of_the_merchants_query_stay(till: Till, tmp_path: Path) -> None:
    query = "SELECT l.*, ':x' AS note FROM sold l WHERE sku LIKE 't%';"
    till.run(
        create(till),
        INSERT + "('1', '2026-01-05 10:00:00', 'tea', 2, 19.90, 'ann', 'sale', '2026-01-05 10:00:00'),"
        "('2', '2026-01-06 10:00:00', 'cup', 1, 5.05, 'ann', 'sale', '2026-01-06 10:00:00')",
    )
    tables = lines(query=query).replace('table = "sold"\n', "")
    done = sync(load(declare(tmp_path / "etc", till, tables)), tmp_path / "lake")
    assert [row["sku"] for row in published(done.served)] == ["tea"]
    again = sync(load(declare(tmp_path / "etc", till, tables)), tmp_path / "lake")
    assert again.outcome is None


JOINED = """
[shop]
name = "Test shop"
currency = "CNY"
timezone = "Asia/Shanghai"
[tables.order_lines.lookups.buyers]
files = "buyers*"
key = "no"
to = "order_id"
[tables.order_lines.columns]
order_id = "order_id"
ordered_at = "ordered_at"
sku = "sku"
quantity = "quantity"
net_amount = "net_amount"
customer_id = "buyers.name"
"""


def test_a_lookup_that_changes_brings_all_rows_again_whatever_the_cursor(till: Till, tmp_path: Path) -> None:
    path = declare(tmp_path / "etc", till, lines() + 'lookups.buyers = { table = "buyers" }\n')
    (tmp_path / "etc" / "mine.toml").write_text(JOINED)
    till.run(
        create(till),
        "CREATE TABLE buyers (no VARCHAR(20), name VARCHAR(20))",
        "INSERT INTO buyers VALUES ('1', 'ann'), ('2', 'bob')",
        INSERT + "('1', '2026-01-05 10:00:00', 'tea', 2, 19.90, 'x', 'sale', '2026-01-05 10:00:00'),"
        "('2', '2026-02-01 10:00:00', 'cup', 1, 5.05, 'x', 'sale', '2026-02-01 10:00:00')",
    )
    first = sync(load(path), tmp_path / "lake")
    assert sync(load(path), tmp_path / "lake").outcome is None
    till.run("UPDATE buyers SET name = 'cat' WHERE no = '1'")
    second = sync(load(path), tmp_path / "lake")
    assert [buyers(done.served) for done in (first, second)] == [["ann", "bob"], ["cat", "bob"]]
    assert "till/buyers, which is read beside the files of order_lines, has changed" in str(
        second.fetched[0].reasons[0]
    )


def buyers(version: Version | None) -> list[str]:
    assert version is not None
    rows = pl.concat([pl.read_parquet(path) for path in version.files("order_lines")])
    return rows.sort("order_id")["customer_id"].to_list()


def test_append_reads_beyond_a_growing_number(till: Till, tmp_path: Path) -> None:
    number = "BIGINT GENERATED ALWAYS AS IDENTITY" if till.dialect == "postgresql" else "BIGINT AUTO_INCREMENT"
    till.run(
        f"CREATE TABLE ad_days (id {number} PRIMARY KEY, day DATE, channel VARCHAR(20), amount DECIMAL(10, 2))",
        create(till),
        INSERT + "('1', '2026-01-05 10:00:00', 'tea', 2, 19.90, 'ann', 'sale', '2026-01-05 10:00:00')",
        "INSERT INTO ad_days (day, channel, amount) VALUES ('2026-01-05', 'search', 10.00)",
    )
    tables = lines() + '[sources.till.tables.marketing_spend]\ntable = "ad_days"\ncursor = "id"\n'
    sources = load(declare(tmp_path / "etc", till, tables))
    sync(sources, tmp_path / "lake")
    till.run("INSERT INTO ad_days (day, channel, amount) VALUES ('2026-01-05', 'search', 10.00)")
    done = sync(sources, tmp_path / "lake")
    assert done.served is not None
    spent = pl.concat([pl.read_parquet(path) for path in done.served.files("marketing_spend")])
    assert spent["amount"].to_list() == [Decimal("10.0000")] * 2
    assert sync(sources, tmp_path / "lake").outcome is None


def test_what_cannot_be_read_is_said_without_the_password(
    till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.run(create(till), INSERT + "('1', '2026-01-05 10:00:00', 't', 2, 1, 'ann', 'sale', '2026-01-05 10:00:00')")
    root = tmp_path / "lake"
    for changed, said in (
        ({"cursor": "nope"}, "there is no column 'nope' among order_id, ordered_at"),
        ({"cursor": "sku"}, "holds string"),
        ({"table": "elsewhere"}, "sources.till.tables.order_lines cannot be read"),
    ):
        with pytest.raises(Refused, match=said):
            sync(load(declare(tmp_path / "etc", till, lines(**changed))), root)
    with pytest.raises(Refused, match="the overlap of numbers is a number"):
        sync(load(declare(tmp_path / "etc", till, lines().replace('"2 days"', "2"))), root)
    path = declare(tmp_path / "etc", till, lines())
    path.write_text(path.read_text().replace(till.url.rpartition(":")[2], "1/nowhere"))
    monkeypatch.setenv("SHOPKEEPER_TEST_SOURCE_PASSWORD", "hunter2")
    with pytest.raises(Refused, match="does not answer") as refusal:
        sync(load(path), root)
    assert "hunter2" not in str(refusal.value)
    assert store.current(root) is None


@pytest.mark.parametrize(
    ("dialect", "quoted"), [("postgresql", '"Order No"'), ("mysql", "`Order No`")], ids=["postgresql", "mysql"]
)
def test_names_are_quoted_and_the_overlap_goes_back(dialect: Any, quoted: str) -> None:
    lines_of_till = TableSource(
        "order_lines", "replace-by-order", "Till.Lines", cursor="at", overlap=timedelta(days=3), order="Order No"
    )
    written = statement(Database(dialect, ""), lines_of_till, "2026-01-05T10:00:00")
    assert f"WHERE {quoted} IN (SELECT {quoted}" in written
    assert ">= '2026-01-02 10:00:00" in written
    assert "WHERE" not in statement(Database(dialect, ""), lines_of_till, "")
