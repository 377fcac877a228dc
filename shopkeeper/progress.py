"""How far a job has come, and how it is called off."""

from collections.abc import Callable
from dataclasses import dataclass


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """The job was called off; nothing was kept."""


def _say_nothing(_step: str, _share: float) -> None:
    pass


def _go_on() -> bool:
    return False


@dataclass(frozen=True)
class Progress:
    """Passed to whatever takes long; by default nobody listens and nobody calls it off.

    `tell` receives what is being done and the share of the whole that is done (0 to 1); `cancelled` is asked before
    every step.
    """

    tell: Callable[[str, float], None] = _say_nothing
    cancelled: Callable[[], bool] = _go_on

    def step(self, words: str, share: float) -> None:
        """Say how far it is. Raise `Cancelled` where it was called off."""
        if self.cancelled():
            raise Cancelled
        self.tell(words, share)

    def part(self, start: float, length: float) -> "Progress":
        """For a job within this one, whose 0 to 1 are `start` to `start + length` here."""
        return Progress(lambda words, share: self.tell(words, start + length * share), self.cancelled)


UNHEARD = Progress()
