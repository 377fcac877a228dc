"""The filters in the sidebar, and those of a second segment: widgets in, one frozen `Filters` out."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.filters import CHOICES, DATES, Filters
from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.ui import session
from shopkeeper.ui.opened import load, opened

FIELDS = tuple(field.name for field in fields(Filters))


@dataclass(frozen=True)
class FilterValues:
    """What can be chosen, by what it sells most: values, and of products value and name."""

    channels: tuple[str, ...]
    regions: tuple[str, ...]
    categories: tuple[str, ...]
    products: Mapping[str, str]

    def of(self, name: str) -> tuple[str, ...]:
        """The values of a field of `Filters`."""
        kind = name.rsplit("_", 1)[1]
        return tuple(self.products) if kind == "skus" else getattr(self, kind)


def options(query: Query) -> FilterValues:
    """Every channel, region, category and first product that the viewer may see."""
    mix = query("customers/filter_values")
    kinds = {"channel": "channels", "region": "regions", "category": "categories"}
    values = {
        kind: tuple(
            mix.filter(pl.col(column).is_not_null())
            .group_by(column)
            .agg(pl.col("revenue").sum())
            .sort("revenue", column, descending=[True, False])[column]
        )
        for column, kind in kinds.items()
    }
    first = query("customers/first_products").filter(pl.col("first_sku").is_not_null())
    products = {
        sku: f"{name} ({sku})" if name and name != sku else sku
        for sku, name in first.select("first_sku", "product_name").iter_rows()
    }
    return FilterValues(**values, products=products)


def choose_filters() -> Filters:
    """The sidebar's filters. They hold for every page that asks for them."""
    with st.sidebar:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{_('Filters')}**")
            reset = st.container(width="content")
        filters = segment_filters("")
        reset.button(
            _("Reset"),
            key="reset",
            on_click=reset_filters,
            disabled=filters == Filters(),
            type="tertiary",
            icon=":material/filter_alt_off:",
        )
    return filters


def segment_filters(prefix: str) -> Filters:
    """Widgets for a whole `Filters`, their keys and link names its fields' after `prefix`."""
    known = load(options)
    chosen: dict[str, object] = {}
    for title, names in groups().items():
        asked = [name for name in names if read_link(prefix, name, known)]
        offered = [name for name in names if name in DATES or len(known.of(name)) > 1]
        if offered:
            used = any(st.session_state.get(prefix + name) for name in names)
            with st.expander(title, expanded=bool(asked) or used or (title == _("Acquired in") and not prefix)):
                chosen |= {name: widget(prefix, name, known) for name in offered}
    filters = Filters(**chosen)  # type: ignore[arg-type]
    url = filters.to_url()
    for name in FIELDS:
        session.remember(prefix + name, url.get(name, []))
    return filters


def groups() -> dict[str, list[str]]:
    """Fields of `Filters` under the headings that they stand under."""
    return {
        _("Acquired in"): [name for name in CHOICES if name.startswith("acquired_")],
        _("Bought in"): [name for name in CHOICES if name.startswith("bought_")],
        _("Dates"): list(DATES),
    }


def widget(prefix: str, name: str, known: FilterValues) -> object:
    """The control of one field, and its value as `Filters` takes it."""
    key = prefix + name
    if name in DATES:
        first, last = opened().version.first_day, opened().version.as_of
        session.keep(key, st.session_state.get(key))
        low = st.session_state.get(f"{prefix}cohort_from") if name == "cohort_to" else None
        return st.date_input(
            _(DATES[name]),
            value=None,
            min_value=low or first,
            max_value=last,
            key=key,
            format="YYYY-MM-DD",
            on_change=session.forget_notices,
        )
    session.keep(key, st.session_state.get(key, []))
    values = st.multiselect(
        _(CHOICES[name]),
        known.of(name),
        key=key,
        placeholder=_("All"),
        on_change=session.forget_notices,
        format_func=lambda value: known.products.get(value, value) if name.endswith("_skus") else value,
        select_all=False,
    )
    return tuple(values) or None


def read_link(prefix: str, name: str, known: FilterValues) -> bool:
    """Take what the link says of one field, say what cannot be taken, and drop what the data no longer has."""
    values = session.linked(prefix + name)
    if values is not None:
        try:
            session.keep(prefix + name, as_state(Filters.from_url({name: values}), name))
        except Refused as refusal:
            session.notice(str(refusal))
    held = st.session_state.get(prefix + name)
    if not held:
        if values:
            session.notice(_("The link chooses nothing in “{label}”; all are shown.", label=label_of(name)))
        return False
    fit, left_out = fitting(prefix, name, held, known)
    if left_out:
        session.notice(
            _(
                "{value} cannot be chosen in “{label}”: this shop's data does not have it. It was left out.",
                value=", ".join(f"“{value}”" for value in left_out),
                label=label_of(name),
            )
        )
        session.keep(prefix + name, fit)
    return values is not None


def fitting(prefix: str, name: str, held: object, known: FilterValues) -> tuple[object, list[str]]:
    """What of the held value the data has, and the rest in words."""
    if isinstance(held, date):
        first, last = opened().version.first_day, opened().version.as_of
        start = st.session_state.get(f"{prefix}cohort_from") if name == "cohort_to" else None
        fits = (start or first) <= held <= last
        return (held, []) if fits else (None, [i18n.date_(held)])
    there = set(known.of(name))
    values = list(held) if isinstance(held, list) else []
    return [value for value in values if value in there], [value for value in values if value not in there]


def label_of(name: str) -> str:
    """What a field of `Filters` is called."""
    return _(CHOICES.get(name) or DATES[name])


def as_state(filters: Filters, name: str) -> object:
    """A field of `Filters` as its control holds it."""
    value = getattr(filters, name)
    return list(value) if isinstance(value, tuple) else value


def reset_filters() -> None:
    """Back to everything, in the sidebar only."""
    session.forget_notices()
    for name in FIELDS:
        session.keep(name, None if name in DATES else [])


def set_filter(name: str, value: str) -> None:
    """Choose one value in the sidebar, as a click on a row's button does."""
    session.keep(name, [value])
