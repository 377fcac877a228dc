"""Lifetime value as a file."""

from shopkeeper import i18n
from shopkeeper.customers.lifetime_value.report import LifetimeValue
from shopkeeper.customers.table import acquired_terms, columns, model_caption, notes_caption, value_caption
from shopkeeper.exports.download import Download, about
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version


def download(version: Version, found: LifetimeValue) -> Download:
    """Every customer with historic and predicted value."""
    options = found.options
    chosen = (
        (_("Months ahead"), i18n.integer(options.months)),
        *model_caption(found.kind, options.fitted_by),
        *value_caption(found.value, options.discount),
        *notes_caption(found.notes),
        *found.filters.caption(),
    )
    names = [
        "lifetime_value",
        "historic_value",
        "predicted_value",
        "p_alive",
        "purchase",
        *acquired_terms(found.filters),
    ]
    told = about(version, _("Lifetime value by customer"), found.customers.height, chosen, names, found.as_of)
    words = (f"{options.months}m", found.kind or "none", found.value)
    return Download("lifetime-value", words, found.customers, told, columns(found.customers))
