"""The views of the Lifetime value page: segments, distribution, matrix, customers."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.lifetime_value import table
from shopkeeper.customers.lifetime_value.chart import value_by_segment, value_distribution, value_lorenz, value_matrix
from shopkeeper.customers.lifetime_value.report import LifetimeValue
from shopkeeper.customers.lifetime_value.shapes import MOST_FREQUENT, inactivity_names, per_customer
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.jobs.buying.scores import FEW_CUSTOMERS
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import shop_currency
from shopkeeper.ui.opened import opened

DRAWN, LISTED = 15, 500


def _divided(segments: pl.DataFrame, kinds: Sequence[str]) -> str:
    """The first kind of segment of which there is more than one."""
    sizes = dict(segments.group_by("segment_kind").len().rows())
    return next((kind for kind in kinds if sizes.get(kind, 0) > 1), kinds[0])


def draw_segments(customer_value: LifetimeValue) -> None:
    """Sums and values per customer of one kind of segment, chart and table."""
    kinds = {
        "channel": _("Channel"),
        "category": _("First category"),
        "cohort": _("Year acquired"),
        "region": _("Region"),
    }
    kind = session.choose(_("Acquired by"), kinds, "value_by", _divided(customer_value.segments, list(kinds)))
    frame = per_customer(customer_value.segments, kind)
    sheet = table.segments(opened().version, customer_value, kind, kinds[kind], frame)
    notes = []
    if not frame["predicted_value"].is_null().all():
        notes.append(_("lines show the 95% interval of what these customers will bring, chance included"))
    if kind == "cohort":
        notes.append(_("later years have had less time to bring anything, and more of it lies ahead"))
    if frame.height > DRAWN:
        notes.append(_("only the largest {n} are drawn; the table has all", n=DRAWN))

    def draw(*, dark: bool = False) -> Any:  # noqa: ARG001
        drawn = frame.sort("customers", descending=True).head(DRAWN)["segment"].to_list()
        return value_by_segment(frame.filter(pl.col("segment").is_in(drawn, nulls_equal=True)), shop_currency())

    title = _("What a customer has brought, and should bring")
    tables.show_chart(draw, sheet, "value_segments", title=title, note=" · ".join(notes))
    if st.session_state.get("value_segments_as") != "table":
        tables.show_table(sheet, "value_segments_rows", download=False)


def draw_distribution(customer_value: LifetimeValue) -> None:
    """How unlike customers are: classes of predicted value, and what the richest hold."""
    if customer_value.top_historic is not None or customer_value.top_predicted is not None:
        st.markdown(
            _(
                "The most valuable 10% of customers hold **{predicted}** of what is predicted; the 10% who brought "
                "most so far hold **{historic}** of what has come.",
                predicted=i18n.percent(customer_value.top_predicted),
                historic=i18n.percent(customer_value.top_historic),
            )
        )
    left, right = st.columns(2, gap="medium")
    classes, shares = (
        table.distribution(opened().version, customer_value),
        table.lorenz(opened().version, customer_value),
    )
    with left:
        if customer_value.distribution.is_empty():
            say_unpredicted()
        else:
            tables.show_chart(
                lambda **_dark: value_distribution(customer_value.distribution, shop_currency()),
                classes,
                "value_classes",
            )
    with right:
        tables.show_chart(lambda **_dark: value_lorenz(customer_value.lorenz), shares, "value_lorenz")


def draw_matrix(customer_value: LifetimeValue) -> None:
    """Predicted value by how often and how long ago customers bought."""
    if (
        customer_value.kind is None
        or customer_value.matrix["predicted_value"].null_count() == customer_value.matrix.height
    ):
        say_unpredicted()
        return
    frame = customer_value.bands
    rows = [*map(str, range(MOST_FREQUENT)), f"{MOST_FREQUENT}+"]
    sheet = table.matrix(opened().version, customer_value)

    def draw(*, dark: bool = False) -> Any:
        return value_matrix(frame, rows, inactivity_names(), shop_currency(), FEW_CUSTOMERS, dark=dark)

    note = _(
        "Bold: predicted value per customer ({currency}); below it the number of customers. Pale: fewer than {few}. A "
        "month is 30 days.",
        currency=shop_currency(),
        few=FEW_CUSTOMERS,
    )
    tables.show_chart(draw, sheet, "value_matrix", note=note)


def draw_customers(fits: Fits, customer_value: LifetimeValue) -> None:
    """Every customer, the most valuable first; the file has them all."""
    st.markdown(f"##### {_('Customers, the most valuable first')}")
    read_whole = partial(lifetime_value.listing, opened().query, fits, customer_value)
    tables.show_table(table.customers(opened().version, customer_value, read_whole), "valued", first=LISTED)


def say_unpredicted() -> None:
    """Why there is nothing here."""
    st.info(_("Nothing is predicted for these customers, so there is nothing to draw; the sentence above says why."))
