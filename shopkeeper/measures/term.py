"""A word that the pages use in one sense."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word and its one meaning, both marked for the catalogue."""

    name: str
    label: str
    text: str
