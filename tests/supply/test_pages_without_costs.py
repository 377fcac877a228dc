"""A shop of which nobody knows a cost: the supply pages say what to do, and nothing in money that nobody knows."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from shopkeeper import i18n
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.forecast import files, run
from shopkeeper.messages import Message
from shopkeeper.ui import state as signing
from tests.ui import page_app
from tests.ui.page_app import texts

DAYS = [date(2024, 1, 1) + timedelta(days=number) for number in range(150)]
TABLES = {
    "order_lines": [
        "order_id,ordered_at,sku,quantity,net_amount,ship_to_region,ship_from_location",
        *(f"{day}-{sku},{day} 10:00:00,{sku},{1 + day.day % 3},30,North,W" for day in DAYS for sku in ("tea", "cup")),
    ],
    "stock_snapshots": ["day,location_id,sku,on_hand", f"{DAYS[-1]},W,tea,0", f"{DAYS[-1]},W,cup,3"],
    "locations": ["location_id,name,kind,region,ships", "W,Warehouse,warehouse,North,true"],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bare")
    for name, rows in TABLES.items():
        (folder / f"{name}.csv").write_text("\n".join(rows))
    said = Acceptance("Tea", "EUR", "Europe/Berlin")
    run.make(import_files(sorted(folder.glob("*.csv")), file.load("plain"), folder / "data", said=said).version)
    return folder / "data"


@pytest.fixture(autouse=True)
def _served(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(data))
    monkeypatch.setattr(signing, "signed_in", lambda: None)
    with i18n.speaking("en"):
        yield


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("coverage", "2 of 2 items with demand, region by region, are out or run out"),
        ("replenishment", "2 lines to place today. What they cost and protect nobody can say"),
    ],
)
def test_the_answer_tells_no_money_that_nobody_knows(page: str, told: str) -> None:
    app = page_app.opened(f"pages/supply/{page}.py")
    assert told in texts(app)
    assert "€0" not in texts(app)
    assert not [metric for metric in app.metric if "€" in str(metric.value)]


def test_network_tells_rates_and_units_and_no_margin() -> None:
    app = page_app.opened("pages/supply/network.py")
    assert "lies within" in texts(app)
    assert "margin" not in texts(app).lower()
    assert not [metric for metric in app.metric if "€" in str(metric.value)]


@pytest.mark.parametrize("page", ["coverage", "replenishment", "demand"])
def test_what_the_run_doubts_is_on_every_page_that_orders_by_it(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    doubt = Message("The next weeks are out of range.")
    monkeypatch.setattr(files, "said", lambda _version, kind: (doubt,) if kind == "doubts" else ())
    app = page_app.opened(f"pages/supply/{page}.py")
    assert [warning.value for warning in app.warning] == ["The next weeks are out of range."]


def test_what_the_run_could_not_measure_is_on_the_page_of_the_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    note = Message("Bands are assumed.")
    monkeypatch.setattr(files, "said", lambda _version, kind: (note,) if kind == "notes" else ())
    assert "Bands are assumed." in texts(page_app.opened("pages/supply/demand.py"))


def test_orders_without_a_cost_of_the_item_cost_no_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines have a unit cost, so the margin is known; no products table says what an order costs."""
    lines, rest = TABLES["order_lines"], {name: rows for name, rows in TABLES.items() if name != "order_lines"}
    for name, rows in rest.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(rows))
    with_cost = [f"{lines[0]},unit_cost", *(f"{line},5" for line in lines[1:])]
    (tmp_path / "order_lines.csv").write_text("\n".join(with_cost))
    said = Acceptance("Tea", "EUR", "Europe/Berlin")
    made = import_files(sorted(tmp_path.glob("*.csv")), file.load("plain"), tmp_path / "data", said=said)
    run.make(made.version)
    monkeypatch.setenv("SHOPKEEPER_DATA", str(tmp_path / "data"))
    app = page_app.opened("pages/supply/replenishment.py")
    assert "whose cost nobody knows" in texts(app)
    assert "for €0.00" not in texts(app)
    assert "€0.00 protects" not in texts(app)
