"""The Replenishment page's orders: doubts first, then lines of today, of this week or later, and who gets an order."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.exports.download import Download
from shopkeeper.i18n import N_, ngettext
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import label
from shopkeeper.merchant.in_force import InForce
from shopkeeper.supply.replenishment import chart as charts
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment import table
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.screen import decide
from shopkeeper.supply.replenishment.screen.answer import DUE, counted, without_money
from shopkeeper.supply.replenishment.screen.budget import ask_budget, draw_budget
from shopkeeper.supply.replenishment.screen.proposals import draw_notes, draw_table, picked
from shopkeeper.supply.replenishment.table import LEAD_SOURCES, lines_of
from shopkeeper.ui import session, tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money, shop_currency, total
from shopkeeper.ui.opened import load, opened

FIRST = 10
ORDER_COLUMNS = (
    "name",
    "units",
    "location",
    "cost",
    "margin_protected",
    "order_by",
    "cover_days",
    "decided",
    "supplier",
    "late_days",
    "lands_on",
    "waiting_costs",
    "position",
    "reorder_point",
    "order_up_to",
    "joined",
    "raised_units",
    "months_of_sales",
    "sku",
    "abc",
    "category",
)
DOUBT_COLUMNS = (
    "name",
    "units",
    "months_of_sales",
    "cost",
    "location",
    "margin_protected",
    "decided",
    "supplier",
    "sku",
    "category",
)


def draw_orders(proposals: OrderProposals, set_now: InForce) -> None:
    """What to look at first, the lines to order, what to do with them, and one order per supplier."""
    draw_notes(proposals.notes)
    for words in proposals.dependent:
        st.caption(str(words))
    if proposals.notes.keys() & {"no_forecast", "no_counts"}:
        return
    ticked = draw_doubts(proposals)
    due = choose_due(proposals)
    rows = lines_of(proposals, due)
    if due == "today" and rows.is_empty():
        st.success(_("No last safe order day has come: nothing has to be ordered today."))
    elif due == "today":
        draw_next(proposals)
    if (budget := ask_budget(proposals)) is not None:
        draw_budget(proposals, budget)
    if not rows.is_empty():
        ticked += draw_table(sheet_of(proposals, rows, TITLES[due]), "orders" if due == "today" else due, ORDER_COLUMNS)
    if len(ticked) == 1:
        draw_order(ticked[0], proposals, set_now)
    decide.draw(ticked, "order", proposals.policy)
    if due == "today":
        draw_purchase_orders(proposals)


TITLES: Mapping[str, str] = {
    "today": N_("Lines to order today"),
    "week": N_("Lines to order this week"),
    "wait": N_("Lines that can wait"),
}


def sheet_of(proposals: OrderProposals, rows: pl.DataFrame, title: str) -> Download:
    """Lines as they are handed over, with what was decided of each."""
    return table.orders(opened().version, proposals, decide.with_decisions(rows, "order"), _(title))


def choose_due(proposals: OrderProposals) -> str:
    """Which lines are listed; each choice says how many lines and purchase orders it holds."""
    names = {
        "today": _("Order today"),
        "week": _("This week"),
        "wait": _("Can wait ({days})", days=i18n.days(replenishment.COMING_DAYS)),
    }
    options = {due: f"{name}: {counted(lines_of(proposals, due))}" for due, name in names.items()}
    return session.choose(_("When to order"), options, DUE, "today", hidden=True)


def draw_doubts(proposals: OrderProposals) -> list[dict[str, Any]]:
    """Proposals that nobody should follow unseen, before all others; gives those that are ticked."""
    doubts = proposals.doubts
    if doubts.is_empty():
        return []
    with st.container(border=True, key="doubts"):
        st.markdown(
            _(
                "**Look at these first.** {lines} of {cost} would bring more than {months} months of what the shop "
                "sold of the item lately, or an item that never sold. They are in no order and no sum of orders here: "
                "check the forecast, the pack and the least order, then accept, change or refuse them.",
                lines=ngettext("{n} line", "{n} lines", doubts.height),
                cost=money(total(doubts, "cost")) if doubts["cost"].count() else i18n.MISSING,
                months=i18n.decimal(proposals.policy.doubt_months, 1),
            )
        )
        return draw_table(sheet_of(proposals, doubts, N_("Doubtful proposals")), "doubts_list", DOUBT_COLUMNS)


def draw_next(proposals: OrderProposals) -> None:
    """What to place first, and what that is worth where costs are known."""
    rows = proposals.rows
    if words := without_money(rows):
        with do_next(_("Place those that are late first. {why}", why=words)):
            pass
        return
    least = proposals.material_from or 0.0
    first = rows.filter(pl.col("margin_protected") >= least).head(FIRST)
    if first.is_empty():
        st.caption(
            _(
                "None of these lines protects {least} of margin ({share} of a month's): put them in the next order.",
                least=money(least),
                share=i18n.percent(proposals.policy.materiality, 1),
            )
        )
        return
    with do_next(_place(proposals, first)):
        pass


def _place(proposals: OrderProposals, first: pl.DataFrame) -> str:
    rows, protected = proposals.rows, total(first, "margin_protected")
    whole = total(rows, "margin_protected")
    values = {
        "days": i18n.days(proposals.policy.review_days),
        "margin": money(protected),
        "share": i18n.percent(protected / whole if whole > 0 else None, 0),
        "waiting": money(total(rows, "waiting_costs")),
    }
    if first["cost"].is_null().all():
        return ngettext(
            "Place this one: it protects {margin}, {share} of all; what it costs nobody knows. Waiting for the next "
            "review in {days} would cost {waiting}.",
            "Place the first {n}: they protect {margin}, {share} of all; what they cost nobody knows. Waiting for the "
            "next review in {days} with all of them would cost {waiting}.",
            first.height,
            **values,
        )
    return ngettext(
        "Place the first: {cost} protects {margin}, {share} of all. Waiting for the next review in {days} with all of "
        "them would cost {waiting}.",
        "Place the first {n}: {cost} protects {margin}, {share} of all. Waiting for the next review in {days} with all "
        "of them would cost {waiting}.",
        first.height,
        cost=money(total(first, "cost")),
        **values,
    )


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


def draw_purchase_orders(proposals: OrderProposals) -> None:
    """One order per supplier is what is sent: its lines, its money, and whether the supplier takes it."""
    orders = proposals.purchase_orders
    if orders.is_empty():
        return
    named = orders.with_columns(supplier=pl.col("supplier").fill_null(_("(unknown)")))
    sheet = table.sheet(
        opened().version,
        "purchase-orders",
        _("Purchase orders of today, one per supplier"),
        named,
        proposals.filters.caption(),
        ("purchase_order", "margin_protected", "waiting_costs"),
    )
    if without_money(proposals.rows) is None and named["cost"].count():
        tables.show_chart(
            lambda **_dark: charts.money_bars(
                named["supplier"].to_list(),
                named["margin_protected"].to_list(),
                named["cost"].to_list(),
                (label("margin_protected"), _("Cost")),
                shop_currency(),
            ),
            sheet,
            "suppliers",
        )
    names = [name for name in named.columns if named[name].null_count() < named.height]
    tables.show_table(picked(sheet, names), "purchase_orders", first=100)
