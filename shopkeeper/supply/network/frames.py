"""The frames of the network."""

from dataclasses import replace

from shopkeeper.contract.table import Column, Table, chosen
from shopkeeper.i18n import N_
from shopkeeper.supply.frames import count, day, days, money, share, text, units

COLUMNS: tuple[Column, ...] = (
    text("region", "The ship-to region; of a location, where it stands.", N_("Region")),
    units("demand", "Expected in the days ahead.", N_("Expected demand")),
    units("near", "Of the demand, what can be had within the promise.", N_("Of it near")),
    units("far", "What comes from farther away.", N_("From farther away")),
    units("unserved", "What cannot be had.", N_("Not to be had")),
    share("near_rate", "near / demand.", N_("Near-demand rate")),
    days("lead_days", "Mean days to the buyer.", N_("Days to the buyer")),
    money("freight", "Shipping cost of the units given out.", N_("Shipping cost")),
    money("freight_per_unit", "Per unit.", N_("Shipping cost per unit"), unit="shop currency per unit"),
    money("margin_not_near", "Margin of what is not near.", N_("Margin of what is not near")),
    money("unserved_margin", "Margin of what cannot be had.", N_("Margin of what is not to be had")),
    count("tile_row", "Row on the tile map; null without a place."),
    count("tile_column", "Column on the tile map."),
    count("in_reach", "Locations within the promise.", N_("Locations within the promise")),
    text("category", "The category.", N_("Category")),
    text("sku", "The item.", N_("SKU")),
    text("name", "Its name.", N_("Name")),
    units("missing", "Not near.", N_("Not near")),
    units("elsewhere", "Of it, what lies at another place and can be moved.", N_("Lies elsewhere: move")),
    units("nowhere", "Of it, what lies at no place and has to be ordered.", N_("Lies nowhere: order")),
    text("location", "The location.", N_("Location")),
    text("kind", "Warehouse, store or dealer.", N_("Kind")),
    Column("ships", "BOOLEAN", "Whether it ships to buyers.", label=N_("Ships")),
    units("capacity", "How much it holds.", N_("Capacity (units)"), format="quantity"),
    money("opening_cost", "What it cost to open, once.", N_("Cost of opening")),
    money("running_cost", "What it costs to run, a month.", N_("Running cost per month")),
    Column("described", "BOOLEAN", "Whether the locations table knows it."),
    units("held", "Units counted there, as they are."),
    units("on_hand", "Units there.", N_("On hand"), format="quantity"),
    units("available", "Of these, promised to nobody.", N_("Available"), format="quantity"),
    money("value_at_cost", "Of the stock.", N_("Value at cost")),
    units("unvalued", "Units without a known cost."),
    count("negative", "Items counted below 0."),
    count("skus", "Items in stock.", N_("Items in stock")),
    day("counted_on", "Day of the newest count.", N_("Counted on")),
    units("shipped_28", "In 28 days.", N_("Shipped in 28 days"), format="quantity"),
    units("shipped_91", "In 91 days.", N_("Shipped in 91 days"), format="quantity"),
    units("received_28", "In 28 days.", N_("Received in 28 days"), format="quantity"),
    units("received_91", "In 91 days.", N_("Received in 91 days"), format="quantity"),
    units("moved_out_28", "In 28 days.", N_("Moved out in 28 days"), format="quantity"),
    units("moved_out_91", "In 91 days.", N_("Moved out in 91 days"), format="quantity"),
    count("regions_shipped", "Regions served in 91 days.", N_("Regions served in 91 days")),
    count("reaches", "Regions that a lane reaches.", N_("Regions by lane")),
    count("near_reaches", "Of these within the promise.", N_("Of these within the promise")),
    units("gives", "Needed in the days ahead.", N_("Needed in the days ahead"), format="integer"),
    units("idle", "Not needed in the days ahead.", N_("Not needed in the days ahead"), format="integer"),
    share("capacity_use", "held / capacity.", N_("Capacity use")),
    money("cost_per_unit", "Cost of one unit.", N_("Shipping cost per unit"), unit="shop currency per unit"),
    units("units", "Units given out in the days ahead.", N_("Units")),
    text("candidate", "The node that could ship."),
    text("action", "Switch on a location, or open a new one.", N_("Action")),
    share("points", "Near-demand rate gained.", N_("Points gained")),
    units("near_units", "Units brought near in the days ahead.", N_("Units brought near")),
    money("cost_year", "Freight and the node itself.", N_("Cost per year")),
    money(
        "node_cost",
        "Of it, the node itself: running it, and a fifth of opening it, as locations of its kind cost.",
        N_("Of it, the node itself"),
    ),
    money("cost_per_point", "cost_year per percentage point.", N_("Cost per point")),
    money("margin_year", "Of units that could not be had before.", N_("Margin per year")),
    money("near_margin_year", "Of units brought near.", N_("Margin brought near, per year")),
    share("near_rate_after", "With the nodes that are tried.", N_("Near-demand rate after")),
    days("lead_days_after", "With them.", N_("Days to the buyer after")),
    money("freight_per_unit_after", "With them.", N_("Shipping cost per unit after"), unit="shop currency per unit"),
)
"""Every column of the feature's frames, once."""


def _of(*names: str) -> tuple[Column, ...]:
    return chosen(COLUMNS, names)


REGIONS = Table(
    "network_regions",
    "one row per ship-to region",
    "How near the goods are.",
    _of(
        "region",
        "demand",
        "near",
        "far",
        "unserved",
        "near_rate",
        "lead_days",
        "freight",
        "freight_per_unit",
        "margin_not_near",
        "unserved_margin",
        "tile_row",
        "tile_column",
        "in_reach",
    ),
    key=("region",),
)

CATEGORIES = Table(
    "network_categories",
    "one row per category",
    "How near the goods are.",
    _of(
        "category",
        "demand",
        "near",
        "far",
        "unserved",
        "near_rate",
        "lead_days",
        "freight",
        "freight_per_unit",
        "margin_not_near",
        "unserved_margin",
    ),
    key=("category",),
)

MISSING = Table(
    "network_missing",
    "one row per region and SKU, dearest first",
    "What is not near.",
    _of("region", "sku", "name", "category", "demand", "near", "missing", "elsewhere", "nowhere", "margin_not_near"),
    key=("region", "sku"),
)

NODES = Table(
    "network_nodes",
    "one row per location",
    "Stock and throughput.",
    _of(
        "location",
        "name",
        "kind",
        "region",
        "ships",
        "capacity",
        "opening_cost",
        "running_cost",
        "described",
        "held",
        "on_hand",
        "available",
        "value_at_cost",
        "unvalued",
        "negative",
        "skus",
        "counted_on",
        "shipped_28",
        "shipped_91",
        "received_28",
        "received_91",
        "moved_out_28",
        "moved_out_91",
        "regions_shipped",
        "reaches",
        "near_reaches",
        "gives",
        "idle",
        "capacity_use",
    ),
    key=("location",),
)

LANES = Table(
    "network_lanes",
    "one row per lane in use",
    "Ways to regions.",
    (
        *_of("location", "name", "kind", "region", "lead_days", "cost_per_unit"),
        replace(_of("near")[0], type="BOOLEAN", label=N_("Within the promise"), format=None),
        replace(_of("units")[0], label=N_("Needed in the days ahead"), format="number"),
    ),
    key=("location", "region"),
)

CANDIDATES = Table(
    "network_candidates",
    "one row per further node, what brings most points first",
    "What one more shipping point would bring.",
    (
        *_of("candidate", "action", "name", "kind", "region"),
        replace(_of("units")[0], label=N_("Units to ship from there"), format="number"),
        *_of("points", "near_units", "node_cost", "cost_year", "cost_per_point", "margin_year", "near_margin_year"),
        replace(_of("lead_days")[0], label=N_("Change of days to the buyer"), format="number"),
    ),
    key=("candidate",),
)

COMPARED = Table(
    "network_compared",
    "one row per region",
    "Before and after the nodes that are tried.",
    _of(
        "region",
        "demand",
        "near_rate",
        "lead_days",
        "freight_per_unit",
        "near_rate_after",
        "lead_days_after",
        "freight_per_unit_after",
    ),
    key=("region",),
    optional=("freight_per_unit", "freight_per_unit_after"),
)

TRIED = Table(
    "network_tried",
    "one row per node that is tried",
    "What it has to ship.",
    (
        *_of("candidate", "kind", "region"),
        replace(_of("units")[0], label=N_("Units to ship from there"), format="number"),
    ),
    key=("candidate",),
)
