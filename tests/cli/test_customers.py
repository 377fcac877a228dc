"""Churn, lifetime value, lifecycle and the models' test from the command line: the rows of the reports."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from shopkeeper.cli import main
from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifecycle import report as lifecycle
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.model_check import report as model_check
from shopkeeper.customers.model_check.table import parts
from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.buying import files
from shopkeeper.lake import store
from shopkeeper.models.buying.stages import StageRules
from tests.shops.fitted import living_shop

COLUMNS = ["order_id", "ordered_at", "sku", "quantity", "net_amount", "customer_id", "channel", "unit_cost"]


@pytest.fixture(scope="module", autouse=True)
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("customers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPKEEPER_DATA", str(root / "data"))
        rows = [",".join(str(row[name]) for name in COLUMNS) for row in living_shop()]
        lines = root / "order_lines.csv"
        lines.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
        assert (
            main.main(["import", str(lines), "--name", "Test", "--currency", "CNY", "--timezone", "Asia/Shanghai"]) == 0
        )
    return root / "data"


@pytest.fixture(autouse=True)
def _data(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(data))


def run(*arguments: object) -> int:
    return main.main([str(argument) for argument in arguments])


def test_an_import_leaves_fits_beside_its_version(data: Path) -> None:
    version = store.current(data)
    assert version is not None
    assert store.verify(version) == []
    assert json.loads((data / "fits" / f"{version.id}.json").read_text(encoding="utf-8"))["chosen"]


def test_fit_tells_the_trials_and_makes_lost_fits_again(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version = store.current(data)
    assert version is not None
    files.path_of(version).unlink()
    assert run("fit") == 0
    reported = capsys.readouterr().out
    fits = files.read(version)
    assert fits is not None
    for words in ("MBG/NBD: log-likelihood", "Pareto/NBD", str(fits.reason), str(files.path_of(version))):
        assert words in reported


def test_exports_have_the_rows_of_the_reports(data: Path, tmp_path: Path) -> None:
    version = store.current(data)
    assert version is not None
    fits = files.read(version)
    assert fits is not None
    query = open_version(version)
    day, web = date(2024, 12, 31), ("web",)
    chosen = ["--acquired-channel", "web", "--as-of", day.isoformat()]
    filters = CustomerFilters(acquired_channels=web, until=day)
    risk = churn.report(query, fits, filters, churn.ChurnOptions(horizon=30))
    expected = {
        ("churn", "--horizon", "30", *chosen): risk.customers,
        ("churn", "--horizon", "30", "--rescue", *chosen): risk.rescue,
        ("churn", "--rescue", "--with-lost", "--lost-days", "120", *chosen): churn.report(
            query, fits, filters, churn.ChurnOptions(leave_lost=False, rules=StageRules(lost_days=120))
        ).rescue,
        ("lifetime_value", "--horizon", "6", *chosen): lifetime_value.report(
            query, fits, filters, lifetime_value.LifetimeValueOptions(months=6)
        ).customers,
        ("lifecycle", "--since", "2024-06-30", "--to-stage", "lost", *chosen): lifecycle.customers(
            query, filters, since=date(2024, 6, 30), to_stage="lost"
        ),
        ("model_check", "--model", "pareto_nbd"): parts(model_check.report(query, fits, "pareto_nbd")),
    }
    for number, (arguments, frame) in enumerate(expected.items()):
        target = tmp_path / f"{number}.parquet"
        assert run("export", *arguments, "-o", target) == 0, arguments
        result = pl.read_parquet(target)
        assert frame.height > 0, arguments
        assert result.select(frame.columns).equals(frame), arguments


def test_an_export_names_what_it_stands_on(tmp_path: Path) -> None:
    target = tmp_path / "churn.csv"
    assert run("export", "churn", "--model", "mbg_nbd", "--cohort-to", "2024-06-30", "-o", target) == 0
    result = pl.read_csv(target)
    needed = ["customer_id", "frequency", "recency", "T", "monetary_value", "p_alive", "p_no_purchase"]
    needed += ["expected_purchases", "expected_next_order", "days_overdue", "value_at_stake", "stage"]
    assert set(needed) <= set(result.columns)
    for words in ("90 days", "MBG/NBD", "Margin", "Jun 30, 2024"):
        assert words in result["about_filters"][0]
    assert "Churn risk" in result["about_definitions"][0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("churn", "--horizon", "31"), "choose one"),
        (("churn", "--model", "arima"), "mbg_nbd"),
        (("churn", "--acquired-channel", "wep"), "“web”"),
        (("lifetime_value", "--horizon", "7"), "choose one"),
        (("lifetime_value", "--discount", "7"), "choose 0 to 1"),
        (("lifecycle", "--active-days", "200"), "choose more days"),
        (("lifecycle", "--to-stage", "sleepy"), "no stage"),
    ],
)
def test_a_refusal_is_a_sentence_and_one(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", *arguments, "-o", tmp_path / "x.csv") == 1
    reported = capsys.readouterr().err
    assert sentence in reported
    assert "Traceback" not in reported
