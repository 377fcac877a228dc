"""Answers kept for the next run of whoever asks the same: as many as fit into a bound of bytes, the latest used.

A report of a million customers takes hundreds of megabytes and one of a small shop a few hundred kilobytes, so a number
of entries would bound nothing.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import fields, is_dataclass
from sys import getsizeof
from threading import Lock

import polars as pl

MOST_BYTES = 1_000_000_000


class Answers:
    """Shared by all sessions; nobody changes an answer. The latest is kept even where it alone is beyond the bound."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.kept: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self.turns: dict[Hashable, Lock] = {}
        self.lock = Lock()

    def of(self, key: Hashable, ask: Callable[[], object]) -> object:
        """The answer to `key`; `ask` is called once where several ask at the same time. What it raises is not kept."""
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key][0]
            turn = self.turns.setdefault(key, Lock())
        with turn:
            with self.lock:
                if key in self.kept:
                    return self.kept[key][0]
            try:
                answer = ask()
                self.keep(key, answer)
            finally:
                with self.lock:
                    self.turns.pop(key, None)
        return answer

    def keep(self, key: Hashable, answer: object) -> None:
        """Keep one more, and let go of those not used for longest until all fit."""
        size = bytes_of(answer)
        with self.lock:
            self.kept[key] = (answer, size)
            while len(self.kept) > 1 and self.bytes() > self.most_bytes:
                self.kept.popitem(last=False)

    def bytes(self) -> int:
        """About what all answers kept take."""
        return sum(size for _, size in self.kept.values())

    def holds(self, key: Hashable) -> bool:
        """Whether nothing has to be computed for this key."""
        with self.lock:
            return key in self.kept


def bytes_of(value: object) -> int:
    """About what a report takes in memory: its frames, wherever they are in it."""
    if isinstance(value, pl.DataFrame | pl.Series):
        return int(value.estimated_size())
    if is_dataclass(value) and not isinstance(value, type):
        return sum(bytes_of(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, Mapping):
        return getsizeof(value) + sum(bytes_of(key) + bytes_of(held) for key, held in value.items())
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        return getsizeof(value) + sum(bytes_of(held) for held in value)
    return getsizeof(value)
