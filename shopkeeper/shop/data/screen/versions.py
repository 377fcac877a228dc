"""The versions that are kept: two held against each other, and the way back to an earlier one."""

import streamlit as st

from shopkeeper.i18n import gettext as _
from shopkeeper.lake import store
from shopkeeper.lake.version import Version
from shopkeeper.query_files import recipe
from shopkeeper.shop.data import comparison, table
from shopkeeper.ui import session, tables
from shopkeeper.ui.frame import guarded
from shopkeeper.ui.opened import engine, opened


def draw(version: Version) -> None:
    """Every version that is kept; a shop's own can be served again."""
    if version.shop.sample:
        st.caption(_("The sample shop has one version: {version}.", version=version.id))
        return
    kept = store.versions(version.path.parents[1])
    tables.show_table(table.versions(version, kept), "versions", download=False)
    others = {other.id: other for other in kept if other.id != version.id}
    if not others:
        st.caption(_("There is one version so far. The next import makes another, and this one stays."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        version_id = st.selectbox(_("Compare with"), list(others), key="version_to_compare", width=360)
        if st.button(_("Go back to it"), key="roll_back", icon=":material/history:"):
            dialog = st.dialog(_("Serve another version?"))(confirm_rollback)
            dialog(version_id)
    _compare(version, others[version_id])


def _compare(version: Version, other: Version) -> None:
    """What differs between the version served and another: counts, then revenue by month."""
    tables.show_table(table.compared(version, comparison.counts(version, other)), "compared", download=False)
    if other.recipe != recipe():
        st.caption(_("The other version was made by another program; its months cannot be read."))
        return
    now = opened()
    months = comparison.months(now.query, engine(str(other.path), now.scope, ()))
    tables.show_table(table.months(version, other, months), "compared_months")


def confirm_rollback(version_id: str) -> None:
    """A dialog runs on its own: it has to be told the language, and guarded, anew."""
    session.speak()
    with guarded():
        st.write(
            _(
                "Every viewer will see version {version} from their next click on. Nothing is deleted.",
                version=version_id,
            )
        )
        if st.button(_("Serve it"), key="confirm_roll_back", type="primary"):
            store.rollback(store.data_folder(), version_id)
            st.rerun()
