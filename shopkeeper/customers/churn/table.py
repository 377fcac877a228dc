"""What the reports of churn, lifetime value, lifecycle and the models' test become as files; same for page and cron."""

from collections.abc import Mapping, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.churn.report import Churn
from shopkeeper.customers.filters import Filters
from shopkeeper.customers.lifecycle.report import Lifecycle
from shopkeeper.customers.lifetime_value.report import LifetimeValue
from shopkeeper.customers.model_check.report import ModelCheck
from shopkeeper.exports import Column
from shopkeeper.exports.download import CUSTOMER_LABELS, Download, about
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import KIND_NAMES, Sentence
from shopkeeper.lake.version import Version
from shopkeeper.measures.customers import CUSTOMER_MEASURES, MODEL_MEASURES

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
_DECLARED = {measure.name: measure for measure in (*CUSTOMER_MEASURES, *MODEL_MEASURES)}
_MONEY = {"revenue": N_("Net revenue"), "margin": N_("Margin")}
_COUNTS = {
    "customers": N_("Customers"),
    "purchases": N_("Purchases"),
    "silent_days": N_("Days since the last purchase"),
}


def churn(version: Version, found: Churn, *, rescue: bool = False) -> Download:
    """Every customer with risk and value at stake, or with `rescue` those of the rescue list only."""
    frame = found.rescue if rescue else found.customers
    names = ["p_no_purchase", "p_alive", "value_at_stake", "expected_next_order", "days_overdue", "lifecycle"]
    options = found.options
    chosen = (
        (_("Horizon"), i18n.days(options.horizon)),
        *_model(found.kind, options.fitted_by),
        *_valued(found.value, options.discount),
        *_rescue(found, rescue=rescue),
        *_noted(found.notes),
        *found.filters.caption(),
    )
    title = _("Customers to rescue") if rescue else _("Churn risk by customer")
    told = about(version, title, frame.height, chosen, [*names, "purchase", *_terms(found.filters)], found.as_of)
    words = (f"{options.horizon}d", found.kind or "rates", found.value)
    return Download("rescue" if rescue else "churn", words, frame, told, _columns(frame))


def lifetime_value(version: Version, found: LifetimeValue) -> Download:
    """Every customer with historic and predicted value."""
    options = found.options
    chosen = (
        (_("Months ahead"), i18n.integer(options.months)),
        *_model(found.kind, options.fitted_by),
        *_valued(found.value, options.discount),
        *_noted(found.notes),
        *found.filters.caption(),
    )
    names = ["lifetime_value", "historic_value", "predicted_value", "p_alive", "purchase", *_terms(found.filters)]
    told = about(version, _("Lifetime value by customer"), found.customers.height, chosen, names, found.as_of)
    words = (f"{options.months}m", found.kind or "none", found.value)
    return Download("lifetime-value", words, found.customers, told, _columns(found.customers))


def lifecycle(version: Version, found: Lifecycle, customers: pl.DataFrame) -> Download:
    """The customers that `lifecycle.customers` gave: of the whole matrix, or of one cell."""
    chosen = (
        *((_(label), i18n.integer(getattr(found.rules, name))) for name, label in _RULES.items()),
        (_("Moves since"), i18n.date_(found.since)),
        *found.filters.caption(),
    )
    told = about(
        version, _("Lifecycle stage by customer"), customers.height, chosen,
        ["lifecycle", "purchase", *_terms(found.filters)], found.as_of,
    )  # fmt: skip
    return Download("lifecycle", (found.since.isoformat(),), customers, told, _columns(customers))


def model_check(version: Version, found: ModelCheck) -> Download:
    """Predicted and actual in the holdout, one row per figure: `part, key, customers, predicted, actual, low, high`.

    Parts: `purchases` and `risk` (by tenth of customers), `frequency` (by past frequency), `histogram` (by number of
    repeat purchases), `tracking` (by week), and `trial` (a figure of one model; nothing is predicted).
    """
    frame = checked(found)
    split = found.calibration_end
    chosen = (
        *_model(found.kind, "shop"),
        *(((_("Fitted until"), i18n.date_(split)),) if split else ()),
        *_noted((found.reason, *found.notes)),
    )
    names = ["holdout", "p_no_purchase", "purchase"]
    told = about(version, _("Predicted and actual in the holdout"), frame.height, chosen, names, found.as_of)
    return Download("model-check", (found.kind or "none",), frame, told, _columns(frame))


def checked(found: ModelCheck) -> pl.DataFrame:
    """All parts of the test as one long table."""
    parts = (
        ("purchases", found.purchases, "tenth", "actual"),
        ("risk", found.risk, "tenth", "happened"),
        ("frequency", found.by_frequency, "frequency", "actual"),
        ("histogram", found.histogram, "frequency", "actual"),
        ("tracking", found.tracking, "day", "actual"),
    )
    nothing = pl.lit(None, dtype=pl.Float64)
    rows = [
        frame.select(
            part=pl.lit(part),
            key=pl.col(key).cast(pl.String),
            customers=(pl.col("customers") if "customers" in frame.columns else pl.lit(None)).cast(pl.Int64),
            predicted="predicted",
            actual=pl.col(actual).cast(pl.Float64),
            low=pl.col("low") if "low" in frame.columns else nothing,
            high=pl.col("high") if "high" in frame.columns else nothing,
        )
        for part, frame, key, actual in parts
    ]
    figures = ["log_likelihood", "mae", "bias", "calibration_error", "worst_tenth"]
    trials = found.trials.unpivot(figures, index=["kind", "customers"]).select(
        part=pl.lit("trial"),
        key=pl.format("{} {}", "kind", "variable"),
        customers="customers",
        predicted=nothing,
        actual="value",
        low=nothing,
        high=nothing,
    )
    return pl.concat([*rows, trials])


_RULES = {
    "active_days": N_("Active for days"),
    "lost_days": N_("Lost after days"),
    "loyal_purchases": N_("Loyal from purchases"),
}


def _model(kind: str | None, fitted_by: str) -> tuple[tuple[str, str], ...]:
    by = {
        "shop": _("the whole shop"),
        "channel": _("channel of the first purchase"),
        "cohort": _("year of acquisition"),
    }
    name = KIND_NAMES[kind] if kind else _("plain rates of customers alike")
    return ((_("Model"), name), *(((_("Fitted by"), by[fitted_by]),) if kind and fitted_by != "shop" else ()))


def _valued(value: str, discount: float) -> tuple[tuple[str, str], ...]:
    return ((_("Value"), _(_MONEY[value])), (_("Discount per year"), i18n.percent(discount)))


def _rescue(found: Churn, *, rescue: bool) -> tuple[tuple[str, str], ...]:
    if not rescue:
        return ()
    reasons = {
        "not_contactable": _("not contactable"), "recent": _("bought lately"), "returning": _("returning goods"),
        "lost": _("lost"),
    }  # fmt: skip
    counts = [f"{reasons[name]} {i18n.integer(count)}" for name, count in found.left_out.items()]
    return ((_("Left out of the rescue list"), "; ".join(counts)),) if counts else ()


def _noted(notes: Sequence[Sentence]) -> tuple[tuple[str, str], ...]:
    return ((_("To know"), " ".join(note.told() for note in notes)),) if notes else ()


def _terms(filters: Filters) -> tuple[str, ...]:
    return ("acquired_in",) if any(value is False for value in filters.acquired().values()) else ()


def _columns(frame: pl.DataFrame) -> tuple[Column, ...]:
    """What columns are called, and how numbers are read; those of no word keep their machine name."""
    found = []
    for name in frame.columns:
        if name in _DECLARED:
            found.append(Column(name, _(_DECLARED[name].label), _DECLARED[name].format))
        elif name in _MONEY:
            found.append(Column(name, _(_MONEY[name]), "money"))
        elif name in _COUNTS:
            found.append(Column(name, _(_COUNTS[name]), "integer"))
        elif name in LABELS:
            found.append(Column(name, _(LABELS[name])))
    return tuple(found)
