"""The top of a likelihood, found by its gradient, also where it lies at infinity.

Parameters are above 0 and climbed by their logarithms. Some data have their best fit at a limit of the model: all
customers leave with one and the same chance (a and b without bound, a / b fixed), or buy at one rate (r and alpha), or
nobody leaves. Such a limit is a model like any other, so a weak prior makes the top exist: flat within a factor of FREE
of each parameter's scale, where it moves nothing, and normal in the logarithm beyond, with a standard deviation of 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Flags, Floats

Loss = Callable[[Floats], tuple[float, Floats]]
"""Mean negative log-likelihood at the logarithms of the parameters, and its gradient by them."""

FREE = float(np.log(200.0))
FARTHEST = float(np.log(1e4))
"""Beyond a factor of 10,000 the prior weighs as much as all customers together: farther no limit is told apart."""
EDGE = FARTHEST + 5.0
"""A step that goes beyond is judged by the prior alone: at 1e-300 a likelihood cannot be computed."""
STEEPEST = 1e-5
ROUNDS = 4
WIDEST = 5.0
"""The standard error of a parameter's logarithm is taken for no more than this."""


class NoOptimum(ValueError):  # noqa: N818
    """The likelihood was climbed, and no top was reached."""


@dataclass(frozen=True)
class Optimum:
    """Where the top is: logarithms of the parameters, their covariance, and which lie beyond FREE, at a limit."""

    log_parameters: Floats
    covariance: Floats
    at_limit: Flags


def optimum(loss: Loss, rough: Loss, log_start: Floats, log_scale: Floats, total: float) -> Optimum:
    """The top of the likelihood of `total` customers; `rough` is that of a sample, by which the slope is made round.

    Raise `NoOptimum` where none is reached.
    """
    held, rough_held = _held(loss, log_scale, total), _held(rough, log_scale, total)
    at = np.clip(log_start, log_scale - FARTHEST + 1, log_scale + FARTHEST - 1)
    for _ in range(ROUNDS):
        scaling = _scaling(_hessian(rough_held, at))
        at, steepest = _climbed(held, at, scaling)
        if steepest <= STEEPEST:
            break
    else:
        raise NoOptimum
    curvature, directions = np.linalg.eigh(_hessian(held, at) * total)
    covariance: Floats = directions / np.maximum(curvature, WIDEST**-2) @ directions.T
    return Optimum(at, covariance, np.abs(at - log_scale) > FREE)


def _climbed(held: Loss, start: Floats, scaling: Floats) -> tuple[Floats, float]:
    """Where the climb ends in coordinates in which the top is nearly round, and how steep it still is there."""

    def bowl(z: Floats) -> tuple[float, Floats]:
        value, gradient = held(start + scaling @ z)
        return value, scaling.T @ gradient

    with np.errstate(over="ignore", under="ignore"):
        end = minimize(bowl, np.zeros(start.size), jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 200})
    return start + scaling @ end.x, float(np.abs(end.jac).max())


def _held(loss: Loss, log_scale: Floats, total: float) -> Loss:
    """The loss with the prior, per customer."""

    def held(log_parameters: Floats) -> tuple[float, Floats]:
        distance = log_parameters - log_scale
        beyond = np.sign(distance) * np.maximum(np.abs(distance) - FREE, 0.0)
        far = np.sign(distance) * np.maximum(np.abs(distance) - FARTHEST, 0.0)
        within = np.abs(distance) <= EDGE
        value, gradient = loss(log_scale + np.clip(distance, -EDGE, EDGE))
        gradient = np.where(within, gradient, 0.0)
        prior = float(beyond @ beyond) / (2 * total) + float(far @ far)
        return value + prior, gradient + beyond / total + 2 * far

    return held


def _hessian(loss: Loss, at: Floats) -> Floats:
    """By central differences of the gradient."""
    step = 1e-4
    rows = [loss(at + e)[1] - loss(at - e)[1] for e in np.eye(at.size) * step]
    hessian = np.stack(rows) / (2 * step)
    return (hessian + hessian.T) / 2


def _scaling(hessian: Floats) -> Floats:
    values, vectors = np.linalg.eigh(hessian)
    scaling: Floats = vectors / np.sqrt(np.maximum(np.abs(values), 1e-4 * np.abs(values).max()))
    return scaling
