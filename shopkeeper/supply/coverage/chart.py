"""The map of tiles, the table of regions and categories, classes, and the age of stock."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl

from shopkeeper import i18n
from shopkeeper.charts.names import short_names
from shopkeeper.charts.style import CALM, GREY, PALETTE, TEMPLATE
from shopkeeper.charts.tiles import CELL_PIXELS, LETTERS, TILE_LETTERS, TILE_PIXELS, frame, heat, targets
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import label

BARS_DRAWN = 31
AGES = ("fresh", "middle", "old", "unknown")
"""From the newest to what no delivery explains."""
_AGE_LOOKS = {"fresh": (PALETTE[5], ""), "middle": (PALETTE[0], "."), "old": (PALETTE[1], "/"), "unknown": (GREY, "x")}


def tile_map(
    regions: pl.DataFrame, measure: str, currency: str, *, picked: str | None = None, dark: bool = False
) -> go.Figure:
    """Regions as tiles where `tile_row` and `tile_column` put them; the figure in each tile is `measure`.

    Custom data of each tile begins with `[region, ""]`, which a click gives back; `picked` is framed.
    """
    mapped = regions.drop_nulls(["tile_row", "tile_column"])
    rows = sorted(range(mapped["tile_row"].min(), mapped["tile_row"].max() + 1))  # type: ignore[arg-type,operator]
    columns = sorted(range(mapped["tile_column"].min(), mapped["tile_column"].max() + 1))  # type: ignore[arg-type,operator]
    at = {(row["tile_row"], row["tile_column"]): row for row in mapped.iter_rows(named=True)}
    z = [[_shade(at[y, x], measure) if (y, x) in at else None for x in columns] for y in rows]
    names = short_names(mapped["region"], TILE_LETTERS)
    text = [[_tile_text(at[y, x], names, measure) if (y, x) in at else "" for x in columns] for y in rows]
    figure = go.Figure(
        [
            heat(z, text, columns, rows, dark, size=11),
            targets(mapped, "tile_column", "tile_row", _facts(mapped), _hover(currency)),
        ],
        layout={"template": TEMPLATE},
    )
    if picked is not None:
        for row in mapped.filter(pl.col("region") == picked).iter_rows(named=True):
            frame(figure, row["tile_column"], row["tile_row"])
    hidden = {"visible": False, "fixedrange": True}
    return figure.update_layout(
        height=40 + TILE_PIXELS * len(rows),
        clickmode="event+select",
        hoverdistance=-1,
        **CALM,
        xaxis=hidden | {"range": [columns[0] - 0.5, columns[-1] + 0.5]},
        yaxis=hidden | {"range": [rows[-1] + 0.5, rows[0] - 0.5]},
    )


def region_bars(regions: pl.DataFrame, measure: str, currency: str) -> go.Figure:
    """Regions by `measure`, the worst on top, where there is no map; custom data as of `tile_map`."""
    order = regions.sort(measure, "region", descending=[measure != "cover_days", False], nulls_last=True)
    drawn = order.head(BARS_DRAWN)
    labels = drawn["region"].to_list()
    bars = go.Bar(
        y=labels,
        x=drawn[measure].fill_null(0).to_list(),
        orientation="h",
        marker={"color": PALETTE[0]},
        text=[figure_text(value, measure, currency) for value in drawn[measure]],
        textposition="auto",
        customdata=_facts(drawn),
        hovertemplate=_hover(currency),
    )
    return go.Figure(bars, layout={"template": TEMPLATE}).update_layout(
        height=max(240, 60 + 22 * len(labels)),
        clickmode="event+select",
        **CALM,
        xaxis={"title": measure_title(measure, currency), "fixedrange": True},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "showgrid": False},
    )


def cover_heatmap(
    cells: pl.DataFrame,
    measure: str,
    currency: str,
    *,
    picked: tuple[str, str] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Region (rows, most at stake on top) by category; each cell's custom data begins with `[region, category]`."""
    regions, categories = _order(cells, "region"), _order(cells, "category")
    rows, columns = {name: i for i, name in enumerate(regions)}, {name: i for i, name in enumerate(categories)}
    z: list[list[float | None]] = [[None] * len(categories) for _region in regions]
    text = [[""] * len(categories) for _region in regions]
    for cell in cells.iter_rows(named=True):
        y, x = rows[cell["region"]], columns[cell["category"]]
        if cell["series"]:
            z[y][x], text[y][x] = _shade(cell, measure), _cell_text(cell, measure)
    filled = cells.filter(pl.col("series") > 0).with_columns(
        x=pl.col("category").replace_strict(columns, return_dtype=pl.Int64),
        y=pl.col("region").replace_strict(rows, return_dtype=pl.Int64),
    )
    spots = list(range(len(categories))), list(range(len(regions)))
    figure = go.Figure(
        [heat(z, text, *spots, dark, size=12), targets(filled, "x", "y", _facts(filled), _hover(currency))],
        layout={"template": TEMPLATE},
    )
    if picked and picked[0] in rows and picked[1] in columns:
        frame(figure, columns[picked[1]], rows[picked[0]])
    axis = {"fixedrange": True, "showgrid": False, "tickmode": "array"}
    return figure.update_layout(
        height=90 + CELL_PIXELS * len(regions),
        clickmode="event+select",
        hoverdistance=-1,
        **CALM,
        xaxis={
            **axis,
            "side": "top",
            "tickvals": spots[0],
            "ticktext": list(short_names(categories, LETTERS).values()),
            "range": [-0.5, len(categories) - 0.5],
        },
        yaxis={
            **axis,
            "tickvals": spots[1],
            "ticktext": list(short_names(regions, 14).values()),
            "range": [len(regions) - 0.5, -0.5],
        },
    )


def class_matrix(classes: pl.DataFrame, patterns: Mapping[str, str], *, dark: bool = False) -> go.Figure:
    """Items with demand by ABC class (rows) and demand pattern, shaded by the share that is out or running out."""
    there = classes.filter(pl.col("series") > 0)
    rows = sorted(set(there["abc"].drop_nulls()))
    columns = [name for name in patterns if name in set(there["pattern"])]
    by_class = {(row["abc"], row["pattern"]): row for row in there.iter_rows(named=True)}
    z = [
        [by_class[y, x]["at_risk"] / by_class[y, x]["series"] if (y, x) in by_class else None for x in columns]
        for y in rows
    ]
    text = [
        [
            _(
                "{n} of {series}",
                n=i18n.integer(by_class[y, x]["at_risk"]),
                series=i18n.integer(by_class[y, x]["series"]),
            )
            if (y, x) in by_class
            else ""
            for x in columns
        ]
        for y in rows
    ]
    cells = heat(z, text, [patterns[name] for name in columns], rows, dark, size=13)
    axis = {"type": "category", "fixedrange": True, "showgrid": False}
    return go.Figure([cells], layout={"template": TEMPLATE}).update_layout(
        height=90 + 46 * max(len(rows), 1),
        **CALM,
        xaxis={**axis, "side": "top"},
        yaxis={**axis, "autorange": "reversed", "title": _("ABC class")},
    )


def age_bars(totals: pl.DataFrame, names: Mapping[str, str]) -> go.Figure:
    """Units on hand by category, stacked by how long they have lain; hatching tells ages apart as colour does."""
    labels = list(short_names(totals["category"], 16).values())
    figure = go.Figure(layout={"template": TEMPLATE})
    for age in AGES:
        colour, shape = _AGE_LOOKS[age]
        figure.add_trace(
            go.Bar(
                y=labels,
                x=totals[age].to_list(),
                name=names[age],
                orientation="h",
                marker={"color": colour, "pattern": {"shape": shape, "fillmode": "overlay", "size": 6}},
                customdata=[
                    [value / whole if whole else 0, category]
                    for value, whole, category in totals.select(age, "on_hand", "category").rows()
                ],
                hovertemplate="<b>%{customdata[1]}</b><br>"
                + names[age]
                + "<br>"
                + _("{n} units, {share}", n="%{x:,.0f}", share="%{customdata[0]:.0%}")
                + "<extra></extra>",
            )
        )
    return figure.update_layout(
        height=120 + 30 * len(labels),
        barmode="stack",
        dragmode=False,
        xaxis={"title": _("Units on hand"), "fixedrange": True},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "showgrid": False},
    )


def measure_title(measure: str, currency: str) -> str:
    """What the figures of map and table are, with their unit."""
    if measure == "at_risk":
        return _("Items out or running out")
    if measure == "cover_days":
        return _("Median forward days of cover")
    return f"{label(measure)} ({currency})"


def figure_text(value: float | None, measure: str, currency: str) -> str:
    """A figure in words; cover that outlasts the forecast is more than 91 days."""
    if measure == "cover_days":
        return "> 91" if value is None else i18n.integer(value)
    if measure == "at_risk":
        return i18n.integer(value)
    return i18n.compact_money(value, currency)


def _order(cells: pl.DataFrame, by: str) -> list[str]:
    sums = cells.group_by(by).agg(pl.col("margin_at_stake", "at_risk", "series").sum())
    return sums.sort("margin_at_stake", "at_risk", "series", by, descending=[True, True, True, False])[by].to_list()


def _shade(row: Mapping[str, Any], measure: str) -> float:
    """What colours a cell: more is worse, so short cover is dark."""
    value = row[measure]
    if measure == "cover_days":
        return -91.0 if value is None else -float(value)
    return float(value or 0)


def _tile_text(row: Mapping[str, Any], names: Mapping[str, str], measure: str) -> str:
    return f"{names[row['region']]}<br><b>{_cell_text(row, measure)}</b>"


def _cell_text(row: Mapping[str, Any], measure: str) -> str:
    """A short figure; a mark where nothing is wrong, so that colour is not the only sign."""
    if measure in {"at_risk", "margin_at_stake"} and not row["at_risk"]:
        return "✓"
    if measure in {"at_risk", "cover_days"}:
        return figure_text(row[measure], measure, "")
    return i18n.compact(row[measure])


def _facts(rows: pl.DataFrame) -> list[list[Any]]:
    category = pl.col("category") if "category" in rows.columns else pl.lit("")
    cover = [figure_text(value, "cover_days", "") for value in rows["cover_days"]]
    facts = rows.select(
        "region",
        category.alias("category"),
        "series",
        "out",
        "runs_out",
        pl.col("margin_at_stake", "excess_value").fill_null(0),
        pl.Series("cover", cover, pl.String),
    )
    return [list(row) for row in facts.iter_rows()]


def _hover(currency: str) -> str:
    lines = (
        "<b>%{customdata[0]}</b> %{customdata[1]}",
        _(
            "{out} out, {runs_out} run out before an order can land, of {n} items with demand",
            out="%{customdata[3]:,}",
            runs_out="%{customdata[4]:,}",
            n="%{customdata[2]:,}",
        ),
        _("{amount} margin at stake", amount=f"{currency} %{{customdata[5]:,.0f}}"),
        _("{days} days of cover (median)", days="%{customdata[7]}"),
        _("{amount} of excess at cost", amount=f"{currency} %{{customdata[6]:,.0f}}"),
    )
    return "<br>".join(lines) + "<extra></extra>"
