"""Where a table lies in a file: lines above and below it, rows within it that are no rows, archives, sheets."""

import gzip
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from shopkeeper.errors import Refused
from shopkeeper.imports.job import Outcome, import_files
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.imports.readers.packed import unpacked
from tests.imports.conftest import HEADER, IDENTITY, SHOP, Checked

ONE = "1,2026-05-01 10:00:00,A,2,19.90,ann,sale,CNY"
TWO = "2,2026-05-02 10:00:00,B,1,10.00,bob,sale,CNY"
COLUMNS = {name: name for name in HEADER.split(",")}


def mapped(**layout: Any) -> Any:
    lines = {"files": "*", "columns": COLUMNS, **layout}
    return parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": lines}})


@pytest.mark.parametrize(
    ("lines", "layout"),
    [
        (["Report, made by a till", "", HEADER, ONE, TWO], {"skip_rows": 2}),
        (["Report, made by a till", "", HEADER, ONE, TWO], {"header": ["order_id", "net_amount"]}),
        ([HEADER, ONE, TWO, "Total,29.90", "made on 2026-06-01"], {"footer_rows": 2}),
        ([HEADER, ONE, "Total,,,,29.90,,,", TWO], {"leave_out": {"order_id": ["Total", "Sum"]}}),
        (["sep=,", HEADER, ONE, TWO], {}),
        (["sep=;", *(line.replace(",", ";") for line in (HEADER, ONE, TWO))], {}),
        (["Title;of;many;more;parts;than;the;table;has", HEADER, ONE, TWO, "end"], {"skip_rows": 1, "footer_rows": 1}),
    ],
)
def test_only_the_table_is_read(lines: list[str], layout: dict[str, Any], check_text: Callable[..., Checked]) -> None:
    checked = check_text("\n".join((*lines, "")), mapping=mapped(**layout))
    assert [row["order_id"] for row in checked.good] == ["1", "2"]
    assert not checked.rejects


def test_rows_left_out_are_counted_and_said(check_text: Callable[..., Checked]) -> None:
    checked = check_text(f"{HEADER}\n{ONE}\nTotal,,,,19.90,,,\n", mapping=mapped(leave_out={"order_id": "Total"}))
    assert "1 rows were left out, as the mapping says, because 'order_id' is 'Total'" in str(checked.table.warnings[0])


@pytest.mark.parametrize(
    ("layout", "sentence"),
    [
        ({"skip_rows": 1, "header": ["a"]}, "skip_rows and header both say where the header is"),
        ({"skip_rows": -1}, "skip_rows is a whole number from 0 to 1,000"),
        ({"header": ["no such heading"]}, "none of its first 1,000 rows holds the headings 'no such heading'"),
        ({"leave_out": {"nothing": ["x"]}}, "has no column 'nothing', by which the mapping leaves rows out"),
    ],
)
def test_a_layout_that_cannot_hold_is_refused(
    layout: dict[str, Any], sentence: str, check_text: Callable[..., Checked]
) -> None:
    with pytest.raises(Refused) as refusal:
        check_text(f"{HEADER}\n{ONE}\n", mapping=mapped(**layout))
    assert sentence in str(refusal.value)


def test_of_two_equal_headings_the_mapping_says_which(check_text: Callable[..., Checked]) -> None:
    text = f"{HEADER},note,note\n{ONE},first,second\n"
    checked = check_text(text, mapping=mapped(columns={**COLUMNS, "product_name": "note [2]"}))
    assert checked.good[0]["product_name"] == "second"


def test_of_two_equal_headings_none_is_guessed(check_text: Callable[..., Checked]) -> None:
    with pytest.raises(Refused, match="several columns are called 'note'"):
        check_text(f"{HEADER},note,note\n{ONE},a,b\n", mapping=mapped(columns={**COLUMNS, "product_name": "note"}))


# --- archives -------------------------------------------------------------------------------------------------------


def archive(path: Path, members: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in members.items():
            opened.writestr(name, text)
    return path


def imported(given: Path, lake: Path) -> Outcome:
    return import_files([given], parse_mapping("test", IDENTITY), lake)


def test_what_is_inside_a_zip_is_read_and_junk_is_not(tmp_path: Path) -> None:
    members = {
        "order_lines/may.csv": f"{HEADER}\n{ONE}\n",
        "order_lines/june.csv": f"{HEADER}\n{TWO}\n",
        "__MACOSX/order_lines/._may.csv": "\0\1",
        "about.txt": "hello",
    }
    outcome = imported(archive(tmp_path / "export.zip", members), tmp_path / "lake")
    assert outcome.tables[0].rows_published == 2
    assert [source.name for source in outcome.version.sources if source.rows] == [
        "export.zip/order_lines/june.csv", "export.zip/order_lines/may.csv",
    ]  # fmt: skip
    assert "about.txt belongs to no table" in "\n".join(map(str, outcome.warnings))


def test_a_zip_in_a_folder_and_a_gzip_alone_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    archive(folder / "order_lines.zip", {"order_lines.csv": f"{HEADER}\n{ONE}\n"})
    assert imported(folder, tmp_path / "lake").tables[0].rows_published == 1
    packed_file = tmp_path / "order_lines.csv.gz"
    packed_file.write_bytes(gzip.compress(f"{HEADER}\n{ONE}\n{TWO}\n".encode()))
    assert imported(packed_file, tmp_path / "second").tables[0].rows_published == 2


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"../order_lines.csv": HEADER}, "which is not read out of an archive"),
        ({"inner.zip": "PK"}, "which is not read out of an archive"),
        ({}, "has no file in it"),
        ({f"{number}.csv": "" for number in range(1001)}, "holds 1,001 files; at most 1,000 are read"),
        ({"order_lines.csv": "0" * 12_000_000}, "unpacks to more than 10 MB"),
    ],
)
def test_an_archive_that_may_do_harm_is_refused(members: dict[str, str], sentence: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "export.zip", members)
    with pytest.raises(Refused) as refusal, unpacked([path]):
        pass
    assert sentence in str(refusal.value)


def test_a_damaged_archive_is_refused_and_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / "export.zip"
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(Refused, match="is damaged, or has a password"), unpacked([path]):
        pass
    assert list(tmp_path.iterdir()) == [path]


# --- workbooks ------------------------------------------------------------------------------------------------------


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]], hidden: tuple[str, ...] = ()) -> Path:
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if name in hidden:
            sheet.hide()
    book.close()
    return path


def test_an_order_in_two_sheets_is_rejected_and_hidden_sheets_are_named(tmp_path: Path) -> None:
    rows = [HEADER.split(","), ONE.split(",")]
    path = workbook(tmp_path / "order_lines.xlsx", {"May": [*rows, TWO.split(",")], "Copy": rows}, hidden=("Copy",))
    outcome = imported(path, tmp_path / "lake")
    assert (outcome.tables[0].rows_published, outcome.rows_rejected) == (1, 2)
    assert "order_lines.xlsx, sheet May and in order_lines.xlsx, sheet Copy" in str(outcome.broken_rules[0].sentence())
    assert "2 of 2 sheets were read (May, Copy), of which Copy are hidden" in "\n".join(map(str, outcome.warnings))


def test_a_number_shows_the_zeros_that_its_format_shows(tmp_path: Path) -> None:
    path = tmp_path / "order_lines.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(1, 1, HEADER.split(","))
    sheet.write_row(2, 1, ONE.split(","))
    sheet.write_number(2, 3, 123, book.add_format({"num_format": "00000"}))
    book.close()
    outcome = import_files([path], mapped(skip_rows=0), tmp_path / "lake")
    (file,) = outcome.version.files("order_lines")
    assert pl.read_parquet(file)["sku"].to_list() == ["00123"]
