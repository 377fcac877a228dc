"""Kits become their components, and cases of joined amounts end as they should: by eye, and sums to the cent."""

import shutil
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.job import Outcome, import_files
from shopkeeper.imports.mapping.file import load, parse_mapping
from shopkeeper.lake.rejects import LEFT_EMPTY
from shopkeeper.shop.data.report import rejects
from shopkeeper.shop.data.table import to_mend
from tests.imports.conftest import SHOP

LINES = "order,at,sku,n,amount,cost,name"
COLUMNS = {
    "order_id": "order",
    "ordered_at": "at",
    "sku": "sku",
    "quantity": "n",
    "net_amount": "amount",
    "unit_cost": "cost",
    "product_name": "name",
}
KITS = {"files": "kits*", "price": "price"}


def mapped(**kits: str) -> Any:
    lines = {"files": "lines*", "columns": COLUMNS, "kits": {**KITS, **kits}}
    return parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": lines}})


def imported(folder: Path, lines: Sequence[str], kits: Sequence[str], mapping: Any = None) -> tuple[Outcome, Any]:
    (folder / "lines.csv").write_text("\n".join((LINES, *lines, "")))
    (folder / "kits.csv").write_text("\n".join(("kit,component,quantity,price", *kits, "")))
    given_files = [folder / "lines.csv", folder / "kits.csv"]
    outcome = import_files(given_files, mapping or mapped(), folder / "lake", said=Acceptance(rejects=True))
    return outcome, pl.read_parquet(outcome.version.files("order_lines"))


BOX = ["BOX,CUP,2,10.00", "BOX,TEA,1,5.00"]


def test_a_line_of_a_kit_becomes_its_components_by_list_price(tmp_path: Path) -> None:
    lines = ["1,2026-05-01,CUP,1,10.00,4.00,Cup", "2,2026-05-01,BOX,3,60.01,12.00,Box", "3,2026-05-01,BOX,x,1,1,Box"]
    outcome, published = imported(tmp_path, lines, BOX)
    assert published.select("order_id", "sku", "quantity", "net_amount", "unit_cost", "product_name").rows() == [
        ("1", "CUP", 1, Decimal("10.0000"), Decimal("4.0000"), "Cup"),
        ("2", "CUP", 6, Decimal("48.0100"), Decimal("4.8000"), None),
        ("2", "TEA", 3, Decimal("12.0000"), Decimal("2.4000"), None),
    ]
    assert (outcome.tables[0].rows_in, outcome.tables[0].rows_published, outcome.rows_rejected) == (4, 3, 1)
    assert outcome.net_amount_published == Decimal("70.01")
    assert "1 lines of kits became 2 lines of their components" in "\n".join(map(str, outcome.warnings))


def test_a_refund_of_a_kit_gives_its_components_back(tmp_path: Path) -> None:
    _, published = imported(tmp_path, ["1,2026-05-01,BOX,1,25.00,,", "R,2026-05-02,BOX,-1,-25.00,,"], BOX)
    assert published.filter(pl.col("order_id") == "R").select("sku", "quantity", "net_amount").rows() == [
        ("CUP", -2, Decimal("-20.0000")),
        ("TEA", -1, Decimal("-5.0000")),
    ]


@pytest.mark.parametrize(
    ("keys", "amounts"),
    [({"price": "price"}, ["20", "5"]), ({"share": "price"}, ["16.67", "8.33"])],
    ids=["list price times quantity", "the share as it is"],
)
def test_amounts_are_shared_as_the_mapping_says(keys: dict[str, str], amounts: list[str], tmp_path: Path) -> None:
    lines = {"files": "lines*", "columns": COLUMNS, "kits": {"files": "kits*", **keys}}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": lines}})
    _, published = imported(tmp_path, ["1,2026-05-01,BOX,1,25.00,,"], BOX, mapping)
    assert published["net_amount"].to_list() == list(map(Decimal, amounts))


@pytest.mark.parametrize(
    ("kits", "sentence"),
    [
        ([*BOX, "BOX,TEA,2,5.00"], "Kit 'BOX' lists its component 'TEA' more than once"),
        ([*BOX, "CUP,CLAY,1,1.00"], "Kit 'BOX' has the component 'CUP', which is itself a kit"),
        (["BOX,CUP,0,1.00"], "kits.csv: record 1 lacks a kit, a component, a quantity above 0"),
        (["BOX,CUP,1,-1.00"], "kits.csv: record 1 lacks a kit"),
        (["BOX,,1,1.00"], "kits.csv: record 1 lacks a kit"),
    ],
)
def test_kits_that_cannot_hold_are_refused(kits: list[str], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        imported(tmp_path, ["1,2026-05-01,BOX,1,25.00,,"], kits)
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("kits", "sentence"),
    [
        ({"share": "w"}, "tables.order_lines.kits: price and share both say"),
        ({"part": "p"}, "tables.order_lines.kits has an unknown key 'part'"),
        ({"component": " "}, "tables.order_lines.kits.component is empty"),
    ],
)
def test_what_kits_may_not_say_is_refused_by_its_key(kits: dict[str, str], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        mapped(**kits)


def test_a_table_of_kits_that_is_not_given_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text(f"{LINES}\n1,2026-05-01,BOX,1,25.00,,\n")
    with pytest.raises(Refused, match="no file given fits 'kits\\*'"):
        import_files([tmp_path / "lines.csv"], mapped(), tmp_path / "lake")


PARTS = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 999)), min_size=1, max_size=6)
SOLD = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 99_999)), min_size=1, max_size=6)


@settings(max_examples=8)
@given(PARTS, SOLD)
def test_what_kits_brought_is_kept_to_the_cent(parts: list[tuple[int, int]], sold: list[tuple[int, int]]) -> None:
    kits = [f"BOX,part {n},{each},{Decimal(price) / 100}" for n, (each, price) in enumerate(parts)]
    lines = [f"{n},2026-05-01,BOX,{units},{Decimal(cents) / 100},," for n, (units, cents) in enumerate(sold)]
    with tempfile.TemporaryDirectory() as folder:
        _, published = imported(Path(folder), lines, kits)
    assert published.height == len(parts) * len(sold)
    by_order = published.group_by("order_id").agg(pl.col("net_amount", "quantity").sum())
    units_in_one = sum(each for each, _ in parts)
    assert sorted(by_order.rows()) == sorted(
        (str(n), Decimal(cents) / 100, units * units_in_one) for n, (units, cents) in enumerate(sold)
    )


def test_a_scale_is_taken_once_of_what_is_made_of_several_columns(tmp_path: Path) -> None:
    columns = {**COLUMNS, "net_amount": {"product": ["n", "amount"], "scale": 100}}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": {"files": "lines*", "columns": columns}}})
    (tmp_path / "lines.csv").write_text(f"{LINES}\n1,2026-05-01,A,2,0.50,,\n")
    outcome = import_files([tmp_path / "lines.csv"], mapping, tmp_path / "lake")
    assert outcome.net_amount_published == Decimal(100)


def test_an_unreadable_weight_shares_nothing(tmp_path: Path) -> None:
    columns = {**COLUMNS, "net_amount": {"share": "amount", "by": "cost"}}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": {"files": "lines*", "columns": columns}}})
    rows = ["1,2026-05-01,A,1,9.00,much,", "1,2026-05-01,B,1,9.00,2,", "2,2026-05-01,B,1,9.00,2,"]
    (tmp_path / "lines.csv").write_text("\n".join((LINES, *rows, "")))
    outcome = import_files([tmp_path / "lines.csv"], mapping, tmp_path / "lake", said=Acceptance(rejects=True))
    assert [(each.rule, each.rows) for each in outcome.broken_rules] == [("share", 2)]


# --- cases ------------------------------------------------------------------------------------------------------------


def test_woo_decimals_are_read_with_a_point_for_thousands_and_nothing_else_is(real_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(real_data / "cases" / "woo_decimals", folder)
    own = folder / "mapping.toml"
    own.write_text(own.read_text().replace('decimal = ","', 'decimal = ",", thousands = "."'))
    accepted = Acceptance(rejects=True)
    outcome = import_files([folder / "orders.csv"], load(str(own)), tmp_path / "lake", said=accepted)
    lines = pl.read_parquet(outcome.version.files("order_lines")).sort("order_id")
    assert dict(lines.select("order_id", "net_amount").rows()) == {
        "1": Decimal("1234.56"),
        "2": Decimal("1234.56"),
    }
    assert outcome.rows_rejected == 5


def test_two_shopify_orders_of_one_name_are_given_to_neither_buyer(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "cases" / "shopify_same_name_two_orders"
    said = Acceptance("Test shop", "USD", "America/New_York")
    with pytest.raises(Refused, match="rule 'two buyers', 4 rows"):
        import_files([*folder.glob("*.csv")], load("shopify"), tmp_path / "lake", said=said)


def test_a_cell_left_empty_is_listed_beside_the_rejects_and_costs_no_row(tmp_path: Path) -> None:
    columns = {"order_id": "order", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}
    columns |= {"unit_cost": "cost"}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": {"files": "lines*", "columns": columns}}})
    rows = ["1,2026-05-01,A,1,9.00,cheap,", "2,2026-05-01,B,1,9.00,2,", "3,2026-05-01,B,x,9.00,dear,"]
    (tmp_path / "lines.csv").write_text("\n".join((LINES, *rows, "")))
    outcome = import_files([tmp_path / "lines.csv"], mapping, tmp_path / "lake", said=Acceptance(rejects=True))
    assert (outcome.tables[0].rows_published, outcome.rows_rejected) == (2, 1)
    assert [(broken.rule, broken.rows) for broken in outcome.broken_rules] == [("quantity", 1)]
    assert outcome.version.rejects is not None
    listed = pl.read_parquet(outcome.version.rejects).sort("line")
    assert listed.select("line", "column", "value", "rule").rows() == [
        (1, "unit_cost", "cheap", LEFT_EMPTY),
        (3, "quantity", "x", "quantity"),
    ]
    assert to_mend(rejects(outcome.version), "order_lines")["order"].to_list() == ["3"]


# --- two tables of one sheet ------------------------------------------------------------------------------------------


def of_one_sheet(overlap: str) -> Any:
    lines = {"order_id": "order", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}
    products: dict[str, Any] = {"files": "lines*", "columns": {"sku": "sku", "name": "name"}}
    products |= {"overlap": overlap} if overlap else {}
    tables = {"order_lines": {"files": "lines*", "columns": lines}, "products": products}
    return parse_mapping("test", {"shop": SHOP, "tables": tables})


ONE_SHEET = ["1,2026-05-01,A,1,9,,Cup", "2,2026-05-01,A,2,9,,Cup", "3,2026-05-01,B,1,9,,Mug", "4,2026-05-01,B,1,9,,Pot"]


def test_rows_that_repeat_a_key_count_once_where_they_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("\n".join((LINES, *ONE_SHEET, "")))
    given_files, said = [tmp_path / "lines.csv"], Acceptance(rejects=True)
    with pytest.raises(Refused, match="No row of products can be used"):
        import_files(given_files, of_one_sheet(""), tmp_path / "lake", said=said)
    outcome = import_files(given_files, of_one_sheet("keep_one"), tmp_path / "lake", said=said)
    assert pl.read_parquet(outcome.version.files("products")).rows(named=True)[0]["name"] == "Cup"
    assert [(each.table, each.rule, each.rows) for each in outcome.broken_rules] == [("products", "unique", 2)]
    assert [(each.name, each.rows_in) for each in outcome.tables] == [("order_lines", 4), ("products", 3)]
    assert "1 rows are copies of another with the same sku" in "\n".join(map(str, outcome.warnings))


def test_a_table_without_a_key_has_no_overlap() -> None:
    spend = {"files": "spend*", "columns": {"day": "d", "channel": "c", "amount": "a"}, "overlap": "keep_one"}
    with pytest.raises(Refused, match="unknown key 'overlap'"):
        parse_mapping("test", {"shop": SHOP, "tables": {"marketing_spend": spend}})
