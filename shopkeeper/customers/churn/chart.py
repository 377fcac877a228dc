"""Risk, one customer's life, the clock to the second order, and stages of life."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl

from shopkeeper import i18n
from shopkeeper.charts.style import DASHES, GREY, GROUND, INK, PALETTE, SCALES, TEMPLATE
from shopkeeper.customers.churn.report import CustomerHistory
from shopkeeper.customers.second_order.report import SecondOrder
from shopkeeper.i18n import gettext as _

STAGE_COLOURS: Mapping[str, str] = {
    "new": PALETTE[5], "active": PALETTE[0], "loyal": PALETTE[2], "won_back": PALETTE[3], "at_risk": PALETTE[4],
    "lost": GREY,
}  # fmt: skip
SEGMENTS_DRAWN = 12
CURVES_DRAWN = 6
FEWEST_AT_RISK = 10
STEPS_DRAWN = 300
"""Of each curve: a screen shows no more, and each costs time on every rerun."""
"""A curve ends where fewer customers than this are still waited for: its steps would be single people."""
CALM: dict[str, Any] = {"dragmode": False, "showlegend": False}
ROW_PIXELS = 34


def risk_histogram(distribution: pl.DataFrame, currency: str) -> go.Figure:
    """Customers by tenth of the risk scale (columns of `Churn.distribution`), their number above each bar."""
    counts = distribution["customers"].to_list()
    bars = go.Bar(
        x=[(low + high) / 2 for low, high in distribution.select("low", "high").iter_rows()], y=counts, width=0.094,
        text=[i18n.integer(count) for count in counts], textposition="outside", cliponaxis=False,
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
    )  # fmt: skip
    return go.Figure(bars, layout={"template": TEMPLATE}).update_layout(
        height=330, **CALM,
        xaxis={"title": _("Churn risk"), "tickformat": ".0%", "dtick": 0.2, "range": [0, 1], "showgrid": False,
               "fixedrange": True},
        yaxis={"title": _("Customers"), "rangemode": "tozero", "fixedrange": True,
               "range": [0, max(counts, default=1) * 1.12 or 1]},
    )  # fmt: skip


def stake_by_segment(segments: pl.DataFrame, currency: str) -> go.Figure:
    """Value at stake of the largest segments of one kind (rows of `Churn.segments`), the largest on top."""
    drawn = segments.head(SEGMENTS_DRAWN)
    labels = drawn["segment"].to_list()
    bars = go.Bar(
        y=labels, x=drawn["value_at_stake"].to_list(), orientation="h", marker={"color": PALETTE[1]},
        text=[i18n.compact_money(value, currency) for value in drawn["value_at_stake"]],
        textposition="auto", insidetextanchor="end",
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
    )  # fmt: skip
    return go.Figure(bars, layout={"template": TEMPLATE}).update_layout(
        height=max(330, 60 + 26 * len(labels)), **CALM,
        xaxis={"title": _("Value at stake ({currency})", currency=currency), "fixedrange": True},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "showgrid": False},
    )  # fmt: skip


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
                    x=days, y=alive[name].to_list(), name=label, mode="lines", line=line,
                    hovertemplate=f"%{{x|%Y-%m-%d}}<br>{label}: <b>%{{y:.1%}}</b><extra></extra>",
                )
            )  # fmt: skip
    bought = history.purchases.join(alive.select("day", "p_alive"), on="day", how="left", maintain_order="left")
    figure.add_trace(
        go.Scatter(
            x=bought["day"].to_list(), y=bought["p_alive"].fill_null(1.0).to_list(), name=_("Purchase"),
            mode="markers", marker={"color": PALETTE[2], "size": 10, "symbol": "diamond",
                                    "line": {"color": "white", "width": 1}},
            customdata=bought.select("orders", "revenue").rows(),
            hovertemplate="<b>%{x|%Y-%m-%d}</b><br>"
            + _("{orders} orders, {amount}", orders="%{customdata[0]}",
                amount=f"{currency} %{{customdata[1]:,.2f}}")
            + "<extra></extra>",
        )
    )  # fmt: skip
    return figure.update_layout(
        height=380, dragmode=False,
        xaxis={"showgrid": False, "fixedrange": True, "tickformat": "%Y-%m"},
        yaxis={"range": [-0.03, 1.06], "tickformat": ".0%", "fixedrange": True, "title": _("Probability")},
    )  # fmt: skip


def second_order_curves(found: SecondOrder, names: Mapping[str, str]) -> go.Figure:
    """Share that came back by days since the first purchase, by segment, each with its 95 % band."""
    figure = go.Figure(layout={"template": TEMPLATE})
    for place, segment in enumerate(found.medians["segment"].head(CURVES_DRAWN)):
        curve = _thinned(found.curves.filter(pl.col("segment") == segment, pl.col("at_risk") >= FEWEST_AT_RISK))
        for trace in _clock(curve, names.get(segment, segment), place):
            figure.add_trace(trace)
    return figure.update_layout(
        height=430, dragmode=False,
        xaxis={"title": _("Days since the first purchase"), "showgrid": False, "fixedrange": True,
               "rangemode": "tozero"},
        yaxis={"title": _("Came back"), "tickformat": ".0%", "rangemode": "tozero", "fixedrange": True},
    )  # fmt: skip


def _thinned(curve: pl.DataFrame) -> pl.DataFrame:
    """At most so many steps as a screen can show, those of even distances in days; the first and last stay."""
    if curve.height <= STEPS_DRAWN:
        return curve
    width = curve["duration"].max() / STEPS_DRAWN  # type: ignore[operator]
    place = (pl.col("duration") / width).floor()
    return curve.filter((place != place.shift(1)).fill_null(True) | (pl.int_range(pl.len()) == pl.len() - 1))


def _clock(curve: pl.DataFrame, label: str, place: int) -> list[go.Scatter]:
    """A step line and under it its band."""
    colour, days = PALETTE[place % len(PALETTE)], curve["duration"].to_numpy()
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    edge = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "legendgroup": label,
            "line": {"width": 0, "color": colour, "shape": "hv"}}  # fmt: skip
    band = {"fill": "tonexty", "fillcolor": f"rgba({red},{green},{blue},0.13)"}
    return [
        go.Scatter(x=days, y=(1 - curve["low"].fill_null(1)).to_numpy(), **edge),
        go.Scatter(x=days, y=(1 - curve["high"].fill_null(1)).to_numpy(), **edge, **band),
        go.Scatter(
            x=days, y=curve["returned"].to_numpy(), name=label, legendgroup=label, mode="lines",
            line={"color": colour, "width": 2.5, "shape": "hv", "dash": DASHES[place % len(DASHES)]},
            customdata=curve.select(
                back_low=1 - pl.col("high").fill_null(1), back_high=1 - pl.col("low").fill_null(1), n="at_risk"
            ).to_numpy(),
            hovertemplate=f"<b>{label}</b><br>"
            + "<br>".join(
                (
                    _("{rate} came back by day {day}", rate="<b>%{y:.1%}</b>", day="%{x:,.0f}"),
                    _("95% interval: {low} to {high}", low="%{customdata[0]:.1%}", high="%{customdata[1]:.1%}"),
                    _("{n} customers still observed", n="%{customdata[2]:,}"),
                )
            )
            + "<extra></extra>",
        ),
    ]  # fmt: skip


def stage_areas(stages: pl.DataFrame, names: Mapping[str, str], measure: str, unit: str) -> go.Figure:
    """Stages over time, stacked: customers, or what these had brought; `unit` is the axis' title."""
    figure = go.Figure(layout={"template": TEMPLATE})
    shown = "%{y:,}" if measure == "customers" else "%{y:,.0f}"
    for stage, label in names.items():
        part = stages.filter(pl.col("stage") == stage)
        figure.add_trace(
            go.Scatter(
                x=part["day"].to_list(), y=part[measure].to_list(), name=label, mode="lines", stackgroup="all",
                line={"color": STAGE_COLOURS[stage], "width": 1},
                hovertemplate=f"<b>{label}</b> %{{x|%Y-%m-%d}}<br>{shown}<extra></extra>",
            )
        )  # fmt: skip
    return figure.update_layout(
        height=400, dragmode=False,
        xaxis={"showgrid": False, "fixedrange": True, "tickformat": "%Y-%m"},
        yaxis={"title": unit, "rangemode": "tozero", "fixedrange": True},
    )  # fmt: skip


def moves_matrix(
    moves: pl.DataFrame,
    names: Mapping[str, str],
    *,
    picked: tuple[str, str] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Customers by stage then (rows) and now (columns), shaded by the share of the row; `picked` is framed.

    Each cell carries `[from_stage, to_stage]` as the first two fields of its custom data, which a click gives back.
    """
    there = set(moves["from_stage"])
    rows = [stage for stage in names if stage in there]
    columns = [stage for stage in names if stage != "not_yet"]
    found = {(row["from_stage"], row["to_stage"]): row for row in moves.iter_rows(named=True)}
    labels, across = [names[stage] for stage in rows], [names[stage] for stage in columns]
    colours = SCALES[dark]
    heat = go.Heatmap(
        z=[[found[row, to]["share"] if (row, to) in found else None for to in columns] for row in rows],
        text=[[i18n.integer(found[row, to]["customers"]) if (row, to) in found else "" for to in columns]
              for row in rows],
        x=across, y=labels, texttemplate="%{text}", textfont={"color": INK[dark]}, zmin=0, zmax=1, xgap=1, ygap=1,
        colorscale=[[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)],
        showscale=False, hoverinfo="skip", hoverongaps=False,
    )  # fmt: skip
    hidden = {"marker": {"opacity": 0}}
    cells = [(row, to, found[row, to]["customers"], found[row, to]["share"]) for row, to in found]
    targets = go.Scatter(
        x=[names[to] for _row, to, *_rest in cells], y=[names[row] for row, *_rest in cells], mode="markers",
        customdata=[list(cell) for cell in cells], marker={"size": 30, "color": "rgba(0,0,0,0)"},
        selected=hidden, unselected=hidden,
        hovertemplate="<b>%{y} → %{x}</b><br>"
        + _("{n} customers, {share} of those who were {stage}", n="%{customdata[2]:,}",
            share="%{customdata[3]:.1%}", stage="%{y}")
        + "<extra></extra>",
    )  # fmt: skip
    figure = go.Figure([heat, targets], layout={"template": TEMPLATE})
    if picked and picked[0] in rows and picked[1] in columns:
        y, x = rows.index(picked[0]), columns.index(picked[1])
        frame = {"line": {"color": PALETTE[1], "width": 3}, "x0": x - 0.5, "x1": x + 0.5}
        figure.add_shape(type="rect", y0=y - 0.5, y1=y + 0.5, **frame)
    axis = {"type": "category", "fixedrange": True, "showgrid": False}
    return figure.update_layout(
        height=70 + ROW_PIXELS * len(rows), hoverdistance=-1, clickmode="event+select", **CALM,
        xaxis={**axis, "side": "top", "title": _("Stage now"),
               "categoryarray": across, "range": [-0.5, len(columns) - 0.5]},
        yaxis={**axis, "title": _("Stage then"), "categoryarray": labels, "range": [len(rows) - 0.5, -0.5]},
        plot_bgcolor=GROUND[dark],
    )  # fmt: skip
