"""The filters in the sidebar of the customer pages, and those of a second segment."""

from datetime import date

import polars as pl
import streamlit as st

from shopkeeper.customers.filters import DIMENSIONS, CustomerFilters
from shopkeeper.engine.query import Query
from shopkeeper.i18n import gettext as _
from shopkeeper.ui import filters
from shopkeeper.ui.opened import load, opened


def labels(query: Query) -> dict[str, dict[str, str]]:
    """By field of `CustomerFilters`: value and label of what can be chosen, by what it sells, most first."""
    mix = query("customers/filter_values")
    values = {
        many: {
            value: value
            for value in mix.filter(pl.col(one).is_not_null())
            .group_by(one)
            .agg(pl.col("revenue").sum())
            .sort("revenue", one, descending=[True, False])[one]
        }
        for one, many in DIMENSIONS.items()
    }
    first = query("customers/first_products").filter(pl.col("first_sku").is_not_null())
    values["skus"] = {
        sku: f"{name} ({sku})" if name and name != sku else sku
        for sku, name in first.select("first_sku", "product_name").iter_rows()
    }
    return {name: values[name.rsplit("_", 1)[1]] for name in CustomerFilters.CHOICES}


def choose_filters() -> CustomerFilters:
    """The sidebar's filters. They hold for every page that asks for them."""
    with filters.sidebar() as beside:
        chosen = segment_filters("")
        filters.reset_button(beside, "reset", _reset, disabled=chosen == CustomerFilters())
    return chosen


def segment_filters(prefix: str) -> CustomerFilters:
    """Widgets for a whole `CustomerFilters`, their keys and link names its fields' after `prefix`."""
    offered = load(labels)
    chosen: dict[str, object] = {}
    for title, names in groups().items():
        linked = [
            name
            for name in names
            if filters.read_link(CustomerFilters, prefix, name, offered.get(name, ()), _days(prefix, name))
        ]
        drawn = [name for name in names if name in CustomerFilters.DATES or len(offered[name]) > 1]
        if drawn:
            used = any(st.session_state.get(prefix + name) for name in names)
            with st.expander(title, expanded=bool(linked) or used or (title == _("Acquired in") and not prefix)):
                for name in drawn:
                    chosen[name] = (
                        filters.day(CustomerFilters, prefix, name, _days(prefix, name))
                        if name in CustomerFilters.DATES
                        else filters.choice(CustomerFilters, prefix, name, offered[name])
                    )
    made = CustomerFilters(**chosen)  # type: ignore[arg-type]
    filters.remember(prefix, made)
    return made


def groups() -> dict[str, list[str]]:
    """Fields of `CustomerFilters` under the headings that they stand under."""
    return {
        _("Acquired in"): [name for name in CustomerFilters.CHOICES if name.startswith("acquired_")],
        _("Bought in"): [name for name in CustomerFilters.CHOICES if name.startswith("bought_")],
        _("Dates"): list(CustomerFilters.DATES),
    }


def set_filter(name: str, value: str) -> None:
    """Choose one value in the sidebar, as a click on a row's button does."""
    filters.choose_one("", name, value)


def _days(prefix: str, name: str) -> tuple[date, date]:
    """What a date may be: a range does not end before it starts."""
    start = st.session_state.get(f"{prefix}cohort_from") if name == "cohort_to" else None
    return start or opened().version.first_day, opened().version.as_of


def _reset() -> None:
    filters.reset(CustomerFilters, "")
