"""What the report of Coverage becomes as files; the same for page and cron."""

from collections.abc import Mapping, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.contract.table import labelled
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.supply.coverage.frames import COLUMNS
from shopkeeper.supply.coverage.report import Ages, Coverage

ROWS = ("sku", "location", "cell")
STATUS_WORDS: Mapping[str, str] = {
    "out": N_("Out"),
    "runs_out": N_("Runs out before an order can land"),
    "order_now": N_("Order now"),
    "ok": N_("OK"),
    "excess": N_("Excess"),
    "no_demand": N_("No demand"),
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


def coverage(version: Version, coverage: Coverage, by: str = "sku", places: pl.DataFrame | None = None) -> Download:
    """All rows of the report: by `sku` (SKU x region), `location` (`places`, as `coverage.locations` gives), `cell`."""
    if by == "location" and places is not None:
        return sheet(version, coverage, "coverage-locations", _("Coverage by location and SKU"), places)
    if by == "cell":
        return sheet(version, coverage, "coverage-cells", _("Coverage by region and category"), coverage.cells)
    return sheet(version, coverage, "coverage", _("Coverage by region and SKU"), coverage.regions_skus)


def ages(version: Version, coverage: Coverage, aged: Ages) -> Download:
    """How long stock has lain, one row per location and SKU."""
    return sheet(version, coverage, "stock-age", _("Age of stock by location and SKU"), aged.rows, terms=("stock_age",))


def sheet(
    version: Version,
    coverage: Coverage,
    report: str,
    title: str,
    frame: pl.DataFrame,
    *,
    more: Sequence[tuple[str, str]] = (),
    terms: Sequence[str] = TERMS,
) -> Download:
    """Some rows of the report as a table, told with its filters, the stock policy and what is odd in the data."""
    return download(
        version,
        report,
        title,
        frame,
        labelled(COLUMNS, frame.columns),
        caption=(*more, *_policy(coverage), *_noted(coverage), *coverage.filters.caption()),
        words=tuple(value for _label, value in more),
        terms=terms,
        as_of=coverage.as_of,
    )


def _policy(coverage: Coverage) -> tuple[tuple[str, str], ...]:
    policy = coverage.policy
    levels = "; ".join(f"{abc} {i18n.percent(level, 1)}" for abc, level in policy.service_levels)
    return (
        (_("Cycle service"), levels),
        (_("Review"), i18n.days(policy.review_days)),
        (_("Receiving"), i18n.days(policy.receiving_days)),
        (_("Excess beyond"), i18n.days(policy.excess_days)),
    )


def _noted(coverage: Coverage) -> tuple[tuple[str, str], ...]:
    return ((_("To know"), " ".join(str(note) for note in coverage.notes)),) if coverage.notes else ()
