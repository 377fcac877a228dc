"""The proof: a model fitted on the first part of this shop's past, held against the rest."""

from collections.abc import Callable
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
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import KIND_NAMES, Fits, ValueMeasure
from shopkeeper.measures.lookup import measure
from shopkeeper.models.buying.calibration import RISK_DAYS
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.model import FEWEST_REPEAT_BUYERS, ModelKind
from shopkeeper.models.buying.spend import SpendModel
from shopkeeper.ui import tables
from shopkeeper.ui.opened import load, opened


def draw_proof(fits: Fits, kind: ModelKind | None, value: ValueMeasure) -> None:
    """The contest of the models, then the winner's or the chosen one's predictions beside what happened."""
    check = load(model_check.report, fits, kind)
    split = check.calibration_end
    st.markdown(f"##### {_('Would it have been right?')}")
    st.markdown(f"{verdict(check, fits)} {check.season}")
    whole = table.whole(opened().version, check)
    draw_figures(check, fits, value)
    draw_trials(check, fits)
    if check.kind is None or split is None or check.purchases.is_empty():
        return
    st.markdown(f"##### {_('{kind} against what happened', kind=_(KIND_NAMES[check.kind]))}")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        days = (check.as_of - split).days
        st.caption(
            _(
                "Fitted on purchases until {split}, tested on the {days} after that.",
                split=i18n.date_(split),
                days=i18n.days(days),
            ),
            width="content",
        )
        tables.download_menu(whole, "proof_all")
    views = charts_of(check, split, days)
    for first in range(0, len(views), 2):
        for column, view in zip(st.columns(2, gap="medium"), views[first : first + 2], strict=False):
            with column:
                view()


def verdict(check: ModelCheck, fits: Fits) -> str:
    """In words: how far it was off, and what it needs where there is no test."""
    trial = next((trial for trial in fits.holdout_tests if trial.kind == check.kind), None)
    if trial is None or check.purchases.is_empty():
        return str(fits.reason) + " " + _("With more data, fit again: {command}", command="`python -m shopkeeper fit`")
    return _(
        "{reason} It expected {expected} purchases of these customers, and {happened} came ({off}). Over tenths of "
        "customers, its risk of no purchase in {days} was off by {mean} points on average, by {worst} at most.",
        reason=str(check.reason),
        expected=i18n.integer(check.expected),
        happened=i18n.integer(check.happened),
        off=signed(check.off),
        days=i18n.days(RISK_DAYS),
        mean=i18n.number(100 * (trial.calibration_error or 0.0), 1),
        worst=i18n.number(100 * (trial.worst_tenth or 0.0), 1),
    )


def signed(share: float | None) -> str:
    """`+1.2%`."""
    return ("+" if share is not None and share > 0 else "") + i18n.percent(share)


def draw_figures(check: ModelCheck, fits: Fits, value: ValueMeasure) -> None:
    """What has to hold for the page to be believed, one figure each."""
    trial = next((trial for trial in fits.holdout_tests if trial.kind == check.kind), None)
    with st.container(horizontal=True, gap="small"):
        if trial is not None and not check.purchases.is_empty():
            st.metric(
                _("Purchases: predicted against actual"),
                signed(check.off),
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
    if spend is not None and (said := spend_said(spend)):
        st.caption(said)


def spend_said(spend: SpendModel | CredibilityModel) -> str | None:
    """Whether what customers spend hangs together with how often they buy; of few it is not known."""
    if spend.customers < FEWEST_REPEAT_BUYERS:
        return None
    holds = abs(spend.correlation) < STRONG_CORRELATION
    if isinstance(spend, CredibilityModel):
        return (
            _("How often customers buy says little of what they spend per purchase.")
            if holds
            else _("Frequent customers spend differently per purchase.")
        )
    return (
        _("Gamma-Gamma's assumption holds here: how often customers buy says little of what they spend.")
        if holds
        else _("Gamma-Gamma's assumption does not hold here: frequent customers spend differently per purchase.")
    )


def draw_trials(check: ModelCheck, fits: Fits) -> None:
    """Every model and rule on the same customers and days."""
    refused = {trial.kind: str(trial.refused) for trial in fits.holdout_tests if trial.refused}
    if check.trials.is_empty():
        return
    if not check.standings.is_empty():
        st.markdown(f"**{_('Models and rules over all cutoffs')}**")
        tables.show_table(table.standings(opened().version, check), "proof_standings")
        st.caption(
            _(
                "The log score says how probable each held what a customer then did; closer to 0 is better. Tied are "
                "those less than two standard errors behind the best: of them the simplest is taken, unless its total "
                "is far off and that of another is nearer."
            )
        )
        with st.expander(_("At each cutoff")):
            tables.show_table(table.cutoff_tests(opened().version, check), "proof_cutoffs")
            tables.show_table(table.horizon_tests(opened().version, check), "proof_horizons")
    st.markdown(f"**{_('Models on the holdout')}**")
    tables.show_table(table.trials(opened().version, check, refused), "proof_trials")
    parameters = table.parameters(opened().version, check)
    if parameters.frame.height:
        with st.expander(_("Parameters of the fits on all days")):
            tables.show_table(parameters, "proof_parameters")


def charts_of(check: ModelCheck, split: date, days: int) -> list[Callable[[], None]]:
    """Views of the same test, each drawn when it is called: six of a model, three of a rule."""
    each, count = _("Purchases per customer in {days}", days=i18n.days(days)), _("Customers")
    tenth, past = _("Tenth of customers, by expected purchases"), _("Repeat purchases until then")
    weeks = check.tracking
    drawings: list[tuple[str, str, pl.DataFrame, Callable[..., Any]]] = [
        (
            "purchases",
            _("Purchases by tenth of customers"),
            check.purchases,
            lambda **_dark: compared_bars(check.purchases, "tenth", titles=(tenth, each)),
        ),
        ("risk", _("Risk: predicted and happened"), check.risk, lambda **_dark: risk_calibration(check.risk)),
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
            check.histogram,
            lambda **_dark: compared_bars(check.histogram, "frequency", titles=(past, count), more=MOST),
        ),
        (
            "frequency",
            _("Purchases by past frequency"),
            check.by_frequency,
            lambda **_dark: compared_bars(check.by_frequency, "frequency", titles=(past, each), more=MOST),
        ),
    ]
    return [drawing(check, name, title, frame, draw) for name, title, frame, draw in drawings if not frame.is_empty()]


def drawing(
    check: ModelCheck, name: str, title: str, frame: pl.DataFrame, draw: Callable[..., Any]
) -> Callable[[], None]:
    """One chart with its table and files."""
    sheet = table.drawn(opened().version, check, name, title, frame)
    return lambda: tables.show_chart(draw, sheet, f"proof_{name}")
