"""How a forecast is judged: squared misses in units of the changes before, and pinball losses of what its bands say.

RMSSE: Hyndman & Koehler (2006), International Journal of Forecasting 22, pooled as in the M5 competition. Pinball loss:
Koenker & Bassett (1978), Econometrica 46; whoever states his true quantiles has the least of it, so that neither a band
that is too wide nor the forecast of nothing wins by itself.
"""

import numpy as np

from shopkeeper.models.arrays import Floats, Ints


def pinball(actual: Floats, quantile: Floats, probability: float) -> Floats:
    """Loss of each quantile that was stated: a miss above costs `probability` a unit, one below the rest of 1."""
    miss = actual - quantile
    return np.asarray(np.maximum(probability * miss, (probability - 1) * miss))


def weekly_change(days: Floats, first: Ints) -> Floats:
    """Mean squared change from a week to the next by row, of the weeks that end with the last day; 0 below two weeks.

    `days` are rows x days; weeks before day `first` of a row are left out.
    """
    count = days.shape[1] // 7
    if count < 2:
        return np.zeros(days.shape[0])
    begin = days.shape[1] - count * 7
    weeks = days[:, begin:].reshape(days.shape[0], count, 7).sum(axis=2)
    counted = (begin + 7 * np.arange(count - 1)) >= first[:, None]
    square = ((np.diff(weeks, axis=1) ** 2) * counted).sum(axis=1)
    changes = counted.sum(axis=1)
    return np.asarray(np.divide(square, changes, out=np.zeros(days.shape[0]), where=changes > 0))
