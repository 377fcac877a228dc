import csv
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from shopkeeper.exports import About, to_csv
from shopkeeper.exports.csv_file import ABOUT_COLUMNS
from tests.examples import MORE

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BLANKS = " \u00a0\u3000\u200b\u2060\ufeff"


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


def without_about(content: bytes, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.read_csv(BytesIO(content), schema_overrides=schema).drop(ABOUT_COLUMNS)


def test_no_text_cell_header_or_about_runs_as_a_formula(naughty: tuple[str, ...], about: About) -> None:
    hostile = replace(about, version="=1+1", filters=(("=a", "=b"),), definitions=(("\ufeff@a", "b"),))
    values, headers = pl.DataFrame({"text": naughty}), pl.DataFrame(dict.fromkeys(naughty, ("=1+1",)))
    cells = [cell for frame in (values, headers) for row in rows(to_csv(frame, hostile)) for cell in row]
    assert len(cells) > 3 * len(naughty)
    assert not [cell for cell in cells if cell.lstrip(BLANKS).startswith(TRIGGERS)]


def test_harmless_texts_are_not_altered(about: About) -> None:
    texts = ["0001", "1e5", "http://x.test/a", '"=1+1"', "a,b", "a\r\nb", "a\rb", "女装", "{=1}", "%0A=1", "", "'"]
    assert [row[0] for row in rows(to_csv(pl.DataFrame({"text": texts}), about))[1:]] == texts


def test_an_escaped_text_is_the_text_after_an_apostrophe(about: About) -> None:
    assert rows(to_csv(pl.DataFrame({"text": ["=1+1", "-12.5", " @x"]}), about))[1][0] == "'=1+1"


def test_negative_numbers_stay_numbers_and_their_sum_stays(about: About) -> None:
    frame = pl.DataFrame({"amount": [-12.5, 3.25, -0.1], "exact": [Decimal("-9747747.93"), Decimal("0.01"), None]})
    content = to_csv(frame, about)
    assert pl.read_csv(BytesIO(content))["amount"].sum() == frame["amount"].sum()
    assert sum(Decimal(row[1]) for row in rows(content)[1:] if row[1]) == Decimal("-9747747.92")


def test_types_and_chinese_read_back_through_polars(about: About) -> None:
    frame = pl.DataFrame(
        {
            "cohort": [date(2026, 1, 1), None, date(1899, 12, 31)],
            "at": [datetime(2026, 1, 1, 12, 30), datetime(2026, 1, 1, 0, 0, 0, 250_000), None],
            "mature": [True, None, False],
            "size": [10**18, -1, None],
            "rate": [0.1, None, 1 / 3],
            "region": ["浙江", None, ""],
        }
    )
    assert_frame_equal(without_about(to_csv(frame, about), dict(frame.schema)), frame)


def test_excel_sees_a_byte_order_mark_and_the_header_first(about: About) -> None:
    content = to_csv(pl.DataFrame({"cohort": [1]}), about)
    assert content.startswith(b"\xef\xbb\xbfcohort,about_as_of,")


def test_every_row_says_as_of_version_and_filters_and_the_first_the_definitions(about: About) -> None:
    table = rows(to_csv(pl.DataFrame({"n": [1, 2]}), about))
    assert table[0][1:] == list(ABOUT_COLUMNS)
    assert [row[1:4] for row in table[1:]] == [
        ["2026-10-21", about.version, "Bought in category: 女装, =1+1; Acquired in channel: app"]
    ] * 2
    assert [row[4] for row in table[1:]] == ["Exact: The customer bought in period k itself.", ""]


def test_a_view_of_everything_says_so(about: About) -> None:
    assert rows(to_csv(pl.DataFrame({"n": [1]}), replace(about, filters=())))[1][3] == "No filters: the whole shop"


def test_an_empty_table_is_its_header(about: About) -> None:
    assert rows(to_csv(pl.DataFrame(schema={"n": pl.Int64}), about)) == [["n", *ABOUT_COLUMNS]]


def test_times_with_a_zone_keep_it(about: About) -> None:
    frame = pl.DataFrame({"at": [datetime(2026, 1, 1, 4)]}).select(pl.col("at").dt.replace_time_zone("Asia/Shanghai"))
    assert rows(to_csv(frame, about))[1][0] == "2026-01-01 04:00:00+08:00"


@pytest.mark.parametrize("column", [pl.Series("list", [[1]]), pl.Series("about_as_of", [1])])
def test_columns_that_a_csv_cannot_carry_are_named(column: pl.Series, about: About) -> None:
    with pytest.raises(ValueError, match=column.name):
        to_csv(column.to_frame(), about)


@MORE
@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.dates(date(1000, 1, 1)),
            st.none() | st.text(st.characters(codec="utf-8"), min_size=1),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_table_reads_back_equal_but_for_the_apostrophes(
    about: About, values: list[tuple[int | None, float | None, date | None, str | None]]
) -> None:
    schema: dict[str, pl.DataType] = {"i": pl.Int64(), "f": pl.Float64(), "d": pl.Date(), "t": pl.String()}
    frame = pl.DataFrame(values, schema=schema, orient="row")
    content = to_csv(frame, about)
    back = without_about(content, schema)
    assert_frame_equal(back.drop("t"), frame.drop("t"), check_exact=True)
    for written, (*_, text), read in zip(back["t"], values, rows(content)[1:], strict=True):
        assert written in {text, f"'{text}"}
        assert read[3] == (written or "")
