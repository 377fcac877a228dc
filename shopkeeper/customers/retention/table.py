"""Retention as files."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.frames import SEGMENT
from shopkeeper.customers.retention.frames import CELLS, CUSTOMERS, MEAN, SEGMENTS, measured
from shopkeeper.customers.retention.opportunity import RetentionOpportunity
from shopkeeper.customers.retention.report import Retention, View
from shopkeeper.customers.table import filter_terms
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.measures.lookup import cell_measures
from shopkeeper.measures.terms import TERMS
from shopkeeper.messages import Message

MEASURE_LABELS = {
    "customers": N_("Customers"),
    "revenue": N_("Net revenue"),
    "margin": N_("Margin"),
    "orders": N_("Orders"),
}


def cells(version: Version, retention: Retention) -> Download:
    """The retention table: one row per cohort and age."""
    value, rate = cell_measures(retention.view.measure, retention.view.method)
    terms = ["cohort", "age", "cohort_size", "n", value.name, rate.name, "interval", "upper", "immature"]
    terms += ["left_truncation", retention.view.method, retention.view.windows, "purchase"]
    terms += filter_terms(retention.filters)
    return download(
        version,
        "retention",
        title(retention.view),
        retention.cells,
        measured(CELLS.columns, retention.view.measure, retention.view.method),
        caption=(*view_caption(retention.view), *retention.filters.caption()),
        words=_words(retention.view),
        terms=terms,
        as_of=retention.as_of,
    )


def means(version: Version, retentions: Sequence[Retention], names: Sequence[str]) -> Download:
    """The mean by age of several segments, under their names; the filters of all but the first begin with `B`."""
    whole = cells(version, retentions[0])
    frame = pl.concat(
        retention.mean.select(pl.lit(name).alias("segment"), pl.all())
        for name, retention in zip(names, retentions, strict=True)
    )
    view, others = retentions[0].view, [pair for each in retentions[1:] for pair in each.filters.caption()]
    columns = measured(MEAN.columns, view.measure, view.method)
    caption = (*whole.about.filters, *((f"B: {label}", value) for label, value in others))
    return replace(
        whole,
        report="retention-segments",
        frame=frame,
        columns=(SEGMENT, *(column for column in columns if column.label)),
        about=replace(whole.about, rows=frame.height, filters=caption),
    )


def segments(version: Version, opportunity: RetentionOpportunity, filters: CustomerFilters, as_of: date) -> Download:
    """Every channel, region and category: the table behind the sentence on what to do."""
    worth = Message(N_("Worth ({currency})"), {"currency": version.shop.currency})
    return download(
        version,
        "return-by-segment",
        _("Who comes back within {days}, by where they were acquired", days=i18n.days(opportunity.days)),
        opportunity.segments,
        tuple(column.labelled(worth) if column.name == "worth" else column for column in SEGMENTS.columns),
        caption=((_("Days"), i18n.integer(opportunity.days)), *filters.caption()),
        terms=("purchase", "interval"),
        as_of=as_of,
    )


def customers(
    version: Version,
    filters: CustomerFilters,
    view: View,
    frame: pl.DataFrame,
    as_of: date,
    cell: tuple[date, int],
    *,
    absent: bool,
) -> Download:
    """The customers behind one cell, or those missing from it."""
    cohort, age = cell
    caption = (
        *view_caption(view),
        (_("Cohort"), i18n.period_label(view.period, cohort)),
        (_("Age (k)"), i18n.integer(age)),
        (_("Customers"), _("who did not buy") if absent else _("who bought")),
        *filters.caption(),
    )
    return download(
        version,
        "retention-customers",
        _("Customers behind one retention cell"),
        frame,
        CUSTOMERS.labelled(),
        caption=caption,
        words=(*_words(view), cohort.isoformat(), f"k{age}", *(["absent"] if absent else [])),
        terms=["cohort", "age", view.method, view.windows, "purchase", "revenue", *filter_terms(filters)],
        as_of=as_of,
    )


def title(view: View) -> str:
    """What the table shows, in one line."""
    rate = cell_measures(view.measure, view.method)[1]
    shown = _(rate.label) if view.measure != "customers" else _("Customers who came back")
    return _("{shown} by cohort and age", shown=shown)


def view_caption(view: View) -> tuple[tuple[str, str], ...]:
    """Label and value of how retention is counted."""
    period = {"day": _("day"), "week": _("week"), "month": _("month"), "quarter": _("quarter")}[view.period]
    windows = _(TERMS[view.windows].label)
    if view.windows == "rolling":
        windows = _("{windows} of {days}", windows=windows, days=i18n.days(view.window_days))
    return (
        (_("Cohorts by"), period),
        (_("Method"), _(TERMS[view.method].label)),
        (_("Periods"), windows),
        (_("Measure"), _(MEASURE_LABELS[view.measure])),
    )


def _words(view: View) -> tuple[str, ...]:
    windows = f"rolling{view.window_days}" if view.windows == "rolling" else "calendar"
    return (view.period, view.method, windows, view.measure)
