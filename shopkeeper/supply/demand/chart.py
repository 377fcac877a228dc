"""Demand behind and ahead with its bands, series beside each other, tests by level, and both sides of a region."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl

from shopkeeper import i18n
from shopkeeper.charts.style import GREY, PALETTE, TEMPLATE
from shopkeeper.i18n import gettext as _

DRAWN = 15
ROW_PIXELS = 30
EVENTS_NAMED = 6
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def demand_weeks(behind: pl.DataFrame, weeks: pl.DataFrame, events: pl.DataFrame) -> go.Figure:
    """Units by week: what sold (`behind`: `starts_on, ends_on, units, lost`), and what is expected (`Demand.weeks`).

    Points stand on the last day of their week. Events (`name, starts_on, ends_on`) are shaded.
    """
    figure = go.Figure(layout={"template": TEMPLATE})
    if not weeks.is_empty():
        for trace in _bands(weeks):
            figure.add_trace(trace)
    figure.add_trace(_line(behind, "ends_on", "units", _("Sold"), {"color": PALETTE[0], "width": 2}, "lines"))
    if behind["lost"].fill_null(0.0).sum() > 0:
        demand = behind.drop_nulls("lost").with_columns(units=pl.col("units") + pl.col("lost"))
        name = _("Sold and lost for want of stock")
        figure.add_trace(_line(demand, "ends_on", "units", name, {"color": PALETTE[4], "dash": "dot"}, "lines"))
    if not weeks.is_empty():
        line = {"color": PALETTE[1], "width": 3, "dash": "dash"}
        figure.add_trace(_line(weeks, "ends_on", "forecast", _("Forecast"), line, "lines+markers"))
        if (weeks["forecast"] - weeks["statistical"]).abs().max() > 1e-9:  # type: ignore[operator]
            name = _("Statistical, without manual values")
            figure.add_trace(_line(weeks, "ends_on", "statistical", name, {"color": GREY, "dash": "dot"}, "lines"))
    _mark(figure, behind, weeks, events)
    return figure.update_layout(
        height=430,
        hovermode="x unified",
        dragmode=False,
        xaxis={
            "showgrid": False,
            "fixedrange": True,
            "tickformat": "%Y-%m",
            "hoverformat": "%Y-%m-%d",
            "title": _("Week, by its last day"),
        },
        yaxis={"title": _("Units per week"), "rangemode": "tozero", "fixedrange": True},
    )


def demand_days(history: pl.DataFrame, days: pl.DataFrame, events: pl.DataFrame) -> go.Figure:
    """Units by day: what sold (`day, units`) and what is expected (`day, forecast, statistical`); bands are by week."""
    figure = go.Figure(layout={"template": TEMPLATE})
    figure.add_trace(_line(history, "day", "units", _("Sold"), {"color": PALETTE[0], "width": 1.5}, "lines"))
    if not days.is_empty():
        line = {"color": PALETTE[1], "width": 2, "dash": "dash"}
        figure.add_trace(_line(days, "day", "forecast", _("Forecast"), line, "lines"))
    ends = history.select(ends_on="day"), days.select(ends_on="day")
    _mark(figure, *ends, events)
    return figure.update_layout(
        height=430,
        hovermode="x unified",
        dragmode=False,
        xaxis={
            "showgrid": False,
            "fixedrange": True,
            "tickformat": "%Y-%m",
            "hoverformat": "%Y-%m-%d",
            "title": _("Day"),
        },
        yaxis={"title": _("Units per day"), "rangemode": "tozero", "fixedrange": True},
    )


def demand_series(series: pl.DataFrame, names: list[str]) -> go.Figure:
    """The next 4 weeks of the first series with their 80 % band, beside the last 4 weeks and a year before."""
    drawn, labels = series.head(DRAWN), names[:DRAWN]
    bars = go.Bar(
        y=labels,
        x=drawn["units"].to_list(),
        orientation="h",
        name=_("Next 4 weeks"),
        marker={"color": PALETTE[0]},
        error_x={
            "type": "data",
            "symmetric": False,
            "color": GREY,
            "thickness": 1.5,
            "array": (drawn["high_80"] - drawn["units"]).clip(0).to_list(),
            "arrayminus": (drawn["units"] - drawn["low_80"]).clip(0).to_list(),
        },
        hovertemplate="<b>%{y}</b><br>" + _("{n} units expected", n="%{x:,.0f}") + "<extra></extra>",
    )
    figure = go.Figure([bars], layout={"template": TEMPLATE})
    marks = (
        ("last", _("Last 4 weeks"), "diamond", PALETTE[1]),
        ("year_before", _("Same weeks a year before"), "x", PALETTE[2]),
    )
    for name, label, symbol, colour in marks:
        if drawn[name].count():
            figure.add_trace(
                go.Scatter(
                    y=labels,
                    x=drawn[name].to_list(),
                    name=label,
                    mode="markers",
                    marker={"symbol": symbol, "size": 9, "color": colour},
                    hovertemplate=f"<b>%{{y}}</b><br>{label}: %{{x:,.0f}}<extra></extra>",
                )
            )
    return _sideways(figure, len(labels), _("Units in 4 weeks"))


def forecast_accuracy(accuracy: pl.DataFrame, names: Mapping[str, str]) -> go.Figure:
    """RMSSE at each level (`Backtest.accuracy`): the forecast's beside those of simple methods, on a log scale."""
    labels = [names[level] for level in accuracy["level"]]
    figure = go.Figure(layout={"template": TEMPLATE})
    methods = (
        ("zero_rmsse", _("Nothing"), "x", GREY),
        ("naive_rmsse", _("Last week repeated"), "diamond-open", PALETTE[1]),
        ("average_rmsse", _("Mean of 8 weeks"), "square-open", PALETTE[2]),
        ("rmsse", _("Forecast"), "circle", PALETTE[0]),
    )
    for name, label, symbol, colour in methods:
        figure.add_trace(
            go.Scatter(
                y=labels,
                x=accuracy[name].to_list(),
                name=label,
                mode="markers",
                marker={"symbol": symbol, "size": 13, "color": colour, "line": {"width": 2, "color": colour}},
                hovertemplate=f"<b>%{{y}}</b><br>{label}: %{{x:.2f}}<extra></extra>",
            )
        )
    title = _("Miss against usual changes (further left is better)")
    return _sideways(figure, len(labels), title).update_xaxes(
        type="log", rangemode="normal", tickmode="array", tickvals=TICKS, ticktext=[f"{tick:g}" for tick in TICKS]
    )


def lost_items(rows: pl.DataFrame, value: str, currency: str) -> go.Figure:
    """What the first items lost (`label`, `value` in shop currency, `lost` units, `out_days`)."""
    drawn = rows.head(DRAWN)
    bars = go.Bar(
        y=drawn["label"].to_list(),
        x=drawn[value].to_list(),
        orientation="h",
        marker={"color": PALETTE[1]},
        text=[i18n.compact_money(amount, currency) for amount in drawn[value]],
        textposition="auto",
        customdata=drawn.select("lost", "out_days").rows(),
        hovertemplate="<b>%{y}</b><br>"
        + _("{units} units lost on {days} days out of stock", units="%{customdata[0]:,.1f}", days="%{customdata[1]:,}")
        + "<extra></extra>",
    )
    figure = go.Figure(bars, layout={"template": TEMPLATE})
    margin = _("Lost margin ({currency})", currency=currency)
    title = margin if value == "lost_margin" else _("Lost net revenue ({currency})", currency=currency)
    return _sideways(figure, drawn.height, title).update_layout(showlegend=False)


def both_sides(rows: pl.DataFrame) -> go.Figure:
    """Units of the first regions: what customers are expected to buy, stacked, and the items' forecast as a mark."""
    drawn = rows.head(DRAWN)
    figure = go.Figure(layout={"template": TEMPLATE})
    parts = (
        ("existing_customers", _("Known customers"), PALETTE[0], ""),
        ("new_customers", _("New customers"), PALETTE[5], "/"),
        ("unidentified", _("Without identity"), GREY, "."),
    )
    for name, label, colour, shape in parts:
        figure.add_trace(
            go.Bar(
                y=drawn["region"].to_list(),
                x=drawn[name].to_list(),
                orientation="h",
                name=label,
                marker={"color": colour, "pattern": {"shape": shape}},
                hovertemplate=f"<b>%{{y}}</b><br>{label}: %{{x:,.0f}}<extra></extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            y=drawn["region"].to_list(),
            x=drawn["forecast"].to_list(),
            mode="markers",
            name=_("Forecast of the items"),
            marker={"symbol": "diamond", "size": 11, "color": PALETTE[1]},
            customdata=drawn.select("rest").rows(),
            hovertemplate="<b>%{y}</b><br>"
            + _("Forecast {n}, the rest {rest}", n="%{x:,.0f}", rest="%{customdata[0]:+,.0f}")
            + "<extra></extra>",
        )
    )
    figure.update_layout(barmode="stack")
    return _sideways(figure, drawn.height, _("Units"))


def _bands(weeks: pl.DataFrame) -> list[go.Scatter]:
    ends, traces = weeks["ends_on"].to_list(), []
    for level, opacity in (("95", 0.12), ("80", 0.25)):
        low, high = weeks[f"low_{level}"].to_list(), weeks[f"high_{level}"].to_list()
        edge = {"mode": "lines", "line": {"width": 0, "color": PALETTE[1]}, "hoverinfo": "skip"}
        traces += [
            go.Scatter(x=ends, y=high, showlegend=False, **edge),
            go.Scatter(
                x=ends,
                y=low,
                fill="tonexty",
                fillcolor=f"rgba(213,94,0,{opacity})",
                name=_("{level}% band", level=level),
                **edge,
            ),
        ]
    return traces


def _line(rows: pl.DataFrame, x: str, y: str, name: str, line: dict[str, Any], mode: str) -> go.Scatter:
    return go.Scatter(
        x=rows[x].to_list(),
        y=rows[y].to_list(),
        name=name,
        mode=mode,
        line=line,
        marker={"size": 6},
        hovertemplate=f"{name}: <b>%{{y:,.1f}}</b><extra></extra>",
    )


def _mark(figure: go.Figure, behind: pl.DataFrame, ahead: pl.DataFrame, events: pl.DataFrame) -> None:
    """As-of as a line, events as shades with a name above."""
    if behind.is_empty():
        return
    first, today = behind["ends_on"][0], behind["ends_on"][-1]
    last = ahead["ends_on"][-1] if ahead.height else today
    shown = events.filter(pl.col("ends_on") >= first, pl.col("starts_on") <= last)
    for place, (name, start, end) in enumerate(shown.iter_rows()):
        named = place >= shown.height - EVENTS_NAMED
        figure.add_vrect(
            x0=max(start, first).isoformat(),
            x1=min(end, last).isoformat(),
            fillcolor=GREY,
            opacity=0.18,
            line_width=0,
            layer="below",
        )
        if named:
            figure.add_annotation(
                x=max(start, first).isoformat(),
                y=1,
                yref="paper",
                text=name,
                showarrow=False,
                textangle=-90,
                xanchor="left",
                yanchor="top",
                font={"size": 10},
            )
    figure.add_vline(x=today.isoformat(), line={"color": GREY, "dash": "dot", "width": 1})


def _sideways(figure: go.Figure, rows: int, title: str) -> go.Figure:
    return figure.update_layout(
        height=max(330, 110 + ROW_PIXELS * rows),
        dragmode=False,
        xaxis={"title": title, "rangemode": "tozero", "fixedrange": True},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "showgrid": False},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
    )
