"""Which model or rule is believed: all held against the same customers at several cutoffs, by log score and by total.

The log score of a customer is log P(purchases that came | history), a proper score (Gneiting & Raftery 2007, J. Am.
Stat. Assoc. 102). Two contestants are compared by its difference, customer by customer. The same customers appear at
several cutoffs, so their errors are taken to go together: the standard error of the mean over cutoffs is the mean of
the standard errors, which is the largest that it can be.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.models.buying.rules import RULES

SIMPLEST: tuple[ModelKind, ...] = (
    "hiatus",
    "last_period",
    "plain_rates",
    "nbd",
    "mbg_nbd",
    "pareto_nbd",
    "mbg_cnbd",
    "bg_nbd",
)
"""Those that assume least first. BG/NBD comes last: that nobody leaves after the first purchase is hard to believe."""
TIED = 2.0
"""Standard errors of the difference below which two are tied."""
NEARLY = 0.01
"""So much less of the leader's log score is nearly tied, however many customers make the difference certain."""
TOTAL_OFF = 0.10
"""A total that was farther off than this, as a logarithm, on average over cutoffs, is wrong."""
AS_GOOD = 0.02
"""Totals whose distances differ by less are as good as each other."""
MANY_ONCE = 0.5
"""A share of one-time buyers above this is many."""


@dataclass(frozen=True)
class Foresight:
    """One contestant at one cutoff: log score of each customer's row, purchases expected of all, and that came."""

    log_scores: Floats
    expected: float
    came: float


@dataclass(frozen=True)
class Standing:
    """One contestant over all cutoffs.

    `log_score` is per customer, `behind` how much less than the leader's (0 or more) with its `standard_error`; `off`
    is the mean over cutoffs of |log(expected / came)|.
    """

    kind: ModelKind
    cutoffs: int
    log_score: float
    behind: float
    standard_error: float
    tied: bool
    expected: float
    came: float
    off: float


def standings(
    cutoffs: Sequence[tuple[Floats, Mapping[ModelKind, Foresight]]], ready: Collection[ModelKind]
) -> tuple[Standing, ...]:
    """All contestants that are `ready` to serve and were there at the most cutoffs, the leader first.

    Each cutoff has how many customers each row stands for, and its contestants. Cutoffs at which fewer took part count
    for nobody.
    """
    taking_part = [(weights, {kind: each[kind] for kind in each if kind in ready}) for weights, each in cutoffs]
    most = max((len(each) for _, each in taking_part), default=0)
    full = [(weights, each) for weights, each in taking_part if len(each) == most and most]
    kinds = [kind for kind in SIMPLEST if full and all(kind in each for _, each in full)]
    if not kinds:
        return ()

    def mean(kind: ModelKind) -> float:
        return float(np.mean([weights @ each[kind].log_scores / weights.sum() for weights, each in full]))

    scores = {kind: mean(kind) for kind in kinds}
    leader = max(kinds, key=lambda kind: scores[kind])
    result = []
    for kind in kinds:
        behind = scores[leader] - scores[kind]
        error = float(np.mean([_error(weights, each[leader], each[kind]) for weights, each in full]))
        pairs = [(each[kind].expected, each[kind].came) for _, each in full]
        off = float(np.mean([abs(np.log((expected + 0.5) / (came + 0.5))) for expected, came in pairs]))
        sums = (sum(expected for expected, _ in pairs), sum(came for _, came in pairs))
        result.append(Standing(kind, len(full), scores[kind], behind, error, behind <= TIED * error, *sums, off))
    return tuple(sorted(result, key=lambda one: (one.behind, SIMPLEST.index(one.kind))))


def choice(ranked: Sequence[Standing], one_time_share: float) -> Standing | None:
    """The contestant that is believed; `None` where there is none.

    1. The simplest of those tied with the leader whose total is right; of rules only those nearly tied as well: where
       few customers make everything tied, they would put all of them into two groups.
    2. Where no such total is right, of those tied or nearly tied the one nearest in total, or the simplest of those as
       near.
    3. BG/NBD stands aside where more than MANY_ONCE of customers bought once and another is left.
    """
    if not ranked:
        return None
    leader = ranked[0]
    close = [one for one in ranked if one.behind <= NEARLY * abs(leader.log_score)]
    tied = [one for one in ranked if one.tied and (one in close or one.kind not in RULES)]
    near = [one for one in ranked if one in tied or one in close]
    if one_time_share > MANY_ONCE:
        near = [one for one in near if one.kind != "bg_nbd"] or near
        tied = [one for one in tied if one.kind != "bg_nbd"] or tied
    right = [one for one in tied if one.off <= TOTAL_OFF]
    if right:
        return _simplest(right)
    best = min(one.off for one in near)
    return _simplest([one for one in near if one.off <= best + AS_GOOD])


def _simplest(some: Sequence[Standing]) -> Standing:
    return min(some, key=lambda one: SIMPLEST.index(one.kind))


def _error(weights: Floats, one: Foresight, other: Foresight) -> float:
    """Standard error of the mean difference of log scores at one cutoff."""
    difference = one.log_scores - other.log_scores
    total = float(weights.sum())
    spread = float(weights @ (difference - weights @ difference / total) ** 2 / total)
    return float(np.sqrt(spread / total))
