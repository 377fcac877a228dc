"""The app's own state: what people decided. It lives apart from the versions, and none of it is derived from them."""

from shopkeeper.state.decided import COLUMNS as DECISION_COLUMNS
from shopkeeper.state.decided import decisions, history_of, record_decision
from shopkeeper.state.manual import add_override, overrides, withdraw_override
from shopkeeper.state.opening import FILE, State, kept_nowhere, open_state, url_of
from shopkeeper.state.settings import policy, policy_history, save_policy
from shopkeeper.state.words import LONGEST

__all__ = [
    "DECISION_COLUMNS", "FILE", "LONGEST", "State", "add_override", "decisions", "history_of", "kept_nowhere",
    "open_state", "overrides", "policy", "policy_history", "record_decision", "save_policy", "url_of",
    "withdraw_override",
]  # fmt: skip
