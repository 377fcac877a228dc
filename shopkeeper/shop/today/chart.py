"""What each part added to the change."""

import plotly.graph_objects as go
import polars as pl

from shopkeeper.charts.names import named, short_names
from shopkeeper.charts.style import CALM, GREY, PALETTE, ROW_PIXELS, TEMPLATE
from shopkeeper.i18n import gettext as _

DRAWN = 12
"""Parts drawn; all others together are one bar."""
UP, DOWN = PALETTE[0], PALETTE[1]
WORDS = 24
"""Letters of a part's name that are drawn."""


def drawn_parts(parts: pl.DataFrame) -> pl.DataFrame:
    """The first parts, and all others as one: `part, change, is_rest`."""
    first = parts.head(DRAWN).select("part", "change", is_rest=pl.lit(value=False))
    rest = parts.slice(DRAWN)
    if rest.is_empty():
        return first
    others = pl.DataFrame(
        {"part": [_("{n} others", n=rest.height)], "change": [float(rest["change"].sum())], "is_rest": [True]},
        schema=first.schema,
    )
    return pl.concat([first, others])


def contribution_bars(parts: pl.DataFrame, texts: list[str]) -> go.Figure:
    """A bar a part, the largest change on top; `texts` stand beside them, in the order of `drawn_parts`."""
    rows = drawn_parts(parts)
    colours = [
        GREY if is_rest else UP if change >= 0 else DOWN for change, is_rest in rows.select("change", "is_rest").rows()
    ]
    whole = [named(name) for name in rows["part"]]
    short = short_names(whole, WORDS)
    figure = go.Figure(layout={"template": TEMPLATE})
    figure.add_trace(
        go.Bar(
            x=rows["change"].to_list(),
            y=list(range(rows.height)),
            orientation="h",
            marker={"color": colours},
            text=texts,
            textposition="outside",
            cliponaxis=False,
            customdata=whole,
            hovertemplate="<b>%{customdata}</b><br>%{text}<extra></extra>",
        )
    )
    largest = max((abs(change) for change in rows["change"]), default=0.0) or 1.0
    low, high = (sign * largest for sign in _signs(rows))
    return figure.update_layout(
        **CALM,
        height=60 + ROW_PIXELS * rows.height,
        xaxis={"range": [low * 1.45, high * 1.45], "showticklabels": False, "showgrid": False, "fixedrange": True},
        yaxis={
            "tickvals": list(range(rows.height)),
            "ticktext": [short[name] for name in whole],
            "autorange": "reversed",
            "showgrid": False,
            "fixedrange": True,
        },
        shapes=[{"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": GREY}}],
    )


def _signs(rows: pl.DataFrame) -> tuple[float, float]:
    """How far the axis reaches to each side, in parts of the largest change."""
    changes = rows["change"].to_list()
    return (-1.0 if min(changes, default=0.0) < 0 else -0.05, 1.0 if max(changes, default=0.0) > 0 else 0.05)
