"""sources.toml: every option is checked as it is read, and what is wrong is told by its key."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.declared import Exchange
from shopkeeper.imports.sources.declaration import BesideSource, Database, Folder, Storage, load
from tests.imports.sources.steps import MAPPING_FILE

FOLDER = '[sources.shop]\nkind = "folder"\npath = "exports"\nmapping = "sample"\n'
BASE = (
    '[sources.till]\nkind = "postgresql"\nurl = "postgresql://reader:${TILL_PASSWORD}@db/till"\nmapping = "mine.toml"\n'
)
LINES = '[sources.till.tables.order_lines]\ntable = "lines"\ncursor = "at"\norder = "no"\n'
JOINED = BASE.replace("mine", "joined") + LINES
JOINED_FILE = """
[shop]
currency = "CNY"
timezone = "Asia/Shanghai"
[tables.order_lines]
exchange = { files = "rates*" }
lookups.orders = { files = "orders*", key = "no", to = "id" }
columns = { order_id = "id", ordered_at = "orders.at", sku = "sku", quantity = "n", net_amount = "amount" }
"""
STORE = '[sources.store]\nkind = "s3"\nbucket = "b"\nmapping = "sample"\n'


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TILL_PASSWORD", "p@ss")
    monkeypatch.delenv("MISSING", raising=False)
    (tmp_path / "mine.toml").write_text(MAPPING_FILE)
    (tmp_path / "joined.toml").write_text(JOINED_FILE)
    (tmp_path / "euro.toml").write_text(MAPPING_FILE.replace("CNY", "EUR"))
    return tmp_path / "sources.toml"


def test_each_kind_is_read_with_its_tables_and_modes(written: Path) -> None:
    written.write_text(FOLDER + "[sources.shop.tables]\norder_lines = 'append'\n" + STORE + BASE + LINES)
    shop, store, till = load(written)
    assert shop.place == Folder(written.parent / "exports")
    modes = {each.name: each.mode for each in shop.tables}
    assert (modes["order_lines"], modes["products"], modes["marketing_spend"]) == ("append", "replace-by-key", "append")
    assert store.place == Storage("b")
    assert till.place == Database("postgresql", "postgresql://reader:${TILL_PASSWORD}@db/till")
    (lines,) = till.tables
    assert (lines.mode, lines.table, lines.cursor, lines.order) == ("replace-by-order", "lines", "at", "no")


def test_what_is_read_beside_a_table_of_a_database_has_its_own_query(written: Path) -> None:
    written.write_text(JOINED + 'exchange = {table = "rates"}\nlookups.orders = {query = "SELECT 1"}\n')
    (lines,) = load(written)[0].tables
    assert lines.beside == (BesideSource("orders", query="SELECT 1"), BesideSource(Exchange.NAME, table="rates"))


@pytest.mark.parametrize(
    ("overlap", "meant"),
    [
        ('"3 days"', timedelta(days=3)),
        ('"12 hours"', timedelta(hours=12)),
        ('"1 minute"', timedelta(minutes=1)),
        ("500", 500),
    ],
)
def test_an_overlap_is_a_span_or_a_number(written: Path, overlap: str, meant: timedelta | int) -> None:
    written.write_text(BASE + LINES + f"overlap = {overlap}\n")
    assert load(written)[0].tables[0].overlap == meant


FAULTS = {
    "no source": ("", "names no source"),
    "broken": ("[sources", "cannot be read"),
    "unknown top": ("[source.x]\n", "has an unknown key 'source'; did you mean 'sources'?"),
    "no kind": ("[sources.a]\nmapping = 'sample'\n", "sources.a.kind is missing"),
    "kind": (FOLDER.replace("folder", "folde"), "not 'folde'; did you mean 'folder'?"),
    "no path": (FOLDER.replace('path = "exports"\n', ""), "sources.shop.path is missing"),
    "foreign key": (FOLDER + 'bucket = "b"\n', "sources.shop has an unknown key 'bucket'"),
    "name": (FOLDER.replace("sources.shop", 'sources."a/b"'), "may hold no slash"),
    "mapping": (FOLDER.replace("sample", "sampel"), "There is no mapping 'sampel'; did you mean 'sample'?"),
    "table": (FOLDER + "[sources.shop.tables]\norders = 'append'\n", "not 'orders'; did you mean 'order_lines'?"),
    "mode": (
        FOLDER + "[sources.shop.tables]\norder_lines = 'replace'\n",
        "not 'replace'; did you mean 'replace-by-order'?",
    ),
    "mode without key": (
        FOLDER + "[sources.shop.tables]\nmarketing_spend = 'replace-by-key'\n",
        "mode is one of 'append', not 'replace-by-key'.",
    ),
    "cursor of files": (
        FOLDER + "[sources.shop.tables.products]\ncursor = 'a'\n",
        "sources.shop.tables.products has an unknown key 'cursor'",
    ),
    "clear password": (BASE.replace("${TILL_PASSWORD}", "secret") + LINES, "sources.till.url holds a secret in clear"),
    "password in query": (BASE.replace("/till", "/till?password=x") + LINES, "and nowhere else"),
    "variable": (BASE.replace("TILL_PASSWORD", "MISSING") + LINES, "the variable MISSING is not set"),
    "scheme": (BASE.replace('"postgresql://', '"mysql://') + LINES, "sources.till.url is no address"),
    "no tables": (BASE, "sources.till needs tables"),
    "neither": (BASE + LINES.replace('table = "lines"\n', ""), "needs either table or query"),
    "both": (BASE + LINES + 'query = "x"\n', "needs either table or query"),
    "no order": (BASE + LINES.replace('order = "no"\n', ""), "sources.till.tables.order_lines needs order"),
    "order without cursor": (BASE + LINES.replace('cursor = "at"\n', ""), "order belongs to replace-by-order"),
    "overlap without cursor": (
        BASE + LINES.replace('cursor = "at"\norder = "no"\n', 'overlap = "1 day"\n'),
        "overlap needs a cursor",
    ),
    "span": (BASE + LINES + 'overlap = "a week"\n', "order_lines.overlap must be a span such as '3 days'"),
    "append twice": (
        BASE + LINES.replace('order = "no"\n', 'mode = "append"\noverlap = "1 day"\n'),
        "would count twice",
    ),
    "append blindly": (
        BASE + LINES.replace('cursor = "at"\norder = "no"\n', 'mode = "append"\n'),
        "append needs a cursor",
    ),
    "clear key": (
        STORE + 'access_key = "k"\nsecret_key = "${TILL_PASSWORD}"\n',
        "sources.store.access_key holds a secret",
    ),
    "one key": (STORE + 'access_key = "${TILL_PASSWORD}"\n', "access_key and secret_key go together"),
    "other shop": (FOLDER + BASE.replace("mine", "euro") + LINES, "its shop is in EUR"),
    "lookup": (JOINED, "sources.till.tables.order_lines needs lookups.orders: the table or query"),
    "rates": (JOINED + 'lookups.orders = {table = "o"}\n', "order_lines needs exchange: the table or query"),
    "other lookup": (JOINED + 'lookups.order = {table = "o"}\n', "key 'order'; did you mean 'orders'?"),
    "two places": (JOINED + 'lookups.orders = {table = "o", query = "x"}\n', "lookups.orders needs either table or"),
    "kits that none reads": (JOINED + 'kits = {table = "o"}\n', "has an unknown key 'kits'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_by_its_key(written: Path, fault: str) -> None:
    text, said = FAULTS[fault]
    written.write_text(text)
    with pytest.raises(Refused, match=re.escape(said)) as refusal:
        load(written)
    assert str(refusal.value).endswith((".", "?"))
    assert "secret_key = " not in str(refusal.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"There is no file .*sources.toml"):
        load(tmp_path / "sources.toml")
