"""What a viewer chose, as one frozen value: query parameters, a caption in words, and a link.

A choice is a set of values or `None`, which says *all* in so many words; an empty set means that nothing is chosen and
shows nothing. A date is `None` while it is open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, ClassVar, Self

from shopkeeper.engine.query import Choice, Parameter
from shopkeeper.errors import Refused
from shopkeeper.i18n import date_, gettext
from shopkeeper.messages import Message, message


@dataclass(frozen=True)
class Choices:
    """The fields of a section's filters; `CHOICES` and `DATES` name them, with their labels, in the order they read."""

    CHOICES: ClassVar[Mapping[str, str]] = {}
    DATES: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        """Order the values, so that equal choices are equal."""
        for name in self.CHOICES:
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, tuple(sorted(set(values))))

    @classmethod
    def label(cls, name: str) -> str:
        """What a field is called, in the language in use."""
        return gettext(cls.CHOICES.get(name) or cls.DATES[name])

    def parameters(self, *names: str) -> dict[str, Parameter]:
        """Query parameters `<name>` and `<name>_all` of the choices named, of all where none is."""
        values: dict[str, Parameter] = {}
        for name in names or self.CHOICES:
            chosen: Choice = getattr(self, name)
            values[name] = list(chosen or ())
            values[f"{name}_all"] = chosen is None
        return values

    def caption(self) -> tuple[tuple[str, str], ...]:
        """Label and values of each choice that was made, in the viewer's language; empty where nothing was chosen."""
        choices = [
            (self.label(name), ", ".join(chosen) or gettext("nothing"))
            for name in self.CHOICES
            if (chosen := getattr(self, name)) is not None
        ]
        days = [(self.label(name), date_(day)) for name in self.DATES if (day := getattr(self, name)) is not None]
        return (*choices, *days)

    def to_url(self) -> dict[str, list[str]]:
        """Query-string fields that open the same view; a choice of nothing is one empty value."""
        choices = {n: list(chosen) or [""] for n in self.CHOICES if (chosen := getattr(self, n)) is not None}
        return choices | {n: [day.isoformat()] for n in self.DATES if (day := getattr(self, n)) is not None}

    @classmethod
    def from_url(cls, url: Mapping[str, Sequence[str]]) -> Self:
        """Read what `to_url` wrote; other names are left to their owners. Raise `Refused` for a date that is none."""
        values: dict[str, Any] = {
            name: () if list(url[name]) == [""] else tuple(url[name]) for name in cls.CHOICES if name in url
        }
        values |= {name: _day(cls.DATES[name], url[name][-1]) for name in cls.DATES if name in url}
        return cls(**values)

    def refuse_unknown(self, values: Mapping[str, Sequence[str]]) -> None:
        """Raise `Refused`, naming filter and value, where something was chosen that is not among the `values`."""
        for name, label in self.CHOICES.items():
            for value in getattr(self, name) or ():
                if value not in values[name]:
                    near = get_close_matches(value, values[name], n=1, cutoff=0.4) or list(values[name][:3])
                    raise Refused(
                        message(
                            "“{value}” is not in the data, so the filter “{filter}” would show nothing; "
                            "choose for example {near}.",
                            value=value,
                            filter=Message(label),
                            near=", ".join(f"“{one}”" for one in near),
                        )
                    )


def _day(label: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(
            message(
                "The filter {name} is “{text}”, which is no date; write it like 2026-10-21.",
                name=Message(label),
                text=text,
            )
        ) from None
