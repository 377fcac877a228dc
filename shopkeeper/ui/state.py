"""The app's own state on the screen: one handle for all, what is in force now, and who is at the screen."""

import streamlit as st

from shopkeeper import state
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.models.stock.inventory import Policy
from shopkeeper.state import State
from shopkeeper.supply.demand.overrides import Override
from shopkeeper.ui import session
from shopkeeper.ui.opened import opened

AUTHOR = "decided_by"


def held() -> State:
    """The state of the shop that is shown. Raise `Refused` where it cannot be opened."""
    version = opened().version
    return handle(state.url_of(version.path.parents[1], sample=version.shop.sample))


@st.cache_resource(max_entries=8, show_spinner=False, on_release=lambda opened_state: opened_state.close())
def handle(url: str) -> State:
    """One handle per address, for all sessions; its engine may be used by many threads."""
    return state.open_state(url)


def overrides_in_use() -> tuple[Override, ...]:
    """Manual values of demand; none, and a sentence why, where the state cannot be read."""
    try:
        return state.overrides(held())
    except Refused as refusal:
        session.notice(" ".join((str(refusal), _("Until then no manual values of demand are in the figures."))))
        return ()


def policy_in_use() -> Policy:
    """The stock policy; the default, and a sentence why, where the state cannot be read."""
    try:
        return state.policy(held())
    except Refused as refusal:
        session.notice(" ".join((str(refusal), _("Until then the default service levels hold."))))
        return Policy()


def signed_in() -> str | None:
    """Who signed in, by name or e-mail address; None where sign-in is not set up."""
    known = st.user.get("name") or st.user.get("email") if st.user else None
    return str(known) if known else None


def ask_author() -> str:
    """The name that goes into the log: who signed in, else what is typed here, remembered for the session."""
    if known := signed_in():
        return known
    session.keep(AUTHOR, st.session_state.get(AUTHOR, ""))
    return str(st.text_input(_("Your name"), key=AUTHOR, max_chars=100, help=_("Kept in the log with each decision.")))
