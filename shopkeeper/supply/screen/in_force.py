"""What is in force: manual values and the stock policy."""

from shopkeeper import state
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.merchant.overrides import Override
from shopkeeper.merchant.policy import Policy
from shopkeeper.ui import session
from shopkeeper.ui.state import held


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
