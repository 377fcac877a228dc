"""Where orders and moves go, and how one stock should go with and without."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from shopkeeper import i18n
from shopkeeper.charts.style import GREY, PALETTE, TEMPLATE
from shopkeeper.i18n import gettext as _

DRAWN = 12
"""Bars beyond these are in the table."""


def stock_path(path: pl.DataFrame, reorder_point: float | None, lands: str) -> go.Figure:
    """Evening stock by day (rows of `replenishment.path`): as it is, and with the units of the proposal.

    `reorder_point` in units, None where there is none; `lands` names the units in words.
    """
    days = path["day"].to_list()
    figure = go.Figure(layout={"template": TEMPLATE})
    inbound = path.filter(pl.col("inbound") > 0)
    if inbound.height:
        figure.add_trace(
            go.Bar(
                x=inbound["day"].to_list(),
                y=inbound["inbound"].to_list(),
                name=_("Deliveries on their way"),
                marker={"color": GREY},
                opacity=0.55,
                hovertemplate="%{x|%Y-%m-%d}<br><b>%{y:,.0f}</b><extra></extra>",
            )
        )
    lines = (
        ("without", _("Without it"), {"color": PALETTE[1], "dash": "dash", "width": 2}),
        ("with_units", lands, {"color": PALETTE[0], "width": 3}),
    )
    for name, label, line in lines:
        figure.add_trace(
            go.Scatter(
                x=days,
                y=path[name].to_list(),
                name=label,
                mode="lines",
                line=line,
                hovertemplate=f"%{{x|%Y-%m-%d}}<br>{label}: <b>%{{y:,.1f}}</b><extra></extra>",
            )
        )
    if reorder_point is not None:
        figure.add_hline(
            y=reorder_point,
            line={"color": GREY, "width": 1, "dash": "dot"},
            annotation_text=_("Reorder point"),
            annotation_position="top right",
        )
    return figure.update_layout(
        height=320,
        dragmode=False,
        xaxis={"showgrid": False, "fixedrange": True, "tickformat": "%m-%d", "type": "date"},
        yaxis={"title": _("Units in stock (evening)"), "rangemode": "tozero", "fixedrange": True},
    )


def money_bars(
    labels: Sequence[str],
    brings: Sequence[float | None],
    costs: Sequence[float | None],
    names: tuple[str, str],
    currency: str,
) -> go.Figure:
    """By label two amounts of money beside each other: what it brings, and what it costs. The first stands on top."""
    figure = go.Figure(layout={"template": TEMPLATE})
    for values, name, colour, pattern in (
        (brings, names[0], PALETTE[0], ""),
        (costs, names[1], GREY, "/"),
    ):
        figure.add_trace(
            go.Bar(
                y=list(labels)[:DRAWN],
                x=[value or 0.0 for value in values[:DRAWN]],
                orientation="h",
                name=name,
                marker={"color": colour, "pattern": {"shape": pattern}},
                text=[i18n.compact_money(value, currency) for value in values[:DRAWN]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate=f"<b>%{{y}}</b><br>{name}: {currency} %{{x:,.0f}}<extra></extra>",
            )
        )
    most = max([value or 0.0 for value in (*brings[:DRAWN], *costs[:DRAWN])], default=0.0)
    axis: dict[str, Any] = {"fixedrange": True}
    return figure.update_layout(
        height=max(240, 90 + 44 * min(len(labels), DRAWN)),
        dragmode=False,
        barmode="group",
        xaxis={**axis, "title": currency, "range": [0, most * 1.25 or 1]},
        yaxis={**axis, "type": "category", "autorange": "reversed", "showgrid": False},
    )
