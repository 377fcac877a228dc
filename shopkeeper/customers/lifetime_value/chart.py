"""What customers are worth: by segment, over all customers, by frequency and recency."""

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl

from shopkeeper.charts.names import named
from shopkeeper.charts.style import GREY, GROUND, INK, PALE, PALETTE, SCALES, TEMPLATE, blend
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import integer

HAPPENED, EXPECTED = PALETTE[1], PALETTE[0]
"""One colour for what has happened, one for what is predicted, on every chart of values and their proof."""
BAR_PIXELS = 44
CELL_PIXELS = 42
STILL = {"dragmode": False, "hoverlabel": {"align": "left"}}


def value_by_segment(segments: pl.DataFrame, currency: str) -> go.Figure:
    """Value per customer as bars, the largest predicted on top.

    `segments`: `segment, customers, historic_each, predicted_each, low_each, high_each`, in the order to be drawn.
    """
    names = [named(name) for name in segments["segment"].fill_null("–")]
    bars = [_predicted_bars(segments, names, currency), _historic_bars(segments, names, currency)]
    return go.Figure(bars, layout={"template": TEMPLATE}).update_layout(
        height=96 + BAR_PIXELS * len(names),
        bargap=0.28,
        **STILL,
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "ticksuffix": " "},
        xaxis={
            "title": _("Per customer ({currency})", currency=currency),
            "fixedrange": True,
            "rangemode": "tozero",
            "nticks": 6,
        },
        legend={"y": 1, "yanchor": "bottom", "traceorder": "normal"},
    )


def _predicted_bars(segments: pl.DataFrame, names: list[str], currency: str) -> go.Bar:
    lines = (
        _("{value} predicted per customer", value=f"<b>{currency} %{{x:,.2f}}</b>"),
        _(
            "95% interval: {low} to {high}",
            low=f"{currency} %{{customdata[1]:,.2f}}",
            high=f"{currency} %{{customdata[2]:,.2f}}",
        ),
        _("{n} customers", n="%{customdata[0]:,}"),
    )
    return go.Bar(
        y=names,
        x=segments["predicted_each"].to_list(),
        name=_("Predicted"),
        orientation="h",
        marker={"color": EXPECTED},
        offsetgroup="predicted",
        error_x=interval(segments, "predicted_each", "low_each", "high_each"),
        customdata=segments.select("customers", "low_each", "high_each").rows(),
        hovertemplate="<b>%{y}</b><br>" + "<br>".join(lines) + "<extra></extra>",
    )


def _historic_bars(segments: pl.DataFrame, names: list[str], currency: str) -> go.Bar:
    lines = (
        _("{value} brought per customer so far", value=f"<b>{currency} %{{x:,.2f}}</b>"),
        _("{n} customers", n="%{customdata[0]:,}"),
    )
    return go.Bar(
        y=names,
        x=segments["historic_each"].to_list(),
        name=_("Historic"),
        orientation="h",
        marker={"color": HAPPENED},
        offsetgroup="historic",
        customdata=segments.select("customers").rows(),
        hovertemplate="<b>%{y}</b><br>" + "<br>".join(lines) + "<extra></extra>",
    )


def interval(frame: pl.DataFrame, value: str, low: str, high: str) -> dict[str, object]:
    """Plotly's error bar of a 95 % interval; none where it is not known."""
    above, below = (frame[high] - frame[value]).fill_null(0.0), (frame[value] - frame[low]).fill_null(0.0)
    return {
        "type": "data",
        "symmetric": False,
        "array": above.to_list(),
        "arrayminus": below.to_list(),
        "color": GREY,
        "thickness": 1.5,
        "width": 4,
    }


def value_distribution(classes: pl.DataFrame, currency: str) -> go.Figure:
    """Customers by class of predicted value; `classes` as `LifetimeValue.distribution`."""
    names = [
        f"{integer(low)}–{integer(high)}" if high is not None else f"{integer(low)}+"
        for low, high in classes.select("low", "high").iter_rows()
    ]
    customers, value = max(1, int(classes["customers"].sum())), float(classes["predicted_value"].sum()) or 1.0
    shares = classes.select("predicted_value", pl.col("customers") / customers, held=pl.col("predicted_value") / value)
    bars = go.Bar(
        x=names,
        y=classes["customers"].to_list(),
        marker={"color": EXPECTED},
        customdata=shares.rows(),
        hovertemplate=f"<b>{currency} %{{x}}</b><br>"
        + _("{n} customers, {share} of all", n="<b>%{y:,}</b>", share="%{customdata[1]:.1%}")
        + "<br>"
        + _(
            "{value} predicted in all, {share} of the whole",
            value=f"{currency} %{{customdata[0]:,.0f}}",
            share="%{customdata[2]:.1%}",
        )
        + "<extra></extra>",
    )
    return go.Figure(bars, layout={"template": TEMPLATE}).update_layout(
        height=380,
        bargap=0.06,
        showlegend=False,
        **STILL,
        xaxis={
            "title": _("Predicted value of a customer ({currency})", currency=currency),
            "type": "category",
            "fixedrange": True,
        },
        yaxis={"title": _("Customers"), "fixedrange": True},
    )


def value_lorenz(lorenz: pl.DataFrame) -> go.Figure:
    """The share of value that the richest share of customers holds; `lorenz` as `LifetimeValue.lorenz`."""
    figure = go.Figure(layout={"template": TEMPLATE})
    share = lorenz["share"].to_list()
    figure.add_trace(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name=_("All alike"),
            hoverinfo="skip",
            line={"color": GREY, "width": 1, "dash": "dot"},
        )
    )
    curves = (("predicted", _("Predicted"), EXPECTED, "solid"), ("historic", _("Historic"), HAPPENED, "dash"))
    for column, name, colour, dash in curves:
        if lorenz[column].null_count() == lorenz.height:
            continue
        figure.add_trace(
            go.Scatter(
                x=share,
                y=lorenz[column].to_list(),
                name=name,
                mode="lines",
                line={"color": colour, "width": 3, "dash": dash},
                hovertemplate=_(
                    "The richest {share} of customers hold {held}", share="%{x:.0%}", held="<b>%{y:.1%}</b>"
                )
                + f"<br>{name}<extra></extra>",
            )
        )
    figure.add_vline(x=0.1, line={"color": GREY, "width": 1, "dash": "dash"})
    return figure.update_layout(
        height=380,
        **STILL,
        xaxis={
            "title": _("Customers, the richest first"),
            "tickformat": ".0%",
            "range": [0, 1],
            "fixedrange": True,
            "showgrid": False,
            "tickvals": [0, 0.1, 0.25, 0.5, 0.75, 1],
        },
        yaxis={"title": _("Share of value"), "tickformat": ".0%", "range": [0, 1.01], "fixedrange": True},
    )


def value_matrix(
    cells: pl.DataFrame, rows: Sequence[str], columns: Sequence[str], currency: str, few: int, *, dark: bool = False
) -> go.Figure:
    """Mean predicted value by repeat purchases (rows) and inactivity (columns), with the customers in each cell.

    `cells`: `row, column` (places in `rows` and `columns`), `customers, p_alive, predicted_value`. Cells of fewer than
    `few` customers fade into the ground.
    """
    figure = go.Figure(layout={"template": TEMPLATE})
    enough = cells.filter(pl.col("customers") >= few)["predicted_value"]
    # By its root: a few regulars are worth fifty times a newcomer, and would leave all else pale.
    top = float(enough.quantile(0.98) or 1.0) if enough.len() else 1.0
    for part, pale in (
        (cells.filter(pl.col("customers") >= few), False),
        (cells.filter(pl.col("customers") < few), True),
    ):
        figure.add_trace(matrix_cells(part, rows, columns, currency, top, dark=dark, pale=pale))
    return figure.update_layout(
        height=110 + CELL_PIXELS * len(rows),
        showlegend=False,
        **STILL,
        xaxis={
            "title": _("Months since the last purchase"),
            "type": "category",
            "categoryarray": list(columns),
            "categoryorder": "array",
            "range": [-0.5, len(columns) - 0.5],
            "showgrid": False,
            "fixedrange": True,
            "tickangle": 0,
        },
        yaxis={
            "title": _("Repeat purchases"),
            "type": "category",
            "categoryarray": list(rows),
            "categoryorder": "array",
            "range": [-0.5, len(rows) - 0.5],
            "showgrid": False,
            "fixedrange": True,
        },
    )


def matrix_cells(
    part: pl.DataFrame,
    rows: Sequence[str],
    columns: Sequence[str],
    currency: str,
    top: float,
    *,
    dark: bool,
    pale: bool,
) -> go.Heatmap:
    """The cells of `part` in the grid of all; the rest is left out."""
    z: list[list[float | None]] = [[None] * len(columns) for _row in rows]
    facts: list[list[list[object]]] = [[[None] * 3 for _column in columns] for _row in rows]
    text = [[""] * len(columns) for _row in rows]
    for row, column, *fact in part.select("row", "column", "customers", "predicted_value", "p_alive").iter_rows():
        z[row][column] = max(0.0, fact[1] or 0.0) ** 0.5
        facts[row][column] = fact
        text[row][column] = f"<b>{integer(fact[1])}</b><br>{integer(fact[0])}"
    colours = [blend(colour, GROUND[dark], PALE) if pale else colour for colour in SCALES[dark]]
    return go.Heatmap(
        z=z,
        x=list(columns),
        y=list(rows),
        customdata=facts,
        zmin=0,
        zmax=max(top, 0.01) ** 0.5,
        showscale=False,
        colorscale=[[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)],
        xgap=1,
        ygap=1,
        hoverongaps=False,
        textfont={"color": GREY if pale else INK[dark], "size": 11},
        text=text,
        texttemplate="%{text}",
        hovertemplate=_("{rows} repeat purchases, {months} months of silence", rows="%{y}", months="%{x}")
        + "<br>"
        + _("{value} predicted per customer", value=f"<b>{currency} %{{customdata[1]:,.2f}}</b>")
        + "<br>"
        + _("{n} customers", n="%{customdata[0]:,}")
        + f"<br>{_('P(alive)')} %{{customdata[2]:.1%}}<extra></extra>",
    )
