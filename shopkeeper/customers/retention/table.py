"""Retention as files."""

from datetime import date

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.filters import Filters
from shopkeeper.customers.retention.report import Retention, View
from shopkeeper.customers.table import CUSTOMER_LABELS, filter_terms
from shopkeeper.exports import ExportColumn
from shopkeeper.exports.download import Download, about
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.measures.lookup import cell_measures, measure
from shopkeeper.measures.terms import TERMS

MEASURE_LABELS = {
    "customers": N_("Customers"),
    "revenue": N_("Net revenue"),
    "margin": N_("Margin"),
    "orders": N_("Orders"),
}


def cells(version: Version, found: Retention) -> Download:
    """The retention table: one row per cohort and age, as `Retention.cells`."""
    value, rate = cell_measures(found.view.measure, found.view.method)
    names = ["cohort", "age", "cohort_size", "n", value.name, rate.name, "interval", "upper", "immature"]
    names += ["left_truncation", found.view.method, found.view.windows, "purchase", *filter_terms(found.filters)]
    formats = {"value": value, "rate": rate} | {
        name: measure(name) for name in ("cohort_size", "n", "low", "high", "upper")
    }
    columns = (
        ExportColumn("cohort", _(TERMS["cohort"].label)),
        ExportColumn("age", _(TERMS["age"].label), "integer"),
        *(
            ExportColumn(name, _(formats[name].label), formats[name].format)
            for name in found.cells.columns
            if name in formats
        ),
        ExportColumn("mature", _("Period has closed")),
        ExportColumn("may_not_be_first", _(TERMS["left_truncation"].label)),
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
    names = ["cohort", "age", view.method, view.windows, "purchase", "revenue", *filter_terms(filters)]
    columns = (
        *(ExportColumn(name, _(label)) for name, label in CUSTOMER_LABELS.items()),
        *(ExportColumn(name, _(measure(name).label), measure(name).format) for name in ("purchases", "revenue")),
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
