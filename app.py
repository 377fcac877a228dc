"""Table of contents: the sections and their pages."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.i18n import gettext as _

st.set_page_config(page_title="Shopkeeper", page_icon="🏪", layout="wide")
ui.begin()
page = st.navigation(
    {
        _("Customers"): [
            st.Page("pages/customers/retention.py", title=_("Retention"), icon=":material/group_add:", default=True),
            st.Page(
                "pages/customers/churn_risk.py",
                title=_("Churn risk"),
                icon=":material/heart_broken:",
                url_path="churn_risk",
            ),
            st.Page(
                "pages/customers/lifetime_value.py",
                title=_("Lifetime value"),
                icon=":material/diamond:",
                url_path="lifetime_value",
            ),
        ],
        _("Supply"): [
            st.Page("pages/supply/coverage.py", title=_("Coverage"), icon=":material/grid_view:", url_path="coverage"),
            st.Page("pages/supply/demand.py", title=_("Demand"), icon=":material/monitoring:", url_path="demand"),
            st.Page(
                "pages/supply/replenishment.py",
                title=_("Replenishment"),
                icon=":material/local_shipping:",
                url_path="replenishment",
            ),
            st.Page("pages/supply/network.py", title=_("Network"), icon=":material/hub:", url_path="network"),
        ],
        _("Shop"): [st.Page("pages/shop/data.py", title=_("Data"), icon=":material/database:", url_path="data")],
    }
)
ui.draw(page)
