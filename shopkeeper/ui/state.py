"""The app's own state on the screen: one handle for all, what is in force now, and who is at the screen."""

import streamlit as st

from shopkeeper import state
from shopkeeper.i18n import gettext as _
from shopkeeper.state import State
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


def signed_in() -> str | None:
    """Who signed in, by name or e-mail address; None where sign-in is not set up."""
    name = st.user.get("name") or st.user.get("email") if st.user else None
    return str(name) if name else None


def ask_author() -> str:
    """The name that goes into the log: who signed in, else what is typed here, remembered for the session."""
    if name := signed_in():
        return name
    session.keep(AUTHOR, st.session_state.get(AUTHOR, ""))
    return str(st.text_input(_("Your name"), key=AUTHOR, max_chars=100, help=_("Kept in the log with each decision.")))
