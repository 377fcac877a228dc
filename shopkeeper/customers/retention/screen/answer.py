"""The Retention page's answer: who comes back, in one sentence and a row of figures."""

import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.retention.chart.titles import unit
from shopkeeper.customers.retention.comeback import Comeback, comeback
from shopkeeper.customers.retention.report import View
from shopkeeper.customers.screen.opening import before_the_data, left_out
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import measure
from shopkeeper.ui.figures import shop_currency
from shopkeeper.ui.opened import load

HORIZONS = {"day": (1, 7, 30), "week": (1, 4, 12), "month": (1, 3, 12), "quarter": (1, 2, 4)}


def draw_answer(filters: CustomerFilters, view: View) -> None:
    """Who comes back: always cumulative, of the same customers at every age, whatever is drawn below."""
    back = load(comeback, filters, view, HORIZONS[view.period])
    if back.ages.is_empty():
        st.info(_("No period after a first purchase has closed yet. Widen the dates, or come back when it has."))
        return
    rows = list(back.ages.iter_rows(named=True))
    st.markdown(f"#### {headline(view, [(row['age'], row['rate']) for row in rows], rows[0]['n'])}")
    with st.container(horizontal=True, gap="small"):
        for row in rows:
            st.metric(
                _("Back by {unit} {k}", unit=unit(view), k=row["age"]),
                i18n.percent(row["rate"]),
                border=True,
                help=_(
                    "{value} of {n} customers in {cohorts} closed cohorts; 95% interval {low} to {high}.",
                    value=i18n.integer(row["value"]),
                    n=i18n.integer(row["n"]),
                    cohorts=i18n.integer(row["cohorts"]),
                    low=i18n.percent(row["low"]),
                    high=i18n.percent(row["high"]),
                ),
            )
        st.metric(
            _("Spent per new customer by {unit} {k}", unit=unit(view), k=rows[-1]["age"]),
            i18n.compact_money(rows[-1]["spent"], shop_currency()),
            border=True,
            help=_(measure("cumulative_revenue_per_customer").description),
        )
    st.caption(whose(back))


def headline(view: View, reached: list[tuple[int, float]], n: int) -> str:
    """The answer in one sentence; `reached` holds ages and shares of n customers, the first age being 1.

    Of few customers it is a count.
    """

    def of(share: float) -> str:
        return i18n.integer(round(share * n)) if n < i18n.FEW else i18n.of_hundred(share)

    (_age, rate), *later = reached
    whom = _("Of the {n} new customers seen so long", n=i18n.integer(n)) if n < i18n.FEW else _("Of 100 new customers")
    values = {"whom": whom, "first": of(rate), "unit": unit(view)}
    if later:
        values |= {"later": of(later[-1][1]), "k": str(later[-1][0])}
    if view.period == "day" and view.windows == "calendar":
        if not later:
            return _("{whom}, {first} buy again on the day after their first purchase.", **values)
        return _("{whom}, {first} buy again on the day after their first purchase, {later} by day {k}.", **values)
    if not later:
        return _("{whom}, {first} buy again in the {unit} after their first.", **values)
    return _("{whom}, {first} buy again in the {unit} after their first, {later} by {unit} {k}.", **values)


def whose(back: Comeback) -> str:
    """Whose figures these are, and who is left out."""
    n, last = back.ages["n"][0], back.ages["age"][-1]
    said = _(
        "All figures are of the same {n} customers, whose {unit} {k} has closed (cohorts up to {cohort}).",
        n=i18n.integer(n),
        unit=unit(back.view),
        k=last,
        cohort=i18n.period_label(back.view.period, back.last_cohort),
    )
    if back.uncertain:
        return f"{said} {before_the_data(back.opening, back.uncertain, n)}"
    return f"{said} {left_out(back.opening, back.left_out)}" if back.left_out else said
