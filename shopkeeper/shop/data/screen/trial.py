"""What an import would bring, before it is one."""

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.imports.trial import Trial
from shopkeeper.jobs.bring_in.request import Request
from shopkeeper.lake.version import Version
from shopkeeper.shop.data import brought
from shopkeeper.shop.data.labels import NEEDS, PAGES

FIRST_WARNINGS = 12


def draw(tried: Trial, request: Request, version: Version) -> bool:
    """The dry run's answer; whether it is to be imported now."""
    rows_in = sum(each.rows_in for each in tried.tables)
    answer = _(
        "{published} of {rows} rows can be published, {rejected} would be rejected.",
        published=i18n.integer(rows_in - tried.rows_rejected),
        rows=i18n.integer(rows_in),
        rejected=i18n.integer(tried.rows_rejected),
    )
    st.markdown(f"#### {answer}")
    for sentence in tried.stops:
        st.error(str(sentence))
    accepted = not tried.stops or st.checkbox(
        _("I have looked at this, and want to import it as it is"), key="bring_accept"
    )
    pressed = st.button(
        _("Import {n} rows", n=i18n.integer(rows_in - tried.rows_rejected)),
        key="bring_import",
        type="primary",
        icon=":material/publish:",
        disabled=not accepted,
    )
    if pressed:
        return True
    _figures(tried, request)
    _pages(tried, version)
    _months(tried, request)
    if tried.faults:
        with st.expander(_("What would be rejected, and how to mend it"), expanded=bool(tried.stops)):
            for sentence in tried.faults:
                st.markdown(f"- {sentence}")
    if tried.warnings:
        with st.expander(_("What else was seen")):
            for sentence in tried.warnings[:FIRST_WARNINGS]:
                st.markdown(f"- {sentence}")
    return False


def _figures(tried: Trial, request: Request) -> None:
    total = sum((amount for _month, _rows, amount in tried.months), start=0)
    with st.container(horizontal=True, gap="small"):
        st.metric(_("Net amount"), i18n.money(total, request.currency), border=True)
        st.metric(_("Orders"), i18n.integer(tried.orders), border=True)
        st.metric(_("Customers"), i18n.integer(tried.customers), border=True)
    if tried.first_day and tried.last_day:
        first, last = i18n.date_(tried.first_day), i18n.date_(tried.last_day)
        st.markdown(_("From {first} to {last}.", first=first, last=last))


def _pages(tried: Trial, version: Version) -> None:
    """Which pages will have what they need."""
    there = () if version.shop.sample else tuple(version.tables)
    lines = []
    for name, has in brought.pages(tried, there).items():
        lacking = "" if has else f": {_(NEEDS[name])}"
        lines.append(f"{':green[:material/check:]' if has else ':gray[:material/remove:]'} {_(PAGES[name])}{lacking}")
    st.markdown("  \n".join((f"**{_('What the pages will show')}**", *lines)))


def _months(tried: Trial, request: Request) -> None:
    if not tried.months:
        return
    frame = pl.DataFrame(
        [(month, rows, float(amount)) for month, rows, amount in tried.months],
        schema={"month": pl.Date, "rows": pl.Int64, "amount": pl.Float64},
        orient="row",
    )
    with st.expander(_("By month"), expanded=len(tried.months) <= 24):
        st.dataframe(
            frame.to_arrow(),
            hide_index=True,
            column_config={
                "month": st.column_config.DateColumn(_("Month"), format="YYYY-MM"),
                "rows": st.column_config.NumberColumn(_("Order lines"), format="localized"),
                "amount": st.column_config.NumberColumn(
                    _("Net amount, {currency}", currency=request.currency), format="accounting"
                ),
            },
        )
