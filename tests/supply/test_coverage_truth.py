"""Statuses of the sample shop, as told on a day of its past, against what then came: the truth behind it is known."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.forecast import files, run
from shopkeeper.supply import serving
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.coverage.status import by_day
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.filters import GoodsFilters
from tests.paths import SAMPLE

AS_OF, DAYS = date(2026, 8, 1), 80


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    root = tmp_path_factory.mktemp("past") / "lake"
    version = job.import_files([SAMPLE], file.load("sample"), root, as_of=AS_OF).version
    run.make(version)
    engine = open_version(version, made=files.table_files(version))
    yield engine
    engine.close()


def days_after(column: str) -> pl.Expr:
    return (pl.col(column) - AS_OF).dt.total_days().alias("days")


def landed(query: Engine) -> pl.DataFrame:
    """What was on its way on that day and when it really came, shared out as Coverage shares it."""
    lines = pl.read_parquet(query.version.files("inbound")).filter(
        pl.col("ordered_on") <= AS_OF, pl.col("received_on") > AS_OF
    )
    lines = lines.select("sku", days_after("received_on"), location="location_id", units="quantity")
    stands = query("supply/serving_locations").select("location", "region")
    shares = serving.shares(query, demand.used(query, GoodsFilters()))
    places = lines.select("location", "sku").unique().join(stands, on="location")
    parts = serving.parts(shares, places)
    return lines.join(parts, on=["location", "sku"]).with_columns(units=pl.col("units") * pl.col("part"))


def broken_promises(query: Engine) -> list[str]:
    """Items of suppliers one of whose deliveries of that day came more than six weeks late, which no page can see."""
    lines = pl.read_parquet(query.version.files("inbound")).filter(
        pl.col("ordered_on") <= AS_OF, pl.col("received_on") - pl.col("due_on") > timedelta(days=42)
    )
    products = pl.read_parquet(SAMPLE / "products.parquet")
    late = products.join(lines.filter(pl.col("received_on") > AS_OF), on="sku", how="semi")["supplier"].unique()
    return products.filter(pl.col("supplier").is_in(late.to_list()))["sku"].to_list()


@pytest.fixture(scope="module")
def fates(query: Engine) -> pl.DataFrame:
    """Series with status, and whether each was used up before an order placed that day could have landed."""
    rows = coverage.report(query, GoodsFilters()).regions_skus.with_row_index("row")
    queried = pl.read_parquet(SAMPLE / "truth" / "demand.parquet").filter(pl.col("day") > AS_OF)
    keys = rows.select("row", "region", "sku")
    wanted = queried.select("region", "sku", "units", days_after("day")).join(keys, on=["region", "sku"])
    came = landed(query).select("region", "sku", "units", "days").join(keys, on=["region", "sku"])
    gap = by_day(wanted, rows.height, DAYS).cumsum(axis=1) - by_day(came, rows.height, DAYS).cumsum(axis=1)
    gap -= rows["available"].fill_null(0).to_numpy()[:, None]
    last = np.minimum(np.ceil(rows["lead_days"].to_numpy()).astype(int), DAYS) - 2
    worst = np.maximum.accumulate(gap, axis=1)[np.arange(len(gap)), np.maximum(last, 0)]
    return rows.with_columns(ran_out=pl.Series(worst >= -1e-9))


def by_status(fates: pl.DataFrame) -> pl.DataFrame:
    return fates.group_by("status").agg(series=pl.len(), ran_out=pl.col("ran_out").sum())


@pytest.fixture(scope="module")
def outcome(fates: pl.DataFrame) -> pl.DataFrame:
    """By status: series, and how many were used up before an order placed that day could have landed."""
    return by_status(fates)


def total(outcome: pl.DataFrame, column: str) -> float:
    return float(outcome[column].sum())


def rate(outcome: pl.DataFrame, *statuses: str) -> float:
    part = outcome.filter(pl.col("status").is_in(statuses))
    return total(part, "ran_out") / total(part, "series")


def test_what_is_told_to_run_out_runs_out_and_what_is_ok_does_not(outcome: pl.DataFrame) -> None:
    reported = dict(outcome.select("status", "series").iter_rows())
    assert reported["out"] + reported["runs_out"] >= 40
    assert rate(outcome, "out", "runs_out") >= 0.6
    assert rate(outcome, "runs_out") >= 5 * rate(outcome, "ok")
    assert rate(outcome, "order_now") >= 1.5 * rate(outcome, "ok")
    assert rate(outcome, "ok") <= 0.1
    assert rate(outcome, "excess") <= 0.02


def test_of_what_is_ok_little_runs_out_where_suppliers_keep_their_word(query: Engine, fates: pl.DataFrame) -> None:
    kept = fates.filter(~pl.col("sku").is_in(broken_promises(query)))
    assert kept.height >= 0.75 * fates.height
    assert rate(by_status(kept), "ok") <= 0.08


def test_most_of_what_runs_out_was_told_to_be_out_running_out_or_to_be_ordered(outcome: pl.DataFrame) -> None:
    queried = outcome.filter(pl.col("status").is_in(["out", "runs_out", "order_now", "ok", "excess"]))
    warned = queried.filter(pl.col("status").is_in(["out", "runs_out", "order_now"]))
    assert total(warned, "ran_out") >= 0.5 * total(queried, "ran_out")
    assert total(warned, "series") <= 0.35 * total(queried, "series")


def test_locations_told_to_be_out_stay_out_more_often_than_others_become_so(query: Engine) -> None:
    """Held against the snapshots that followed, until an order could have landed."""
    rows = coverage.locations(query, GoodsFilters())
    later = pl.read_parquet(SAMPLE / "stock_snapshots.parquet").filter(pl.col("day") > AS_OF)
    seen = later.select("sku", "on_hand", days_after("day"), location="location_id").join(rows, on=["location", "sku"])
    seen = seen.filter(pl.col("days") < pl.col("lead_days").ceil())
    empty = seen.group_by("location", "sku", "status").agg(ran_out=(pl.col("on_hand") <= 0).any())
    result = empty.group_by("status").agg(series=pl.len(), ran_out=pl.col("ran_out").sum())
    assert rate(result, "out", "runs_out") >= 0.6
    assert rate(result, "ok") <= 0.1
    assert rate(result, "excess") <= 0.02
