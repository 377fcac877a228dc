"""Which actions a person still has before them, by what they said of each."""

from collections.abc import Sequence
from datetime import date, timedelta

from shopkeeper.merchant.action_marks import ActionMark
from shopkeeper.shop.today.actions import Action
from shopkeeper.shop.today.rules import LATER_DAYS


def put_aside(actions: Sequence[Action], marks: Sequence[ActionMark], as_of: date) -> dict[str, ActionMark]:
    """By key, the marks that keep one of the actions away as of a day.

    What is done stays away until newer data show it again; what was put off for `LATER_DAYS` of data; what is not for
    a person always.
    """
    keys = {action.key for action in actions}
    return {mark.action: mark for mark in marks if mark.action in keys and _holds(mark, as_of)}


def _holds(mark: ActionMark, as_of: date) -> bool:
    match mark.mark:
        case "done":
            return mark.as_of >= as_of
        case "later":
            return as_of < mark.as_of + timedelta(LATER_DAYS)
        case "not_for_me":
            return True
        case _:
            return False
