"""One look for all charts: colours, ground, template; and the words that every retention chart shares.

Backgrounds are transparent, so that a figure sits on a light page and a dark one.
"""

import plotly.graph_objects as go

from shopkeeper.customers.retention.report import View
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.measures.lookup import measure

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


def unit(view: View) -> str:
    """What age counts, in words: `month`, or `30-day window`."""
    if view.windows == "rolling":
        return ngettext("{n}-day window", "{n}-day window", view.window_days)
    return {"week": _("week"), "month": _("month"), "quarter": _("quarter")}[view.period]


def measure_name(view: View) -> str:
    """The measure that the view's rate is: a name that `measures.measure` knows."""
    if view.measure == "customers":
        return "retention_rate"
    return ("cumulative_" if view.method == "cumulative" else "") + f"{view.measure}_per_customer"


def title(view: View, currency: str) -> str:
    """What a cell or a point of the view's charts shows, in words."""
    if view.measure == "customers":
        text = {
            "exact": _("Share of each cohort that bought in {unit} k after the first purchase", unit=unit(view)),
            "unbounded": _("Share of each cohort that bought in {unit} k or later", unit=unit(view)),
            "cumulative": _("Share of each cohort that bought again by {unit} k", unit=unit(view)),
        }
        return text[view.method] + " (%)"
    label = _(measure(measure_name(view)).label) + ("" if view.measure == "orders" else f" ({currency})")
    if view.method == "cumulative":
        return _("{measure}, up to {unit} k", measure=label, unit=unit(view))
    return _("{measure}, in {unit} k", measure=label, unit=unit(view))


def closed_hover(view: View, currency: str) -> str:
    """Lines of a closed cell's hover; the browser fills in the numbers."""
    if view.measure != "customers":
        amount = "%{customdata[3]:,.0f}" if view.measure == "orders" else f"{currency} %{{customdata[3]:,.2f}}"
        rate = "%{customdata[4]:,.2f}" if view.measure == "orders" else f"{currency} %{{customdata[4]:,.2f}}"
        return "<br>".join(
            (
                _("{amount} in all", amount=amount),
                _("{rate} per acquired customer", rate=f"<b>{rate}</b>"),
                _("{n} customers acquired", n="%{customdata[2]:,}"),
            )
        )
    return "<br>".join(
        (
            _(
                "{rate}: {value} of {n} customers",
                rate="<b>%{customdata[4]:.1%}</b>",
                value="%{customdata[3]:,.0f}",
                n="%{customdata[2]:,}",
            ),
            _("95% interval: {low} to {high}", low="%{customdata[5]:.1%}", high="%{customdata[6]:.1%}"),
            _("Upper identity bound: {upper}", upper="%{customdata[7]:.1%}"),
        )
    )


def for_file(figure: go.Figure) -> go.Figure:
    """The figure for paper: opaque white ground, dark text, room for its title."""
    return go.Figure(figure).update_layout(
        paper_bgcolor=GROUND[False], plot_bgcolor=GROUND[False], font={"color": INK[False]},
        margin={"t": 64, "l": 24, "r": 24, "b": 88},
    )  # fmt: skip


def blend(colour: str, ground: str, share: float) -> str:
    """`colour` with `share` of `ground` in it, both `#rrggbb`."""
    pairs = ((int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(own + (other - own) * share):02X}" for own, other in pairs)
