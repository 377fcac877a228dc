"""Picking one of many, in a table or in a chart."""

from typing import Any

import streamlit as st

from shopkeeper.i18n import gettext as _
from shopkeeper.ui import session

CLICKED, UNSEEN = "_clicked", "_pick_unseen"


def pick(label: str, key: str, names: dict[Any, str]) -> Any:
    """One of `names`, or nothing yet."""
    held = st.session_state.get(key)
    if held is not None and held not in names:
        # The table has changed under the cell that was picked; only a link has to be answered.
        if st.session_state.get(UNSEEN):
            session.notice(_("The link names “{value}”, which is no cell of this table.", value=held))
        held = None
    session.keep(key, held)
    chosen = st.selectbox(
        label,
        list(names),
        format_func=lambda value: names.get(value, str(value)),
        key=key,
        index=None,
        placeholder=_("Choose"),
        width=180,
    )
    session.remember(key, [] if chosen is None else [str(chosen)])
    return chosen
