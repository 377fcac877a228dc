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
from shopkeeper.ui import links, session
from shopkeeper.ui.actions import open_page
from shopkeeper.ui.opened import open_data, opened
from shopkeeper.ui.waiting import draw_waiting, is_awaited

log = logging.getLogger(__name__)
MANY_REJECTED = 0.005
NAME = "Shopkeeper"


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
                version, on_data = opened().version, page.url_path == "data"
                st.set_page_config(page_title=" · ".join((page.title, version.shop.name, NAME)))
                if version.shop.sample:
                    sample_banner(on_data=on_data)
                elif many_rejected(version) and not on_data:
                    rejects_banner(version)
                st.title(page.title)
                st.caption(trust_strip(version), help=trust_help())
            if is_awaited(page.url_path, version):
                draw_waiting(page.url_path, version)
            else:
                page.run()
    finally:
        with notices:
            session.show_notices()
        with st.sidebar:
            session.language_switch()
        session.end()


def sample_banner(*, on_data: bool) -> None:
    """Nobody takes the sample for the own shop."""
    st.info(
        _("This is the sample shop, not yours. Bring your own orders in to see them here."),
        icon=":material/storefront:",
    )
    if not on_data:
        open_page(_("Bring your own data in"), links.DATA, "banner_data", ":material/upload:", tertiary=True)


def many_rejected(version: Version) -> bool:
    """Whether so many rows were left out that every figure has to be read with it in mind."""
    rows = sum(stats.rows_in for stats in version.tables.values())
    return bool(rows) and version.rows_rejected / rows > MANY_REJECTED


def rejects_banner(version: Version) -> None:
    """What is not in the figures, on every page, and where it is listed."""
    rows = sum(stats.rows_in for stats in version.tables.values())
    st.warning(
        _(
            "{share} of the rows brought in were rejected and are in no figure here. The page Data lists them with "
            "what to mend.",
            share=i18n.percent(version.rows_rejected / rows),
        ),
        icon=":material/report:",
    )
    open_page(_("See what was rejected"), links.DATA, "banner_rejects", ":material/arrow_forward:", tertiary=True)


def trust_strip(version: Version) -> str:
    """How far the figures can be trusted, on one line."""
    facts = [
        version.shop.name,
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
