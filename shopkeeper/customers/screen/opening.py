"""What is said of customers who may have bought before the data begin."""

import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.opening import Opening, opening_customers
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.ui.opened import load


def left_out(opening: Opening, customers: int) -> str:
    """How many such customers are in none of the figures."""
    return ngettext(
        "{n} customer first seen in the first {days} of the data may have bought before, and is left out.",
        "{n} customers first seen in the first {days} of the data may have bought before, and are left out.",
        customers,
        days=i18n.days(opening.days),
    )


def before_the_data(opening: Opening, customers: int, of: int) -> str:
    """How many such customers are among those that the figures are of."""
    return _(
        "{share} of these customers ({n}) were first seen in the first {days} of the data and may have bought before: "
        "really new customers may come back less often.",
        share=i18n.percent(customers / of),
        n=i18n.integer(customers),
        days=i18n.days(opening.days),
    )


def draw_of_models(filters: CustomerFilters, *, modelled: bool) -> None:
    """What a reader of the models, or of plain rates, must know of them; nothing where there are none."""
    counted = load(opening_customers, filters)
    if counted.uncertain:
        said = of_a_model if modelled else before_the_data
        st.caption(said(counted.opening, counted.uncertain, counted.customers))


def of_a_model(opening: Opening, customers: int, of: int) -> str:
    """The same, of those whose histories a model reads."""
    return _(
        "{share} of all customers ({n}) were first seen in the first {days} of the data and may have bought before. "
        "The models take the first purchase here for the first ever: what they say of new customers may be too high.",
        share=i18n.percent(customers / of),
        n=i18n.integer(customers),
        days=i18n.days(opening.days),
    )
