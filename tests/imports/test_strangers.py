"""What a new merchant's own exports did that the cases at hand did not."""

import json
import tomllib
from collections.abc import Callable
from collections.abc import Mapping as SomeMapping
from pathlib import Path
from zipfile import ZipFile

import duckdb
import pytest
from openpyxl import Workbook

from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.checks.texts import NOBODY
from shopkeeper.imports.job import Outcome, import_files
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.file import load, parse_mapping
from shopkeeper.imports.outcome import BrokenRule
from shopkeeper.messages import Message
from tests.imports.conftest import SHOP, Checked, check, rows_of

PLAIN = {"order_id": "id", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}
HEADER = "id,at,sku,n,amount"
SAID = Acceptance("Test shop", "CNY", "Asia/Shanghai")
Columns = SomeMapping[str, object]
CheckText = Callable[..., Checked]


def mapped(columns: Columns | None = None, **table: object) -> Mapping:
    lines = {"columns": {**PLAIN, **(columns or {})}, **table}
    return parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": lines}})


def imported(folder: Path, mapping: Mapping, texts: dict[str, str]) -> Outcome:
    given = folder / "given"
    given.mkdir()
    for name, text in texts.items():
        (given / name).write_text(text, encoding="utf-8", newline="")
    return import_files([given], mapping, folder / "lake", said=SAID)


def test_rows_of_delimiters_only_are_no_rows(check_text: CheckText) -> None:
    text = f"{HEADER}\n1,2026-05-01,A,1,10\n,,,,\n2,2026-05-01,A,1,10\n , ,,,\n,,,,\n"
    checked = check_text(text, mapping=mapped())
    assert ([row["order_id"] for row in checked.good], checked.rules()) == (["1", "2"], [])
    assert checked.table.rows_in == 2
    assert "order_lines: order_lines.csv has 3 empty rows; they are not counted." in map(str, checked.table.warnings)


def test_one_empty_row_or_line_is_said_of_one(check_text: CheckText) -> None:
    row = check_text(f"{HEADER}\n1,2026-05-01,A,1,10\n,,,,\n", mapping=mapped())
    assert "order_lines: order_lines.csv has 1 empty row; it is not counted." in map(str, row.table.warnings)
    line = check_text(f"{HEADER}\n1,2026-05-01,A,1,10\n\n", mapping=mapped())
    assert "order_lines: order_lines.csv has 1 empty line; it is not counted as a row." in map(str, line.table.warnings)


def test_a_row_with_a_single_value_is_a_row(check_text: CheckText) -> None:
    checked = check_text(f"{HEADER}\n1,2026-05-01,A,1,10\n,,,,5\n", mapping=mapped())
    assert checked.table.rows_in == 2
    assert {line for line, _, _ in checked.rules()} == {2}


def test_empty_rows_below_a_total_do_not_hide_it(check_text: CheckText) -> None:
    text = f"{HEADER}\n1,2026-05-01,A,1,10\n,,,,\n2,2026-05-01,A,1,10\nTotal,,,2,20\n,,,,\n,,,,\n"
    checked = check_text(text, mapping=mapped(footer_rows=1))
    assert ([row["order_id"] for row in checked.good], checked.rules()) == (["1", "2"], [])


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u2009", "\u202f"])
def test_a_blank_between_thousands_is_any_blank(check_text: CheckText, blank: str) -> None:
    amount = {"net_amount": {"source": "amount", "thousands": " "}}
    text = f"{HEADER}\n1,2026-05-01,A,1,1{blank}234.50\n2,2026-05-01,A,1,1{blank}2.50\n"
    checked = check_text(text, mapping=mapped(amount))
    assert [float(row["net_amount"]) for row in checked.good] == [1234.5]
    assert checked.rules() == [(2, "net_amount", "amount")]


def test_a_unit_is_taken_off_in_any_letter_case(check_text: CheckText) -> None:
    text = f"{HEADER}\n1,2026-05-01,A,2kg,10\n2,2026-05-01,A,0.5 KG,10\n3,2026-05-01,A,1 lb,10\n"
    checked = check_text(text, mapping=mapped({"quantity": {"source": "n", "strip": ["kg"]}}))
    assert [float(row["quantity"]) for row in checked.good] == [2.0, 0.5]
    assert checked.rules() == [(3, "quantity", "quantity")]


@pytest.mark.parametrize("word", ["?", "#REF!", "没有", "NaT", r"\N"])
def test_what_programs_write_for_nothing_is_nobody(check_text: CheckText, word: str) -> None:
    checked = check_text(f"{HEADER},who\n1,2026-05-01,A,1,10,{word}\n", mapping=mapped({"customer_id": "who"}))
    assert checked.good[0]["customer_id"] is None
    assert word.lower() in NOBODY


def test_a_phone_kept_as_a_number_is_the_same_phone(tmp_path: Path) -> None:
    text = f"{HEADER},phone\n1,2026-05-01,A,1,10,13800138000\n2,2026-05-01,A,1,10,13800138000.0\n"
    keys = {"phone": ["phone"]}
    outcome = imported(tmp_path, mapped(keys=keys), {"order_lines.csv": text})
    assert outcome.version.identified_order_share == 1.0
    assert "no phone" not in "\n".join(map(str, outcome.warnings))


@pytest.mark.parametrize(("phone", "other", "unread"), [("138****8000", "", 1), ("", "0", 1), ("", "", 0)])
def test_a_phone_that_says_nothing_is_counted_whichever_column_it_is_in(
    tmp_path: Path, phone: str, other: str, unread: int
) -> None:
    text = f"{HEADER},phone,other\n1,2026-05-01,A,1,10,{phone},{other}\n2,2026-05-01,A,1,10,,13800138000\n"
    outcome = imported(tmp_path, mapped(keys={"phone": ["phone", "other"]}), {"order_lines.csv": text})
    said = f"{unread} rows have in phone, other what is no phone"
    assert (said in "\n".join(map(str, outcome.warnings))) == bool(unread)


def test_numbers_with_and_without_a_fraction_join(tmp_path: Path) -> None:
    orders = {"files": "orders*", "key": "no", "to": "id"}
    mapping = mapped({"ordered_at": "orders.at"}, files="items*", lookups={"orders": orders})
    texts = {
        "items.csv": "id,sku,n,amount\n1.0,A,1,10\n2,A,1,5\n3.5,A,1,5\n",
        "orders.csv": "no,at\n1,2026-05-01\n2.0,2026-05-02\n3,2026-05-02\n",
    }
    outcome = imported(tmp_path, mapping, texts)
    assert [(rule.rule, rule.examples) for rule in outcome.broken_rules] == [
        ("no partner", (("items.csv", 3, "3.5"),)),
    ]


def test_each_sentence_names_the_records_of_its_own_fault(tmp_path: Path) -> None:
    text = f"{HEADER}\n1,2026-05-01,A,1,10\n2,2026-05-01,A,1,-10\n3,2026-05-01,A,-2,5\n"
    outcome = imported(tmp_path, mapped(), {"order_lines.csv": text})
    records = {tuple(line for _, line, _ in rule.examples) for rule in outcome.broken_rules if rule.rule == "signs"}
    assert records == {(2,), (3,)}


def test_many_rejects_stop_with_what_is_wrong_and_where(tmp_path: Path) -> None:
    rows = "".join(f"{n},2026-05-{n % 28 + 1:02d},A,1,{'x' if n % 20 == 0 else 10}\n" for n in range(1, 101))
    with pytest.raises(Refused) as refusal:
        imported(tmp_path, mapped(), {"order_lines.csv": f"{HEADER}\n{rows}"})
    sentence = str(refusal.value)
    assert "5 of 100 rows (5.0%) were rejected" in sentence
    assert "5 of them have no readable amount" in sentence
    assert "Records 20, 40, 60, 80, 100 of order_lines.csv." in sentence


def test_twins_of_one_name_are_told_apart_by_their_places(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    text = f"{HEADER}\n1,2026-05-01,A,1,10\n"
    (given / "order_lines.csv").write_text(text, encoding="utf-8")
    with ZipFile(given / "may.zip", "w") as archive:
        archive.writestr("order_lines.csv", text)
    with pytest.raises(Refused, match=r"given/order_lines.csv and may.zip/order_lines.csv hold the same bytes"):
        import_files([given], mapped(), tmp_path / "lake", said=SAID)


def test_sheets_that_differ_are_named(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "May"
    book.active.append(HEADER.split(","))
    book.active.append(["1", "2026-05-01", "A", 1, 10])
    book.create_sheet("settings").append(["key", "value"])
    book.save(tmp_path / "order_lines.xlsx")
    with pytest.raises(Refused, match="different columns, such as 'May' and 'settings'"):
        import_files([tmp_path / "order_lines.xlsx"], mapped(), tmp_path / "lake", said=SAID)


def test_columns_that_are_missing_are_said_in_one_sentence(check_text: CheckText) -> None:
    fill_down = {"key": "id", "columns": ["at", "phone", "mail"]}
    checked = check_text(f"{HEADER}\n1,2026-05-01,A,1,10\n", mapping=mapped(fill_down=fill_down))
    said = [str(each) for each in checked.table.warnings if "not in every file" in str(each)]
    assert len(said) == 1
    assert "'phone', 'mail'" in said[0]


def test_square_takes_off_what_gross_and_net_differ_by(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    names = "Date,Time,Category,Item,Qty,SKU,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Event Type,Location"
    names += ",Device Name,Customer ID"
    rows = [
        "05/01/26,10:20:30,Tea,Longjing,2,TEA,$40.00,-$4.00,$36.00,$0,1,Payment,Main,Till,c",
        "05/02/26,10:20:30,Tea,Longjing,-1,TEA,-$20.00,$2.00,-$18.00,$0,2,Refund,Main,Till,c",
    ]
    path = tmp_path / "items.csv"
    path.write_text("\n".join([names, *rows, ""]), encoding="utf-8")
    version = import_files([path], load("square"), tmp_path / "lake", said=SAID).version
    lines = rows_of(connection, version.files("order_lines"))
    assert sorted((row["net_amount"], row["discount"]) for row in lines) == [(-18, -2), (36, 4)]


def test_keys_in_full_width_are_the_plain_ones_and_said_once(check_text: CheckText) -> None:
    text = (
        f"{HEADER},who,name\n"
        "１００１,2026-05-01,ＡＢＣ－１２３,1,10,ＶＩＰ１,龙井（特级）\n"
        "1002,2026-05-01,ABC-123,1,10,VIP1,龙井（特级）\n"
        "1003,2026-05-01,茶\u3000２号（大）,1,10,张＊＊,㎏ ² ﬁ Ａ\n"
    )
    checked = check_text(text, mapping=mapped({"customer_id": "who", "product_name": "name"}))
    assert [(row["order_id"], row["sku"], row["customer_id"]) for row in checked.good] == [
        ("1001", "ABC-123", "VIP1"),
        ("1002", "ABC-123", "VIP1"),
        ("1003", "茶 2号(大)", None),
    ]
    assert [row["product_name"] for row in checked.good] == ["龙井（特级）", "龙井（特级）", "㎏ ² ﬁ Ａ"]
    said = [str(each) for each in checked.table.warnings if "full-width letters" in str(each)]
    assert [each.split(":")[1].split(" that")[0] for each in said] == [
        " 1 rows have a order_id", " 2 rows have a sku", " 1 rows have a customer_id",
    ]  # fmt: skip


@pytest.mark.parametrize("sku", ["㎏", "A²", "ﬁ", "ｱｲｳ", "①"])
def test_what_only_looks_alike_stays_in_keys(check_text: CheckText, sku: str) -> None:
    checked = check_text(f"{HEADER}\n1,2026-05-01,{sku},1,10\n", mapping=mapped())
    assert [row["sku"] for row in checked.good] == [sku]


def test_numbers_and_days_in_full_width_are_read_and_counted(check_text: CheckText) -> None:
    text = (
        f"{HEADER}\n1,２０２６－０５－０１,A,２,１２３．４５\n2,2026-05-01,A,－１,－３．５０\n3,2026-05-01,A,1,１２x\n"
    )
    mapping = mapped({"status": {"source": "n", "starts_with": {"－": "refund"}, "otherwise": "sale"}})
    checked = check_text(text, mapping=mapping)
    assert [(float(row["quantity"]), float(row["net_amount"])) for row in checked.good] == [(2, 123.45), (-1, -3.5)]
    assert {str(row["ordered_at"].date()) for row in checked.good} == {"2026-05-01"}
    assert checked.rules() == [(3, "net_amount", "amount")]
    said = [str(each) for each in checked.table.warnings if "full-width" in str(each)]
    assert said == [
        "order_lines: 1 cell of ordered_at in order_lines.csv was read from full-width characters.",
        "order_lines: 2 cells of quantity in order_lines.csv were read from full-width characters.",
        "order_lines: 2 cells of net_amount in order_lines.csv were read from full-width characters.",
    ]


def test_a_currency_sign_is_taken_off_in_both_widths(check_text: CheckText) -> None:
    amount = {"source": "amount", "strip": ["¥"], "thousands": ",", "brackets": True}
    text = f"{HEADER}\n1,2026-05-01,A,1,￥１２\n2,2026-05-01,A,1,¥1，234.50\n3,2026-05-01,A,1,（１２．５０）\n"
    status = {"source": "amount", "starts_with": {"（": "refund"}, "otherwise": "sale"}
    quantity = {"source": "amount", "starts_with": {"（": "-1"}, "otherwise": {"source": "n"}}
    checked = check_text(text, mapping=mapped({"net_amount": amount, "status": status, "quantity": quantity}))
    assert [float(row["net_amount"]) for row in checked.good] == [12, 1234.5, -12.5]


@pytest.mark.parametrize("values", [("￥12.00", "￥3"), ("12元", "3.5 元"), ("$1,234.50", "3.00 USD"), ("1.234,50 €",)])
def test_amounts_with_a_currency_sign_are_rejected_with_the_very_words_that_read_them(
    values: tuple[str, ...], check_text: CheckText
) -> None:
    rows = [f'{number},2026-05-01,A,1,"{value}"' for number, value in enumerate(values)]
    text = "\n".join([HEADER, *rows, ""])
    rejects = check_text(text, mapping=mapped()).rejects
    examples = tuple((each["file"], each["line"], each["value"]) for each in rejects)
    reason = Message.from_data(json.loads(rejects[0]["message"]))
    said = str(BrokenRule("order_lines", "net_amount", "amount", reason, len(rejects), examples).sentence())
    toml = said.split("say in the mapping: ")[1].split(". Records", maxsplit=1)[0].replace("its column", "amount")
    read = check_text(text, mapping=mapped(tomllib.loads(toml)))
    assert read.rules() == []
    expected = {"￥12.00": [12, 3], "12元": [12, 3.5], "$1,234.50": [1234.5, 3], "1.234,50 €": [1234.5]}[values[0]]
    assert [float(row["net_amount"]) for row in read.good] == expected


def test_a_declared_format_reads_days_in_full_width(check_text: CheckText) -> None:
    at = {"source": "at", "format": ["%Y／%m／%d"]}
    text = f"{HEADER}\n1,２０２６／０５／０１,A,1,10\n2,2026/05/02,A,1,10\n"
    checked = check_text(text, mapping=mapped({"ordered_at": at}))
    assert [row["ordered_at"].day for row in checked.good] == [1, 2]


@pytest.mark.deep
def test_an_email_in_full_width_is_a_pseudonym_too(check_text: CheckText) -> None:
    text = f"{HEADER},who\n1,2026-05-01,A,1,10,ann＠x.com\n2,2026-05-01,A,1,10,ann@x.com\n"
    checked = check_text(text, mapping=mapped({"customer_id": "who"}))
    (customer,) = {row["customer_id"] for row in checked.good}
    assert customer.startswith("email:")


def test_several_marks_stand_between_thousands_but_one_in_a_number(check_text: CheckText) -> None:
    numbers = [
        '"1,234.50"',
        "1’234.50",
        "1'234.50",
        "1\u00a0234.50",
        "1\u202f234.50",
        "1234.50",
        '"1,234’567.50"',
        "1’23",
    ]
    rows = "".join(f"{n},2026-05-01,A,1,{each}\n" for n, each in enumerate(numbers, start=1))
    amount = {"source": "amount", "thousands": [",", "’", " "]}
    checked = check_text(f"{HEADER}\n{rows}", mapping=mapped({"net_amount": amount}))
    assert [float(row["net_amount"]) for row in checked.good] == [1234.5] * 6
    assert checked.rules() == [(7, "net_amount", "amount"), (8, "net_amount", "amount")]


def test_words_of_a_status_are_the_same_in_any_letter_case_and_blanks(check_text: CheckText) -> None:
    words = ["paid", "Paid", " PAID ", "ｐａｉｄ", "Sent back", "sent back", "SENT", "lost"]
    rows = "".join(f"{n},2026-05-01,A,1,10,{word}\n" for n, word in enumerate(words, start=1))
    values = {"paid": "sale", "Sent back": "gift", "sent back": "cancelled", "sent": "sale"}
    checked = check_text(f"{HEADER},state\n{rows}", mapping=mapped({"status": {"source": "state", "values": values}}))
    assert [row["status"] for row in checked.good] == [*["sale"] * 4, "gift", "cancelled", "sale"]
    assert checked.rules() == [(8, "status", "values")]


def test_a_word_that_two_listed_ones_are_like_is_not_guessed(check_text: CheckText) -> None:
    values = {"Back": "gift", "back": "cancelled"}
    mapping = mapped({"status": {"source": "state", "values": values}})
    checked = check_text(f"{HEADER},state\n1,2026-05-01,A,1,10,BACK\n2,2026-05-01,A,1,10,Back\n", mapping=mapping)
    assert (checked.rules(), [row["status"] for row in checked.good]) == ([(1, "status", "values")], ["gift"])


INDEX_LEFT_OUT = "column 1 has no name and only numbers the rows; it was left out."


@pytest.mark.parametrize("index", [("0", "1", "2"), ("1", "2", "3"), ("4", "17", "90"), ("0", "1", "0")])
def test_an_index_without_name_is_left_out(check_text: CheckText, index: tuple[str, ...]) -> None:
    rows = "".join(f"{each},{n},2026-05-01,A,1,10\n" for n, each in enumerate(index))
    checked = check_text(f",{HEADER}\n{rows}", mapping=mapped())
    assert ([row["order_id"] for row in checked.good], checked.rules()) == (["0", "1", "2"], [])
    assert [str(each).split(": ", 2)[2] for each in checked.table.warnings] == [INDEX_LEFT_OUT]


@pytest.mark.parametrize("cells", [("2", "1", "3"), ("1", "2", "1"), ("1", "x", "3"), ("0.5", "1", "2")])
def test_a_column_without_name_that_says_something_is_refused(check_text: CheckText, cells: tuple[str, ...]) -> None:
    rows = "".join(f"{each},{n},2026-05-01,A,1,10\n" for n, each in enumerate(cells))
    with pytest.raises(Refused, match="column 1 has no name"):
        check_text(f",{HEADER}\n{rows}", mapping=mapped())


def test_an_index_in_a_workbook_is_left_out(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["", *HEADER.split(",")])
    for n in range(3):
        book.active.append([n, str(n), "2026-05-01", "A", 1, 10])
    book.save(tmp_path / "order_lines.xlsx")
    checked = check([tmp_path / "order_lines.xlsx"], tmp_path / "work", mapped())
    assert ([row["order_id"] for row in checked.good], checked.rules()) == (["0", "1", "2"], [])
    assert [str(each).split(": ", 2)[2] for each in checked.table.warnings] == [INDEX_LEFT_OUT]


@pytest.mark.parametrize(
    ("word", "column"),
    [
        *(("合计", "id"), ("合计", "at"), ("合计", "sku"), ("Subtotal", "id"), ("SUB-TOTAL:", "at")),
        *(("Grand Total", "sku"), ("本日合计：", "id"), ("１００１ 小计", "sku")),
    ],
)
def test_totals_between_rows_are_left_out_and_said_once(check_text: CheckText, word: str, column: str) -> None:
    total = ",".join(word if name == column else "" for name in ("id", "at", "sku"))
    text = f"{HEADER}\n1,2026-05-01,A,1,10\n{total},1,10\n2,2026-05-01,A,1,10\n{total},2,20\n"
    checked = check_text(text, mapping=mapped())
    assert ([row["order_id"] for row in checked.good], checked.rules()) == (["1", "2"], [])
    assert [str(each) for each in checked.table.warnings] == [
        f"order_lines: 2 rows of order_lines.csv are totals ({half(word)}) and were left out: records 2, 4."
    ]
    assert (checked.table.rows_in, float(checked.table.net_amount_in)) == (2, 20.0)


def half(word: str) -> str:
    return word.translate(str.maketrans("１０：", "10:"))


def test_an_item_called_like_a_total_is_no_total_where_orders_are_filled_down(check_text: CheckText) -> None:
    rows = ["1,2026-05-01,A,1,5", ",,SUM,2,7", "2,2026-05-02,SUM,1,3.5", ",,A,1,5", ",,合计,6,20.5"]
    down = mapped(fill_down={"columns": ["id", "at"]})
    checked = check_text("\n".join([HEADER, *rows, ""]), mapping=down)
    assert [(row["order_id"], row["sku"]) for row in checked.good] == [
        ("1", "A"),
        ("1", "SUM"),
        ("2", "SUM"),
        ("2", "A"),
    ]
    left_out = [str(each) for each in checked.table.warnings if "left out" in str(each)]
    assert left_out == ["order_lines: 1 row of order_lines.csv is a total (合计) and was left out: record 5."]
    total = check_text("\n".join([HEADER, *rows[:1], ",,SUM,1,5", ""]), mapping=down)
    assert [row["sku"] for row in total.good] == ["A"]


def test_a_failed_formula_names_nothing(check_text: CheckText) -> None:
    text = f"{HEADER},region\n1,2026-05-01,#N/A,1,5,\n2,2026-05-01,A,1,5,#REF!\n3,2026-05-01,B,1,5,N/A\n"
    checked = check_text(text, mapping=mapped({"ship_to_region": "region"}))
    assert checked.rules() == [(1, "sku", "required")]
    assert [row["ship_to_region"] for row in checked.good] == [None, "N/A"]


@pytest.mark.parametrize("row", ["Total,2026-05-01,A,1,10", "合计,2026-05-01,小计,1,10", "1,2026-05-01,合计,1,10"])
def test_a_row_that_says_all_of_itself_is_no_total(check_text: CheckText, row: str) -> None:
    checked = check_text(f"{HEADER}\n{row}\n", mapping=mapped())
    assert (len(checked.good), checked.rules()) == (1, [])


@pytest.mark.parametrize("word", ["totally", "小计费", "summer"])
def test_a_word_that_only_begins_like_a_total_is_rejected_with_its_row(check_text: CheckText, word: str) -> None:
    checked = check_text(f"{HEADER}\n1,2026-05-01,A,1,10\n{word},2026-05-01,,1,10\n", mapping=mapped())
    assert checked.rules() == [(2, "sku", "required")]
