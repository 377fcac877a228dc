"""What spreadsheets, tills and statistics programs do to keys, days, numbers and headings on the way into a file."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.file import parse_text
from tests.imports.conftest import Checked, check

HEADINGS = ("id", "at", "sku", "n", "amount")
COLUMNS = {"order_id": "'id'", "ordered_at": "'at'", "sku": "'sku'", "quantity": "'n'", "net_amount": "'amount'"}
SHOP = "[shop]\nname = 'Tea house'\ncurrency = 'CNY'\ntimezone = 'Asia/Shanghai'\n"


def mapping(table: str = "", **columns: str) -> Mapping:
    rules = "\n".join(f"{name} = {rule}" for name, rule in (COLUMNS | columns).items())
    return parse_text("test", f"{SHOP}[tables.order_lines]\n{table}\n[tables.order_lines.columns]\n{rules}\n")


def csv_of(folder: Path, *rows: str, headings: Sequence[str] = HEADINGS) -> Path:
    path = folder / "order_lines.csv"
    path.write_text("\n".join((",".join(headings), *rows, "")))
    return path


def workbook(folder: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "order_lines.xlsx"
    book.save(path)
    return path


def column(checked: Checked, name: str) -> list[Any]:
    return [row[name] for row in sorted(checked.good, key=lambda row: str(row["order_id"]))]


def test_a_number_of_more_digits_than_a_cell_keeps_is_no_order(tmp_path: Path) -> None:
    """Excel shows it as 6.9E+17, and has forgotten its last digits; the same digits as text are all there."""
    rows = [[690000000000000123, "2026-05-01", "A", 1, 10], ["690000000000000123", "2026-05-01", "A", 1, 10]]
    book = check(
        [workbook(tmp_path, {"May": [HEADINGS, *rows, [12, "2026-05-01", "A", 1, 10]]})], tmp_path / "x", mapping()
    )
    assert (column(book, "order_id"), book.rules()) == (["12", "690000000000000123"], [(1, "order_id", "lost digits")])


def test_a_float_of_more_digits_than_it_tells_apart_is_no_order(tmp_path: Path) -> None:
    path = tmp_path / "order_lines.parquet"
    whole = {"at": "2026-05-01", "sku": "A", "n": 1, "amount": 10.0}
    pl.DataFrame([{"id": number, **whole} for number in (6.9e17, 2.0**53 - 1, 7.0)]).write_parquet(path)
    stored = check([path], tmp_path / "parquet", mapping())
    assert (column(stored, "order_id"), stored.rules()) == (["7", str(2**53 - 1)], [(1, "order_id", "lost digits")])
    written = check([csv_of(tmp_path, "690000000000000000.0,2026-05-01,A,1,10")], tmp_path / "csv", mapping())
    assert written.rules() == [(1, "order_id", "lost digits")]


def test_an_apostrophe_before_digits_is_a_guard_and_before_a_name_is_not(tmp_path: Path) -> None:
    checked = check([csv_of(tmp_path, "'00123,2026-05-01,'S-1,1,10")], tmp_path / "x", mapping())
    assert [(row["order_id"], row["sku"]) for row in checked.good] == [("00123", "'S-1")]
    assert any("mended" in str(warning) for warning in checked.table.warnings)


@pytest.mark.parametrize(
    "word",
    [
        "匿名用户",
        "無",
        "Walk-In",
        "walk in customer",
        "(blank)",
        "not available",
        "0000",
        "guest@shop.cn",
        "No-Reply@x.com",
    ],
)
def test_what_tills_fill_in_is_nobody(tmp_path: Path, word: str) -> None:
    rows = [f"1,2026-05-01,A,1,10,{word}", "2,2026-05-01,A,1,10,Noreen", "3,2026-05-01,A,1,10,guestavo"]
    path = csv_of(tmp_path, *rows, headings=(*HEADINGS, "who"))
    checked = check([path], tmp_path / "x", mapping(customer_id="'who'"))
    assert column(checked, "customer_id") == [None, "Noreen", "guestavo"]
    assert any(repr(word) in str(warning) for warning in checked.table.warnings)


def test_days_under_their_number_in_a_spreadsheet_are_read_where_the_mapping_says_so(tmp_path: Path) -> None:
    rows = [[1, "01.05.2026", "A", 1, 10], [2, datetime(2026, 5, 2, 10), "A", 1, 10], [3, 46145, "A", 1, 10]]
    path = workbook(tmp_path, {"May": [HEADINGS, *rows, [4, 46145.25, "A", 1, 10]]})
    plain = check([path], tmp_path / "plain", mapping(ordered_at="{ source = 'at', format = '%d.%m.%Y' }"))
    assert plain.rules() == [(3, "ordered_at", "formats"), (4, "ordered_at", "formats")]
    read = check([path], tmp_path / "read", mapping(ordered_at="{ source = 'at', format = ['%d.%m.%Y', 'serial'] }"))
    days = [datetime(2026, 5, 1), datetime(2026, 5, 2, 10), datetime(2026, 5, 3), datetime(2026, 5, 3, 6)]
    assert (column(read, "ordered_at"), date(1899, 12, 30).toordinal() + 46145) == (days, days[2].toordinal())


@pytest.mark.parametrize(
    ("written", "amount"), [("12.50-", -12.5), ("\u221212.50", -12.5), ("12.50 -", -12.5), ("-12.50-", None)]
)
def test_a_minus_may_stand_behind_its_number(tmp_path: Path, written: str, amount: float | None) -> None:
    rules = {"status": "{ constant = 'refund' }"}
    checked = check([csv_of(tmp_path, f"1,2026-05-01,A,-1,{written}")], tmp_path / "x", mapping(**rules))
    assert [float(each) for each in column(checked, "net_amount")] == ([] if amount is None else [amount])


def test_units_that_came_back_weeks_later_do_not_make_two_orders_of_one(tmp_path: Path) -> None:
    rows = ["1,2026-05-01,A,1,10", "1,2026-05-20,A,-1,-10", "2,2026-05-01,A,1,10", "2,2026-05-20,A,1,10"]
    checked = check([csv_of(tmp_path, *rows)], tmp_path / "x", mapping())
    assert (column(checked, "order_id"), len(checked.rejects)) == (["1", "1"], 2)


def test_invisible_characters_and_accents_in_two_pieces_make_no_other_heading(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "1,2026-05-01,A,1,10", headings=("id", "at", "sku", "Me\u0301nge", "\ufeffAmount\u00a0"))
    assert len(check([path], tmp_path / "x", mapping(quantity="'M\u00e9nge'")).good) == 1


def test_orders_and_items_are_joined_out_of_two_sheets_of_one_workbook(tmp_path: Path) -> None:
    items = [("id", "sku", "n", "amount"), (1, "A", 1, 10), (2, "A", 1, 5)]
    path = workbook(tmp_path, {"Items": items, "Orders": [("no", "day"), (1, "2026-05-01"), (2, "2026-05-02")]})
    table = """files = "order_lines*"
sheets = "Items"
[tables.order_lines.lookups.orders]
files = "order_lines*"
sheets = "Orders"
key = "no"
to = "id"
aliases = { at = ["time", "day"] }"""
    checked = check([path], tmp_path / "x", mapping(table, ordered_at="'orders.at'"))
    assert [day.day for day in column(checked, "ordered_at")] == [1, 2]


def test_a_column_to_fill_down_that_is_not_there_is_said(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "1,2026-05-01,A,1,10")
    checked = check([path], tmp_path / "x", mapping("fill_down = { columns = ['id', 'dat'] }"))
    assert "names a column 'dat' that is not in every file" in " ".join(map(str, checked.table.warnings))


def test_units_of_a_kits_part_that_are_rounded_are_said(tmp_path: Path) -> None:
    (tmp_path / "kits.csv").write_text("kit,component,quantity\nSET,A,0.333\nSET,B,1\n")
    path = csv_of(tmp_path, "1,2026-05-01,SET,0.333,10")
    checked = check(
        [path, tmp_path / "kits.csv"], tmp_path / "x", mapping("files = 'order*'\nkits = { files = 'kits*' }")
    )
    assert sorted(str(row["quantity"]) for row in checked.good) == ["0.111", "0.333"]
    assert "1 of these have units of more than three decimals" in " ".join(map(str, checked.table.warnings))
