"""XLSX: every cell as it was meant, and nothing that a workbook can do takes the program down."""

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.file import load, parse_mapping
from shopkeeper.imports.readers import files, workbook
from tests.imports.conftest import IDENTITY, check

NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def write(path: Path, *sheets: tuple[str, Sequence[Sequence[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def forge(path: Path, sheet: bytes) -> Path:
    """A workbook around the XML of one sheet."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type='
        f'"{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {NAMESPACE} xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type='
        f'"{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return path


def sheet(rows: bytes, before: bytes = b"", declaration: bytes = b"") -> bytes:
    return (
        declaration + f"<worksheet {NAMESPACE}>".encode() + before + b"<sheetData>" + rows + b"</sheetData></worksheet>"
    )


def cell(at: str, value: str = "1") -> bytes:
    return f'<c r="{at}"><v>{value}</v></c>'.encode()


def test_dates_numbers_and_text_arrive_as_they_were_meant(tmp_path: Path) -> None:
    header = ["order_id", "ordered_at", "sku", "quantity", "net_amount", "customer_id", "product_name"]
    path = write(tmp_path / "order_lines.xlsx", ("Orders", [
        header,
        ["007", datetime(2026, 5, 1, 10, 20, 30), "A1", 2, 19.9, 17850, " 连衣裙 "],
        [8, date(2026, 5, 2), "B2", -1.0, -0.1 - 0.2, None, "=1+1 is text\n"],
        [None] * 7,
        [9, "2026-05-03 09:00", "C3", 1.2345, 1 / 3, "x", "y"],
    ]))  # fmt: skip
    checked = check([path], tmp_path / "staging")
    assert [row["order_id"] for row in checked.good] == ["007", "8"]
    assert [row["ordered_at"] for row in checked.good] == [datetime(2026, 5, 1, 10, 20, 30), datetime(2026, 5, 2)]
    assert [str(row["net_amount"]) for row in checked.good] == ["19.9000", "-0.3000"]
    assert [row["customer_id"] for row in checked.good] == ["17850", None]
    assert checked.good[0]["product_name"] == "连衣裙"
    assert checked.rules() == [(4, "net_amount", "amount"), (4, "quantity", "quantity")]
    assert "order_lines: order_lines.xlsx has 1 empty row; it is not counted." in map(str, checked.table.warnings)


def test_a_cell_that_shows_an_error_is_named_and_not_taken_for_empty(tmp_path: Path) -> None:
    rows = b'<row r="1"><c r="A1" t="inlineStr"><is><t>customer_id</t></is></c><c r="B1" t="inlineStr"><is><t>joined_on'
    rows += (
        b'</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>ann</t></is></c><c r="B2" t="e"><v>#N/A</v></c>'
    )
    path = forge(tmp_path / "customers.xlsx", sheet(rows + b"</row>"))
    checked = check([path], tmp_path / "staging")
    assert "1 cells of joined_on in customers.xlsx could not be read and were left empty, such as '#NA'" in str(
        checked.table.warnings[0]
    )


def test_a_sheet_of_only_a_header_has_no_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "customers.xlsx", ("S", [["customer_id"]]))
    checked = check([path], tmp_path / "staging")
    assert (checked.table.rows_in, list(checked.good)) == (0, [])
    assert tuple(map(str, checked.table.warnings)) == ("customers: its files hold no rows.",)


def test_all_sheets_with_the_same_header_are_read_and_others_refused(tmp_path: Path) -> None:
    lines = [["customer_id", "region"], ["ann", "上海"]]
    path = write(tmp_path / "customers.xlsx", ("2025", lines), ("2026", [lines[0], ["bob", "北京"]]))
    assert [row["customer_id"] for row in check([path], tmp_path / "one").good] == ["ann", "bob"]
    write(path, ("2025", lines), ("Notes", [["read me"]]))
    with pytest.raises(Refused, match="sheets have different columns"):
        check([path], tmp_path / "two")


def test_declared_date_formats_do_not_reject_real_date_cells(tmp_path: Path) -> None:
    header = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
    path = write(tmp_path / "online_retail_II.xlsx", ("Year 2010-2011", [
        header,
        [536365, "85123A", "HOLDER", 6, datetime(2010, 12, 1, 8, 26), 2.55, 17850, "United Kingdom"],
        ["C536379", "D", "Discount", -1, "1/12/2010 09:41", 27.5, None, "France"],
    ]))  # fmt: skip
    checked = check([path], tmp_path / "staging", load("online_retail"))
    assert not checked.rejects
    assert [(row["order_id"], row["status"], str(row["net_amount"])) for row in checked.good] == [
        ("536365", "sale", "15.3000"), ("C536379", "refund", "-27.5000"),
    ]  # fmt: skip
    assert checked.good[1]["ordered_at"] == datetime(2010, 12, 1, 9, 41)


@pytest.mark.parametrize("kind", [".xls", ".xlsb", ".xlsm", ".ods"])
def test_other_workbooks_are_refused_by_name(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"customers{kind}"
    path.write_bytes(b"anything")
    with pytest.raises(Refused, match=rf"{kind} workbooks are not read"):
        files.find([path], parse_mapping("test", IDENTITY))


LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'lol'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)
BOMBS = {
    "corners": sheet(b'<row r="1">' + cell("A1") + b'</row><row r="1048576">' + cell("XFD1048576") + b"</row>"),
    "declared corners": sheet(b'<row r="1">' + cell("A1") + b"</row>", b'<dimension ref="A1:XFD1048576"/>'),
    "one long cell": sheet(b'<row><c t="inlineStr"><is><t>' + b"A" * 100_000_000 + b"</t></is></c></row>"),
    "laughs": sheet(b'<row><c t="inlineStr"><is><t>&j;</t></is></c></row>', declaration=LAUGHS + b"]>"),
    "outside": sheet(
        b'<row><c t="inlineStr"><is><t>&e;</t></is></c></row>',
        declaration=b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
    ),
    "no sheet": b"not xml <",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_a_sentence(name: str, tmp_path: Path) -> None:
    path = forge(tmp_path / "customers.xlsx", BOMBS[name])
    with pytest.raises(Refused) as refusal:
        check([path], tmp_path / "staging")
    assert str(refusal.value).startswith("customers.xlsx")


def test_a_file_that_only_calls_itself_a_workbook_is_refused(tmp_path: Path) -> None:
    for content in (b"a,b\n1,2\n", b"\xd0\xcf\x11\xe0" + bytes(600), b"PK\x03\x04" + bytes(100)):
        path = tmp_path / "customers.xlsx"
        path.write_bytes(content)
        with pytest.raises(Refused, match="not a sound"):
            workbook.inspect(path, path.name)


def test_every_bad_workbook_is_read_or_refused(bad_input: Path, tmp_path: Path) -> None:
    def told(path: Path) -> str:
        target = tmp_path / f"{path.name}.parquet"
        try:
            strings = workbook.stage(path, path.name, target)
        except Refused as refusal:
            return str(refusal)
        with duckdb.connect() as connection:
            found = len(connection.read_parquet(str(target)).fetchall())
        return f"{path.name} is read" if found == strings.rows else "rows were lost"

    paths = sorted((bad_input / "frictionless").rglob("*.xlsx"))[::2]  # each costs a process
    with ThreadPoolExecutor(max_workers=2) as pool:
        answers = list(pool.map(told, paths))
    assert all(answer.startswith(path.name) for answer, path in zip(answers, paths, strict=True))
    assert sum(answer.endswith("is read") for answer in answers) > 4


def test_the_program_itself_never_imports_a_workbook_reader() -> None:
    code = "import sys, shopkeeper.imports; assert not {'fastexcel', 'openpyxl'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
