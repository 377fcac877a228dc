"""Purchase histories as arrays, and the two ways to compute a thing once for all customers who share what it needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats, Ints

ROWS_AT_ONCE = 2048
"""Rows of a block in which every row has some dozens of nodes: small enough for the processor's cache."""
LONGEST_LOG_WAIT = 50.0
"""Most that the logarithm of 1 + wait / (alpha + T) may be: a longer wait for the next purchase is as good as never."""


@dataclass(frozen=True)
class Histories:
    """One element per tuple: `frequency` repeat purchases, `recency` time of the last, `T` time observed."""

    frequency: Floats
    recency: Floats
    T: Floats

    @classmethod
    def of(cls, tuples: pl.DataFrame) -> "Histories":
        """Of a frame with `frequency, recency, T`."""
        x, tx, age = (tuples[name].cast(pl.Float64).to_numpy() for name in ("frequency", "recency", "T"))
        return cls(x, tx, age)

    def later(self, t: float | Floats) -> "Histories":
        """The same purchases, seen after t more (one for all, or of each) in which nothing was bought."""
        return Histories(self.frequency, self.recency, self.T + t)

    def __getitem__(self, rows: slice) -> "Histories":
        return Histories(self.frequency[rows], self.recency[rows], self.T[rows])

    @cached_property
    def pairs(self) -> tuple[Floats, Floats, Ints]:
        """x and T of each distinct pair, and the pair of each row; sorted out once for all that is asked of them."""
        ages, age = np.unique(self.T, return_inverse=True)
        pair = self.frequency.astype(np.int64) * max(ages.size, 1) + age
        pairs, row = np.unique(pair, return_inverse=True)
        x, at = np.divmod(pairs, max(ages.size, 1))
        return x.astype(np.float64), ages[at], row

    def blocks(self) -> Iterator[slice]:
        """Slices of bounded length that cover all rows."""
        for first in range(0, self.frequency.size, ROWS_AT_ONCE):
            yield slice(first, first + ROWS_AT_ONCE)


def by_frequency(x: Floats, function: Callable[[Floats], Floats]) -> Floats:
    """`function` of x where it is costly: computed once per possible count. It returns rows of values per count."""
    counts = x.astype(np.intp)
    table = function(np.arange(counts.max(initial=0) + 1, dtype=np.float64))
    return table[:, counts]


def by_frequency_and_age(histories: Histories, function: Callable[[Floats, Floats], Floats]) -> Floats:
    """`function` of (x, T) where it is costly: computed once per distinct pair."""
    x, age, row = histories.pairs
    return function(x, age)[row]
