"""Intervals: the normal quantile of 95 %, the interval of a share, and that of a difference."""

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


def never_certain(value: pl.Expr, n: pl.Expr) -> pl.Expr:
    """The probability behind the share `value` / `n`, never 0 or 1: Jeffreys' (value + 1/2) / (n + 1); null at n = 0.

    Jeffreys (1946), Proc. Royal Society A 186. A count of none says that it is rare, not that it cannot be.
    """
    return pl.when(n > 0).then((value.cast(pl.Float64) + 0.5) / (n + 1))


def difference(
    first: tuple[pl.Expr, pl.Expr, pl.Expr], second: tuple[pl.Expr, pl.Expr, pl.Expr]
) -> tuple[pl.Expr, pl.Expr]:
    """Interval of `first` - `second`, each independent and given as (value, low, high) at the level wanted.

    Zou & Donner (2008), Statistics in Medicine 27; of two shares with their Wilson intervals it is Newcombe (1998),
    ibid. 17, method 10.
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    return (
        a - b - ((a - a_low) ** 2 + (b_high - b) ** 2).sqrt(),
        a - b + ((a_high - a) ** 2 + (b - b_low) ** 2).sqrt(),
    )


def quantile_of_all(comparisons: int) -> float:
    """Normal quantile at which so many 95 % intervals hold together (Bonferroni)."""
    return NormalDist().inv_cdf(1 - 0.025 / max(comparisons, 1))
