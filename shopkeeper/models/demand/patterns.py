"""How demand comes: how often, and how unevenly when it comes.

Syntetos, Boylan & Croston (2005), On the categorization of demand patterns, J. Operational Research Society 56: mean
interval between days with demand (ADI) against 1.32, squared variation coefficient of their sizes (CV2) against 0.49.
"""

from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Floats, Texts

ADI_LIMIT = 1.32
CV2_LIMIT = 0.49
NEW_DAYS = 56
"""An item on sale for fewer days is new: its own history says little."""


@dataclass(frozen=True)
class Patterns:
    """One element per series. `adi` in days and `cv2` are 0 where there was no demand."""

    adi: Floats
    cv2: Floats
    pattern: Texts


def classify(demand_days: Floats, sums: Floats, squares: Floats, days: Floats) -> Patterns:
    """Of series given by their days with demand, sum and sum of squares of these, and days on sale."""
    some = demand_days > 0
    sizes = np.divide(sums, demand_days, out=np.zeros_like(sums), where=some)
    adi = np.divide(days, demand_days, out=np.zeros_like(sums), where=some)
    spread = np.divide(squares, demand_days, out=np.zeros_like(sums), where=some) - sizes**2
    cv2 = np.divide(np.maximum(spread, 0), sizes**2, out=np.zeros_like(sums), where=sizes > 0)
    frequent, even = adi < ADI_LIMIT, cv2 < CV2_LIMIT
    pattern = np.where(frequent, np.where(even, "smooth", "erratic"), np.where(even, "intermittent", "lumpy"))
    pattern = np.where(days < NEW_DAYS, "new", pattern)
    return Patterns(adi, cv2, np.where(some | (pattern == "new"), pattern, "none"))
