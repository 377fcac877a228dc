"""The clock to the second order on the Churn risk page."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.screen.model import say_nobody
from shopkeeper.customers.screen.opening import before_the_data, left_out
from shopkeeper.customers.second_order import report as second_order
from shopkeeper.customers.second_order import table
from shopkeeper.customers.second_order.chart import CURVES_DRAWN, FEWEST_AT_RISK, second_order_curves
from shopkeeper.customers.second_order.report import COMPARED_DAY, Contrast, SecondOrder
from shopkeeper.i18n import gettext as _
from shopkeeper.ui import session, tables
from shopkeeper.ui.opened import load, opened


def draw(filters: CustomerFilters) -> None:
    """How fast customers return once, by where they were won."""
    whole = load(second_order.report, filters, "all")
    if whole.medians.is_empty():
        say_nobody()
        return
    draw_answer(whole)
    kinds = {"channel": _("First channel"), "category": _("First category"), "all": _("All customers")}
    by = session.choose(_("By"), kinds, "clock_by", "channel")
    clock = load(second_order.report, filters, by)  # type: ignore[arg-type]
    names = {"(none)": _("(none)"), "all": _("All customers")}
    if clock.contrast is not None:
        st.markdown(contrast_in_words(clock.contrast, names))
    elif by != "all":
        st.caption(_("No segment comes back sooner or later than all others for certain."))
    tables.show_chart(
        lambda **_dark: second_order_curves(clock, names),
        table.curves(opened().version, clock, filters),
        "clock",
        title=_("Share that came back, by days since the first purchase"),
        note=legend(clock),
    )
    st.markdown(f"##### {_('Who is still waited for')}")
    tables.show_table(table.segments(opened().version, clock, filters), "clock_segments")


def draw_answer(whole: SecondOrder) -> None:
    """When half are back, in one sentence and a figure for each of a few days."""
    segment = whole.medians.row(0, named=True)
    reached = whole.clock.filter(pl.col("at_risk").is_not_null())
    half = segment["median_days"]
    if not segment["returned"]:
        answer = i18n.ngettext(
            "The one customer has not come back yet.",
            "None of the {n} customers has come back yet.",
            segment["customers"],
        )
    elif half is None:
        last = whole.curves.row(-1, named=True)
        answer = _(
            "Fewer than half of the customers come back: {share} have by day {day} after their first purchase.",
            share=i18n.share_of(segment["returned"], segment["customers"])
            if segment["customers"] < i18n.FEW
            else i18n.share(last["returned"]),
            day=i18n.integer(last["duration"]),
        )
    else:
        answer = _(
            "Half of the customers are back by day {day} after their first purchase; a reminder belongs before it.",
            day=i18n.integer(half),
        )
    st.markdown(f"#### {answer}")
    with st.container(horizontal=True, gap="small"):
        for row in reached.iter_rows(named=True):
            st.metric(
                _("Back by day {day}", day=i18n.integer(row["day"])),
                i18n.percent(row["returned"]),
                border=True,
                help=_(
                    "95% interval {low} to {high}; {n} customers have been observed so long without a second purchase.",
                    low=i18n.percent(row["back_low"]),
                    high=i18n.percent(row["back_high"]),
                    n=i18n.integer(row["at_risk"]),
                ),
            )
    if said := said_of_opening(whole):
        st.caption(said)


def said_of_opening(whole: SecondOrder) -> str:
    """Who of the customers may have bought before the data begin; empty where nobody may."""
    if whole.uncertain:
        return before_the_data(whole.opening, whole.uncertain, int(whole.medians["customers"].sum()))
    return left_out(whole.opening, whole.left_out) if whole.left_out else ""


def contrast_in_words(contrast: Contrast, names: Mapping[str, str]) -> str:
    """Which segment needs a reminder first, or not at all, and how certain that is."""
    values = {
        "segment": names.get(contrast.segment, contrast.segment),
        "n": i18n.integer(contrast.customers),
        "returned": i18n.percent(contrast.returned),
        "rest_n": i18n.integer(contrast.rest_customers),
        "rest": i18n.percent(contrast.rest),
        "day": COMPARED_DAY,
        "comparisons": i18n.integer(contrast.comparisons),
    }
    if contrast.high < 0:
        return _(
            "Of the {n} customers won by **{segment}**, {returned} are back by day {day}, of the {rest_n} others "
            "{rest}: remind these first. The difference is certain: {low} to {high} points fewer (Kaplan–Meier, 95% "
            "over all {comparisons} comparisons).",
            low=i18n.number(-100 * contrast.high, 1),
            high=i18n.number(-100 * contrast.low, 1),
            **values,
        )
    return _(
        "Of the {n} customers won by **{segment}**, {returned} are back by day {day}, of the {rest_n} others "
        "{rest}: win more of these. The difference is certain: {low} to {high} points more (Kaplan–Meier, 95% over all "
        "{comparisons} comparisons).",
        low=i18n.number(100 * contrast.low, 1),
        high=i18n.number(100 * contrast.high, 1),
        **values,
    )


def legend(clock: SecondOrder) -> str:
    """How to read the curves."""
    parts = [
        _("Kaplan–Meier: who has not come back yet counts for as long as observed"),
        _("bands are 95% intervals"),
        _("a curve ends where fewer than {n} customers are still waited for", n=FEWEST_AT_RISK),
    ]
    if clock.medians.height > CURVES_DRAWN:
        parts.append(_("only the {n} largest are drawn; table and files have all", n=CURVES_DRAWN))
    return " · ".join(parts)
