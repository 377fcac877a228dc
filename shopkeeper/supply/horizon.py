"""How far ahead stock is looked at: as far as the forecast, and further where suppliers take longer than that."""

import math
from datetime import date

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.engine.query import Query
from shopkeeper.models.arrays import Floats
from shopkeeper.models.stock.projection import extended, off_sale, ordinary_days

LONGEST = 730
"""Days ahead that are looked at, at most."""


def days_ahead(lead_days: pl.Series, further: int) -> int:
    """Days to look at so that orders of these lead times can be judged, and so many days beyond them."""
    longest = lead_days.max()
    whole = math.ceil(float(longest)) + further if isinstance(longest, int | float) else 0
    return min(max(HORIZON, whole), LONGEST)


def carried_on(query: Query, units: Floats, days: int) -> Floats:
    """The forecast of `units` (series x days) carried on to `days`, as ordinary days go on."""
    if days <= units.shape[1]:
        return units
    events = query("supply/event_days", as_of=query.version.as_of, days=units.shape[1]).rows()
    return extended(units, days, ordinary_days(units.shape[1], events))


def on_sale(units: Floats, delisted_on: pl.Series, as_of: date) -> Floats:
    """The forecast up to the last day on sale."""
    if delisted_on.null_count() == len(delisted_on):
        return units
    last_day = delisted_on.to_frame("day").select((pl.col("day") - as_of).dt.total_days().cast(pl.Float64))
    return np.asarray(np.where(off_sale(units.shape[1], last_day.to_series().to_numpy()), 0.0, units))
