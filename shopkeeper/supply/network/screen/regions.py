"""The Network page's controls and sentences: the answer, how near each region's goods are, nodes and lanes."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.measures.lookup import label
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.network import chart as drawings
from shopkeeper.supply.network import table
from shopkeeper.supply.network.report import PROMISES, WINDOWS, Network, NetworkOptions, report
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.ui import session, tables
from shopkeeper.ui.actions import do_next
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


def load_network(filters: GoodsFilters, options: NetworkOptions) -> Network:
    """The report, with a word while goods are given out."""
    with st.spinner(_("Giving goods out to the regions…"), show_time=True):
        return load(report, filters, in_force(), options)


def points(share: float | None) -> str:
    """A difference of rates in percentage points."""
    return _("{n} points", n=i18n.number(100 * share if share is not None else None))


def node_name(network: Network, candidate: str) -> str:
    """A location by its name, a new node by kind and region."""
    names = dict(network.nodes.select("location", "name").rows())
    if candidate in names:
        return str(names[candidate])
    kind, _colon, region = candidate.partition(":")
    return _("new {kind} in {region}", kind=_(table.KINDS.get(kind, kind)).lower(), region=region)


def draw_notes(network: Network) -> None:
    """What is missing or odd in the data; loudly where there is nothing else to show."""
    words = [str(note) for note in network.notes]
    if words and network.now.near <= 0:
        st.info("\n\n".join(words))
        return
    for sentence in words:
        st.caption(f"ⓘ {sentence}")


def draw_regions(network: Network) -> None:
    """The map, or bars where there is none; categories; and what is not near, dearest first."""
    sheet = table.network(opened().version, network, "regions")
    mapped = network.regions.drop_nulls(["tile_row", "tile_column"])
    left, right = st.columns([3, 2], gap="medium")
    with left:
        drawn = _costs_apart(network)
        measure_ = choose_measure(network)
        title = _(
            "{what} by region, within {days}",
            what=measures(network)[measure_],
            days=i18n.days(network.options.promise_days),
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
                note=_map_note(network, mapped.height),
            )
    with right:
        categories = table.network(opened().version, network, "categories")
        st.markdown(f"##### {categories.about.title}")
        tables.show_table(categories, "network_categories")
    draw_missing(network)


def measures(network: Network) -> dict[str, str]:
    """What the map can show."""
    names = {"near_rate": label("near_demand_rate"), "lead_days": label("lead_to_buyer")}
    return names | ({"freight_per_unit": _("Shipping cost per unit")} if network.priced else {})


def choose_measure(network: Network) -> str:
    """The figure in the tiles."""
    return session.choose(_("Show"), measures(network), "network_measure", "near_rate")


def _costs_apart(network: Network) -> pl.DataFrame:
    """Regions without costs where no lane has one."""
    nothing = pl.lit(None, dtype=pl.Float64).alias("freight_per_unit")
    return network.regions if network.priced else network.regions.with_columns(nothing)


def _map_note(network: Network, mapped: int) -> str:
    with_demand = network.regions.filter(pl.col("demand") > 0).height
    words = [
        _("the stronger the colour, the worse"),
        ngettext(
            "{n} region with demand",
            "{n} regions with demand",
            with_demand,
        ),
    ]
    if mapped < network.regions.height:
        away = network.regions.height - mapped
        words.append(
            ngettext(
                "{n} region is not on the map; the table has it",
                "{n} regions are not on the map; the table has them",
                away,
            )
        )
    return " · ".join(words)


def draw_missing(network: Network) -> None:
    """What to bring nearer first, and what it is worth."""
    sheet = table.network(opened().version, network, "missing")
    if network.missing.is_empty():
        st.success(_("All that is expected lies near its buyers: nothing has to be moved for the promise."))
        return
    with do_next(_bring_nearer(network)):
        st.markdown(f"##### {sheet.about.title}")
        tables.show_table(sheet, "network_missing", first=FIRST)


def _bring_nearer(network: Network) -> str:
    """The region that lacks most nearby, and what that is worth."""
    top = network.missing.group_by("region").agg(pl.col("missing", "elsewhere", "nowhere", "margin_not_near").sum())
    worst = top.sort("margin_not_near", "missing", "region", descending=[True, True, False]).row(0, named=True)
    words = [
        _(
            "Bring goods nearer to {region} first, for the next {days}: move {moved} units that lie elsewhere, order "
            "{ordered} that lie nowhere.",
            region=worst["region"],
            moved=i18n.integer(worst["elsewhere"]),
            ordered=i18n.integer(worst["nowhere"]),
            days=i18n.days(network.options.window_days),
        )
    ]
    if network.inputs.margined:
        words.append(_("They hold {margin} of margin.", margin=money(worst["margin_not_near"])))
    words.append(
        _(
            "Begin at the top of the list. Replenishment proposes orders, and only such moves as save sales that would "
            "be lost: goods that only come from farther away are no loss there."
        )
    )
    return " ".join(words)


def draw_nodes(network: Network) -> None:
    """Every location with its stock and throughput, and the lanes in use."""
    nodes = table.network(opened().version, network, "nodes")
    total = network.nodes.select(pl.col("ships", "value_at_cost", "shipped_28", "received_28").sum()).row(0, named=True)
    with st.container(horizontal=True, gap="small"):
        st.metric(
            _("Locations that ship"),
            i18n.integer(total["ships"]),
            border=True,
            help=_("Of {n} locations.", n=i18n.integer(network.nodes.height)),
        )
        value = None if network.nodes["value_at_cost"].is_null().all() else total["value_at_cost"]
        st.metric(_("Stock at cost"), money(value), border=True)
        st.metric(_("Shipped in 28 days"), i18n.integer(total["shipped_28"]), border=True)
        st.metric(_("Received in 28 days"), i18n.integer(total["received_28"]), border=True)
    st.markdown(f"##### {nodes.about.title}")
    _say_nodes(network)
    tables.show_table(nodes, "network_nodes")
    _say_idle(network)
    lanes = table.network(opened().version, network, "lanes")
    st.markdown(f"##### {lanes.about.title}")
    if network.lanes.is_empty():
        st.info(_("No location ships to any region by a known lane. Import lanes to see them."))
    else:
        tables.show_table(lanes, "network_lanes", first=FIRST)


def _say_idle(network: Network) -> None:
    """Where goods lie that nobody needs soon, and what to do about it."""
    idle, there = float(network.nodes["idle"].sum()), float(network.nodes["available"].sum())
    if idle < 1 or network.now.demand <= 0:
        return
    most = network.nodes.sort("idle", "location", descending=[True, False]).row(0, named=True)
    what = _(
        "{share} of the available units ({n}) are needed by no buyer in the next {days}, most of them in {node} "
        "({most}). Look there before you order or move anything else.",
        share=i18n.percent(min(1.0, idle / there) if there else None, 0),
        n=i18n.integer(idle),
        node=most["name"],
        days=i18n.days(network.options.window_days),
        most=i18n.integer(most["idle"]),
    )
    with do_next(what):
        pass


def _say_nodes(network: Network) -> None:
    """How many nodes of each kind there are, and which is fullest."""
    kinds = network.nodes.group_by("kind").agg(n=pl.len(), ships=pl.col("ships").sum()).sort("n", descending=True)
    by_kind = ", ".join(
        _(
            "{kind}: {n} ({ships} ship)",
            kind=_(table.KINDS.get(row["kind"], row["kind"])),
            n=i18n.integer(row["n"]),
            ships=i18n.integer(row["ships"]),
        )
        for row in kinds.to_dicts()
    )
    full = network.nodes.drop_nulls("capacity_use").sort("capacity_use", "location", descending=[True, False]).head(1)
    words = [by_kind] if by_kind else []
    words += [
        _("fullest: {node}, {use} of what it holds", node=row["name"], use=i18n.percent(row["capacity_use"], 0))
        for row in full.to_dicts()
    ]
    unvalued = int(network.nodes["unvalued"].sum())
    if unvalued:
        words.append(
            ngettext(
                "{n} unit has no known cost and is in no value",
                "{n} units have no known cost and are in no value",
                unvalued,
            )
        )
    st.caption(" · ".join(words))
