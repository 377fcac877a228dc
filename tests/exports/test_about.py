from dataclasses import replace

import polars as pl
import pytest

from shopkeeper.exports import About, file_name, to_csv, to_parquet, to_xlsx


@pytest.mark.parametrize("write", [to_csv, to_xlsx, to_parquet])
def test_tables_that_differ_in_one_middle_cell_get_different_names(write: object, about: About) -> None:
    frame = pl.DataFrame({"customer": [f"C{number:05}" for number in range(4000)], "value": 1.0})
    other = frame.with_columns(value=pl.when(pl.int_range(pl.len()) == 2000).then(2.0).otherwise(pl.col("value")))
    assert callable(write)
    names = [file_name("customers", about, "csv", write(table, about)) for table in (frame, other, frame)]
    assert names[0] == names[2] != names[1]


def test_a_name_says_report_choices_as_of_and_content(about: About) -> None:
    name = file_name("retention", about, "csv", b"content", ("month", "exact"))
    assert name == "retention_month_exact_2026-10-21_ed7002b439e9.csv"


def test_a_name_is_safe_in_every_folder(naughty: tuple[str, ...], about: About) -> None:
    for text in naughty:
        name = file_name(text, about, "csv", b"", (text,))
        assert not set(name) & set('/\\:*?"<>|=+@') and name.isprintable() and not name.startswith((".", "-"))  # noqa: PT018


def test_the_same_about_reads_in_either_language(about: About) -> None:
    english, chinese = dict(about.facts()), dict(replace(about, language="zh_CN").facts())
    assert english["Rejected rows"] == chinese["拒收行数"] == "1,234"
    assert replace(about, language="zh_CN", filters=()).filter_text() == "未筛选：全店数据"
