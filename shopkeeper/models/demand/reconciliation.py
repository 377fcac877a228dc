"""Regions add up to the item, items to their category, at every day.

Iterative proportional fitting (Deming & Stephan 1940, Annals of Mathematical Statistics 11): the forecasts of items in
regions are scaled in turn to the forecasts of the items and of the region's categories, which are read from denser
histories, and these to the category's. What is published above the items in regions is their sum.
"""

import numpy as np

from shopkeeper.models.arrays import Floats, Ints

ROUNDS = 25
CLOSE = 1e-9


def raked(levels: Floats, items: Ints, cells: Ints, item_levels: Floats, cell_levels: Floats) -> Floats:
    """`levels` scaled so that they add up to `cell_levels` by cell, and as near as can be to `item_levels` by item.

    A group whose members are all 0 stays 0; the last scaling is that of the cells.
    """
    found = levels.astype(np.float64, copy=True)
    for _ in range(ROUNDS):
        before = found
        found = found * _scale(found, items, item_levels)[items]
        found = found * _scale(found, cells, cell_levels)[cells]
        if np.abs(found - before).max(initial=0) <= CLOSE * max(found.max(initial=0), 1e-300):
            break
    return found


def scaled(levels: Floats, groups: Ints, wanted: Floats) -> Floats:
    """`levels` scaled in proportion so that each group's sum is what is wanted."""
    return np.asarray(levels * _scale(levels, groups, wanted)[groups])


def sums(values: Floats, groups: Ints, count: int) -> Floats:
    """Sums of rows by group: one-dimensional, or rows x days."""
    if values.ndim == 1:
        return np.asarray(np.bincount(groups, weights=values, minlength=count), dtype=np.float64)
    found = np.zeros((count, values.shape[1]))
    if groups.size:
        order = np.argsort(groups, kind="stable")
        present, first = np.unique(groups[order], return_index=True)
        found[present] = np.add.reduceat(values[order], first, axis=0)
    return found


def _scale(levels: Floats, groups: Ints, wanted: Floats) -> Floats:
    there = np.bincount(groups, weights=levels, minlength=wanted.size)
    return np.divide(wanted, there, out=np.zeros_like(wanted), where=there > 0)
