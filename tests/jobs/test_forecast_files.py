"""Runs beside the versions: whole or not at all, replaced in one step, removed with their version."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shopkeeper.contract.forecasts import FORECAST_TABLES
from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.engine.duckdb import open_version
from shopkeeper.errors import Refused
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file as mapping_file
from shopkeeper.jobs.forecast import files, record
from shopkeeper.jobs.forecast import run as forecast_run
from shopkeeper.jobs.forecast.job import forecast_history
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.lake.version import Version
from shopkeeper.progress import Cancelled, Progress
from tests.shops.forecast import demand_history
from tests.shops.in_memory import frame, line


@pytest.fixture
def version(tmp_path: Path) -> Version:
    file = tmp_path / "order_lines.parquet"
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(80)]
    frame(
        ORDER_LINES, [line("ann", day, ship_to_region="north", quantity=1 + day.day % 3) for day in days]
    ).write_parquet(file)
    return job.import_files([file], mapping_file.load("sample"), tmp_path / "data").version


@pytest.fixture
def run() -> Run:
    return forecast_history(demand_history([("A", "tea", "north", np.full(60, 2.0))]))


def test_a_version_without_a_run_has_empty_tables(version: Version) -> None:
    assert files.current_run(version) is None
    assert files.summary(version) is None
    assert files.table_files(version) == {}


def test_a_run_is_read_as_it_was_written(version: Version, run: Run) -> None:
    files.write(version, run)
    assert files.summary(version) == run.summary
    for name, file in files.table_files(version).items():
        assert pl.read_parquet(file).equals(run.tables[name]), name


def test_the_next_run_takes_its_place_and_the_last_but_one_is_removed(version: Version, run: Run) -> None:
    runs = [files.write(version, Run(run.tables, {**run.summary, "number": number})) for number in range(3)]
    assert files.summary(version) == {**run.summary, "number": 2}
    assert not runs[0].exists()
    assert runs[2].is_dir()
    assert len([folder for folder in runs[2].parent.iterdir() if folder.is_dir()]) == files.KEPT_RUNS


@pytest.mark.parametrize("broken", ["{", "[]", '{"format": 0, "run": "x"}', '{"format": 1, "run": "gone"}'])
def test_a_pointer_that_points_nowhere_is_no_run(version: Version, run: Run, broken: str) -> None:
    made = files.write(version, run)
    (made.parent / files.POINTER).write_text(broken, encoding="utf-8")
    assert files.current_run(version) is None


def test_runs_of_versions_that_are_gone_are_removed(version: Version, run: Run) -> None:
    made = files.write(version, run)
    root = version.path.parent.parent
    orphan = root / "forecasts" / "20200101T000000Z-000000" / "a run"
    shutil.copytree(made, orphan)
    assert files.prune(root) == ["20200101T000000Z-000000"]
    assert made.is_dir()


def test_where_nothing_can_be_written_the_run_before_stays(version: Version, run: Run) -> None:
    made = files.write(version, run)
    lost = {name: frame for name, frame in run.tables.items() if name != "event_factors"}
    with pytest.raises(KeyError):
        files.write(version, Run(lost, {}))
    assert files.current_run(version) == made
    home = made.parent
    shutil.rmtree(home)
    home.write_text("in the way", encoding="utf-8")
    with pytest.raises(Refused, match="Make room or give access"):
        files.write(version, run)


def test_the_job_makes_a_run_that_pages_can_read_and_takes_over_what_did_not_change(version: Version) -> None:
    first = forecast_run.make(version)
    query = open_version(version, made=files.table_files(version))
    assert query("jobs/forecast/items").height > 0
    query.close()
    again = forecast_run.make(version)
    assert first.summary["reused"] == 0
    assert again.summary["reused"] == again.summary["series"] > 0
    assert set(again.tables) == set(FORECAST_TABLES)
    assert json.loads((files.table_files(version)["forecasts"].parent / "run.json").read_text()) == again.summary


def test_a_job_called_off_leaves_the_run_before_in_use(version: Version) -> None:
    forecast_run.make(version)
    before = files.current_run(version)
    with pytest.raises(Cancelled):
        forecast_run.make(version, Progress(cancelled=lambda: True))
    assert files.current_run(version) == before


def said(root: Path) -> dict[str, list[date]]:
    return {part: record.kept_days(root, part) for part in (record.UPPER, record.LOWEST)}


def run_of(as_of: date, units: float) -> Run:
    return forecast_history(demand_history([("A", "tea", "north", np.full(60, units))], as_of=as_of))


def test_what_was_said_on_a_day_outlives_versions_and_what_is_made_afterwards(version: Version) -> None:
    """Three days are forecast; then the first again by a newer program, after a roll-back."""
    root, days = version.path.parents[1], [date(2024, 3, 1), date(2024, 3, 8), date(2024, 3, 15)]
    for day, units in zip(days, (2.0, 3.0, 4.0), strict=True):
        record.keep(root, run_of(day, units), day)
    assert said(root) == {"upper": days, "region_sku": days}
    record.keep(root, run_of(days[0], 9.0), days[0])
    shutil.rmtree(root / "forecasts", ignore_errors=True)
    rows = record.before(root, date(2024, 3, 20)).filter(pl.col("level") == "shop").sort("cutoff")
    assert rows["cutoff"].to_list() == days
    assert [weeks[0] for weeks in rows["units"]] == pytest.approx([14, 21, 28])
    assert record.before(root, days[1])["cutoff"].unique().to_list() == [days[0]]


def test_a_day_that_is_forecast_again_before_the_next_says_what_it_said_last(version: Version) -> None:
    root, day = version.path.parents[1], date(2024, 3, 1)
    for units in (2.0, 3.0):
        record.keep(root, run_of(day, units), day)
    rows = record.before(root, date(2024, 3, 2)).filter(pl.col("level") == "shop")
    assert rows["units"].to_list()[0][0] == pytest.approx(21)


def test_items_in_regions_are_kept_of_the_last_runs_and_a_week_is_shown_once(version: Version) -> None:
    root, first = version.path.parents[1], date(2024, 3, 1)
    rows = run_of(first, 2.0)
    for number in range(20):
        record.keep(root, rows, first + timedelta(days=number))
    kept = said(root)
    assert (len(kept["upper"]), len(kept["region_sku"])) == (20, record.KEPT_LOWEST)
    shown = record.before(root, first + timedelta(days=20)).filter(pl.col("level") == "shop")
    assert [(first + timedelta(days=19) - day).days for day in shown["cutoff"]] == [0, 7, 14]


def test_a_run_hands_pages_what_was_said_before_its_day(version: Version, run: Run) -> None:
    before = version.as_of - timedelta(days=14)
    record.keep(version.path.parents[1], run_of(before, 2.0), before)
    files.write(version, run)
    rows = pl.read_parquet(files.table_files(version)["past_forecasts"])
    assert rows["cutoff"].unique().to_list() == [version.as_of - timedelta(days=14)]


def test_a_run_of_another_program_is_outdated_and_no_run_is_not(version: Version, run: Run) -> None:
    assert not files.is_outdated(version)
    made = files.write(version, run)
    assert not files.is_outdated(version)
    (made.parent / files.POINTER).write_text(json.dumps({"format": 0, "run": made.name}), encoding="utf-8")
    assert files.is_outdated(version)
