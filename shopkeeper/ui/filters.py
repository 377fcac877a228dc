"""Filters in the sidebar: controls that fill one frozen value of choices, from the link and from the session."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from shopkeeper import i18n
from shopkeeper.engine.choices import Choices
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.ui import session

Days = tuple[date, date]
"""The first and the last day that can be chosen."""


@contextmanager
def sidebar() -> Iterator[DeltaGenerator]:
    """The sidebar under its heading; yields where the button that resets stands."""
    with st.sidebar:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{_('Filters')}**")
            beside = st.container(width="content")
        yield beside


def reset_button(beside: DeltaGenerator, key: str, reset: Callable[[], None], *, disabled: bool) -> None:
    """Back to everything."""
    beside.button(
        _("Reset"), key=key, on_click=reset, disabled=disabled, type="tertiary", icon=":material/filter_alt_off:"
    )


def reset(kind: type[Choices], prefix: str) -> None:
    """Let go of every choice of `kind` whose keys begin with `prefix`."""
    session.forget_notices()
    for name in (*kind.CHOICES, *kind.DATES):
        session.keep(prefix + name, None if name in kind.DATES else [])


def choose_one(prefix: str, name: str, value: str) -> None:
    """Choose one value of a field, as a click on a row or a cell does."""
    session.keep(prefix + name, [value])


def remember(prefix: str, chosen: Choices) -> None:
    """Write the choices into the link."""
    url = chosen.to_url()
    for name in (*chosen.CHOICES, *chosen.DATES):
        session.remember(prefix + name, url.get(name, []))


def read_link(kind: type[Choices], prefix: str, name: str, values: Collection[str], days: Days | None = None) -> bool:
    """Take what the link says of one field, say what cannot be taken, and drop what the data no longer has.

    True where the link chose something.
    """
    linked = session.linked(prefix + name)
    if linked is not None:
        try:
            session.keep(prefix + name, _as_state(kind.from_url({name: linked}), name))
        except Refused as refusal:
            session.notice(str(refusal))
    held = st.session_state.get(prefix + name)
    if not held:
        if linked:
            session.notice(_("The link chooses nothing in “{label}”; all are shown.", label=kind.label(name)))
        return False
    fitting, left_out = _fitting(held, values, days)
    if left_out:
        session.notice(
            _(
                "{value} cannot be chosen in “{label}”: this shop's data does not have it. It was left out.",
                value=", ".join(f"“{value}”" for value in left_out),
                label=kind.label(name),
            )
        )
        session.keep(prefix + name, fitting)
    return linked is not None


def choice(kind: type[Choices], prefix: str, name: str, labels: Mapping[str, str]) -> tuple[str, ...] | None:
    """The control of one choice, by value and label; `None` where all are meant."""
    key = prefix + name
    session.keep(key, st.session_state.get(key, []))
    values = st.multiselect(
        kind.label(name),
        list(labels),
        key=key,
        placeholder=_("All"),
        on_change=session.forget_notices,
        format_func=lambda value: labels.get(value, value),
        select_all=False,
    )
    return tuple(values) or None


def day(kind: type[Choices], prefix: str, name: str, days: Days) -> date | None:
    """The control of one date; `None` while it is open."""
    key = prefix + name
    session.keep(key, st.session_state.get(key))
    return st.date_input(
        kind.label(name),
        value=None,
        min_value=days[0],
        max_value=days[1],
        key=key,
        format="YYYY-MM-DD",
        on_change=session.forget_notices,
    )


def _as_state(choices: Choices, name: str) -> object:
    """A field as its control holds it."""
    value = getattr(choices, name)
    return list(value) if isinstance(value, tuple) else value


def _fitting(held: object, values: Collection[str], days: Days | None) -> tuple[object, list[str]]:
    """What of the held value the data has, and the rest in words."""
    if isinstance(held, date):
        return (held, []) if days and days[0] <= held <= days[1] else (None, [i18n.date_(held)])
    chosen = list(held) if isinstance(held, list) else []
    return [value for value in chosen if value in values], [value for value in chosen if value not in values]
