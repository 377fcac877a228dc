"""The Replenishment page's answer: what to order and to move today, what it costs and what it protects."""

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.measures.lookup import label, measure
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.transfers import Transfers
from shopkeeper.ui.figures import money, total


def without_money(rows: pl.DataFrame) -> str | None:
    """Why nobody can say what orders cost and protect; `None` where a cost is known of one of them."""
    if rows.is_empty() or not rows["margin_protected"].is_null().all():
        return None
    return _("What they cost and protect nobody can say: none of these items has a cost.")


def draw_answer(proposals: OrderProposals, moves: Transfers) -> None:
    """In one sentence, and in figures below it."""
    if proposals.notes.keys() & {"no_forecast", "no_counts"}:
        return
    rows, moved = proposals.rows, moves.rows
    moving = (
        _(
            "{units} to move on {lanes}: saves {margin} of margin for {cost}.",
            units=ngettext("{n} unit", "{n} units", int(total(moved, "units"))),
            lanes=ngettext("{n} lane", "{n} lanes", moves.lanes.height),
            margin=money(total(moved, "margin_saved")),
            cost=money(total(moved, "cost")),
        )
        if moved.height
        else _("Nothing has to be moved.")
    )
    st.markdown(f"#### {_ordering(rows)} {moving}")
    _draw_figures(rows, moved)


def _ordering(rows: pl.DataFrame) -> str:
    if rows.is_empty():
        return _("Nothing has to be ordered today.")
    orders = ngettext("{n} order", "{n} orders", rows.height)
    if words := without_money(rows):
        return _("{orders} to place today. {why}", orders=orders, why=words)
    return _(
        "{orders} to place today for {cost}: {margin} of margin is protected.",
        orders=orders,
        cost=money(total(rows, "cost")),
        margin=money(total(rows, "margin_protected")),
    )


def _draw_figures(rows: pl.DataFrame, moved: pl.DataFrame) -> None:
    """Nothing is told in money where no cost is known."""
    with st.container(horizontal=True, gap="small"):
        st.metric(
            _("To order today"),
            i18n.integer(rows.height),
            border=True,
            help=_("Places and items whose position is at or below the reorder point."),
        )
        if without_money(rows) is None:
            st.metric(
                label("margin_protected"),
                money(total(rows, "margin_protected")),
                border=True,
                help=_(measure("margin_protected").description),
            )
        st.metric(
            _("Already late"),
            i18n.integer(rows.filter(pl.col("late_days") > 0).height),
            border=True,
            help=_("The stock runs out before an order of today lands; look for a transfer."),
        )
        if without_money(rows) is None or moved.height:
            st.metric(
                label("transfer_gain"),
                money(total(moved, "gain")),
                border=True,
                help=_(measure("transfer_gain").description),
            )
