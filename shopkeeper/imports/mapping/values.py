"""What a key of a mapping may hold; whatever else it holds is refused with its place and the nearest word."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from shopkeeper.errors import Refused
from shopkeeper.messages import Message, message


def nearest(name: str, choices: Iterable[str]) -> Message:
    """The end of a sentence: it offers the choice most like `name`, or is a full stop where nothing is like it."""
    choice = most_like(name, choices)
    return message("; did you mean {choice}?", choice=repr(choice)) if choice else Message(".")


def most_like(name: str, choices: Iterable[str]) -> str | None:
    """The choice that is spelt most like `name`; `None` where nothing is like it."""
    by_folded = {choice.casefold(): choice for choice in choices}
    alike = get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[alike[0]] if alike else None


def only_keys(place: str, content: Mapping[str, object], keys: Iterable[str]) -> None:
    """Raise `Refused` for the first key that is not among `keys`."""
    keys = tuple(keys)
    for key in content:
        if key not in keys:
            raise Refused(
                message(
                    "{place} has an unknown key {key}{nearest} It may hold: {known}.",
                    place=place,
                    key=repr(key),
                    nearest=nearest(key, keys),
                    known=", ".join(keys),
                )
            )


def text(place: str, value: object) -> str:
    """The text. Raise `Refused` where it is missing or something else."""
    if value is None:
        raise Refused(message("{place} is missing; it must be a text in quotes.", place=place))
    if not isinstance(value, str):
        raise Refused(message("{place} must be a text in quotes, not {given}.", place=place, given=repr(value)))
    return value


def filled_text(place: str, value: object) -> str:
    """A text that is more than blanks. Raise `Refused` where it is not."""
    if not text(place, value).strip():
        raise Refused(message("{place} is empty; fill it, or leave the key out.", place=place))
    return str(value)


def texts(place: str, value: object) -> tuple[str, ...]:
    """One text, or a list of them. Raise `Refused` for anything else."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        raise Refused(message("{place} must be a list of texts, not {given}.", place=place, given=repr(value)))
    return tuple(text(place, each) for each in value)


def table(place: str, value: object) -> dict[str, Any]:
    """A table of the file. Raise `Refused` where it is missing or something else."""
    if not isinstance(value, dict):
        raise Refused(message("{place} is missing, or not a table.", place=place))
    return value


def yes_no(place: str, value: object) -> bool:
    """Raise `Refused` where it is neither true nor false."""
    if not isinstance(value, bool):
        raise Refused(message("{place} is true or false, not {given}.", place=place, given=repr(value)))
    return value


def whole(place: str, value: object, least: int, most: int) -> int:
    """Raise `Refused` where it is no whole number from `least` to `most`."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Refused(
            message(
                "{place} is a whole number from {least} to {most}, not {given}.",
                place=place,
                least=least,
                most=most,
                given=repr(value),
            )
        )
    return value


def one_of(place: str, value: object, choices: Iterable[str]) -> str:
    """Raise `Refused`, with the nearest, where it is none of the `choices`."""
    choices = tuple(choices)
    text(place, value)
    if value not in choices:
        raise Refused(
            message(
                "{place} is one of {choices}, not {given}{nearest}",
                place=place,
                choices=", ".join(map(repr, choices)),
                given=repr(value),
                nearest=nearest(str(value), choices),
            )
        )
    return str(value)


def cases(place: str, value: object) -> tuple[tuple[str, str], ...]:
    """A table of texts by text. Raise `Refused` for anything else, or an empty one."""
    if not isinstance(value, dict) or not value:
        raise Refused(message("{place} needs a table such as {{ C = 'refund' }}.", place=place))
    return tuple((text(place, key), text(place, each)) for key, each in value.items())
