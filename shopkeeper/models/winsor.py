"""Limits beyond which one value of many may not move a mean or a variance.

Winsorising (Tukey 1962) at the outermost hundredth of customers, one customer at least, and never within the "far out"
fences of the box plot (Tukey 1977): three quartile distances beyond the quartiles.
"""

import numpy as np

from shopkeeper.models.arrays import Floats

OUTERMOST = 0.01
FAR_OUT = 3.0


def limits(values: Floats, weights: Floats, far_out: float = FAR_OUT) -> tuple[float, float]:
    """Lower and upper limit of `values`, of which there are `weights` (whole numbers >= 1) each.

    Of fewer than three there is none to leave out: the limits are the smallest and the largest.
    """
    order = np.argsort(values, kind="stable")
    ordered, counts = values[order], np.cumsum(weights[order])
    n = counts[-1]
    out = min(max(1.0, float(np.ceil(OUTERMOST * n))), float((n - 1) // 2))
    # The value of the k-th customer in order is the first whose running count reaches k.
    low, first, third, high = (
        float(ordered[np.searchsorted(counts, k)]) for k in (1 + out, np.ceil(n / 4), np.ceil(3 * n / 4), n - out)
    )
    fence = far_out * (third - first)
    return max(min(low, first - fence), float(ordered[0])), min(max(high, third + fence), float(ordered[-1]))


def winsorised(values: Floats, weights: Floats) -> Floats:
    """`values` with those beyond their `limits` moved to them."""
    return np.clip(values, *limits(values, weights))
