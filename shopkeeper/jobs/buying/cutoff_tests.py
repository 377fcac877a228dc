"""What each past cutoff of the contest showed of a contestant's probabilities and counts, horizon by horizon."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.jobs.buying.result import HORIZONS
from shopkeeper.models.buying.calibration import HISTORY, in_units
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import BuyingModel
from shopkeeper.models.buying.recalibration import CutoffTest, compared, cutoff_test
from shopkeeper.models.buying.rules import Rule
from shopkeeper.models.buying.season import Clock


def outcomes(query: Query, cutoff: date, days_ago: int, one_in: int) -> dict[int, pl.DataFrame]:
    """By horizon that has closed since the cutoff: distinct histories of then, in days, and what came of them.

    Columns as `recalibration` takes them.
    """
    n = pl.col("customers")
    return {
        days: query("jobs/buying/holdout", cutoff=cutoff, days=days, one_in=one_in)
        .group_by(HISTORY, maintain_order=True)
        .agg(
            n.sum(),
            buyers=n.filter(pl.col("holdout") > 0).sum(),
            purchases=(pl.col("holdout") * n).sum(),
        )
        for days in HORIZONS
        if days <= days_ago
    }


def tests_of(
    contestant: BuyingModel | Rule, came: Mapping[int, pl.DataFrame], days_ago: int, clock: Clock
) -> list[CutoffTest]:
    """A contestant made at the cutoff held against each horizon; those without customers are left out."""
    each = [(days, frame) for days, frame in came.items() if not frame.is_empty()]
    if isinstance(contestant, BuyingModel):
        unit = contestant.unit
        return [
            cutoff_test(contestant, in_units(clock.histories(frame), unit), days, days_ago, ahead=clock.ahead)
            for days, frame in each
        ]
    return [compared(_told(contestant, frame, days), days, days_ago) for days, frame in each]


def _told(rule: Rule, frame: pl.DataFrame, days: int) -> pl.DataFrame:
    rates = rule.told(Histories.of(frame), days)
    return frame.with_columns(
        p_no_purchase=pl.Series(rates.none),
        expected_purchases=pl.Series(rates.expected),
        factorial=pl.Series(rates.factorial),
    )
