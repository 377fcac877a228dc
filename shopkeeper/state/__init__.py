"""The app's own state: what people decided. It lives apart from the versions, and none of it is derived from them."""

from shopkeeper.state.action_marks import action_marks, look, mark_action
from shopkeeper.state.database import FILE, VARIABLE, State, kept_nowhere, open_state, url_of
from shopkeeper.state.decisions import COLUMNS as DECISION_COLUMNS
from shopkeeper.state.decisions import decisions, record_decision
from shopkeeper.state.identity_links import (
    add_identity_link,
    cover_words,
    forget_identity_links,
    identity_links,
    withdraw_identity_link,
)
from shopkeeper.state.overrides import add_override, overrides, withdraw_override
from shopkeeper.state.policy import policy, policy_history, save_policy
from shopkeeper.state.signature import LONGEST
from shopkeeper.state.targets import save_targets, target_history, targets

__all__ = [
    "DECISION_COLUMNS",
    "FILE",
    "LONGEST",
    "VARIABLE",
    "State",
    "action_marks",
    "add_identity_link",
    "add_override",
    "cover_words",
    "decisions",
    "forget_identity_links",
    "identity_links",
    "kept_nowhere",
    "look",
    "mark_action",
    "open_state",
    "overrides",
    "policy",
    "policy_history",
    "record_decision",
    "save_policy",
    "save_targets",
    "target_history",
    "targets",
    "url_of",
    "withdraw_identity_link",
    "withdraw_override",
]
