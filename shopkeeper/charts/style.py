"""One look for all charts: colours, ground, template; and the words that every retention chart shares.

Backgrounds are transparent, so that a figure sits on a light page and a dark one.
"""

from typing import Any

import plotly.graph_objects as go

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours, told apart with every kind of colour vision; dash and marker tell the same."""
DASHES = ("solid", "dash", "dot", "dashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up")
GREY = "#8A8F98"
GROUND = {False: "#FFFFFF", True: "#0F1720"}
"""The page's background by whether it is dark; `.streamlit/config.toml` says the same."""
SCALES = {False: ("#F3F8FC", "#CFE3F1", "#9DC7E3", "#5FA5D3"), True: ("#152636", "#1B4160", "#245D87", "#2C73A5")}
INK = {False: "#10212E", True: "#F0F6FC"}
"""Letters in cells: in contrast with every colour of the scale."""
PALE = 0.75
FIGURES = {"exponentformat": "none", "separatethousands": True}
"""Of an axis: 150,000 reads the same in every language, 150k does not."""
TEMPLATE = go.layout.Template(
    layout={
        "colorway": PALETTE,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "xaxis": {"automargin": True, "zeroline": False, **FIGURES},
        "yaxis": {"automargin": True, "zeroline": False, **FIGURES},
        "legend": {"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0, "traceorder": "normal"},
    }
)


def for_file(figure: go.Figure) -> go.Figure:
    """The figure for paper: opaque white ground, dark text, room for its title."""
    return go.Figure(figure).update_layout(
        paper_bgcolor=GROUND[False],
        plot_bgcolor=GROUND[False],
        font={"color": INK[False]},
        margin={"t": 64, "l": 24, "r": 24, "b": 88},
    )


def blend(colour: str, ground: str, share: float) -> str:
    """`colour` with `share` of `ground` in it, both `#rrggbb`."""
    pairs = ((int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(own + (other - own) * share):02X}" for own, other in pairs)


CALM: dict[str, Any] = {"dragmode": False, "showlegend": False}


ROW_PIXELS = 34
