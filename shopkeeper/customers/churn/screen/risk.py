"""The Churn risk page's controls and sentences: the answer, the model in use, the rescue list, where the risk lies."""

from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.churn import table
from shopkeeper.customers.churn.chart import risk_histogram, stake_by_segment
from shopkeeper.customers.churn.frames import CUSTOMERS
from shopkeeper.customers.churn.report import Churn, ChurnOptions
from shopkeeper.customers.churn.screen import customer
from shopkeeper.customers.lifecycle import screen
from shopkeeper.customers.screen import opening
from shopkeeper.customers.screen.model import choose_model
from shopkeeper.exports.download import Download
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import HORIZONS, KIND_NAMES, Fits
from shopkeeper.measures.lookup import label, measure
from shopkeeper.models.buying.stages import StageRules
from shopkeeper.ui import links, session, tables
from shopkeeper.ui.actions import do_next, open_page
from shopkeeper.ui.figures import money, shop_currency
from shopkeeper.ui.opened import opened

RISK_TERMS = (
    "p_no_purchase",
    "p_alive",
    "value_at_stake",
    "rescue_list",
    "expected_next_order",
    "days_overdue",
    "plain_rate",
    "holdout",
    "log_likelihood",
    "mae",
    "bias",
    "calibration_error",
    "purchase",
    "acquired_in",
)
DEFINITIONS: Mapping[str, tuple[str, ...]] = {
    "risk": RISK_TERMS,
    "customer": ("p_alive", "p_no_purchase", "value_at_stake", "expected_next_order", "days_overdue", "purchase"),
    "second": ("purchase", "acquired_in"),
    "lifecycle": ("lifecycle", "purchase", "revenue", "margin", "acquired_in"),
}
LISTED = (
    "customer_id",
    "value_at_stake",
    "p_no_purchase",
    "p_alive",
    "expected_next_order",
    "days_overdue",
    "last_day",
    "last_channel",
    "last_products",
    "contactable",
    "stage",
    "frequency",
)
SHOWN = 100
SECTION = "churn_view"


def choose_section() -> str:
    """Only the part that is chosen is computed."""
    names = {
        "risk": _("Risk and rescue"),
        "customer": _("One customer"),
        "second": _("Second order"),
        "lifecycle": _("Lifecycle"),
    }
    return session.choose(_("View"), names, SECTION, "risk", hidden=True)


def choose_options(fits: Fits, rules: StageRules) -> ChurnOptions:
    """Horizon, what is valued, and the model; the last two hold on the page Lifetime value too."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        names = {str(days): i18n.integer(days) for days in HORIZONS}
        days = session.choose(_("Days ahead"), names, "risk_days", "90")
        values = {"margin": _("Margin"), "revenue": _("Net revenue")}
        value = session.choose(_("Value"), values, "value", "margin")
        lost = {"leave": _("Leave out"), "rescue": _("Rescue too")}
        leave = session.choose(_("Customers lost already"), lost, "lost", "leave") == "leave"
        kind, fitted_by = choose_model(fits)
    return ChurnOptions(int(days), kind, fitted_by, value, leave_lost=leave, rules=rules)  # type: ignore[arg-type]


def draw_answer(churn_risk: Churn) -> None:
    """How many will stay away, what that costs and how many can be rescued: of customers who are not lost yet."""
    sums = churn_risk.totals
    if not sums.staying:
        st.info(_("Every customer chosen here is lost already: none bought lately. Widen the filters."))
        return
    if sums.expected_away is None:
        return
    days = i18n.days(churn_risk.options.horizon)
    customers, away = i18n.integer(sums.staying), i18n.integer(sums.expected_away)
    stake, rescue = money(sums.value_at_stake), money(sums.rescue_value)
    sentence = _(
        "Of {n} customers who are not lost yet, about {lost} will not buy in the next {days}: {value} is at stake.",
        n=customers,
        lost=away,
        days=days,
        value=stake,
    )
    st.markdown(f"#### {sentence} {rescue_sentence(churn_risk)}")
    with st.container(horizontal=True, gap="small"):
        st.metric(
            _("Will stay away for {days}", days=days),
            away,
            border=True,
            help=_("Sum of the risks of {n} customers who are not lost yet.", n=customers),
        )
        st.metric(label("value_at_stake"), stake, border=True, help=_(measure("value_at_stake").description))
        st.metric(
            _("To rescue"),
            i18n.integer(sums.to_rescue),
            border=True,
            help=_("Left out: {reasons}.", reasons=left_out_words(churn_risk) or _("nobody")),
        )
        st.metric(_("At stake among these"), rescue, border=True, help=_(measure("value_at_stake").description))


def rescue_sentence(churn_risk: Churn) -> str:
    """How many have gone quiet, and what is known of whether they may be contacted."""
    sums = churn_risk.totals
    if not sums.to_rescue:
        return ""
    figures = {"rescue": i18n.integer(sums.to_rescue), "worth": money(sums.rescue_value)}
    if churn_risk.rescue["contactable"].null_count() == churn_risk.rescue.height:
        return _(
            "{rescue} have gone quiet: rescuing them saves up to {worth}. Whether they may be contacted is not known.",
            **figures,
        )
    return _("{rescue} have gone quiet and did not refuse contact: rescuing them saves up to {worth}.", **figures)


def left_out_words(churn_risk: Churn) -> str:
    """Why customers are not on the rescue list, and how many."""
    quiet, returns = i18n.days(churn_risk.options.quiet_days), i18n.days(churn_risk.options.return_days)
    reasons = {
        "not_contactable": _("asked not to be contacted"),
        "recent": _("bought in the last {days}", days=quiet),
        "returning": _("gave something back in the last {days}", days=returns),
        "lost": _("lost already"),
        "in_rhythm": _("not quiet yet"),
    }
    return "; ".join(f"{reasons[name]}: {i18n.integer(count)}" for name, count in churn_risk.left_out.items())


def draw_model(fits: Fits, churn_risk: Churn) -> None:
    """The model in use and why, the way to its proof, and what fell short."""
    fell_back = churn_risk.kind is None or churn_risk.options.kind not in {None, churn_risk.kind}
    words = " ".join(str(note) for note in churn_risk.notes)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        name = _(KIND_NAMES[churn_risk.kind]) if churn_risk.kind else label("plain_rate")
        with st.popover(_("Why {model}?", model=name), icon=":material/help:", type="tertiary"):
            st.markdown(str(fits.reason))
            if fits.holdout_tests:
                draw_trials(fits)
        open_page(
            _("See the proof"),
            links.LIFETIME_VALUE,
            "proof_link",
            ":material/fact_check:",
            choices={"value_part": "proof"},
            tertiary=True,
        )
    if fell_back:
        st.info(words)
    elif words:
        st.caption(words)
    opening.draw_of_models(churn_risk.filters, modelled=churn_risk.kind is not None)


def draw_trials(fits: Fits) -> None:
    """How the models stood the test, the best first."""
    tables.show_table(table.trials(opened().version, fits), "trials", download=False)


def draw_rescue(fits: Fits, churn_risk: Churn) -> None:
    """What to do next, and the list to do it with."""
    if not churn_risk.totals.to_rescue:
        st.info(_("Nobody has to be rescued here: {reasons}.", reasons=left_out_words(churn_risk) or _("no customers")))
        return
    sums = churn_risk.totals
    what = _(
        "Begin at the top: the first {n} customers hold {share} of what can be rescued, **{worth}** within {days}. "
        "Write to each where they last bought, before the offer goes to everybody.",
        n=i18n.integer(sums.first_calls),
        share=i18n.share(sums.first_share),
        worth=money(sums.first_value),
        days=i18n.days(churn_risk.options.horizon),
    )
    with do_next(what):
        read_whole = partial(churn.listing, opened().query, fits, churn_risk, to_rescue=True)
        sheet = table.rescue(opened().version, churn_risk, read_whole)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
            st.markdown(f"##### {sheet.about.title}", width="content")
            tables.download_menu(sheet, "rescue")
        draw_list(sheet)


def draw_list(sheet: Download) -> None:
    """The first rows; one that is marked opens its customer."""
    frame = sheet.frame.head(SHOWN)
    contact_words = pl.when("contactable").then(pl.lit(_("Yes")))
    shown = frame.with_columns(contact_words.alias("contactable"), stage_words()).select(LISTED)
    shown = shown.select(name for name in LISTED if shown[name].null_count() < shown.height)
    with st.container(key="rescue_table"):
        st.dataframe(
            **tables.grid(shown, CUSTOMERS.columns),
            key="rescue_grid",
            hide_index=True,
            height=420 if shown.height > 11 else "content",
            selection_mode="single-row",
            placeholder=i18n.MISSING,
            on_select=lambda: open_row(frame["customer_id"].to_list()),
        )
    caption = [_("mark a row to see the customer's history")]
    if shown.height < sheet.about.rows:
        rows = i18n.integer(sheet.about.rows)
        caption.insert(0, _("the first {shown} of {rows}; the download has all", shown=shown.height, rows=rows))
    st.caption(" · ".join(caption))


def open_row(customers: Sequence[str]) -> None:
    """Look into the customer whose row was marked."""
    rows = st.session_state["rescue_grid"]["selection"]["rows"]
    if rows:
        session.keep(customer.CUSTOMER, customers[rows[0]])
        session.keep(SECTION, "customer")


def stage_words() -> pl.Expr:
    """The column `stage` in the viewer's language."""
    return pl.col("stage").replace(screen.stage_names())


def segment_kinds() -> dict[str, str]:
    """The kinds of segment that risk is told by."""
    return {
        "stage": _("Stage"),
        "channel": _("First channel"),
        "region": _("First region"),
        "category": _("First category"),
        "last_channel": _("Last channel"),
    }


def draw_where(churn_risk: Churn) -> None:
    """How risk is spread, and where the money is."""
    if churn_risk.distribution["customers"].sum() == 0:
        return
    kinds, currency = segment_kinds(), shop_currency()
    kind = session.choose(_("Value at stake by"), kinds, "stake_by", "stage")
    names = screen.stage_names() | {"(none)": _("(none)")}
    left, right = st.columns(2, gap="medium")
    with left:
        sheet = table.distribution(opened().version, churn_risk)
        tables.show_chart(lambda **_dark: risk_histogram(churn_risk.distribution, currency), sheet, "risk")
    with right:
        part = churn_risk.segments.filter(pl.col("segment_kind") == kind).drop("segment_kind")
        part = part.with_columns(pl.col("segment").replace(names))
        sheet = table.segments(opened().version, churn_risk, kind, kinds[kind], part)
        tables.show_chart(lambda **_dark: stake_by_segment(part, currency), sheet, "stake")
    st.caption(_("with those already lost, who are in no figure above"))
