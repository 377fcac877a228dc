"""Manual values on the Demand page: those in force, and the form for a new one beside the statistical forecast."""

from datetime import date, timedelta

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper import state as decided
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.messages import message
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.demand import table
from shopkeeper.supply.demand.screen.answer import say_no_forecast
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.screen.filters import labels
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.ui import state, tables
from shopkeeper.ui.opened import load, opened

FARTHEST = 91
"""Days ahead that a manual value can hold: as far as the forecast goes."""


def draw(filters: GoodsFilters) -> None:
    """Manual values in force, and the form for a new one."""
    if opened().forecast is None:
        say_no_forecast()
        return
    who = state.ask_author()
    frame = load(demand.manual, in_force())
    if frame.is_empty():
        st.info(_("No manual values are in force: every figure is the statistical forecast."))
    else:
        st.markdown(f"##### {_('Manual values in force')}")
        sheet = table.manual(opened().version, frame.drop("id"), filters)
        tables.show_table(sheet, "manual_values")
        draw_withdraw(frame, who)
    draw_form(filters, who)


def draw_withdraw(frame: pl.DataFrame, who: str) -> None:
    """Let the statistical value hold again."""
    names = {
        row["id"]: f"{row['sku']} · {row['region'] or _('all regions')} · {row['starts_on']} – {row['ends_on']}"
        for row in frame.iter_rows(named=True)
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        override_id = st.selectbox(
            _("Withdraw"), list(names), format_func=lambda key: names.get(key, key), key="manual_withdraw"
        )
        if st.button(_("Withdraw this value"), key="manual_withdraw_go", icon=":material/undo:"):
            decided.withdraw_override(state.held(), override_id, author=who)
            st.rerun()


def draw_form(filters: GoodsFilters, who: str) -> None:
    """A new manual value beside the statistical one."""
    offered, as_of = load(labels), opened().version.as_of
    st.markdown(f"##### {_('Set a manual value')}")
    with st.container(border=True, key="manual_form"):
        items = list(offered["skus"])
        first = filters.skus[0] if filters.skus and filters.skus[0] in items else None
        sku = st.selectbox(
            _("Item"),
            items,
            index=items.index(first) if first else None,
            key="manual_sku",
            format_func=lambda key: offered["skus"].get(key, key),
            placeholder=_("Choose an item"),
        )
        region = st.selectbox(
            _("Region"), ["", *offered["regions"]], key="manual_region", format_func=lambda key: key or _("All regions")
        )
        days = st.date_input(
            _("From and to"),
            (as_of + timedelta(days=1), as_of + timedelta(days=28)),
            key="manual_days",
            min_value=as_of + timedelta(days=1),
            max_value=as_of + timedelta(days=FARTHEST),
            format="YYYY-MM-DD",
        )
        if not sku or not isinstance(days, tuple) or len(days) < 2:
            st.caption(_("Choose an item and both days; the statistical forecast is shown then."))
            return
        draw_value(sku, region or None, (days[0], days[1]), who)


def draw_value(sku: str, region: str | None, days: tuple[date, date], who: str) -> None:
    """The statistical value of the choice, and what it is replaced with."""
    first, last = days
    now = load(demand.statistical, sku, region, first, last)
    if now is None:
        st.warning(_("There is no forecast of this item there yet, so a manual value cannot stand beside one."))
        return
    st.markdown(
        _(
            "The statistical forecast says **{units}** units per day, {total} in all.",
            units=i18n.number(now),
            total=i18n.integer(now * ((last - first).days + 1)),
        )
    )
    value = st.number_input(
        _("Units per day"), min_value=0.0, value=None, step=0.1, key="manual_units", placeholder=i18n.number(now)
    )
    reason = st.text_input(_("Reason"), key="manual_reason", max_chars=300, placeholder=_("for example a campaign"))
    if st.button(_("Keep this value"), key="manual_keep", type="primary", icon=":material/save:"):
        if value is None:
            raise Refused(message("Write how many units per day you expect; 0 is an answer too."))
        decided.add_override(
            state.held(),
            sku=sku,
            region=region,
            starts_on=first,
            ends_on=last,
            units_per_day=value,
            statistical_units_per_day=now,
            author=who,
            reason=reason,
        )
        st.rerun()
