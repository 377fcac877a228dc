"""The Network page's answer: how much lies near, what to move and what to order, and what one more node is worth."""

from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import label, measure
from shopkeeper.supply.network.candidate_sites import best_step, costed
from shopkeeper.supply.network.report import Network
from shopkeeper.supply.network.screen.regions import node_name, points
from shopkeeper.ui.figures import money

MONTHS = 12


def draw_answer(network: Network) -> None:
    """How much lies near, what the best next node brings, and what a point costs."""
    rate, days = network.now.near_rate, i18n.days(network.options.promise_days)
    if rate is None:
        st.info(_("Nothing is expected to be asked for here in the days ahead. Widen the filters."))
        return
    sentence = _(
        "{rate} of what the next {window} will ask for lies within {days} of its buyers.",
        rate=i18n.percent(rate),
        window=i18n.days(network.options.window_days),
        days=days,
    )
    st.markdown(f"#### {sentence} {_best(network)}")
    lacking = network.now.demand - network.now.near
    with st.container(horizontal=True, gap="small"):
        st.metric(
            label("near_demand_rate"), i18n.percent(rate), border=True, help=_(measure("near_demand_rate").description)
        )
        if network.inputs.margined:
            st.metric(
                _("Margin of what is not near"),
                money(float(network.regions["margin_not_near"].sum())),
                border=True,
                help=_("Of the units expected in these days that no stock lies near to."),
            )
        st.metric(
            _("Lies elsewhere: move"),
            i18n.integer(network.lies_elsewhere),
            border=True,
            help=_("Units expected in these days that lie at some place, but not near: they can be moved."),
        )
        st.metric(
            _("Lies nowhere: order"),
            i18n.integer(lacking - network.lies_elsewhere),
            border=True,
            help=_(
                "Units expected in these days that no place has today: they have to be ordered, or are on their way."
            ),
        )
        st.metric(
            label("lead_to_buyer"),
            i18n.number(network.now.lead_days, 1),
            border=True,
            help=_(measure("lead_to_buyer").description),
        )
        cost = network.now.freight_per_unit if network.priced else None
        st.metric(_("Shipping cost per unit"), money(cost), border=True, help=_(measure("freight").description))


def _best(network: Network) -> str:
    """What one more node would bring, as a sentence."""
    with st.spinner(_("Weighing one more shipping point…"), show_time=True):
        ranked = costed(network.candidates, 0.0)
    first = best_step(ranked, margined=network.inputs.margined)
    if first is None:
        return _("No single further shipping point would bring more of it near.")
    if not network.priced:
        return _(
            "The best next step, {node}, brings {more}; what a point costs cannot be told.",
            node=node_name(network, first["candidate"]),
            more=points(first["points"]),
        )
    if ranked.filter(pl.col("points") > 0)["node_cost"].null_count():
        return _before_own_cost(network, first)
    return _after_own_cost(network, first)


def _after_own_cost(network: Network, row: dict[str, Any]) -> str:
    """Of the node worth most, where the data say what nodes cost."""
    least = MONTHS * (network.material_from or 0.0)
    values = {"node": node_name(network, row["candidate"]), "more": points(row["points"])}
    if row["worth"] > 0 and row["worth"] >= least:
        return _(
            "The best next step, {node}, brings {more} and {amount} a year, what it costs itself taken off.",
            amount=money(row["worth"]),
            **values,
        )
    if row["worth"] > 0:
        return _(
            "No further shipping point is worth much: the best, {node}, brings {more} and less than {least} a year.",
            least=money(least),
            **values,
        )
    return _(
        "No further shipping point pays for itself: the least dear, {node}, brings {more} and costs {amount} a year.",
        amount=money(-row["worth"]),
        **values,
    )


def _before_own_cost(network: Network, row: dict[str, Any]) -> str:
    """Of the node that brings most near, where nobody says what nodes cost."""
    values = {"node": node_name(network, row["candidate"]), "more": points(row["points"])}
    least = MONTHS * (network.material_from or 0.0)
    if abs(row["cost_year"]) < least:
        return _(
            "The best next step, {node}, brings {more} and changes shipping cost by less than {least} a year, before "
            "what the node itself costs.",
            least=money(least),
            **values,
        )
    if row["cost_per_point"] <= 0:
        return _(
            "The best next step, {node}, brings {more} and saves {amount} of shipping a year: it pays as long as the "
            "node itself costs less.",
            amount=money(-row["cost_year"]),
            **values,
        )
    return _(
        "The best next step, {node}, brings {more} for {amount} of shipping a year: {cost} a point, before what the "
        "node itself costs.",
        amount=money(row["cost_year"]),
        cost=money(row["cost_per_point"]),
        **values,
    )
