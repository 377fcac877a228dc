"""Values of sources.toml, each checked as it is read: what is wrong is told by its key."""

import os
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.values import nearest
from shopkeeper.messages import message

VARIABLE = re.compile(r"\$\{([^}]*)\}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SPAN = re.compile(r"(\d+) (day|hour|minute)s?")


def section(place: str, given: object) -> dict[str, Any]:
    """A table of the TOML document."""
    if not isinstance(given, dict):
        raise Refused(message("{place} must be a table such as [{place}].", place=place))
    return given


def only_keys(place: str, given: Iterable[str], allowed: Sequence[str]) -> None:
    """Raise `Refused` for a key that nobody reads."""
    for key in given:
        if key not in allowed:
            raise Refused(
                message(
                    "{place}: there is no option {key}{nearest} It may have: {allowed}.",
                    place=place,
                    key=repr(key),
                    nearest=nearest(key, allowed),
                    allowed=", ".join(allowed),
                )
            )


def text(place: str, given: object) -> str:
    """A text that is not empty."""
    if not isinstance(given, str) or not given.strip():
        raise Refused(message("{place} is missing, or no text.", place=place))
    return given


def either(place: str, given: object, choices: Sequence[str]) -> str:
    """One of several words."""
    word = text(place, given)
    if word not in choices:
        raise Refused(
            message(
                "{place}: there is no {word}{nearest} Take one of: {choices}.",
                place=place,
                word=repr(word),
                nearest=nearest(word, choices),
                choices=", ".join(choices),
            )
        )
    return word


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
