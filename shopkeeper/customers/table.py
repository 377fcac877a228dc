"""What the customer tables share: labels and captions."""

from collections.abc import Mapping, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.filters import Filters
from shopkeeper.exports import ExportColumn
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import KIND_NAMES
from shopkeeper.measures.customers import CUSTOMER_MEASURES, MODEL_MEASURES
from shopkeeper.messages import Message

CUSTOMER_LABELS = {
    "customer_id": N_("Customer"),
    "first_day": N_("First purchase"),
    "first_channel": N_("Acquired in channel"),
    "first_region": N_("Acquired in region"),
    "first_category": N_("Acquired in category"),
    "first_sku": N_("First product"),
    "last_day": N_("Last purchase"),
}


def filter_terms(filters: Filters) -> tuple[str, ...]:
    """The words, of those that filters use, which a reader may not know."""
    names = {
        label
        for label, chosen in (("acquired_in", filters.acquired()), ("bought_in", filters.bought()))
        if any(value is False for value in chosen.values())
    }
    return tuple(sorted(names))


LABELS: Mapping[str, str] = CUSTOMER_LABELS | {
    "stage": N_("Stage"),
    "expected_next_order": N_("Expected next order"),
    "last_channel": N_("Last channel"),
    "last_category": N_("Last category"),
    "last_products": N_("Last products"),
    "contactable": N_("May be contacted"),
    "left_out": N_("Left out of the rescue list"),
    "cohort": N_("Acquired in year"),
    "from_stage": N_("Stage then"),
    "to_stage": N_("Stage now"),
    "day": N_("Day"),
    "kind": N_("Model"),
    "chosen": N_("Default"),
    "refused": N_("Why there is no fit"),
    "tenth": N_("Tenth of customers"),
    "holdout": N_("In the holdout"),
}


DECLARED = {measure.name: measure for measure in (*CUSTOMER_MEASURES, *MODEL_MEASURES)}


MONEY = {"revenue": N_("Net revenue"), "margin": N_("Margin")}


COUNTS = {
    "customers": N_("Customers"),
    "purchases": N_("Purchases"),
    "silent_days": N_("Days since the last purchase"),
}


def model_caption(kind: str | None, fitted_by: str) -> tuple[tuple[str, str], ...]:
    """Which model was used."""
    by = {
        "shop": _("the whole shop"),
        "channel": _("channel of the first purchase"),
        "cohort": _("year of acquisition"),
    }
    name = KIND_NAMES[kind] if kind else _("plain rates of customers alike")
    return ((_("Model"), name), *(((_("Fitted by"), by[fitted_by]),) if kind and fitted_by != "shop" else ()))


def value_caption(value: str, discount: float) -> tuple[tuple[str, str], ...]:
    """What is valued, and how later money counts."""
    return ((_("Value"), _(MONEY[value])), (_("Discount per year"), i18n.percent(discount)))


def notes_caption(notes: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    """What fell short."""
    return ((_("To know"), " ".join(str(note) for note in notes)),) if notes else ()


def acquired_terms(filters: Filters) -> tuple[str, ...]:
    """The word for filters by the first purchase, where one was used."""
    return ("acquired_in",) if any(value is False for value in filters.acquired().values()) else ()


def columns(frame: pl.DataFrame) -> tuple[ExportColumn, ...]:
    """What columns are called, and how numbers are read; those of no word keep their machine name."""
    found = []
    for name in frame.columns:
        if name in DECLARED:
            found.append(ExportColumn(name, _(DECLARED[name].label), DECLARED[name].format))
        elif name in MONEY:
            found.append(ExportColumn(name, _(MONEY[name]), "money"))
        elif name in COUNTS:
            found.append(ExportColumn(name, _(COUNTS[name]), "integer"))
        elif name in LABELS:
            found.append(ExportColumn(name, _(LABELS[name])))
    return tuple(found)
