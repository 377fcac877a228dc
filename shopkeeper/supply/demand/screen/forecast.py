"""The Demand page's chart of weeks behind and ahead, and the table that leads from the shop to one item."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.measures.supply import PATTERN_NAMES
from shopkeeper.supply.demand import chart as charts
from shopkeeper.supply.demand import table
from shopkeeper.supply.demand.backtest import report as backtest_report
from shopkeeper.supply.demand.frames.forecast import SERIES
from shopkeeper.supply.demand.parts import behind
from shopkeeper.supply.demand.report import HISTORY_WEEKS, KEYS, Demand, DemandOptions, Level, report
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.screen.filters import choose_one
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.ui import session, tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money
from shopkeeper.ui.opened import load, opened

SECTION, BY = "demand_view", "demand_by"
DEFINITIONS: Mapping[str, tuple[str, ...]] = {
    "forecast": ("demand", "forecast_band", "backtest", "demand_pattern", "manual_value", "as_of"),
    "accuracy": (
        "backtest",
        "simple_methods",
        "rmsse",
        "pinball_loss",
        "below_80",
        "above_80",
        "below_95",
        "above_95",
        "forecast_bias",
        "week_wape",
        "error_cost",
    ),
    "lost": ("units_lost", "margin_lost", "out_day"),
    "manual": ("manual_value", "demand"),
    "check": ("two_sided", "demand", "purchase"),
}
DRILL: Mapping[str, tuple[str, str, Level]] = {
    "category": ("categories", "category", "sku"),
    "region": ("regions", "region", "category"),
    "region_category": ("categories", "category", "region_sku"),
    "sku": ("skus", "sku", "region_sku"),
    "region_sku": ("regions", "region", "region_sku"),
}
"""By level of a row: the filter that a marked row sets, the column it takes, and the level that is shown then."""
SHOWN, FIRST_ITEMS = 200, 10


def choose_section() -> str:
    """Only the part that is chosen is computed."""
    names = {
        "forecast": _("Forecast"),
        "accuracy": _("How sure"),
        "lost": _("Lost units"),
        "manual": _("Manual values"),
        "check": _("Two-sided check"),
    }
    return session.choose(_("View"), names, SECTION, "forecast", hidden=True)


def load_demand(filters: GoodsFilters, section: str) -> Demand:
    """The report that the page stands on; its table's level is asked for where it is shown."""
    held = st.session_state.get(BY, "category")
    by = choose_level() if section == "forecast" else held
    return load(report, filters, in_force(), DemandOptions(by if by in KEYS else "category"))


def choose_level() -> Level:
    """What one row of the table is."""
    names = table.levels("category", "region", "region_category", "sku", "region_sku")
    return session.choose(_("By"), names, BY, "category")  # type: ignore[return-value]


def draw_head(demand: Demand) -> None:
    """The chart, where items are counted alike, and what to do."""
    if not demand.mixed:
        draw_chart(demand)
    if opened().forecast is not None:
        draw_next(demand)


def draw_rows(demand: Demand) -> None:
    """The series, and how demand comes."""
    if opened().forecast is not None:
        draw_series(demand)
        draw_patterns(demand)


def draw_chart(demand: Demand) -> None:
    """Weeks (or days) behind and ahead, with bands and events."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        step = session.choose(_("Step"), {"week": _("Week"), "day": _("Day")}, "demand_step", "week")
        spans = {str(weeks): _("{n} weeks", n=weeks) for weeks in HISTORY_WEEKS}
        span = int(session.choose(_("History"), spans, "demand_span", "52"))
    past = behind(demand.history, demand.as_of, span)
    sheet = table.outlook(opened().version, demand, past)

    def draw(**_dark: bool) -> Any:
        if step == "day":
            return charts.demand_days(demand.history.tail(span * 7), demand.days, demand.events)
        return charts.demand_weeks(past, demand.weeks, demand.events)

    notes = [_("n = {n} units sold in {weeks} weeks", n=i18n.integer(past["units"].sum()), weeks=past.height)]
    notes.append(_("as of {day}", day=i18n.date_(demand.as_of)))
    if demand.events.is_empty():
        notes.append(_("no events are known: bring a table of events, and peaks are marked and forecast as such"))
    if step == "day":
        notes.append(_("bands are by week"))
    title = _("Units asked for, by week: sold and expected") if step == "week" else _("Units by day: sold and expected")
    tables.show_chart(draw, sheet, "demand_weeks", title=title, note=" · ".join(notes))


def draw_next(demand: Demand) -> None:
    """Which items are worth a look by a human, and what that is worth."""
    backtest = load(backtest_report, demand.filters)
    total, cost = backtest.cost(), backtest.cost(FIRST_ITEMS)
    if not total:
        return
    first = backtest.worst.head(FIRST_ITEMS)
    figures = {
        "item": first["name"][0] or first["sku"][0],
        "share": i18n.percent(cost / total, 0),
        "worth": money(cost),
    }
    if not _has_margin(demand):
        what = ngettext(
            "Look at the item that costs most when the forecast errs, {item}: it holds {share} of all error in the "
            "backtest, **{worth}** of net revenue. Where you know better (a campaign, a new listing), set a manual "
            "value.",
            "Look at the {n} items that cost most when the forecast errs, first {item}: they hold {share} of all error "
            "in the backtest, **{worth}** of net revenue. Where you know better (a campaign, a new listing), set a "
            "manual value.",
            first.height,
            **figures,
        )
    else:
        what = ngettext(
            "Look at the item that costs most when the forecast errs, {item}: it holds {share} of all error in the "
            "backtest, **{worth}** of margin. Where you know better (a campaign, a new listing), set a manual value.",
            "Look at the {n} items that cost most when the forecast errs, first {item}: they hold {share} of all error "
            "in the backtest, **{worth}** of margin. Where you know better (a campaign, a new listing), set a manual "
            "value.",
            first.height,
            **figures,
        )
    with do_next(what), st.container(horizontal=True):
        st.button(
            _("See the items"),
            key="demand_to_accuracy",
            on_click=session.keep,
            args=(SECTION, "accuracy"),
            icon=":material/fact_check:",
        )
        st.button(
            _("Set a manual value"),
            key="demand_to_manual",
            on_click=session.keep,
            args=(SECTION, "manual"),
            icon=":material/edit:",
        )


def _has_margin(demand: Demand) -> bool:
    return not demand.series["margin"].is_null().all()


def labels(series: pl.DataFrame, by: Level) -> list[str]:
    """What each row of the table is called."""
    parts = {
        "category": ["category"],
        "region": ["region"],
        "region_category": ["region", "category"],
        "sku": ["sku", "name"],
        "region_sku": ["region", "sku", "name"],
        "shop": [],
    }[by]
    return (
        [" · ".join(str(value) for value in row if value) for row in series.select(parts).iter_rows()]
        if parts
        else [""]
    )


def draw_series(demand: Demand) -> None:
    """The series as bars, and as a table that opens the next level."""
    if demand.series.is_empty():
        return
    sheet, by = table.series(opened().version, demand), demand.options.by
    named = labels(demand.series.head(charts.DRAWN), by)
    tables.show_chart(
        lambda **_dark: charts.demand_series(demand.series, named),
        sheet,
        "demand_series",
        note=_("the first {n} by margin; lines show the 80% band", n=len(named))
        if _has_margin(demand)
        else _("the first {n} by net revenue; lines show the 80% band", n=len(named)),
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(_("Mark a row to look into it. The file has every week with its bands."))
        tables.download_menu(table.demand(opened().version, demand), "demand")
    draw_grid(demand, sheet.frame.columns)


def draw_grid(demand: Demand, names: list[str]) -> None:
    """The first rows; one that is marked is looked into."""
    shown = demand.series.head(SHOWN).select(names)
    if "pattern" in names:
        words = {name: _(word) for name, word in PATTERN_NAMES.items()}
        shown = shown.with_columns(pl.col("pattern").replace(words))
    with st.container(key="demand_grid_table"):
        st.dataframe(
            **tables.grid(shown, SERIES.columns),
            key="demand_grid",
            hide_index=True,
            height=420 if shown.height > 11 else "content",
            selection_mode="single-row",
            placeholder=i18n.MISSING,
            on_select=lambda: open_row(demand),
        )


def open_row(demand: Demand) -> None:
    """Choose what was marked, and show the level below."""
    rows = st.session_state["demand_grid"]["selection"]["rows"]
    if not rows or demand.options.by not in DRILL:
        return
    row = demand.series.row(rows[0], named=True)
    name, column, level = DRILL[demand.options.by]
    choose_one(name, row[column])
    if demand.options.by in {"region_category", "region_sku"}:
        choose_one("regions", row["region"])
    if demand.options.by == "region_sku":
        choose_one("skus", row["sku"])
    session.keep(BY, level)


def draw_patterns(demand: Demand) -> None:
    """How demand comes: series and units by pattern, at the level that is forecast."""
    words = {name: _(word) for name, word in PATTERN_NAMES.items()}
    sheet = table.patterns(opened().version, demand, words)
    with st.expander(sheet.about.title):
        tables.show_table(sheet, "demand_patterns")
