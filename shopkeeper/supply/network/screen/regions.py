"""The Network page's controls and sentences: the answer, how near each region's goods are, nodes and lanes."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import label, measure
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.network import chart as drawings
from shopkeeper.supply.network import report as network
from shopkeeper.supply.network import table
from shopkeeper.supply.network.report import PROMISES, WINDOWS, Network, NetworkOptions
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import money, shop_currency
from shopkeeper.ui.opened import load, opened

SECTION = "network_view"
DEFINITIONS: Mapping[str, tuple[str, ...]] = {
    "regions": ("near_demand_rate", "promise", "goods_given_out", "lead_to_buyer", "freight"),
    "next": ("near_demand_rate", "further_node", "cost_per_point", "promise", "goods_given_out", "freight"),
    "plan": ("near_demand_rate", "promise", "goods_given_out", "lead_to_buyer", "freight"),
    "nodes": ("throughput", "promise", "goods_given_out"),
}
FIRST = 100


def choose_section() -> str:
    """Only the part that is chosen is computed."""
    names = {
        "regions": _("Regions"),
        "next": _("One more shipping point"),
        "plan": _("After the plan"),
        "nodes": _("Nodes and lanes"),
    }
    return session.choose(_("View"), names, SECTION, "regions", hidden=True)


def choose_options() -> NetworkOptions:
    """What near means, and how far ahead."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        promises = {str(days): i18n.days(days) for days in PROMISES}
        promise = session.choose(_("Near means within"), promises, "promise", "2")
        windows = {str(days): i18n.days(days) for days in WINDOWS}
        window = session.choose(_("Demand of the next"), windows, "window", "14")
    return NetworkOptions(float(promise), int(window))


def found_for(filters: GoodsFilters, options: NetworkOptions) -> Network:
    """The report, with a word while goods are given out."""
    with st.spinner(_("Giving goods out to the regions…"), show_time=True):
        return load(network.report, filters, in_force(), options)


def points(share: float | None) -> str:
    """A difference of rates in percentage points."""
    return _("{n} points", n=i18n.number(100 * share if share is not None else None))


def node_name(found: Network, candidate: str) -> str:
    """A location by its name, a new node by kind and region."""
    names = dict(found.nodes.select("location", "name").rows())
    if candidate in names:
        return str(names[candidate])
    kind, _colon, region = candidate.partition(":")
    return _("new {kind} in {region}", kind=_(table.KINDS.get(kind, kind)).lower(), region=region)


def draw_notes(found: Network) -> None:
    """What is missing or odd in the data; loudly where there is nothing else to show."""
    words = [str(note) for note in found.notes]
    if words and found.now.near <= 0:
        st.info("\n\n".join(words))
        return
    for sentence in words:
        st.caption(f"ⓘ {sentence}")


def draw_answer(found: Network) -> None:
    """How much lies near, what the best next node brings, and what a point costs."""
    rate, days = found.now.near_rate, i18n.days(found.options.promise_days)
    if rate is None:
        st.info(_("Nothing is expected to be asked for here in the days ahead. Widen the filters."))
        return
    told = _(
        "{rate} of what the next {window} will ask for lies within {days} of its buyers.",
        rate=i18n.percent(rate),
        window=i18n.days(found.options.window_days),
        days=days,
    )
    st.markdown(f"#### {told} {_best(found)}")
    lost = float(found.regions["margin_not_near"].sum())
    with st.container(horizontal=True, gap="small"):
        st.metric(
            label("near_demand_rate"), i18n.percent(rate), border=True, help=_(measure("near_demand_rate").description)
        )
        st.metric(
            _("Not near"),
            i18n.integer(found.now.demand - found.now.near),
            border=True,
            help=_("Units expected in these days that no stock lies near to: {margin} of margin.", margin=money(lost)),
        )
        st.metric(
            label("lead_to_buyer"),
            i18n.number(found.now.lead_days, 1),
            border=True,
            help=_(measure("lead_to_buyer").description),
        )
        cost = found.now.freight_per_unit if found.priced else None
        st.metric(_("Shipping cost per unit"), money(cost), border=True, help=_(measure("freight").description))


def _best(found: Network) -> str:
    """The next node to switch on or open, as a sentence."""
    with st.spinner(_("Weighing one more shipping point…"), show_time=True):
        ranked = found.candidates
    best = ranked.filter(pl.col("points") > 0).head(1).to_dicts()
    if not best:
        return _("No single further shipping point would bring more of it near.")
    row = best[0]
    name, more = node_name(found, row["candidate"]), points(row["points"])
    if not found.priced:
        return _("The best next step, {node}, brings {more}; what a point costs cannot be told.", node=name, more=more)
    cost = row["cost_per_point"]
    if cost <= 0:
        return _(
            "The best next step, {node}, brings {more} and saves {amount} of shipping a year: it pays as long as the "
            "node itself costs less.",
            node=name,
            more=more,
            amount=money(-row["cost_year"]),
        )
    return _(
        "The best next step, {node}, brings {more} for {amount} of shipping a year: {cost} a point, before what the "
        "node itself costs.",
        node=name,
        more=more,
        amount=money(row["cost_year"]),
        cost=money(cost),
    )


def draw_regions(found: Network) -> None:
    """The map, or bars where there is none; categories; and what is not near, dearest first."""
    sheet = table.network(opened().version, found, "regions")
    mapped = found.regions.drop_nulls(["tile_row", "tile_column"])
    left, right = st.columns([3, 2], gap="medium")
    with left:
        drawn = _costs_apart(found)
        measure_ = choose_measure(found)
        title = _(
            "{what} by region, within {days}",
            what=measures(found)[measure_],
            days=i18n.days(found.options.promise_days),
        )
        currency = shop_currency()
        if mapped.is_empty():
            tables.show_chart(
                lambda **_dark: drawings.near_bars(drawn, measure_, currency), sheet, "network_map", title=title
            )
        else:
            tables.show_chart(
                lambda dark=False: drawings.near_map(drawn, measure_, currency, dark=dark),
                sheet,
                "network_map",
                title=title,
                note=_map_note(found, mapped.height),
            )
    with right:
        categories = table.network(opened().version, found, "categories")
        st.markdown(f"##### {categories.about.title}")
        tables.show_table(categories, "network_categories")
    draw_missing(found)


def measures(found: Network) -> dict[str, str]:
    """What the map can show."""
    names = {"near_rate": label("near_demand_rate"), "lead_days": label("lead_to_buyer")}
    return names | ({"freight_per_unit": _("Shipping cost per unit")} if found.priced else {})


def choose_measure(found: Network) -> str:
    """The figure in the tiles."""
    return session.choose(_("Show"), measures(found), "network_measure", "near_rate")


def _costs_apart(found: Network) -> pl.DataFrame:
    """Regions without costs where no lane has one."""
    nothing = pl.lit(None, dtype=pl.Float64).alias("freight_per_unit")
    return found.regions if found.priced else found.regions.with_columns(nothing)


def _map_note(found: Network, mapped: int) -> str:
    asked = found.regions.filter(pl.col("demand") > 0).height
    words = [_("the stronger the colour, the worse"), _("{n} regions with demand", n=i18n.integer(asked))]
    if mapped < found.regions.height:
        away = i18n.integer(found.regions.height - mapped)
        words.append(_("{n} regions are not on the map; the table has them", n=away))
    return " · ".join(words)


def draw_missing(found: Network) -> None:
    """What to bring nearer first, and what it is worth."""
    sheet = table.network(opened().version, found, "missing")
    if found.missing.is_empty():
        st.success(_("All that is expected lies near its buyers: nothing has to be moved for the promise."))
        return
    with st.container(border=True):
        top = found.missing.group_by("region").agg(pl.col("missing", "margin_not_near").sum())
        worst = top.sort("margin_not_near", "missing", "region", descending=[True, True, False]).row(0, named=True)
        what = _(
            "Bring goods nearer to {region} first: {n} units worth {margin} of margin in the next {days} lie too far "
            "away. Begin at the top of the list; Replenishment proposes the moves.",
            region=worst["region"],
            n=i18n.integer(worst["missing"]),
            margin=money(worst["margin_not_near"]),
            days=i18n.days(found.options.window_days),
        )
        st.markdown(_("**Do this next.** {what}", what=what))
        st.markdown(f"##### {sheet.about.title}")
        tables.show_table(sheet, "network_missing", first=FIRST)


def draw_nodes(found: Network) -> None:
    """Every location with its stock and throughput, and the lanes in use."""
    nodes = table.network(opened().version, found, "nodes")
    total = found.nodes.select(pl.col("ships", "value_at_cost", "shipped_28", "received_28").sum()).row(0, named=True)
    with st.container(horizontal=True, gap="small"):
        st.metric(
            _("Locations that ship"),
            i18n.integer(total["ships"]),
            border=True,
            help=_("Of {n} locations.", n=i18n.integer(found.nodes.height)),
        )
        st.metric(_("Stock at cost"), money(total["value_at_cost"]), border=True)
        st.metric(_("Shipped in 28 days"), i18n.integer(total["shipped_28"]), border=True)
        st.metric(_("Received in 28 days"), i18n.integer(total["received_28"]), border=True)
    st.markdown(f"##### {nodes.about.title}")
    _say_nodes(found)
    tables.show_table(nodes, "network_nodes")
    _say_idle(found)
    lanes = table.network(opened().version, found, "lanes")
    st.markdown(f"##### {lanes.about.title}")
    if found.lanes.is_empty():
        st.info(_("No location ships to any region by a known lane. Import lanes to see them."))
    else:
        tables.show_table(lanes, "network_lanes", first=FIRST)


def _say_idle(found: Network) -> None:
    """Where goods lie that nobody needs soon, and what to do about it."""
    idle, there = float(found.nodes["idle"].sum()), float(found.nodes["available"].sum())
    if idle < 1 or found.now.demand <= 0:
        return
    most = found.nodes.sort("idle", "location", descending=[True, False]).row(0, named=True)
    what = _(
        "{share} of the available units ({n}) are needed by no buyer in the next {days}, most of them in {node} "
        "({most}). Look there before you order or move anything else.",
        share=i18n.percent(min(1.0, idle / there) if there else None, 0),
        n=i18n.integer(idle),
        node=most["name"],
        days=i18n.days(found.options.window_days),
        most=i18n.integer(most["idle"]),
    )
    with st.container(border=True):
        st.markdown(_("**Do this next.** {what}", what=what))


def _say_nodes(found: Network) -> None:
    """How many nodes of each kind there are, and which is fullest."""
    kinds = found.nodes.group_by("kind").agg(n=pl.len(), ships=pl.col("ships").sum()).sort("n", descending=True)
    told = ", ".join(
        _(
            "{kind}: {n} ({ships} ship)",
            kind=_(table.KINDS.get(row["kind"], row["kind"])),
            n=i18n.integer(row["n"]),
            ships=i18n.integer(row["ships"]),
        )
        for row in kinds.to_dicts()
    )
    full = found.nodes.drop_nulls("capacity_use").sort("capacity_use", "location", descending=[True, False]).head(1)
    words = [told] if told else []
    words += [
        _("fullest: {node}, {use} of what it holds", node=row["name"], use=i18n.percent(row["capacity_use"], 0))
        for row in full.to_dicts()
    ]
    unvalued = int(found.nodes["unvalued"].sum())
    if unvalued:
        words.append(_("{n} units have no known cost and are in no value", n=i18n.integer(unvalued)))
    st.caption(" · ".join(words))
