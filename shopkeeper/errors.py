"""What the program refuses, told in a sentence that says what to do next."""

from collections.abc import Mapping
from typing import Any, Protocol


class Sentence(Protocol):
    """What a `messages.Message` is: a key of the catalogue and what fills it. A plain text would stay English."""

    @property
    def text(self) -> str:
        """Its key."""

    @property
    def values(self) -> Mapping[str, Any]:
        """What fills its fields."""

    @property
    def plural(self) -> str:
        """Its key for other numbers than one; empty where it does not count."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """Shown to the user as it is: what happened, to which file, row or filter, and what to do next.

    The command line prints the sentence and exits with 1; a page shows it where the answer would be, in the language of
    whoever reads it.
    """

    def __init__(self, sentence: Sentence) -> None:
        """`str()` of the refusal is the sentence in the language in use then."""
        super().__init__(sentence)
        self.sentence = sentence
