"""How customers buy and drop out: five models of buying, fitted on weighted tuples.

*Tuples* are a frame with one row per distinct history: `frequency` INT (repeat purchases), `recency` FLOAT (first to
last purchase), `T` FLOAT (first purchase to as-of), `customers` INT (how many share it). Times are in the model's unit.
MBG/CNBD-k also reads `log_times` FLOAT: the logarithms of all inter-purchase times of the row's customers, summed.
Other columns are allowed and ignored. Scores: see `scoring`.

`lifetimes` fits a sample of the tuples; from there the likelihood of all of them is climbed with its gradient, which
changes nothing but the time: 1 M customers would keep the library busy for minutes.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from shopkeeper.i18n import N_
from shopkeeper.messages import Message, message
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying import fitting
from shopkeeper.models.buying.beta_geometric import BetaGeometric
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.nbd import NegativeBinomial
from shopkeeper.models.buying.optimum import Loss, NoOptimum, Optimum, optimum
from shopkeeper.models.buying.pareto import Pareto
from shopkeeper.models.buying.regular import RegularBetaGeometric

ParametricKind = Literal["nbd", "mbg_nbd", "pareto_nbd", "bg_nbd", "mbg_cnbd"]
RuleKind = Literal["plain_rates", "last_period", "hiatus"]
ModelKind = ParametricKind | RuleKind
Unit = Literal["day", "week"]
Formulas = BetaGeometric | Pareto | NegativeBinomial | RegularBetaGeometric

KINDS: tuple[ParametricKind, ...] = ("nbd", "mbg_nbd", "pareto_nbd", "bg_nbd", "mbg_cnbd")
"""The models that have parameters, those that assume least first; rules need no fit of this kind (see `rules`)."""
PARAMETERS: dict[ParametricKind, tuple[str, ...]] = {
    "nbd": ("r", "alpha"),
    "mbg_nbd": ("r", "alpha", "a", "b"),
    "pareto_nbd": ("r", "alpha", "s", "beta"),
    "bg_nbd": ("r", "alpha", "a", "b"),
    "mbg_cnbd": ("r", "alpha", "a", "b"),
}
TIMES = ("alpha", "beta")
"""Parameters that are times, in the model's unit."""
DAYS: dict[Unit, int] = {"day": 1, "week": 7}
FEWEST_CUSTOMERS = 100
FEWEST_REPEAT_BUYERS = 30
FEWEST_DAYS = 56
SAMPLE_FOR_START = 3_000
SAMPLE_FOR_SHAPE = 10_000
SAMPLE_FOR_REGULARITY = 20_000
MOST_REGULAR = 12
"""Erlang-k is tried up to this k: beyond, purchases come as by the calendar."""
VAGUE = 1.0
"""A standard error of a parameter's logarithm above this says that the data hardly tell it."""
VAGUE_NOTE = N_("The data hardly tell single parameters of this model apart; read its predictions, not its parameters.")
LIMIT_NOTE = N_(
    "This fit lies at a limit of the model, such as all customers leaving with the same chance: some of its parameters "
    "could be larger or smaller still without changing its predictions."
)


class NotFitted(ValueError):  # noqa: N818
    """No model can be had from these customers; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True)
class BuyingModel:
    """One fitted model. `parameters` are named in the order of `PARAMETERS`; `k` is the regularity of MBG/CNBD-k.

    `alpha` and `beta` are in `unit`. `covariance` is that of the parameters, `standard_errors` the root of its
    diagonal. `log_likelihood` is on the scale of the published papers. `notes` are
    catalogue keys of what the reader should know of the fit.
    """

    kind: ParametricKind
    unit: Unit
    parameters: tuple[tuple[str, float], ...]
    covariance: tuple[tuple[float, ...], ...]
    standard_errors: tuple[tuple[str, float], ...]
    log_likelihood: float
    customers: int
    notes: tuple[str, ...] = ()
    k: int = 1

    @property
    def values(self) -> tuple[float, ...]:
        """The parameters without their names."""
        return tuple(value for _, value in self.parameters)

    @property
    def formulas(self) -> Formulas:
        """What the model says, on arrays."""
        return formulas(self.kind, self.values, self.k)

    def as_json(self) -> dict[str, Any]:
        """Plain values that `json.dumps` takes and `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "BuyingModel":
        """The model that `as_json` wrote."""
        return cls(**{name: _tuples(value) for name, value in content.items()})


def fit(tuples: pl.DataFrame, kind: ParametricKind, unit: Unit, warm_start: BuyingModel | None = None) -> BuyingModel:
    """Fit one model to weighted tuples; `warm_start` (a fit of the same kind and unit) only saves time.

    The k of MBG/CNBD-k is the likeliest one; without `log_times`, which tell it, that of the warm start.
    Raise `NotFitted` where the customers are too few, none or all of them came back, too little time was observed, or
    the likelihood has no usable optimum; `ValueError` where a tuple is impossible (recency > T, ...), nothing tells k,
    or the warm start is another model. Not to be called from two threads at once: the library's warnings are held back
    meanwhile.
    """
    if warm_start and (warm_start.kind, warm_start.unit) != (kind, unit):
        raise ValueError(f"a {warm_start.kind} in {warm_start.unit}s cannot start a {kind} in {unit}s")
    check_possible(tuples)
    _check_enough(tuples, unit)
    if kind != "mbg_cnbd":
        start = np.array(warm_start.values) if warm_start else _start(tuples, kind)
        return _fitted(tuples, kind, unit, start)
    if "log_times" in tuples.columns:
        k, start = _regularity(tuples, unit, warm_start)
    elif warm_start:
        k, start = warm_start.k, np.array(warm_start.values)
    else:
        raise ValueError("how regular customers are is told by log_times, the sum of their log inter-purchase times")
    return _fitted(tuples, kind, unit, start, k)


def formulas(kind: ParametricKind, values: tuple[float, ...] | Floats, k: int = 1) -> Formulas:
    """What a model of this kind with these parameters says, on arrays."""
    if kind == "nbd":
        return NegativeBinomial(*(float(value) for value in values))
    first, second, third, fourth = (float(value) for value in values)
    if kind == "pareto_nbd":
        return Pareto(first, second, third, fourth)
    if kind == "mbg_cnbd":
        return RegularBetaGeometric(k, first, second, third, fourth)
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


def _start(tuples: pl.DataFrame, kind: ParametricKind) -> Floats:
    histories, weights = _sample(tuples, SAMPLE_FOR_START)
    age, bought = np.average(histories.T, weights=weights), np.average(histories.frequency, weights=weights)
    guess = (0.7, 0.4 * age / bought)
    if kind == "nbd":
        return np.array(guess)
    try:
        if kind == "pareto_nbd":
            return fitting.fit_pareto(histories, weights)
        return fitting.fit_beta_geometric(histories, weights, modified=kind != "bg_nbd")
    except fitting.NotConverged:
        return np.array((*guess, 0.8, age if kind == "pareto_nbd" else 2.5))


def _regularity(tuples: pl.DataFrame, unit: Unit, warm_start: BuyingModel | None) -> tuple[int, Floats]:
    """The k of the highest likelihood, and where its parameters are: of a sample, climbing up or down from a start."""
    step = -(-tuples.height // SAMPLE_FOR_REGULARITY)
    some = tuples.sort("frequency", "T", "recency").gather_every(step) if step > 1 else tuples
    k, start = (warm_start.k, np.array(warm_start.values)) if warm_start else (1, _start(some, "mbg_cnbd"))
    first = best = _fitted(some, "mbg_cnbd", unit, start, k)
    for direction in (1, -1):
        model = first
        while 1 <= model.k + direction <= MOST_REGULAR and abs(model.k - best.k) < 2:
            at = model.k + direction
            # A customer passes k stages where one was: the stages' rate grows with k.
            model = _fitted(some, "mbg_cnbd", unit, np.array(model.values) * (1, model.k / at, 1, 1), at)
            best = max(best, model, key=lambda one: one.log_likelihood)
        if best.k != k:
            break
    return best.k, np.array(best.values)


def _fitted(tuples: pl.DataFrame, kind: ParametricKind, unit: Unit, start: Floats, k: int = 1) -> BuyingModel:
    """The model at the top of its likelihood."""
    histories, weights = Histories.of(tuples), tuples["customers"].cast(pl.Float64).to_numpy()
    total = float(weights.sum())
    loss, rough = _loss(kind, histories, weights, k), _loss(kind, *_sample(tuples, SAMPLE_FOR_SHAPE), k)
    longest = float(histories.T.max())
    log_scale = np.log(
        [longest / (k if kind == "mbg_cnbd" else 1) if name in TIMES else 1 for name in PARAMETERS[kind]]
    )
    try:
        top = optimum(loss, rough, np.log(start), log_scale, total)
    except (NoOptimum, np.linalg.LinAlgError) as failure:
        raise _no_optimum(kind) from failure
    log_likelihood = -loss(top.log_parameters)[0] * total
    if kind == "mbg_cnbd" and "log_times" in tuples.columns:
        log_likelihood += (k - 1) * float(tuples["log_times"].sum())
    return _model(kind, unit, top, log_likelihood, int(total), k)


def _sample(tuples: pl.DataFrame, most: int) -> tuple[Histories, Floats]:
    """At most about `most` tuples, spread evenly over all kinds of history, with their weights."""
    step = -(-tuples.height // most)
    some = tuples.sort("frequency", "T", "recency").gather_every(step) if step > 1 else tuples
    return Histories.of(some), some["customers"].cast(pl.Float64).to_numpy()


def _loss(kind: ParametricKind, histories: Histories, weights: Floats, k: int) -> Loss:
    """Mean negative log-likelihood and its gradient by the logarithms of the parameters."""
    total = weights.sum()

    def loss(log_parameters: Floats) -> tuple[float, Floats]:
        parameters = np.exp(log_parameters)
        value, gradient = formulas(kind, parameters, k).log_likelihood_gradient(histories)
        return -float(value @ weights / total), -(gradient @ weights) / total * parameters

    return loss


def _model(
    kind: ParametricKind, unit: Unit, top: Optimum, log_likelihood: float, customers: int, k: int
) -> BuyingModel:
    parameters = np.exp(top.log_parameters)
    covariance = top.covariance * np.outer(parameters, parameters)
    names = PARAMETERS[kind]
    vague = bool(np.diag(top.covariance).max() > VAGUE**2)
    limit = bool(top.at_limit.any())
    return BuyingModel(
        kind=kind,
        unit=unit,
        parameters=tuple(zip(names, parameters.tolist(), strict=True)),
        covariance=tuple(tuple(row) for row in covariance.tolist()),
        standard_errors=tuple(zip(names, np.sqrt(np.diag(covariance)).tolist(), strict=True)),
        log_likelihood=log_likelihood,
        customers=customers,
        notes=(*((LIMIT_NOTE,) if limit else ()), *((VAGUE_NOTE,) if vague else ())),
        k=k,
    )


def _no_optimum(kind: ParametricKind) -> NotFitted:
    names = {"nbd": "NBD", "mbg_nbd": "MBG/NBD", "bg_nbd": "BG/NBD", "pareto_nbd": "Pareto/NBD"}
    return NotFitted(
        message(
            "The fit of {model} found no usable optimum: the histories tell too little of when customers stop buying.",
            model=names.get(kind, "MBG/CNBD-k"),
        )
    )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list | tuple) else value
