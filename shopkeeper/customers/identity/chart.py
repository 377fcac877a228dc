"""Whose orders are known, month by month."""

import plotly.graph_objects as go
import polars as pl

from shopkeeper.charts.names import named
from shopkeeper.charts.style import DASHES, PALETTE, TEMPLATE
from shopkeeper.i18n import gettext as _

CHANNELS_DRAWN = 6


def coverage_lines(coverage: pl.DataFrame) -> go.Figure:
    """Share of orders with a buyer by month, one line for each of the largest channels."""
    largest = (
        coverage.group_by("channel").agg(pl.col("orders").sum()).sort("orders", "channel", descending=[True, False])
    )
    figure = go.Figure(layout={"template": TEMPLATE})
    for place, channel in enumerate(largest["channel"].head(CHANNELS_DRAWN)):
        own = coverage.filter(pl.col("channel") == channel).sort("month")
        label = named(channel)
        figure.add_trace(
            go.Scatter(
                x=own["month"].to_list(),
                y=own["share"].to_list(),
                name=label,
                mode="lines+markers",
                marker={"size": 5},
                line={"color": PALETTE[place % len(PALETTE)], "width": 2.5, "dash": DASHES[place % len(DASHES)]},
                customdata=own.select("identified_orders", "orders").to_numpy(),
                hovertemplate=f"<b>{label}</b>, %{{x|%Y-%m}}<br>"
                + _("{share} of {n} orders have a buyer", share="<b>%{y:.1%}</b>", n="%{customdata[1]:,}")
                + "<extra></extra>",
            )
        )
    return figure.update_layout(
        height=380,
        dragmode=False,
        xaxis={"title": _("Month"), "showgrid": False, "fixedrange": True, "tickformat": "%Y-%m"},
        yaxis={"title": _("Orders with a buyer"), "tickformat": ".0%", "range": [0, 1.02], "fixedrange": True},
    )
