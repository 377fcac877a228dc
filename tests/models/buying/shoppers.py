"""Customers drawn from a model whose truth is known."""

import numpy as np
import polars as pl

from shopkeeper.models.buying.model import ModelKind

TRUTH: dict[ModelKind, tuple[float, float, float, float]] = {
    "bg_nbd": (0.7, 6.0, 0.9, 3.0),
    "mbg_nbd": (0.8, 7.0, 0.9, 3.0),
    "pareto_nbd": (0.7, 8.0, 0.8, 20.0),
}
"""Parameters in weeks, by model."""


def simulate(
    kind: ModelKind, parameters: tuple[float, float, float, float], n: int, age: float, horizon: float, seed: int
) -> pl.DataFrame:
    """`frequency, recency, T, customers, holdout` of n customers, who came over the first half of `age`."""
    random = np.random.default_rng(seed)
    r, alpha, third, fourth = parameters
    rate = random.gamma(r, 1 / alpha, n)
    observed = np.round(random.uniform(age / 2, age, n))
    if kind == "pareto_nbd":
        leaves, chance = random.exponential(1 / random.gamma(third, 1 / fourth, n)), np.zeros(n)
    else:
        leaves, chance = np.full(n, np.inf), random.beta(third, fourth, n)
    alive = random.random(n) >= chance if kind == "mbg_nbd" else np.ones(n, dtype=bool)
    now, frequency, recency, holdout = np.zeros(n), np.zeros(n, int), np.zeros(n), np.zeros(n, int)
    while alive.any():
        at = np.flatnonzero(alive)
        now[at] += random.exponential(1 / rate[at])
        alive[at] = now[at] <= np.minimum(leaves[at], observed[at] + horizon)
        at = at[alive[at]]
        seen = at[now[at] <= observed[at]]
        frequency[seen] += 1
        recency[seen] = now[seen]
        holdout[at[now[at] > observed[at]]] += 1
        alive[at[random.random(at.size) < chance[at]]] = False
    columns = {"frequency": frequency, "recency": recency, "T": observed, "holdout": holdout}
    return pl.DataFrame(columns).with_columns(customers=pl.lit(1))
