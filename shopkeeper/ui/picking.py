"""Picking one of many: in a list, or by a click in a chart."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from shopkeeper.i18n import gettext as _
from shopkeeper.ui import session

UNSEEN = "_pick_unseen"


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


def clicked(charts: Iterable[str]) -> tuple[Any, Any] | None:
    """The first two values of the point that was clicked since the last run in one of the charts (their keys).

    A chart keeps its selection from run to run; a click that was answered once is not given again.
    """
    names = tuple(charts)
    points = [point for name in names for point in _points(f"{name}_chart")]
    pair = next((tuple(point["customdata"][:2]) for point in points if point.get("customdata")), None)
    answered = f"_clicked_{'_'.join(names)}"
    before = st.session_state.get(answered)
    session.keep(answered, pair)
    return pair if pair and pair != before else None


def _points(key: str) -> list[dict[str, Any]]:
    chart = st.session_state.get(key)
    return chart["selection"]["points"] if chart else []
