"""How customers buy and drop out: BG/NBD, Modified BG/NBD and Pareto/NBD, fitted on weighted tuples.

*Tuples* are a frame with one row per distinct history: `frequency` INT (repeat purchases), `recency` FLOAT (first to
last purchase), `T` FLOAT (first purchase to as-of), `customers` INT (how many share it). Times are in the model's unit.
Other columns are allowed and ignored. Scores: see `scoring`.

`lifetimes` fits a sample of the tuples; from there the likelihood of all of them is climbed with its gradient, which
changes nothing but the time: 1 M customers would keep the library busy for minutes.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy.optimize import minimize  # type: ignore[import-untyped]

from shopkeeper.i18n import N_
from shopkeeper.messages import Message, message
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying import fitting
from shopkeeper.models.buying.beta_geometric import BetaGeometric
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.pareto import Pareto

ModelKind = Literal["mbg_nbd", "bg_nbd", "pareto_nbd"]
Unit = Literal["day", "week"]

KINDS: tuple[ModelKind, ...] = ("mbg_nbd", "bg_nbd", "pareto_nbd")
DAYS: dict[Unit, int] = {"day": 1, "week": 7}
FEWEST_CUSTOMERS = 100
FEWEST_REPEAT_BUYERS = 30
FEWEST_DAYS = 56
SAMPLE_FOR_START = 3_000
SAMPLE_FOR_SHAPE = 10_000
STEEPEST_AT_OPTIMUM = 1e-5
EXTREME = 1e4
"""A parameter beyond this, or beyond one over it, (times the longest history, if a time) is at no optimum."""
VAGUE = 1.0
"""A standard error of a parameter's logarithm above this says that the data hardly tell it."""
VAGUE_NOTE = N_("The data hardly tell single parameters of this model apart; read its predictions, not its parameters.")


class NotFitted(ValueError):  # noqa: N818
    """No model can be had from these customers; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True)
class BuyingModel:
    """One fitted model. `parameters` are (r, alpha, a, b), for Pareto/NBD (r, alpha, s, beta), named in this order.

    `alpha` and `beta` are in `unit`. `covariance` is that of the parameters, `standard_errors` the root of its
    diagonal. `log_likelihood` is on the scale of the published papers. `notes` are
    catalogue keys of what the reader should know of the fit.
    """

    kind: ModelKind
    unit: Unit
    parameters: tuple[tuple[str, float], ...]
    covariance: tuple[tuple[float, ...], ...]
    standard_errors: tuple[tuple[str, float], ...]
    log_likelihood: float
    customers: int
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[float, float, float, float]:
        """The four parameters without their names."""
        first, second, third, fourth = (value for _, value in self.parameters)
        return first, second, third, fourth

    @property
    def formulas(self) -> BetaGeometric | Pareto:
        """What the model says, on arrays."""
        return formulas(self.kind, self.values)

    def as_json(self) -> dict[str, Any]:
        """Plain values that `json.dumps` takes and `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "BuyingModel":
        """The model that `as_json` wrote."""
        return cls(**{name: _tuples(value) for name, value in content.items()})


def fit(tuples: pl.DataFrame, kind: ModelKind, unit: Unit, warm_start: BuyingModel | None = None) -> BuyingModel:
    """Fit one model to weighted tuples; `warm_start` (a fit of the same kind and unit) only saves time.

    Raise `NotFitted` where the customers are too few, none or all of them came back, too little time was observed, or
    the likelihood has no usable optimum; `ValueError` where a tuple is impossible (recency > T, ...) or the warm start
    is another model. Not to be called from two threads at once: the library's warnings are held back meanwhile.
    """
    if warm_start and (warm_start.kind, warm_start.unit) != (kind, unit):
        raise ValueError(f"a {warm_start.kind} in {warm_start.unit}s cannot start a {kind} in {unit}s")
    check_possible(tuples)
    _check_enough(tuples, unit)
    histories, weights = Histories.of(tuples), tuples["customers"].cast(pl.Float64).to_numpy()
    longest = float(histories.T.max())
    start = np.array(warm_start.values) if warm_start else _start(tuples, kind)
    log_scale = np.log([1, longest, 1, longest if kind == "pareto_nbd" else 1])
    bound = np.log(EXTREME)
    log_start = np.clip(np.log(start), log_scale - bound + 1, log_scale + bound - 1)
    sample, sample_weights = _sample(tuples, SAMPLE_FOR_SHAPE)
    scaling = _scaling(_hessian(kind, log_start, sample, sample_weights))

    def climbed(z: Floats) -> tuple[float, Floats]:
        """Mean negative log-likelihood, walled in, in coordinates in which it is nearly a round bowl."""
        unbounded = log_start + scaling @ z
        at = np.clip(unbounded, log_scale - bound, log_scale + bound)
        value, gradient = _loss(kind, at, histories, weights)
        beyond = unbounded - at
        return value + float(beyond @ beyond), scaling.T @ (np.where(beyond == 0, gradient, 0) + 2 * beyond)

    with np.errstate(over="ignore", under="ignore"):
        optimum = minimize(climbed, np.zeros(4), jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 200})
    log_optimum = log_start + scaling @ optimum.x
    if np.abs(optimum.jac).max() > STEEPEST_AT_OPTIMUM or (np.abs(log_optimum - log_scale) >= bound - 0.01).any():
        raise _no_optimum(kind)
    return _model(kind, unit, log_optimum, histories, weights)


def formulas(kind: ModelKind, values: tuple[float, float, float, float] | Floats) -> BetaGeometric | Pareto:
    """What a model of this kind with these parameters says, on arrays."""
    first, second, third, fourth = (float(value) for value in values)
    if kind == "pareto_nbd":
        return Pareto(first, second, third, fourth)
    return BetaGeometric(first, second, third, fourth, 1 if kind == "mbg_nbd" else 0)


def check_possible(tuples: pl.DataFrame) -> None:
    """Raise `ValueError` for a history that cannot be: the data preparation is wrong, not the data."""
    frequency, recency, age = (pl.col(name) for name in ("frequency", "recency", "T"))
    impossible = (
        pl.any_horizontal(pl.col("frequency", "recency", "T", "customers").is_null())
        | ~(recency.is_finite() & age.is_finite())
        | (frequency < 0)
        | (frequency != frequency.floor())
        | (recency < 0)
        | (recency > age)
        | ((frequency == 0) != (recency == 0))
        | (pl.col("customers") < 1)
    )
    if wrong := tuples.filter(impossible).head(1).to_dicts():
        raise ValueError(f"no customer can have this history: {wrong[0]}")


def _check_enough(tuples: pl.DataFrame, unit: Unit) -> None:
    repeat = tuples.filter(pl.col("frequency") > 0)
    customers, buyers = int(tuples["customers"].sum()), int(repeat["customers"].sum())
    observed = int(tuples["T"].cast(pl.Float64).to_numpy().max(initial=0) * DAYS[unit])
    if customers < FEWEST_CUSTOMERS:
        raise NotFitted(
            message(
                "There are {n} customers; a model of their buying needs at least {least}.",
                n=customers,
                least=FEWEST_CUSTOMERS,
            )
        )
    if observed < FEWEST_DAYS:
        raise NotFitted(
            message(
                "The longest-known customer came {days} days ago; a model needs at least {least} days to look at.",
                days=observed,
                least=FEWEST_DAYS,
            )
        )
    if buyers == 0:
        raise NotFitted(
            message("No customer has bought on a second day yet, so there is no rhythm of buying to learn.")
        )
    if buyers < FEWEST_REPEAT_BUYERS:
        raise NotFitted(
            message(
                "Only {n} customers came back; a model of their buying needs at least {least} who did.",
                n=buyers,
                least=FEWEST_REPEAT_BUYERS,
            )
        )
    if buyers == customers:
        raise NotFitted(
            message(
                "Every customer came back; first-time buyers seem to be missing, without whom a model would mislead."
            )
        )


def _start(tuples: pl.DataFrame, kind: ModelKind) -> Floats:
    histories, weights = _sample(tuples, SAMPLE_FOR_START)
    try:
        if kind == "pareto_nbd":
            return fitting.fit_pareto(histories, weights)
        return fitting.fit_beta_geometric(histories, weights, modified=kind == "mbg_nbd")
    except fitting.NotConverged:
        age, bought = np.average(histories.T, weights=weights), np.average(histories.frequency, weights=weights)
        fourth = age if kind == "pareto_nbd" else 2.5
        return np.array((0.7, 0.4 * age / bought, 0.8, fourth))


def _sample(tuples: pl.DataFrame, most: int) -> tuple[Histories, Floats]:
    """At most about `most` tuples, spread evenly over all kinds of history, with their weights."""
    step = -(-tuples.height // most)
    some = tuples.sort("frequency", "T", "recency").gather_every(step) if step > 1 else tuples
    return Histories.of(some), some["customers"].cast(pl.Float64).to_numpy()


def _loss(kind: ModelKind, log_parameters: Floats, histories: Histories, weights: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood and its gradient by the logarithms of the parameters."""
    parameters = np.exp(log_parameters)
    value, gradient = formulas(kind, parameters).log_likelihood_gradient(histories)
    total = weights.sum()
    return -float(value @ weights / total), -(gradient @ weights) / total * parameters


def _hessian(kind: ModelKind, log_parameters: Floats, histories: Histories, weights: Floats) -> Floats:
    """By central differences of the gradient."""
    step = 1e-4

    def gradient(log_at: Floats) -> Floats:
        return _loss(kind, log_at, histories, weights)[1]

    rows = [gradient(log_parameters + e) - gradient(log_parameters - e) for e in np.eye(4) * step]
    hessian = np.stack(rows) / (2 * step)
    return (hessian + hessian.T) / 2


def _scaling(hessian: Floats) -> Floats:
    values, vectors = np.linalg.eigh(hessian)
    scaling: Floats = vectors / np.sqrt(np.maximum(np.abs(values), 1e-4 * np.abs(values).max()))
    return scaling


def _model(kind: ModelKind, unit: Unit, log_parameters: Floats, histories: Histories, weights: Floats) -> BuyingModel:
    total = float(weights.sum())
    hessian = _hessian(kind, log_parameters, histories, weights) * total
    if np.linalg.eigvalsh(hessian).min() <= 0:
        raise _no_optimum(kind)
    log_covariance = np.linalg.inv(hessian)
    parameters = np.exp(log_parameters)
    covariance = log_covariance * np.outer(parameters, parameters)
    names = ("r", "alpha", "s", "beta") if kind == "pareto_nbd" else ("r", "alpha", "a", "b")
    return BuyingModel(
        kind=kind,
        unit=unit,
        parameters=tuple(zip(names, parameters.tolist(), strict=True)),
        covariance=tuple(tuple(row) for row in covariance.tolist()),
        standard_errors=tuple(zip(names, np.sqrt(np.diag(covariance)).tolist(), strict=True)),
        log_likelihood=-_loss(kind, log_parameters, histories, weights)[0] * total,
        customers=int(total),
        notes=(VAGUE_NOTE,) if np.diag(log_covariance).max() > VAGUE**2 else (),
    )


def _no_optimum(kind: ModelKind) -> NotFitted:
    return NotFitted(
        message(
            "The fit of {model} found no usable optimum: the histories tell too little of when customers stop buying.",
            model={"mbg_nbd": "MBG/NBD", "bg_nbd": "BG/NBD", "pareto_nbd": "Pareto/NBD"}[kind],
        )
    )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list | tuple) else value
