"""Bands by split conformal prediction: as wide on each side as what earlier forecasts missed by on that side.

Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World; the two ends apart as in Romano, Patterson &
Candes (2019), NeurIPS 32. The miss is sqrt(actual) - sqrt(forecast): counts spread about evenly on that scale, and no
band ends below 0. Misses of all series of a level are pooled and told apart by the size of the forecast and how far
ahead it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Floats, Ints

COVERAGES = (0.8, 0.95)
ENDS = tuple((1 + coverage) / 2 for coverage in COVERAGES)
"""Probability of each end of a band: what is left out lies half below and half above."""
PROBABILITIES = (1 - ENDS[1], 1 - ENDS[0], 0.5, ENDS[0], ENDS[1])
"""Of all that is said of a week: the lower ends, the middle, the upper ends."""
AHEAD = (4, 8)
"""Weeks after which the misses are pooled apart."""
FEWEST = 60
PER_BUCKET = 150
MOST_BUCKETS = 12
MOST_MISSES = 200_000
ASSUMED = (0.9, 1.4)
"""Misses where no forecast could be tested: about those of purchases of two or three units."""


@dataclass(frozen=True)
class Misses:
    """By size of forecast (on the square root's scale): misses below and above (sizes x coverages), and the middle one.

    What came below is negative.
    """

    sizes: Floats
    below: Floats
    above: Floats
    middle: Floats


@dataclass(frozen=True)
class Bands:
    """The misses by group of weeks ahead. `zeros`: a forecast of nothing has a band as well."""

    tables: Mapping[int, Misses]
    zeros: bool = False

    def ends(self, forecast: Floats, weeks: Ints, coverage: int) -> tuple[Floats, Floats]:
        """Lower and upper end for forecasts, of the shape that `weeks` (0 is the first) is broadcast to."""
        below = self._moved(forecast, weeks, -ASSUMED[coverage], lambda at: at.below[:, coverage])
        return below, self._moved(forecast, weeks, ASSUMED[coverage], lambda at: at.above[:, coverage])

    def quantiles(self, forecast: Floats, weeks: Ints) -> list[Floats]:
        """What is said of each week at each of `PROBABILITIES`."""
        (low_80, high_80), (low_95, high_95) = (self.ends(forecast, weeks, coverage) for coverage in (0, 1))
        middle = self._moved(forecast, weeks, 0.0, lambda at: at.middle)
        return [low_95, low_80, middle, high_80, high_95]

    def _moved(self, forecast: Floats, weeks: Ints, assumed: float, misses: Callable[[Misses], Floats]) -> Floats:
        root = np.sqrt(np.maximum(forecast, 0))
        shape = np.broadcast_shapes(forecast.shape, weeks.shape)
        move = np.full(shape, assumed)
        ahead, roots = np.broadcast_to(_ahead(weeks), shape), np.broadcast_to(root, shape)
        for group, table in self.tables.items():
            at = ahead == group
            move[at] = np.interp(roots[at], table.sizes, misses(table))
        some = (forecast > 0) | self.zeros
        return np.asarray(np.maximum(root + np.where(some, move, 0.0), 0) ** 2)


def calibrate(forecast: Floats, actual: Floats, weeks: Ints, *, zeros: bool = False) -> Bands:
    """Bands from forecasts of weeks, what came, and how many weeks ahead they were.

    Forecasts of 0 tell nothing, unless with `zeros`: a method that does not know what is on sale says them too.
    """
    used = ((forecast > 0) | zeros) & np.isfinite(actual)
    forecast, actual, ahead = forecast[used], actual[used], _ahead(weeks[used])
    groups = range(len(AHEAD) + 1)
    if min((ahead == group).sum() for group in groups) < FEWEST:
        whole = _table(forecast, actual)
        return Bands(dict.fromkeys(groups, whole) if whole else {}, zeros)
    tables = {group: _table(forecast[ahead == group], actual[ahead == group]) for group in groups}
    return Bands({group: table for group, table in tables.items() if table}, zeros)


def _ahead(weeks: Ints) -> Ints:
    return np.searchsorted(np.array(AHEAD), weeks, side="right")


def _table(forecast: Floats, actual: Floats) -> Misses | None:
    if forecast.size > MOST_MISSES:
        chosen = np.random.default_rng(7).choice(forecast.size, MOST_MISSES, replace=False)
        forecast, actual = forecast[chosen], actual[chosen]
    if forecast.size < 5:
        return None
    root = np.sqrt(forecast)
    miss = np.sqrt(actual) - root
    order = np.argsort(root, kind="stable")
    buckets = np.array_split(order, int(np.clip(forecast.size // PER_BUCKET, 1, MOST_BUCKETS)))
    sizes = np.array([float(np.median(root[bucket])) for bucket in buckets])
    # What is forecast lies inside, even where all that came lay on one side of it.
    above = np.array([[max(_quantile(miss[bucket], end), 0.0) for end in ENDS] for bucket in buckets])
    below = np.array([[min(-_quantile(-miss[bucket], end), 0.0) for end in ENDS] for bucket in buckets])
    middle = np.array([float(np.median(miss[bucket])) for bucket in buckets])
    return Misses(sizes, below, above, middle)


def _quantile(values: Floats, probability: float) -> float:
    """The conformal quantile: the ceil((n + 1) p)-th smallest, or the largest where there are too few."""
    place = min(int(np.ceil((values.size + 1) * probability)), values.size) - 1
    return float(np.partition(values, place)[place])
