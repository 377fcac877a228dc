"""How near the goods are by region, and what one more shipping point would bring."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl

from shopkeeper import i18n
from shopkeeper.charts.names import short_names
from shopkeeper.charts.style import CALM, GREY, INK, PALETTE, SCALES, TEMPLATE
from shopkeeper.charts.tiles import TILE_LETTERS, TILE_PIXELS
from shopkeeper.i18n import gettext as _

ROW_PIXELS = 24
CANDIDATES_DRAWN = 15


def near_map(regions: pl.DataFrame, measure: str, currency: str, *, dark: bool = False) -> go.Figure:
    """Regions as tiles where `tile_row` and `tile_column` put them; darker is worse.

    `measure` is the figure in the tiles: near_rate, lead_days or freight_per_unit (of `Network.regions`).
    """
    mapped = regions.drop_nulls(["tile_row", "tile_column"])
    cells = {(row["tile_row"], row["tile_column"]): row for row in mapped.iter_rows(named=True)}
    rows, columns = _span(mapped["tile_row"]), _span(mapped["tile_column"])
    colours, scale = SCALES[dark], _scale(mapped, measure)
    names = short_names(mapped["region"], TILE_LETTERS)
    heat = go.Heatmap(
        z=[[_shade(cells.get((y, x)), measure) for x in columns] for y in rows],
        text=[[_tile(cells.get((y, x)), names, measure, currency) for x in columns] for y in rows],
        x=columns,
        y=rows,
        texttemplate="%{text}",
        textfont={"color": INK[dark], "size": 11},
        zmin=scale[0],
        zmax=scale[1],
        xgap=2,
        ygap=2,
        showscale=False,
        hoverinfo="skip",
        hoverongaps=False,
        colorscale=[[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)],
    )
    points = go.Scatter(
        x=mapped["tile_column"].to_list(),
        y=mapped["tile_row"].to_list(),
        mode="markers",
        marker={"size": 30, "color": "rgba(0,0,0,0)"},
        customdata=_facts(mapped, currency),
        hovertemplate=_hover(),
    )
    hidden = {"visible": False, "fixedrange": True}
    return go.Figure([heat, points], layout={"template": TEMPLATE}).update_layout(
        height=40 + TILE_PIXELS * len(rows),
        hoverdistance=-1,
        **CALM,
        xaxis=hidden | {"range": [columns[0] - 0.5, columns[-1] + 0.5]},
        yaxis=hidden | {"range": [rows[-1] + 0.5, rows[0] - 0.5]},
    )


def near_bars(regions: pl.DataFrame, measure: str, currency: str) -> go.Figure:
    """The same by bars, the worst region on top, where there is no map."""
    drawn = regions.drop_nulls(measure).sort(measure, "region", descending=[measure != "near_rate", False])
    bars = go.Bar(
        y=drawn["region"].to_list(),
        x=drawn[measure].to_list(),
        orientation="h",
        marker={"color": PALETTE[0]},
        text=[_figure(value, measure, currency) for value in drawn[measure]],
        textposition="auto",
        customdata=_facts(drawn, currency),
        hovertemplate=_hover(),
    )
    titles = {
        "near_rate": _("Near-demand rate"),
        "lead_days": _("Days to the buyer"),
        "freight_per_unit": _("Shipping cost per unit ({currency})", currency=currency),
    }
    shares = {"tickformat": ".0%", "range": [0, 1]} if measure == "near_rate" else {"rangemode": "tozero"}
    return go.Figure(bars, layout={"template": TEMPLATE}).update_layout(
        height=max(220, 60 + ROW_PIXELS * drawn.height),
        **CALM,
        xaxis={"title": titles[measure], "fixedrange": True, **shares},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "showgrid": False},
    )


def candidate_bars(candidates: pl.DataFrame, labels: Mapping[str, str], currency: str) -> go.Figure:
    """Percentage points that each single node brings (`network_nodes.CANDIDATES`), with what a point costs beside it.

    New nodes are hatched, so that colour is not the only sign. `labels` by candidate.
    """
    drawn = candidates.head(CANDIDATES_DRAWN)
    opened = [action == "open" for action in drawn["action"]]
    points = [100 * value for value in drawn["points"]]
    bars = go.Bar(
        y=[labels[name] for name in drawn["candidate"]],
        x=points,
        orientation="h",
        marker={
            "color": [PALETTE[5] if new else PALETTE[0] for new in opened],
            "pattern": {"shape": ["/" if new else "" for new in opened], "size": 6, "fgcolor": GREY},
        },
        text=[_beside(value, cost, currency) for value, cost in zip(points, drawn["cost_per_point"], strict=True)],
        textposition="outside",
        cliponaxis=False,
        customdata=drawn.select("near_units", "cost_year", "margin_year").rows(),
        hovertemplate="<b>%{y}</b><br>"
        + "<br>".join(
            (
                _("{points} percentage points", points="%{x:.2f}"),
                _("{n} units brought near", n="%{customdata[0]:,.0f}"),
                _("{amount} cost a year", amount=f"{currency} %{{customdata[1]:,.0f}}"),
                _("{amount} margin a year", amount=f"{currency} %{{customdata[2]:,.0f}}"),
            )
        )
        + "<extra></extra>",
    )
    return go.Figure(bars, layout={"template": TEMPLATE}).update_layout(
        height=90 + 36 * drawn.height,
        **CALM,
        xaxis={
            "title": _("Percentage points of the near-demand rate"),
            "fixedrange": True,
            "rangemode": "tozero",
            "range": [0, 1.6 * max(points, default=1) or 1],
        },
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "showgrid": False},
    )


def rate_change(regions: pl.DataFrame) -> go.Figure:
    """Near-demand rate before (hollow) and after (full) by region, the largest change on top, unchanged ones not."""
    drawn = regions.drop_nulls(["near_rate", "near_rate_after"]).with_columns(
        change=pl.col("near_rate_after") - pl.col("near_rate")
    )
    drawn = drawn.filter(pl.col("change").abs() > 5e-5).sort("change", "region", descending=[True, False])
    names = drawn["region"].to_list()
    figure = go.Figure(layout={"template": TEMPLATE})
    for row in drawn.iter_rows(named=True):
        figure.add_shape(
            type="line",
            x0=row["near_rate"],
            x1=row["near_rate_after"],
            y0=row["region"],
            y1=row["region"],
            line={"color": GREY, "width": 2},
        )
    looks = (
        ("near_rate", _("Before"), "circle-open", PALETTE[1]),
        ("near_rate_after", _("After"), "circle", PALETTE[0]),
    )
    for column, name, symbol, colour in looks:
        figure.add_trace(
            go.Scatter(
                x=drawn[column].to_list(),
                y=names,
                mode="markers",
                name=name,
                marker={"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2, "color": colour}},
                hovertemplate=f"<b>%{{y}}</b><br>{name}: %{{x:.1%}}<extra></extra>",
            )
        )
    return figure.update_layout(
        height=130 + ROW_PIXELS * len(names),
        dragmode=False,
        xaxis={"title": _("Near-demand rate"), "tickformat": ".0%", "fixedrange": True},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )


def _span(values: pl.Series) -> list[int]:
    positions = values.to_list()
    return list(range(min(positions), max(positions) + 1))


def _scale(rows: pl.DataFrame, measure: str) -> tuple[float, float]:
    """Lightest and darkest; rates are told on the whole scale, so that two pictures of them can be compared."""
    if measure == "near_rate":
        return -1.0, 0.0
    drawn = [float(value) for value in rows[measure].drop_nulls()]
    return min(drawn, default=0.0), max(drawn, default=0.0) or 1.0


def _shade(row: Mapping[str, Any] | None, measure: str) -> float | None:
    if row is None:
        return None
    value = row[measure]
    if measure == "near_rate":
        return -1.0 if value is None else -float(value)
    return value if value is None else float(value)


def _figure(value: float | None, measure: str, currency: str) -> str:
    if measure == "near_rate":
        return i18n.percent(value, 0)
    return i18n.number(value, 1) if measure == "lead_days" else i18n.compact_money(value, currency)


def _tile(row: Mapping[str, Any] | None, names: Mapping[str, str], measure: str, currency: str) -> str:
    return "" if row is None else f"{names[row['region']]}<br><b>{_figure(row[measure], measure, currency)}</b>"


def _beside(points: float, cost: float | None, currency: str) -> str:
    """Points, and what each of them costs or saves."""
    gained = f"+{i18n.number(points)}"
    if cost is None:
        return gained
    amount = i18n.compact_money(abs(cost), currency)
    if cost > 0:
        return _("{points}<br>{amount} a point", points=gained, amount=amount)
    return _("{points}<br>saves {amount} a point", points=gained, amount=amount)


def _facts(rows: pl.DataFrame, currency: str) -> list[list[Any]]:
    figures = rows.select("region", "demand", "near", "far", "unserved", "in_reach").rows()
    facts = []
    for row, (rate, days, cost) in zip(
        figures, rows.select("near_rate", "lead_days", "freight_per_unit").rows(), strict=True
    ):
        near = i18n.percent(rate) if rate is not None else _("no demand")
        facts.append([*row, i18n.number(days, 1), near, i18n.money(cost, currency)])
    return facts


def _hover() -> str:
    lines = (
        "<b>%{customdata[0]}</b>",
        _("{rate} near", rate="%{customdata[7]}"),
        _("{n} units expected", n="%{customdata[1]:,.0f}"),
        _(
            "{near} near, {far} from farther away, {none} not to be had",
            near="%{customdata[2]:,.0f}",
            far="%{customdata[3]:,.0f}",
            none="%{customdata[4]:,.0f}",
        ),
        _("{days} days to the buyer, {amount} of shipping a unit", days="%{customdata[6]}", amount="%{customdata[8]}"),
        _("{n} locations within the promise", n="%{customdata[5]}"),
    )
    return "<br>".join(lines) + "<extra></extra>"
