"""Whether buying models count by the time of the year and events: where that foresaw the shop's past clearly better.

One kind of model tells the clock, and for all: at each past cutoff it is fitted on what was known, without a season and
with it, and its totals are held against what came. Only where that proves the season is the clock of today made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.jobs.buying.contest import MOST_TESTED, cutoffs_of, distinct, one_in, split_of
from shopkeeper.jobs.buying.result import SeasonTest
from shopkeeper.models.buying.calibration import RISK_DAYS, expected_purchases, in_units
from shopkeeper.models.buying.model import BuyingModel, NotFitted, ParametricKind, Unit, fit
from shopkeeper.models.buying.sampling import thinned
from shopkeeper.models.buying.season import (
    FEWEST_TESTS,
    NO_SEASON,
    SHORTEST_DAYS,
    Clock,
    OperationalTime,
    fit_in_season,
    proved,
)
from shopkeeper.progress import Progress

KIND: ParametricKind = "mbg_nbd"
"""Customers leave at purchases, so that its clock is exact, and it is fitted in a moment."""
MOST_TOLD_APART = 20_000
"""Histories that tell the clock apart: it hangs on the days, and hardly on the model."""


@dataclass(frozen=True)
class Season:
    """`times` are the clocks as known at cutoffs and at as-of; empty where the season is not used."""

    tests: tuple[SeasonTest, ...] = ()
    times: Mapping[date, OperationalTime] = field(default_factory=dict)

    def at(self, day: date | None) -> OperationalTime:
        """The clock as known on a day."""
        return self.times.get(day, NO_SEASON) if day else NO_SEASON


def season_of(query: Query, unit: Unit, tuples: pl.DataFrame, progress: Progress) -> Season:
    """The season of the shop with these histories, tested on cutoffs with a year of purchases before them.

    The split must be one of them: what is shown of it counts by the same clock.
    """
    version = query.version
    daily = query("jobs/buying/daily", cutoff=version.as_of)
    first_day = daily.filter(pl.col("acquired") > 0)["day"].min()
    if not isinstance(first_day, date):
        return Season()
    cutoffs = [
        cutoff.day
        for cutoff in cutoffs_of(version.first_day, version.as_of)
        if (cutoff.day - first_day).days + 1 >= SHORTEST_DAYS
    ]
    if len(cutoffs) < FEWEST_TESTS or split_of(version.first_day, version.as_of) not in cutoffs:
        return Season()
    events = _events(query)
    sample = one_in(int(tuples["customers"].sum()), MOST_TESTED)
    tests: list[SeasonTest] = []
    times: dict[date, OperationalTime] = {}
    plain: BuyingModel | None = None
    for place, cutoff in enumerate(cutoffs):
        progress.step(f"Telling the time of the year from the days before {cutoff}", place / (len(cutoffs) + 1))
        held = query("jobs/buying/holdout", cutoff=cutoff, days=RISK_DAYS, one_in=sample)
        known = distinct(held)
        try:
            plain, time, model = _in_season(known, daily, cutoff, events, unit, plain)
        except NotFitted:
            return Season(tuple(tests))
        came = float(held.select((pl.col("holdout") * pl.col("customers")).sum()).item())
        without, within = (
            _total(one, known, clock)
            for one, clock in ((plain, Clock(NO_SEASON, cutoff)), (model, Clock(time, cutoff)))
        )
        tests.append(SeasonTest(cutoff, RISK_DAYS, came, without, within))
        times[cutoff] = time
    if not proved([one.miss_without for one in tests], [one.miss_within for one in tests]):
        return Season(tuple(tests))
    progress.step("Telling the time of the year", len(cutoffs) / (len(cutoffs) + 1))
    try:
        _, times[version.as_of], _ = _in_season(tuples, daily, version.as_of, events, unit, plain)
    except NotFitted:
        return Season(tuple(tests))
    return Season(tuple(tests), times)


def _in_season(
    tuples: pl.DataFrame,
    daily: pl.DataFrame,
    day: date,
    events: list[tuple[str, date, date]],
    unit: Unit,
    start: BuyingModel | None,
) -> tuple[BuyingModel, OperationalTime, BuyingModel]:
    """The model without a season, the clock as known at the end of a day, and the model by it."""
    some = thinned(tuples, MOST_TOLD_APART)
    plain = fit(in_units(some, unit), KIND, unit, start)
    time, model = fit_in_season(
        some,
        daily.filter(pl.col("day") <= day),
        day,
        lambda rows: fit(in_units(rows, unit), KIND, unit, plain),
        events,
        plain,
    )
    return plain, time, model


def _total(model: BuyingModel, tuples: pl.DataFrame, clock: Clock) -> float:
    """Purchases that are expected of all customers in the RISK_DAYS to come."""
    expected = expected_purchases(model, in_units(clock.histories(tuples), model.unit), clock.ahead(RISK_DAYS))
    return float(np.dot(expected, tuples["customers"].cast(pl.Float64)))


def _events(query: Query) -> list[tuple[str, date, date]]:
    rows = query("jobs/forecast/events").filter(pl.col("ends_on") >= pl.col("starts_on"), pl.col("name").is_not_null())
    return list(rows.select("name", "starts_on", "ends_on").iter_rows())
