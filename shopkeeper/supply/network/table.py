"""What the report of Network becomes as files; the same for page and cron."""

from collections.abc import Mapping, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.exports import Column
from shopkeeper.exports.download import Download, about
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.measures.measure import Format
from shopkeeper.supply.network.candidate_sites import costed
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
LABELS: Mapping[str, tuple[str, Format | None]] = {
    "location": (N_("Location"), None),
    "name": (N_("Name"), None),
    "kind": (N_("Kind"), None),
    "action": (N_("Action"), None),
    "region": (N_("Region"), None),
    "category": (N_("Category"), None),
    "sku": (N_("SKU"), None),
    "ships": (N_("Ships"), None),
    "on_hand": (N_("On hand"), "integer"),
    "available": (N_("Available"), "integer"),
    "value_at_cost": (N_("Value at cost"), "money"),
    "skus": (N_("Items in stock"), "integer"),
    "capacity": (N_("Capacity (units)"), "integer"),
    "capacity_use": (N_("Capacity use"), "percent"),
    "shipped_28": (N_("Shipped in 28 days"), "integer"),
    "shipped_91": (N_("Shipped in 91 days"), "integer"),
    "received_28": (N_("Received in 28 days"), "integer"),
    "received_91": (N_("Received in 91 days"), "integer"),
    "moved_out_28": (N_("Moved out in 28 days"), "integer"),
    "moved_out_91": (N_("Moved out in 91 days"), "integer"),
    "regions_shipped": (N_("Regions served in 91 days"), "integer"),
    "reaches": (N_("Regions by lane"), "integer"),
    "near_reaches": (N_("Of these within the promise"), "integer"),
    "gives": (N_("Needed in the days ahead"), "integer"),
    "idle": (N_("Not needed in the days ahead"), "integer"),
    "counted_on": (N_("Counted on"), None),
    "demand": (N_("Expected demand"), "number"),
    "near": (N_("Of it near"), "number"),
    "far": (N_("From farther away"), "number"),
    "unserved": (N_("Not to be had"), "number"),
    "near_rate": (N_("Near-demand rate"), "percent"),
    "near_rate_after": (N_("Near-demand rate after"), "percent"),
    "lead_days": (N_("Days to the buyer"), "number"),
    "lead_days_after": (N_("Days to the buyer after"), "number"),
    "freight": (N_("Shipping cost"), "money"),
    "freight_per_unit": (N_("Shipping cost per unit"), "money"),
    "freight_per_unit_after": (N_("Shipping cost per unit after"), "money"),
    "margin_not_near": (N_("Margin of what is not near"), "money"),
    "unserved_margin": (N_("Margin of what is not to be had"), "money"),
    "in_reach": (N_("Locations within the promise"), "integer"),
    "missing": (N_("Not near"), "number"),
    "units": (N_("Units"), "number"),
    "cost_per_unit": (N_("Shipping cost per unit"), "money"),
    "points": (N_("Points gained"), "percent"),
    "near_units": (N_("Units brought near"), "number"),
    "cost_year": (N_("Cost per year"), "money"),
    "cost_per_point": (N_("Cost per point"), "money"),
    "margin_year": (N_("Margin per year"), "money"),
    "near_margin_year": (N_("Margin brought near, per year"), "money"),
}
SHOWN: Mapping[str, tuple[str, ...]] = {
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
    "missing": ("region", "name", "sku", "category", "demand", "near", "missing", "margin_not_near"),
    "candidates": (
        "action",
        "name",
        "kind",
        "region",
        "points",
        "near_units",
        "cost_per_point",
        "cost_year",
        "margin_year",
        "near_margin_year",
        "lead_days",
        "units",
    ),
}
OWN_LABELS: Mapping[tuple[str, str], tuple[str, Format | None]] = {
    ("lanes", "near"): (N_("Within the promise"), None),
    ("lanes", "units"): (N_("Needed in the days ahead"), "number"),
    ("candidates", "lead_days"): (N_("Change of days to the buyer"), "number"),
    ("candidates", "units"): (N_("Units to ship from there"), "number"),
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


def network(version: Version, found: Network, rows: str = "nodes", node_cost: float = 0.0) -> Download:
    """One table of the report: `ROWS`. `node_cost` is what a further node itself costs a year."""
    frames = {
        "nodes": found.nodes,
        "regions": found.regions,
        "categories": found.categories,
        "lanes": found.lanes,
        "missing": found.missing,
    }
    frame = frames[rows] if rows in frames else costed(found.candidates, node_cost)
    frame = in_words(frame, found).select(SHOWN[rows])
    more = ((_("A node itself costs, per year"), i18n.money(node_cost, version.shop.currency)),)
    return _made(version, found, f"network-{rows}", _(TITLES[rows]), frame, rows, more if rows == "candidates" else ())


def compared(version: Version, found: Network, tried: WhatIf) -> Download:
    """Regions before and after the nodes that are tried."""
    nodes = ", ".join(tried.nodes["candidate"]) or _("none")
    frame = tried.regions if found.priced else tried.regions.drop("freight_per_unit", "freight_per_unit_after")
    title = _("Regions before and after")
    return _made(version, found, "network-what-if", title, frame, "regions", ((_("Nodes added"), nodes),))


def in_words(frame: pl.DataFrame, found: Network) -> pl.DataFrame:
    """Kinds and actions in the viewer's language; money of lanes empty where no lane has a cost."""
    names = {"kind": KINDS, "action": ACTIONS}
    there = [
        pl.col(column).replace({value: _(word) for value, word in words.items()})
        for column, words in names.items()
        if column in frame.columns
    ]
    costs = [
        name
        for name in ("freight", "freight_per_unit", "cost_per_point", "cost_year", "margin_year")
        if name in frame.columns and not found.priced
    ]
    opened = pl.coalesce("name", pl.lit(_("(new)"))).alias("name")
    named = [opened] if "action" in frame.columns else []
    return frame.with_columns(*there, *named, *(pl.lit(None, pl.Float64).alias(name) for name in costs))


def columns(frame: pl.DataFrame, rows: str) -> tuple[Column, ...]:
    """What the columns of a table are called, and how their numbers are read."""
    found = []
    for name in frame.columns:
        text, form = OWN_LABELS.get((rows, name)) or LABELS[name]
        found.append(Column(name, _(text), form))
    return tuple(found)


def _made(
    version: Version,
    found: Network,
    report: str,
    title: str,
    frame: pl.DataFrame,
    rows: str,
    more: Sequence[tuple[str, str]],
) -> Download:
    options = found.options
    chosen = (
        (_("Promise"), i18n.days(options.promise_days)),
        (_("Days ahead"), i18n.integer(options.window_days)),
        *more,
        *found.filters.caption(),
        *(((_("To know"), " ".join(str(note) for note in found.notes)),) if found.notes else ()),
    )
    told = about(version, title, frame.height, chosen, TERMS, found.as_of)
    words = (f"{options.promise_days:g}d", f"{options.window_days}d")
    return Download(report, words, frame, told, columns(frame, rows))
