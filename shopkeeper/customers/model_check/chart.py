"""A model held against what happened: predicted and actual on one chart."""

from datetime import date

import plotly.graph_objects as go
import polars as pl

from shopkeeper.charts.style import GREY, TEMPLATE
from shopkeeper.customers.lifetime_value.chart import EXPECTED, HAPPENED, STILL, interval
from shopkeeper.i18n import gettext as _


def compared_bars(frame: pl.DataFrame, key: str, *, titles: tuple[str, str], more: int | None = None) -> go.Figure:
    """`predicted` and `actual` side by side for each `key`, of which `more` stands for itself and all above.

    `titles` are those of the axes. A `customers` column is told on hover.
    """
    names = [f"{value}+" if value == more else str(value) for value in frame[key]]
    has_customers = "customers" in frame.columns
    count = "<br>" + _("{n} customers", n="%{customdata[0]:,}") if has_customers else ""
    figure = go.Figure(layout={"template": TEMPLATE})
    for column, name, colour in (("predicted", _("Predicted"), EXPECTED), ("actual", _("Actual"), HAPPENED)):
        figure.add_trace(
            go.Bar(
                x=names,
                y=frame[column].to_list(),
                name=name,
                marker={"color": colour},
                customdata=frame.select("customers").rows() if has_customers else None,
                hovertemplate=f"<b>{titles[0]}: %{{x}}</b><br>{name} <b>%{{y:,.3~r}}</b>{count}<extra></extra>"
                if has_customers
                else f"<b>{titles[0]}: %{{x}}</b><br>{name} <b>%{{y:,.0f}}</b><extra></extra>",
            )
        )
    return figure.update_layout(
        height=340,
        bargap=0.25,
        **STILL,
        xaxis={"title": titles[0], "type": "category", "fixedrange": True},
        yaxis={"title": titles[1], "fixedrange": True, "rangemode": "tozero", "nticks": 6},
        legend={"y": 1, "yanchor": "bottom"},
    )


def risk_calibration(risk: pl.DataFrame) -> go.Figure:
    """The share that stayed away over what was predicted, by tenth of customers, against the line where both agree."""
    ends = [float(risk.select(pl.min_horizontal("predicted", "low").min()).item()), 1.0]
    start = max(0.0, int(ends[0] * 10) / 10)
    figure = go.Figure(layout={"template": TEMPLATE})
    figure.add_trace(
        go.Scatter(
            x=[start, 1],
            y=[start, 1],
            mode="lines",
            name=_("Predicted = happened"),
            hoverinfo="skip",
            line={"color": EXPECTED, "width": 1.5, "dash": "dash"},
        )
    )
    figure.add_trace(
        go.Scatter(
            x=risk["predicted"].to_list(),
            y=risk["happened"].to_list(),
            mode="markers",
            name=_("A tenth of customers"),
            marker={"color": HAPPENED, "size": 9},
            error_y=interval(risk, "happened", "low", "high"),
            customdata=risk.select("tenth", "customers", "low", "high").rows(),
            hovertemplate="<b>"
            + _("Tenth {n}", n="%{customdata[0]}")
            + "</b><br>"
            + _("{predicted} predicted, {happened} happened", predicted="%{x:.1%}", happened="<b>%{y:.1%}</b>")
            + "<br>"
            + _("95% interval: {low} to {high}", low="%{customdata[2]:.1%}", high="%{customdata[3]:.1%}")
            + "<br>"
            + _("{n} customers", n="%{customdata[1]:,}")
            + "<extra></extra>",
        )
    )
    axis = {
        "dtick": 0.2 if start < 0.5 else 0.1,
        "tickformat": ".0%",
        "range": [start - 0.01, 1.01],
        "fixedrange": True,
    }
    return figure.update_layout(
        height=340,
        **STILL,
        legend={"y": 1, "yanchor": "bottom"},
        xaxis={"title": _("Predicted churn risk"), **axis},
        yaxis={"title": _("Share that did not buy"), **axis},
    )


def purchase_tracking(weeks: pl.DataFrame, split: date, *, cumulative: bool) -> go.Figure:
    """Repeat purchases by week, or all until then, predicted and actual; a line where the holdout begins."""
    prefix = "cumulative_" if cumulative else ""
    days = weeks["day"].to_list()
    figure = go.Figure(layout={"template": TEMPLATE})
    lines = (("actual", _("Actual"), HAPPENED, "solid", 2), ("predicted", _("Predicted"), EXPECTED, "dash", 2.5))
    for column, name, colour, dash, width in lines:
        figure.add_trace(
            go.Scatter(
                x=days,
                y=weeks[prefix + column].to_list(),
                name=name,
                mode="lines",
                line={"color": colour, "width": width, "dash": dash},
                hovertemplate=f"{name} <b>%{{y:,.0f}}</b><extra></extra>",
            )
        )
    _mark_holdout(figure, split)
    return figure.update_layout(
        height=340,
        dragmode=False,
        hovermode="x unified",
        legend={"y": 1, "yanchor": "bottom"},
        xaxis={"fixedrange": True, "showgrid": False, "nticks": 7, "tickformat": "%Y-%m", "hoverformat": "%Y-%m-%d"},
        yaxis={
            "title": _("Repeat purchases until then") if cumulative else _("Repeat purchases in the week"),
            "fixedrange": True,
            "rangemode": "tozero",
            "nticks": 6,
        },
    )


def _mark_holdout(figure: go.Figure, split: date) -> None:
    # As text: Plotly's own line at a date adds up its ends to place the words.
    figure.add_shape(
        type="line",
        x0=split.isoformat(),
        x1=split.isoformat(),
        y0=0,
        y1=1,
        yref="paper",
        line={"color": GREY, "width": 1, "dash": "dot"},
    )
    figure.add_annotation(
        x=split.isoformat(),
        y=1,
        yref="paper",
        text=_("Holdout") + " →",
        showarrow=False,
        xanchor="left",
        yanchor="top",
        font={"color": GREY},
        xshift=4,
    )
