"""The Replenishment page's sections, and the tables of orders and of transfers."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.exports.download import Download
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.measures.lookup import label
from shopkeeper.merchant.in_force import InForce
from shopkeeper.supply.replenishment import chart as charts
from shopkeeper.supply.replenishment import notes, table, transfers
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.screen import decide
from shopkeeper.supply.replenishment.screen.answer import without_money
from shopkeeper.supply.replenishment.table import DECISION_TERMS, LEAD_SOURCES, ORDER_TERMS, TRANSFER_TERMS
from shopkeeper.supply.replenishment.transfers import Transfers
from shopkeeper.ui import session, tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money, shop_currency, total
from shopkeeper.ui.opened import load, opened

SECTION = "replenishment_view"
SHOWN, FIRST = 200, 10
DEFINITIONS: Mapping[str, tuple[str, ...]] = {
    "orders": ORDER_TERMS,
    "transfers": TRANSFER_TERMS,
    "decisions": DECISION_TERMS,
    "levels": ("safety_stock", "reorder_point", "order_up_to", "abc_class", "demand_pattern"),
}
ORDER_COLUMNS = (
    "name",
    "units",
    "location",
    "margin_protected",
    "decided",
    "waiting_costs",
    "cost",
    "order_by",
    "late_days",
    "lands_on",
    "position",
    "reorder_point",
    "order_up_to",
    "supplier",
    "sku",
    "cover_days",
    "abc",
    "category",
)
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


def draw_orders(proposals: OrderProposals, set_now: InForce) -> None:
    """The orders of today, what to do with them, and those that fall due soon."""
    draw_notes(proposals.notes)
    if proposals.notes.keys() & {"no_forecast", "no_counts"}:
        return
    if proposals.rows.is_empty():
        st.success(_("No position is at or below its reorder point: nothing has to be ordered today."))
        draw_coming(proposals)
        return
    draw_next(proposals)
    rows = decide.with_decisions(proposals.rows, "order")
    sheet = table.orders(opened().version, proposals, rows)
    chosen = draw_table(sheet, "orders", ORDER_COLUMNS)
    if len(chosen) == 1:
        draw_order(chosen[0], proposals, set_now)
    decide.draw(chosen, "order", proposals.policy)
    if without_money(proposals.rows) is None:
        draw_suppliers(proposals)
    draw_coming(proposals)


def draw_next(proposals: OrderProposals) -> None:
    """What to place first, and what that is worth where costs are known."""
    if words := without_money(proposals.rows):
        with do_next(_("Place those that are late first. {why}", why=words)):
            pass
        return
    first = proposals.rows.head(FIRST)
    what = _(
        "Place the first {n}: {cost} protects {margin}, {share} of all. Waiting for the next review in {days} with all "
        "of them would cost {waiting}.",
        days=i18n.days(proposals.policy.review_days),
        n=first.height,
        cost=money(total(first, "cost")),
        margin=money(total(first, "margin_protected")),
        share=i18n.percent(share_of(first, proposals.rows, "margin_protected"), 0),
        waiting=money(total(proposals.rows, "waiting_costs")),
    )
    with do_next(what):
        pass


def draw_order(row: Mapping[str, Any], proposals: OrderProposals, set_now: InForce) -> None:
    """Why this one, and how the stock goes with it and without."""
    st.markdown(f"##### {row['name']} · {row['location']}")
    source = LEAD_SOURCES[row["lead_source"]]
    st.markdown(replenishment.why(row, proposals.policy))
    st.caption(
        _(
            "Lead time {days} with a spread of {spread}, receiving included (from: {source}).",
            days=i18n.days(row["lead_days"]),
            spread=i18n.days(row["lead_sd"]),
            source=_(source),
        )
    )
    path = load(replenishment.path, set_now, row["location"], row["sku"], row["units"], row["lands_on"])
    lands = _("With {units} on {day}", units=i18n.integer(row["units"]), day=i18n.date_(row["lands_on"]))
    sheet = table.stock_path(opened().version, path, row["sku"], row["location"])
    tables.show_chart(
        lambda **_dark: charts.stock_path(path, row["reorder_point"], lands),
        sheet,
        "stock_path",
        note=_("Expected demand with what is passed on; nobody orders anything else."),
    )


def draw_suppliers(proposals: OrderProposals) -> None:
    """To whom the money goes: one order per supplier is what is sent."""
    named = proposals.rows.with_columns(supplier=pl.col("supplier").fill_null(_("(unknown)")))
    groups = named.group_by("supplier").agg(
        pl.len().cast(pl.Int64).alias("skus"), pl.col("units", "cost", "margin_protected").sum()
    )
    groups = groups.sort("margin_protected", "supplier", descending=[True, False])
    sheet = table.sheet(
        opened().version, "orders-by-supplier", _("Orders by supplier"), groups, proposals.filters.caption()
    )
    tables.show_chart(
        lambda **_dark: charts.money_bars(
            groups["supplier"].to_list(),
            groups["margin_protected"].to_list(),
            groups["cost"].to_list(),
            (label("margin_protected"), _("Cost")),
            shop_currency(),
        ),
        sheet,
        "suppliers",
    )


def draw_coming(proposals: OrderProposals) -> None:
    """What will fall due, so that orders can be put together."""
    if proposals.coming.is_empty():
        return
    days = i18n.days(replenishment.COMING_DAYS)
    with st.expander(_("{n} more have to be ordered within {days}", n=proposals.coming.height, days=days)):
        sheet = table.orders(opened().version, proposals, proposals.coming)
        tables.show_table(picked(sheet, [name for name in ORDER_COLUMNS if name != "decided"]), "coming", first=SHOWN)


def draw_transfers(moves: Transfers) -> None:
    """The moves of today, what to do with them, and the lanes that they use."""
    draw_notes(moves.notes)
    if moves.notes.keys() & {"no_forecast", "no_counts", "no_lanes"}:
        return
    if moves.rows.is_empty():
        st.success(_("No move saves more than it costs."))
        return
    lane = moves.lanes.row(0, named=True)
    what = _(
        "Load {units} from {start} to {end}: it saves {margin} of margin for {cost}.",
        units=ngettext("{n} unit", "{n} units", lane["units"]),
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


def share_of(part: pl.DataFrame, whole: pl.DataFrame, name: str) -> float | None:
    """Of the whole's sum, what the part holds; nothing where there is no sum."""
    return total(part, name) / total(whole, name) if total(whole, name) > 0 else None


def picked(sheet: Download, names: Sequence[str]) -> Download:
    """The same download, its columns told in this order on the screen."""
    words = {column.name: column for column in sheet.columns}
    columns = tuple(words[name] for name in names if name in words)
    return Download(sheet.report, sheet.choices, sheet.frame, sheet.about, columns)


def draw_table(sheet: Download, key: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """The first rows, to be ticked; gives those that are."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown(f"##### {sheet.about.title}", width="content")
        tables.download_menu(sheet, key)
    frame, words = sheet.frame.head(SHOWN), {column.name: column for column in sheet.columns}
    shown = frame.select(name for name in names if frame[name].null_count() < frame.height or name == "decided")
    grid = decide.grid_key(key)
    with st.container(key=f"{key}_table"):
        event: Any = st.dataframe(
            shown.to_arrow(),
            key=grid,
            hide_index=True,
            height=420 if shown.height > 11 else "content",
            selection_mode="multi-row",
            on_select="rerun",
            placeholder=i18n.MISSING,
            column_config={name: tables.config_of(words[name], shown.schema[name]) for name in shown.columns},
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
