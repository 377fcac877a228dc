"""Table of contents: the sections and their pages."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.i18n import gettext as _

st.set_page_config(page_title="Shopkeeper", page_icon="🏪", layout="wide")
ui.begin()
page = st.navigation(
    {
        _("Customers"): [
            st.Page(
                "pages/customers/retention.py", title=_("Retention"), icon=":material/group_add:", default=True
            )
        ],
        _("Shop"): [st.Page("pages/shop/data.py", title=_("Data"), icon=":material/database:", url_path="data")],
    }
)  # fmt: skip
ui.draw(page)
