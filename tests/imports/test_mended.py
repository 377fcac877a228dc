"""Rejected rows that come back mended: each takes its place, whatever its order has already, and none counts twice."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.imports.outcome import Outcome
from shopkeeper.shop.data import report, table

SHOP = Acceptance("Test shop", "CNY", "Asia/Shanghai")
COLUMNS = {"order_id": "Order", "ordered_at": "Date", "sku": "SKU", "quantity": "Qty", "net_amount": "Total"}
LINES = """Till
Order;Date;SKU;Qty;Total
1;2026-05-01;A;1;10
1;2026-05-01;B;x;5
2;2026-05-02;A;1;10
3;2026-05-03;A;y;7
Sum;;;;32
"""


@pytest.fixture
def mapping() -> Mapping:
    """Of a file that is laid out unlike the one that is given out to be mended."""
    layout = {"files": ["sales_*.csv"], "skip_rows": 1, "footer_rows": 1, "encoding": "cp1252", "delimiter": ";"}
    return parse_mapping("till", {"tables": {"order_lines": {**layout, "columns": COLUMNS}}})


@pytest.fixture
def first(mapping: Mapping, tmp_path: Path) -> Outcome:
    (tmp_path / "sales_1.csv").write_text(LINES)
    return import_files([tmp_path / "sales_1.csv"], mapping, tmp_path / "lake", said=SHOP)


def to_mend(outcome: Outcome) -> pl.DataFrame:
    return table.to_mend(report.rejects(outcome.version), "order_lines")


def brought(rows: pl.DataFrame, mapping: Mapping, folder: Path, name: str = "order_lines-to-mend.csv") -> Outcome:
    rows.write_csv(folder / name, include_bom=True)
    return import_files([folder / name], mapping, folder / "lake", append=True, said=SHOP)


def test_a_mended_row_takes_its_place_beside_the_other_lines_of_its_order(
    first: Outcome, mapping: Mapping, tmp_path: Path
) -> None:
    assert (first.rows_rejected, first.version.net_amount_rejected) == (2, Decimal(12))
    rows = to_mend(first)
    assert rows["rejected_line"].to_list() == [2, 4]
    version = brought(rows.with_columns(Qty=pl.lit("1")), mapping, tmp_path).version
    stats = version.tables["order_lines"]
    assert (stats.rows_in, stats.rows_published, stats.rows_rejected) == (4, 4, 0)
    amounts = (version.net_amount_in, version.net_amount_published, version.net_amount_rejected)
    assert amounts == (Decimal(32), Decimal(32), Decimal(0))
    assert not [warning for warning in version.warnings if "rejected_in" in str(warning)]


def test_what_is_still_wrong_stays_rejected_and_can_be_mended_again(
    first: Outcome, mapping: Mapping, tmp_path: Path
) -> None:
    second = brought(to_mend(first).with_columns(Qty=pl.Series(["1", "z"])), mapping, tmp_path)
    assert second.version.rows_rejected == 1
    assert second.version.net_amount_rejected == 7
    rows = to_mend(second)
    assert rows.select("Order", "rejected_in").row(0) == ("3", "order_lines-to-mend.csv")
    third = brought(rows.with_columns(Qty=pl.lit("1")), mapping, tmp_path, "order_lines-to-mend (1).csv").version
    stats = third.tables["order_lines"]
    assert (stats.rows_in, stats.rows_published, stats.rows_rejected) == (4, 4, 0)


def test_a_row_that_was_mended_is_not_taken_again(first: Outcome, mapping: Mapping, tmp_path: Path) -> None:
    rows = to_mend(first)
    brought(rows.with_columns(Qty=pl.lit("1")), mapping, tmp_path)
    with pytest.raises(Refused, match="rule 'already there', 2 rows"):
        brought(rows.with_columns(Qty=pl.lit("2")), mapping, tmp_path, "order_lines-to-mend (1).csv")


def test_a_row_without_its_place_is_no_mended_one(first: Outcome, mapping: Mapping, tmp_path: Path) -> None:
    rows = to_mend(first).drop("rejected_in", "rejected_line").with_columns(Qty=pl.lit("1"))
    outcome = brought(rows, mapping, tmp_path)
    assert [(rule.rule, rule.rows) for rule in outcome.broken_rules] == [("already there", 1)]
