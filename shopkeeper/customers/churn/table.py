"""What the reports of churn, lifetime value, lifecycle and the models' test become as files; same for page and cron."""

from shopkeeper import i18n
from shopkeeper.customers.churn.report import Churn
from shopkeeper.customers.table import acquired_terms, columns, model_caption, notes_caption, value_caption
from shopkeeper.exports.download import Download, about
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version


def churn(version: Version, found: Churn, *, rescue: bool = False) -> Download:
    """Every customer with risk and value at stake, or with `rescue` those of the rescue list only."""
    frame = found.rescue if rescue else found.customers
    names = ["p_no_purchase", "p_alive", "value_at_stake", "expected_next_order", "days_overdue", "lifecycle"]
    options = found.options
    chosen = (
        (_("Horizon"), i18n.days(options.horizon)),
        *model_caption(found.kind, options.fitted_by),
        *value_caption(found.value, options.discount),
        *_rescue(found, rescue=rescue),
        *notes_caption(found.notes),
        *found.filters.caption(),
    )
    title = _("Customers to rescue") if rescue else _("Churn risk by customer")
    told = about(
        version, title, frame.height, chosen, [*names, "purchase", *acquired_terms(found.filters)], found.as_of
    )
    words = (f"{options.horizon}d", found.kind or "rates", found.value)
    return Download("rescue" if rescue else "churn", words, frame, told, columns(frame))


def _rescue(found: Churn, *, rescue: bool) -> tuple[tuple[str, str], ...]:
    if not rescue:
        return ()
    reasons = {
        "not_contactable": _("not contactable"),
        "recent": _("bought lately"),
        "returning": _("returning goods"),
        "lost": _("lost"),
    }
    counts = [f"{reasons[name]} {i18n.integer(count)}" for name, count in found.left_out.items()]
    return ((_("Left out of the rescue list"), "; ".join(counts)),) if counts else ()
