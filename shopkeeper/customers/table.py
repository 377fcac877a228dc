"""What the customer tables share: what was chosen, in words."""

from collections.abc import Sequence

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import KIND_NAMES
from shopkeeper.messages import Message


def filter_terms(filters: CustomerFilters) -> tuple[str, ...]:
    """The words, of those that filters use, which a reader may not know."""
    names = {
        label
        for label, chosen in (("acquired_in", filters.acquired()), ("bought_in", filters.bought()))
        if any(value is False for value in chosen.values())
    }
    return tuple(sorted(names))


def model_caption(kind: str | None, fitted_by: str) -> tuple[tuple[str, str], ...]:
    """Which model was used."""
    by = {
        "shop": _("the whole shop"),
        "channel": _("channel of the first purchase"),
        "cohort": _("year of acquisition"),
    }
    name = _(KIND_NAMES[kind]) if kind else _("plain rates of customers alike")
    return ((_("Model"), name), *(((_("Fitted by"), by[fitted_by]),) if kind and fitted_by != "shop" else ()))


def value_caption(value: str, discount: float) -> tuple[tuple[str, str], ...]:
    """What is valued, and how later money counts."""
    return (
        (_("Value"), {"revenue": _("Net revenue"), "margin": _("Margin")}[value]),
        (_("Discount per year"), i18n.percent(discount)),
    )


def notes_caption(notes: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    """What fell short."""
    return ((_("To know"), " ".join(str(note) for note in notes)),) if notes else ()


def acquired_terms(filters: CustomerFilters) -> tuple[str, ...]:
    """The word for filters by the first purchase, where one was used."""
    return ("acquired_in",) if any(value is False for value in filters.acquired().values()) else ()
