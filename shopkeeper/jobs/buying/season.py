"""Whether buying models count by the time of the year and events: where that foresaw the shop's past clearly better.

One kind of model tells the clock, and for all: at each past cutoff it is fitted on what was known, without a season and
with it, and its totals are held against what came. Only where that proves the season is the clock of today made.

A shop too young for enough such cutoffs has seen its season once. It is used where weeks differ by it beyond chance,
and what came after the cutoffs that have a year before them does not speak against it. Past cutoffs then count by the
clock of today: they had none of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

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
    allowed,
    fit_in_season,
    proved,
    season_evident,
)
from shopkeeper.progress import Progress

KIND: ParametricKind = "mbg_nbd"
"""Customers leave at purchases, so that its clock is exact, and it is fitted in a moment."""
YOUNG_CUTOFFS = (90, 60, 30)
"""Days before as-of, all of which are held out, of the cutoffs of a young shop; at least one has a year before it."""
SHORTEST_BEFORE = 180
"""Days of purchases before a past cutoff of a young shop: with fewer, who left cannot be told from who waits."""
LONGEST_BACK = 365
"""Days before as-of of the earliest cutoff, about."""
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


@dataclass(frozen=True)
class _Telling:
    """What all steps share. `events` are those of the shop's calendar, `sample` is one in so many customers."""

    query: Query
    unit: Unit
    daily: pl.DataFrame
    events: list[tuple[str, date, date]]
    sample: int
    progress: Progress

    def on(self, day: date, days: int, start: BuyingModel | None) -> tuple[SeasonTest, OperationalTime, BuyingModel]:
        """The test of one cutoff, the clock as known then, and the model without a season. Raise `NotFitted`."""
        as_of = self.query.version.as_of
        share = 1 - (as_of - day).days / LONGEST_BACK
        self.progress.step(f"Telling the time of the year from the days before {day}", 0.8 * max(0.0, share))
        held = self.query("jobs/buying/holdout", cutoff=day, days=days, one_in=self.sample)
        histories = distinct(held)
        plain, time, model = _in_season(histories, self.daily, day, self.events, self.unit, start)
        came = float(held.select((pl.col("holdout") * pl.col("customers")).sum()).item())
        without, within = (
            _total(one, histories, clock, days)
            for one, clock in ((plain, Clock(NO_SEASON, day)), (model, Clock(time, day)))
        )
        return SeasonTest(day, days, came, without, within), time, plain


def season_of(query: Query, unit: Unit, tuples: pl.DataFrame, progress: Progress) -> Season:
    """The season of the shop with these histories, tested on cutoffs with a year of purchases before them.

    Where there are enough of them, the split must be one: what is shown of it counts by the same clock.
    """
    version = query.version
    daily = query("jobs/buying/daily", cutoff=version.as_of)
    first_day = daily.filter(pl.col("acquired") > 0)["day"].min()
    if not isinstance(first_day, date):
        return Season()
    telling = _Telling(
        query, unit, daily, _events(query), one_in(int(tuples["customers"].sum()), MOST_TESTED), progress
    )

    def after(days: Iterable[date], least: int) -> list[date]:
        return [day for day in days if (day - first_day).days + 1 >= least]

    split = split_of(version.first_day, version.as_of)
    cutoffs = [cutoff.day for cutoff in cutoffs_of(version.first_day, version.as_of)]
    old, tested = after(cutoffs, SHORTEST_DAYS), after(cutoffs, SHORTEST_BEFORE)
    young = after([version.as_of - timedelta(days=back) for back in YOUNG_CUTOFFS], SHORTEST_DAYS)
    try:
        if len(old) < FEWEST_TESTS:
            return _of_one_year(telling, tuples, young, tested) if split in tested else Season()
        return _proved(telling, tuples, old) if split in old else Season()
    except NotFitted:
        return Season()


def _proved(telling: _Telling, tuples: pl.DataFrame, cutoffs: Sequence[date]) -> Season:
    """The season where it foresaw what came after these cutoffs clearly better. Raise `NotFitted`."""
    tests: list[SeasonTest] = []
    times: dict[date, OperationalTime] = {}
    plain: BuyingModel | None = None
    for day in cutoffs:
        test, times[day], plain = telling.on(day, RISK_DAYS, plain)
        tests.append(test)
    if not proved([one.miss_without for one in tests], [one.miss_within for one in tests]):
        return Season(tuple(tests))
    return Season(tuple(tests), times | {telling.query.version.as_of: _today(telling, tuples, plain)[1]})


def _of_one_year(telling: _Telling, tuples: pl.DataFrame, cutoffs: Sequence[date], tested: Sequence[date]) -> Season:
    """The season that one year tells, for all cutoffs that are `tested`. Raise `NotFitted`."""
    as_of = telling.query.version.as_of
    tests: list[SeasonTest] = []
    plain: BuyingModel | None = None
    for day in cutoffs:
        test, _, plain = telling.on(day, (as_of - day).days, plain)
        tests.append(test)
    if not allowed([one.miss_without for one in tests], [one.miss_within for one in tests]):
        return Season(tuple(tests))
    plain, time = _today(telling, tuples, plain)
    if not season_evident(plain, telling.daily, as_of, telling.events):
        return Season(tuple(tests))
    return Season(tuple(tests), dict.fromkeys((*tested, as_of), time))


def _today(telling: _Telling, tuples: pl.DataFrame, start: BuyingModel | None) -> tuple[BuyingModel, OperationalTime]:
    """The model of all days without a season, and the clock as known at as-of. Raise `NotFitted`."""
    telling.progress.step("Telling the time of the year", 0.8)
    plain, time, _ = _in_season(tuples, telling.daily, telling.query.version.as_of, telling.events, telling.unit, start)
    return plain, time


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


def _total(model: BuyingModel, tuples: pl.DataFrame, clock: Clock, days: int) -> float:
    """Purchases that are expected of all customers in the days to come."""
    expected = expected_purchases(model, in_units(clock.histories(tuples), model.unit), clock.ahead(days))
    return float(np.dot(expected, tuples["customers"].cast(pl.Float64)))


def _events(query: Query) -> list[tuple[str, date, date]]:
    rows = query("jobs/forecast/events").filter(pl.col("ends_on") >= pl.col("starts_on"), pl.col("name").is_not_null())
    return list(rows.select("name", "starts_on", "ends_on").iter_rows())
