"""Retention by age as lines."""

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl

from shopkeeper.charts.style import DASHES, GREY, MARKERS, PALETTE, TEMPLATE
from shopkeeper.customers.retention.chart.titles import closed_hover, measure_name, title, unit
from shopkeeper.customers.retention.report import Retention, View
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import period_label
from shopkeeper.measures.lookup import measure

COHORTS_IN_CURVES = 4


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
            "showgrid": False,
            "fixedrange": True,
            "range": [first_age - 0.5, None],
            "autorange": "max",
        },
        yaxis={
            "title": rate_title(view, currency),
            "rangemode": "tozero",
            "fixedrange": True,
            "tickformat": ".1~%" if view.measure == "customers" else "",
        },
        dragmode=False,
    )


def rate_title(view: View, currency: str) -> str:
    """The measure with its unit."""
    label = _(measure(measure_name(view)).label)
    return label if view.measure in {"customers", "orders"} else f"{label} ({currency})"


def mean_line(report: Retention, name: str, place: int, first_age: int, currency: str) -> list[go.Scatter]:
    """A line with markers, and under it the band of a share."""
    mean = report.mean.filter(pl.col("age") >= first_age)
    colour, ages = PALETTE[place % len(PALETTE)], mean["age"].to_list()
    line = go.Scatter(
        x=ages,
        y=mean["rate"].to_list(),
        name=name,
        mode="lines+markers",
        line={"color": colour, "width": 3, "dash": DASHES[place % len(DASHES)]},
        marker={"symbol": MARKERS[place % len(MARKERS)], "size": 7},
        customdata=[["", *row] for row in mean.select("age", "n", "value", "rate", "low", "high", "upper").iter_rows()],
        hovertemplate=f"<b>{name}</b><br>k = %{{x}}<br>{closed_hover(report.view, currency)}<extra></extra>",
    )
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
                x=part["age"].to_list(),
                y=part["rate"].to_list(),
                name=label,
                mode="lines",
                opacity=0.75,
                line={"color": GREY, "width": 1.5, "dash": DASHES[place % len(DASHES)]},
                customdata=[
                    ["", *row] for row in part.select("age", "n", "value", "rate", "low", "high", "upper").iter_rows()
                ],
                hovertemplate=f"<b>{label}</b><br>k = %{{x}}<br>{closed_hover(report.view, currency)}<extra></extra>",
            )
        )
    return traces
