"""Risk, one customer's life, the clock to the second order, and stages of life."""

import plotly.graph_objects as go
import polars as pl

from shopkeeper import i18n
from shopkeeper.charts.names import named
from shopkeeper.charts.style import CALM, PALETTE, TEMPLATE
from shopkeeper.customers.churn.report import CustomerHistory
from shopkeeper.i18n import gettext as _

SEGMENTS_DRAWN = 12
"""A curve ends where fewer customers than this are still waited for: its steps would be single people."""


def risk_histogram(distribution: pl.DataFrame, currency: str) -> go.Figure:
    """Customers by tenth of the risk scale (columns of `Churn.distribution`), their number above each bar."""
    counts = distribution["customers"].to_list()
    bars = go.Bar(
        x=[(low + high) / 2 for low, high in distribution.select("low", "high").iter_rows()],
        y=counts,
        width=0.094,
        text=[i18n.integer(count) for count in counts],
        textposition="outside",
        cliponaxis=False,
        marker={"color": PALETTE[0]},
        customdata=distribution.select("low", "high", "value_at_stake").rows(),
        hovertemplate="<br>".join(
            (
                _("Risk {low} to {high}", low="%{customdata[0]:.0%}", high="%{customdata[1]:.0%}"),
                _("{n} customers", n="<b>%{y:,}</b>"),
                _("{amount} at stake", amount=f"{currency} %{{customdata[2]:,.0f}}"),
            )
        )
        + "<extra></extra>",
    )
    return go.Figure(bars, layout={"template": TEMPLATE}).update_layout(
        height=330,
        **CALM,
        xaxis={
            "title": _("Churn risk"),
            "tickformat": ".0%",
            "dtick": 0.2,
            "range": [0, 1],
            "showgrid": False,
            "fixedrange": True,
        },
        yaxis={
            "title": _("Customers"),
            "rangemode": "tozero",
            "fixedrange": True,
            "range": [0, max(counts, default=1) * 1.12 or 1],
        },
    )


def stake_by_segment(segments: pl.DataFrame, currency: str) -> go.Figure:
    """Value at stake of the largest segments of one kind (rows of `Churn.segments`), the largest on top."""
    drawn = segments.head(SEGMENTS_DRAWN)
    labels = [named(name) for name in drawn["segment"]]
    bars = go.Bar(
        y=labels,
        x=drawn["value_at_stake"].to_list(),
        orientation="h",
        marker={"color": PALETTE[1]},
        text=[i18n.compact_money(value, currency) for value in drawn["value_at_stake"]],
        textposition="auto",
        insidetextanchor="end",
        customdata=drawn.select("customers", "risk", "expected_lost").rows(),
        hovertemplate="<b>%{y}</b><br>"
        + "<br>".join(
            (
                _("{amount} at stake", amount=f"{currency} %{{x:,.0f}}"),
                _("{n} customers", n="%{customdata[0]:,}"),
                _("Mean risk {risk}", risk="%{customdata[1]:.1%}"),
                _("{n} expected to stay away", n="%{customdata[2]:,.0f}"),
            )
        )
        + "<extra></extra>",
    )
    return go.Figure(bars, layout={"template": TEMPLATE}).update_layout(
        height=max(330, 60 + 26 * len(labels)),
        **CALM,
        xaxis={"title": _("Value at stake ({currency})", currency=currency), "fixedrange": True},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "showgrid": False},
    )


def customer_life(history: CustomerHistory, currency: str, horizon: int) -> go.Figure:
    """Purchases on the line of P(alive) over time, and the risk of the next `horizon` days beside it."""
    alive = history.alive
    figure = go.Figure(layout={"template": TEMPLATE})
    if not alive.is_empty():
        days = alive["day"].to_list()
        lines = (
            ("p_alive", _("P(alive)"), {"color": PALETTE[0], "width": 3}),
            ("p_no_purchase", _("Churn risk, {days}", days=i18n.days(horizon)), {"color": PALETTE[1], "dash": "dash"}),
        )
        for name, label, line in lines:
            figure.add_trace(
                go.Scatter(
                    x=days,
                    y=alive[name].to_list(),
                    name=label,
                    mode="lines",
                    line=line,
                    hovertemplate=f"%{{x|%Y-%m-%d}}<br>{label}: <b>%{{y:.1%}}</b><extra></extra>",
                )
            )
    bought = history.purchases.join(alive.select("day", "p_alive"), on="day", how="left", maintain_order="left")
    figure.add_trace(
        go.Scatter(
            x=bought["day"].to_list(),
            y=bought["p_alive"].fill_null(1.0).to_list(),
            name=_("Purchase"),
            mode="markers",
            marker={"color": PALETTE[2], "size": 10, "symbol": "diamond", "line": {"color": "white", "width": 1}},
            customdata=bought.select("orders", "revenue").rows(),
            hovertemplate="<b>%{x|%Y-%m-%d}</b><br>"
            + _("{orders} orders, {amount}", orders="%{customdata[0]}", amount=f"{currency} %{{customdata[1]:,.2f}}")
            + "<extra></extra>",
        )
    )
    return figure.update_layout(
        height=380,
        dragmode=False,
        xaxis={"showgrid": False, "fixedrange": True, "tickformat": "%Y-%m"},
        yaxis={"range": [-0.03, 1.06], "tickformat": ".0%", "fixedrange": True, "title": _("Probability")},
    )
