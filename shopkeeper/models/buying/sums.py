"""How far the sums of segments may stray beyond chance: as far as they did at the shop's past cutoffs."""

import numpy as np
import polars as pl

from shopkeeper.i18n import N_
from shopkeeper.messages import Message
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.recalibration import HorizonRecalibration

LEAST_EXPECTED = 1e-6


def out_of_time(customers: pl.DataFrame, one: HorizonRecalibration, segment: str = "segment") -> pl.DataFrame:
    """`<segment>, out_of_time`: the part of the variance of each segment's sum that its customers share.

    `customers` (or distinct histories with sums of their customers) have `frequency`, `value` (what is summed, set
    right) and `expected_purchases` of each as the model predicted them, before they were set right. The deviation of
    the sum's logarithm is that of a customer with the segment's mean log expectation and share of one-time buyers,
    both weighted by value; of what a purchase is worth, which strays by itself, that on top. For money; of a sum of
    purchases the part of their worth is counted in vain, and small.
    """
    value = pl.col("value").fill_null(0.0)
    sums = (
        customers.with_columns(
            away=pl.col("expected_purchases").clip(lower_bound=LEAST_EXPECTED).log() - one.purchases.centre,
            one_time=(pl.col("frequency") == 0).cast(pl.Float64),
        )
        .group_by(segment)
        .agg(value.sum().alias("value"), *((pl.col(name) * value).sum() for name in ("away", "one_time")))
    )
    total, away, one_time = (sums[name].to_numpy() for name in ("value", "away", "one_time"))
    variance = shared_variance(total, away, one_time, one)
    return sums.select(segment, out_of_time=pl.Series(variance, dtype=pl.Float64)).sort(segment)


def shared_variance(total: Floats, away: Floats, one_time: Floats, one: HorizonRecalibration) -> Floats:
    """The same of sums: of value, and of value times the distance of a log expectation from the centre, and times 1 for
    one-time buyers.
    """
    of_purchases = one.purchases.deviation(_share(away, total), _share(one_time, total))
    return np.asarray((total * np.hypot(of_purchases, one.worth.deviation)) ** 2)


def why_wide(one: HorizonRecalibration) -> Message | None:
    """What the reader of an interval should know of its width; None where a whole year of this horizon was tested."""
    shift = one.purchases.shift
    if not shift.cutoffs:
        text = N_(
            "No prediction over this many days could be held against this shop's own past yet: the intervals are as "
            "wide as those of other shops need to be."
        )
        return Message(text)
    if not shift.year_tested:
        text = N_(
            "Predictions were held against the last {days} days of this shop, less than a year: no season ahead has "
            "been seen before, so the intervals are wider."
        )
        return Message(text, {"days": shift.tested_days})
    return None


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
