"""The contract at the door: each fault is reported once under its rule, and nothing else is touched."""

import csv
import io
import json
import re
import tempfile
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.errors import Refused
from shopkeeper.imports.checks.terms import BLANKS
from shopkeeper.imports.checks.texts import INVISIBLE, NOBODY
from shopkeeper.imports.mapping.file import parse_mapping
from tests.examples import FEWER
from tests.imports.conftest import GOOD_LINE, HEADER, IDENTITY, NOT_AFTER, SHOP, Checked, check, rows_written

FAULTS = [
    ("order_id", "", "required"),
    ("order_id", " \u3000", "required"),
    ("order_id", "a\0b", "text"),
    ("ordered_at", "", "required"),
    ("ordered_at", "01/02/2025", "time"),
    ("ordered_at", "2025-02-30", "time"),
    ("ordered_at", "2025-02-03 24:00:00", "time"),
    ("ordered_at", "45000", "time"),
    ("ordered_at", "1969-12-31", "too early"),
    ("ordered_at", "2999-01-01", "too late"),
    ("quantity", "1.2345", "quantity"),
    ("quantity", "1e2", "quantity"),
    ("quantity", "0x10", "quantity"),
    ("quantity", "9223372036854775808", "quantity"),
    ("quantity", "many", "quantity"),
    ("net_amount", "NaN", "amount"),
    ("net_amount", "inf", "amount"),
    ("net_amount", "1e2", "amount"),
    ("net_amount", '"1,234.50"', "amount"),
    ("net_amount", "¥12", "amount"),
    ("net_amount", "0.00001", "amount"),
    ("net_amount", "100000000000000", "amount"),
    ("status", "sold", "allowed"),
    ("status", "SALE", "allowed"),
    ("currency", "USD", "currency"),
    ("currency", "cny", "currency"),
]


@pytest.mark.parametrize(("column", "value", "rule"), FAULTS)
def test_a_seeded_fault_is_reported_once(
    column: str, value: str, rule: str, check_text: Callable[..., Checked]
) -> None:
    values = GOOD_LINE.split(",")
    values[HEADER.split(",").index(column)] = value
    checked = check_text("\n".join([HEADER, GOOD_LINE, ",".join(values), GOOD_LINE, ""]))
    assert checked.rules() == [(2, column, rule)]
    (reject,) = checked.rejects
    assert (reject["file"], reject["table"]) == ("order_lines.csv", "order_lines")
    assert (reject["value"] or "") == value.strip('"')
    assert json.loads(reject["row"])["sku"] == "A"
    assert reject["reason"].endswith(".")
    assert (checked.table.rows_in, checked.table.rows_good, checked.table.rows_rejected) == (3, 2, 1)


def test_a_row_with_several_faults_counts_once(check_text: Callable[..., Checked]) -> None:
    checked = check_text(f"{HEADER}\n,x,,1.2345,abc,ann,sold,USD\n{GOOD_LINE}\n")
    assert checked.table.rows_rejected == 1
    assert [column for _, column, _ in checked.rules()] == [
        "currency", "net_amount", "order_id", "ordered_at", "quantity", "sku", "status",
    ]  # fmt: skip
    assert checked.table.net_amount_in == Decimal("19.90")
    assert checked.table.net_amount_rejected == 0
    assert checked.table.net_amount_unreadable_rows == 1


GOOD_FORMS = [
    ("ordered_at", "2026-05-01", datetime(2026, 5, 1)),
    ("ordered_at", "2026-05-01T09:30", datetime(2026, 5, 1, 9, 30)),
    ("ordered_at", "2026-05-01 09:30:00.25", datetime(2026, 5, 1, 9, 30, 0, 250000)),
    ("ordered_at", "2026-05-01T09:30:00Z", datetime(2026, 5, 1, 17, 30)),
    ("ordered_at", "2026-05-01 09:30:00 +0200", datetime(2026, 5, 1, 15, 30)),
    ("quantity", " -3 ", -3),
    ("quantity", "+007", 7),
    ("net_amount", "-.5", Decimal("-0.5")),
    ("net_amount", "12.50000", Decimal("12.5")),
    ("net_amount", "99999999999999.9999", Decimal("99999999999999.9999")),
    ("status", "", None),
    ("status", "  ", None),
    ("customer_id", "=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
]


@pytest.mark.parametrize(("column", "value", "expected"), GOOD_FORMS)
def test_what_is_clear_is_taken_without_loss(
    column: str, value: str, expected: object, check_text: Callable[..., Checked]
) -> None:
    values = GOOD_LINE.split(",")
    names = HEADER.split(",")
    # Beside a nought, quantity and amount may have any sign.
    values[names.index("quantity" if column == "net_amount" else "net_amount")] = "0"
    values[names.index(column)] = value
    checked = check_text(f"{HEADER}\n{','.join(values)}\n")
    assert not checked.rejects
    assert checked.good[0][column] == expected


@pytest.mark.parametrize(
    ("sql_type", "value", "column", "expected"),
    [
        ("DOUBLE", 3.0, "quantity", 3),
        ("DOUBLE", 1.5, "quantity", Decimal("1.5")),
        ("DOUBLE", 1.2345, "quantity", "quantity"),
        ("DOUBLE", 17.991000000000003, "net_amount", Decimal("17.991")),
        ("DOUBLE", 3.3333333, "net_amount", "amount"),
        ("DOUBLE", float("nan"), "net_amount", "amount"),
        ("DOUBLE", float("inf"), "quantity", "quantity"),
        ("DOUBLE", 1e300, "net_amount", "amount"),
        ("DOUBLE", 17850.0, "customer_id", "17850"),
        ("FLOAT", 2.55, "net_amount", Decimal("2.55")),
        ("BIGINT", 2**62, "net_amount", "amount"),
        ("HUGEINT", 2**100, "quantity", "quantity"),
        ("DECIMAL(38,10)", "1.00001", "net_amount", "amount"),
        ("DECIMAL(38,10)", "1.2345", "net_amount", Decimal("1.2345")),
        ("DATE", "2026-05-01", "ordered_at", datetime(2026, 5, 1)),
        ("TIMESTAMP WITH TIME ZONE", "2026-05-01 10:00:00+00", "ordered_at", datetime(2026, 5, 1, 18)),
        ("TIMESTAMP_NS", "2026-05-01 10:00:00.000000001", "ordered_at", "time"),
    ],
)
def test_typed_columns_keep_their_values_or_are_rejected(
    sql_type: str, value: object, column: str, expected: object, tmp_path: Path
) -> None:
    path = tmp_path / "order_lines.parquet"
    row = {
        "order_id": "1",
        "ordered_at": datetime(2026, 5, 1),
        "sku": "A",
        "quantity": 1,
        "net_amount": 5,
        column: value,
    }
    with duckdb.connect() as connection:
        parts = [
            duckdb.ConstantExpression(cell).cast(sql_type if name == column else "VARCHAR").alias(name)
            for name, cell in row.items()
        ]
        connection.values([1]).project(*parts).write_parquet(str(path))
    checked = check([path], tmp_path / "staging")
    if isinstance(expected, str) and column != "customer_id":
        assert checked.rules() == [(1, column, expected)]
    else:
        assert checked.good[0][column] == expected


def test_a_type_that_can_never_fit_refuses_the_file(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    with duckdb.connect() as connection:
        one = connection.values(["ann", 20260501])
        names = [
            duckdb.ColumnExpression("col0").alias("customer_id"),
            duckdb.ColumnExpression("col1").alias("joined_on"),
        ]
        one.project(*names).write_parquet(str(path))
    with pytest.raises(Refused, match=r"joined_on holds INTEGER, from which joined_on \(date\) cannot be made"):
        check([path], tmp_path / "staging")


def test_rows_with_the_same_key_are_all_rejected(check_text: Callable[..., Checked]) -> None:
    checked = check_text("customer_id,region\nann,x\nbob,y\nann,z\n,q\n", "customers")
    assert checked.rules() == [
        (1, "customer_id", "unique"),
        (3, "customer_id", "unique"),
        (4, "customer_id", "required"),
    ]


def test_an_empty_part_of_a_key_equals_an_empty_part(check_text: Callable[..., Checked]) -> None:
    header = "from_location,to_location,to_region,lead_days"
    checked = check_text(f"{header}\na,,x,1\na,,x,2\na,x,,3\n", "lanes")
    assert checked.rules() == [(1, "from_location", "unique"), (2, "from_location", "unique")]


def test_the_same_key_in_two_files_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "customers"
    folder.mkdir()
    (folder / "a.csv").write_text("customer_id,region\nann,x\nbob,y\n")
    (folder / "b.csv").write_text("customer_id,region\nann,z\n")
    checked = check([tmp_path], tmp_path / "staging")
    assert [(each["file"], each["line"]) for each in checked.rejects] == [
        ("customers/a.csv", 1),
        ("customers/b.csv", 1),
    ]


PLAIN = {code + 0xFEE0: code for code in range(0x21, 0x7F)} | {0x3000: " ", 0xA0: " "}
"""Of a key, full-width characters are the plain ones."""


def test_naughty_strings_survive_as_names(bad_input: Path, tmp_path: Path) -> None:
    naughty = json.loads((bad_input / "blns" / "blns.json").read_text(encoding="utf-8"))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["order_id", "ordered_at", "sku", "quantity", "net_amount", "customer_id", "product_name"])
    for number, name in enumerate(naughty):
        writer.writerow([number, "2026-05-01", "A", 1, 1, name, name])
    path = tmp_path / "order_lines.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    checked = check([path], tmp_path / "staging")
    kept = {int(row["order_id"]): row for row in checked.good}
    for number, name in enumerate(naughty):
        if "\0" in name or re.fullmatch(r"-?\dE\+\d+", name):
            assert number not in kept
        else:
            expected = unicodedata.normalize("NFC", name.strip(BLANKS + INVISIBLE)) or None
            buyer = expected.lower() if expected and "@" in expected else expected
            # As spreadsheets keep whole numbers.
            buyer = re.sub(r"^(\d+)\.0+$", r"\1", buyer.translate(PLAIN)) if buyer else None
            nobody = "*" in name or (buyer or "").lower() in NOBODY
            assert kept[number]["product_name"] == expected
            assert kept[number]["customer_id"] == (None if nobody else buyer)


def naive_rules(row: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a row, by the contract's words alone: column -> rule."""
    needed = ("order_id", "ordered_at", "sku", "quantity", "net_amount")
    found = {column: "required" for column in needed if not row[column].strip()}
    rules = {"ordered_at": naive_time_rule, "quantity": naive_quantity_rule, "net_amount": naive_amount_rule}
    found |= {name: broken for name, rule in rules.items() if name not in found and (broken := rule(row[name].strip()))}
    if row["status"].strip() and row["status"].strip() not in (
        "sale",
        "refund",
        "cancelled",
        "staff",
        "gift",
        "exchange",
    ):
        found["status"] = "allowed"
    if row["order_id"].strip() and naive_wrong_sign(row):
        found.setdefault("net_amount", "signs")
    return found


def naive_wrong_sign(row: Mapping[str, str]) -> bool:
    """Only what can be read has a sign."""
    quantity = 0 if naive_quantity_rule(row["quantity"].strip()) else Decimal(row["quantity"].strip())
    amount = naive_amount(row["net_amount"]) or 0
    if row["status"].strip() == "refund":
        return quantity > 0 or amount > 0
    return row["status"].strip() in ("", "sale") and quantity * amount < 0


def naive_quantity_rule(text: str) -> str:
    return (
        ""
        if re.fullmatch(r"[+-]?([0-9]+(\.[0-9]{0,3}0*)?|\.[0-9]{1,3}0*)", text) and abs(Decimal(text)) < 10**15
        else "quantity"
    )


def naive_amount_rule(text: str) -> str:
    return "amount" if naive_amount(text) is None else ""


def naive_time_rule(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?", text):
        return "time"
    try:
        day = datetime.fromisoformat(text).date()
    except ValueError:
        return "time"
    return "too early" if day < date(1970, 1, 1) else "too late" if day >= NOT_AFTER else ""


def naive_amount(text: str) -> Decimal | None:
    text = text.strip()
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text, re.ASCII):
        return None
    amount = Decimal(text)
    return amount if amount == round(amount, 4) and abs(amount) < 10**14 else None


CELLS = {
    "order_id": st.sampled_from(["1", "2", "", " ", "x,y", 'q"q', "line\nbreak"]),
    "ordered_at": st.one_of(
        st.sampled_from(
            ["2026-11-23", "2026-11-24", "1970-01-01", "1969-12-31 23:59:59", "", "x", "2026-1-2", "12:00"]
        ),
        st.datetimes(datetime(1960, 1, 1), datetime(2030, 1, 1)).map(lambda time: time.isoformat(" ", "seconds")),
    ),
    "sku": st.sampled_from(["A", "", "名"]),
    "quantity": st.one_of(st.integers(-5, 5).map(str), st.sampled_from(["", "1.0", "1e1", "٣", "9" * 19, "9" * 30])),
    "net_amount": st.one_of(
        st.decimals(-1000, 1000, places=2).map(str),
        st.sampled_from(["", "1.23456", "1.23450", "nan", "1e3", "1,5", ".", "-.5", "٣", "9" * 15, "9" * 14]),
    ),
    "status": st.sampled_from(["", "sale", "refund", "Sale", " sale", "gift"]),
}


@FEWER
@given(st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=20), st.booleans())
def test_random_rows_are_judged_as_a_plain_reading_of_the_contract_does(
    rows: Sequence[Mapping[str, str]], once: bool
) -> None:
    # Each row is its own order, so that none is judged by another.
    rows = [
        {**row, "order_id": row["order_id"] + str(number) * bool(row["order_id"].strip())}
        for number, row in enumerate(rows)
    ]
    with tempfile.TemporaryDirectory() as name, rows_written(once=once):
        folder = Path(name)
        path = folder / "order_lines.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(CELLS))
            writer.writeheader()
            writer.writerows(rows)
        checked = check([path], folder / "staging")
    expected = [(line, *pair) for line, row in enumerate(rows, start=1) for pair in naive_rules(row).items()]
    assert checked.rules() == sorted(expected)
    good = [row for row in rows if not naive_rules(row)]
    assert [(row["order_id"], row["net_amount"]) for row in checked.good] == [
        (row["order_id"], naive_amount(row["net_amount"])) for row in good
    ]
    amounts = [naive_amount(row["net_amount"]) for row in rows]
    assert checked.table.net_amount_in == sum(amount for amount in amounts if amount is not None)
    assert checked.table.net_amount_unreadable_rows == amounts.count(None)
    assert checked.table.rows_in == len(rows) == len(checked.good) + checked.table.rows_rejected


def mapped(columns: Mapping[str, Any], **table: object) -> Any:
    needed = {"order_id": "id", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}
    lines = {"files": "*", "columns": {**needed, **columns}, **table}
    return parse_mapping("test", {"shop": {**SHOP, "source_timezone": "UTC"}, "tables": {"order_lines": lines}})


def test_each_form_of_a_mapping_makes_its_column(check_text: Callable[..., Checked]) -> None:
    mapping = mapped({
        "ordered_at": {"source": "at", "format": "%d.%m.%Y %H:%M"},
        "net_amount": {"difference": [{"product": ["n", "price"]}, "off"], "decimal": ","},
        "discount": {"sum": ["off", "off"], "decimal": ","},
        "channel": {"constant": "Web shop"},
        "status": {"source": "kind", "values": {"V": "sale", "R": "refund"}},
        "product_name": {"first_of": ["name", "sku"]},
        "category": {"source": "sku", "starts_with": {"A": "apples", "AB": "never"}, "otherwise": "other"},
        "device": {"source": "till", "filled": "till", "otherwise": {"source": "name"}},
    })  # fmt: skip
    text = "id;at;sku;n;price;off;kind;name;till\n1;01.02.2026 20:00;A1;2;1,50;0,25;V;;x\n"
    text += "2;01.02.2026 20:00;B;3;1.50;0,25;V;;\n3;01.02.2026 20:00;C;3;1,50;0,25;?;Cherry;\n"
    checked = check_text(text, mapping=mapping)
    assert checked.rules() == [(2, "net_amount", "amount"), (3, "status", "values")]
    (row,) = checked.good
    assert row["ordered_at"] == datetime(2026, 2, 2, 4)
    assert (row["net_amount"], row["discount"]) == (Decimal("2.75"), Decimal("0.5"))
    assert (row["channel"], row["status"], row["product_name"]) == ("Web shop", "sale", "A1")
    assert (row["category"], row["device"]) == ("apples", "till")
    assert [each["value"] for each in checked.rejects if each["column"] == "net_amount"] == ["3 * 1.50 - 0,25"]


def test_rounding_is_only_done_where_the_mapping_says_so(check_text: Callable[..., Checked]) -> None:
    text = "id,at,sku,n,amount\n1,2026-02-01,A,1,8.29166666\n"
    assert check_text(text, mapping=mapped({})).rules() == [(1, "net_amount", "amount")]


def test_rounding_gives_four_decimals(check_text: Callable[..., Checked]) -> None:
    text = "id,at,sku,n,amount\n1,2026-02-01,A,1,8.29166666\n"
    rounded = check_text(text, mapping=mapped({"net_amount": {"source": "amount", "round": True}}))
    assert rounded.good[0]["net_amount"] == Decimal("8.2917")


def test_a_missing_column_names_the_nearest(check_text: Callable[..., Checked]) -> None:
    with pytest.raises(Refused, match=r"has no column 'order_id', .* did you mean 'orderid'\?"):
        check_text("orderid,ordered_at,sku,quantity,net_amount\n1,2026-01-01,A,1,1\n")


def test_columns_that_nobody_reads_are_told(check_text: Callable[..., Checked]) -> None:
    checked = check_text("customer_id,regoin,shoe\nann,x,1\n", "customers")
    assert tuple(map(str, checked.table.warnings)) == (
        "customers: the column 'regoin' is not used; did you mean 'region'?",
        "customers: not used: 'shoe'.",
    )


def test_the_identity_mapping_is_the_contract() -> None:
    assert len(parse_mapping("test", IDENTITY).tables) == 14
