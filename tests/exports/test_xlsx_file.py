import re
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape

from shopkeeper import i18n
from shopkeeper.contract.table import Column
from shopkeeper.errors import Refused
from shopkeeper.exports import About, to_xlsx
from shopkeeper.exports.xlsx_file import MAX_ROWS, MAX_TEXT, sheet_name
from shopkeeper.measures.measure import Format


def headed(name: str, label: str, format: Format | None = None) -> Column:  # noqa: A002
    return Column(name, "DOUBLE", label=label, format=format)


def opened(content: bytes) -> Workbook:
    return load_workbook(BytesIO(content))


def column(content: bytes, name: str) -> list[object]:
    table = list(opened(content).worksheets[0].values)
    return [row[table[0].index(name)] for row in table[1:]]


def about_sheet(content: bytes) -> dict[object, object]:
    return {row[0]: row[1] for row in opened(content)["About"].values}


def test_naughty_texts_become_no_formula_link_or_outside_reference(naughty: tuple[str, ...], about: About) -> None:
    frame = pl.DataFrame(dict.fromkeys(naughty[:40], naughty))
    for text in naughty[:40]:
        pairs = ((text, text),)
        hostile = replace(about, title=text, filters=pairs, definitions=pairs, shop=text, version=text)
        content = to_xlsx(frame.head(1) if text != "=1+1" else frame, hostile, [headed(text, text, "money")])
        with ZipFile(BytesIO(content)) as archive:
            parts = {name: archive.read(name).decode() for name in archive.namelist()}
        assert not [name for name in parts if "externalLink" in name or "worksheets/_rels" in name]
        assert not [name for name, xml in parts.items() if re.search(r"<f[ >/]|<hyperlink|TargetMode", xml)]


def test_texts_read_back_as_they_are(naughty: tuple[str, ...], about: About) -> None:
    plain = [text for text in naughty if not re.search(r"[\x00-\x1f\x7f\x85\ufffe\uffff]|_x[0-9A-F]{4}_", text)]
    assert len(plain) > 80
    assert column(to_xlsx(pl.DataFrame({"text": plain}), about), "text") == plain


def test_control_characters_are_kept_in_excels_own_writing(about: About) -> None:
    texts = ["\x00", "\x1b[31m", "a\rb", "_x000D_"]
    assert [unescape(str(cell)) for cell in column(to_xlsx(pl.DataFrame({"text": texts}), about), "text")] == texts


def test_numbers_days_times_and_booleans_keep_their_types(about: About) -> None:
    frame = pl.DataFrame(
        {
            "cohort": [date(2026, 1, 1), None],
            "at": [datetime(2026, 1, 1, 12, 30), None],
            "clock": [time(23, 59), None],
            "mature": [True, None],
            "size": [-10, None],
            "rate": [0.125, None],
            "revenue": [Decimal("-9747747.9300"), None],
            "region": ["浙江", None],
        }
    )
    first, second = list(opened(to_xlsx(frame, about)).worksheets[0].values)[1:]
    assert first == (
        datetime(2026, 1, 1), datetime(2026, 1, 1, 12, 30), time(23, 59), True, -10, 0.125, -9747747.93, "浙江",
    )  # fmt: skip
    assert isinstance(first[3], bool)
    assert second == (None,) * 8


def test_the_sum_of_a_column_with_negatives_is_the_same(about: About) -> None:
    frame = pl.DataFrame({"amount": [-12.5, 3.25, -0.125]})
    assert sum(float(str(cell)) for cell in column(to_xlsx(frame, about), "amount")) == frame["amount"].sum()


def test_what_a_sheet_would_bend_is_written_as_text(about: About) -> None:
    frame = pl.DataFrame(
        {
            "id": [2**63 - 1, -1],
            "day": [date(1899, 12, 31), date(2026, 1, 1)],
            "rate": [float("nan"), float("inf")],
            "count": pl.Series([10**15 - 1, 0], dtype=pl.UInt64),
            "small": pl.Series([255, 0], dtype=pl.UInt8),
        }
    )
    assert list(opened(to_xlsx(frame, about)).worksheets[0].values)[1:] == [
        ("9223372036854775807", "1899-12-31", "nan", 10**15 - 1, 255),
        ("-1", "2026-01-01", "inf", 0, 0),
    ]


def test_number_formats_follow_the_measures(about: About) -> None:
    columns = [
        headed("cohort", "Cohort"), headed("n", "n", "integer"), headed("rate", "Retention rate", "percent"),
        headed("value", "Net revenue", "money"), headed("orders", "Orders", "number"), headed("age", "Age"),
    ]  # fmt: skip
    frame = pl.DataFrame(
        {"cohort": [date(2026, 1, 1)], "n": [1], "rate": [0.5], "value": [1.0], "orders": [1.0], "age": [1]}
    )
    sheet = opened(to_xlsx(frame, about, columns)).worksheets[0]
    assert [cell.number_format for cell in sheet[2]] == [
        "yyyy-mm-dd", "#,##0", "0.0%", '#,##0.00 "CNY"', "#,##0.00", "General",
    ]  # fmt: skip
    yen = opened(to_xlsx(frame, replace(about, currency="JPY"), columns)).worksheets[0]
    assert yen["D2"].number_format == '#,##0 "JPY"'


def test_the_header_is_frozen_filtered_and_holds_machine_names_in_every_language(about: About) -> None:
    frame = pl.DataFrame({"cohort_size": [1, 2]})
    sheet = opened(to_xlsx(frame, replace(about, language="zh_CN"), [headed("cohort_size", "批次人数")])).worksheets[0]
    assert (sheet["A1"].value, sheet.freeze_panes, sheet.auto_filter.ref) == ("cohort_size", "A2", "A1:A3")


def test_the_about_sheet_carries_filters_definitions_as_of_and_version(about: About) -> None:
    reported = about_sheet(to_xlsx(pl.DataFrame({"rate": [0.5]}), about, [headed("rate", "Retention rate", "percent")]))
    assert reported["As of"] == "2026-10-21"
    assert reported["Data version"] == about.version
    assert reported["Published"] == i18n.moment(about.created_at, "Asia/Shanghai")
    assert reported["Rejected rows"] == "1,234"
    assert reported["Identified-order share"] == "87.5%"
    assert reported["Bought in category"] == "女装, =1+1"
    assert reported["Exact"] == "The customer bought in period k itself."
    assert reported["rate"] == "Retention rate"


def test_the_about_sheet_speaks_the_language_of_the_page_even_in_another_thread(about: About) -> None:
    reported = about_sheet(to_xlsx(pl.DataFrame({"n": [1]}), replace(about, language="zh_CN", filters=())))
    assert {"数据截至", "数据版本", "筛选条件"} <= set(reported)


def test_a_filter_longer_than_a_cell_goes_on_in_the_next_row(about: About) -> None:
    skus = ", ".join(f"SKU{number:06}" for number in range(5000))
    content = to_xlsx(pl.DataFrame({"n": [1]}), replace(about, filters=(("SKU", skus),)))
    assert skus in "".join(str(row[1] or "") for row in opened(content)["About"].values)


def test_the_same_table_gives_the_same_bytes(about: About) -> None:
    frame = pl.DataFrame({"n": [1, 2], "text": ["a", "b"]})
    assert to_xlsx(frame, about) == to_xlsx(frame, about)


def test_more_rows_than_a_sheet_holds_are_refused_and_the_csv_is_named(about: About) -> None:
    with pytest.raises(Refused, match=r"1,048,576 rows.*take the CSV"):
        to_xlsx(pl.select(n=pl.int_range(MAX_ROWS + 1)), about)


def test_a_text_longer_than_a_cell_is_refused_not_cut(about: About) -> None:
    with pytest.raises(Refused, match=r"column note.*take the CSV"):
        to_xlsx(pl.DataFrame({"note": ["x" * (MAX_TEXT + 1)]}), about)


def test_an_empty_table_has_a_header(about: About) -> None:
    assert list(opened(to_xlsx(pl.DataFrame(schema={"n": pl.Int64}), about)).worksheets[0].values) == [("n",)]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Retention: month/exact [CNY]?", "Retention  month exact  CNY"),
        ("'quoted'", "quoted"),
        ("About", "Data"),
        ("HISTORY", "Data"),
        ("", "Data"),
        ("留存" * 20, ("留存" * 16)[:31]),
        ("👩" * 20, "👩" * 15),
    ],
)
def test_a_sheet_is_named_after_the_title_within_excels_rules(title: str, name: str) -> None:
    assert sheet_name(title) == name


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(10**15) + 1, 10**15 - 1),
            st.none() | st.dates(date(1900, 3, 1)),
            st.none() | st.booleans(),
            st.none() | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_table_reads_back_equal(
    about: About, values: list[tuple[int | None, date | None, bool | None, str | None]]
) -> None:
    frame = pl.DataFrame(values, schema={"i": pl.Int64, "d": pl.Date, "b": pl.Boolean, "t": pl.String}, orient="row")
    read = list(opened(to_xlsx(frame, about)).worksheets[0].values)[1:]
    assert [(i, day.date() if isinstance(day, datetime) else day, *rest) for i, day, *rest in read] == values
