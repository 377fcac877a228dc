"""Lifecycle stages as a file."""

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.lifecycle.report import Lifecycle
from shopkeeper.customers.table import acquired_terms, columns
from shopkeeper.exports.download import Download, about
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version


def download(version: Version, found: Lifecycle, customers: pl.DataFrame) -> Download:
    """The customers that `lifecycle.customers` gave: of the whole matrix, or of one cell."""
    chosen = (
        *((_(label), i18n.integer(getattr(found.rules, name))) for name, label in _RULES.items()),
        (_("Moves since"), i18n.date_(found.since)),
        *found.filters.caption(),
    )
    told = about(
        version,
        _("Lifecycle stage by customer"),
        customers.height,
        chosen,
        ["lifecycle", "purchase", *acquired_terms(found.filters)],
        found.as_of,
    )
    return Download("lifecycle", (found.since.isoformat(),), customers, told, columns(customers))


_RULES = {
    "active_days": N_("Active for days"),
    "lost_days": N_("Lost after days"),
    "loyal_purchases": N_("Loyal from purchases"),
}
