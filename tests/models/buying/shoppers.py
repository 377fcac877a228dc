"""Customers drawn from a model whose truth is known."""

import numpy as np
import polars as pl

from shopkeeper.models.buying.model import PARAMETERS, BuyingModel, ParametricKind

TRUTH: dict[ParametricKind, tuple[float, ...]] = {
    "nbd": (0.8, 7.0),
    "bg_nbd": (0.7, 6.0, 0.9, 3.0),
    "mbg_nbd": (0.8, 7.0, 0.9, 3.0),
    "pareto_nbd": (0.7, 8.0, 0.8, 20.0),
    "mbg_cnbd": (0.8, 2.3, 0.9, 3.0),
}
"""Parameters in weeks, by model."""
REGULARITY = 3
"""The k of the regular buyers."""


def true_model(kind: ParametricKind, parameters: tuple[float, ...] | None = None) -> BuyingModel:
    """The model with these parameters, by the week."""
    pairs = tuple(zip(PARAMETERS[kind], parameters or TRUTH[kind], strict=True))
    zeros = ((0.0,) * len(pairs),) * len(pairs)
    return BuyingModel(kind, "week", pairs, zeros, pairs, 0.0, 0, k=REGULARITY if kind == "mbg_cnbd" else 1)


def simulate(
    kind: ParametricKind,
    parameters: tuple[float, ...],
    n: int,
    age: float,
    horizon: float,
    seed: int,
    k: int = REGULARITY,
) -> pl.DataFrame:
    """`frequency, recency, T, customers, holdout, log_times` of n customers, who came over the first half of `age`.

    `k` is the regularity of those who are regular.
    """
    random = np.random.default_rng(seed)
    r, alpha, third, fourth = (*parameters, 0.0, 0.0)[:4]
    stages = k if kind == "mbg_cnbd" else 1
    rate = random.gamma(r, 1 / alpha, n)
    observed = np.round(random.uniform(age / 2, age, n))
    leaves, chance = np.full(n, np.inf), np.zeros(n)
    if kind == "pareto_nbd":
        leaves = random.exponential(1 / random.gamma(third, 1 / fourth, n))
    elif kind != "nbd":
        chance = random.beta(third, fourth, n)
    alive = random.random(n) >= chance if kind in {"mbg_nbd", "mbg_cnbd"} else np.ones(n, dtype=bool)
    now, frequency, recency, holdout = np.zeros(n), np.zeros(n, int), np.zeros(n), np.zeros(n, int)
    log_times = np.zeros(n)
    while alive.any():
        at = np.flatnonzero(alive)
        passed = random.gamma(stages, 1 / rate[at]) if stages > 1 else random.exponential(1 / rate[at])
        now[at] += passed
        alive[at] = now[at] <= np.minimum(leaves[at], observed[at] + horizon)
        log_passed = np.log(passed[alive[at]])
        at = at[alive[at]]
        seen = now[at] <= observed[at]
        log_times[at[seen]] += log_passed[seen]
        frequency[at[seen]] += 1
        recency[at[seen]] = now[at[seen]]
        holdout[at[~seen]] += 1
        alive[at[random.random(at.size) < chance[at]]] = False
    columns = {"frequency": frequency, "recency": recency, "T": observed, "holdout": holdout, "log_times": log_times}
    return pl.DataFrame(columns).with_columns(customers=pl.lit(1))
