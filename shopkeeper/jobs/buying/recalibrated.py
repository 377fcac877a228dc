"""Scores set right by what came after past cutoffs, so that horizons and P(alive) agree with one another."""

from collections.abc import Callable

import numpy as np
import polars as pl

from shopkeeper.jobs.buying.result import Fits
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.models.buying.recalibration import Recalibration

BEYOND = 1.25
"""Over this many times the longest tested horizon the model speaks for itself: half a year tests no year."""
Told = Callable[[int], tuple[Floats, Floats]]
"""P(no purchase) and expected purchases within so many days, as the model or rule says them."""


def recalibration_of(fits: Fits, kind: ModelKind | None) -> Recalibration:
    """What sets a model or rule right by this shop's past; an empty one where it was never tested."""
    return fits.recalibrations.get(kind or "plain_rates", Recalibration())


def recalibrated(scores: pl.DataFrame, recalibration: Recalibration, horizon: int, told: Told) -> pl.DataFrame:
    """`scores` of distinct histories with risk and purchases set right, and with purchases all that counts them.

    `expected_before` is what the model said by itself. A longer horizon never leaves more risk nor fewer purchases than
    a shorter one, nobody is expected to buy less often than likely at all, and P(alive) is at least the chance to buy.
    """
    scores = scores.with_columns(expected_before=pl.col("expected_purchases"))
    tested = [one.horizon_days for one in recalibration.horizons]
    if not tested or scores.is_empty() or horizon > BEYOND * tested[-1]:
        return scores
    frequency, before = (scores[name].cast(pl.Float64).to_numpy() for name in ("frequency", "expected_purchases"))
    away, expected = np.ones_like(before), np.zeros_like(before)
    for days in (*(days for days in tested if days < horizon), horizon):
        one, (p_no_purchase, purchases) = recalibration.at(days), told(days)
        away = np.minimum(away, one.p_no_purchase(p_no_purchase, frequency))
        expected = np.maximum(expected, one.expected_purchases(purchases, frequency))
    expected = np.maximum(expected, 1 - away)
    ratio = pl.Series(np.divide(expected, before, out=np.ones_like(before), where=before > 0))
    return scores.with_columns(
        pl.Series("expected_purchases", expected),
        *(pl.col(name) * ratio for name in ("discounted", "residual") if name in scores.columns),
        *(pl.col(name) * ratio**2 for name in ("factorial",) if name in scores.columns),
        p_no_purchase=pl.when(pl.col("p_no_purchase").is_not_null()).then(pl.Series(away)),
        p_alive=pl.when(pl.col("p_alive").is_not_null()).then(pl.max_horizontal("p_alive", 1 - pl.Series(away))),
    )
