"""What very sparse series borrow: the item's level spread over regions, and the category's over items."""

import numpy as np

from shopkeeper.models.arrays import Floats, Ints


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


def new_levels(units: Floats, days: Floats, usual: Floats, between: Floats, spread: float) -> Floats:
    """Level of items with a short history: their own units per day, held near what is `usual` in their category.

    `usual` and `between` are mean and variance of the levels of the category's other items.
    """
    k = np.divide(spread * usual, between, out=np.full_like(usual, 28.0), where=between > 0)
    k = np.clip(k, 7.0, 182.0)
    return np.asarray((units + k * usual) / (days + k))
