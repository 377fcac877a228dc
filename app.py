"""Table of contents: the sections and their pages."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.i18n import gettext as _
from shopkeeper.ui import links

st.set_page_config(page_title="Shopkeeper", page_icon="🏪", layout="wide")
ui.begin()
page = st.navigation(
    {
        _("Home"): [st.Page(links.TODAY, title=_("Today"), icon=":material/today:", default=True)],
        _("Customers"): [
            st.Page(links.RETENTION, title=_("Retention"), icon=":material/group_add:", url_path="retention"),
            st.Page(
                links.CHURN_RISK,
                title=_("Churn risk"),
                icon=":material/heart_broken:",
                url_path="churn_risk",
            ),
            st.Page(
                links.LIFETIME_VALUE,
                title=_("Lifetime value"),
                icon=":material/diamond:",
                url_path="lifetime_value",
            ),
            st.Page(links.IDENTITY, title=_("Identity"), icon=":material/fingerprint:", url_path="identity"),
        ],
        _("Supply"): [
            st.Page(links.COVERAGE, title=_("Coverage"), icon=":material/grid_view:", url_path="coverage"),
            st.Page(links.DEMAND, title=_("Demand"), icon=":material/monitoring:", url_path="demand"),
            st.Page(
                links.REPLENISHMENT,
                title=_("Replenishment"),
                icon=":material/local_shipping:",
                url_path="replenishment",
            ),
            st.Page(links.NETWORK, title=_("Network"), icon=":material/hub:", url_path="network"),
        ],
        _("Shop"): [st.Page(links.DATA, title=_("Data"), icon=":material/database:", url_path="data")],
    }
)
ui.draw(page)
