"""A folder read again and again: what is new counts once, what came again replaces what was there, and all adds up."""

import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from shopkeeper.errors import Refused
from shopkeeper.imports.job import import_files
from shopkeeper.imports.sync import SyncOutcome, sync
from shopkeeper.lake import store
from shopkeeper.lake.publish import publisher
from shopkeeper.lake.version import Version
from tests.imports.conftest import HEADER
from tests.imports.sources.steps import MAPPING, folder_source

ONE = "1,2026-05-01 10:00:00,A,2,19.90,ann,sale,CNY"
TWO = "2,2026-05-02 10:00:00,A,1,10.00,bob,sale,CNY"
THREE = "3,2026-05-03 10:00:00,B,1,5.05,ann,sale,CNY"
BAD = "4,2026-05-03 10:00:00,B,1.2345,7.00,ann,sale,CNY"


def put(folder: Path, name: str, *lines: str, header: str = HEADER, age: int = 0) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((header, *lines, "")))
    os.utime(path, (1_000_000_000 + age, 1_000_000_000 + age))
    return path


def amounts(version: Version | None) -> list[tuple[str, float]]:
    assert version is not None
    rows = pl.concat([pl.read_parquet(path) for path in version.files("order_lines")])
    return sorted(rows.select("order_id", pl.col("net_amount").cast(pl.Float64)).rows())


def counts(done: SyncOutcome) -> Sequence[tuple[int, ...]]:
    return [(each.new, each.changed, each.unchanged) for each in done.fetched]


def test_new_changed_and_unchanged_files_are_told_apart(tmp_path: Path) -> None:
    source = folder_source(tmp_path / "in")
    root = tmp_path / "lake"
    put(tmp_path / "in", "order_lines/a.csv", ONE, TWO)
    assert counts(sync([source], root)) == [(1, 0, 0)]
    put(tmp_path / "in", "order_lines/b.csv", THREE)
    second = sync([source], root)
    assert counts(second) == [(1, 0, 1)]
    put(tmp_path / "in", "order_lines/a.csv", ONE.replace("19.90", "18.00"), TWO, age=5)
    third = sync([source], root)
    assert counts(third) == [(0, 1, 1)]
    (table,) = third.tables
    assert table.replacement is not None
    assert (table.rows_in, table.replacement.rows_replaced, table.replacement.rows_unchanged) == (1, 1, 1)
    assert (table.replacement.keys_changed, table.replacement.examples) == (1, ("1",))
    assert amounts(third.served) == [("1", 18.0), ("2", 10.0), ("3", 5.05)]
    fourth = sync([source], root)
    assert (counts(fourth), fourth.outcome, fourth.served) == ([(0, 0, 2)], None, third.served)
    assert third.served is not None
    assert [each.name for each in third.served.sources if each.bytes] == [
        "shop/order_lines/b.csv",
        "shop/order_lines/a.csv",
    ]


def test_of_files_that_overlap_the_newest_counts_whatever_its_name(tmp_path: Path) -> None:
    put(tmp_path / "in", "order_lines/a.csv", ONE, TWO, age=9)
    put(tmp_path / "in", "order_lines/z.csv", ONE.replace("19.90", "1.00"), ONE.replace("19.90", "2.00"), THREE, age=3)
    done = sync([folder_source(tmp_path / "in")], tmp_path / "lake")
    assert amounts(done.served) == [("1", 19.9), ("2", 10.0), ("3", 5.05)]
    (table,) = done.tables
    assert table.replacement is not None
    assert (table.rows_in, table.replacement.rows_superseded) == (3, 2)
    assert done.served is not None
    assert done.served.net_amount_in == Decimal("34.95")


def test_a_plain_import_of_the_same_files_takes_no_order_from_either(tmp_path: Path) -> None:
    put(tmp_path / "in", "order_lines/a.csv", ONE, TWO)
    put(tmp_path / "in", "order_lines/b.csv", TWO.replace("10.00", "11.00"))
    outcome = import_files([tmp_path / "in"], MAPPING, tmp_path / "lake")
    assert len(amounts(outcome.version)) == 1
    assert [(broken.rule, broken.rows) for broken in outcome.broken_rules] == [("two files", 2)]


def test_a_mended_row_is_no_longer_listed_as_rejected(tmp_path: Path) -> None:
    source = folder_source(tmp_path / "in")
    root = tmp_path / "lake"
    put(tmp_path / "in", "order_lines/a.csv", ONE, BAD, ",2026-05-01 10:00:00,A,2,1.00,ann,sale,CNY")
    first = sync([source], root).served
    assert first is not None
    assert (first.rows_rejected, first.net_amount_rejected) == (2, Decimal("8.00"))
    put(tmp_path / "in", "order_lines/b.csv", BAD.replace("1.2345", "2"), age=1)
    second = sync([source], root).served
    assert second is not None
    assert (second.rows_rejected, second.net_amount_in, second.net_amount_rejected) == (
        1,
        Decimal("27.90"),
        Decimal("1.00"),
    )
    put(tmp_path / "in", "order_lines/a.csv", ONE, age=2)
    third = sync([source], root).served
    assert third is not None
    assert (third.rows_rejected, third.rejects, third.net_amount_in) == (0, None, Decimal("26.90"))
    assert store.verify(third) == []


def test_the_same_bad_row_again_changes_nothing_and_a_file_of_bad_rows_only_is_refused(tmp_path: Path) -> None:
    source = folder_source(tmp_path / "in")
    root = tmp_path / "lake"
    put(tmp_path / "in", "order_lines/a.csv", ONE, BAD)
    served = sync([source], root).served
    put(tmp_path / "in", "order_lines/b.csv", BAD, age=1)
    again = sync([source], root)
    assert (again.outcome, again.served) == (None, served)
    put(tmp_path / "in", "order_lines/c.csv", ONE.replace("2026-05-01", "May the 1st"), age=2)
    with pytest.raises(Refused, match="No row of order_lines can be used"):
        sync([source], root)
    assert store.current(root) == served


def test_the_newest_row_of_a_key_counts_and_rows_without_a_key_are_added_once(tmp_path: Path) -> None:
    source = folder_source(tmp_path / "in")
    root = tmp_path / "lake"
    put(tmp_path / "in", "order_lines/a.csv", ONE)
    put(tmp_path / "in", "products/a.csv", "A,tea", "B,cup", header="sku,name")
    spend = put(tmp_path / "in", "marketing_spend/may.csv", "2026-05-01,search,10", header="day,channel,amount")
    sync([source], root)
    put(tmp_path / "in", "products/b.csv", "A,green tea", header="sku,name", age=1)
    put(tmp_path / "in", "marketing_spend/june.csv", "2026-06-01,search,20", header="day,channel,amount", age=1)
    served = sync([source], root).served
    assert served is not None
    products = pl.concat([pl.read_parquet(path) for path in served.files("products")]).sort("sku")
    assert products["name"].to_list() == ["green tea", "cup"]
    assert sum(pl.read_parquet(path).height for path in served.files("marketing_spend")) == 2
    spend.write_text("day,channel,amount\n2026-05-01,search,10\n2026-05-02,search,11\n")
    with pytest.raises(Refused, match=r"shop/marketing_spend/may.csv has changed .* only appends"):
        sync([source], root)


def test_a_late_refund_moves_the_month_of_its_order(tmp_path: Path) -> None:
    source = folder_source(tmp_path / "in")
    root = tmp_path / "lake"
    header = f"{HEADER},original_order_id"
    put(tmp_path / "in", "order_lines/may.csv", ONE, TWO)
    sync([source], root)
    back = "1,2026-07-09 10:00:00,A,-1,-9.95,ann,refund,CNY,1"
    new = "5,2026-07-10 10:00:00,A,1,1.00,bob,sale,CNY,"
    put(tmp_path / "in", "order_lines/july.csv", f"{ONE},", back, new, header=header, age=1)
    served = sync([source], root).served
    assert served is not None
    days = pl.read_parquet(served.mart("purchases")).group_by("day").agg(pl.col("revenue").sum()).sort("day")
    assert [(str(day), round(revenue, 2)) for day, revenue in days.rows()] == [
        ("2026-05-01", 9.95),
        ("2026-05-02", 10.0),
        ("2026-07-10", 1.0),
    ]


def test_two_sources_of_one_table_are_published_together(tmp_path: Path) -> None:
    put(tmp_path / "web", "order_lines/a.csv", ONE, TWO)
    put(tmp_path / "store", "order_lines/a.csv", TWO.replace("10.00", "12.00"), THREE)
    sources = [folder_source(tmp_path / "web", "web"), folder_source(tmp_path / "store", "store")]
    done = sync(sources, tmp_path / "lake")
    assert amounts(done.served) == [("1", 19.9), ("2", 12.0), ("3", 5.05)]
    assert done.served is not None
    assert store.verify(done.served) == []
    assert store.versions(tmp_path / "lake") == [done.served]
    assert sync(sources, tmp_path / "lake").outcome is None


def test_a_dry_run_reads_and_checks_and_publishes_nothing(tmp_path: Path) -> None:
    source = folder_source(tmp_path / "in")
    put(tmp_path / "in", "order_lines/a.csv", ONE, BAD)
    tried = sync([source], tmp_path / "lake", dry_run=True)
    assert (counts(tried), tried.outcome, tried.served) == ([(1, 0, 0)], None, None)
    assert [(table.rows_in, table.rows_rejected) for table in tried.tables] == [(2, 1)]
    assert store.current(tmp_path / "lake") is None
    assert not list((tmp_path / "lake").glob("staging/*"))


def test_another_mapping_reads_everything_anew(tmp_path: Path) -> None:
    put(tmp_path / "in", "order_lines/a.csv", ONE)
    sync([folder_source(tmp_path / "in")], tmp_path / "lake")
    other = MAPPING.__class__(MAPPING.name, MAPPING.shop, MAPPING.tables, source_timezone="UTC")
    assert counts(sync([folder_source(tmp_path / "in", mapping=other)], tmp_path / "lake")) == [(1, 0, 0)]


def test_a_file_that_was_only_moved_is_not_read_again(tmp_path: Path) -> None:
    path = put(tmp_path / "in", "order_lines/a.csv", ONE)
    source = folder_source(tmp_path / "in")
    sync([source], tmp_path / "lake")
    path.rename(path.with_name("archived.csv"))
    assert counts(sync([source], tmp_path / "lake")) == [(0, 0, 1)]


def test_a_run_beside_another_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "in", "order_lines/a.csv", ONE)
    with publisher(tmp_path / "lake"), pytest.raises(Refused, match="Another import is at work"):
        sync([folder_source(tmp_path / "in")], tmp_path / "lake")


def test_a_large_file_is_cut_up_when_it_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopkeeper.imports.checks.newest.PIECE", 1)
    source = folder_source(tmp_path / "in")
    root = tmp_path / "lake"
    put(tmp_path / "in", "order_lines/a.csv", ONE, TWO, THREE)
    sync([source], root)
    put(tmp_path / "in", "order_lines/b.csv", TWO.replace("10.00", "11.00"), age=1)
    served = sync([source], root).served
    assert amounts(served) == [("1", 19.9), ("2", 11.0), ("3", 5.05)]
    assert served is not None
    assert store.verify(served) == []
    assert not [
        path for path in served.path.iterdir() if path.is_dir() and path.name not in {"tables", "marts", "steps"}
    ]
