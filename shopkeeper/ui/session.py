"""What a session remembers: the link it was opened with, the viewer's choices, and what has to be said about them.

The link holds machine values, never labels, so that one copied from a Chinese page opens the same view in English;
Streamlit's own binding writes labels.
"""

from collections.abc import Mapping, Sequence

import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _

LINK, URL, KEPT, NOTICES = "_link", "_url", "_kept", "_notices"
LANGUAGE = "lang"


def begin() -> None:
    """Read the link, once; keep alive what widgets of other pages hold; speak the viewer's language."""
    state = st.session_state
    if LINK not in state:
        state[LINK] = {name: st.query_params.get_all(name) for name in st.query_params}
        state[URL], state[KEPT], state[NOTICES] = {}, set(), []
    for key in state[KEPT]:
        # Streamlit forgets the value of a widget that a run does not draw, unless the program sets it.
        if key in state:
            state[key] = state[key]
    speak()


def speak() -> None:
    """Use the session's language in this thread; every entry into a page, dialog or fragment begins with it."""
    state, native = st.session_state, i18n.match_locale(st.context.locale)
    if LANGUAGE not in state:
        link_values = linked(LANGUAGE)
        if link_values and link_values[-1] not in i18n.LANGUAGES:
            i18n.use(native)
            notice(_("The link asks for the language “{value}”, which is not spoken here.", value=link_values[-1]))
            link_values = None
        keep(LANGUAGE, link_values[-1] if link_values else native)
    i18n.use(state[LANGUAGE])
    remember(LANGUAGE, [] if state[LANGUAGE] == native else [state[LANGUAGE]])


def language_switch() -> None:
    """Every language in its own words."""
    st.segmented_control(
        _("Language"),
        list(i18n.LANGUAGES),
        format_func=i18n.LANGUAGES.__getitem__,
        key=LANGUAGE,
        required=True,
        label_visibility="collapsed",
    )


def linked(name: str) -> list[str] | None:
    """What the link says of `name`, the first time that it is asked."""
    values: list[str] | None = st.session_state[LINK].pop(name, None)
    return values


def keep(key: str, value: object) -> None:
    """Give a widget's key its value, and hold it across pages."""
    st.session_state[KEPT].add(key)
    st.session_state[key] = value


def remember(name: str, values: Sequence[str]) -> None:
    """Write a choice into the link; no values are the default, which a link need not say."""
    st.session_state[URL][name] = list(values)


def notice(sentence: str) -> None:
    """Say something about the link or a choice until the view changes."""
    if sentence not in st.session_state[NOTICES]:
        st.session_state[NOTICES].append(sentence)


def show_notices() -> None:
    """All that has to be said, in place."""
    for sentence in st.session_state[NOTICES]:
        st.warning(sentence)


def end() -> None:
    """Bring the address bar up to date. Names that nobody here owns stay as they are."""
    state, shown = st.session_state, {name: st.query_params.get_all(name) for name in st.query_params}
    parameters = {name: values for name, values in (shown | state[URL]).items() if values}
    if parameters != shown:
        st.query_params.from_dict(parameters)


def forget_notices() -> None:
    """The view has changed by a choice: what was said of the link is over."""
    st.session_state[NOTICES] = []


def choose(label: str, options: Mapping[str, str], key: str, default: str, *, hidden: bool = False) -> str:
    """One of `options` (value: translated label), from the link, the session, or `default`."""
    state = st.session_state
    if link_values := linked(key):
        keep(key, link_values[-1])
    if state.get(key, default) not in options:
        notice(
            _(
                "“{value}” cannot be chosen in “{label}” here; {default} is shown.",
                value=state[key],
                label=label,
                default=options[default],
            )
        )
        keep(key, default)
    keep(key, state.get(key, default))
    chosen = st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        key=key,
        required=True,
        on_change=forget_notices,
        label_visibility="collapsed" if hidden else "visible",
    )
    remember(key, [] if chosen == default else [str(chosen)])
    return str(chosen)
