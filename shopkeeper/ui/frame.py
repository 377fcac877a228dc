"""What every page has: language, one version, the trust strip, and a sentence where something goes wrong."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from shopkeeper import i18n
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.ui import session
from shopkeeper.ui.opened import open_data, opened

log = logging.getLogger(__name__)


@contextmanager
def guarded() -> Iterator[None]:
    """Show a refusal as its sentence; log any other fault under an id, and say what to do."""
    try:
        yield
    except Refused as refusal:
        st.warning(str(refusal))
    except Exception:
        fault = secrets.token_hex(4)
        log.exception("fault %s", fault)
        st.error(
            _(
                "This could not be shown. Load the page again; if that does not help, reset the filters. "
                "The log of the server tells more about fault {fault}.",
                fault=fault,
            )
        )


def draw(page: StreamlitPage) -> None:
    """The whole screen: banner, title, trust strip, the page itself, the language switch."""
    above, notices = st.container(), st.container()
    try:
        with guarded():
            with above:
                open_data()
                if opened().version.shop.sample:
                    sample_banner()
                st.title(page.title)
                st.caption(trust_strip(opened().version), help=trust_help())
            page.run()
    finally:
        with notices:
            session.show_notices()
        with st.sidebar:
            session.language_switch()
        session.end()


def sample_banner() -> None:
    """Nobody takes the sample for the own shop."""
    st.info(
        _(
            "This is the sample shop, not yours. Import your own orders to see them here: {command}",
            command="`python -m shopkeeper import FILE`",
        ),
        icon=":material/storefront:",
    )


def trust_strip(version: Version) -> str:
    """How far the figures can be trusted, on one line."""
    facts = [
        _("As of {day}", day=i18n.date_(version.as_of)),
        _("data since {day}", day=i18n.date_(version.first_day)),
        i18n.ngettext("{n} row rejected", "{n} rows rejected", version.rows_rejected),
    ]
    if version.identified_order_share is not None:
        facts.append(_("{share} of orders identified", share=i18n.percent(version.identified_order_share)))
    facts += [version.shop.currency, version.shop.timezone, _("version {version}", version=version.id)]
    return " · ".join(facts)


def trust_help() -> str:
    """What the words of the strip mean."""
    return _(
        "As of: the last complete day in the data. Rejected rows break the data contract and are in no figure; the "
        "page Data lists them. Only identified orders can show who comes back."
    )
