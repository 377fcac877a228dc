"""What the forecast run says of itself: doubts before anybody orders by it, and what falls short in its data."""

import streamlit as st

from shopkeeper.jobs.forecast import files
from shopkeeper.ui.opened import opened


def draw_doubts() -> None:
    """What to look at before anything is ordered by this forecast; nothing for who may see a part of the shop only."""
    for doubt in _of_run("doubts"):
        st.warning(doubt)


def draw_shortcomings() -> None:
    """What the run could not measure or had to assume."""
    for note in _of_run("notes"):
        st.caption(f"ⓘ {note}")


def _of_run(kind: str) -> tuple[str, ...]:
    # They speak of the whole shop.
    return () if opened().scope.restricted else tuple(str(note) for note in files.said(opened().version, kind))
