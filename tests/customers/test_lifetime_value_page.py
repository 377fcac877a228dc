"""The Lifetime value page without a browser: it shows what the reports say, and says what it cannot show."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from shopkeeper import exports, i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.lifetime_value import table
from shopkeeper.customers.lifetime_value.opportunity import (
    LifetimeValueOpportunity,
    against_the_rest,
    contrasted,
    moments,
    opportunity,
)
from shopkeeper.customers.lifetime_value.report import LifetimeValue, LifetimeValueOptions
from shopkeeper.customers.lifetime_value.screen.answer import action, answer
from shopkeeper.customers.lifetime_value.shapes import banded, inactivity_names, per_customer
from shopkeeper.customers.model_check import report as model_check
from shopkeeper.customers.model_check.chart import compared_bars
from shopkeeper.engine.duckdb import Engine
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.models.intervals import quantile_of_all
from shopkeeper.ui import figures
from tests.shops import customers_on_disk
from tests.ui import page_app
from tests.ui.page_app import link_of, texts

PAGE = "pages/customers/lifetime_value.py"
DEFAULT = LifetimeValueOptions()
PARTS = ("segments", "distribution", "matrix", "customers", "proof")
open_page = partial(page_app.opened, PAGE)
Found = Callable[..., LifetimeValue]


@pytest.fixture(autouse=True)
def _served(monkeypatch: pytest.MonkeyPatch, opened: Engine) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(opened.version.path.parents[1]))
    with i18n.speaking("en"):
        yield


@pytest.fixture(scope="module")
def report_of(opened: Engine, fits: Fits) -> Found:
    """The report on the sample shop by these options."""

    @cache
    def report(options: LifetimeValueOptions = DEFAULT) -> LifetimeValue:
        return lifetime_value.report(opened, fits, CustomerFilters(), options)

    return report


def test_the_answer_is_that_of_the_report(opened: Engine, report_of: Found) -> None:
    whole = report_of().segments.filter(segment_kind="all").row(0, named=True)
    app = open_page()
    currency = opened.version.shop.currency
    assert [metric.value for metric in app.metric] == [
        i18n.compact_money(whole["historic_value"], currency),
        i18n.compact_money(whole["predicted_value"], currency),
        i18n.money(whole["predicted_value"] / whole["customers"], currency),
        i18n.percent(report_of().top_predicted, 0),
    ]
    shown = texts(app)
    assert f"these {i18n.integer(whole['customers'])} customers should bring" in shown
    assert "Do this next" in shown
    assert not app.warning


@pytest.mark.parametrize("part", PARTS)
def test_every_part_draws_alone_in_every_language(part: str) -> None:
    drawn = {"segments": 1, "distribution": 2, "matrix": 1, "customers": 0, "proof": 6}
    for language in i18n.LANGUAGES:
        app = open_page(lang=language, value_part=part)
        assert len(app.get("plotly_chart")) == drawn[part]
        assert "nan" not in texts(app).lower().replace("finance", "")


def test_the_proof_says_that_models_count_by_the_season(opened: Engine, fits: Fits) -> None:
    assert fits.in_season
    shown = texts(open_page(value_part="proof"))
    assert str(model_check.report(opened, fits).season) in shown


def test_a_link_opens_the_view_it_names_and_the_list_is_the_reports(
    opened: Engine, fits: Fits, report_of: Found
) -> None:
    app = open_page(months="24", value="revenue", discount="0", model="mbg_nbd", value_part="customers")
    reported = report_of(LifetimeValueOptions(24, "mbg_nbd", "shop", "revenue", 0.0))
    listed = app.dataframe[0].value
    assert listed.iloc[:, 0].tolist() == reported.customers["customer_id"].head(len(listed)).to_list()
    assert {"months": ["24"], "value": ["revenue"], "discount": ["0"]}.items() <= link_of(app).items()
    assert "net revenue" in texts(app)
    given = table.customers(opened.version, reported, lambda: lifetime_value.listing(opened, fits, reported))
    read = pl.read_csv(BytesIO(exports.to_csv(given.whole(), given.about)))
    assert read.height == reported.n == given.about.rows
    first = reported.customers["predicted_value"].to_list()
    assert read["predicted_value"].head(len(first)).to_list() == pytest.approx(first)


@pytest.mark.parametrize(("name", "value"), [("months", "7"), ("discount", "lots"), ("model", "oracle")])
def test_what_a_link_asks_for_in_vain_is_said(name: str, value: str) -> None:
    app = open_page(**{name: value})
    assert [warning for warning in app.warning if value in warning.value]
    assert app.metric


def test_without_fits_the_page_says_how_to_make_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "lake"
    customers_on_disk.publish(root)
    monkeypatch.setenv("SHOPKEEPER_DATA", str(root))
    app = open_page()
    assert [info for info in app.info if "`python -m shopkeeper fit`" in info.value]
    assert not app.metric


def test_a_part_of_the_histories_is_refused_in_a_sentence(opened: Engine) -> None:
    category = opened("customers/filter_values")["category"].drop_nulls().first()
    app = open_page(bought_categories=str(category))
    assert [warning for warning in app.warning if "Acquired in" in warning.value]


def test_the_proof_tells_the_models_and_the_assumption(opened: Engine, fits: Fits) -> None:
    app = open_page(value_part="proof")
    shown = texts(app)
    assert str(fits.reason) in shown
    assert "Gamma-Gamma's assumption holds" in shown
    assert i18n.number(fits.spends["margin"].correlation) in [metric.value for metric in app.metric]
    checked = model_check.report(opened, fits)
    tables = [table.value.shape[0] for table in app.dataframe]
    contest = (checked.standings, checked.cutoff_tests, checked.horizon_tests, checked.trials)
    assert tables[:4] == [frame.height for frame in contest]
    bars = compared_bars(checked.by_frequency, "frequency", titles=("x", "y"), more=model_check.MOST)
    assert bars.data[0].x[-1] == "7+"
    assert list(bars.data[1].y) == checked.by_frequency["actual"].to_list()


def test_segments_per_customer_and_bands_of_the_matrix_lose_nobody(report_of: Found) -> None:
    rows = per_customer(report_of().segments, "channel")
    assert (rows["predicted_each"] * rows["customers"]).to_list() == pytest.approx(rows["predicted_value"].to_list())
    assert rows["predicted_each"].is_sorted(descending=True)
    cells = banded(report_of().matrix)
    assert inactivity_names() == ["0", "1", "2", "3–5", "6–11", "12–23", "24+"]
    assert cells["customers"].sum() == report_of().n
    value = (cells["customers"] * cells["predicted_value"]).sum()
    assert value == pytest.approx(report_of().moments.filter(segment_kind="all")["predicted_value"].item())


def moments_of(customers: pl.DataFrame) -> pl.DataFrame:
    """What the report holds of these customers, whose channel is `segment`."""
    value = pl.col("predicted_value")
    return customers.group_by("segment").agg(
        pl.lit("channel").alias("segment_kind"),
        pl.len().alias("customers"),
        pl.col("historic_value").sum(),
        value.count().alias("predictable"),
        (value**2).sum().alias("squares"),
        value.sum(),
    )


def test_where_chance_explains_the_difference_nobody_is_told_to_move_money(
    opened: Engine, fits: Fits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample shop's dealers bring 91 each and Tmall 76, at standard errors of 7 and 3: of 463 pairs, nothing."""
    reported = opportunity(opened, fits, CustomerFilters(), LifetimeValueOptions())
    assert (reported.most, reported.least, reported.moved) == (None, None, None)
    assert reported.comparisons > 400
    monkeypatch.setattr(figures, "shop_currency", lambda: "CNY")
    assert "No channel, category or region brings better customers for certain" in action(reported)


def test_customers_who_have_all_gone_are_worth_no_list(
    opened: Engine, fits: Fits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "shop_currency", lambda: "CNY")
    customer_value = lifetime_value.report(opened, fits, CustomerFilters(), LifetimeValueOptions())
    whole = customer_value.segments.row(by_predicate=pl.col("segment_kind") == "all", named=True)
    assert "should bring" in answer(customer_value, whole)
    said = answer(customer_value, {**whole, "predicted_value": 0.2})
    assert "Hardly any of these" in said
    assert "should bring" not in said


def segments(*rows: tuple[str, int, float]) -> pl.DataFrame:
    """Channels of so many customers worth so much each, their values a half of it apart, their chance as large."""
    frame = pl.DataFrame(rows, schema=["segment", "n", "each"], orient="row")
    return frame.select(
        "segment",
        "n",
        total=pl.col("n") * pl.col("each"),
        squares=pl.col("n") * pl.col("each") ** 2 * 1.25,
        historic_each=pl.lit(1.0),
        segment_kind=pl.lit("channel"),
        deviation=pl.col("each") * pl.col("n").sqrt(),
    )


def test_advice_needs_a_difference_that_is_certain_between_the_two() -> None:
    certain = contrasted(segments(("web", 1000, 60.0), ("app", 1000, 50.0), ("shop", 1000, 40.0)))
    assert certain.most is not None
    assert certain.least is not None
    assert (certain.most["segment"], certain.least["segment"]) == ("web", "shop")
    assert (certain.most["n"], certain.most["rest_n"], certain.comparisons) == (1000, 2000, 6)
    error = (60.0**2 * 1.25 / 1000 + 40.0**2 * 1.25 / 1000) ** 0.5
    wide = quantile_of_all(6) * error
    assert [certain.low, certain.high] == pytest.approx([20 - wide, 20 + wide])


def test_advice_says_population_both_sizes_and_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "shop_currency", lambda: "CNY")
    contrast = contrasted(segments(("web", 1000, 60.0), ("app", 1000, 50.0), ("shop", 1000, 40.0)))
    assert contrast.most is not None
    most, least = contrast.most, contrast.least
    reported = LifetimeValueOpportunity(
        DEFAULT, "margin", None, 3000, 150_000.0, 0.4, 9.0, most, least, 2000.0, 1500.0, 2500.0, contrast.comparisons
    )
    said = action(reported)
    for part in (
        "Of the 3,000 customers",
        "**web** (1,000)",
        "**shop** (1,000)",
        "Welch",
        "95% over all 6 comparisons",
    ):
        assert part in said
    alone = action(replace(reported, least=None))
    assert "the 2,000 others" in alone
    assert "Welch" in alone


@pytest.mark.parametrize("each", [(51.0, 50.0, 49.0), (60.0, 50.0, 40.0)])
def test_no_advice_without_a_certain_difference(each: tuple[float, float, float]) -> None:
    size = 1000 if each[0] < 60 else 99
    contrast = contrasted(segments(*zip(("web", "app", "shop"), (size, size, size), each, strict=True)))
    assert (contrast.most, contrast.least, contrast.difference) == (None, None, None)
    # Nor where nobody knows how uncertain the values are.
    unknown = segments(("web", 1000, 60.0), ("app", 1000, 40.0)).with_columns(deviation=pl.lit(None, dtype=pl.Float64))
    assert contrasted(unknown).most is None


def test_equal_segments_of_real_customers_are_not_told_apart(opened: Engine, fits: Fits, report_of: Found) -> None:
    dealt = lifetime_value.listing(opened, fits, report_of()).sort("predicted_value").with_row_index()
    dealt = dealt.with_columns(segment=(pl.col("index") % 4).cast(pl.String)).drop("index")
    whole = report_of().segments.filter(segment_kind="all")
    four = pl.concat([whole.with_columns(segment=pl.lit(str(n)), segment_kind=pl.lit("channel")) for n in range(4)])
    # A quarter of the customers each, so half the spread of the whole.
    four = four.with_columns(low=pl.col("low") / 4, high=pl.col("low") / 4 + (pl.col("high") - pl.col("low")) / 2)

    def certain(customers: pl.DataFrame) -> list[str]:
        held = replace(report_of(), moments=moments_of(customers), segments=four)
        rows = moments(held).filter(segment_kind="channel")
        return against_the_rest(rows, 2.0).filter(pl.col("difference") > 0)["segment"].to_list()

    assert certain(dealt) == []
    better = pl.when(pl.col("segment") == "2").then(2.0).otherwise(1.0)
    assert certain(dealt.with_columns(predicted_value=pl.col("predicted_value") * better)) == ["2"]
