"""How far the sum of demand over a lead time is missed: measured, not sqrt(days) times the error of a day.

Days err together: a level that is 10 % too low is so on each of them, and the error of their sum grows faster than with
the square root of their number. What the backtest's sums missed by, in units of what independent days would have (a
ratio of variances, free of scale), is pooled over rows of like size; a row's own few sums move it a little.
"""

import numpy as np

from shopkeeper.models.arrays import Floats

WEEK = 7
ROWS_OF_LIKE_SIZE = 30
MOST_SIZES = 12
PRIOR_SUMS = 40.0
"""Sums of a row's own that weigh as much as all rows of its size."""


def variance_ratio(squares: Floats, counts: Floats, days: int, error_sd: Floats, mean: Floats) -> Floats:
    """Variance of the error of the sum of `days` over that of as many independent days, by row.

    `squares` are a row's squared errors of such sums, added up over `counts` tests; `error_sd` its error of a day, by
    which these are scaled, and `mean` its expected day, by which rows are of like size. 1 where nothing was tested.
    """
    independent = days * error_sd**2
    tested = np.flatnonzero((counts > 0) & (independent > 0) & (mean > 0))
    if not tested.size:
        return np.ones(mean.size)
    sums = np.divide(squares, independent, out=np.zeros_like(squares), where=independent > 0)
    order = tested[np.argsort(mean[tested], kind="stable")]
    buckets = np.array_split(order, int(np.clip(tested.size // ROWS_OF_LIKE_SIZE, 1, MOST_SIZES)))
    pooled = [float(squares[bucket].sum() / (counts[bucket] * independent[bucket]).sum()) for bucket in buckets]
    middle = [float(np.median(np.log(mean[bucket]))) for bucket in buckets]
    alike = np.interp(np.log(np.maximum(mean, 1e-12)), middle, pooled)
    return np.asarray((sums + PRIOR_SUMS * alike) / (counts + PRIOR_SUMS))


def sd_over(days: Floats, error_sd: Floats, by_weeks: Floats) -> Floats:
    """Standard deviation of the error of the sum over so many days, by row.

    `by_weeks` (rows x weeks) is that over the first 1, 2, ... weeks, NaN in rows where it was not measured: there, as
    everywhere beyond the last week, days are taken to err independently. Between two weeks variance runs straight.
    """
    independent = np.sqrt(np.maximum(days, 0)) * error_sd
    if not by_weeks.size:
        return np.asarray(independent)
    variance = np.concatenate([np.zeros((by_weeks.shape[0], 1)), by_weeks**2], axis=1)
    weeks = np.clip(days / WEEK, 0, None)
    last = variance.shape[1] - 1
    before = np.minimum(np.floor(weeks).astype(np.int64), last - 1)
    rows = np.arange(variance.shape[0])
    step = variance[rows, before + 1] - variance[rows, before]
    within = variance[rows, before] + (weeks - before) * step
    beyond = variance[:, last] + np.maximum(days - WEEK * last, 0) * error_sd**2
    measured = np.sqrt(np.where(weeks <= last, within, beyond))
    return np.where(np.isfinite(measured), measured, independent)
