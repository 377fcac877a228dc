"""What a day would have brought beyond what was there, given that all of it went: compound Poisson demand.

Lines arrive at random, each asks for some units. With lines of sizes f and mean demand m, the day's demand D has
Panjer's recursion for its probabilities (Klugman, Panjer & Willmot, "Loss Models", theorem 9.8):

    p(0) = exp(-n),  p(k) = n / k * sum over j = 1..k of j f(j) p(k - j),  n = m / mean of f.
"""

import math

import numpy as np

from shopkeeper.models.arrays import Floats

MANY = 200
"""Units or lines from which the normal distribution of the same mean and variance stands for D."""


def excess(mean: Floats, available: Floats, sizes: Floats) -> Floats:
    """E[D - A | D >= A] for each pair of mean demand and units A that were there; the mean where A is 0.

    `sizes[j]` is how often a line asks for j units (any weights; `sizes[0]` is ignored). Mean and A are not negative.
    """
    weights = sizes.astype(np.float64).copy()
    weights[0] = 0.0
    weights /= weights.sum()
    j = np.arange(len(weights))
    size, square = float(j @ weights), float(j**2 @ weights)
    excesses = np.zeros(len(mean))
    large = (available > MANY) | (mean / size > MANY)
    pairs = zip(mean[large], available[large], strict=True)
    excesses[large] = [_normal(m, a, math.sqrt(m * square / size)) for m, a in pairs]
    small = ~large
    if small.any():
        excesses[small] = _exact(mean[small], available[small].astype(np.int64), weights, size)
    return excesses


def _exact(mean: Floats, available: Floats, weights: Floats, size: float) -> Floats:
    lines, most = mean / size, int(available.max(initial=0))
    p = np.zeros((len(mean), most + 1))
    p[:, 0] = np.exp(-lines)
    j = np.arange(len(weights)) * weights
    for k in range(1, most + 1):
        steps = np.arange(1, min(k, len(weights) - 1) + 1)
        p[:, k] = lines / k * (j[steps] * p[:, k - steps]).sum(axis=1)
    short = available[:, None] - np.arange(most + 1)
    missing = np.where(short > 0, short * p, 0.0).sum(axis=1)
    reached = 1.0 - np.where(short > 0, p, 0.0).sum(axis=1)
    # Beyond what rounding can tell the day was a wonder; it is not made larger than what it brought.
    return np.where(reached > 1e-9, np.maximum(mean - available + missing, 0.0) / np.maximum(reached, 1e-9), size)


def _normal(mean: float, available: float, sd: float) -> float:
    """sd * (hazard(z) - z), the mean excess of the normal distribution over z = (A - mean) / sd."""
    if sd <= 0:
        return max(0.0, mean - available)
    z = (available - mean) / sd
    if z > 8:
        # The hazard's series z + 1 / z: its quotient would be 0 / 0 here.
        return sd / z
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return sd * (density / (math.erfc(z / math.sqrt(2)) / 2) - z)
