"""Intervals: the normal quantile of 95 %, and the interval of a share."""

from statistics import NormalDist

import polars as pl

NORMAL_QUANTILE_975 = NormalDist().inv_cdf(0.975)


def wilson(value: pl.Expr, n: pl.Expr, z: float = NORMAL_QUANTILE_975) -> tuple[pl.Expr, pl.Expr]:
    """Score interval of the share `value` / `n`, 95 % unless `z` says otherwise; null where n is 0.

    Wilson (1927), J. American Statistical Association 22.
    """
    z2 = z**2
    total = pl.when(n > 0).then(n).cast(pl.Float64)
    centre = (value + z2 / 2) / (total + z2)
    margin = z / (total + z2) * (value * (total - value) / total + z2 / 4).sqrt()
    return (centre - margin).clip(0.0, 1.0), (centre + margin).clip(0.0, 1.0)
