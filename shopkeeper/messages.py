"""A sentence for people, kept as data and put into words where it is read: notes, warnings, refusals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Union

from shopkeeper import i18n
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext, ngettext

MessageValue = Union[str, int, float, date, "Message"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Message:
    """`text` is its key in the catalogue, with `{fields}` that `values` fill; `str()` puts it into the language in use.

    Numbers and days are written as the reader's language writes them. A value may be a message itself: a word that is
    translated too. A refusal holds one: `Refused(message("..."))` speaks the language of whoever reads it.
    """

    text: str
    values: Mapping[str, MessageValue] = field(default_factory=dict, hash=False)
    plural: str = ""
    """Where the sentence counts: its form for other numbers than one; `n`, a whole number, is among the values."""

    def __str__(self) -> str:
        """In the language in use."""
        words = {name: _in_words(value) for name, value in self.values.items()}
        if not self.plural:
            return gettext(self.text, **words)
        count = self.values["n"]
        if not isinstance(count, int):
            raise TypeError(f"{self.text!r} counts, and its n is {count!r}: give a whole number")
        return ngettext(self.text, self.plural, count, **{name: words[name] for name in words if name != "n"})

    @classmethod
    def counted(cls, forms: str | tuple[str, str], values: Mapping[str, MessageValue]) -> "Message":
        """A sentence that counts `n` of `values`, by the forms that `i18n.NN_` marks; one form holds for any `n`."""
        singular, plural = (forms, "") if isinstance(forms, str) else forms
        return cls(singular, values, plural)

    def in_source(self) -> str:
        """In English, whatever the language in use: for files that any program may read."""
        with i18n.speaking(i18n.SOURCE):
            return str(self)

    @classmethod
    def of(cls, refusal: Refused) -> "Message":
        """The sentence of a refusal, to be kept or sent."""
        return cls(refusal.sentence.text, refusal.sentence.values, refusal.sentence.plural)

    def as_data(self) -> dict[str, Any]:
        """As JSON keeps it."""
        values = {name: _as_data(value) for name, value in self.values.items()}
        return {"text": self.text, "values": values, **({"plural": self.plural} if self.plural else {})}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Message":
        """What `as_data` gave. Raise `KeyError` or `TypeError` for anything else."""
        values = {
            name: cls.from_data(value) if isinstance(value, dict) else value for name, value in data["values"].items()
        }
        return cls(data["text"], values, data.get("plural", ""))


def message(text: str, /, **values: object) -> Message:
    """A message written out where it is used; the text is found there by `make messages`.

    What is neither number, day nor message is kept as its text: paths, causes.
    """
    kept = (str, int, float, date, Message)
    return Message(text, {name: value if isinstance(value, kept) else str(value) for name, value in values.items()})


def lines(*messages: Message) -> Message:
    """One message a line."""
    names = [f"line_{number}" for number in range(len(messages))]
    return Message("\n".join(f"{{{name}}}" for name in names), dict(zip(names, messages, strict=True)))


def _as_data(value: MessageValue) -> Any:
    match value:
        case Message():
            return value.as_data()
        case date():
            return value.isoformat()
        case _:
            return value


def _in_words(value: MessageValue) -> str:
    match value:
        case int():
            return i18n.integer(value)
        case float():
            return i18n.significant(value)
        case date():
            return i18n.date_(value)
        case str() if _DAY.fullmatch(value):
            return i18n.date_(date.fromisoformat(value))
        case _:
            return str(value)
