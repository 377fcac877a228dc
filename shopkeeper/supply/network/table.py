"""What the report of Network becomes as files; the same for page and cron."""

from collections.abc import Mapping, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.contract.table import Table
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.supply.network.candidate_sites import costed
from shopkeeper.supply.network.frames import CANDIDATES, CATEGORIES, COMPARED, LANES, MISSING, NODES, REGIONS
from shopkeeper.supply.network.report import Network, WhatIf

ROWS = ("nodes", "regions", "categories", "lanes", "missing", "candidates")
KINDS: Mapping[str, str] = {
    "warehouse": N_("Warehouse"),
    "store": N_("Store"),
    "dealer": N_("Dealer"),
    "(none)": N_("Not described"),
}
ACTIONS: Mapping[str, str] = {"switch_on": N_("Switch on"), "open": N_("Open")}
TITLES: Mapping[str, str] = {
    "nodes": N_("Nodes: stock and throughput"),
    "regions": N_("Near-demand rate by region"),
    "categories": N_("Near-demand rate by category"),
    "lanes": N_("Lanes to regions"),
    "missing": N_("What is not near, by region and item"),
    "candidates": N_("What one more shipping point would bring"),
}
READ: Mapping[str, tuple[str, ...]] = {
    "nodes": (
        "name",
        "location",
        "kind",
        "region",
        "ships",
        "on_hand",
        "available",
        "value_at_cost",
        "skus",
        "capacity",
        "capacity_use",
        "opening_cost",
        "running_cost",
        "shipped_28",
        "received_28",
        "moved_out_28",
        "shipped_91",
        "received_91",
        "moved_out_91",
        "regions_shipped",
        "reaches",
        "near_reaches",
        "gives",
        "idle",
        "counted_on",
    ),
    "regions": (
        "region",
        "near_rate",
        "demand",
        "near",
        "far",
        "unserved",
        "lead_days",
        "freight",
        "freight_per_unit",
        "margin_not_near",
        "unserved_margin",
        "in_reach",
    ),
    "categories": (
        "category",
        "near_rate",
        "demand",
        "near",
        "far",
        "unserved",
        "lead_days",
        "freight",
        "freight_per_unit",
        "margin_not_near",
        "unserved_margin",
    ),
    "lanes": ("name", "location", "kind", "region", "lead_days", "cost_per_unit", "near", "units"),
    "missing": (
        "region",
        "name",
        "sku",
        "category",
        "demand",
        "near",
        "missing",
        "elsewhere",
        "nowhere",
        "margin_not_near",
    ),
    "candidates": (
        "action",
        "name",
        "kind",
        "region",
        "points",
        "near_units",
        "cost_per_point",
        "cost_year",
        "node_cost",
        "margin_year",
        "near_margin_year",
        "lead_days",
        "units",
    ),
}
DECLARED: Mapping[str, Table] = {
    "nodes": NODES,
    "regions": REGIONS,
    "categories": CATEGORIES,
    "lanes": LANES,
    "missing": MISSING,
    "candidates": CANDIDATES,
}
TERMS = (
    "near_demand_rate",
    "promise",
    "goods_given_out",
    "lead_to_buyer",
    "freight",
    "cost_per_point",
    "further_node",
    "throughput",
)


def network(version: Version, network: Network, rows: str = "nodes", node_cost: float = 0.0) -> Download:
    """One table of the report: `ROWS`. `node_cost` is what a further node itself costs a year."""
    frames = {
        "nodes": network.nodes,
        "regions": network.regions,
        "categories": network.categories,
        "lanes": network.lanes,
        "missing": network.missing,
    }
    frame = frames[rows] if rows in frames else costed(network.candidates, node_cost)
    frame = in_words(frame, network).select(READ[rows])
    own = i18n.money(node_cost, version.shop.currency) if node_cost else _("as locations of its kind")
    more = ((_("A node itself costs, per year"), own),)
    return _made(
        version,
        network,
        f"network-{rows}",
        _(TITLES[rows]),
        frame,
        DECLARED[rows],
        more if rows == "candidates" else (),
    )


def compared(version: Version, network: Network, tried: WhatIf) -> Download:
    """Regions before and after the nodes that are tried."""
    nodes = ", ".join(tried.nodes["candidate"]) or _("none")
    frame = tried.regions if network.priced else tried.regions.drop("freight_per_unit", "freight_per_unit_after")
    title = _("Regions before and after")
    return _made(version, network, "network-what-if", title, frame, COMPARED, ((_("Nodes added"), nodes),))


def in_words(frame: pl.DataFrame, network: Network) -> pl.DataFrame:
    """Kinds and actions in the viewer's language; no money of lanes where none has a cost, no margin without costs."""
    names = {"kind": KINDS, "action": ACTIONS}
    there = [
        pl.col(column).replace({value: _(word) for value, word in words.items()})
        for column, words in names.items()
        if column in frame.columns
    ]
    unpriced = () if network.priced else ("freight", "freight_per_unit", "cost_per_point", "cost_year", "margin_year")
    costs = [
        name
        for name in {*unpriced, *(() if network.inputs.margined else ("margin_year", "near_margin_year"))}
        if name in frame.columns
    ]
    opened = pl.coalesce("name", pl.lit(_("(new)"))).alias("name")
    named = [opened] if "action" in frame.columns else []
    return frame.with_columns(*there, *named, *(pl.lit(None, pl.Float64).alias(name) for name in costs))


def _made(
    version: Version,
    network: Network,
    report: str,
    title: str,
    frame: pl.DataFrame,
    declared: Table,
    more: Sequence[tuple[str, str]],
) -> Download:
    options = network.options
    caption = (
        (_("Promise"), i18n.days(options.promise_days)),
        (_("Days ahead"), i18n.integer(options.window_days)),
        *more,
        *network.filters.caption(),
        *(((_("To know"), " ".join(str(note) for note in network.notes)),) if network.notes else ()),
    )
    return download(
        version,
        report,
        title,
        frame,
        declared.labelled(frame.columns),
        caption=caption,
        words=(f"{options.promise_days:g}d", f"{options.window_days}d"),
        terms=TERMS,
        as_of=network.as_of,
    )
