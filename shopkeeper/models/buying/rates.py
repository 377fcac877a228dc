"""Plain rates of small groups, pooled towards their neighbours: how many bought again, and how often.

Groups stand on a grid: rows of customers alike in one thing (how often they bought), ordered along the other (how long
they have been silent), along which fewer and fewer buy. The logit of each group's rate is drawn towards those of its
neighbours in both directions, the more so the fewer customers it has: a Gaussian Markov random field (Besag 1974; Rue &
Held 2005, ch. 3) whose two strengths are those of the highest marginal likelihood (empirical Bayes, by Laplace's
method). What is left of chance is made monotone by pooling adjacent violators (Barlow et al. 1972). No rate is 0 or 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded  # type: ignore[import-untyped]
from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats

Family = Callable[[Floats, Floats, Floats], tuple[float, Floats, Floats]]
"""Log-likelihood of a field, given counts and exposure, with the means and the curvature of each group."""

STRENGTHS = (0.5, 3.0, 20.0, 150.0)
"""Precisions of the step from one group's logit to the next; tried in both directions."""
VAGUE_PRECISION = 0.04
"""That of the logit about the rate of all: a standard deviation of 5."""
STEPS = 12
SMALL = 1e-6


@dataclass(frozen=True)
class Pooled:
    """By row and column of the grid: `buys`, the chance to buy, and `more`, purchases beyond the first if so."""

    buys: Floats
    more: Floats


def pooled(customers: Floats, buyers: Floats, purchases: Floats) -> Pooled:
    """Rates of groups on a grid (rows x columns), of which fewer and fewer buy from column to column.

    Purchases of those who buy beyond their first are pooled in the same way, as counts that are overdispersed as a
    geometric distribution's.
    """
    total = max(float(customers.sum()), SMALL)
    overall = (float(buyers.sum()) + 0.5) / (total + 1)
    logits = _smoothed(buyers, customers, np.log(overall / (1 - overall)), _binomial)
    buys = _falling(1 / (1 + np.exp(-logits)), customers)
    beyond = np.maximum(purchases - buyers, 0.0)
    mean = (float(beyond.sum()) + 0.05) / (float(buyers.sum()) + 1)
    logs = _smoothed(beyond / (1 + mean), buyers / (1 + mean), np.log(mean), _poisson)
    expected = _falling(buys * (1 + np.exp(logs)), customers)
    return Pooled(buys, np.maximum(expected / buys - 1, SMALL))


def _falling(values: Floats, weights: Floats) -> Floats:
    """Each row made to fall, or stay, from column to column."""
    rows = [
        isotonic_regression(row, weights=weight + 1e-3, increasing=False).x
        for row, weight in zip(values, weights, strict=True)
    ]
    return np.array(rows, dtype=np.float64)


def _smoothed(counts: Floats, exposure: Floats, middle: float, family: Family) -> Floats:
    """The field of the likeliest strengths at its mode."""
    # Column by column, so that all neighbours of a group are within as many places as there are rows.
    counted, exposed = counts.T.ravel(), exposure.T.ravel()
    best, mode = -np.inf, np.full(counts.size, middle)
    field = mode
    for across, along in product(STRENGTHS, STRENGTHS):
        precision = _precision(counts.shape[0], counts.shape[1], across, along)
        field, evidence = _mode(counted, exposed, middle, precision, family, field)
        if evidence > best:
            best, mode = evidence, field
    return mode.reshape(counts.shape[::-1]).T


def _precision(rows: int, columns: int, across: float, along: float) -> Floats:
    """The field's precision matrix, as its lower bands: that of the steps between neighbours, and a vague one."""
    bands = np.zeros((rows + 1, columns, rows))
    bands[0] = VAGUE_PRECISION
    bands[0, :, :-1] += across
    bands[0, :, 1:] += across
    bands[1, :, :-1] -= across
    bands[0, :-1] += along
    bands[0, 1:] += along
    bands[rows, :-1] -= along
    return bands.reshape(rows + 1, columns * rows)


def _times(bands: Floats, vector: Floats) -> Floats:
    """A symmetric matrix, given by its lower bands, times a vector."""
    result: Floats = bands[0] * vector
    for place in range(1, len(bands)):
        if bands[place].any():
            part = bands[place, :-place]
            result[place:] += part * vector[:-place]
            result[:-place] += part * vector[place:]
    return result


def _mode(
    counts: Floats, exposure: Floats, middle: float, precision: Floats, family: Family, start: Floats
) -> tuple[Floats, float]:
    """The mode of the field, by Newton's steps, and the logarithm of its marginal likelihood by Laplace's method."""
    field, value, factor = start.copy(), -np.inf, precision
    for _ in range(STEPS):
        value, mean, curvature = family(field, counts, exposure)
        slope = counts - mean - _times(precision, field - middle)
        bands = precision.copy()
        bands[0] += curvature
        factor = cholesky_banded(bands, lower=True, check_finite=False)
        step = cho_solve_banded((factor, True), slope, check_finite=False)
        if np.abs(step).max() < 1e-3:
            break
        field = field + np.clip(step, -2.0, 2.0)
    away = field - middle
    prior = cholesky_banded(precision, lower=True, check_finite=False)
    spread = float(np.log(prior[0]).sum() - np.log(factor[0]).sum())
    return field, value - float(away @ _times(precision, away)) / 2 + spread


def _binomial(field: Floats, counts: Floats, exposure: Floats) -> tuple[float, Floats, Floats]:
    share = 1 / (1 + np.exp(-field))
    value = float(counts @ field - exposure @ np.logaddexp(0, field))
    return value, exposure * share, exposure * share * (1 - share)


def _poisson(field: Floats, counts: Floats, exposure: Floats) -> tuple[float, Floats, Floats]:
    mean = exposure * np.exp(field)
    return float(counts @ field - mean.sum()), mean, mean
