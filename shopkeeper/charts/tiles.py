"""Tile maps and tables of cells."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from shopkeeper.charts.style import INK, PALETTE, SCALES

CELL_PIXELS, TILE_PIXELS = 26, 46

LETTERS, TILE_LETTERS = 9, 6


def heat(
    z: Sequence[Sequence[float | None]], text: Any, x: Sequence[Any], y: Sequence[Any], dark: bool, *, size: int
) -> go.Heatmap:
    """Cells shaded by `z` (0 to 1), each with its text; what `targets` adds can be hovered and clicked."""
    colours = SCALES[dark]
    return go.Heatmap(
        z=z,
        x=x,
        y=y,
        text=text,
        texttemplate="%{text}",
        textfont={"color": INK[dark], "size": size},
        xgap=2,
        ygap=2,
        colorscale=[[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)],
        showscale=False,
        hoverinfo="skip",
        hoverongaps=False,
    )


def targets(placed: pl.DataFrame, x: str, y: str, facts: list[list[Any]], hover: str) -> go.Scatter:
    """An invisible point in each cell, hovered and clicked as a heat map's cell cannot be; `facts` fill `hover`."""
    hidden = {"marker": {"opacity": 0}}
    return go.Scatter(
        x=placed[x].to_list(),
        y=placed[y].to_list(),
        mode="markers",
        customdata=facts,
        marker={"size": 30, "color": "rgba(0,0,0,0)"},
        selected=hidden,
        unselected=hidden,
        hovertemplate=hover,
    )


def frame(figure: go.Figure, x: float, y: float) -> None:
    """Mark the cell that is open."""
    edges = {"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
    figure.add_shape(type="rect", line={"color": PALETTE[1], "width": 3}, **edges)
