"""The Churn risk page without a browser: what it shows is what the reports say, in every part and language."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from shopkeeper import i18n
from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.churn.screen.risk import DEFINITIONS
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifecycle import report as lifecycle
from shopkeeper.customers.second_order import report as second_order
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.jobs.buying import files
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.lake.version import Version
from shopkeeper.messages import message
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.models.buying.stages import StageRules
from tests.shops import customers_on_disk
from tests.ui import page_app
from tests.ui.page_app import texts

PAGE = "pages/customers/churn_risk.py"
open_page = partial(page_app.opened, PAGE)


@pytest.fixture(autouse=True)
def _served(corner_shop: Version, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
    with i18n.speaking("en"):
        yield


@pytest.fixture
def query(corner_shop: Version) -> Iterator[Engine]:
    engine = open_version(corner_shop)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def small_fits(corner_shop: Version) -> Fits:
    result = files.read(corner_shop)
    assert result is not None
    return result


def rescue_of(app: AppTest) -> Any:
    """The rescue list as it is shown; the table before it is that of the models."""
    return next(table.value for table in app.dataframe if "value_at_stake" in table.value)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("part", DEFINITIONS)
def test_every_part_draws_in_every_language(part: str, language: str) -> None:
    app = open_page(churn_view=part, lang=language)
    assert app.metric
    assert not app.warning
    assert "nan" not in texts(app).lower()


def test_the_answer_is_that_of_the_report(query: Engine, small_fits: Fits) -> None:
    result = churn.report(query, small_fits, CustomerFilters(), churn.ChurnOptions(horizon=30))
    app = open_page(risk_days="30")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["To rescue"] == i18n.integer(result.rescue.height)
    assert "30 days" in app.metric[0].label
    assert rescue_of(app)["customer_id"].to_list() == result.rescue["customer_id"].head(100).to_list()


def test_where_no_model_holds_the_page_says_so_and_tells_plain_rates(
    monkeypatch: pytest.MonkeyPatch, small_fits: Fits
) -> None:
    reason = message("No model could be fitted: {why} Risk is the plain rate of customers alike.", why="Test.")
    none = replace(small_fits, chosen=None, standings=(), models={}, calibrated={}, segments={}, reason=reason)
    monkeypatch.setattr(files, "read", lambda _version: none)
    app = open_page()
    assert str(reason) in texts(app)
    assert "Plain rate" in texts(app)


@pytest.mark.parametrize("rule", ["plain_rates", "last_period", "hiatus"])
def test_a_rule_that_won_serves_the_page(monkeypatch: pytest.MonkeyPatch, small_fits: Fits, rule: ModelKind) -> None:
    won = replace(small_fits, chosen=rule, segments={})
    monkeypatch.setattr(files, "read", lambda _version: won)
    app = open_page(risk_days="30")
    assert not app.exception
    assert rescue_of(app)["value_at_stake"].notna().all()
    assert "A rule of customers alike stands for a model here" in texts(app)


def test_another_model_and_another_value_are_told(monkeypatch: pytest.MonkeyPatch, opened: Engine, fits: Fits) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(opened.version.path.parents[1]))
    other = next(kind for kind in fits.models if kind != fits.chosen)
    result = churn.report(opened, fits, CustomerFilters(), churn.ChurnOptions(kind=other, value="revenue"))
    app = open_page(model=other, value="revenue")
    assert rescue_of(app)["value_at_stake"].to_list() == result.rescue["value_at_stake"].head(100).to_list()
    assert rescue_of(app)["p_alive"].to_list() == result.rescue["p_alive"].head(100).to_list()
    assert open_page(churn_view="customer").metric[0].value.endswith("%")


def test_one_customer_is_drawn_and_an_unknown_one_is_said(query: Engine, small_fits: Fits) -> None:
    result = churn.report(query, small_fits, CustomerFilters(), churn.ChurnOptions())
    row = result.customers.sort("frequency", descending=True).row(0, named=True)
    app = open_page(churn_view="customer", customer=row["customer_id"])
    assert f"{row['frequency'] + 1} purchases" in texts(app)
    assert app.metric[0].value == i18n.percent(row["p_alive"])
    assert "nobody-at-all" in open_page(churn_view="customer", customer="nobody-at-all").warning[0].value


def test_every_cell_of_the_moves_holds_as_many_customers_as_it_says(query: Engine) -> None:
    since = date(2026, 5, 1)
    moves = lifecycle.report(query, CustomerFilters(), since=since).moves
    for move in moves.head(3).iter_rows(named=True):
        app = open_page(
            churn_view="lifecycle", moves_since=since.isoformat(), stage_then=move["from_stage"],
            stage_now=move["to_stage"],
        )  # fmt: skip
        assert f"**{move['customers']}** customer" in texts(app)
        assert len(app.dataframe[-1].value) == move["customers"]


def test_rules_are_moved_by_link_and_impossible_ones_are_said(query: Engine) -> None:
    result = lifecycle.report(query, CustomerFilters(), StageRules(active_days=30, lost_days=60))
    app = open_page(churn_view="lifecycle", active_days="30", lost_days="60")
    assert app.metric[-1].value == i18n.integer(result.counts["lost"])
    assert "more days than active" in open_page(churn_view="lifecycle", active_days="200").warning[0].value
    assert "Lost after days" in open_page(churn_view="lifecycle", lost_days="soon").warning[0].value


def test_the_second_order_says_how_many_are_back(query: Engine) -> None:
    whole = second_order.report(query, CustomerFilters(), "all")
    app = open_page(churn_view="second", clock_by="category")
    by_day_30 = whole.curves.filter(duration=30.0)["returned"].to_list()
    assert app.metric[0].value == i18n.percent(by_day_30[0])
    assert set(app.dataframe[-1].value["segment"]) == set(customers_on_disk.CATEGORIES)


def test_a_part_of_purchases_cannot_say_who_is_leaving() -> None:
    app = open_page(bought_categories="Tea")
    assert "Bought in category" in app.warning[0].value


def test_without_fits_the_page_says_how_to_make_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = customers_on_disk.publish(tmp_path / "lake", seed=8)
    monkeypatch.setenv("SHOPKEEPER_DATA", str(version.path.parents[1]))
    files.path_of(version).unlink(missing_ok=True)
    assert "python -m shopkeeper fit" in texts(open_page())
    assert open_page(churn_view="lifecycle").metric


def test_customers_lost_already_are_rescued_where_that_is_chosen(query: Engine, small_fits: Fits) -> None:
    usual = churn.report(query, small_fits, CustomerFilters())
    result = churn.report(query, small_fits, CustomerFilters(), churn.ChurnOptions(leave_lost=False))
    assert result.rescue.height > usual.rescue.height
    app = open_page(lost="rescue")
    assert rescue_of(app)["customer_id"].to_list() == result.rescue["customer_id"].head(100).to_list()
    assert i18n.integer(result.rescue.height) in [metric.value for metric in app.metric]


def test_the_way_to_the_proof_opens_it_on_the_other_page() -> None:
    app = open_page().button(key="proof_link").click().run()
    assert not app.exception
    assert app.session_state["value_part"] == "proof"
    assert app.segmented_control(key="value_part").value == "proof"
