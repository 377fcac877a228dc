"""The Network page's parts that ask what if: one more shipping point or several, and the plan of Replenishment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import label
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.network import chart as drawings
from shopkeeper.supply.network import table
from shopkeeper.supply.network.allocation import Figures
from shopkeeper.supply.network.candidate_sites import best_step, candidates, costed
from shopkeeper.supply.network.report import Network, WhatIf, moves_of, planned, what_if
from shopkeeper.supply.network.screen.regions import node_name, points
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment import transfers
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.ui import links, session, tables
from shopkeeper.ui.actions import do_next, open_page
from shopkeeper.ui.figures import money, shop_currency
from shopkeeper.ui.opened import load, opened

TRIED, COST, GRID = "tried_nodes", "node_cost", "network_candidates_grid"
SHOWN = 60


def draw_next(network: Network) -> None:
    """What each single node would bring, then what those chosen bring together."""
    ranked = costed(network.candidates, choose_cost())
    if ranked.is_empty():
        st.info(
            _(
                "There is nothing to switch on: every location with stock ships already, or no region lacks anything "
                "that lies idle elsewhere."
            )
        )
        return
    draw_ranking(network, ranked)
    draw_tried(network, ranked)


def choose_cost() -> float:
    """What a further node itself costs a year, as the link or the viewer says."""
    linked = session.linked(COST)
    if linked is not None:
        try:
            session.keep(COST, max(0.0, float(linked[-1])))
        except ValueError:
            session.notice(_("The link asks for a yearly cost of “{value}”, which is no number.", value=linked[-1]))
    session.keep(COST, float(st.session_state.get(COST) or 0.0))
    cost = st.number_input(
        _("What a node itself costs a year ({currency})", currency=shop_currency()),
        min_value=0.0,
        step=1000.0,
        key=COST,
        format="%.0f",
        on_change=session.forget_notices,
        width=320,
        help=_(
            "Staff, rent, packing, system. 0: what locations of its kind cost in the data (running_cost and a fifth of "
            "opening_cost); where that is not there, it is left out."
        ),
    )
    session.remember(COST, [] if not cost else [f"{cost:g}"])
    return float(cost or 0.0)


def draw_ranking(network: Network, ranked: pl.DataFrame) -> None:
    """Bars of the best, and the whole list; one that is marked is tried below."""
    sheet = table.network(opened().version, network, "candidates", float(st.session_state.get(COST) or 0.0))
    best = ranked.filter(pl.col("points") > 0)
    if best.is_empty():
        st.info(
            _(
                "No single node brings more within the promise. Those below only change what shipping costs; choose a "
                "shorter promise to see what is farther than that."
            )
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            tables.download_menu(sheet, "network_candidates")
    else:
        # A dealer and a store in the same place bring the same: the better of them stands for both.
        best = best.unique(["action", "region", "name"], keep="first", maintain_order=True)
        names = {name: node_name(network, name) for name in best["candidate"]}
        currency = shop_currency()
        tables.show_chart(
            lambda **_dark: drawings.candidate_bars(best, names, currency),
            sheet,
            "network_candidates",
            note=_("hatched: a new node; plain: a location that does not ship today"),
        )
    shown = sheet.frame.head(SHOWN)
    with st.container(key="network_candidates_list"):
        st.dataframe(
            **tables.grid(shown, sheet.columns),
            key=GRID,
            hide_index=True,
            height=320,
            selection_mode="single-row",
            on_select=lambda: _try_row(ranked["candidate"].to_list()),
            placeholder=i18n.MISSING,
        )
    st.caption(_("mark a row to try it below"))


def _try_row(names: Sequence[str]) -> None:
    """Try the node whose row was marked."""
    rows = st.session_state[GRID]["selection"]["rows"]
    if rows:
        session.keep(TRIED, [names[rows[0]]])


def choose_nodes(network: Network, ranked: pl.DataFrame) -> tuple[str, ...]:
    """The nodes to try together; the best one until somebody chooses."""
    choices = list(dict.fromkeys([*ranked["candidate"], *(node.candidate for node in candidates(network.inputs))]))
    linked = session.linked(TRIED)
    held = linked if linked is not None else st.session_state.get(TRIED)
    best = best_step(ranked, margined=network.inputs.margined)
    first = [best["candidate"] if best else ranked["candidate"][0]]
    if unknown := [value for value in held or () if value and value not in choices]:
        session.notice(
            _(
                "{value} cannot be tried: it ships already, or is no location of this shop. It was left out.",
                value=", ".join(f"“{value}”" for value in unknown),
            )
        )
    session.keep(TRIED, first if held is None else [value for value in held if value in choices])
    chosen = st.multiselect(
        _("Shipping points to try"),
        choices,
        key=TRIED,
        format_func=lambda name: node_name(network, name),
        on_change=session.forget_notices,
        placeholder=_("Choose locations to switch on, or nodes to open"),
        select_all=False,
    )
    session.remember(TRIED, [] if chosen == first else list(chosen) or [""])
    return tuple(chosen)


def draw_tried(network: Network, ranked: pl.DataFrame) -> None:
    """Before and after, side by side, and where the difference is."""
    st.markdown(f"##### {_('Before and after')}")
    chosen = choose_nodes(network, ranked)
    if not chosen:
        st.info(_("Choose one or more shipping points to see what would change."))
        return
    cost = float(st.session_state.get(COST) or 0.0)
    with st.spinner(_("Giving goods out to the regions…"), show_time=True):
        tried = what_if(network, chosen, cost)
    change = tried.change
    _draw_pair(network, change.before, change.after)
    with do_next(_words(network, tried, chosen)):
        pass
    sheet = table.compared(opened().version, network, tried)
    tables.show_chart(lambda **_dark: drawings.rate_change(tried.regions), sheet, "network_change")


def _words(network: Network, tried: WhatIf, chosen: tuple[str, ...]) -> str:
    """What the chosen nodes bring and cost, and what to do about it."""
    change = tried.change
    names = ", ".join(node_name(network, name) for name in chosen)
    values = {
        "nodes": names,
        "more": points(change.points),
        "units": i18n.integer(change.after.near - change.before.near),
        "days": i18n.days(network.options.window_days),
    }
    if network.inputs.margined:
        brings = _(
            "{nodes}: {more}, {units} more units near within the next {days}; margin of {brought} a year would ship "
            "from nearby.",
            brought=money(change.near_margin_year),
            **values,
        )
    else:
        brings = _("{nodes}: {more}, {units} more units near within the next {days}.", **values)
    if not network.priced:
        return brings
    worth = change.margin_year if network.inputs.margined else -change.cost_year
    if worth > 0:
        verdict = _(
            "It brings {amount} a year: take it up while what is not counted here costs less.", amount=money(worth)
        )
    else:
        verdict = _(
            "It costs {amount} a year: do it only if {more} are worth that to you.",
            amount=money(-worth),
            more=values["more"],
        )
    per_point = (
        _("A point costs {cost} a year.", cost=money(change.cost_per_point))
        if change.cost_per_point is not None and change.cost_per_point > 0
        else ""
    )
    return " ".join(part for part in (brings, per_point, verdict) if part)


def _draw_pair(network: Network, before: Figures, after: Figures) -> None:
    """The same figures twice: as it is, and as it would be with the difference."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{_('Before')}**")
        draw_figures(network, before, None)
    with right:
        st.markdown(f"**{_('After')}**")
        draw_figures(network, after, before)


def draw_figures(network: Network, shown: Figures, before: Figures | None) -> None:
    """Rate, days, shipping cost and what is not to be had, each with its difference to before."""
    with st.container(horizontal=True, gap="small"):
        rate = _difference(shown.near_rate, before.near_rate if before else None)
        st.metric(
            label("near_demand_rate"),
            i18n.percent(shown.near_rate),
            border=True,
            delta=None if rate is None else points(rate),
        )
        days = _difference(shown.lead_days, before.lead_days if before else None)
        st.metric(
            label("lead_to_buyer"),
            i18n.number(shown.lead_days),
            border=True,
            delta_color="inverse",
            delta=None if days is None else i18n.number(days, 3),
        )
        year = shown.freight * network.year
        spent = _difference(year, before.freight * network.year if before else None)
        st.metric(
            _("Shipping cost per year"),
            money(year if network.priced else None),
            border=True,
            delta_color="inverse",
            delta=None if spent is None or not network.priced else money(spent),
        )
        lost = shown.demand - shown.served
        less = _difference(lost, before.demand - before.served if before else None)
        st.metric(
            _("Not to be had (units)"),
            i18n.integer(lost),
            border=True,
            delta_color="inverse",
            delta=None if less is None else i18n.integer(less),
        )


def _difference(value: float | None, before: float | None) -> float | None:
    """A difference that is more than rounding."""
    if value is None or before is None or abs(value - before) < 1e-6:
        return None
    return value - before


def draw_plan(network: Network, filters: GoodsFilters) -> None:
    """The rate now, once deliveries have landed, and once the proposed orders and moves have."""
    days = i18n.days(network.options.window_days)
    goods = replace(filters, regions=None, locations=None)
    with st.spinner(_("Asking Replenishment for its plan…"), show_time=True):
        set_now = in_force()
        orders = load(replenishment.report, goods, set_now)
        moved = load(transfers.report, goods, set_now)
        moves = moves_of(orders.rows, moved.rows, network.as_of + timedelta(days=network.options.window_days))
        after = planned(network, moves)
    steps = (
        (_("Now"), network.now, None),
        (_("With what lands in {days}", days=days), network.coming, network.now),
        (_("And with the proposed plan"), after, network.now),
    )
    for column, (name, figures, before) in zip(st.columns(3, gap="medium"), steps, strict=True):
        with column:
            st.markdown(f"**{name}**")
            draw_figures(network, figures, before)
    bought = moves.filter(pl.col("from_location").is_null())["units"].sum()
    carried = moves.filter(pl.col("from_location").is_not_null())["units"].sum()
    st.caption(
        _(
            "The plan is what Replenishment proposes today and what lands within {days}: {bought} units ordered, "
            "{carried} moved. What lands counts in full, so that these rates are the most that can be reached.",
            days=days,
            bought=i18n.integer(bought),
            carried=i18n.integer(carried),
        )
    )
    rates = [figures.near_rate or 0.0 for figures in (after, network.coming)]
    what = _(
        "Look through the proposals and accept those that are right: they bring {more} more, and deliveries on their "
        "way {landing}. Chase the deliveries that are late.",
        more=points(rates[0] - rates[1]),
        landing=points(rates[1] - (network.now.near_rate or 0.0)),
    )
    with do_next(what):
        open_page(_("Open Replenishment"), links.REPLENISHMENT, "open_replenishment", ":material/local_shipping:")
