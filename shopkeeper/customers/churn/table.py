"""Churn risk as tables and files."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from shopkeeper import i18n
from shopkeeper.contract.table import Column
from shopkeeper.customers.churn.frames import CUSTOMERS, DISTRIBUTION, PURCHASES, SEGMENTS, TRIALS
from shopkeeper.customers.churn.report import Churn, CustomerHistory
from shopkeeper.customers.table import acquired_terms, model_caption, notes_caption, value_caption
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import KIND_NAMES, Fits
from shopkeeper.lake.version import Version

Rows = Callable[[], pl.DataFrame]
"""Reads all rows of which the report holds the first."""
TERMS = ("p_no_purchase", "p_alive", "value_at_stake", "expected_next_order", "days_overdue", "lifecycle", "purchase")


def customers(version: Version, churn: Churn, read_whole: Rows) -> Download:
    """Every customer with risk and value at stake."""
    return _listed(
        version, churn, "churn", _("Churn risk by customer"), churn.customers, churn.totals.customers, read_whole
    )


def rescue(version: Version, churn: Churn, read_whole: Rows) -> Download:
    """The rescue list, and how many were left out of it for which reason."""
    rows = churn.totals.to_rescue
    title = _("Customers to rescue")
    return _listed(version, churn, "rescue", title, churn.rescue, rows, read_whole, _left_out(churn))


def distribution(version: Version, churn: Churn) -> Download:
    """Customers and value at stake by tenth of the risk scale."""
    return _part(
        version, churn, "risk-distribution", _("How risk is spread"), churn.distribution, DISTRIBUTION.labelled()
    )


def segments(version: Version, churn: Churn, kind: str, label: str, frame: pl.DataFrame) -> Download:
    """The segments of one kind, called `label`; `frame` are their rows in the reader's words."""
    title = _("At stake by {kind}", kind=label.lower())
    read = SEGMENTS.labelled(("segment", "risk", "expected_lost", "customers", "value_at_stake"))
    columns = tuple(column.labelled(label) if column.name == "segment" else column for column in read)
    return _part(version, churn, "value-at-stake", title, frame, columns, kind)


def purchases(version: Version, churn: Churn, history: CustomerHistory, customer_id: str) -> Download:
    """One customer's purchases."""
    return download(
        version,
        "customer-history",
        _("Purchases of {customer}", customer=customer_id),
        history.purchases,
        PURCHASES.labelled(),
        caption=churn.filters.caption(),
        words=(customer_id,),
        terms=("purchase", "revenue", "margin"),
        as_of=churn.as_of,
    )


def trials(version: Version, fits: Fits) -> Download:
    """How the models stood the test, the best first."""
    figures = [name for name in TRIALS.names if name != "kind"]
    rows = [
        {"kind": _(KIND_NAMES[trial.kind])} | {name: getattr(trial, name) for name in figures}
        for trial in fits.holdout_tests
    ]
    frame = pl.DataFrame(rows, schema=TRIALS.schema()).sort(figures[0], descending=True, nulls_last=True)
    return download(version, "trials", _("Model"), frame, TRIALS.labelled())


def _listed(
    version: Version,
    churn: Churn,
    report: str,
    title: str,
    frame: pl.DataFrame,
    rows: int,
    read_whole: Rows | None,
    left_out: tuple[tuple[str, str], ...] = (),
) -> Download:
    options = churn.options
    caption = (
        (_("Horizon"), i18n.days(options.horizon)),
        *model_caption(churn.kind, options.fitted_by),
        *value_caption(churn.value, options.discount),
        *left_out,
        *notes_caption(churn.notes),
        *churn.filters.caption(),
    )
    return download(
        version,
        report,
        title,
        frame,
        CUSTOMERS.labelled(),
        caption=caption,
        words=(f"{options.horizon}d", churn.kind or "rates", churn.value),
        terms=(*TERMS, *acquired_terms(churn.filters)),
        as_of=churn.as_of,
        rows=rows,
        read_whole=read_whole,
    )


def _part(
    version: Version,
    churn: Churn,
    report: str,
    title: str,
    frame: pl.DataFrame,
    columns: tuple[Column, ...],
    *words: str,
) -> Download:
    """A small table of the report, captioned as the list of customers is."""
    whole = _listed(version, churn, report, title, frame, frame.height, None)
    return replace(whole, choices=(*whole.choices, *words), columns=columns)


def _left_out(churn: Churn) -> tuple[tuple[str, str], ...]:
    reasons = {
        "not_contactable": _("not contactable"),
        "recent": _("bought lately"),
        "returning": _("returning goods"),
        "lost": _("lost"),
        "in_rhythm": _("not quiet yet"),
    }
    counts = [f"{reasons[name]} {i18n.integer(count)}" for name, count in churn.left_out.items()]
    return ((_("Left out of the rescue list"), "; ".join(counts)),) if counts else ()
