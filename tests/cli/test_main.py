"""The command line is a contract: 0 is done, 1 is refused with a sentence, and a traceback is never shown."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from shopkeeper.cli import main
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.retention import report as retention
from shopkeeper.customers.retention.report import View
from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs import served
from shopkeeper.lake import publish, store
from tests.shops.once import copied, made_once

LINES = [
    ("o1", "2024-01-05 10:00", "tea", "1", "10", "ann", "web"),
    ("o2", "2024-02-05 10:00", "tea", "1", "12", "ann", "app"),
    ("o3", "2024-01-20 10:00", "tea", "2", "20", "bob", "web"),
    ("o4", "2024-03-31 10:00", "tea", "1", "9", "cem", "web"),
]
HEADER = "order_id,ordered_at,sku,quantity,net_amount,customer_id,channel"
SHOP = ("--name", "Test shop", "--currency", "CNY", "--timezone", "Asia/Shanghai")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    return write(tmp_path / "order_lines.csv", LINES)


def write(path: Path, lines: Sequence[tuple[str, ...]]) -> Path:
    path.write_text("\n".join([HEADER, *(",".join(line) for line in lines)]) + "\n", encoding="utf-8")
    return path


def run(*arguments: object) -> int:
    return main.main([str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def imported_lake(lakes: Path) -> Path:
    """What `import` makes of the four lines."""

    def publish(lake: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHOPKEEPER_DATA", str(lake))
            assert run("import", write(lake.parent / "order_lines.csv", LINES), *SHOP) == 0

    return made_once(lakes / "command_line" / "data", publish)


@pytest.fixture
def imported(imported_lake: Path, data: Path) -> Path:
    """The same in the data folder of the test."""
    return copied(imported_lake, data).path.parents[1]


def test_import_reconciles_rows_and_money_and_says_so(orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(orders, [*LINES, ("o5", "2024-03-31 10:00", "tea", "1.2345", "7", "dee", "web")])
    assert run("import", orders, *SHOP) == 0
    reported = capsys.readouterr().out
    assert "5 rows in = 4 published + 1 rejected; net amount 58.00 in = 51.00 published + 7.00 rejected." in reported
    assert "order_lines.quantity" in reported
    assert "1.2345" in reported


def test_strict_refuses_and_publishes_nothing(orders: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(orders, [*LINES, ("o5", "2024-03-31 10:00", "tea", "1.2345", "7", "dee", "web")])
    assert run("import", orders, *SHOP, "--strict") == 1
    assert "nothing was published" in capsys.readouterr().err
    assert store.current(data) is None


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_an_export_has_the_rows_of_the_report(imported: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"retention{suffix}"
    options = ["--period", "month", "--method", "cumulative", "--windows", "calendar", "--measure", "revenue"]
    assert run("export", "retention", *options, "-o", target) == 0
    version = store.current(imported)
    assert version is not None
    expected = retention.report(
        open_version(version), CustomerFilters(), View(method="cumulative", measure="revenue")
    ).cells
    match suffix:
        case ".csv":
            result = pl.read_csv(target, try_parse_dates=True)
        case ".parquet":
            result = pl.read_parquet(target)
        case _:
            rows = list(openpyxl.load_workbook(target).worksheets[0].iter_rows(values_only=True))
            result = pl.DataFrame(rows[1:], schema=[str(cell) for cell in rows[0]], orient="row")
    needed = ["cohort", "age", "cohort_size", "n", "value", "rate", "low", "high", "mature"]
    assert result.columns[: len(expected.columns)] == expected.columns
    assert set(needed) <= set(result.columns)
    assert result["value"].to_list() == expected["value"].to_list()
    assert result["cohort_size"].to_list() == expected["cohort_size"].to_list()


@pytest.mark.usefixtures("imported")
def test_an_export_keeps_its_filters(tmp_path: Path) -> None:
    target = tmp_path / "web.csv"
    assert run("export", "retention", "--acquired-channel", "web", "--until", "2024-02-29", "-o", target) == 0
    result = pl.read_csv(target, try_parse_dates=True)
    assert result["cohort"].unique().to_list() == [date(2024, 1, 1)]
    assert "web" in result["about_filters"][0]
    assert result["about_as_of"].to_list() == [date(2024, 2, 29)] * result.height


def test_marts_of_an_earlier_program_are_made_anew_from_the_same_files(
    orders: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(publish, "recipe", lambda _queries: "of an earlier program")
        run("import", orders, *SHOP)
    old = store.current(data)
    assert run("import", orders, *SHOP) == 0
    new = store.current(data)
    assert old is not None
    assert new is not None
    assert new.id != old.id
    capsys.readouterr()
    run("import", orders, *SHOP)
    assert "nothing changed" in capsys.readouterr().out


@pytest.mark.usefixtures("imported")
def test_versions_and_rollback_go_one_step_back(orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(orders, LINES[:2])
    run("import", orders, *SHOP)
    assert run("rollback") == 0
    capsys.readouterr()
    assert run("versions") == 0
    newest, served_now = capsys.readouterr().out.splitlines()
    assert newest.startswith("  ")
    assert served_now.startswith("* ")
    assert "4 order lines" in served_now


REFUSALS = [
    (("export", "retention", "-o", "x.pdf"), ".xlsx"),
    (("export", "retention", "--period", "moth", "-o", "x.csv"), "'week', 'month', 'quarter'"),
    (("export", "retention", "--method", "unbounded", "--measure", "revenue", "-o", "x.csv"), "choose the method"),
    (("export", "retention", "--acquired-channel", "wep", "-o", "x.csv"), "“web”"),
    (
        ("export", "retention", "--cohort-from", "2024-05-01", "--cohort-to", "2024-01-01", "-o", "x.csv"),
        "earlier start",
    ),
    (("export", "retention"), "--output"),
    (("import", "nowhere.csv"), "not there"),
    (("import", "nowhere.csv", "--mapping", "onlineretail"), "online_retail"),
    (("rollback",), "no older version"),
    (("nonsense",), "nonsense"),
]


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize(("arguments", "sentence"), REFUSALS)
def test_a_refusal_is_a_sentence_and_one(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(*arguments) == 1
    reported = capsys.readouterr().err
    assert sentence in reported
    assert "Traceback" not in reported


@pytest.mark.usefixtures("imported")
def test_a_fault_of_the_program_is_logged_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(retention, "report", lambda *_: json.loads("{}")["broken"])
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert run("export", "retention", "-o", tmp_path / "x.csv") == 1
    reported = capsys.readouterr().err
    assert "Traceback" not in reported
    log = next(tmp_path.glob("shopkeeper-fault-*.log"))
    assert log.name in reported
    assert "KeyError" in log.read_text(encoding="utf-8")


def test_with_nothing_imported_the_sample_shop_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "sample"
    assert run("sample", small, "--orders", "1000", "--seed", "3") == 0
    assert json.loads((small / "truth" / "parameters.json").read_text(encoding="utf-8"))
    monkeypatch.setattr(served, "SAMPLE", small)
    target = tmp_path / "sample.csv"
    assert run("export", "retention", "-o", target) == 0
    assert "this is the sample shop" in capsys.readouterr().err
    assert store.current(data) is None
    first = served.sample_version()
    assert served.sample_version().id == first.id
