"""The Coverage page's controls: its sections, the map, the table of cells, and what to act on."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.contract.table import labelled
from shopkeeper.exports.download import Download
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import label
from shopkeeper.supply.coverage import chart as drawings
from shopkeeper.supply.coverage import table
from shopkeeper.supply.coverage.frames import COLUMNS
from shopkeeper.supply.coverage.report import Coverage
from shopkeeper.supply.coverage.screen.answer import ICONS, STATUS, draw_next, has_margin
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import shop_currency
from shopkeeper.ui.opened import opened
from shopkeeper.ui.picking import clicked

SECTION, MEASURE, REGION, CATEGORY = (
    "coverage_view",
    "coverage_measure",
    "coverage_region",
    "coverage_category",
)
SHOWN = 100
CHARTS = ("coverage_map", "coverage_cells")
ACT = (
    "status",
    "name",
    "sku",
    "region",
    "margin_at_stake",
    "cover_days",
    "run_out_on",
    "available",
    "open_units",
    "daily_mean",
    "lead_days",
    "reorder_point",
    "abc",
    "pattern",
    "category",
)
DEFINITIONS: Mapping[str, tuple[str, ...]] = {
    "regions": ("coverage_status", "days_of_cover", "regional_stock", "margin_at_stake", "excess_value"),
    "act": ("coverage_status", "days_of_cover", "margin_at_stake", "reorder_point", "safety_stock", "regional_stock"),
    "cell": (
        "coverage_status",
        "days_of_cover",
        "regional_stock",
        "available",
        "open_units",
        "safety_stock",
        "reorder_point",
        "order_up_to",
        "margin_at_stake",
        "excess_units",
        "stock_value",
        "sell_through",
    ),
    "changes": ("coverage_status", "days_of_cover"),
    "classes": ("abc_class", "demand_pattern", "coverage_status", "stock_age", "excess_units", "sell_through"),
}


def choose_section() -> str:
    """Only the part that is chosen is drawn; a click on a region or cell opens it."""
    _open_clicked()
    names = {
        "regions": _("Regions"),
        "act": _("To act on"),
        "cell": _("One region"),
        "changes": _("Since last week"),
        "classes": _("Excess, classes, age"),
    }
    return session.choose(_("View"), names, SECTION, "regions", hidden=True)


def _open_clicked() -> None:
    """A region or a cell that was clicked opens its SKUs and locations."""
    if cell := clicked(CHARTS):
        session.keep(REGION, cell[0])
        session.keep(CATEGORY, cell[1] or None)
        session.keep(SECTION, "cell")


def draw_notes(coverage: Coverage) -> None:
    """What is missing or odd in the data; loudly where the page cannot do its work."""
    words = [str(note) for note in coverage.notes]
    if words and not (coverage.has_stock and coverage.has_forecast):
        st.info("\n\n".join(words))
    elif words:
        with st.container(key="coverage_notes"):
            for sentence in words:
                st.caption(f"ⓘ {sentence}")


def draw_regions(coverage: Coverage) -> None:
    """Map and table of cells, by a figure of the viewer's choice; a click opens what lies behind."""
    names = {
        "at_risk": _("Out or running out"),
        "margin_at_stake": label("margin_at_stake"),
        "cover_days": _("Days of cover"),
        "excess_value": label("excess_value"),
    }
    # What nobody knows of any item is no choice.
    names = {name: words for name, words in names.items() if not coverage.cells[name].is_null().all()}
    shown = session.choose(_("Show"), names, MEASURE, "at_risk")
    note = _("Click a region or a cell to see its items and locations. ✓: nothing is out or runs out.")
    regions = coverage.regions.filter(pl.col("series") > 0)
    mapped = regions.drop_nulls(["tile_row", "tile_column"])
    title = drawings.measure_title(shown, shop_currency())
    sheet = sheet_of(
        coverage, "coverage-regions", _("{what} by region", what=title), regions.drop("tile_row", "tile_column")
    )
    picked = st.session_state.get(REGION), st.session_state.get(CATEGORY)

    def draw_map(*, dark: bool = False) -> Any:
        if mapped.is_empty():
            return drawings.region_bars(regions, shown, shop_currency())
        return drawings.tile_map(mapped, shown, shop_currency(), picked=picked[0], dark=dark)

    if not mapped.is_empty() and mapped.height < regions.height:
        off = regions.join(mapped, on="region", how="anti")["region"].to_list()
        note += " " + _("Not on the map, since nobody says where: {regions}.", regions=", ".join(off))
    left, right = st.columns([5, 6], gap="medium")
    with left:
        tables.show_chart(draw_map, sheet, "coverage_map", select=True, note=note)
    with right:
        sheet = sheet_of(coverage, "coverage-cells", _("{what} by region and category", what=title), coverage.cells)

        def draw_cells(*, dark: bool = False) -> Any:
            return drawings.cover_heatmap(coverage.cells, shown, shop_currency(), picked=picked, dark=dark)  # type: ignore[arg-type]

        tables.show_chart(draw_cells, sheet, "coverage_cells", select=True)


def draw_act(coverage: Coverage) -> None:
    """What to order or move first, and what that saves."""
    low = coverage.regions_skus.filter(pl.col("status") == "order_now")
    acting = pl.concat([coverage.at_risk, low])
    if acting.is_empty():
        st.success(_("Nothing has to be ordered today: of no item in a region the last safe order day has come."))
        return
    draw_next(coverage)
    counts = dict(acting["status"].value_counts().iter_rows())
    names = {"all": f"{_('All')}: {i18n.integer(acting.height)}"} | {
        name: f"{status_words()[name]}: {i18n.integer(counts.get(name, 0))}"
        for name in ("out", "runs_out", "order_now")
    }
    status = session.choose(_("Status"), names, STATUS, "all", hidden=True)
    listed = acting if status == "all" else acting.filter(pl.col("status") == status)
    if listed.is_empty():
        st.info(_("No item in a region has this status."))
        return
    title = _("Items to act on, by margin at stake") if has_margin(listed) else _("Items to act on, the worst first")
    draw_rows(sheet_of(coverage, "coverage-to-act-on", title, listed), "coverage_act", ACT)


def draw_rows(sheet: Download, key: str, names: tuple[str, ...]) -> None:
    """The first rows with statuses in words and signs; the download has all rows and columns."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown(f"##### {sheet.about.title}", width="content")
        tables.download_menu(sheet, key)
    frame = sheet.frame.select(name for name in names if name in sheet.frame.columns)
    frame = frame.head(SHOWN).with_columns(
        said(name) for name in ("status", "status_before", "change", "pattern", "kind") if name in frame.columns
    )
    frame = frame.select(name for name in frame.columns if frame[name].null_count() < frame.height)
    _table(frame, key)
    captions = []
    if sheet.frame.height > SHOWN:
        captions.append(
            _("the first {shown} of {rows}; the download has all", shown=SHOWN, rows=i18n.integer(sheet.frame.height))
        )
    if "cover_days" in names:
        captions.append(_("no days of cover: lasts more than 91 days, or nothing is asked for (see the status)"))
    if captions:
        st.caption(" · ".join(captions))


def _table(frame: pl.DataFrame, key: str) -> None:
    """Nulls are a dash; statuses have room for their words."""
    columns = {column.name: column for column in labelled(COLUMNS, frame.columns)}
    grid = tables.grid(frame, columns.values())
    grid["column_config"] |= {
        name: st.column_config.TextColumn(columns[name].heading(), width=190)
        for name in ("status", "status_before")
        if name in columns
    }
    with st.container(key=f"{key}_table"):
        st.dataframe(
            **grid,
            hide_index=True,
            height="content" if frame.height <= tables.TABLE_ROWS else 420,
            placeholder=i18n.MISSING,
        )


def said(name: str) -> pl.Expr:
    """A column of machine words in the viewer's language; statuses with their sign."""
    words = {
        "status": status_words(),
        "status_before": status_words(),
        "change": change_words(),
        "pattern": pattern_words(),
        "kind": {"warehouse": _("Warehouse"), "store": _("Store"), "dealer": _("Dealer")},
    }[name]
    return pl.col(name).replace(words)


def status_words() -> dict[str, str]:
    """Statuses as they are read, each with a sign of its own."""
    return {name: f"{ICONS[name]} {_(text)}" for name, text in table.STATUS_WORDS.items()}


def change_words() -> dict[str, str]:
    """What has become of an item in a week."""
    return {"went_bad": f"▼ {_('Went bad')}", "ran_out": f"✖ {_('Ran out')}", "recovered": f"✔ {_('Recovered')}"}


def pattern_words() -> dict[str, str]:
    """Demand patterns as they are read."""
    return {
        "smooth": _("Smooth"),
        "erratic": _("Erratic"),
        "intermittent": _("Intermittent"),
        "lumpy": _("Lumpy"),
        "new": _("New"),
        "none": _("None"),
    }


def sheet_of(coverage: Coverage, report: str, title: str, frame: pl.DataFrame, **more: str) -> Download:
    """A table of the report, told as its file is."""
    return table.sheet(opened().version, coverage, report, title, frame, more=tuple(more.items()))
