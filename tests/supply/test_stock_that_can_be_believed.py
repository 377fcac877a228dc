"""Counts that leave items out, deliveries that never came, and goods that landed after the count."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from shopkeeper.engine.duckdb import open_version
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.forecast import run
from shopkeeper.merchant.in_force import DEFAULTS, InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment import notes
from shopkeeper.supply.replenishment import report as replenishment
from tests.shops.goods_in_memory import AS_OF, counted, forecast, landing, small_shop, sold
from tests.shops.in_memory import MemoryQuery

REAL = os.environ.get("SHOPKEEPER_REAL_DATA")
ALL = GoodsFilters()
STRICT = Policy(service_levels=(("A", 0.5), ("B", 0.5), ("C", 0.5)))
"""Without safety stock, levels can be reckoned in the head."""
NORTH = [sold("north", "W", 9), sold("north", "W", 9, "cup")]
IN_FORCE = InForce(STRICT)


def left_out(on_hand: int = 15) -> MemoryQuery:
    """Tea was counted three days ago and is missing from the count of today, in which cups stand."""
    stock = [counted("W", on_hand, ago=3), counted("W", 9, "cup", ago=3), counted("W", 8, "cup")]
    return small_shop(stock, [forecast("north", 1.0), forecast("north", 1.0, "cup")], lines=NORTH)


def test_what_is_missing_from_the_newest_count_is_unknown_and_not_what_it_was() -> None:
    report = coverage.report(left_out(), ALL, IN_FORCE)
    rows = {row["sku"]: row for row in report.regions_skus.to_dicts()}
    assert (rows["tea"]["status"], rows["tea"]["available"], rows["tea"]["on_hand"]) == (None, None, 0)
    assert (rows["cup"]["status"], rows["cup"]["available"]) == ("runs_out", 8)
    (note,) = [str(note) for note in report.notes if "missing from the newest count" in str(note)]
    assert note.startswith("1 SKU is missing from the newest count of its location (tea; since Apr 27")
    places = coverage.locations(left_out(), ALL, IN_FORCE)
    assert dict(places.select("sku", "status").rows()) == {"tea": None, "cup": "runs_out"}


def test_what_is_missing_is_neither_ordered_nor_near_anybody() -> None:
    query = left_out()
    proposals = replenishment.report(query, ALL, IN_FORCE)
    assert proposals.rows["sku"].to_list() == ["cup"]
    assert proposals.notes["missing"] == 1
    assert any("missing from the newest count" in str(note) for note in notes.sentences(proposals.notes))
    near = query("supply/network/stock", until=AS_OF, **ALL.parameters("categories", "skus"))
    assert near["sku"].to_list() == ["cup"]


def test_an_empty_shelf_that_is_no_longer_listed_is_still_empty() -> None:
    row = coverage.report(left_out(0), ALL, IN_FORCE).regions_skus.filter(sku="tea").row(0, named=True)
    assert (row["status"], row["available"]) == ("out", 0)


@pytest.mark.parametrize(("late", "counts"), [(1, True), (30, True), (31, False), (300, False)])
def test_a_delivery_overdue_for_long_is_asked_about_and_silences_no_order(late: int, counts: bool) -> None:
    never_came = landing("W", 500, -late, ordered_on=AS_OF - timedelta(days=late + 30))
    query = small_shop([counted("W", 5)], [forecast("north", 1.0)], lines=NORTH[:1], inbound=[never_came])
    report = coverage.report(query, ALL, IN_FORCE)
    assert (report.regions_skus["open_units"].item() == 500) == counts
    assert any("overdue by more than 30 days" in str(note) for note in report.notes) == (not counts)
    proposals = replenishment.report(query, ALL, IN_FORCE)
    assert proposals.rows.is_empty() == counts
    assert proposals.notes.get("overdue", 0) == (not counts)


@pytest.mark.parametrize(
    ("landed", "counted_ago", "there"), [(1, 3, 55), (3, 3, 5), (4, 3, 5), (0, 0, 5)]
)  # fmt: skip
def test_goods_that_landed_after_the_count_are_on_their_way_until_they_are_counted(
    landed: int, counted_ago: int, there: int
) -> None:
    came = landing("W", 50, -landed, received_on=AS_OF - timedelta(days=landed))
    stock = [counted("W", 5, ago=counted_ago)]
    query = small_shop(stock, [forecast("north", 1.0)], lines=NORTH[:1], inbound=[came])
    row = coverage.report(query, ALL, IN_FORCE).regions_skus.row(0, named=True)
    assert row["available"] + row["open_units"] == there
    assert row["cover_days"] == there


@pytest.mark.skipif(not REAL, reason="SHOPKEEPER_REAL_DATA does not name the folder of real data")
def test_the_case_of_a_missing_count_and_a_delivery_that_never_came(tmp_path: Path) -> None:
    folder = Path(str(REAL)) / "cases" / "supply_negative_missing_overdue"
    version = job.import_files(sorted(folder.glob("*.csv")), file.load(folder / "mapping.toml"), tmp_path).version
    run.make(version)
    query = open_version(version)
    report = coverage.report(query, ALL, DEFAULTS)
    proposals = replenishment.report(query, ALL, DEFAULTS)
    query.close()
    told = " ".join(map(str, report.notes))
    assert "1 SKU is missing from the newest count of its location (B;" in told
    assert "1 delivery of 500 units is overdue by more than 30 days" in told
    assert "1 count is below 0" in told
    assert report.regions_skus.filter(sku="B")["status"].to_list() == [None]
    # 100 more are due next week: those count, the 500 of a year ago do not.
    assert report.regions_skus.filter(sku="C")["open_units"].to_list() == [100]
    assert proposals.notes["overdue"] == 1
