import json
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from polars.testing import assert_frame_equal

from shopkeeper.errors import Refused
from shopkeeper.exports import About, write

FRAME = pl.DataFrame({"cohort": [date(2026, 1, 1), None], "value": [-1.5, None], "region": ["浙江", "=1+1"]})


def test_the_suffix_chooses_the_format(tmp_path: Path, about: About) -> None:
    for suffix in ("csv", "xlsx", "PARQUET"):
        write(tmp_path / f"report.{suffix}", FRAME, about)
    assert pl.read_csv(tmp_path / "report.csv", try_parse_dates=True)["cohort"].to_list() == FRAME["cohort"].to_list()
    assert load_workbook(tmp_path / "report.xlsx").sheetnames == ["Retention", "About"]
    assert_frame_equal(pl.read_parquet(tmp_path / "report.PARQUET"), FRAME)


def test_parquet_carries_the_about_in_its_metadata(tmp_path: Path, about: About) -> None:
    write(tmp_path / "report.parquet", FRAME, about)
    reported = json.loads(pq.read_metadata(tmp_path / "report.parquet").metadata[b"shopkeeper"])
    assert reported["filters"] == [["Bought in category", "女装, =1+1"], ["Acquired in channel", "app"]]
    assert (reported["as_of"], reported["version"]) == ("2026-10-21", about.version)


def test_another_suffix_is_refused_with_the_three_that_work(tmp_path: Path, about: About) -> None:
    with pytest.raises(Refused, match=r"report\.xls ends in none of \.csv, \.xlsx, \.parquet"):
        write(tmp_path / "report.xls", FRAME, about)


def test_a_missing_folder_is_refused_with_a_sentence(tmp_path: Path, about: About) -> None:
    with pytest.raises(Refused, match="choose a folder"):
        write(tmp_path / "nowhere" / "report.csv", FRAME, about)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, about: About, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.csv"
    target.write_text("old")

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(Refused, match="No space left"):
        write(target, FRAME, about)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.csv", "old")]
