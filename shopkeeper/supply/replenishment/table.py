"""What orders, transfers and the decision log become as files; the same for page and cron."""

from collections.abc import Mapping, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.contract.table import labelled
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.merchant.policy import Policy
from shopkeeper.messages import Message
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment import notes as replenishment_notes
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment import transfers as moves
from shopkeeper.supply.replenishment.frames import LEVELS, PATH
from shopkeeper.supply.replenishment.frames.columns import COLUMNS
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.transfers import Transfers

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
    "both": N_("products table, corrected by deliveries"),
    "deliveries": N_("measured on deliveries"),
    "policy": N_("stock policy"),
    "lane": N_("lane"),
}
DUE = ("today", "week", "wait", "doubt")
"""Lists of order lines: by the last safe order day, and those to be looked at first, which are in no other."""
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


def lines_of(proposals: OrderProposals, due: str) -> pl.DataFrame:
    """The lines of one of `DUE`, or of `all`, `urgency` saying which."""
    if due == "all":
        return pl.concat([lines_of(proposals, each) for each in DUE])
    if due == "today":
        return proposals.rows
    if due == "doubt":
        return proposals.doubts.with_columns(urgency=pl.lit("doubt"))
    return proposals.coming.filter(pl.col("urgency") == due)


def orders(version: Version, proposals: OrderProposals, frame: pl.DataFrame | None = None, title: str = "") -> Download:
    """Every order line of today with its reason, or other lines (`frame`, which may hold more columns)."""
    rows = proposals.rows if frame is None else frame
    reasons = [replenishment.why(row, proposals.policy) for row in rows.iter_rows(named=True)]
    rows = rows.with_columns(pl.Series("why", reasons, dtype=pl.String))
    return sheet(
        version,
        "replenishment",
        title or _("Orders to place"),
        rows,
        _chosen(
            proposals.filters, proposals.policy, (*replenishment_notes.sentences(proposals.notes), *proposals.dependent)
        ),
        ORDER_TERMS,
    )


def transfers(version: Version, transfers: Transfers, frame: pl.DataFrame | None = None) -> Download:
    """Every move proposed, or some rows of it (`frame`, which may hold more columns)."""
    chosen = _chosen(transfers.filters, transfers.policy, replenishment_notes.sentences(transfers.notes))
    rows = transfers.rows if frame is None else frame
    reasons = [moves.why(row) for row in rows.iter_rows(named=True)]
    rows = rows.with_columns(pl.Series("why", reasons, dtype=pl.String))
    return sheet(version, "transfers", _("Transfers to make"), rows, (*_plan(transfers), *chosen), TRANSFER_TERMS)


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
    caption: Sequence[tuple[str, str]],
    terms: Sequence[str] = (),
) -> Download:
    """A table of this page as it is handed over."""
    return download(version, report, title, frame, labelled(COLUMNS, frame.columns), caption=caption, terms=terms)


def _chosen(filters: GoodsFilters, policy: Policy, notes: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    levels = [f"{abc} {i18n.percent(level)}" for abc, level in policy.service_levels]
    levels += [f"{abc} {pattern} {i18n.percent(level)}" for abc, pattern, level in policy.pattern_levels]
    noted = ((_("To know"), " ".join(str(note) for note in notes)),) if notes else ()
    service = _("Fill rate") if policy.service_kind == "fill" else _("Cycle service")
    return (
        (service, "; ".join(levels)),
        (_("Review"), i18n.days(policy.review_days)),
        (_("Receiving"), i18n.days(policy.receiving_days)),
        *noted,
        *filters.caption(),
    )


def _plan(transfers: Transfers) -> tuple[tuple[str, str], ...]:
    closed = ", ".join(f"{start} → {end}" for start, end in transfers.plan.closed)
    full = ", ".join(transfers.plan.full)
    words = ((_("Lanes left out below their minimum"), closed), (_("Places that are full then"), full))
    return tuple((label, text) for label, text in words if text)


def service_levels(version: Version, history: pl.DataFrame) -> Download:
    """Who set which service levels, the newest first."""
    frame = history.with_columns(pl.col("made_at").dt.strftime("%Y-%m-%d %H:%M:%S"))
    return download(version, "service-levels", _("Service levels over time"), frame, LEVELS.labelled())


def stock_path(version: Version, frame: pl.DataFrame, sku: str, location: str) -> Download:
    """How the stock of an item at a place should go."""
    title = _("Expected stock of {item} at {place}", item=sku, place=location)
    return download(version, "stock-path", title, frame, PATH.labelled())
