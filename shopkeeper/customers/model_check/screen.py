"""The proof: a model fitted on the first part of this shop's past, held against the rest."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.lifetime_value.report import STRONG_CORRELATION
from shopkeeper.customers.model_check import report as model_check
from shopkeeper.customers.model_check import table
from shopkeeper.customers.model_check.chart import compared_bars, purchase_tracking, risk_calibration
from shopkeeper.customers.model_check.report import MOST, ModelCheck
from shopkeeper.exports import ExportColumn
from shopkeeper.exports.download import Download
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import KIND_NAMES, Fits, ValueMeasure
from shopkeeper.measures.lookup import measure
from shopkeeper.models.buying.calibration import RISK_DAYS
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.ui import tables
from shopkeeper.ui.opened import load, opened


def draw_proof(fits: Fits, kind: ModelKind | None, value: ValueMeasure) -> None:
    """The contest of the models, then the winner's or the chosen one's predictions beside what happened."""
    found = load(model_check.report, fits, kind)
    split = found.calibration_end
    st.markdown(f"##### {_('Would it have been right?')}")
    st.markdown(verdict(found, fits))
    whole = table.download(opened().version, found)
    draw_figures(found, fits, value)
    draw_trials(found, whole, fits)
    if found.kind is None or split is None or found.purchases.is_empty():
        return
    st.markdown(f"##### {_('{kind} against what happened', kind=KIND_NAMES[found.kind])}")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        days = (found.as_of - split).days
        st.caption(
            _(
                "Fitted on purchases until {split}, tested on the {days} after that.",
                split=i18n.date_(split),
                days=i18n.days(days),
            ),
            width="content",
        )
        tables.download_menu(whole, "proof_all")
    views = charts_of(found, whole, split, days)
    for pair in zip(views[::2], views[1::2], strict=True):
        for column, view in zip(st.columns(2, gap="medium"), pair, strict=True):
            with column:
                view()


def verdict(found: ModelCheck, fits: Fits) -> str:
    """In words: how far it was off, and what it needs where there is no test."""
    trial = next((trial for trial in fits.trials if trial.kind == found.kind), None)
    if trial is None or found.purchases.is_empty():
        return str(fits.reason) + " " + _("With more data, fit again: {command}", command="`python -m shopkeeper fit`")
    return _(
        "{reason} It expected {expected} purchases of these customers, and {happened} came ({off}). Over tenths of "
        "customers, its risk of no purchase in {days} was off by {mean} points on average, by {worst} at most.",
        reason=str(found.reason),
        expected=i18n.integer(found.expected),
        happened=i18n.integer(found.happened),
        off=signed(found.off),
        days=i18n.days(RISK_DAYS),
        mean=i18n.number(100 * (trial.calibration_error or 0.0), 1),
        worst=i18n.number(100 * (trial.worst_tenth or 0.0), 1),
    )


def signed(share: float | None) -> str:
    """`+1.2%`."""
    return ("+" if share is not None and share > 0 else "") + i18n.percent(share)


def draw_figures(found: ModelCheck, fits: Fits, value: ValueMeasure) -> None:
    """What has to hold for the page to be believed, one figure each."""
    trial = next((trial for trial in fits.trials if trial.kind == found.kind), None)
    with st.container(horizontal=True, gap="small"):
        if trial is not None and not found.purchases.is_empty():
            st.metric(
                _("Purchases: predicted against actual"),
                signed(found.off),
                border=True,
                help=_("Over the whole holdout; 0 is best."),
            )
            for name in ("calibration_error", "worst_tenth"):
                shown = i18n.percent(getattr(trial, name))
                st.metric(_(measure(name).label), shown, border=True, help=_(measure(name).description))
        spend = fits.spends.get(value)
        st.metric(
            _("Frequency and spend go together"),
            i18n.number(spend.correlation if spend else None),
            border=True,
            help=_(
                "Gamma-Gamma takes the correlation between how often customers buy and what they spend per purchase "
                "for 0. Between -{strong} and {strong} that does no harm; beyond, values of frequent customers lean "
                "to one side, and the page says so.",
                strong=i18n.number(STRONG_CORRELATION, 1),
            ),
        )
    if spend is not None:
        holds = abs(spend.correlation) < STRONG_CORRELATION
        st.caption(
            _("Gamma-Gamma's assumption holds here: how often customers buy says little of what they spend.")
            if holds
            else _("Gamma-Gamma's assumption does not hold here: frequent customers spend differently per purchase.")
        )


def draw_trials(found: ModelCheck, whole: Download, fits: Fits) -> None:
    """Every model on the same customers and days."""
    refused = {trial.kind: str(trial.refused) for trial in fits.trials if trial.refused}
    frame = found.trials.sort("log_likelihood", descending=True, nulls_last=True).with_columns(
        kind=pl.col("kind").replace(KIND_NAMES),
        chosen=pl.when("chosen").then(pl.lit("✓")).otherwise(pl.lit("")),
        refused=pl.col("kind").replace_strict(refused, default=None, return_dtype=pl.String),
    )
    if frame.is_empty():
        return
    names = ("log_likelihood", "mae", "bias", "calibration_error", "worst_tenth")
    columns = (
        ExportColumn("kind", _("Model")),
        ExportColumn("chosen", _("Default")),
        ExportColumn("customers", _("Customers"), "integer"),
        *(ExportColumn(name, _(measure(name).label), measure(name).format) for name in names),
        *([ExportColumn("refused", _("Why there is no fit"))] if refused else []),
    )
    shown = sheet(found, whole, "model-trials", _("Models on the holdout"), frame, columns, names)
    st.markdown(f"**{_('Models on the holdout')}**")
    tables.show_table(shown, "proof_trials")
    with st.expander(_("Parameters of the fits on all days")):
        labels = {
            "kind": _("Model"),
            "parameter": _("Parameter"),
            "value": _("Value of the parameter"),
            "standard_error": _("Standard error"),
            "low": _(measure("low").label),
            "high": _(measure("high").label),
        }
        fitted_on_all = found.parameters.with_columns(pl.col("kind").replace(KIND_NAMES))
        numbers = tuple(
            ExportColumn(name, label, None if name in {"kind", "parameter"} else "number")
            for name, label in labels.items()
        )
        words = _("Parameters of the models")
        tables.show_table(sheet(found, whole, "model-parameters", words, fitted_on_all, numbers), "proof_parameters")


def sheet(
    found: ModelCheck,
    whole: Download,
    report: str,
    title: str,
    frame: pl.DataFrame,
    columns: Sequence[ExportColumn],
    terms: Sequence[str] = (),
) -> Download:
    """A table of the test; its choices are those of the whole test's file."""
    return tables.download_of(
        report,
        title,
        frame,
        columns,
        chosen=whole.about.filters,
        words=whole.choices,
        terms=("holdout", "purchase", *terms),
        as_of=found.as_of,
    )


def charts_of(found: ModelCheck, whole: Download, split: date, days: int) -> list[Callable[[], None]]:
    """Six views of the same test, each drawn when it is called."""
    each, count = _("Purchases per customer in {days}", days=i18n.days(days)), _("Customers")
    tenth, past = _("Tenth of customers, by expected purchases"), _("Repeat purchases until then")
    weeks = found.tracking
    drawings: list[tuple[str, str, pl.DataFrame, Callable[..., Any]]] = [
        (
            "purchases",
            _("Purchases by tenth of customers"),
            found.purchases,
            lambda **_dark: compared_bars(found.purchases, "tenth", titles=(tenth, each)),
        ),
        ("risk", _("Risk: predicted and happened"), found.risk, lambda **_dark: risk_calibration(found.risk)),
        (
            "cumulative",
            _("Repeat purchases, added up"),
            weeks,
            lambda **_dark: purchase_tracking(weeks, split, cumulative=True),
        ),
        (
            "weekly",
            _("Repeat purchases by week"),
            weeks,
            lambda **_dark: purchase_tracking(weeks, split, cumulative=False),
        ),
        (
            "histogram",
            _("Customers by frequency"),
            found.histogram,
            lambda **_dark: compared_bars(found.histogram, "frequency", titles=(past, count), more=MOST),
        ),
        (
            "frequency",
            _("Purchases by past frequency"),
            found.by_frequency,
            lambda **_dark: compared_bars(found.by_frequency, "frequency", titles=(past, each), more=MOST),
        ),
    ]
    return [drawing(found, whole, *given) for given in drawings]


def drawing(
    found: ModelCheck, whole: Download, name: str, title: str, frame: pl.DataFrame, draw: Callable[..., Any]
) -> Callable[[], None]:
    """One chart with its table and files."""
    columns = tuple(ExportColumn(column, label_of(column), format_of(name, column)) for column in frame.columns)
    shown = sheet(found, whole, f"model-{name}", title, frame, columns)
    return lambda: tables.show_chart(draw, shown, f"proof_{name}")


def label_of(column: str) -> str:
    """What a column of the test is called."""
    return {
        "tenth": _("Tenth of customers"),
        "customers": _("Customers"),
        "predicted": _("Predicted"),
        "actual": _("Actual"),
        "happened": _("Happened"),
        "low": _(measure("low").label),
        "high": _(measure("high").label),
        "frequency": _("Repeat purchases"),
        "day": _("Day"),
        "cumulative_actual": _("Actual, added up"),
        "cumulative_predicted": _("Predicted, added up"),
        "holdout": _("In the holdout"),
    }[column]


def format_of(name: str, column: str) -> Any:
    """How a column of the test is read."""
    if column in {"day", "holdout"}:
        return None
    if name == "risk" and column not in {"tenth", "customers"}:
        return "percent"
    whole = {"tenth", "customers", "frequency", "cumulative_actual", *({"actual"} if name in _COUNTED else ())}
    return "integer" if column in whole else "number"


_COUNTED = {"histogram", "cumulative", "weekly"}
