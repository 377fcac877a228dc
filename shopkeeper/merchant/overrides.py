"""A value of demand that somebody set by hand."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Override:
    """A manual value: `units_per_day` of a SKU on each day from `starts_on` to `ends_on`, both included.

    `region` None is all regions together: the units are shared out as the statistical forecast of each day is. The
    statistical value at the time is kept beside it, and so are who decided and why. Where days are covered twice, what
    was made later holds.
    """

    id: str
    sku: str
    region: str | None
    starts_on: date
    ends_on: date
    units_per_day: float
    statistical_units_per_day: float
    author: str
    reason: str
    made_at: datetime
