"""What is in force, on the screen."""

from collections.abc import Callable
from typing import TypeVar

from shopkeeper import state
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.state import State
from shopkeeper.ui import session
from shopkeeper.ui.state import held

T = TypeVar("T")


def in_force() -> InForce:
    """Stock policy and manual values; what cannot be read is as if nothing were set, and a sentence says so."""
    return InForce(
        _read(state.policy, Policy(), _("Until then the default service levels hold.")),
        _read(state.overrides, (), _("Until then no manual values of demand are in the figures.")),
    )


def _read(part: Callable[[State], T], default: T, meanwhile: str) -> T:
    try:
        return part(held())
    except Refused as refusal:
        session.notice(f"{refusal} {meanwhile}")
        return default
