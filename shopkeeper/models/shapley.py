"""The share of each cause in a change: the Shapley value, which no order of the causes favours.

Shapley (1953), A value for n-person games. It is the only split that is whole (the shares add up to the change), alike
for causes that do the same, and 0 for a cause that never does anything; additive over changes too.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import combinations
from math import comb

MOST = 10
"""Causes that are split: each more doubles the work."""
Worth = Callable[[frozenset[str]], float]


def shapley(causes: Sequence[str], worth: Worth) -> dict[str, float]:
    """By cause, its mean effect over all orders in which the causes may come into force.

    `worth(those in force)` is the figure then. Raise `ValueError` for more than `MOST` causes or one named twice.
    """
    if len(causes) > MOST or len(set(causes)) < len(causes):
        raise ValueError(f"{len(causes)} causes, {len(set(causes))} different: at most {MOST}, each once")
    worths: dict[frozenset[str], float] = {}
    for size in range(len(causes) + 1):
        for chosen in combinations(causes, size):
            worths[frozenset(chosen)] = worth(frozenset(chosen))
    number = len(causes)
    shares = dict.fromkeys(causes, 0.0)
    for held, value in worths.items():
        for cause in causes:
            if cause not in held:
                weight = 1 / (number * comb(number - 1, len(held)))
                shares[cause] += weight * (worths[held | {cause}] - value)
    return shares


def to_cents(shares: Mapping[str, float], total: float, digits: int = 2) -> dict[str, Decimal]:
    """The shares rounded so that they add up to the rounded total: what is over goes to the largest remainders.

    The shares add up to `total` but for the rounding of floating point.
    """
    step = Decimal(1).scaleb(-digits)
    whole = Decimal(repr(total)).quantize(step, ROUND_HALF_UP)
    exact = {cause: Decimal(repr(share)) for cause, share in shares.items()}
    rounded = {cause: share.quantize(step, ROUND_FLOOR) for cause, share in exact.items()}
    if not rounded:
        return {}
    left = int((whole - sum(rounded.values(), Decimal(0))) / step)
    order = sorted(rounded, key=lambda cause: exact[cause] - rounded[cause], reverse=True)
    each, more = divmod(left, len(order))
    return {cause: rounded[cause] + step * (each + (order.index(cause) < more)) for cause in rounded}
