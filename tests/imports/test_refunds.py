"""Refunds that no sale stands behind are said, with their number, amount and first orders; no row is lost by it."""

from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.checks.refunds import refund_warnings
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.messages import Message
from tests.imports.conftest import IDENTITY

Line = tuple[str, str | None, str | None, float, float]
SAID = Acceptance("Test shop", "CNY", "Asia/Shanghai")
HEADER = "order_id,original_order_id,status,ordered_at,sku,quantity,net_amount\n"


def warnings(lines: list[Line], connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Message]:
    names = ("order_id", "original_order_id", "status", "quantity", "net_amount")
    frame = pl.DataFrame(
        lines, schema=dict.fromkeys(names, pl.String) | dict.fromkeys(names[3:], pl.Float64), orient="row"
    )
    types = {column.name: column.type for column in ORDER_LINES.columns}
    typed = (duckdb.ColumnExpression(name).cast(types[name]).alias(name) for name in names)
    connection.from_arrow(frame.to_arrow()).project(*typed).write_parquet(str(folder / "lines.parquet"))
    said = [each.values["note"] for each in refund_warnings(connection, [folder / "lines.parquet"])]
    return [each for each in said if isinstance(each, Message)]


@pytest.mark.parametrize(
    ("lines", "sentences"),
    [
        ([("1", None, "sale", 1, 10), ("1", None, "refund", -1, -10)], []),
        ([("1", None, None, 1, 10), ("9", "1", "refund", -1, -10)], []),
        ([("1", None, "sale", 1, 10), ("1", None, "sale", 1, 5), ("9", "1", "refund", -1, -15)], []),
        ([("1", None, "cancelled", 1, 10), ("9", "1", "refund", -1, -15)], []),
        (
            [("1", None, "sale", 1, 10), ("9", "1", "refund", -1, -7), ("8", "1", "refund", -1, -7)],
            [
                (
                    "1 order has more given back than it brought, by 4.00: 1. Mend the refund, or give all lines of "
                    "the order."
                )
            ],
        ),
        (
            [("1", None, "sale", 1, 10), ("9", "2", "refund", -1, -7), ("8", None, None, -1, -5)],
            [
                (
                    "2 orders were given back (12.00 in all) that are not there: 2, 8. They may have been sold before "
                    "the first file; if not, mend original_order_id."
                )
            ],
        ),
    ],
)
def test_what_no_sale_stands_behind_is_said(
    lines: list[Line], sentences: list[str], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert [str(each) for each in warnings(lines, connection, tmp_path)] == sentences


ORDERS = st.sampled_from("abc")
AMOUNTS = st.integers(1, 20)
DRAWN = st.lists(
    st.one_of(
        st.tuples(ORDERS, st.none(), st.sampled_from([None, "sale"]), AMOUNTS, AMOUNTS),
        st.tuples(ORDERS, st.none(), st.sampled_from(["cancelled", "gift"]), AMOUNTS, AMOUNTS),
        st.tuples(ORDERS, st.sampled_from([None, "a", "b", "z"]), st.just("refund"), AMOUNTS, AMOUNTS).map(
            lambda drawn: (*drawn[:3], -drawn[3], -drawn[4])
        ),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=DRAWN)
def test_as_a_plain_count_says(lines: list[Line], connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    back: dict[str, float] = {}
    for order, original, status, _, amount in lines:
        if status == "refund":
            back[original or order] = back.get(original or order, 0) - amount
    there = {line[0] for line in lines if line[2] != "refund"}
    brought = {
        order: sum(line[4] for line in lines if line[0] == order and line[2] in (None, "sale")) for order in there
    }
    expected = [
        sum(order not in there for order in back),
        sum(0 < brought.get(order, 0) < amount for order, amount in back.items()),
    ]
    assert [each.values["n"] for each in warnings(lines, connection, tmp_path)] == [n for n in expected if n]


def test_a_sale_that_comes_later_takes_the_warning_away(tmp_path: Path) -> None:
    mapping = parse_mapping("test", IDENTITY)
    (tmp_path / "order_lines.csv").write_text(f"{HEADER}2,,sale,2026-05-02,A,1,9\n3,1,refund,2026-05-03,A,-1,-7\n")
    outcome = import_files([tmp_path / "order_lines.csv"], mapping, tmp_path / "lake", said=SAID)
    assert [str(each) for each in outcome.warnings if "given back" in str(each)] == [
        (
            "order_lines: 1 order was given back (7.00) that is not there: 1. It may have been sold before the first "
            "file; if not, mend original_order_id."
        )
    ]
    assert outcome.version.tables["order_lines"].rows_published == 2
    (tmp_path / "order_lines.csv").write_text(f"{HEADER}1,,sale,2026-05-01,A,1,7\n")
    later = import_files([tmp_path / "order_lines.csv"], mapping, tmp_path / "lake", append=True, said=SAID)
    assert not [each for each in later.warnings if "given back" in str(each)]
