"""How far the sum of demand over a lead time is missed: measured, not sqrt(days) times the error of a day.

Days err together: a level that is 10 % too low is so on each of them, and the error of their sum grows faster than with
the square root of their number. What the backtest's sums missed by, in units of what independent days would have (a
ratio of variances, free of scale), is pooled over rows of like size; a row's own few sums move it a little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shopkeeper.models.arrays import Flags, Floats, Ints

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


@dataclass(frozen=True)
class SumErrors:
    """Forecast errors by row: `daily_sd` of a day, `by_weeks` of the sum over the first weeks, as in `sd_over`."""

    daily_sd: Floats
    by_weeks: Floats

    @property
    def measured(self) -> Flags:
        """Rows whose sums were measured."""
        if not self.by_weeks.shape[1]:
            return np.zeros(len(self.daily_sd), dtype=np.bool_)
        return np.asarray(np.isfinite(self.by_weeks).all(axis=1))

    def rows(self, at: Ints | Flags) -> "SumErrors":
        """Those of some rows."""
        return SumErrors(self.daily_sd[at], self.by_weeks[at])

    def variance_over(self, days: ArrayLike) -> Floats:
        """Variance of the error of the sum over so many days."""
        return np.asarray(np.square(sd_over(np.asarray(days, dtype=float), self.daily_sd, self.by_weeks)))

    def daily_sd_over(self, days: ArrayLike) -> Floats:
        """Of a day, such that as many independent days err as far as their sum does."""
        span = np.asarray(days, dtype=float)
        each = np.divide(self.variance_over(span), span, out=np.square(self.daily_sd), where=span > 0)
        return np.asarray(np.sqrt(each))


def sum_errors(errors: "ArrayLike | SumErrors", rows: int) -> SumErrors:
    """Errors of so many rows; where only those of a day are given, days err independently."""
    if isinstance(errors, SumErrors):
        return errors
    return SumErrors(np.array(np.broadcast_to(np.asarray(errors, dtype=float), rows)), np.zeros((rows, 0)))


def variances_of_shares(
    parts: SumErrors, mean: Floats, whole: Floats, of: Ints, row: Ints, share: Floats, place: Ints
) -> Floats:
    """Variance of the error of the sum over 1, 2, ... weeks of what places serve; NaN where that was not measured.

    `parts` are a series' errors by region, `mean` its expected day, `of` the number of its item, `whole` (items x
    weeks) the item's error over all regions, NaN where not measured. Pair k says that `place[k]` serves a `share[k]` of
    series `row[k]`. Regions of an item err with one correlation c, by which V = sum V_r + c ((sum s_r)^2 - sum V_r); a
    place has the sums of p^2 V_r and p s_r instead, and p (1 - p) m by chance, who of a region's buyers it serves.
    """
    weeks = whole.shape[1]
    spans = WEEK * np.arange(1, weeks + 1)
    variance = np.square(parts.by_weeks)
    items, places = len(whole), int(place.max(initial=-1)) + 1
    plain, linear = _added(of, variance, items), _added(of, np.sqrt(variance), items)
    pairs = np.square(linear) - plain
    above = np.square(whole) - plain
    correlation = np.divide(above, pairs, out=np.zeros_like(pairs), where=pairs > 1e-12 * np.maximum(plain, 1e-12))
    correlation = np.clip(np.nan_to_num(correlation, nan=0.0), 0.0, 1.0)
    p = share[:, None]
    own, together = _added(place, p**2 * variance[row], places), _added(place, p * np.sqrt(variance[row]), places)
    chance = _added(place, p * (1 - p) * np.maximum(mean[row], 0)[:, None] * spans, places)
    item = np.zeros(places, dtype=np.int64)
    item[place] = of[row]
    c = correlation[item]
    return np.asarray((1 - c) * own + c * np.square(together) + chance)


def _added(to: Ints, values: Floats, rows: int) -> Floats:
    sums = np.zeros((rows, values.shape[1]))
    np.add.at(sums, to, values)
    return sums
