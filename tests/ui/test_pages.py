"""The pages without a browser: what they show is what the reports say, and a link opens the view it names."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.retention import opportunity as opportunities
from shopkeeper.customers.retention import report as retention
from shopkeeper.customers.retention.report import View
from shopkeeper.customers.retention.table import customers
from shopkeeper.engine.duckdb import open_version
from shopkeeper.engine.query import EVERYTHING, Scope
from shopkeeper.lake import store
from shopkeeper.lake.version import Version
from shopkeeper.ui import tables
from shopkeeper.ui.opened import Question, answer
from tests.shops import customers_on_disk
from tests.ui.page_app import link_of, linked, sound, texts

PAGES = ("pages/customers/retention.py", "pages/shop/data.py")


@pytest.fixture(autouse=True)
def _served(corner_shop: Version, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
    with i18n.speaking("en"):
        yield


def open_app(**link: str | list[str]) -> AppTest:
    """Retention by a link, as Streamlit opens it: the first run is that of the page."""
    return sound(linked(**link).run().switch_page(PAGES[0]).run())


def rates_of_the_same(cells: pl.DataFrame, ages: tuple[int, ...]) -> dict[int, float]:
    """Who came back by some ages, of the cohorts whose last one has closed, summed cell by cell."""
    mature = cells.filter("mature")
    cohorts = set(mature.filter(age=ages[-1])["cohort"])
    of_cohorts = mature.filter(pl.col("cohort").is_in(list(cohorts)))
    return {age: float(rows["value"].sum()) / float(rows["n"].sum()) for (age,), rows in of_cohorts.group_by("age")}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_in_every_language(page: str, language: str) -> None:
    app = sound(open_app(lang=language).switch_page(page).run())
    assert (
        app.title[0].value
        == {
            ("pages/customers/retention.py", "en"): "Retention",
            ("pages/customers/retention.py", "zh_CN"): "留存",
            ("pages/shop/data.py", "en"): "Data",
            ("pages/shop/data.py", "zh_CN"): "数据",
        }[page, language]
    )
    assert not app.warning


def test_figures_on_the_page_are_those_of_the_report(corner_shop: Version) -> None:
    query = open_version(corner_shop)
    cells = retention.report(query, CustomerFilters(), View(method="cumulative")).cells
    rates = rates_of_the_same(cells, (1, 3))
    query.close()
    app = open_app()
    shown = [metric.value for metric in app.metric]
    assert shown[:2] == [i18n.percent(rates[1]), i18n.percent(rates[3])]
    assert f"Of 100 new customers, {i18n.integer(rates[1] * 100)} buy again" in texts(app)


def test_the_trust_strip_says_how_far_to_trust(corner_shop: Version) -> None:
    for page in PAGES:
        strip = texts(open_app().switch_page(page).run())
        for fact in ("As of Jul 31, 2026", "2 rows rejected", "CNY", "Asia/Shanghai", corner_shop.id):
            assert fact in strip


def test_a_link_opens_the_view_it_names(corner_shop: Version) -> None:
    link = {"acquired_channels": ["Own stores"], "cohort_from": "2026-02-01", "period": "week", "method": "unbounded"}
    app = open_app(**link)  # type: ignore[arg-type]
    assert app.multiselect(key="acquired_channels").value == ["Own stores"]
    assert not app.warning
    view = View(period="week", method="cumulative")
    filters = CustomerFilters(acquired_channels=("Own stores",), cohort_from=date(2026, 2, 1))
    query = open_version(corner_shop)
    rates = rates_of_the_same(retention.report(query, filters, view).cells, (1, 4, 12))
    query.close()
    assert app.metric[0].value == i18n.percent(rates[1])
    kept = link_of(app)
    assert kept["period"] == ["week"]
    assert kept["acquired_channels"] == ["Own stores"]
    assert kept["cohort_from"] == ["2026-02-01"]


def test_filters_survive_a_change_of_page_and_are_reset_by_one_button() -> None:
    app = open_app()
    app.multiselect(key="acquired_channels").select("Own stores").run()
    app.switch_page(PAGES[1]).run()
    app.switch_page(PAGES[0]).run()
    assert app.multiselect(key="acquired_channels").value == ["Own stores"]
    app.button(key="reset").click().run()
    assert app.multiselect(key="acquired_channels").value == []
    assert "acquired_channels" not in link_of(app)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("acquired_channels", "Nowhere", "Nowhere"),
        ("period", "decade", "decade"),
        ("cohort_from", "yesterday", "yesterday"),
        ("until", "1999-01-01", "1999"),
        ("lang", "tlh", "tlh"),
        ("cohort", "a while ago", "a while ago"),
        ("bought_regions", "", "Bought in region"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said(name: str, value: str, said: str) -> None:
    app = open_app(**{name: value})
    assert [warning for warning in app.warning if said in warning.value]
    assert app.metric


def test_a_choice_that_another_choice_forbids_is_not_dropped_in_silence() -> None:
    app = open_app(method="unbounded", measure="revenue")
    assert "unbounded" in app.warning[0].value
    assert app.segmented_control(key="method").value == "exact"


def test_a_cell_holds_as_many_customers_as_it_says(corner_shop: Version) -> None:
    query = open_version(corner_shop)
    cells = retention.report(query, CustomerFilters(), View()).cells
    query.close()
    cell = cells.filter(mature=True, age=1).row(0, named=True)
    app = open_app(cohort=cell["cohort"].isoformat(), age="1")
    assert f"**{cell['value']:.0f}** of {cell['n']} observed customers" in texts(app)
    assert len(app.dataframe[-1].value) == cell["value"]
    app.segmented_control(key="side").set_value("absent").run()
    assert len(sound(app).dataframe[-1].value) == cell["n"] - cell["value"]


def test_two_segments_stand_side_by_side() -> None:
    app = open_app(compare="1", b_acquired_channels="Own stores")
    assert len(app.get("plotly_chart")) == 2
    assert app.multiselect(key="b_acquired_channels").value == ["Own stores"]
    app.segmented_control(key="chart").set_value("curves").run()
    assert len(sound(app).get("plotly_chart")) == 1


def test_rejected_rows_are_listed_and_reconcile() -> None:
    app = open_app().switch_page(PAGES[1]).run()
    shown = texts(sound(app))
    assert "brought in = published + rejected" in shown
    assert "not a day" in str(app.dataframe[2].value)


def test_going_back_to_a_version_asks_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "lake"
    first, second = customers_on_disk.publish(root, seed=1), customers_on_disk.publish(root, seed=2)
    monkeypatch.setenv("SHOPKEEPER_DATA", str(root))
    app = open_app().switch_page(PAGES[1]).run()
    app.segmented_control(key="data_section").set_value("versions").run()
    app.button(key="roll_back").click().run()
    assert store.current_id(root) == second.id
    app.button(key="roll_back").click()
    app.button(key="confirm_roll_back").click()
    app.run()
    assert store.current_id(root) == first.id


def test_a_run_answers_from_one_version_and_the_next_run_from_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "lake"
    first = customers_on_disk.publish(root, seed=1)
    monkeypatch.setenv("SHOPKEEPER_DATA", str(root))
    app = open_app()
    assert first.id in texts(app)
    before = [metric.value for metric in app.metric]
    second = customers_on_disk.publish(root, seed=2)
    sound(app.run())
    assert second.id in texts(app)
    assert first.id not in texts(app)
    assert [metric.value for metric in app.metric] != before


def test_answers_are_told_apart_by_their_whole_key() -> None:
    for scope in (EVERYTHING, Scope(categories=("Tea",))):
        for version in ("v1", "v2"):
            key = ("report", "()", "[]", repr(scope), version)
            assert answer(Question(key, lambda key=key: key)) == key  # type: ignore[misc]
            assert answer(Question(key, lambda: "asked again")) == key


def test_two_tables_never_share_a_file_name(corner_shop: Version) -> None:
    query = open_version(corner_shop)
    result = [
        retention.customers(query, CustomerFilters(), View(), date(2026, 3, 1), age, absent=absent)
        for age in (1, 2)
        for absent in (True, False)
    ]
    cells = [(age, absent) for age in (1, 2) for absent in (True, False)]
    query.close()
    names = {
        downloads_of(corner_shop, frame, age, absent=absent, extension=extension)
        for frame, (age, absent) in zip(result, cells, strict=True)
        for extension in ("csv", "xlsx")
    }
    assert len(names) == 8


def downloads_of(corner_shop: Version, frame: pl.DataFrame, age: int, *, absent: bool, extension: str) -> str:
    made = customers(
        corner_shop, CustomerFilters(), View(), frame, corner_shop.as_of, (date(2026, 3, 1), age), absent=absent
    )
    return tables.file_name(made, extension, EVERYTHING)


def test_a_fault_shows_an_id_and_no_trace(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the secret inside")

    app = linked().run().switch_page(PAGES[0])
    monkeypatch.setattr(opportunities, "opportunity", broken)
    app.run()
    assert not app.exception
    said = app.error[0].value
    assert "secret" not in said
    assert said.split()[-1].strip(".") in caplog.text
