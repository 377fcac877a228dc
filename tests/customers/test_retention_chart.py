"""Figures hold what the reports hold: open cells stay empty, the mean is apart, every cell can be clicked."""

import tomllib
from datetime import date

import plotly.graph_objects as go
import polars as pl
import pytest

from shopkeeper import i18n
from shopkeeper.charts.style import GROUND, for_file
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.retention.chart.curves import retention_curves
from shopkeeper.customers.retention.chart.heatmap import OPEN, retention_heatmap
from shopkeeper.customers.retention.report import MEASURES, METHODS, Retention, View
from tests.paths import REPOSITORY

RATES = {(1, 0): 1.0, (1, 1): 0.25, (1, 2): 0.125, (2, 0): 1.0, (2, 1): 0.5, (3, 0): 1.0}


def a_report(view: View | None = None, filters: CustomerFilters | None = None) -> Retention:
    """Three monthly cohorts of 40, 12 and 40 customers; the last period of each is still open."""
    sizes = {1: 40, 2: 12, 3: 40}
    rows = []
    for month, size in sizes.items():
        for age in range(5 - month):
            rate = RATES.get((month, age))
            closed = rate is not None
            rows.append(
                (date(2026, month, 1), age, size, size if closed else 0, None if rate is None else rate * size, rate,
                 rate and rate / 2, rate, rate, closed, month == 1)
            )  # fmt: skip
    columns = [
        "cohort",
        "age",
        "cohort_size",
        "n",
        "value",
        "rate",
        "low",
        "high",
        "upper",
        "mature",
        "may_not_be_first",
    ]
    cells = pl.DataFrame(rows, schema=columns, orient="row")
    mean = (
        cells.filter("mature").group_by("age").agg(pl.col("n").sum(), pl.col("value").sum(), cohorts=pl.len())
        .sort("age")
        .with_columns(rate=pl.col("value") / pl.col("n"), low=pl.lit(0.0), high=pl.lit(1.0), upper=pl.lit(1.0))
    )  # fmt: skip
    return Retention(view or View(), filters or CustomerFilters(), date(2026, 4, 15), cells, mean, None)


def heat(figure: go.Figure) -> list[go.Heatmap]:
    return [trace for trace in figure.data if trace.type == "heatmap"]


def test_closed_cells_carry_their_share_and_open_ones_nothing() -> None:
    figure = retention_heatmap(a_report(), "CNY")
    solid, pale, mean = heat(figure)
    drawn = {
        (row, age): value
        for trace in (solid, pale)
        for row, line in enumerate(trace.z)
        for age, value in enumerate(line)
        if value == value  # noqa: PLR0124 (NaN is no cell)
    }
    assert drawn == {(month - 1, age): rate * 100 for (month, age), rate in RATES.items()}
    assert {row for row, line in enumerate(pale.z) for value in line if value == value} == {1}  # noqa: PLR0124
    assert list(mean.z[0])[:2] == [100.0, pytest.approx((10 + 6) / 52 * 100)]


def test_open_cells_are_marked_and_the_mean_has_an_axis_of_its_own() -> None:
    figure = retention_heatmap(a_report(), "CNY")
    marks = next(trace for trace in figure.data if trace.text == OPEN)
    assert len(marks.x) == 3
    assert heat(figure)[2].yaxis == "y2"
    assert figure.layout.yaxis.domain[1] < figure.layout.yaxis2.domain[0]


def test_a_row_says_its_size_and_whether_it_may_not_be_first() -> None:
    with i18n.speaking("en"):
        labels = heat(retention_heatmap(a_report(), "CNY"))[0].y
    assert list(labels) == ["Jan 2026 † · 40", "Feb 2026 · 12", "Mar 2026 · 40"]


def test_a_click_gives_back_cohort_and_age() -> None:
    figure = retention_heatmap(a_report(), "CNY")
    closed = next(trace for trace in figure.data if trace.name == "closed")
    assert [tuple(data[:2]) for data in closed.customdata][:2] == [("2026-01-01", 0), ("2026-01-01", 1)]
    assert "Few customers" in closed.customdata[3][8]


def test_the_latest_cohorts_only_are_drawn_where_so_many_are_asked_for() -> None:
    figure = retention_heatmap(a_report(), "CNY", latest=2)
    assert len(heat(figure)[0].y) == 2
    assert len(heat(figure)[2].x) == 3


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_letters_are_in_contrast_with_every_cell(language: str, *, dark: bool) -> None:
    with i18n.speaking(language):
        figure = retention_heatmap(a_report(), "CNY", dark=dark)
    solid = heat(figure)[0]
    for _share, colour in solid.colorscale:
        assert contrast(colour, solid.textfont.color) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    dark, light = sorted(luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("measure", "method"),
    [(one, way) for one in MEASURES for way in METHODS if one == "customers" or way != "unbounded"],
)
def test_every_view_has_a_title_axes_and_a_unit(measure: str, method: str) -> None:
    report = a_report(View(measure=measure, method=method))  # type: ignore[arg-type]
    for figure in (retention_heatmap(report, "CNY"), retention_curves([("all", report)], "CNY")):
        assert figure.layout.title.text
        assert "month" in figure.layout.xaxis.title.text.lower()
        unit = {"customers": "%", "orders": "orders"}.get(measure, "CNY")
        assert unit.lower() in figure.layout.title.text.lower()


def test_segments_differ_by_more_than_colour() -> None:
    figure = retention_curves([("A", a_report()), ("B", a_report())], "CNY")
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert len({(line.line.dash, line.marker.symbol) for line in lines}) == 2
    bands = [trace for trace in figure.data if trace.fill == "tonexty"]
    assert len(bands) == 2


def test_the_grounds_are_those_of_the_theme() -> None:
    theme = tomllib.loads((REPOSITORY / ".streamlit" / "config.toml").read_text())["theme"]
    assert theme["light"]["backgroundColor"] == GROUND[False]
    assert theme["dark"]["backgroundColor"] == GROUND[True]


def test_a_figure_for_a_file_is_opaque() -> None:
    figure = for_file(retention_heatmap(a_report(), "CNY"))
    assert figure.layout.paper_bgcolor == GROUND[False]
