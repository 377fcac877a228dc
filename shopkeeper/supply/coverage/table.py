"""What the report of Coverage becomes as files; the same for page and cron."""

from collections.abc import Mapping, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.exports import Column
from shopkeeper.exports.download import Download, about
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.measures.measure import Format
from shopkeeper.measures.supply import COVERAGE_MEASURES
from shopkeeper.supply.coverage.report import Ages, Coverage
from shopkeeper.supply.coverage.status import STATUSES

ROWS = ("sku", "location", "cell")
STATUS_WORDS: Mapping[str, str] = {
    "out": N_("Out"),
    "runs_out": N_("Runs out before an order can land"),
    "order_now": N_("Order now"),
    "ok": N_("OK"),
    "excess": N_("Excess"),
    "no_demand": N_("No demand"),
}
LABELS: Mapping[str, tuple[str, Format | None]] = {
    "region": (N_("Region"), None),
    "category": (N_("Category"), None),
    "location": (N_("Location"), None),
    "location_name": (N_("Location name"), None),
    "kind": (N_("Kind"), None),
    "from_location": (N_("Supplied by"), None),
    "sku": (N_("SKU"), None),
    "name": (N_("Item"), None),
    "abc": (N_("ABC class"), None),
    "pattern": (N_("Demand pattern"), None),
    "status": (N_("Status"), None),
    "status_before": (N_("Status a week ago"), None),
    "change": (N_("Since last week"), None),
    "cover_days": (N_("Forward days of cover"), "integer"),
    "cover_before": (N_("Days of cover a week ago"), "integer"),
    "run_out_on": (N_("Runs out on"), None),
    "on_hand": (N_("On hand"), "number"),
    "committed": (N_("Committed"), "number"),
    "available": (N_("Available"), "number"),
    "open_units": (N_("On its way"), "number"),
    "daily_mean": (N_("Expected per day"), "number"),
    "lead_days": (N_("Lead time (days)"), "number"),
    "sold_units": (N_("Sold in 91 days"), "number"),
    "series": (N_("Items with demand"), "integer"),
    "at_risk": (N_("Out or running out"), "integer"),
    "overridden": (N_("With a manual value"), None),
    "fresh": (N_("Landed in the last 90 days"), "integer"),
    "middle": (N_("91 to 180 days ago"), "integer"),
    "old": (N_("More than 180 days ago"), "integer"),
    "unknown": (N_("Before the first known delivery"), "integer"),
    "oldest_days": (N_("First known delivery, days ago"), "integer"),
    "value": (N_("Old and of unknown age, at cost"), "money"),
}
TERMS = (
    "coverage_status",
    "days_of_cover",
    "regional_stock",
    "margin_at_stake",
    "safety_stock",
    "reorder_point",
    "order_up_to",
    "excess_units",
    "sell_through",
    "abc_class",
    "demand_pattern",
)
_DECLARED = {measure.name: measure for measure in COVERAGE_MEASURES}


def coverage(version: Version, found: Coverage, by: str = "sku", places: pl.DataFrame | None = None) -> Download:
    """All rows of the report: by `sku` (SKU x region), `location` (`places`, as `coverage.locations` gives), `cell`."""
    if by == "location" and places is not None:
        return sheet(version, found, "coverage-locations", _("Coverage by location and SKU"), places)
    if by == "cell":
        return sheet(version, found, "coverage-cells", _("Coverage by region and category"), found.cells)
    return sheet(version, found, "coverage", _("Coverage by region and SKU"), found.regions_skus)


def ages(version: Version, found: Coverage, aged: Ages) -> Download:
    """How long stock has lain, one row per location and SKU."""
    return sheet(version, found, "stock-age", _("Age of stock by location and SKU"), aged.rows, terms=("stock_age",))


def sheet(
    version: Version,
    found: Coverage,
    report: str,
    title: str,
    frame: pl.DataFrame,
    *,
    more: Sequence[tuple[str, str]] = (),
    terms: Sequence[str] = TERMS,
) -> Download:
    """Some rows of the report as a table, told with its filters, the stock policy and what is odd in the data."""
    chosen = (*more, *_policy(found), *_noted(found), *found.filters.caption())
    told = about(version, title, frame.height, chosen, terms, found.as_of)
    words = tuple(value for _label, value in more)
    return Download(report, words, frame, told, columns(frame.columns))


def columns(names: Sequence[str]) -> tuple[Column, ...]:
    """What columns are called and how their numbers are read; machine names where there is no word."""
    found = []
    for name in names:
        if name in STATUSES:
            found.append(Column(name, _(STATUS_WORDS[name]), "integer"))
        elif name in LABELS:
            found.append(Column(name, _(LABELS[name][0]), LABELS[name][1]))
        elif name in _DECLARED:
            found.append(Column(name, _(_DECLARED[name].label), _DECLARED[name].format))
    return tuple(found)


def _policy(found: Coverage) -> tuple[tuple[str, str], ...]:
    policy = found.policy
    levels = "; ".join(f"{abc} {i18n.percent(level, 1)}" for abc, level in policy.service_levels)
    return (
        (_("Cycle service"), levels),
        (_("Review"), i18n.days(policy.review_days)),
        (_("Receiving"), i18n.days(policy.receiving_days)),
        (_("Excess beyond"), i18n.days(policy.excess_days)),
    )


def _noted(found: Coverage) -> tuple[tuple[str, str], ...]:
    return ((_("To know"), " ".join(str(note) for note in found.notes)),) if found.notes else ()
