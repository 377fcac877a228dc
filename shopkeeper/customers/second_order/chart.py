"""How soon a second order comes."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from shopkeeper.charts.style import DASHES, PALETTE, TEMPLATE
from shopkeeper.customers.second_order.report import SecondOrder
from shopkeeper.i18n import gettext as _

CURVES_DRAWN = 6


FEWEST_AT_RISK = 10


STEPS_DRAWN = 300
"""Of each curve: a screen shows no more, and each costs time on every rerun."""


def second_order_curves(second_order: SecondOrder, names: Mapping[str, str]) -> go.Figure:
    """Share that came back by days since the first purchase, by segment, each with its 95 % band."""
    figure = go.Figure(layout={"template": TEMPLATE})
    for place, segment in enumerate(second_order.medians["segment"].head(CURVES_DRAWN)):
        curve = _thinned(second_order.curves.filter(pl.col("segment") == segment, pl.col("at_risk") >= FEWEST_AT_RISK))
        for trace in _clock(curve, names.get(segment, segment), place):
            figure.add_trace(trace)
    return figure.update_layout(
        height=430,
        dragmode=False,
        xaxis={
            "title": _("Days since the first purchase"),
            "showgrid": False,
            "fixedrange": True,
            "rangemode": "tozero",
        },
        yaxis={"title": _("Came back"), "tickformat": ".1~%", "rangemode": "tozero", "fixedrange": True},
    )


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
    edge = {
        "mode": "lines",
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": label,
        "line": {"width": 0, "color": colour, "shape": "hv"},
    }
    band = {"fill": "tonexty", "fillcolor": f"rgba({red},{green},{blue},0.13)"}
    return [
        go.Scatter(x=days, y=(1 - curve["low"]).to_numpy(), **edge),
        go.Scatter(x=days, y=(1 - curve["high"]).to_numpy(), **edge, **band),
        go.Scatter(
            x=days,
            y=curve["returned"].to_numpy(),
            name=label,
            legendgroup=label,
            mode="lines",
            line={"color": colour, "width": 2.5, "shape": "hv", "dash": DASHES[place % len(DASHES)]},
            customdata=curve.select(back_low=1 - pl.col("high"), back_high=1 - pl.col("low"), n="at_risk").to_numpy(),
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
    ]
