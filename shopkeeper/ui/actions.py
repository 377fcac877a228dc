"""Where a page ends: what to do next, and the page on which it is done."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from shopkeeper.i18n import gettext as _
from shopkeeper.ui import session


@contextmanager
def do_next(what: str) -> Iterator[None]:
    """The sentence in a box of its own; what is drawn within the block stands below it."""
    with st.container(border=True):
        st.markdown(_("**Do this next.** {what}", what=what))
        yield


def open_page(
    label: str, path: str, key: str, icon: str, *, choices: Mapping[str, object] | None = None, tertiary: bool = False
) -> None:
    """A button that leads to another page, by its path in `links`; `choices` are made there, by the widgets' keys."""
    if st.button(label, key=key, icon=icon, type="tertiary" if tertiary else "secondary"):
        for name, value in (choices or {}).items():
            session.keep(name, value)
        st.switch_page(path)


def show_list(label: str, key: str, choices: Mapping[str, str]) -> None:
    """A small button below a figure that shows the list which it counts, on the same page, by the widgets' keys."""

    def choose() -> None:
        for name, value in choices.items():
            session.keep(name, value)

    st.button(label, key=key, icon=":material/list:", type="tertiary", on_click=choose)
