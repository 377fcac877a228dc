"""The frames of replenishment."""

from dataclasses import replace

from shopkeeper.contract.table import Column, Table, chosen
from shopkeeper.i18n import N_
from shopkeeper.supply.lead_times import SCORE
from shopkeeper.supply.replenishment.frames.columns import COLUMNS


def _of(*names: str) -> tuple[Column, ...]:
    return chosen(COLUMNS, names)


ORDERS = Table(
    "order_proposals",
    "one row per location and SKU, the most margin protected first",
    "What to order today.",
    _of(
        "proposal",
        "location",
        "sku",
        "name",
        "category",
        "region",
        "abc",
        "pattern",
        "supplier",
        "units",
        "unit",
        "cost",
        "margin_protected",
        "waiting_costs",
        "urgency",
        "order_by",
        "late_days",
        "lands_on",
        "joined",
        "raised_units",
        "months_of_sales",
        "margin_at_stake",
        "lost_units",
        "position",
        "on_hand",
        "committed",
        "in_time",
        "later",
        "reorder_point",
        "order_up_to",
        "safety_stock",
        "error_source",
        "need_lead",
        "lost_before",
        "own_share",
        "lead_days",
        "lead_sd",
        "lead_source",
        "service_level",
        "pack_size",
        "minimum_order",
        "unit_cost",
        "unit_margin",
        "cover_days",
    ),
    key=("location", "sku"),
)

ORDERS_READ = Table(
    "order_proposals_read",
    "one row per location and SKU",
    "The same with its reason, and what was decided of it.",
    _of(*ORDERS.names, "decided", "why"),
    key=("location", "sku"),
    optional=("decided",),
)

PURCHASE_ORDERS = Table(
    "purchase_orders",
    "one row per supplier with lines of today, the most margin protected first",
    "What is sent today: one order per supplier.",
    _of(
        "supplier",
        "lines",
        "joined_lines",
        "units",
        "raised_units",
        "cost",
        "margin_protected",
        "waiting_costs",
        "lands_on",
        "minimum",
        "below_minimum",
    ),
    key=("supplier",),
)

SUPPLIERS = Table(
    "suppliers",
    "one row per supplier",
    "How reliable each is: lead times stated, measured and used, and how deliveries came.",
    _of(*SCORE),
    key=("supplier",),
)

TRANSFERS = Table(
    "transfer_proposals",
    "one row per lane and SKU, the most margin saved first",
    "What to move today.",
    _of(
        "proposal",
        "from_location",
        "to_location",
        "sku",
        "name",
        "category",
        "units",
        "unit",
        "margin_saved",
        "cost",
        "gain",
        "lands_on",
        "next_supply_on",
        "expected_short",
        "to_need",
        "to_available",
        "to_cover_days",
        "from_available",
        "from_spare",
        "from_left",
        "surplus_units",
        "lead_days",
        "cost_per_unit",
        "unit_margin",
    ),
    key=("from_location", "to_location", "sku"),
)

TRANSFERS_READ = Table(
    "transfer_proposals_read",
    "one row per lane and SKU",
    "The same with its reason, and what was decided of it.",
    _of(*TRANSFERS.names, "decided", "why"),
    key=("from_location", "to_location", "sku"),
    optional=("decided",),
)

LANES = Table(
    "transfer_lanes",
    "one row per lane, the most margin saved first",
    "The moves of a lane together.",
    _of("from_location", "to_location", "skus", "units", "margin_saved", "cost", "gain", "minimum_units"),
    key=("from_location", "to_location"),
)

DECISIONS = Table(
    "decisions",
    "one row per decision that holds, the newest first",
    "What was decided, and what the data know by now of it.",
    _of(
        "made_at",
        "author",
        "verdict",
        "reason",
        "kind",
        "location",
        "from_location",
        "sku",
        "units_proposed",
        "units_decided",
        "as_of",
        "version",
        "lands_on",
        "until",
        "expected_margin",
        "forecast_units",
        "left_units",
        "landed_units",
        "ran_out",
        "without_run_out",
        "saved_units",
        "saved_margin",
        "outcome",
    ),
    key=("made_at", "location", "sku"),
)

LEVELS = Table(
    "service_levels",
    "one row per change of the stock policy, the newest first",
    "Who set which service levels.",
    (
        replace(_of("made_at")[0], label=N_("Set at (UTC)"), format=None),
        *_of("author", "policy"),
    ),
    key=("made_at",),
)

PATH = Table(
    "stock_path",
    "one row per day ahead",
    "Expected stock of an item at a place, without and with an order.",
    _of("day", "demand", "inbound", "without", "with_units"),
    key=("day",),
)
