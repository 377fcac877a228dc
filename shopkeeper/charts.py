"""Frames in, Plotly figures out. Backgrounds are transparent, so that a figure sits on a light page and a dark one."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import integer, ngettext, period_label
from shopkeeper.measures import measure
from shopkeeper.retention import FEW_CUSTOMERS, Retention, View

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours, told apart with every kind of colour vision; dash and marker tell the same."""
DASHES = ("solid", "dash", "dot", "dashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up")
GREY = "#8A8F98"
GROUND = {False: "#FFFFFF", True: "#0F1720"}
"""The page's background by whether it is dark; `.streamlit/config.toml` says the same."""
SCALES = {False: ("#F3F8FC", "#CFE3F1", "#9DC7E3", "#5FA5D3"), True: ("#152636", "#1B4160", "#245D87", "#2F79AD")}
INK = {False: "#10212E", True: "#F0F6FC"}
"""Letters in cells: in contrast with every colour of the scale."""
PALE = 0.75
OPEN = "…"
TEMPLATE = go.layout.Template(
    layout={
        "colorway": PALETTE,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "xaxis": {"automargin": True, "zeroline": False},
        "yaxis": {"automargin": True, "zeroline": False},
        "legend": {"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0, "traceorder": "normal"},
    }
)
COHORTS_IN_CURVES = 4
ROW_PIXELS = 27
CROWDED = 20
"""From so many ages on, letters shrink with their cells, and not every age is named on the axis."""


def unit(view: View) -> str:
    """What age counts, in words: `month`, or `30-day window`."""
    if view.windows == "rolling":
        return ngettext("{n}-day window", "{n}-day window", view.window_days)
    return {"week": _("week"), "month": _("month"), "quarter": _("quarter")}[view.period]


def measure_name(view: View) -> str:
    """The measure that the view's rate is: a name that `measures.measure` knows."""
    if view.measure == "customers":
        return "retention_rate"
    return ("cumulative_" if view.method == "cumulative" else "") + f"{view.measure}_per_customer"


def title(view: View, currency: str) -> str:
    """What a cell or a point of the view's charts shows, in words."""
    if view.measure == "customers":
        text = {
            "exact": _("Share of each cohort that bought in {unit} k after the first purchase", unit=unit(view)),
            "unbounded": _("Share of each cohort that bought in {unit} k or later", unit=unit(view)),
            "cumulative": _("Share of each cohort that bought again by {unit} k", unit=unit(view)),
        }
        return text[view.method] + " (%)"
    label = _(measure(measure_name(view)).label) + ("" if view.measure == "orders" else f" ({currency})")
    if view.method == "cumulative":
        return _("{measure}, up to {unit} k", measure=label, unit=unit(view))
    return _("{measure}, in {unit} k", measure=label, unit=unit(view))


def retention_heatmap(
    report: Retention, currency: str, *, latest: int | None = None, dark: bool = False
) -> go.Figure:
    """The triangle: a row per cohort (of the `latest` so many), a column per age; above it the mean over closed cells.

    Open cells are empty and marked, cells of few customers fade into the ground. Each cell carries
    `[cohort, age]` as the first two fields of its custom data, which a click gives back.
    """
    view, cells = report.view, report.cells
    if latest:
        cells = cells.filter(pl.col("cohort").is_in(cells["cohort"].unique().sort().tail(latest).to_list()))
    cohorts = cells["cohort"].unique().sort().to_list()
    labels = dict(zip(cohorts, row_labels(cells, view), strict=True))
    ages = list(range((cells["age"].max() or 0) + 1))  # type: ignore[operator]
    closed, few = cells.filter("mature"), pl.col("n") < FEW_CUSTOMERS
    factor = 100.0 if view.measure == "customers" else 1.0
    top = highest(cells, factor)
    pattern = cell_text(view, top)

    def style(*, pale: bool) -> dict[str, Any]:
        return cell_style(dark, pale=pale, crowded=len(ages) > CROWDED) | {"zmax": top, "texttemplate": pattern}

    figure = go.Figure(layout={"template": TEMPLATE})
    for part, pale in ((closed.filter(~few), False), (closed.filter(few), True)):
        figure.add_trace(heat(part.with_columns(z=pl.col("rate") * factor), labels, ages, style(pale=pale)))
    figure.add_trace(open_cells(cells.filter(~pl.col("mature")), labels, ages))
    mean = report.mean.filter(pl.col("age") < len(ages))
    figure.add_trace(mean_row(mean.with_columns(z=pl.col("rate") * factor), ages, style(pale=False)))
    for name, part in (("closed", closed), ("open", cells.filter(~pl.col("mature")))):
        figure.add_trace(targets(part, labels, view, currency, name))
    figure.add_trace(mean_targets(mean, view, currency))
    return arranged(figure, report, list(labels.values()), ages, currency)


def cell_text(view: View, top: float) -> str:
    """How the browser writes a cell: percent without its sign (the title has it), so that a phone has room for it."""
    if view.measure == "customers":
        return "%{z:.0f}" if top >= 10 else "%{z:.1f}"
    return "%{z:.2~s}"


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
            "title": label, "tickvals": ages[:: 1 + len(ages) // CROWDED], "range": [-0.5, len(ages) - 0.5], "showgrid": False, "anchor": "y",
            "fixedrange": True, "tickangle": 0,
        },
        yaxis={
            "type": "category", "categoryarray": labels, "categoryorder": "array", "domain": [0, split],
            "range": [len(labels) - 0.5, -0.5], "showgrid": False, "fixedrange": True,
            "tickmode": "array", "tickvals": labels,
        },
        yaxis2={
            "type": "category", "domain": [1 - ROW_PIXELS / (height - 64), 1], "showgrid": False, "automargin": True,
            "fixedrange": True, "anchor": "x",
        },
    )  # fmt: skip


def row_labels(cells: pl.DataFrame, view: View) -> list[str]:
    """`Mar 2026 · 412`, with a dagger where the cohort may hold customers who had bought before; oldest first."""
    rows = cells.group_by("cohort").agg(pl.col("cohort_size").first(), pl.col("may_not_be_first").first()).sort("cohort")
    return [
        f"{period_label(view.period, cohort)}{' †' if early else ''} · {integer(size)}"
        for cohort, size, early in rows.iter_rows()
    ]


def highest(cells: pl.DataFrame, factor: float) -> float:
    """The end of the colour scale: the highest rate after age 0, which would drown all others."""
    later = cells.filter(pl.col("age") > 0, pl.col("n") >= FEW_CUSTOMERS)["rate"].max()
    anywhere = cells["rate"].max()
    found = later or anywhere or 1.0
    return float(found) * factor  # type: ignore[arg-type]


def cell_style(dark: bool, *, pale: bool, crowded: bool) -> dict[str, Any]:  # noqa: FBT001
    """Colours of a heat map on a dark or light ground; `pale` fades cells and letters into the ground."""
    colours = [blend(colour, GROUND[dark], PALE) if pale else colour for colour in SCALES[dark]]
    return {
        "colorscale": [[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)],
        "textfont": {"color": GREY if pale else INK[dark]} | ({} if crowded else {"size": 11}),
        "zmin": 0, "showscale": False, "xgap": 1, "ygap": 1, "hoverinfo": "skip", "hoverongaps": False,
    }  # fmt: skip


def blend(colour: str, ground: str, share: float) -> str:
    """`colour` with `share` of `ground` in it, both `#rrggbb`."""
    pairs = ((int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(own + (other - own) * share):02X}" for own, other in pairs)


def heat(
    part: pl.DataFrame, labels: dict[date, str], ages: list[int], style: dict[str, Any]
) -> go.Heatmap:
    """The cells of `part` in the grid of all; the rest is left out."""
    rows = {cohort: row for row, cohort in enumerate(labels)}
    z = np.full((len(labels), len(ages)), np.nan)
    for cohort, age, value in part.select("cohort", "age", "z").iter_rows():
        z[rows[cohort], age] = value
    return go.Heatmap(z=z, x=ages, y=list(labels.values()), **style)


def open_cells(part: pl.DataFrame, labels: dict[date, str], ages: list[int]) -> go.Scatter:
    """The mark of cells that have not closed."""
    shown = part.filter(pl.col("age") < len(ages))
    return go.Scatter(
        x=shown["age"].to_list(), y=[labels[cohort] for cohort in shown["cohort"]], mode="text", text=OPEN,
        textfont={"color": GREY, "size": 13}, hoverinfo="skip", showlegend=False,
        unselected={"textfont": {"color": GREY}},
    )  # fmt: skip


def mean_row(mean: pl.DataFrame, ages: list[int], style: dict[str, Any]) -> go.Heatmap:
    """One row on an axis of its own, above the cohorts."""
    values = dict(mean.select("age", "z").iter_rows())
    bold = {"texttemplate": f"<b>{style['texttemplate']}</b>"}
    return go.Heatmap(z=[[values.get(age) for age in ages]], x=ages, y=[mean_label()], yaxis="y2", **(style | bold))


def mean_label() -> str:
    return f"<b>{_('Weighted mean')}</b>"


def targets(part: pl.DataFrame, labels: dict[date, str], view: View, currency: str, name: str) -> go.Scatter:
    """An invisible point in each cell, which can be hovered and clicked as a heat map's cell cannot."""
    few = pl.when(pl.col("n") < FEW_CUSTOMERS).then(pl.lit("<br>" + _("Few customers: read with care"))).otherwise(pl.lit(""))
    early = pl.when("may_not_be_first").then(pl.lit("<br>† " + _("May not be the first purchase"))).otherwise(pl.lit(""))
    data = part.select(
        pl.col("cohort").cast(pl.String), "age", "n", "value", "rate", "low", "high", "upper",
        few if name == "closed" else pl.lit("").alias("few"), early.alias("early"), "cohort_size",
    )  # fmt: skip
    facts = closed_hover(view, currency) if name == "closed" else _("Not yet closed: empty, not 0")
    return go.Scatter(
        x=part["age"].to_list(), y=[labels[cohort] for cohort in part["cohort"]], mode="markers", name=name,
        customdata=[list(row) for row in data.iter_rows()],
        marker={"size": 22, "symbol": "square-open", "color": "rgba(0,0,0,0)", "line": {"width": 3}},
        selected={"marker": {"color": PALETTE[1], "opacity": 1}},
        unselected={"marker": {"color": "rgba(0,0,0,0)", "opacity": 0}},
        hovertemplate=f"<b>%{{y}}</b><br>k = %{{x}}<br>{facts}%{{customdata[8]}}%{{customdata[9]}}<extra></extra>",
    )  # fmt: skip


def mean_targets(mean: pl.DataFrame, view: View, currency: str) -> go.Scatter:
    data = mean.select(
        pl.lit("").alias("cohort"), "age", "n", "value", "rate", "low", "high", "upper",
        pl.lit("").alias("few"), pl.lit("").alias("early"), "cohorts",
    )  # fmt: skip
    words = _("Mean of {cohorts} closed cohorts, weighted by n", cohorts="%{customdata[10]}")
    return go.Scatter(
        x=mean["age"].to_list(), y=[mean_label()] * mean.height, yaxis="y2", mode="markers", name="mean",
        customdata=[list(row) for row in data.iter_rows()],
        marker={"size": 22, "color": "rgba(0,0,0,0)"}, unselected={"marker": {"opacity": 0}},
        selected={"marker": {"opacity": 0}},
        hovertemplate=f"<b>{words}</b><br>k = %{{x}}<br>{closed_hover(view, currency)}<extra></extra>",
    )  # fmt: skip


def closed_hover(view: View, currency: str) -> str:
    """Lines of a closed cell's hover; the browser fills in the numbers."""
    if view.measure != "customers":
        amount = "%{customdata[3]:,.0f}" if view.measure == "orders" else f"{currency} %{{customdata[3]:,.2f}}"
        rate = "%{customdata[4]:,.2f}" if view.measure == "orders" else f"{currency} %{{customdata[4]:,.2f}}"
        return "<br>".join(
            (
                _("{amount} in all", amount=amount),
                _("{rate} per acquired customer", rate=f"<b>{rate}</b>"),
                _("{n} customers acquired", n="%{customdata[2]:,}"),
            )
        )
    return "<br>".join(
        (
            _(
                "{rate}: {value} of {n} customers",
                rate="<b>%{customdata[4]:.1%}</b>",
                value="%{customdata[3]:,.0f}",
                n="%{customdata[2]:,}",
            ),
            _("95% interval: {low} to {high}", low="%{customdata[5]:.1%}", high="%{customdata[6]:.1%}"),
            _("Upper identity bound: {upper}", upper="%{customdata[7]:.1%}"),
        )
    )


def retention_curves(reports: Sequence[tuple[str, Retention]], currency: str) -> go.Figure:
    """The mean by age with its 95 % band; one report also shows its latest cohorts, faded, several are compared."""
    view = reports[0][1].view
    figure = go.Figure(layout={"template": TEMPLATE})
    # At age 0 every customer bought: nothing to see, and it would flatten the rest.
    first_age = 1 if view.measure == "customers" and view.method != "cumulative" else 0
    if len(reports) == 1:
        for trace in cohort_lines(reports[0][1], first_age, currency):
            figure.add_trace(trace)
    for place, (name, report) in enumerate(reports):
        for trace in mean_line(report, name, place, first_age, currency):
            figure.add_trace(trace)
    return figure.update_layout(
        title=title(view, currency),
        height=430,
        xaxis={
            "title": _("{Unit}s since the first purchase (k)", Unit=unit(view).capitalize()),
            "showgrid": False, "fixedrange": True, "range": [first_age - 0.5, None], "autorange": "max",
        },
        yaxis={
            "title": rate_title(view, currency), "rangemode": "tozero", "fixedrange": True,
            "tickformat": ".0%" if view.measure == "customers" else "~s",
        },
        dragmode=False,
    )  # fmt: skip


def rate_title(view: View, currency: str) -> str:
    label = _(measure(measure_name(view)).label)
    return label if view.measure in {"customers", "orders"} else f"{label} ({currency})"


def mean_line(report: Retention, name: str, place: int, first_age: int, currency: str) -> list[go.Scatter]:
    mean = report.mean.filter(pl.col("age") >= first_age)
    colour, ages = PALETTE[place % len(PALETTE)], mean["age"].to_list()
    line = go.Scatter(
        x=ages, y=mean["rate"].to_list(), name=name, mode="lines+markers",
        line={"color": colour, "width": 3, "dash": DASHES[place % len(DASHES)]},
        marker={"symbol": MARKERS[place % len(MARKERS)], "size": 7},
        customdata=[
            ["", *row] for row in mean.select("age", "n", "value", "rate", "low", "high", "upper").iter_rows()
        ],
        hovertemplate=f"<b>{name}</b><br>k = %{{x}}<br>{closed_hover(report.view, currency)}<extra></extra>",
    )  # fmt: skip
    if report.view.measure != "customers":
        return [line]
    edge = {"mode": "lines", "line": {"width": 0, "color": colour}, "hoverinfo": "skip", "showlegend": False}
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    band = {"fill": "tonexty", "fillcolor": f"rgba({red},{green},{blue},0.2)"}
    return [
        go.Scatter(x=ages, y=mean["high"].to_list(), **edge),
        go.Scatter(x=ages, y=mean["low"].to_list(), **edge, **band),
        line,
    ]


def cohort_lines(report: Retention, first_age: int, currency: str) -> list[go.Scatter]:
    """The latest cohorts with more than one point, thin and grey."""
    closed = report.cells.filter(pl.col("mature"), pl.col("age") >= first_age)
    drawn = closed.group_by("cohort").len().filter(pl.col("len") > 1)["cohort"].sort().tail(COHORTS_IN_CURVES)
    traces = []
    for place, cohort in enumerate(drawn):
        part = closed.filter(pl.col("cohort") == cohort).sort("age")
        label = period_label(report.view.period, cohort)
        traces.append(
            go.Scatter(
                x=part["age"].to_list(), y=part["rate"].to_list(), name=label, mode="lines", opacity=0.75,
                line={"color": GREY, "width": 1.5, "dash": DASHES[place % len(DASHES)]},
                customdata=[
                    ["", *row] for row in part.select("age", "n", "value", "rate", "low", "high", "upper").iter_rows()
                ],
                hovertemplate=f"<b>{label}</b><br>k = %{{x}}<br>{closed_hover(report.view, currency)}<extra></extra>",
            )
        )  # fmt: skip
    return traces


def for_file(figure: go.Figure) -> go.Figure:
    """The figure for paper: opaque white ground, dark text, room for its title."""
    return go.Figure(figure).update_layout(
        paper_bgcolor=GROUND[False], plot_bgcolor=GROUND[False], font={"color": "#1F2933"}, margin={"t": 64, "l": 24, "r": 24, "b": 48}
    )
