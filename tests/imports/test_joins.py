"""Files read together: partners by key, an order's amount shared out, other currencies; nothing doubled or lost."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.job import Outcome, import_files
from shopkeeper.imports.mapping.file import load, parse_mapping
from tests.examples import FEWER
from tests.imports.conftest import SHOP, Checked, check

ITEMS = "order,sku,n,amount"
ORDERS = "id,at,buyer,discount,paid"
COLUMNS = {
    "order_id": "order",
    "ordered_at": "orders.at",
    "sku": "sku",
    "quantity": "n",
    "net_amount": {"difference": ["amount", {"share": "orders.discount", "by": "amount"}]},
    "customer_id": "orders.buyer",
}
LOOKUP = {"files": "orders*", "key": "id", "to": "order"}


def mapped(**table: Any) -> Any:
    lines = {"files": "items*", "columns": COLUMNS, "lookups": {"orders": LOOKUP}, **table}
    return parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": lines}})


def imported(folder: Path, mapping: Any, **files: Sequence[str]) -> tuple[Outcome, pl.DataFrame]:
    given_folder = folder / "in"
    given_folder.mkdir()
    for name, lines in files.items():
        (given_folder / f"{name}.csv").write_text("\n".join((*lines, "")))
    outcome = import_files([given_folder], mapping, folder / "lake")
    return outcome, pl.read_parquet(outcome.version.files("order_lines"))


def test_items_take_buyer_and_time_from_their_order_and_its_discount_by_amount(tmp_path: Path) -> None:
    outcome, lines = imported(
        tmp_path,
        mapped(),
        items=[ITEMS, "1,A,1,20.00", "1,B,1,10.00", "2,A,1,5.00"],
        orders=[ORDERS, "1,2026-05-01 10:00,ann,1.00,29.00", "2,2026-05-02 10:00,bob,,5.00"],
    )
    assert lines.select("order_id", "sku", "net_amount", "customer_id").rows() == [
        ("1", "A", Decimal("19.3300"), "ann"),
        ("1", "B", Decimal("9.6700"), "ann"),
        ("2", "A", Decimal("5.0000"), "bob"),
    ]
    assert outcome.rows_rejected == 0


def test_a_row_without_partner_is_rejected_once_and_an_unused_partner_is_said(tmp_path: Path) -> None:
    outcome, lines = imported(
        tmp_path,
        mapped(),
        items=[ITEMS, "1,A,1,20.00", "9,B,1,10.00"],
        orders=[ORDERS, "1,2026-05-01 10:00,ann,,20.00", "8,2026-05-02 10:00,bob,,5.00"],
    )
    assert lines["order_id"].to_list() == ["1"]
    assert [(broken.rule, broken.column, broken.rows) for broken in outcome.broken_rules] == [
        ("no partner", "order_id", 1)
    ]
    assert "1 rows of orders belong to no row of the table" in "\n".join(map(str, outcome.warnings))


def test_of_two_partners_that_differ_none_is_taken_and_copies_are_one(tmp_path: Path) -> None:
    outcome, lines = imported(
        tmp_path,
        mapped(),
        items=[ITEMS, "1,A,1,20.00", "2,B,1,10.00"],
        orders=[
            ORDERS,
            "1,2026-05-01 10:00,ann,,20.00",
            ' ="1" ,2026-05-01 10:00,ann,,20.00',
            "2,2026-05-02 10:00,bob,,10.00",
            "2,2026-05-02 10:00,eve,,10.00",
        ],
    )
    assert lines["order_id"].to_list() == ["1"]
    assert [broken.rule for broken in outcome.broken_rules] == ["two partners"]


def test_an_optional_partner_may_be_missing(tmp_path: Path) -> None:
    columns = {**COLUMNS, "ordered_at": "at", "net_amount": "amount"}
    _, lines = imported(
        tmp_path,
        mapped(columns=columns, lookups={"orders": {**LOOKUP, "optional": True}}),
        items=[f"{ITEMS},at", "1,A,1,20.00,2026-05-01", "9,B,1,10.00,2026-05-02"],
        orders=["id,buyer", "1,ann"],
    )
    assert lines.sort("order_id")["customer_id"].to_list() == ["ann", None]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"items": [ITEMS, "1,A,1,1"]}, "but no file given fits 'orders*'"),
        ({"items": [ITEMS, "1,A,1,1"], "orders": ["id,at,discount", "1,2026-05-01,"]}, "has no column 'buyer'"),
        ({"items": ["no,sku,n,amount", "1,A,1,1"], "orders": [ORDERS, "1,2026-05-01,ann,,1"]}, "has no column 'order'"),
    ],
)
def test_what_a_join_lacks_is_named(files: dict[str, list[str]], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        imported(tmp_path, mapped(), **files)
    assert sentence in str(refusal.value)


def test_the_same_files_again_change_nothing_and_another_order_file_does(tmp_path: Path) -> None:
    items = [ITEMS, "1,A,1,20.00"]
    outcome, _ = imported(tmp_path, mapped(), items=items, orders=[ORDERS, "1,2026-05-01 10:00,ann,,20.00"])
    assert outcome.changed
    assert not import_files([tmp_path / "in"], mapped(), tmp_path / "lake").changed
    (tmp_path / "in" / "orders.csv").write_text(f"{ORDERS}\n1,2026-05-01 10:00,bob,,20.00\n")
    assert import_files([tmp_path / "in"], mapped(), tmp_path / "lake").changed


# --- shares -----------------------------------------------------------------------------------------------------------

OWN = {"order_id": "order", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}
SHARED = {**OWN, "discount": {"share": "off", "by": "amount"}}


def shared(check_text: Callable[..., Checked], lines: Sequence[str], columns: Mapping[str, object] = SHARED) -> Checked:
    table = {"files": "*", "columns": columns}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": table}})
    return check_text("\n".join(("order,at,sku,n,amount,off", *lines, "")), mapping=mapping)


@pytest.mark.parametrize(
    ("lines", "shares"),
    [
        (["1,2026-05-01,A,1,10,1.00", "1,2026-05-01,B,1,10,", "1,2026-05-01,C,1,10,"], ["0.34", "0.33", "0.33"]),
        (["1,2026-05-01,A,1,10,1.00", "1,2026-05-01,B,1,20,1.00"], ["0.33", "0.67"]),
        (["1,2026-05-01,A,1,0,0.05", "1,2026-05-01,B,1,0,"], ["0.03", "0.02"]),
        (["1,2026-05-01,A,-1,-10,-1.00", "1,2026-05-01,B,-1,-10,"], ["-0.50", "-0.50"]),
        (["1,2026-05-01,A,1,10,", "1,2026-05-01,B,1,10,"], ["0", "0"]),
        (["1,2026-05-01,A,1,10,0.0001", "1,2026-05-01,B,1,30,"], ["0", "0.0001"]),
    ],
)
def test_an_amount_is_shared_to_the_cent(
    lines: list[str], shares: list[str], check_text: Callable[..., Checked]
) -> None:
    checked = shared(check_text, lines)
    assert [row["discount"] for row in checked.good] == [Decimal(share) for share in shares]


def test_a_discount_below_zero_on_sales_is_no_discount(check_text: Callable[..., Checked]) -> None:
    checked = shared(check_text, ["1,2026-05-01,A,1,10,-1.00", "1,2026-05-01,B,1,10,"])
    assert {row["rule"] for row in checked.rejects} == {"signs"}
    assert not checked.good


@pytest.mark.parametrize("amounts", [("1.00", "2.00"), ("much", "")])
def test_an_order_that_contradicts_itself_shares_nothing(
    amounts: tuple[str, str], check_text: Callable[..., Checked]
) -> None:
    lines = [f"1,2026-05-01,A,1,10,{amounts[0]}", f"1,2026-05-01,B,1,10,{amounts[1]}"]
    columns = {**OWN, "net_amount": {"share": "off", "by": "amount"}}
    checked = shared(check_text, lines, columns)
    assert {row["rule"] for row in checked.rejects} == {"share"}
    assert not checked.good
    emptied = shared(check_text, lines)
    assert [row["discount"] for row in emptied.good] == [None, None]
    assert "2 cells of discount in order_lines.csv could not be read and were left empty" in str(
        emptied.table.warnings[0]
    )


WEIGHTS = st.lists(st.decimals(0, 10_000, places=2), min_size=1, max_size=12)


@FEWER
@given(weights=WEIGHTS, amount=st.decimals(0, 10_000, places=2))
def test_shares_add_up_and_none_is_a_cent_off_its_due(
    weights: list[Decimal], amount: Decimal, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("shares")
    path = folder / "order_lines.csv"
    lines = [f"1,2026-05-01,s{number},1,{weight},{amount}" for number, weight in enumerate(weights)]
    path.write_text("\n".join(("order,at,sku,n,amount,off", *lines, "")))
    table = {"files": "*", "columns": SHARED}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": table}})
    shares = [row["discount"] for row in check([path], folder / "staging", mapping).good]
    assert sum(shares) == amount
    total = sum(weights)
    for weight, share in zip(weights, shares, strict=True):
        due = amount * weight / total if total else amount / len(weights)
        assert abs(share - due) < Decimal("0.01")


# --- exchange ---------------------------------------------------------------------------------------------------------

IN_OTHERS = {**OWN, "currency": "currency"}
RATES = {"files": "rates*", "day": "day", "currency": "code", "rate": "rate"}
LINES = "order,at,sku,n,amount,currency"


def exchanged(folder: Path, lines: Sequence[str], rates: Sequence[str]) -> tuple[Outcome, pl.DataFrame]:
    table = {"files": "lines*", "columns": IN_OTHERS, "exchange": RATES}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": table}})
    return imported(folder, mapping, lines=[LINES, *lines], rates=["day,code,rate", *rates])


def test_amounts_are_turned_at_the_last_rate_of_seven_days(tmp_path: Path) -> None:
    outcome, lines = exchanged(
        tmp_path,
        [
            "1,2026-05-01,A,1,10.00,USD",
            "2,2026-05-10,A,1,10.00,usd",
            "3,2026-05-20,A,1,10.00,USD",
            "4,2026-05-20,A,1,7.00,CNY",
        ],
        ["2026-05-01,USD,7.10", "2026-05-04,USD,7.20"],
    )
    assert lines.sort("order_id").select("order_id", "net_amount", "currency").rows() == [
        ("1", Decimal("71.0000"), "CNY"),
        ("2", Decimal("72.0000"), "CNY"),
        ("4", Decimal("7.0000"), "CNY"),
    ]
    assert [(broken.column, broken.rule, broken.rows) for broken in outcome.broken_rules] == [
        ("currency", "no rate", 1)
    ]
    assert "2 lines were in another currency" in "\n".join(map(str, outcome.warnings))


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        (["2026-05-01,USD,7.10", "2026-05-01,USD,7.20"], "two rates for USD on May 1, 2026"),
        (["2026-05-01,USD,0"], "rates.csv: record 1 has no day, no currency or no rate above 0"),
        (["May 1st,USD,7.10"], "rates.csv: record 1 has no day"),
    ],
)
def test_rates_that_cannot_hold_are_refused(rates: list[str], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        exchanged(tmp_path, ["1,2026-05-01,A,1,10.00,USD"], rates)
    assert sentence in str(refusal.value)


# --- kits -------------------------------------------------------------------------------------------------------------

KITS = {"files": "kits*", "kit": "kit", "component": "part", "quantity": "units"}


def resolved(folder: Path, lines: Sequence[str], kits: Sequence[str]) -> tuple[Outcome, pl.DataFrame]:
    table = {"files": "lines*", "columns": OWN, "kits": KITS}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": table}})
    return imported(folder, mapping, lines=["order,at,sku,n,amount", *lines], kits=["kit,part,units", *kits])


def test_a_kit_becomes_its_components_and_a_broken_one_is_rejected_as_its_line(tmp_path: Path) -> None:
    lines = ["1,2026-05-01,SET,2,10.00", "1,2026-05-01,CUP,1,4.00", "2,never,SET,1,5.00"]
    outcome, made = resolved(tmp_path, lines, ["SET,CUP,1", "SET,TEA,2"])
    assert made.sort("sku", "quantity").select("sku", "quantity", "net_amount").rows() == [
        ("CUP", 1, Decimal("4.0000")), ("CUP", 2, Decimal("3.3300")), ("TEA", 4, Decimal("6.6700")),
    ]  # fmt: skip
    assert (outcome.tables[0].rows_in, outcome.rows_rejected) == (4, 1)
    assert outcome.net_amount_in == Decimal("19.00")
    assert "1 lines of kits became 2 lines of their components" in "\n".join(map(str, outcome.warnings))


@FEWER
@given(st.decimals(-1000, 1000, places=2), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_components_add_up_to_their_kit(amount: Decimal, units: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kits = [f"SET,p{number},{each}" for number, each in enumerate(units)]
        _, made = resolved(Path(folder), [f"1,2026-05-01,SET,{1 if amount >= 0 else -1},{amount}"], kits)
    assert made["net_amount"].sum() == amount
    assert made.height == len(units)


@pytest.mark.parametrize("row", ["SET,,1", ",CUP,1", "SET,CUP,0", "SET,CUP,some"])
def test_a_kit_that_cannot_hold_is_refused(row: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"kits.csv: record 1 lacks a kit, a component"):
        resolved(tmp_path, ["1,2026-05-01,SET,2,10.00"], [row])


def test_shopify_orders_keep_discounts_and_refunds_of_the_whole_order(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "cases" / "shopify_order_discount_and_refund"
    said = Acceptance("Test shop", "USD", "America/New_York")
    outcome = import_files([*folder.glob("*.csv")], load("shopify"), tmp_path / "lake", said=said)
    lines = pl.read_parquet(outcome.version.files("order_lines"))
    by_order = lines.group_by("order_id").agg(pl.col("net_amount").sum()).sort("order_id")
    assert by_order.rows() == [("#1", Decimal("18.0000")), ("#2", Decimal("10.0000"))]
