"""A sentence for people with its values: kept as data, put into words when somebody reads it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Union

from shopkeeper import i18n
from shopkeeper.i18n import gettext
from shopkeeper.jobs.buying.result import VALUE_NAMES

Word = Union[str, int, float, "Sentence"]


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Sentence:
    """A sentence for people: the text is its key in the catalogue, with %-fields that `values` fill.

    Values are kept as JSON has them (a day is its ISO text) and told as the reader's language writes them; one may be a
    sentence itself.
    """

    text: str
    values: Mapping[str, Word] = field(default_factory=dict)

    def told(self) -> str:
        """In the language in use."""
        return gettext(self.text) % {name: _told(value) for name, value in self.values.items()}


def _told(value: Word) -> str:
    match value:
        case Sentence():
            return value.told()
        case int():
            return i18n.integer(value)
        case float():
            return i18n.decimal(value)
        case _ if _DAY.fullmatch(value):
            return i18n.date_(date.fromisoformat(value))
        case _:
            return gettext(value) if value in VALUE_NAMES.values() else value
