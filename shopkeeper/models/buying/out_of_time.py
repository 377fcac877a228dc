"""How far a shop's next outcome strays from what was predicted, told from its own past cutoffs.

Each cutoff gives one miss, log(actual / predicted) or a shift of log-odds, which all customers share: a shop's year,
prices and rivals move them together, so that no number of customers averages it out. A weak prior stands in for the
cutoffs that a young shop does not have.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student  # type: ignore[import-untyped]

from shopkeeper.models.intervals import NORMAL_QUANTILE_975

YEAR_DAYS = 365
PRIOR_CUTOFFS = 3.0
"""How many cutoffs the usual deviation is worth."""
ROUNDS = 50
CLOSE_ENOUGH = 1e-6


@dataclass(frozen=True)
class Prior:
    """What is expected of a shop of which nothing was tested: standard deviations.

    `usual`: of single cutoffs around the shop's own mean. `lasting`: of that mean around 0, in a usual shop; where
    single cutoffs miss by more, so may it. `unseen_season`: on top where the tested days are less than a year, so that
    no cutoff knew the season ahead. `per_efold`: on top for each e-fold of days beyond the longest tested horizon.
    """

    usual: float
    lasting: float
    unseen_season: float = 0.0
    per_efold: float = 0.0


TOTALS = Prior(usual=0.10, lasting=0.15, unseen_season=0.08, per_efold=0.12)
"""Of the logarithm of actual over predicted totals; and of shifts of log-odds, which where few buy are the same."""
STRETCHES = Prior(usual=0.05, lasting=0.25)
ONE_TIME = Prior(usual=0.10, lasting=0.30)
"""Of what customers of other expectations, and one-time buyers, do beyond that."""
WORTH = Prior(usual=0.04, lasting=0.06, unseen_season=0.03, per_efold=0.04)
"""Of the logarithm of what a purchase brings over what it was said to."""


@dataclass(frozen=True)
class Miss:
    """What one cutoff missed by: days from the cutoff to as-of, the miss, and its variance by chance alone."""

    days_ago: int
    value: float
    chance: float


@dataclass(frozen=True)
class Drift:
    """What to expect of the next miss: its `mean`, and the `deviation` whose 1.96-fold holds it 95 times in 100.

    `cutoffs` were tested; `independent` is how many of them did not look at the same days; `tested_days` lie between
    the first of them and as-of.
    """

    mean: float
    deviation: float
    cutoffs: int = 0
    independent: float = 0.0
    tested_days: int = 0

    @property
    def year_tested(self) -> bool:
        """Whether the tested days hold every season."""
        return self.tested_days >= YEAR_DAYS


def drift(misses: Sequence[Miss], horizon_days: int, prior: Prior) -> Drift:
    """The next miss over a horizon, from those of past cutoffs, of which there may be none.

    Normal misses with mean and variance unknown, under the conjugate prior (Gelman et al. 2013, Bayesian Data Analysis,
    3.3): the next one has Student's distribution. What chance adds to each is taken off by expectation-maximisation.
    Overlapping horizons tell the same thing more than once: the independent cutoffs are at most those that fit side by
    side, and each counts for so much less.
    """
    values = np.array([miss.value for miss in misses])
    chance = np.array([miss.chance for miss in misses])
    tested_days = max((miss.days_ago for miss in misses), default=0)
    apart = tested_days - min((miss.days_ago for miss in misses), default=0)
    independent = min(float(len(misses)), 1 + apart / horizon_days)
    of_mean = (prior.usual / prior.lasting) ** 2
    mean, spread, n = 0.0, prior.usual**2, 0.0
    for _ in range(ROUNDS if misses else 0):
        last = spread
        real = spread / (spread + chance)
        n = independent * float(real.mean())
        mean = independent * float((real * values).mean()) / (n + of_mean)
        squared = (real * (values - mean)) ** 2 + spread * (1 - real)
        from_prior = PRIOR_CUTOFFS * prior.usual**2 + of_mean * mean**2
        spread = (from_prior + independent * float(squared.mean())) / (PRIOR_CUTOFFS + independent)
        if abs(spread - last) < CLOSE_ENOUGH * spread:
            break
    unseen = 0.0 if tested_days >= YEAR_DAYS else prior.unseen_season
    heavier = float(student.ppf(0.975, PRIOR_CUTOFFS + independent)) / NORMAL_QUANTILE_975
    deviation = float(np.sqrt(spread * (1 + 1 / (n + of_mean)) * heavier**2 + unseen**2))
    return Drift(mean, deviation, len(misses), independent, tested_days)


def at_horizon(tested: Sequence[tuple[int, Drift]], days: int, prior: Prior) -> Drift:
    """The drift at a horizon of `days`, from those at the tested ones, the shortest first.

    Between two it is linear in the logarithm of days; below the shortest it is that one; beyond the longest that one,
    and wider.
    """
    if not tested:
        return drift((), days, prior)
    longer = next((at for at, (horizon, _) in enumerate(tested) if horizon >= days), None)
    if longer is None:
        horizon, last = tested[-1]
        return replace(last, deviation=float(np.hypot(last.deviation, prior.per_efold * np.log(days / horizon))))
    if longer == 0:
        return tested[0][1]
    (short, first), (long, second) = tested[longer - 1], tested[longer]
    share = float(np.log(days / short) / np.log(long / short))
    mean, deviation, independent = (
        (1 - share) * getattr(first, name) + share * getattr(second, name)
        for name in ("mean", "deviation", "independent")
    )
    cutoffs, tested_days = (min(getattr(first, name), getattr(second, name)) for name in ("cutoffs", "tested_days"))
    return Drift(mean, deviation, cutoffs, independent, tested_days)
