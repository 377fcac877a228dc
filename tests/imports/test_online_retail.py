"""The real orders of a British gift retailer: what was published about them is what we show."""

import json
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.identity import report as identity_report
from shopkeeper.customers.retention.report import View, customers, report
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file as mapping_file
from shopkeeper.lake.version import Version

REAL = os.environ.get("SHOPKEEPER_REAL_DATA")
pytestmark = pytest.mark.skipif(not REAL, reason="SHOPKEEPER_REAL_DATA does not name the folder of real data")
EXPECTED = "expected/retention_online_retail.json"


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    root = tmp_path_factory.mktemp("online_retail")
    file = Path(REAL or "") / "online_retail.parquet"
    return job.import_files([file], mapping_file.load("online_retail"), root).version


@pytest.fixture(scope="module")
def query(version: Version) -> Iterator[Engine]:
    engine = open_version(version)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(REAL or "") / EXPECTED).read_text())
    return found


def triangle(cells: pl.DataFrame) -> dict[str, list[float]]:
    mature = cells.filter("mature").sort("cohort", "age")
    return {f"{cohort[0]:%Y-%m}": group["value"].to_list() for cohort, group in mature.group_by("cohort")}


def test_every_row_and_every_penny_is_accounted_for(version: Version) -> None:
    lines = version.tables["order_lines"]
    assert lines.rows_in == lines.rows_published + lines.rows_rejected == 541_909
    assert version.net_amount_in == version.net_amount_published + version.net_amount_rejected
    assert round(version.net_amount_in, 2) == Decimal("9747747.93")
    assert (version.first_day, version.as_of) == (date(2010, 12, 1), date(2011, 12, 9))


def test_monthly_cohorts_equal_the_published_matrix(query: Engine, published: dict[str, Any]) -> None:
    matrix = published["matrices"]["qty_gt0_and_price_gt0"]
    retention = report(query, CustomerFilters(), View())
    sizes = dict(retention.cells.select(pl.col("cohort").dt.strftime("%Y-%m"), "cohort_size").iter_rows())
    assert sizes == {cohort: row[0] for cohort, row in matrix.items()}
    # December 2011 ends on the 9th in the data: the matrix prints it, a page must not.
    expected = {cohort: [n for n in row if n is not None][:-1] for cohort, row in matrix.items()}
    assert triangle(retention.cells) == {cohort: row for cohort, row in expected.items() if row}
    open_cells = retention.cells.filter(~pl.col("mature"))
    assert open_cells.height == len(matrix)


def test_the_part_month_counts_for_those_who_came_back_later(query: Engine, published: dict[str, Any]) -> None:
    matrix = published["matrices"]["qty_gt0_and_price_gt0"]
    behind = customers(query, CustomerFilters(), View(), date(2010, 12, 1), 11)
    assert behind.height == matrix["2010-12"][11]
    unbounded = report(query, CustomerFilters(), View(method="unbounded")).cells
    last_closed = unbounded.filter(cohort=date(2010, 12, 1), age=11)["value"].item()
    assert last_closed >= matrix["2010-12"][11]


def test_united_kingdom_alone_equals_its_published_matrix(query: Engine, published: dict[str, Any]) -> None:
    """Customers here have one country each but for a few, so acquired in and bought in the UK come within 1 %."""
    matrix = published["matrices"]["UK_only_qty_gt0_price_gt0"]
    uk = ("United Kingdom",)
    cells = report(query, CustomerFilters(acquired_regions=uk, bought_regions=uk), View()).cells
    for cohort, row in triangle(cells).items():
        for found, expected in zip(row, matrix[cohort], strict=False):
            assert abs(found - expected) <= max(1, expected // 100), cohort


def test_cohorts_of_the_first_months_may_not_be_first(query: Engine) -> None:
    cells = report(query, CustomerFilters(), View()).cells
    marked = cells.filter("may_not_be_first")["cohort"].unique().sort().to_list()
    assert marked == [date(2010, 12, 1), date(2011, 1, 1), date(2011, 2, 1)]


def test_the_share_of_orders_with_a_buyer_is_one_figure_on_every_page(version: Version, query: Engine) -> None:
    """Invoices of nothing but adjustments at price 0 are no orders: 18,532 of 19,960 orders name a customer."""
    page = identity_report.report(query)
    assert version.identified_order_share == page.identified_share == pytest.approx(18_532 / 19_960)
