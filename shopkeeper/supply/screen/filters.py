"""The sidebar of the pages of supply: categories, regions, items and locations. They hold for all of these pages."""

import polars as pl
import streamlit as st

from shopkeeper.engine.query import Query
from shopkeeper.i18n import gettext as _
from shopkeeper.supply.filters import CHOICES, GoodsFilters
from shopkeeper.ui import session
from shopkeeper.ui.opened import load

PREFIX = "goods_"


def offered(query: Query) -> dict[str, dict[str, str]]:
    """By field of `GoodsFilters`: value and label of what can be chosen, what brings most first."""
    rows = query("supply/filter_values")
    return {
        name: dict(
            rows.filter(pl.col("field") == name).select("value", "label").unique("value", maintain_order=True).rows()
        )
        for name in CHOICES
    }


def choose_goods(*, without: tuple[str, ...] = ()) -> GoodsFilters:
    """Draw the filters, except fields that the page has no use for, and give what is chosen."""
    known = load(offered)
    with st.sidebar:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{_('Filters')}**")
            reset = st.container(width="content")
        chosen = GoodsFilters(**{name: _widget(name, known[name]) for name in CHOICES if name not in without})
        reset.button(
            _("Reset"),
            key="goods_reset",
            on_click=_reset,
            disabled=chosen == GoodsFilters(),
            type="tertiary",
            icon=":material/filter_alt_off:",
        )
    url = chosen.to_url()
    for name in CHOICES:
        session.remember(PREFIX + name, url.get(name, []))
    return chosen


def choose_one(name: str, value: str) -> None:
    """Choose one value of a field, as a click on a cell does."""
    session.keep(PREFIX + name, [value])


def _widget(name: str, known: dict[str, str]) -> tuple[str, ...] | None:
    key = PREFIX + name
    asked = session.linked(key)
    held = asked if asked is not None else st.session_state.get(key, [])
    if left_out := [value for value in held if value and value not in known]:
        session.notice(
            _(
                "{value} cannot be chosen in “{label}”: this shop's data does not have it. It was left out.",
                value=", ".join(f"“{value}”" for value in left_out),
                label=_(CHOICES[name]),
            )
        )
    session.keep(key, [value for value in held if value in known])
    values = st.multiselect(
        _(CHOICES[name]),
        list(known),
        key=key,
        placeholder=_("All"),
        on_change=session.forget_notices,
        format_func=lambda value: known.get(value, value),
        select_all=False,
    )
    return tuple(values) or None


def _reset() -> None:
    session.forget_notices()
    for name in CHOICES:
        session.keep(PREFIX + name, [])
