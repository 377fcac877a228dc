"""The Replenishment page's answer: what to order and to move today, what it costs and what it protects."""

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.measures.lookup import label, measure
from shopkeeper.supply.replenishment.report import COMING_DAYS, OrderProposals
from shopkeeper.supply.replenishment.screen.decide import units_added
from shopkeeper.supply.replenishment.table import lines_of
from shopkeeper.supply.replenishment.transfers import Transfers
from shopkeeper.ui.actions import show_list
from shopkeeper.ui.figures import money, total

DUE = "orders_due"
SECTION = "replenishment_view"
TILE = 165
"""Two of this width stand beside each other on a phone."""


def without_money(rows: pl.DataFrame) -> str | None:
    """Why nobody can say what orders cost and protect; `None` where a cost is known of one of them."""
    if rows.is_empty() or not rows["margin_protected"].is_null().all():
        return None
    return _("What they cost and protect nobody can say: none of these items has a cost.")


def counted(rows: pl.DataFrame) -> str:
    """`12 lines, 3 purchase orders`; lines alone where nobody names a supplier."""
    lines = ngettext("{n} line", "{n} lines", rows.height)
    suppliers = rows["supplier"].drop_nulls().n_unique()
    if not suppliers:
        return lines
    orders = ngettext("{n} purchase order", "{n} purchase orders", suppliers)
    return _("{lines}, {orders}", lines=lines, orders=orders)


def draw_answer(proposals: OrderProposals, moves: Transfers) -> None:
    """In one sentence, and in figures below it, each with the list that it counts."""
    if proposals.notes.keys() & {"no_forecast", "no_counts"}:
        return
    rows, moved = proposals.rows, moves.rows
    moving = (
        _(
            "{units} to move on {lanes}: saves {margin} of margin for {cost}.",
            units=units_added(moved.iter_rows(named=True)),
            lanes=ngettext("{n} lane", "{n} lanes", moves.lanes.height),
            margin=money(total(moved, "margin_saved")),
            cost=money(total(moved, "cost")),
        )
        if moved.height
        else _("Nothing has to be moved.")
    )
    sentences = [_doubting(proposals), _ordering(proposals), moving]
    ordering_first = total(rows, "margin_protected") >= total(moved, "margin_saved")
    if not ordering_first and without_money(rows) is None:
        sentences = [sentences[0], moving, sentences[1]]
    st.markdown(f"#### {' '.join(sentence for sentence in sentences if sentence)}")
    _draw_counts(proposals)
    _draw_money(proposals, moved)


def _doubting(proposals: OrderProposals) -> str:
    if proposals.doubts.is_empty():
        return ""
    return ngettext("{n} proposal is doubtful.", "{n} proposals are doubtful.", proposals.doubts.height)


def _ordering(proposals: OrderProposals) -> str:
    rows = proposals.rows
    if rows.is_empty():
        return _("Nothing has to be ordered today.")
    if words := without_money(rows):
        return _("{orders} to place today. {why}", orders=counted(rows), why=words)
    margin, least = total(rows, "margin_protected"), proposals.material_from
    if least is not None and margin < least:
        return _(
            "{orders} to place today, none of it urgent: all together they protect less than {least} of margin "
            "({share} of a month's).",
            orders=counted(rows),
            least=money(least),
            share=i18n.percent(proposals.policy.materiality, 1),
        )
    if rows["cost"].is_null().all():
        return _(
            "{orders} to place today, whose cost nobody knows: {margin} of margin is protected over 91 days.",
            orders=counted(rows),
            margin=money(margin),
        )
    return _(
        "{orders} to place today for {cost}: {margin} of margin is protected over 91 days.",
        orders=counted(rows),
        cost=money(total(rows, "cost")),
        margin=money(margin),
    )


def _draw_counts(proposals: OrderProposals) -> None:
    """How many lines are due when; each tile leads to its list."""
    tiles = (
        (
            "today",
            _("Order today"),
            _("Lines (an item at a location) whose last safe order day has come, and those that go with them."),
        ),
        ("week", _("This week"), _("Lines whose last safe order day comes within 7 days.")),
        (
            "wait",
            _("Can wait"),
            _("Lines whose last safe order day comes later, within {days}.", days=i18n.days(COMING_DAYS)),
        ),
    )
    with st.container(horizontal=True, gap="small"):
        for due, name, about in tiles:
            rows = lines_of(proposals, due)
            suppliers = rows["supplier"].drop_nulls().n_unique()
            with st.container(gap=None, width=TILE):
                st.metric(
                    name,
                    i18n.integer(rows.height),
                    ngettext("{n} purchase order", "{n} purchase orders", suppliers) if suppliers else None,
                    delta_color="off",
                    delta_arrow="off",
                    border=True,
                    help=about,
                )
                show_list(_("Lines"), f"show_{due}", {SECTION: "orders", DUE: due})
        late = proposals.rows.filter(pl.col("late_days") > 0)
        with st.container(gap=None, width=TILE):
            st.metric(
                _("Already late"),
                i18n.integer(late.height),
                border=True,
                help=_(
                    "Of the lines of today: the stock runs out before an order of today lands; look for a transfer."
                ),
            )
            show_list(_("Moves"), "show_moves", {SECTION: "transfers"})


def _draw_money(proposals: OrderProposals, moved: pl.DataFrame) -> None:
    """Nothing is told in money where no cost is known."""
    with st.container(horizontal=True, gap="small"):
        if proposals.margin_at_stake is not None:
            about = _(measure("margin_at_stake").description)
            st.metric(label("margin_at_stake"), money(proposals.margin_at_stake), border=True, help=about)
        if without_money(proposals.rows) is None:
            about = _(measure("margin_protected").description)
            st.metric(
                label("margin_protected"), money(total(proposals.rows, "margin_protected")), border=True, help=about
            )
        if without_money(proposals.rows) is None or moved.height:
            about = _(measure("transfer_gain").description)
            st.metric(label("transfer_gain"), money(total(moved, "gain")), border=True, help=about)
