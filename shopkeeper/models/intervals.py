"""Intervals of shares."""

from statistics import NormalDist

import polars as pl

NORMAL_QUANTILE_975 = NormalDist().inv_cdf(0.975)


def wilson(value: pl.Expr, n: pl.Expr, z: float = NORMAL_QUANTILE_975) -> tuple[pl.Expr, pl.Expr]:
    """Score interval of a share, 95 % unless told (Wilson 1927, J. Am. Stat. Assoc. 22); null where n is 0."""
    z2 = z**2
    trials = pl.when(n > 0).then(n).cast(pl.Float64)
    centre = (value + z2 / 2) / (trials + z2)
    margin = z / (trials + z2) * (value * (trials - value) / trials + z2 / 4).sqrt()
    return (centre - margin).clip(0.0, 1.0), (centre + margin).clip(0.0, 1.0)
