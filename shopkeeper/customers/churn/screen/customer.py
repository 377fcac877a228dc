"""One customer of the Churn risk page: the figures, and purchases on the line of P(alive)."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.churn import table
from shopkeeper.customers.churn.chart import customer_life
from shopkeeper.customers.churn.report import Churn, CustomerHistory
from shopkeeper.customers.lifecycle import screen
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.measures.lookup import label, measure
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import money, shop_currency
from shopkeeper.ui.opened import opened

OFFERED = 200
CUSTOMER = "customer"


def draw(fits: Fits, churn_risk: Churn) -> None:
    """One customer: the figures, and purchases on the line of P(alive)."""
    customer_id = choose_customer(churn_risk)
    if not customer_id:
        return
    try:
        history = churn.customer(opened().query, fits, churn_risk, customer_id)
    except Refused as refusal:
        st.warning(str(refusal))
        return
    draw_summary(history.summary)
    sheet = table.purchases(opened().version, churn_risk, history, customer_id)
    tables.show_chart(lambda **_dark: life(history, churn_risk), sheet, "life")
    if not history.alive.is_empty():
        st.caption(_("each day as it would have been told then, with today's fit"))


def life(history: CustomerHistory, churn_risk: Churn) -> Any:
    """The chart of one customer."""
    return customer_life(history, shop_currency(), churn_risk.options.horizon)


def choose_customer(churn_risk: Churn) -> str:
    """One of those most worth rescuing, or any id that is typed."""
    first = churn_risk.rescue if churn_risk.totals.to_rescue else churn_risk.customers
    offered = first["customer_id"].head(OFFERED).to_list()
    if link_values := session.linked(CUSTOMER):
        session.keep(CUSTOMER, link_values[-1])
    held = st.session_state.get(CUSTOMER) or offered[0]
    session.keep(CUSTOMER, held)
    chosen = st.selectbox(
        _("Customer"),
        offered if held in offered else [held, *offered],
        key=CUSTOMER,
        accept_new_options=True,
        width=320,
        help=_("The first of the rescue list are offered; type any other customer id."),
    )
    session.remember(CUSTOMER, [] if chosen == offered[0] else [str(chosen or "")])
    return str(chosen or "")


def draw_summary(row: Mapping[str, Any]) -> None:
    """What is known of the customer and expected next, in figures and one line."""
    purchases = i18n.ngettext("{n} purchase", "{n} purchases", row["frequency"] + 1)
    sentence = _(
        "{stage}: {purchases} since {first}, the last on {last}.",
        stage=screen.stage_names()[row["stage"]],
        purchases=purchases,
        first=i18n.date_(row["first_day"]),
        last=i18n.date_(row["last_day"]),
    )
    st.markdown(f"#### {sentence}")
    with st.container(horizontal=True, gap="small"):
        for name in ("p_alive", "p_no_purchase"):
            st.metric(label(name), i18n.percent(row[name]), border=True, help=_(measure(name).description))
        worth = money(row["value_at_stake"])
        st.metric(label("value_at_stake"), worth, border=True)
        st.metric(label("expected_next_order"), i18n.date_(row["expected_next_order"]), border=True)
        st.metric(
            label("days_overdue"),
            i18n.integer(row["days_overdue"]),
            border=True,
            help=_(measure("days_overdue").description),
        )
    contact = {
        True: _("may be contacted"),
        False: _("asked not to be contacted"),
        None: _("whether contact is allowed is not known"),
    }
    facts = [
        _("first bought in {channel}", channel=row["first_channel"] or _("(none)")),
        _("last bought in {channel}", channel=row["last_channel"] or _("(none)")),
        contact[row["contactable"]],
    ]
    if row["last_products"]:
        facts.append(_("last products: {products}", products=row["last_products"]))
    if row["left_out"]:
        facts.append(_("not on the rescue list"))
    st.caption(" · ".join(facts))
