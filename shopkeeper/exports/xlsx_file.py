"""Tables as XLSX with real types, and a sheet that tells where they come from."""

import re
from collections.abc import Sequence
from datetime import UTC, date, time
from decimal import Decimal
from io import BytesIO
from math import isfinite

import polars as pl
import xlsxwriter
from babel.numbers import get_currency_precision
from xlsxwriter.format import Format as Style
from xlsxwriter.worksheet import Worksheet

from shopkeeper import i18n
from shopkeeper.contract.table import Column
from shopkeeper.errors import Refused
from shopkeeper.exports.about import About
from shopkeeper.i18n import gettext as _
from shopkeeper.messages import message

MAX_ROWS, MAX_COLUMNS, MAX_TEXT = 1_048_575, 16_384, 32_767
EXACT_INTEGERS = 10**15 - 1
FIRST_DAY = date(1900, 3, 1)
ABOUT_SHEET = "About"
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def to_xlsx(frame: pl.DataFrame, about: About, columns: Sequence[Column] = ()) -> bytes:
    """The table on the first sheet under its machine names, `about` on the sheet `About`.

    Numbers, days, times and booleans keep their types; what a sheet cannot hold exactly is written as text: a column
    with integers of more than 15 digits, days before March 1900 or times with a zone; NaN and infinity. Raise
    `Refused` where the sheet is too small for the table, `ValueError` for a type that no cell can hold.
    """
    with i18n.speaking(about.language):
        _refuse_oversize(frame)
    table = frame.select(_exactly(name, type_, frame) for name, type_ in frame.schema.items())
    content = BytesIO()
    with xlsxwriter.Workbook(content, OPTIONS) as book:
        book.set_properties({"title": about.title, "created": about.created_at.astimezone(UTC).replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(sheet_name(about.title))
        styles = {name: book.add_format({"num_format": pattern}) for name, pattern in _patterns(table, about, columns)}
        _write_table(sheet, table, bold, styles)
        _write_about(book.add_worksheet(ABOUT_SHEET), about, columns, bold, wrapped)
    return content.getvalue()


def sheet_name(title: str) -> str:
    """The title without what Excel forbids in a sheet's name, cut to 31 characters."""
    allowed = re.sub(r"[\[\]:*?/\\\x00-\x1f\x7f\ufffe\uffff]+", " ", title)
    name = allowed.encode("utf-16-le")[:62].decode("utf-16-le", "ignore").strip(" '")
    return name if name and name.lower() not in {ABOUT_SHEET.lower(), "history"} else "Data"


def _refuse_oversize(frame: pl.DataFrame) -> None:
    if frame.height > MAX_ROWS or frame.width > MAX_COLUMNS:
        raise Refused(
            message(
                "The table has {rows} rows and {columns} columns, and an XLSX sheet holds {most_rows} and "
                "{most_columns}; take the CSV, which holds them all.",
                rows=i18n.integer(frame.height),
                columns=i18n.integer(frame.width),
                most_rows=i18n.integer(MAX_ROWS),
                most_columns=i18n.integer(MAX_COLUMNS),
            )
        )
    for name in frame.select(pl.col(pl.String)).columns:
        longest = frame[name].str.len_chars().max() or 0
        if isinstance(longest, int) and longest > MAX_TEXT:
            raise Refused(
                message(
                    "The column {name} has a text of {length} characters, and an XLSX cell holds {most}; "
                    "take the CSV, which holds it whole.",
                    name=name,
                    length=i18n.integer(longest),
                    most=i18n.integer(MAX_TEXT),
                )
            )


def _patterns(frame: pl.DataFrame, about: About, columns: Sequence[Column]) -> list[tuple[str, str]]:
    """The number format of each column."""
    decimals = get_currency_precision(about.currency)
    code = about.currency if re.fullmatch("[A-Z]{3}", about.currency) else ""
    money = "#,##0" + ("." + "0" * decimals if decimals else "") + (f' "{code}"' if code else "")
    measured = {
        "integer": "#,##0",
        "number": "#,##0.00",
        # Excel shows as many decimals as there are, and no mark after a whole number, under no other format.
        "quantity": "General",
        "percent": "0.0%",
        "money": money,
        "money_compact": money,
        "days": "#,##0",
    }
    # "@" keeps a text that looks like a formula a text even after somebody edits the cell.
    typed = {pl.String: "@", pl.Date: "yyyy-mm-dd", pl.Datetime: "yyyy-mm-dd hh:mm:ss", pl.Time: "hh:mm:ss"}
    chosen = {column.name: measured[column.format] for column in columns if column.format}
    return [
        (name, typed.get(type_.base_type(), chosen.get(name, "General") if type_.is_numeric() else "General"))
        for name, type_ in frame.schema.items()
    ]


def _exactly(name: str, type_: pl.DataType, frame: pl.DataFrame) -> pl.Expr:
    """The column, as text where a sheet would bend its values."""
    column = pl.col(name)
    if type_.is_nested() or type_ in {pl.Binary, pl.Object, pl.Duration}:
        raise ValueError(f"{name} is a {type_}, which no cell can hold")
    if isinstance(type_, pl.Datetime) and type_.time_zone:
        return column.dt.to_string("iso:strict")
    if type_.is_integer():
        bent = (column < -EXACT_INTEGERS) | (column > EXACT_INTEGERS)
    elif type_ in {pl.Date, pl.Datetime}:
        bent = column < pl.lit(FIRST_DAY).cast(type_)
    else:
        return column
    return column.cast(pl.String) if frame.select(bent.any()).item() else column


def _write_table(sheet: Worksheet, frame: pl.DataFrame, bold: Style, styles: dict[str, Style]) -> None:
    for position, name in enumerate(frame.columns):
        sheet.set_column(position, position, _width(frame[name]))
        sheet.write_string(0, position, name, bold)
    for row, values in enumerate(frame.iter_rows(), start=1):
        for position, (style, value) in enumerate(zip(styles.values(), values, strict=True)):
            _write_cell(sheet, row, position, value, style)
    sheet.freeze_panes(1, 0)
    if frame.width:
        sheet.autofilter(0, 0, frame.height, frame.width - 1)


def _write_cell(sheet: Worksheet, row: int, position: int, value: object, style: Style) -> None:
    match value:
        case None:
            sheet.write_blank(row, position, None, style)
        case bool():
            sheet.write_boolean(row, position, value, style)
        case int() | float() | Decimal() if isfinite(value):
            sheet.write_number(row, position, value, style)
        case date() | time():
            sheet.write_datetime(row, position, value, style)
        case _:
            sheet.write_string(row, position, str(value), style)


def _width(column: pl.Series) -> float:
    """Wide enough for the header and the first rows, within reason."""
    texts = [column.name, *(str(value) for value in column.head(200) if value is not None)]
    return min(60, max(8, 3 + max(sum(2 if ord(letter) > 0x2E80 else 1 for letter in text) for text in texts)))


def _write_about(sheet: Worksheet, about: About, columns: Sequence[Column], bold: Style, wrapped: Style) -> None:
    with i18n.speaking(about.language):
        sections = (
            (about.title, about.facts()),
            (_("Filters"), about.filters or ((_("No filters: the whole shop"), ""),)),
            (_("Definitions"), about.definitions),
            (_("Columns"), tuple((column.name, column.heading()) for column in columns)),
        )
    rows: list[tuple[str, str, Style]] = []
    for heading, pairs in sections:
        if pairs:
            rows += [(heading, "", bold), *((label, value, wrapped) for label, value in pairs), ("", "", wrapped)]
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, 100)
    row = 0
    for label, value, style in rows:
        for start in range(0, max(1, len(label), len(value)), MAX_TEXT):
            sheet.write_string(row, 0, label[start : start + MAX_TEXT], style)
            sheet.write_string(row, 1, value[start : start + MAX_TEXT], style)
            row += 1
