"""What a page says while what it stands on is still being made; it comes alive by itself."""

from collections.abc import Mapping

import streamlit as st

from shopkeeper.i18n import gettext as _
from shopkeeper.jobs import making
from shopkeeper.jobs.making import Part
from shopkeeper.lake.version import Version

NEEDS: Mapping[str, Part] = {
    "churn_risk": "fits",
    "lifetime_value": "fits",
    "coverage": "forecast",
    "demand": "forecast",
    "replenishment": "forecast",
    "network": "forecast",
}
"""What pages stand on beside the data, by their address."""
SECONDS = 1.5


def is_awaited(page: str, version: Version) -> bool:
    """Whether the page has to wait for something that is being made."""
    return page in NEEDS and making.awaited(version, NEEDS[page]) is not None


@st.fragment(run_every=SECONDS)
def draw_waiting(page: str, version: Version) -> None:
    """What is at work and how far it is; the page is run again when it is done."""
    part = NEEDS[page]
    work = making.awaited(version, part)
    if work is None:
        st.rerun()
    st.info(
        _("The models of buying are being fitted to this data. This page opens by itself when they are ready.")
        if part == "fits"
        else _("Demand is being forecast from this data. This page opens by itself when the forecast is ready."),
        icon=":material/hourglass_top:",
    )
    st.progress(min(max(work.share, 0.0), 1.0), text=_(work.step))
    st.caption(_("Retention, Identity and Data need no model and are ready now."))
