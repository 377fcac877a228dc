"""Buying within a budget: with so much to spend this month, what first, and what that leaves undone."""

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import N_, ngettext
from shopkeeper.i18n import gettext as _
from shopkeeper.supply.replenishment import table
from shopkeeper.supply.replenishment.purchase import bought
from shopkeeper.supply.replenishment.report import COMING_DAYS, OrderProposals
from shopkeeper.supply.replenishment.screen.proposals import SHOWN, picked
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import money, shop_currency, total
from shopkeeper.ui.opened import opened

BUDGET = "orders_budget"
BUDGET_COLUMNS = (
    "name",
    "units",
    "location",
    "cost",
    "margin_protected",
    "supplier",
    "order_by",
    "late_days",
    "lands_on",
    "sku",
    "category",
)


def ask_budget(proposals: OrderProposals) -> float | None:
    """How much there is to spend; nothing where nothing was entered, or no line has a cost and a margin."""
    lines = pl.concat([proposals.rows, proposals.coming])
    if lines.filter(pl.col("cost").is_not_null() & pl.col("margin_protected").is_not_null()).is_empty():
        return None
    if BUDGET in st.session_state:
        session.keep(BUDGET, st.session_state[BUDGET])
    amount = st.number_input(
        _("So much to spend this month ({currency})", currency=shop_currency()),
        min_value=0.0,
        value=None,
        step=1000.0,
        format="%.0f",
        key=BUDGET,
        width=320,
        placeholder=_("no limit"),
        help=_(
            "Lines due within {days} are bought in the order of the margin that they protect per unit of money.",
            days=i18n.days(COMING_DAYS),
        ),
    )
    return None if amount is None else float(amount)


def draw_budget(proposals: OrderProposals, budget: float) -> None:
    """What the money buys, most margin per cost first, and what that leaves undone."""
    chosen = bought(pl.concat([proposals.rows, proposals.coming]), budget)
    st.markdown(
        "#### "
        + _(
            "With {budget}, {lines} for {cost} protect {margin}. {left} for {missing} are left undone: that risks "
            "{risk} of margin in 91 days.",
            budget=money(budget),
            lines=ngettext("{n} line", "{n} lines", chosen.rows.height),
            cost=money(total(chosen.rows, "cost")),
            margin=money(total(chosen.rows, "margin_protected")),
            left=ngettext("{n} line", "{n} lines", chosen.left.height),
            missing=money(total(chosen.left, "cost")),
            risk=money(total(chosen.left, "margin_protected")),
        )
    )
    version = opened().version
    sheet = table.orders(version, proposals, chosen.rows, _("Bought within the budget, most margin per cost first"))
    tables.show_table(picked(sheet, BUDGET_COLUMNS), "orders_bought", first=SHOWN)
    if not chosen.left.is_empty():
        with st.expander(
            ngettext(
                "Left undone: {n} line",
                "Left undone: {n} lines",
                chosen.left.height,
            )
        ):
            sheet = table.orders(version, proposals, chosen.left, _(LEFT))
            tables.show_table(picked(sheet, BUDGET_COLUMNS), "orders_left", first=SHOWN)


LEFT = N_("Left undone by the budget")
