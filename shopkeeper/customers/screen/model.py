"""Which model is used, and what is said where there is none, or nobody to say something of."""

from typing import Any

import streamlit as st

from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying import files
from shopkeeper.jobs.buying.result import KIND_NAMES, Fits
from shopkeeper.ui import session, tables
from shopkeeper.ui.opened import opened


def choose_model(fits: Fits) -> tuple[Any, Any]:
    """The model and whose purchases it is fitted to; the best on the holdout unless another is chosen."""
    if fits.chosen is None:
        return None, "shop"
    models = {"best": _("Best on the holdout ({kind})", kind=_(KIND_NAMES[fits.chosen]))}
    models |= {kind: _(KIND_NAMES[kind]) for kind in (*fits.models, *fits.rules) if kind != fits.chosen}
    groups = {"shop": _("The whole shop"), "channel": _("Each channel"), "cohort": _("Each year of acquisition")}
    held = st.session_state.get("model")
    name = _(KIND_NAMES.get(str(held), KIND_NAMES[fits.chosen]))
    with st.popover(_("Model: {kind}", kind=name), icon=":material/tune:"):
        kind = session.choose(_("Model"), models, "model", "best")
        offered = {name: label for name, label in groups.items() if name == "shop" or fits.segments.get(name)}  # type: ignore[call-overload]
        by = session.choose(_("Fitted to the purchases of"), offered, "fitted_by", "shop")
    return None if kind == "best" else kind, by


def fitted() -> Fits | None:
    """The fits of the version in use; `None` where nobody has made them yet."""
    return files.read(opened().version)


def say_unfitted() -> None:
    """How to get what this page stands on."""
    st.info(
        _(
            "The models of buying have not been fitted to this version of the data yet, so nothing can be predicted. "
            "Run {command}, then load the page again; it takes a few seconds for a shop of some ten thousand "
            "customers.",
            command="`python -m shopkeeper fit`",
        )
    )


def say_nobody() -> None:
    """That no order names its buyer, where that is why; else that the choices fit nobody."""
    if opened().version.identified_order_share:
        tables.say_empty()
        return
    st.info(
        _(
            "No order in the data names its buyer, so nobody is known when coming back. Bring the customer's number, "
            "phone or e-mail with the orders; the page Identity says how."
        )
    )
