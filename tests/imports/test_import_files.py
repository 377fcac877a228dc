"""The door as a whole: what comes in is published or listed, and what was served stays until that is done."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance, with_shop
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.file import load, parse_mapping
from shopkeeper.lake import store
from shopkeeper.lake.version import Version
from shopkeeper.progress import Progress
from tests.imports.conftest import AN_AMERICAN_SHOP, GOOD_LINE, HEADER, IDENTITY, SHOP, check, rows_of

LINES = [
    "1,2026-05-01 10:00:00,A,2,19.90,ann,sale,CNY",
    "2,2026-05-02 10:00:00,A,1,10.00,bob,sale,CNY",
    "3,2026-05-03 10:00:00,B,1,5.05,ann,sale,CNY",
]
BAD = "4,2026-05-03 10:00:00,B,1.2345,7.00,ann,sale,CNY"


@pytest.fixture
def mapping() -> Mapping:
    return parse_mapping("test", IDENTITY)


def orders(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "order_lines.csv"
    path.write_text("\n".join((HEADER, *lines, "")))
    return path


def rows(version: Version, table: str) -> list[dict[str, object]]:
    with duckdb.connect() as connection:
        return rows_of(connection, version.files(table))


def test_rows_and_amounts_reconcile_and_bad_rows_are_listed(tmp_path: Path, mapping: Mapping) -> None:
    steps: list[float] = []
    outcome = import_files(
        [orders(tmp_path / "in", *LINES, BAD)],
        mapping,
        tmp_path / "lake",
        progress=Progress(lambda _, share: steps.append(share)),
    )
    assert str(outcome.message) == (
        "4 rows in = 3 published + 1 rejected; net amount 41.95 in = 34.95 published + 7.00 rejected."
    )
    assert steps == sorted(steps)
    assert steps[-1] == 1
    version = store.current(tmp_path / "lake")
    assert version == outcome.version
    assert (version.net_amount_in, version.net_amount_published) == (Decimal("41.95"), Decimal("34.95"))
    (rule,) = outcome.broken_rules
    assert (rule.rule, rule.rows, rule.examples) == ("quantity", 1, (("order_lines.csv", 4, "1.2345"),))
    with duckdb.connect() as connection:
        assert version.rejects is not None
        assert [row["value"] for row in rows_of(connection, [version.rejects])] == ["1.2345"]
    assert store.verify(version) == []


def test_strict_refuses_with_the_records_and_publishes_nothing(tmp_path: Path, mapping: Mapping) -> None:
    with pytest.raises(Refused) as refusal:
        import_files([orders(tmp_path / "in", *LINES, BAD)], mapping, tmp_path / "lake", strict=True)
    assert "order_lines.quantity, rule 'quantity', 1 rows (such as '1.2345')" in str(refusal.value)
    assert "Records 4 of order_lines.csv" in str(refusal.value)
    assert store.current(tmp_path / "lake") is None


def test_a_file_of_only_bad_rows_is_refused_on_one_screen(tmp_path: Path, mapping: Mapping) -> None:
    path = orders(tmp_path / "in", *([BAD] * 500))
    with pytest.raises(Refused, match="No row of order_lines can be used") as refusal:
        import_files([path], mapping, tmp_path / "lake")
    assert len(str(refusal.value)) < 1000


def test_orders_must_come_before_anything_else(tmp_path: Path, mapping: Mapping) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("customer_id\nann\n")
    with pytest.raises(Refused, match="There is no order_lines among the files"):
        import_files([path], mapping, tmp_path / "lake")


def test_replace_carry_append_and_the_same_file_twice(tmp_path: Path, mapping: Mapping) -> None:
    root = tmp_path / "lake"
    first = import_files([orders(tmp_path / "first", *LINES[:2], BAD)], mapping, root)
    customers = tmp_path / "customers.csv"
    customers.write_text("customer_id,region\nann,x\n")
    with_customers = import_files([customers], mapping, root).version
    assert len(rows(with_customers, "order_lines")) == 2
    assert with_customers.net_amount_in == first.version.net_amount_in
    assert with_customers.rows_rejected == 1

    again = import_files([tmp_path / "first"], mapping, root)
    assert (again.changed, again.version.id) == (False, with_customers.id)
    assert import_files([tmp_path / "first"], mapping, root, append=True).changed is False

    more = orders(tmp_path / "more", LINES[1], LINES[2])
    appended = import_files([tmp_path / "first" / "order_lines.csv", more], mapping, root, append=True)
    version = appended.version
    assert [(rule.column, rule.rule, rule.rows) for rule in appended.broken_rules] == [("order_id", "already there", 1)]
    assert {row["order_id"] for row in rows(version, "order_lines")} == {"1", "2", "3"}
    stats = version.tables["order_lines"]
    assert (stats.rows_in, stats.rows_published, stats.rows_rejected) == (5, 3, 2)
    assert version.net_amount_in == Decimal("19.90") + 10 + 7 + 10 + Decimal("5.05")
    with duckdb.connect() as connection:
        assert version.rejects is not None
        assert len(rows_of(connection, [version.rejects])) == 2
    assert any("was imported already" in str(warning) for warning in version.warnings)
    assert "order_lines: 1 rows hold 1 customer_id that customers does not list." not in map(str, version.warnings)

    replaced = import_files([more], mapping, root).version
    assert {row["order_id"] for row in rows(replaced, "order_lines")} == {"2", "3"}
    assert len(rows(replaced, "customers")) == 1


def test_the_start_of_the_week_stays_until_another_is_given(tmp_path: Path, mapping: Mapping) -> None:
    folder, root = orders(tmp_path / "in", *LINES), tmp_path / "lake"
    assert import_files([folder], mapping, root).version.shop.week_offset == 0
    again = import_files([folder], mapping, root, said=Acceptance(week_start="sunday"))
    assert (again.changed, again.version.shop.week_offset) == (True, 1)
    more = orders(tmp_path / "more", LINES[0].replace("1,", "9,", 1))
    kept = import_files([more], mapping, root, append=True)
    assert kept.version.shop.week_offset == store.current(root).shop.week_offset == 1  # type: ignore[union-attr]


def test_values_that_another_table_does_not_list_are_a_warning(tmp_path: Path, mapping: Mapping) -> None:
    folder = tmp_path / "in"
    orders(folder, *LINES)
    (folder / "customers.csv").write_text("customer_id\nann\n")
    outcome = import_files([folder], mapping, tmp_path / "lake")
    assert outcome.rows_rejected == 0
    assert tuple(map(str, outcome.warnings)) == (
        "order_lines: 1 rows hold 1 customer_id that customers does not list.",
    )


def test_another_currency_is_not_mixed_in(tmp_path: Path, mapping: Mapping) -> None:
    import_files([orders(tmp_path / "in", *LINES)], mapping, tmp_path / "lake")
    customers = tmp_path / "customers.csv"
    customers.write_text("customer_id\nann\n")
    other = parse_mapping("other", {"identity": True, "shop": {**SHOP, "currency": "EUR"}})
    with pytest.raises(Refused, match="in CNY and Asia/Shanghai; the mapping says EUR"):
        import_files([customers], other, tmp_path / "lake")


def test_files_that_belong_nowhere_are_told(tmp_path: Path, mapping: Mapping) -> None:
    folder = tmp_path / "in"
    orders(folder, GOOD_LINE)
    (folder / "truth").mkdir()
    (folder / "truth" / "parameters.json").write_text("{}")
    outcome = import_files([folder], mapping, tmp_path / "lake")
    assert tuple(map(str, outcome.warnings)) == ("truth/parameters.json belongs to no table, and was left alone.",)
    leaving = parse_mapping("test", {**IDENTITY, "leave": ["truth/*"]})
    assert import_files([folder], leaving, tmp_path / "lake").warnings == ()
    (folder / "costumers.csv").write_text("customer_id\nann\n")
    with pytest.raises(Refused, match="did you mean 'customers'"):
        import_files([folder], mapping, tmp_path / "lake")


def test_the_same_bytes_twice_are_refused(tmp_path: Path, mapping: Mapping) -> None:
    paths = [orders(tmp_path / name, *LINES) for name in ("one", "two")]
    with pytest.raises(Refused, match="hold the same bytes"):
        import_files(paths, mapping, tmp_path / "lake")


def test_a_shopify_export_gives_its_lines(tmp_path: Path) -> None:
    checked = check(
        [Path(__file__).with_name("shopify_orders.csv")],
        tmp_path / "staging",
        with_shop(load("shopify"), AN_AMERICAN_SHOP, None),
    )
    assert checked.rules() == [(8, "status", "values")]
    found = [
        (row["order_id"], row["sku"], row["status"], str(row["net_amount"]), row["ship_to_region"], row["channel"])
        for row in checked.good
    ]
    assert found == [
        ("#1001", "TOTE", "sale", "35.0000", "NY", "web"),
        ("#1001", "Mug", "sale", "20.0000", "NY", "web"),
        ("#1002", "MUG", "cancelled", "0.0000", "CA", "web"),
        ("#1003", "MUG", "cancelled", "40.0000", "FR", "pos"),
        ("#1003", "TOTE", "cancelled", "20.0000", "FR", "pos"),
        ("#1004", "MUG", "sale", "15.0000", "TX", "web"),
        ("#1006", "Gift Card $50", "gift", "50.0000", None, "web"),
    ]
    assert str(checked.good[3]["ordered_at"]) == "2026-03-02 21:30:00"
    assert {row["currency"] for row in checked.good} == {"USD"}


def test_online_retail_reconciles(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "online_retail.parquet"
    checked = check([source], tmp_path / "staging", load("online_retail"), with_rows=False)
    assert (checked.table.rows_in, checked.table.rows_good, len(checked.rejects)) == (541_909, 541_907, 2)
    # Two bad debts, written off in lines of one unit and an amount below 0, are no sale of anything.
    assert {(row["column"], row["rule"], row["value"]) for row in checked.rejects} == {
        ("net_amount", "signs", "1 * -11062.06")
    }
    assert round(checked.table.net_amount_in, 2) == Decimal("9747747.93")
    with duckdb.connect() as connection:
        status, order = duckdb.ColumnExpression("status"), duckdb.ColumnExpression("order_id")
        lines = connection.read_parquet([str(path) for path in checked.table.good])
        refund = duckdb.FunctionExpression("starts_with", order, duckdb.ConstantExpression("C"))
        counts = dict(lines.aggregate([status, order.count().alias("rows")]).fetchall())
        assert counts == {"sale": 532_619, "refund": 9_288}
        assert len(lines.filter(refund).project(order).fetchall()) == counts["refund"]
