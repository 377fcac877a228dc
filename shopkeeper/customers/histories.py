"""Customers' whole purchase histories as seen on a day, and what a fit says of them.

A part of a history is another history: seen through one category, a regular who moved on to another has left. So the
pages that stand on it choose customers (acquired in), never purchases (bought in), and are closed to viewers who may
see only some categories or regions.
"""

from datetime import date

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_, gettext
from shopkeeper.jobs.buying.reason import extrapolated
from shopkeeper.jobs.buying.result import KIND_NAMES, VALUES, Fits, FittedBy, ValueMeasure, kind_name
from shopkeeper.jobs.buying.scores import rule_of, used_kind, used_value
from shopkeeper.messages import Message, message
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.models.buying.spend import SpendModel

LEAST_NOTED = 0.001
"""Share of sales that went back to nobody from which it is said."""


def check_model(kind: str | None, discount: float) -> None:
    """Raise `Refused` for a model that there is not, or a yearly discount beyond 0 to 1."""
    if kind is not None and kind not in KIND_NAMES:
        raise Refused(message("“{asked}” is no model; choose one of {known}.", asked=kind, known=", ".join(KIND_NAMES)))
    if not 0 <= discount <= 1:
        raise Refused(
            message(
                "A discount of {asked} a year cannot be; choose 0 to 1 (0.1 is 10 %).", asked=i18n.decimal(discount)
            )
        )


def check_viewer(query: Query, filters: CustomerFilters) -> None:
    """Raise `Refused` where the viewer may see, or the filters keep, only a part of each customer's purchases."""
    if query.scope.restricted:
        raise Refused(
            message(
                "This needs every purchase of a customer, in all categories and regions, and you may see only some; "
                "ask the owner for a wider view, or use Retention."
            )
        )
    for name, label in CustomerFilters.CHOICES.items():
        if name.startswith("bought_") and getattr(filters, name) is not None:
            raise Refused(
                message(
                    "The filter “{filter}” keeps only a part of a customer's purchases, and a part cannot say who is "
                    "leaving; use the filters “Acquired in” here.",
                    filter=gettext(label),
                )
            )


def seen_until(query: Query, filters: CustomerFilters) -> date:
    """The last day that is looked at: as-of, or an earlier day that the viewer chose."""
    return min(query.version.as_of, filters.until or query.version.as_of)


def customers(query: Query, filters: CustomerFilters) -> pl.DataFrame:
    """One row per chosen customer, as seen on `until`; columns as in queries/customers/histories.sql.

    Raise `Refused` as `check_viewer` does.
    """
    check_viewer(query, filters)
    day = seen_until(query, filters)
    if day == query.version.as_of:
        return query("customers/histories", **filters.acquired())
    return query("customers/histories_until", **filters.acquired(), as_of=day)


def notes(fits: Fits, day: date, preferred: ModelKind | None, by: FittedBy, value: ValueMeasure) -> tuple[Message, ...]:
    """What a reader of these scores must know: fallbacks, and how far the fit reaches."""
    kind = used_kind(fits, preferred)
    sentences: list[Message] = [fits.reason] if kind is None else []
    if preferred and preferred != kind:
        text = N_("{wanted} could not be fitted; {used} serves instead.")
        sentences.append(Message(text, {"wanted": kind_name(preferred), "used": kind_name(kind) if kind else "-"}))
    if kind == "bg_nbd":
        sentences.append(
            Message(N_("BG/NBD takes every customer who bought once for active: there P(alive) is always 1."))
        )
    if rule := rule_of(fits, kind):
        sentences.append(extrapolated(rule.tables[-1].days))
    elif kind is not None and by != "shop" and kind != fits.chosen:
        text = N_("Fits by segment are made with {kind} only; the whole shop's fit serves.")
        sentences.append(Message(text, {"kind": kind_name(fits.chosen or kind)}))
    if kind in fits.models and day < fits.as_of:
        text = N_("Histories are as of {day}; the model was fitted on purchases until {fitted}.")
        sentences.append(Message(text, {"day": day.isoformat(), "fitted": fits.as_of.isoformat()}))
    if not fits.means:
        sentences.append(
            Message(N_("Nobody has bought a second time yet, so nobody knows what a next purchase brings."))
        )
    elif used_value(fits, value) != value:
        text = N_("The unit costs of repeat purchases are not known, so their margin is not; values are net revenue.")
        sentences.append(Message(text))
    if fits.means and used_value(fits, value) not in fits.spends:
        text = N_(
            "What a purchase is worth could not be fitted; the shop's mean repeat purchase stands for everybody's."
        )
        sentences.append(Message(text))
    spend = fits.spends.get(used_value(fits, value))
    if spend is not None and spend.refunded >= LEAST_NOTED:
        text = N_(
            "Refunds that name neither order nor buyer are {percent} % of sales; the shop's mean purchase is lower by "
            "that share."
        )
        sentences.append(Message(text, {"percent": round(100 * spend.refunded, 1)}))
    fell_short = by != "shop" or not isinstance(spend, SpendModel)
    return (*sentences, *(of_known_values(fits) if fell_short else ()))


def of_known_values(fits: Fits) -> tuple[Message, ...]:
    """What fell short in the fits, without what is said of a value that no repeat purchase has: that nobody came back,
    where costs are missing, or where it is the sentence before that says so."""
    unknown = len(fits.means) < len(VALUES)
    return tuple(note for note in fits.notes if not (unknown and note.values.get("n") == 0))
