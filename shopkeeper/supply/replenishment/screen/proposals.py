"""The Replenishment page's sections, the table in which proposals are ticked, and the transfers."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from shopkeeper import i18n
from shopkeeper.exports.download import Download
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.measures.lookup import label
from shopkeeper.supply.replenishment import chart as charts
from shopkeeper.supply.replenishment import notes, table, transfers
from shopkeeper.supply.replenishment.screen import decide
from shopkeeper.supply.replenishment.table import DECISION_TERMS, ORDER_TERMS, TRANSFER_TERMS
from shopkeeper.supply.replenishment.transfers import Transfers
from shopkeeper.ui import session, tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money, shop_currency
from shopkeeper.ui.opened import opened

SECTION = "replenishment_view"
SHOWN = 200
DEFINITIONS: Mapping[str, tuple[str, ...]] = {
    "orders": (*ORDER_TERMS, "order_urgency", "purchase_order", "materiality", "margin_at_stake"),
    "transfers": TRANSFER_TERMS,
    "decisions": DECISION_TERMS,
    "levels": (
        "safety_stock",
        "reorder_point",
        "order_up_to",
        "economic_order",
        "supplier_score",
        "materiality",
        "abc_class",
        "demand_pattern",
    ),
}
TRANSFER_COLUMNS = (
    "name",
    "units",
    "from_location",
    "to_location",
    "gain",
    "decided",
    "margin_saved",
    "cost",
    "lands_on",
    "next_supply_on",
    "expected_short",
    "to_available",
    "from_available",
    "from_spare",
    "from_left",
    "surplus_units",
    "sku",
    "category",
)


def choose_section() -> str:
    """Only the part that is chosen is drawn."""
    names = {
        "orders": _("To order"),
        "transfers": _("To move"),
        "decisions": _("Decisions"),
        "levels": _("Service levels"),
    }
    return session.choose(_("View"), names, SECTION, "orders", hidden=True)


def draw_notes(counts: Mapping[str, int]) -> None:
    """What is missing loudly, what is odd in small print."""
    loud = tuple(name for name in notes.TEXTS if name not in notes.QUIET)
    if words := [str(note) for note in notes.sentences(counts, loud)]:
        st.info("\n\n".join(words))
    for note in notes.sentences(counts, notes.QUIET):
        st.caption(f"ⓘ {note}")


def draw_transfers(moves: Transfers) -> None:
    """The moves of today, what to do with them, and the lanes that they use."""
    draw_notes(moves.notes)
    if moves.notes.keys() & {"no_forecast", "no_counts", "no_lanes"}:
        return
    if moves.rows.is_empty():
        st.success(_("No move saves more than it costs."))
        return
    lane = moves.lanes.row(0, named=True)
    ways = moves.rows.filter(from_location=lane["from_location"], to_location=lane["to_location"])
    what = _(
        "Load {units} from {start} to {end}: it saves {margin} of margin for {cost}.",
        units=decide.units_added(ways.iter_rows(named=True)),
        start=lane["from_location"],
        end=lane["to_location"],
        margin=money(lane["margin_saved"]),
        cost=money(lane["cost"]),
    )
    with do_next(what):
        pass
    rows = decide.with_decisions(moves.rows, "transfer")
    sheet = table.transfers(opened().version, moves, rows)
    chosen = draw_table(sheet, "transfers", TRANSFER_COLUMNS)
    if len(chosen) == 1:
        st.markdown(f"##### {chosen[0]['name']} · {chosen[0]['from_location']} → {chosen[0]['to_location']}")
        st.markdown(transfers.why(chosen[0]))
    decide.draw(chosen, "transfer", moves.policy)
    sheet = table.sheet(opened().version, "transfer-lanes", _("Lanes used"), moves.lanes, moves.filters.caption())
    names = [f"{start} → {end}" for start, end in moves.lanes.select("from_location", "to_location").iter_rows()]
    tables.show_chart(
        lambda **_dark: charts.money_bars(
            names,
            moves.lanes["margin_saved"].to_list(),
            moves.lanes["cost"].to_list(),
            (label("margin_saved"), _("Cost")),
            shop_currency(),
        ),
        sheet,
        "lanes",
        note=plan_words(moves),
    )


def plan_words(moves: Transfers) -> str:
    """How good the plan is, and what held it back."""
    plan = moves.plan
    optimality_gap = (plan.bound - plan.gain) / plan.bound if plan.bound > 0 else 0.0
    captions = [
        _("the best plan there is, by linear programming")
        if optimality_gap < 1e-4
        else _("at most {gap} below the best plan there can be", gap=i18n.percent(optimality_gap))
    ]
    if plan.closed:
        captions.append(
            ngettext(
                "{n} lane left out because too little would go there",
                "{n} lanes left out because too little would go there",
                len(plan.closed),
            )
        )
    if plan.full:
        captions.append(_("full then: {places}", places=", ".join(plan.full)))
    return " · ".join(captions)


def picked(sheet: Download, names: Sequence[str]) -> Download:
    """The same download, its columns told in this order on the screen."""
    words = {column.name: column for column in sheet.columns}
    columns = tuple(words[name] for name in names if name in words)
    return Download(sheet.report, sheet.choices, sheet.frame, sheet.about, columns)


def draw_table(sheet: Download, key: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """The first rows, to be ticked; gives those that are. What no row knows has no column."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown(f"##### {sheet.about.title}", width="content")
        tables.download_menu(sheet, key)
    frame = sheet.frame.head(SHOWN)
    shown = frame.select(name for name in names if frame[name].null_count() < frame.height or name == "decided")
    grid = decide.grid_key(key)
    with st.container(key=f"{key}_table"):
        event: Any = st.dataframe(
            **tables.grid(shown, sheet.columns),
            key=grid,
            hide_index=True,
            height=420 if shown.height > 11 else "content",
            selection_mode="multi-row",
            on_select="rerun",
            placeholder=i18n.MISSING,
        )
    captions = [_("tick rows to accept, change or refuse them")]
    if frame.height < sheet.frame.height:
        captions.insert(
            0,
            _(
                "the first {shown} of {rows}; the download has all",
                shown=frame.height,
                rows=i18n.integer(sheet.frame.height),
            ),
        )
    st.caption(" · ".join(captions))
    ticked = [row for row in event["selection"]["rows"] if row < frame.height]
    return frame[ticked].to_dicts()
