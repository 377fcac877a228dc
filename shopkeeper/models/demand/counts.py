"""Demand that comes in single units: Poisson where the variance is no larger than the mean, else negative binomial."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, pdtr  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Flags, Floats

_SLACK = 1e-9
_SUMMED_UP = 100.0
_MOST_UNITS = 100_000
_ROWS_OF_LIKE_SIZE = 30
_MOST_SIZES = 12


def count_quantile(probability: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> Floats:
    """Smallest whole number of units with at least this probability of not being exceeded.

    Demand counts units: Poisson where the variance is no larger than the mean, otherwise negative binomial, matched to
    mean and variance (size r = m^2 / (v - m), success probability m / v). Without demand it is 0.
    """
    p, m, v = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (probability, mean, variance)))
    quantiles = np.zeros(m.shape)
    flat, few, many = quantiles.reshape(-1), (m > 0) & (m <= _SUMMED_UP), m > _SUMMED_UP
    for chosen, quantile in ((few, _summed), (many, _halved)):
        if chosen.any():
            flat[chosen.reshape(-1)] = quantile(p[chosen], m[chosen], v[chosen])
    return quantiles


def _summed(p: Floats, m: Floats, v: Floats) -> Floats:
    """Probabilities of 0, 1, 2 ... units added up until they reach `p`: for small means, where this ends soon."""
    size, chance, wide = _negative_binomial(m, v)
    mass = np.where(wide, chance**size, np.exp(-m))
    reached, quantile, waiting, k = mass.copy(), np.zeros(len(m)), np.arange(len(m)), 0
    while (waiting := waiting[(reached[waiting] < p[waiting] - _SLACK) & (k < _MOST_UNITS)]).size:
        i = waiting
        step = np.where(wide[i], (k + size[i]) * (1 - chance[i]), m[i]) / (k + 1)
        mass[i] *= step
        reached[i] += mass[i]
        k += 1
        quantile[i] = k
    return quantile


def _halved(p: Floats, m: Floats, v: Floats) -> Floats:
    """The smallest whole number that reaches `p`, by halving between -1 and one that reaches it: for large means."""
    low, high = np.full(len(m), -1.0), np.ceil(m + 2 * np.sqrt(np.maximum(v, m)))
    while np.any(short := count_probability(high, m, v) < p - _SLACK):
        high = np.where(short, high * 2, high)
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        reached = count_probability(middle, m, v) >= p - _SLACK
        high, low = np.where(reached, middle, high), np.where(reached, low, middle)
    return np.asarray(high)


def _negative_binomial(m: Floats, v: Floats) -> tuple[Floats, Floats, Flags]:
    """Size and success probability by moments, and where the variance is wide enough for them."""
    wide = v > m * (1 + 1e-6) + 1e-12
    return np.square(m) / np.where(wide, v - m, 1.0), np.where(wide, m / np.where(wide, v, 1.0), 0.5), wide


def count_probability(units: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> Floats:
    """P(demand <= units) by the distributions of `count_quantile`; `units` whole numbers, 0 below 0."""
    k, m, v = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (units, mean, variance)))
    size, chance, wide = _negative_binomial(np.maximum(m, 1e-12), v)
    at = np.maximum(k, 0)
    probability = np.where(wide, betainc(size, at + 1, chance), pdtr(at, np.maximum(m, 0)))
    return np.asarray(np.where(k < 0, 0.0, probability))


def dispersion_by_size(square: Floats, size: Floats, mean: Floats) -> Floats:
    """Variance over mean at each `mean`: pooled over forecasts of like size, between which it runs on a log scale.

    `square` and `size` are each row's mean squared miss and mean forecast; a row says at most what 95 of 100 of its
    size do. Variance over mean is no number that items of all sizes share: what is sold by the thousand spreads more.
    At least 1, and 2 where nothing was forecast.
    """
    rows = np.flatnonzero(size > 0)
    if not rows.size:
        return np.full(mean.shape, 2.0)
    order = rows[np.argsort(size[rows], kind="stable")]
    buckets = np.array_split(order, int(np.clip(rows.size // _ROWS_OF_LIKE_SIZE, 1, _MOST_SIZES)))
    pooled = []
    for bucket in buckets:
        ratio = square[bucket] / size[bucket]
        held = np.minimum(ratio, np.quantile(ratio, 0.95, method="higher"))
        pooled.append(max(1.0, float((held * size[bucket]).sum() / size[bucket].sum())))
    middle = [float(np.median(np.log(size[bucket]))) for bucket in buckets]
    return np.exp(np.interp(np.log(np.maximum(mean, 1e-12)), middle, np.log(pooled)))
