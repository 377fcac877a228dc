"""Stages over time, and moves between two dates."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from shopkeeper import i18n
from shopkeeper.charts.style import CALM, GREY, GROUND, INK, PALETTE, ROW_PIXELS, SCALES, TEMPLATE
from shopkeeper.charts.tiles import frame
from shopkeeper.i18n import gettext as _

STAGE_COLOURS: Mapping[str, str] = {
    "new": PALETTE[5],
    "active": PALETTE[0],
    "loyal": PALETTE[2],
    "won_back": PALETTE[3],
    "at_risk": PALETTE[4],
    "lost": GREY,
}


def stage_areas(stages: pl.DataFrame, names: Mapping[str, str], measure: str, unit: str) -> go.Figure:
    """Stages over time, stacked: customers, or what these had brought; `unit` is the axis' title."""
    figure = go.Figure(layout={"template": TEMPLATE})
    shown = "%{y:,}" if measure == "customers" else "%{y:,.0f}"
    for stage, label in names.items():
        part = stages.filter(pl.col("stage") == stage)
        figure.add_trace(
            go.Scatter(
                x=part["day"].to_list(),
                y=part[measure].to_list(),
                name=label,
                mode="lines",
                stackgroup="all",
                line={"color": STAGE_COLOURS[stage], "width": 1},
                hovertemplate=f"<b>{label}</b> %{{x|%Y-%m-%d}}<br>{shown}<extra></extra>",
            )
        )
    return figure.update_layout(
        height=400,
        dragmode=False,
        xaxis={"showgrid": False, "fixedrange": True, "tickformat": "%Y-%m"},
        yaxis={"title": unit, "rangemode": "tozero", "fixedrange": True},
    )


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
    from_stages = set(moves["from_stage"])
    rows = [stage for stage in names if stage in from_stages]
    columns = [stage for stage in names if stage != "not_yet"]
    cells = {(row["from_stage"], row["to_stage"]): row for row in moves.iter_rows(named=True)}
    across, labels = [names[stage] for stage in columns], [names[stage] for stage in rows]
    shares = [[cells[row, to]["share"] if (row, to) in cells else None for to in columns] for row in rows]
    counts = [
        [i18n.integer(cells[row, to]["customers"]) if (row, to) in cells else "" for to in columns] for row in rows
    ]
    heat = _shaded(shares, counts, across, labels, dark)
    figure = go.Figure([heat, _targets(moves, names)], layout={"template": TEMPLATE})
    if picked and picked[0] in rows and picked[1] in columns:
        frame(figure, columns.index(picked[1]), rows.index(picked[0]))
    axis = {"type": "category", "fixedrange": True, "showgrid": False}
    return figure.update_layout(
        height=70 + ROW_PIXELS * len(rows),
        hoverdistance=-1,
        clickmode="event+select",
        **CALM,
        xaxis={
            **axis,
            "side": "top",
            "title": _("Stage now"),
            "categoryarray": across,
            "range": [-0.5, len(columns) - 0.5],
        },
        yaxis={**axis, "title": _("Stage then"), "categoryarray": labels, "range": [len(rows) - 0.5, -0.5]},
        plot_bgcolor=GROUND[dark],
    )


def _shaded(
    shares: list[list[float | None]], counts: list[list[str]], across: list[str], labels: list[str], dark: bool
) -> go.Heatmap:
    colours = SCALES[dark]
    return go.Heatmap(
        z=shares,
        text=counts,
        x=across,
        y=labels,
        texttemplate="%{text}",
        textfont={"color": INK[dark]},
        zmin=0,
        zmax=1,
        xgap=1,
        ygap=1,
        colorscale=[[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)],
        showscale=False,
        hoverinfo="skip",
        hoverongaps=False,
    )


def _targets(moves: pl.DataFrame, names: Mapping[str, str]) -> go.Scatter:
    whole = pl.col("customers").sum().over("from_stage")
    rows = moves.select("from_stage", "to_stage", "customers", whole.alias("whole"), "low", "high").rows()
    # Below so few, a percentage would say more than is known.
    cells = [
        (then, now, i18n.share_of(n, of), i18n.percent(low), i18n.percent(high)) for then, now, n, of, low, high in rows
    ]
    hover = "<br>".join(
        (
            _("{share} who were {stage}", share="%{customdata[2]}", stage="%{y}"),
            _("95% interval: {low} to {high}", low="%{customdata[3]}", high="%{customdata[4]}"),
        )
    )
    hidden = {"marker": {"opacity": 0}}
    return go.Scatter(
        x=[names[now] for _then, now, *_figures in cells],
        y=[names[then] for then, *_rest in cells],
        mode="markers",
        customdata=[list(cell) for cell in cells],
        marker={"size": 30, "color": "rgba(0,0,0,0)"},
        selected=hidden,
        unselected=hidden,
        hovertemplate=f"<b>%{{y}} → %{{x}}</b><br>{hover}<extra></extra>",
    )
