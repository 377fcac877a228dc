"""What very sparse series borrow: the item's level spread over regions, and the category's over items."""

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints


def shrunk_shares(units: Floats, items: Ints, cells: Ints, spread: float) -> Floats:
    """Expected units of items in regions: item's units x region's share of its category, corrected by their own.

    Gamma-Poisson shrinkage: the correction (own + k) / (expected + k) is near 1 where little was expected. k is the
    chance spread of the counts over the real spread of the corrections, by the method of moments (Robbins 1956; Efron
    & Morris 1973). `units` are those of the last year, `cells` number region x category, `spread` is variance / mean of
    the counts by chance.
    """
    item_units = np.bincount(items, weights=units)
    cell_units = np.bincount(cells, weights=units)
    # by item, the units of its category in the regions where it could be sold
    reach = np.bincount(items, weights=cell_units[cells])
    expected = np.divide(
        item_units[items] * cell_units[cells], reach[items], out=np.zeros_like(units), where=reach[items] > 0
    )
    square = float((expected**2).sum())
    real = (float(((units - expected) ** 2).sum()) - spread * float(expected.sum())) / max(square, 1e-9)
    if real <= 0:
        return np.asarray(expected)
    k = spread / real
    return np.asarray(expected * (units + k) / (expected + k))


FEWEST_NEWCOMERS = 3
HELD = 112.0
"""Days at the usual level that a newcomer without a sale is held by; with n days of sales it is HELD / (1 + n)."""


def new_levels(units: Floats, exposure: Floats, sold_days: Ints, usual: Floats) -> Floats:
    """Level of items with a short history: their own units by exposure, held near what is `usual` for a newcomer.

    One order says little however large it was, many days with sales say much: so it is their number that decides.
    """
    k = HELD / (1 + sold_days)
    return np.asarray((units + k * usual) / (exposure + k))


def usual_newcomer(levels: Floats, category: Ints, was_new: Flags, settled: Flags, categories: int) -> Floats:
    """By category, the median level of its newcomers: a mean would be that of the one item that took off.

    Few newcomers lean on those of the whole shop; where these are few too, the category's settled items tell.
    """
    usual = np.zeros(categories)
    for number in range(categories):
        own = category == number
        for newcomers in (own & was_new, was_new):
            if newcomers.sum() >= FEWEST_NEWCOMERS:
                usual[number] = np.median(levels[newcomers])
                break
        else:
            usual[number] = np.median(levels[own & settled]) if (own & settled).any() else 0.0
    return usual
