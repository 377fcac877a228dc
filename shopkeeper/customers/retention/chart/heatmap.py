"""The cohort triangle."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from shopkeeper.charts.style import GREY, GROUND, INK, PALE, PALETTE, SCALES, TEMPLATE, blend
from shopkeeper.customers.retention.chart.titles import closed_hover, title, unit
from shopkeeper.customers.retention.report import FEW_CUSTOMERS, Retention, View
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import integer, number, of_hundred, period_label

OPEN = "…"
LARGEST_DRAWN, LARGEST = {"day": 14}, 10_000
"""Ages drawn of cohorts of one day, and of others: all."""
ROW_PIXELS = 27
CROWDED = 20
"""From so many ages on, letters shrink with their cells, and not every age is named on the axis."""


def retention_heatmap(
    report: Retention,
    currency: str,
    *,
    latest: int | None = None,
    picked: tuple[date, int] | None = None,
    dark: bool = False,
) -> go.Figure:
    """The triangle: a row per cohort (of the `latest` so many), a column per age; above it the mean over closed cells.

    Open cells are empty and marked, cells of few customers fade into the ground. Each cell carries
    `[cohort, age]` as the first two fields of its custom data, which a click gives back; `picked` is framed.
    """
    view, cells = report.view, report.cells.filter(pl.col("age") <= LARGEST_DRAWN.get(report.view.period, LARGEST))
    if latest:
        cells = cells.filter(pl.col("cohort").is_in(cells["cohort"].unique().sort().tail(latest).to_list()))
    cohorts = cells["cohort"].unique().sort().to_list()
    labels = dict(zip(cohorts, row_labels(cells, view), strict=True))
    ages = list(range(max(cells["age"].to_list(), default=0) + 1))
    closed, few = cells.filter("mature"), pl.col("n") < FEW_CUSTOMERS
    factor = 100.0 if view.measure == "customers" else 1.0
    top = highest(cells, factor)
    write = cell_text(view, top)

    def style(*, pale: bool) -> dict[str, Any]:
        return cell_style(dark, pale=pale, crowded=len(ages) > CROWDED) | {"zmax": top}

    figure = go.Figure(layout={"template": TEMPLATE})
    for part, pale in ((closed.filter(~few), False), (closed.filter(few), True)):
        figure.add_trace(heat(part.with_columns(z=pl.col("rate") * factor), labels, ages, style(pale=pale), write))
    figure.add_trace(open_cells(cells.filter(~pl.col("mature")), labels, ages))
    mean = report.mean.filter(pl.col("age") < len(ages))
    figure.add_trace(mean_row(mean.with_columns(z=pl.col("rate") * factor), ages, style(pale=False), write))
    for name, part in (("closed", closed), ("open", cells.filter(~pl.col("mature")))):
        figure.add_trace(targets(part, labels, view, currency, name))
    figure.add_trace(mean_targets(mean, view, currency))
    if picked and picked[0] in labels and picked[1] in ages:
        row, age = list(labels).index(picked[0]), picked[1]
        frame = {"line": {"color": PALETTE[1], "width": 3}, "x0": age - 0.5, "x1": age + 0.5}
        figure.add_shape(type="rect", y0=row - 0.5, y1=row + 0.5, **frame)
    return arranged(figure, report, list(labels.values()), ages, currency)


def cell_text(view: View, top: float) -> Callable[[float], str]:
    """How a cell is written: percent without its sign (the title has it), so that a phone has room for it.

    Below 10 % it has a decimal. No K or M: they would stand in Chinese too.
    """
    if view.measure == "customers":
        return lambda z: of_hundred(z / 100)
    return integer if top >= 10 else number


def arranged(figure: go.Figure, report: Retention, labels: list[str], ages: list[int], currency: str) -> go.Figure:
    """Axes, title and size: the mean on an axis of its own, a gap above the first cohort."""
    height = 64 + ROW_PIXELS * (len(labels) + 2)
    split = 1 - 1.75 * ROW_PIXELS / (height - 64)
    label = _("{Unit}s since the first purchase (k)", Unit=unit(report.view).capitalize())
    return figure.update_layout(
        title=title(report.view, currency),
        height=height,
        showlegend=False,
        hoverdistance=-1,
        clickmode="event+select",
        dragmode=False,
        xaxis={
            "title": label,
            "tickvals": ages[:: 1 + len(ages) // CROWDED],
            "range": [-0.5, len(ages) - 0.5],
            "showgrid": False,
            "anchor": "y",
            "fixedrange": True,
            "tickangle": 0,
        },
        yaxis={
            "type": "category",
            "categoryarray": labels,
            "categoryorder": "array",
            "domain": [0, split],
            "range": [len(labels) - 0.5, -0.5],
            "showgrid": False,
            "fixedrange": True,
            "tickmode": "array",
            "tickvals": labels,
        },
        yaxis2={
            "type": "category",
            "domain": [1 - ROW_PIXELS / (height - 64), 1],
            "showgrid": False,
            "automargin": True,
            "fixedrange": True,
            "anchor": "x",
        },
    )


def row_labels(cells: pl.DataFrame, view: View) -> list[str]:
    """`Mar 2026 · 412`, with a dagger where the cohort may hold customers who had bought before; oldest first."""
    rows = (
        cells.group_by("cohort").agg(pl.col("cohort_size").first(), pl.col("may_not_be_first").first()).sort("cohort")
    )
    return [
        f"{period_label(view.period, cohort)}{' †' if early else ''} · {integer(size)}"
        for cohort, size, early in rows.iter_rows()
    ]


def highest(cells: pl.DataFrame, factor: float) -> float:
    """The end of the colour scale: the highest rate after age 0, which would drown all others."""
    later = cells.filter(pl.col("age") > 0, pl.col("n") >= FEW_CUSTOMERS)["rate"].max()
    anywhere = cells["rate"].max()
    highest_rate = later or anywhere or 1.0
    return float(highest_rate) * factor  # type: ignore[arg-type]


def cell_style(dark: bool, *, pale: bool, crowded: bool) -> dict[str, Any]:
    """Colours of a heat map on a dark or light ground; `pale` fades cells and letters into the ground."""
    colours = [blend(colour, GROUND[dark], PALE) if pale else colour for colour in SCALES[dark]]
    return {
        "colorscale": [[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)],
        "textfont": {"color": GREY if pale else INK[dark]} | ({} if crowded else {"size": 11}),
        "zmin": 0,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
        "hoverongaps": False,
    }


def heat(
    part: pl.DataFrame,
    labels: dict[date, str],
    ages: list[int],
    style: dict[str, Any],
    write: Callable[[float], str],
) -> go.Heatmap:
    """The cells of `part` in the grid of all; the rest is left out."""
    rows = {cohort: row for row, cohort in enumerate(labels)}
    z = np.full((len(labels), len(ages)), np.nan)
    text = [[""] * len(ages) for _cohort in labels]
    for cohort, age, value in part.select("cohort", "age", "z").iter_rows():
        z[rows[cohort], age] = value
        text[rows[cohort]][age] = write(value)
    return go.Heatmap(z=z, text=text, texttemplate="%{text}", x=ages, y=list(labels.values()), **style)


def open_cells(part: pl.DataFrame, labels: dict[date, str], ages: list[int]) -> go.Scatter:
    """The mark of cells that have not closed."""
    shown = part.filter(pl.col("age") < len(ages))
    return go.Scatter(
        x=shown["age"].to_list(),
        y=[labels[cohort] for cohort in shown["cohort"]],
        mode="text",
        text=OPEN,
        textfont={"color": GREY, "size": 13},
        hoverinfo="skip",
        showlegend=False,
        unselected={"textfont": {"color": GREY}},
    )


def mean_row(mean: pl.DataFrame, ages: list[int], style: dict[str, Any], write: Callable[[float], str]) -> go.Heatmap:
    """One row on an axis of its own, above the cohorts."""
    values = dict(mean.select("age", "z").iter_rows())
    z = [values.get(age) for age in ages]
    text = ["" if value is None else f"<b>{write(value)}</b>" for value in z]
    whole = {"z": [z], "text": [text], "texttemplate": "%{text}"}
    return go.Heatmap(**whole, x=ages, y=[mean_label()], yaxis="y2", **style)


def mean_label() -> str:
    """Of the row above the cohorts."""
    return f"<b>{_('Weighted mean')}</b>"


def targets(part: pl.DataFrame, labels: dict[date, str], view: View, currency: str, name: str) -> go.Scatter:
    """An invisible point in each cell, which can be hovered and clicked as a heat map's cell cannot."""
    care, first = "<br>" + _("Few customers: read with care"), "<br>† " + _("May not be the first purchase")
    few = pl.when(pl.col("n") < FEW_CUSTOMERS).then(pl.lit(care)).otherwise(pl.lit(""))
    early = pl.when("may_not_be_first").then(pl.lit(first)).otherwise(pl.lit(""))
    data = part.select(
        pl.col("cohort").cast(pl.String),
        "age",
        "n",
        "value",
        "rate",
        "low",
        "high",
        "upper",
        few if name == "closed" else pl.lit("").alias("few"),
        early.alias("early"),
        "cohort_size",
    )
    facts = closed_hover(view, currency) if name == "closed" else _("Not yet closed: empty, not 0")
    return go.Scatter(
        x=part["age"].to_list(),
        y=[labels[cohort] for cohort in part["cohort"]],
        mode="markers",
        name=name,
        customdata=[list(row) for row in data.iter_rows()],
        marker={"size": 22, "color": "rgba(0,0,0,0)"},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        hovertemplate=f"<b>%{{y}}</b><br>k = %{{x}}<br>{facts}%{{customdata[8]}}%{{customdata[9]}}<extra></extra>",
    )


def mean_targets(mean: pl.DataFrame, view: View, currency: str) -> go.Scatter:
    """The same for the mean; a click on it picks no cell."""
    data = mean.select(
        pl.lit("").alias("cohort"),
        "age",
        "n",
        "value",
        "rate",
        "low",
        "high",
        "upper",
        pl.lit("").alias("few"),
        pl.lit("").alias("early"),
        "cohorts",
    )
    words = _("Mean of {cohorts} closed cohorts, weighted by n", cohorts="%{customdata[10]}")
    return go.Scatter(
        x=mean["age"].to_list(),
        y=[mean_label()] * mean.height,
        yaxis="y2",
        mode="markers",
        name="mean",
        customdata=[list(row) for row in data.iter_rows()],
        marker={"size": 22, "color": "rgba(0,0,0,0)"},
        unselected={"marker": {"opacity": 0}},
        selected={"marker": {"opacity": 0}},
        hovertemplate=f"<b>{words}</b><br>k = %{{x}}<br>{closed_hover(view, currency)}<extra></extra>",
    )
