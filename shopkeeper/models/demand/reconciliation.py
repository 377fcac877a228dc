"""Regions add up to the item, items to their category, at every day.

Iterative proportional fitting (Deming & Stephan 1940, Annals of Mathematical Statistics 11): the forecasts of items in
regions are scaled in turn to the forecasts of the items and of the region's categories, which are read from denser
histories, and these to the category's. What is published above the items in regions is their sum.
"""

import numpy as np

from shopkeeper.models.arrays import Floats, Ints

ROUNDS = 25
CLOSE = 1e-9
NOTHING = 1e-300
"""A sum up to this cannot be scaled: the factor would be beyond what a double holds."""


def raked(levels: Floats, items: Ints, cells: Ints, item_levels: Floats, cell_levels: Floats) -> Floats:
    """`levels` scaled so that they add up to `cell_levels` by cell, and as near as can be to `item_levels` by item.

    A group whose members are all 0 stays 0; the last scaling is that of the cells.
    """
    fitted = levels.astype(np.float64, copy=True)
    for _ in range(ROUNDS):
        before = fitted
        fitted = fitted * _scale(fitted, items, item_levels)[items]
        fitted = fitted * _scale(fitted, cells, cell_levels)[cells]
        if np.abs(fitted - before).max(initial=0) <= CLOSE * max(fitted.max(initial=0), NOTHING):
            break
    return fitted


def scaled(levels: Floats, groups: Ints, group_sums: Floats) -> Floats:
    """`levels` scaled in proportion so that each group's sum is what is wanted."""
    return np.asarray(levels * _scale(levels, groups, group_sums)[groups])


def sums(values: Floats, groups: Ints, count: int) -> Floats:
    """Sums of rows by group: one-dimensional, or rows x days."""
    if values.ndim == 1:
        return np.asarray(np.bincount(groups, weights=values, minlength=count), dtype=np.float64)
    totals = np.zeros((count, values.shape[1]))
    if groups.size:
        order = np.argsort(groups, kind="stable")
        present, first = np.unique(groups[order], return_index=True)
        totals[present] = np.add.reduceat(values[order], first, axis=0)
    return totals


def _scale(levels: Floats, groups: Ints, group_sums: Floats) -> Floats:
    present = np.bincount(groups, weights=levels, minlength=group_sums.size)
    return np.divide(group_sums, present, out=np.zeros_like(group_sums), where=present > NOTHING)
