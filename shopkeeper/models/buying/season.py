"""Season and events in the models of buying: customers buy by a clock that runs faster in a busy month.

A daily factor f with mean 1 multiplies everybody's rate of buying. Measured in operational time, the sum of f over days
(Cox & Isham 1980, Point Processes, 4.2), purchases come at a constant rate again: where customers leave at purchases
(BG/NBD, MBG/NBD and those with regular buying) the model is exact when recency, T and horizon are in such days. Under
Pareto/NBD customers then leave by that clock too, which is an approximation. There are as many distinct histories as
before, one for one.

The factors come from repeat purchases by day against those that the model expects of the customers won by then, so that
a wave of new customers is no season. The year is a few harmonics, each held back as far as chance could have made it,
and from the second year on what weeks of the year have in common beyond them; events are those of the forecasts
(models/demand/events).

`daily` frames have one row per day, any days missing for 0: `day`, `acquired` (customers who first bought), `repeats`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.model import DAYS, BuyingModel
from shopkeeper.models.buying.scoring import expected_new_customer
from shopkeeper.models.buying.year_factors import AHEAD, evident, year_factors
from shopkeeper.models.demand.events import Window

SHORTEST_DAYS = 365
"""Days of history below which the time of the year cannot be told from what the model gets wrong."""
ROUNDS = 3
GRID = 200
MOST_PARTS = 12
"""Into so many parts the time between a customer's first purchase and the last is cut at most."""
FEWEST_TESTS = 3
CLEARLY = 0.9
"""Share of the flat model's root mean square miss below which the season has proved itself."""
CLOSE = (0.15, 0.1, 0.05)
"""Root mean square misses of one, two and three cutoffs that speak against nothing: one month may be off by chance."""


@dataclass(frozen=True)
class OperationalTime:
    """Factors by day from `first_day` on, with mean 1 over the last year of the history that they come from.

    Days after those of the factors count as days; see NO_SEASON.
    """

    first_day: date
    factors: tuple[float, ...]

    def histories(self, tuples: pl.DataFrame, as_of: date) -> pl.DataFrame:
        """`tuples` in days, with `recency`, `T` and `log_times` (if any) in operational days up to `as_of`.

        Other columns are as they were. For `log_times` the purchases between the first and the last are taken as evenly
        spread by the clock, which is exact for one repeat purchase.
        """
        seen = (as_of - self.first_day).days + 1
        recency, age = (tuples[name].cast(pl.Float64).to_numpy() for name in ("recency", "T"))
        first = seen - age
        if first.min(initial=1) < 1:
            raise ValueError(f"the factors from {self.first_day} on do not cover histories up to {as_of}")
        start = self._passed(first)
        bought = self._passed(first + recency) - start
        told = tuples.with_columns(
            recency=pl.Series(bought, dtype=pl.Float64),
            T=pl.Series(self._passed(np.full_like(age, seen)) - start, dtype=pl.Float64),
        )
        if "log_times" not in tuples.columns or not self.factors:
            return told
        longer = self._log_pace(start, bought, tuples["frequency"].cast(pl.Float64).to_numpy())
        return told.with_columns(log_times=pl.col("log_times") + pl.col("customers") * pl.Series(longer))

    def horizon(self, as_of: date, days: int) -> float:
        """Operational days of the `days` after `as_of`."""
        return float(self.horizons(as_of, np.array([float(days)]))[0])

    def horizons(self, day: date, days: Floats) -> Floats:
        """The same of several numbers of days after one day."""
        end = float((day - self.first_day).days + 1)
        passed: Floats = self._passed(end + days) - self._passed(np.array([end]))
        return passed

    def days(self, as_of: date, horizons: Floats) -> Floats:
        """Days after `as_of` until so many operational days have passed: the inverse of `horizon`."""
        seen = np.array([float((as_of - self.first_day).days + 1)])
        return np.asarray(self._day(self._passed(seen) + horizons) - seen)

    def _log_pace(self, start: Floats, span: Floats, frequency: Floats) -> Floats:
        """Sum over repeat purchases of the logarithm of operational days per day since the purchase before.

        The first purchase was at `start`, the last a `span` later, both in operational days.
        """
        parts = np.clip(frequency, 1, MOST_PARTS)
        length, total, before = span / parts, np.zeros_like(span), self._day(start)
        for number in range(1, MOST_PARTS + 1):
            after = self._day(start + np.minimum(number, parts) * length)
            used = (frequency > 0) & (number <= parts)
            total += np.log(np.divide(length, after - before, out=np.ones_like(span), where=used))
            before = after
        return np.asarray(total * frequency / parts)

    def _passed(self, day: Floats) -> Floats:
        """Operational days passed at the end of days counted from 1, the first."""
        passed = self._by_day
        known: Floats = np.interp(day, np.arange(passed.size), passed)
        return known + np.maximum(day - (passed.size - 1), 0.0)

    def _day(self, passed: Floats) -> Floats:
        """The inverse of `_passed`."""
        by_day = self._by_day
        known: Floats = np.interp(passed, by_day, np.arange(by_day.size))
        return np.asarray(known + np.maximum(passed - by_day[-1], 0.0))

    @property
    def _by_day(self) -> Floats:
        """Operational days passed at the end of each day that has a factor, from the day before the first on."""
        return np.concatenate(([0.0], np.cumsum(self.factors)))

    def as_json(self) -> dict[str, Any]:
        """Plain values that `json.dumps` takes and `from_json` reads."""
        return {**asdict(self), "first_day": self.first_day.isoformat()}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "OperationalTime":
        """The factors that `as_json` wrote."""
        return cls(date.fromisoformat(content["first_day"]), tuple(content["factors"]))


NO_SEASON = OperationalTime(date.min, ())
"""A clock on which every day that ever was is a day."""


@dataclass(frozen=True)
class Clock:
    """Operational time as read on the day that histories are seen from."""

    time: OperationalTime
    as_of: date

    def histories(self, tuples: pl.DataFrame) -> pl.DataFrame:
        """`tuples` in days as those in operational days."""
        return self.time.histories(tuples, self.as_of)

    def ahead(self, days: int) -> float:
        """Operational days of the `days` to come."""
        return self.time.horizon(self.as_of, days)

    def days(self, ahead: pl.Series) -> pl.Series:
        """Days until so many operational days have passed."""
        return pl.Series(self.time.days(self.as_of, ahead.to_numpy()), dtype=pl.Float64)


def flat(first_day: date, as_of: date) -> OperationalTime:
    """A clock on which all days are alike."""
    return OperationalTime(first_day, (1.0,) * ((as_of - first_day).days + 1 + AHEAD))


def fit_in_season(
    tuples: pl.DataFrame,
    daily: pl.DataFrame,
    as_of: date,
    fit: Callable[[pl.DataFrame], BuyingModel],
    events: Sequence[tuple[str, date, date]] = (),
    plain: BuyingModel | None = None,
) -> tuple[OperationalTime, BuyingModel]:
    """The shop's clock, and the model that `fit` makes of the tuples in operational days; one from the other, in turns.

    `tuples` are in days up to `as_of`; `events` have a name and their first and last day, those to come among them.
    `plain` is the model without a season, where it is there already. With less than SHORTEST_DAYS of history the clock
    is flat. What `fit` raises is passed on.
    """
    first_day: date = daily.filter(pl.col("acquired") > 0)["day"].min()  # type: ignore[assignment]
    days = (as_of - first_day).days + 1
    time = flat(first_day, as_of)
    model = plain or fit(time.histories(tuples, as_of))
    if days < SHORTEST_DAYS:
        return time, model
    acquired, repeats = _by_day(daily, first_day, days)
    windows = _windows(events, first_day)
    for _ in range(ROUNDS):
        factors = np.array(time.factors)
        per_factor = expected_repeats(model, acquired, factors[:days]) / factors[:days]
        time = OperationalTime(first_day, tuple(year_factors(repeats, per_factor, windows, first_day).tolist()))
        model = fit(time.histories(tuples, as_of))
    return time, model


def expected_repeats(model: BuyingModel, acquired: Floats, factors: Floats) -> Floats:
    """Repeat purchases by day that the model expects of customers acquired by day, on a clock with these factors."""
    unit = DAYS[model.unit]
    passed = np.concatenate(([0.0], np.cumsum(factors)))
    grid = passed[-1] * np.linspace(0, 1, GRID) ** 2
    of_one = np.array([expected_new_customer(model, t / unit) for t in grid])
    expected = np.zeros(acquired.size)
    for day in np.flatnonzero(acquired):
        # Who came on this day is seen from its end on.
        curve = np.interp(passed[day + 1 :] - passed[day + 1], grid, of_one)
        expected[day + 1 :] += acquired[day] * np.diff(curve)
    return expected


def proved(flat_misses: Sequence[float], season_misses: Sequence[float]) -> bool:
    """Whether the season may be used: log(actual / predicted) of totals from past cutoffs, without it and with it.

    Each cutoff knows only what was before it and at least SHORTEST_DAYS of that. Below FEWEST_TESTS of them nothing is
    proved.
    """
    if len(flat_misses) != len(season_misses):
        raise ValueError("both models are tested on the same cutoffs and horizons")
    if len(flat_misses) < FEWEST_TESTS:
        return False
    without, within = (float(np.sqrt(np.mean(np.square(misses)))) for misses in (flat_misses, season_misses))
    return within < CLEARLY * without


def allowed(flat_misses: Sequence[float], season_misses: Sequence[float]) -> bool:
    """Whether the same misses do not speak against a season that is `evident`: too few of them to prove it."""
    if not season_misses or len(flat_misses) != len(season_misses):
        return False
    without, within = (float(np.sqrt(np.mean(np.square(misses)))) for misses in (flat_misses, season_misses))
    return within <= max(without, CLOSE[min(len(season_misses), len(CLOSE)) - 1])


def season_evident(
    plain: BuyingModel, daily: pl.DataFrame, as_of: date, events: Sequence[tuple[str, date, date]]
) -> bool:
    """Whether repeat purchases of the history differ by the time of the year beyond chance."""
    first_day: date = daily.filter(pl.col("acquired") > 0)["day"].min()  # type: ignore[assignment]
    acquired, repeats = _by_day(daily, first_day, (as_of - first_day).days + 1)
    expected = expected_repeats(plain, acquired, np.ones(acquired.size))
    return evident(repeats, expected, _windows(events, first_day))


def _windows(events: Sequence[tuple[str, date, date]], first_day: date) -> list[Window]:
    return [Window(name, (start - first_day).days, (end - first_day).days) for name, start, end in events]


def _by_day(daily: pl.DataFrame, first_day: date, days: int) -> tuple[Floats, Floats]:
    at = daily.with_columns(place=(pl.col("day") - first_day).dt.total_days())
    at = at.filter(pl.col("place").is_between(0, days - 1))
    place = at["place"].to_numpy()
    acquired, repeats = np.zeros(days), np.zeros(days)
    acquired[place], repeats[place] = at["acquired"].to_numpy(), at["repeats"].to_numpy()
    return acquired, repeats
