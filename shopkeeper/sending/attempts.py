"""Trying again what may only be disturbed for a moment."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shopkeeper.errors import Refused
from shopkeeper.messages import Message

MOST_WAIT = 60.0
"""Seconds that are waited for a server that names a time itself."""


class Disturbed(Exception):  # noqa: N818 - it may pass
    """One attempt failed in a way that may pass; `sentence` is what is said where the last one does."""

    def __init__(self, sentence: Message, after: float = 0.0) -> None:
        """`after`: seconds that the server asks to wait."""
        super().__init__(sentence)
        self.sentence = sentence
        self.after = after


@dataclass(frozen=True)
class Pace:
    """How long one attempt may take, and the seconds between attempts: one more than there are waits."""

    seconds: float = 15.0
    waits: tuple[float, ...] = (2.0, 8.0)
    wait: Callable[[float], None] = time.sleep


def attempted(send: Callable[[], None], pace: Pace) -> None:
    """Send, again after each wait while it is disturbed. Raise `Refused` with the last sentence."""
    for number in range(len(pace.waits) + 1):
        try:
            send()
        except Disturbed as fault:
            if number == len(pace.waits):
                raise Refused(fault.sentence) from fault
            pace.wait(min(max(pace.waits[number], fault.after), MOST_WAIT))
        else:
            return
