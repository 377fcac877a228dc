"""Numbers that look drawn and follow from other numbers alone: the same whatever else is drawn."""

import numpy as np

from shopkeeper.models.arrays import Floats, Ints


def chance(salt: int, *numbers: Ints) -> Floats:
    """Numbers in [0, 1) that depend on nothing but `numbers` (SplitMix64, Steele et al. 2014)."""
    state = np.full(len(numbers[0]), salt, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for each in numbers:
            state = (state ^ each.astype(np.int64).view(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return np.asarray((state >> np.uint64(11)).astype(np.float64) / 2.0**53)
