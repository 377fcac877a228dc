"""What a report becomes as a file: its frame, its About and what its columns are called; the same for page and cron."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.filters import Filters
from shopkeeper.customers.retention.report import Retention, View
from shopkeeper.exports import About, Column
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.measures.lookup import cell_measures, definition, measure
from shopkeeper.measures.terms import TERMS

MEASURE_LABELS = {
    "customers": N_("Customers"),
    "revenue": N_("Net revenue"),
    "margin": N_("Margin"),
    "orders": N_("Orders"),
}
CUSTOMER_LABELS = {
    "customer_id": N_("Customer"),
    "first_day": N_("First purchase"),
    "first_channel": N_("Acquired in channel"),
    "first_region": N_("Acquired in region"),
    "first_category": N_("Acquired in category"),
    "first_sku": N_("First product"),
    "last_day": N_("Last purchase"),
}


@dataclass(frozen=True)
class Download:
    """One table as it is handed over. `report` and `choices` name the file."""

    report: str
    choices: tuple[str, ...]
    frame: pl.DataFrame
    about: About
    columns: tuple[Column, ...]


def about(
    version: Version, title: str, rows: int, filters: Sequence[tuple[str, str]], terms: Sequence[str], as_of: date
) -> About:
    """The About of a table of this version, in the language in use."""
    return About(
        title=title,
        rows=rows,
        filters=tuple(filters),
        definitions=tuple(definition(name) for name in terms),
        as_of=as_of,
        version=version.id,
        created_at=version.created_at,
        shop=version.shop.name,
        currency=version.shop.currency,
        timezone=version.shop.timezone,
        rejected_rows=version.rows_rejected,
        identified_order_share=version.identified_order_share,
        language=i18n.language(),
    )


def cells(version: Version, found: Retention) -> Download:
    """The retention table: one row per cohort and age, as `Retention.cells`."""
    value, rate = cell_measures(found.view.measure, found.view.method)
    names = ["cohort", "age", "cohort_size", "n", value.name, rate.name, "interval", "upper", "immature"]
    names += ["left_truncation", found.view.method, found.view.windows, "purchase", *_filter_terms(found.filters)]
    formats = {"value": value, "rate": rate} | {
        name: measure(name) for name in ("cohort_size", "n", "low", "high", "upper")
    }
    columns = (
        Column("cohort", _(TERMS["cohort"].label)),
        Column("age", _(TERMS["age"].label), "integer"),
        *(
            Column(name, _(formats[name].label), formats[name].format)
            for name in found.cells.columns
            if name in formats
        ),
        Column("mature", _("Period has closed")),
        Column("may_not_be_first", _(TERMS["left_truncation"].label)),
    )
    chosen = (*view_caption(found.view), *found.filters.caption())
    told = about(version, title(found.view), found.cells.height, chosen, names, found.as_of)
    return Download("retention", _choices(found.view), found.cells, told, columns)


def customers(
    version: Version,
    filters: Filters,
    view: View,
    frame: pl.DataFrame,
    as_of: date,
    cell: tuple[date, int],
    *,
    absent: bool,
) -> Download:
    """The customers behind one cell, or those missing from it."""
    cohort, age = cell
    chosen = (
        *view_caption(view),
        (_("Cohort"), i18n.period_label(view.period, cohort)),
        (_("Age (k)"), i18n.integer(age)),
        (_("Customers"), _("who did not buy") if absent else _("who bought")),
        *filters.caption(),
    )
    names = ["cohort", "age", view.method, view.windows, "purchase", "revenue", *_filter_terms(filters)]
    columns = (
        *(Column(name, _(label)) for name, label in CUSTOMER_LABELS.items()),
        *(Column(name, _(measure(name).label), measure(name).format) for name in ("purchases", "revenue")),
    )
    told = about(version, _("Customers behind one retention cell"), frame.height, chosen, names, as_of)
    words = (*_choices(view), cohort.isoformat(), f"k{age}", *(["absent"] if absent else []))
    return Download("retention-customers", words, frame, told, columns)


def title(view: View) -> str:
    """What the table shows, in one line."""
    rate = cell_measures(view.measure, view.method)[1]
    shown = _(rate.label) if view.measure != "customers" else _("Customers who came back")
    return _("{shown} by cohort and age", shown=shown)


def view_caption(view: View) -> tuple[tuple[str, str], ...]:
    """Label and value of how retention is counted."""
    period = {"week": _("week"), "month": _("month"), "quarter": _("quarter")}[view.period]
    windows = _(TERMS[view.windows].label)
    if view.windows == "rolling":
        windows = _("{windows} of {days}", windows=windows, days=i18n.days(view.window_days))
    return (
        (_("Cohorts by"), period),
        (_("Method"), _(TERMS[view.method].label)),
        (_("Periods"), windows),
        (_("Measure"), _(MEASURE_LABELS[view.measure])),
    )


def _choices(view: View) -> tuple[str, ...]:
    windows = f"rolling{view.window_days}" if view.windows == "rolling" else "calendar"
    return (view.period, view.method, windows, view.measure)


def _filter_terms(filters: Filters) -> tuple[str, ...]:
    names = {label for label, chosen in (("acquired_in", filters.acquired()), ("bought_in", filters.bought()))
             if any(value is False for value in chosen.values())}  # fmt: skip
    return tuple(sorted(names))
