"""Values of sources.toml, each checked as it is read: what is wrong is told by its key."""

import os
import re
from datetime import timedelta

from shopkeeper.errors import Refused
from shopkeeper.messages import message

VARIABLE = re.compile(r"\$\{([^}]*)\}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SPAN = re.compile(r"(\d+) (day|hour|minute)s?")


def overlap(place: str, given: object) -> timedelta | int:
    """How far a cursor goes back: a span of time, or a number where the cursor is one."""
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return given
    matched = SPAN.fullmatch(given) if isinstance(given, str) else None
    if matched is None or int(matched[1]) > 36_500:
        raise Refused(
            message(
                "{place} must be a span such as '3 days', '12 hours' or '30 minutes', or a number where the cursor "
                "is one; not {given}.",
                place=place,
                given=repr(given),
            )
        )
    return timedelta(**{f"{matched[2]}s": int(matched[1])})


def secret(place: str, given: str) -> None:
    """Raise `Refused` where a secret stands in the file itself."""
    if not VARIABLE.fullmatch(given):
        raise Refused(
            message(
                "{place} holds a secret in clear. Put it into a variable of the environment, and write ${{NAME}}.",
                place=place,
            )
        )
    variables(place, given)


def variables(place: str, given: str) -> None:
    """Raise `Refused` where a text names a variable that the environment does not have."""
    for name in VARIABLE.findall(given):
        if not NAME.fullmatch(name):
            raise Refused(message("{place}: ${{{name}}} is no name of a variable.", place=place, name=name))
        if not os.environ.get(name):
            raise Refused(
                message("{place}: the variable {name} is not set. Set it where sync runs.", place=place, name=name)
            )


def filled(given: str) -> str:
    """The text with the environment's values in place of `${NAME}`."""
    return VARIABLE.sub(lambda matched: os.environ.get(matched[1], ""), given)
