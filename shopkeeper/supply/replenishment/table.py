"""What orders, transfers and the decision log become as files; the same for page and cron."""

from collections.abc import Mapping, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.exports import Column
from shopkeeper.exports.download import Download, about
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.measures.lookup import measure
from shopkeeper.measures.measure import Format
from shopkeeper.merchant.policy import Policy
from shopkeeper.messages import Message
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment import notes as replenishment_notes
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment import transfers as moves
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.transfers import Transfers

LABELS: Mapping[str, tuple[str, Format | None]] = {
    "proposal": (N_("Proposal"), None),
    "decided": (N_("Decision"), None),
    "location": (N_("Location"), None),
    "from_location": (N_("From"), None),
    "to_location": (N_("To"), None),
    "sku": (N_("SKU"), None),
    "name": (N_("Item"), None),
    "category": (N_("Category"), None),
    "region": (N_("Region"), None),
    "abc": (N_("ABC class"), None),
    "pattern": (N_("Demand pattern"), None),
    "supplier": (N_("Supplier"), None),
    "units": (N_("Units"), "integer"),
    "cost": (N_("Cost"), "money"),
    "order_by": (N_("Order by"), None),
    "late_days": (N_("Days too late"), "integer"),
    "lands_on": (N_("Lands on"), None),
    "on_hand": (N_("On hand"), "integer"),
    "committed": (N_("Committed"), "integer"),
    "in_time": (N_("Landing in time"), "integer"),
    "later": (N_("Landing later"), "integer"),
    "need_lead": (N_("Need over lead time"), "number"),
    "own_share": (N_("Own share of the need"), "percent"),
    "lead_days": (N_("Lead time (days)"), "number"),
    "lead_sd": (N_("Spread of lead time (days)"), "number"),
    "lead_source": (N_("Lead time from"), None),
    "service_level": (N_("Cycle service"), "percent"),
    "pack_size": (N_("Pack"), "integer"),
    "minimum_order": (N_("Least order"), "integer"),
    "unit_cost": (N_("Unit cost"), "money"),
    "unit_margin": (N_("Unit margin"), "money"),
    "cover_days": (N_("Forward days of cover"), "integer"),
    "why": (N_("Why"), None),
    "gain": (N_("Saved less cost"), "money"),
    "next_supply_on": (N_("Next supply"), None),
    "expected_short": (N_("Expected short"), "number"),
    "to_need": (N_("Need until then"), "number"),
    "to_available": (N_("Available there"), "integer"),
    "to_cover_days": (N_("Days of cover there"), "integer"),
    "from_available": (N_("Available at the source"), "integer"),
    "from_spare": (N_("Source can spare"), "integer"),
    "from_left": (N_("Left at the source"), "integer"),
    "cost_per_unit": (N_("Cost per unit"), "money"),
    "skus": (N_("Items"), "integer"),
    "minimum_units": (N_("Least per lane"), "integer"),
    "made_at": (N_("Decided at (UTC)"), None),
    "author": (N_("By"), None),
    "verdict": (N_("Decision"), None),
    "kind": (N_("Kind"), None),
    "units_proposed": (N_("Units proposed"), "integer"),
    "units_decided": (N_("Units decided"), "integer"),
    "reason": (N_("Reason"), None),
    "as_of": (N_("As of"), None),
    "until": (N_("Until"), None),
    "version": (N_("Data version"), None),
    "expected_margin": (N_("Margin promised"), "money"),
    "forecast_units": (N_("Forecast"), "number"),
    "left_units": (N_("Really left"), "number"),
    "landed_units": (N_("Landed"), "integer"),
    "ran_out": (N_("Ran out"), None),
    "without_run_out": (N_("Would have run out"), None),
    "saved_units": (N_("Units saved"), "number"),
    "saved_margin": (N_("Margin really saved"), "money"),
    "outcome": (N_("Outcome"), None),
    "stated_days": (N_("Stated days"), "number"),
    "stated_sd": (N_("Stated spread"), "number"),
    "measured_days": (N_("Measured days"), "number"),
    "measured_sd": (N_("Measured spread"), "number"),
    "deliveries": (N_("Deliveries measured"), "integer"),
}
OUTCOMES: Mapping[str, str] = {
    "needed": N_("Needed"),
    "not_enough": N_("Not enough"),
    "not_needed": N_("Not needed"),
    "not_done": N_("Not done"),
    "missed": N_("Missed"),
    "rightly_refused": N_("Rightly refused"),
    "open": N_("Open"),
    "unknown": N_("Not counted"),
}
VERDICTS: Mapping[str, str] = {"accepted": N_("Accepted"), "changed": N_("Changed"), "refused": N_("Refused")}
KINDS: Mapping[str, str] = {"order": N_("Order"), "transfer": N_("Transfer")}
LEAD_SOURCES: Mapping[str, str] = {
    "products": N_("products table"),
    "deliveries": N_("measured on deliveries"),
    "policy": N_("stock policy"),
    "lane": N_("lane"),
}
ORDER_TERMS = (
    "position",
    "reorder_point",
    "order_up_to",
    "safety_stock",
    "order_need",
    "order_by",
    "margin_protected",
    "waiting_costs",
    "abc_class",
    "demand_pattern",
)
TRANSFER_TERMS = ("transfer_plan", "spare_stock", "margin_saved", "transfer_gain")
DECISION_TERMS = ("decision_score", "margin_protected", "margin_saved")
_MEASURED = (
    "position",
    "reorder_point",
    "order_up_to",
    "safety_stock",
    "margin_protected",
    "waiting_costs",
    "margin_saved",
)


def orders(version: Version, found: OrderProposals, frame: pl.DataFrame | None = None) -> Download:
    """Every order proposed with its reason, or some rows of it (`frame`, which may hold more columns)."""
    rows = found.rows if frame is None else frame
    told = [replenishment.why(row, found.policy) for row in rows.iter_rows(named=True)]
    rows = rows.with_columns(pl.Series("why", told, dtype=pl.String))
    return sheet(
        version,
        "replenishment",
        _("Orders to place"),
        rows,
        _chosen(found.filters, found.policy, replenishment_notes.told(found.notes)),
        ORDER_TERMS,
    )


def transfers(version: Version, found: Transfers, frame: pl.DataFrame | None = None) -> Download:
    """Every move proposed, or some rows of it (`frame`, which may hold more columns)."""
    chosen = _chosen(found.filters, found.policy, replenishment_notes.told(found.notes))
    rows = found.rows if frame is None else frame
    told = [moves.why(row) for row in rows.iter_rows(named=True)]
    rows = rows.with_columns(pl.Series("why", told, dtype=pl.String))
    return sheet(version, "transfers", _("Transfers to make"), rows, (*_plan(found), *chosen), TRANSFER_TERMS)


def decisions(version: Version, scored: pl.DataFrame) -> Download:
    """The decision log with its scores."""
    rows = scored.drop("frozen", "id", "replaces", "proposal", "forecast").with_columns(
        pl.col("made_at").dt.strftime("%Y-%m-%d %H:%M:%S")
    )
    return sheet(version, "decisions", _("Decisions and what became of them"), rows, (), DECISION_TERMS)


def sheet(
    version: Version,
    report: str,
    title: str,
    frame: pl.DataFrame,
    chosen: Sequence[tuple[str, str]],
    terms: Sequence[str] = (),
) -> Download:
    """A table of this page as it is handed over."""
    told = about(version, title, frame.height, chosen, terms, version.as_of)
    return Download(report, (), frame, told, columns(frame.columns))


def columns(names: Sequence[str]) -> tuple[Column, ...]:
    """What columns are called; those without a word keep their machine name."""
    found = []
    for name in names:
        if name in _MEASURED:
            found.append(Column(name, _(measure(name).label), measure(name).format))
        elif name in LABELS:
            found.append(Column(name, _(LABELS[name][0]), LABELS[name][1]))
    return tuple(found)


def _chosen(filters: GoodsFilters, policy: Policy, notes: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    levels = [f"{abc} {i18n.percent(level)}" for abc, level in policy.service_levels]
    levels += [f"{abc} {pattern} {i18n.percent(level)}" for abc, pattern, level in policy.pattern_levels]
    noted = ((_("To know"), " ".join(str(note) for note in notes)),) if notes else ()
    return (
        (_("Cycle service"), "; ".join(levels)),
        (_("Review"), i18n.days(policy.review_days)),
        (_("Receiving"), i18n.days(policy.receiving_days)),
        *noted,
        *filters.caption(),
    )


def _plan(found: Transfers) -> tuple[tuple[str, str], ...]:
    closed = ", ".join(f"{start} → {end}" for start, end in found.plan.closed)
    full = ", ".join(found.plan.full)
    words = ((_("Lanes left out below their minimum"), closed), (_("Places that are full then"), full))
    return tuple((label, text) for label, text in words if text)
