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
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Flags, Floats
from shopkeeper.models.buying.model import DAYS, BuyingModel
from shopkeeper.models.buying.scoring import expected_new_customer
from shopkeeper.models.demand.calendar import YEAR
from shopkeeper.models.demand.events import Window, estimate, mark

SHORTEST_DAYS = 365
"""Days of history below which the time of the year cannot be told from what the model gets wrong."""
AHEAD = 731
"""Days after as-of for which factors are made."""
HARMONICS = 6
ROUNDS = 3
TREND_PRIOR = 0.1
"""Standard deviation of a growth per year that the model does not know of."""
MOST_LOG_FACTOR = 1.5
WEEKS = 52
"""Of a year, the last of which has a day or two more."""
FEWEST_SHARED_WEEKS = 26
LEAST_FACTOR = 0.05
GRID = 200
MOST_PARTS = 12
"""Into so many parts the time between a customer's first purchase and the last is cut at most."""
FEWEST_TESTS = 3
CLEARLY = 0.9
"""Share of the flat model's root mean square miss below which the season has proved itself."""


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
    windows = [Window(name, (start - first_day).days, (end - first_day).days) for name, start, end in events]
    for _ in range(ROUNDS):
        factors = np.array(time.factors)
        per_factor = expected_repeats(model, acquired, factors[:days]) / factors[:days]
        time = OperationalTime(first_day, tuple(_factors(repeats, per_factor, windows, first_day).tolist()))
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


def _by_day(daily: pl.DataFrame, first_day: date, days: int) -> tuple[Floats, Floats]:
    at = daily.with_columns(place=(pl.col("day") - first_day).dt.total_days())
    at = at.filter(pl.col("place").is_between(0, days - 1))
    place = at["place"].to_numpy()
    acquired, repeats = np.zeros(days), np.zeros(days)
    acquired[place], repeats[place] = at["acquired"].to_numpy(), at["repeats"].to_numpy()
    return acquired, repeats


def _factors(repeats: Floats, per_factor: Floats, windows: Sequence[Window], first_day: date) -> Floats:
    """Season times events by day, history and ahead, with mean 1 over the history's last year."""
    days = repeats.size
    marks = mark(windows, days + AHEAD)
    log_season, log_level = _log_season(repeats, per_factor, marks.ordinary[:days], days + AHEAD)
    usual = per_factor * np.exp(log_season[:days])
    ordinary = marks.ordinary[:days]
    weeks = _weeks(repeats * ordinary, usual * np.exp(log_level) * ordinary, first_day, days + AHEAD)
    factors = np.exp(log_season) * weeks
    factors = factors * estimate(repeats[None], marks, (usual * weeks[:days])[None]).of(marks, 1)[0]
    # A shop that is shut for a festival has sold nothing on its days; time does not stand still all the same.
    factors = np.maximum(factors, LEAST_FACTOR)
    return np.asarray(factors / factors[:days][-round(YEAR) :].mean())


def _log_season(repeats: Floats, per_factor: Floats, ordinary: Flags, all_days: int) -> tuple[Floats, Floats]:
    """Log factor of the time of the year by day, and log of level and growth by day of the history.

    Poisson regression of weeks on level, growth and harmonics.
    """
    weeks = repeats.size // 7
    y, exposure = ((v * ordinary)[-weeks * 7 :].reshape(weeks, 7).sum(axis=1) for v in (repeats, per_factor))
    middle = repeats.size - weeks * 7 + np.arange(weeks) * 7 + 3.0
    used = exposure > 0
    if not y[used].sum():
        return np.zeros(all_days), np.zeros(repeats.size)
    y, exposure, middle = y[used], exposure[used], middle[used]
    growth = (middle - middle.mean()) / YEAR
    design = np.column_stack([np.ones_like(growth), growth, _year(middle)])
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(y.sum() / exposure.sum())
    spread = 1.0
    for _ in range(50):
        mean = exposure * np.exp(np.clip(design @ beta, -20, 20))
        spread = max(1.0, float(((y - mean) ** 2 / mean).sum() / max(1, y.size - beta.size)))
        ridge = np.array([0.0, spread / TREND_PRIOR**2, *([1e-3] * (2 * HARMONICS))])
        hessian = design.T @ (mean[:, None] * design) + np.diag(ridge)
        step = np.clip(np.linalg.solve(hessian, design.T @ (y - mean) - ridge * beta), -1, 1)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    variance = spread * np.diag(np.linalg.inv(hessian))[2:]
    log_season = _year(np.arange(all_days, dtype=np.float64)) @ _held_back(beta[2:], variance)
    log_level = beta[0] + beta[1] * (np.arange(repeats.size) - middle.mean()) / YEAR
    return np.clip(log_season, -MOST_LOG_FACTOR, MOST_LOG_FACTOR), log_level


def _weeks(actual: Floats, expected: Floats, first_day: date, all_days: int) -> Floats:
    """By day, what the weeks of the year bring beyond what was expected; 1 where two years do not tell.

    What is real of it is what two years have in common (the mean product of their misses), so that what happened once
    is no season; a week is believed as far as that exceeds chance.
    """
    dates = pl.date_range(first_day, first_day + timedelta(days=all_days - 1), eager=True)
    week = np.minimum((dates.dt.ordinal_day().to_numpy() - 1) // 7, WEEKS - 1)
    year = dates.dt.year().to_numpy() - first_day.year
    cell = (year * WEEKS + week)[: actual.size]
    shape = (int(year.max()) + 1, WEEKS)
    came, said = (np.bincount(cell, weights=each, minlength=shape[0] * WEEKS) for each in (actual, expected))
    came, said = came.reshape(shape), said.reshape(shape)
    miss = np.divide(came, said, out=np.ones_like(said), where=said > 0) - 1
    shared = np.minimum(said[1:], said[:-1])
    if (shared > 0).any(axis=0).sum() < FEWEST_SHARED_WEEKS:
        return np.ones(all_days)
    real = max(0.0, float((shared * miss[1:] * miss[:-1]).sum() / shared.sum()))
    whole = said.sum(axis=0)
    mean = np.divide(came.sum(axis=0), whole, out=np.ones(WEEKS), where=whole > 0) - 1
    apart = float((said * (miss - mean) ** 2).sum() / max(1, (said > 0).sum() - (whole > 0).sum()))
    chance = max(1.0, apart) / np.maximum(whole, 1e-9)
    believed = 1 + mean * real / (real + chance)
    return np.asarray(np.maximum(believed, LEAST_FACTOR)[week])


def _year(days: Floats) -> Floats:
    turns = 2 * np.pi * np.outer(days / YEAR, np.arange(1, HARMONICS + 1))
    return np.stack([np.cos(turns), np.sin(turns)], axis=2).reshape(days.size, 2 * HARMONICS)


def _held_back(beta: Floats, variance: Floats) -> Floats:
    """Each harmonic times the share of it that is not chance (positive-part James-Stein, by pair)."""
    signal, chance = (values.reshape(-1, 2).sum(axis=1) for values in (beta**2, variance))
    share = np.maximum(0.0, 1 - np.divide(chance, signal, out=np.ones_like(signal), where=signal > 0))
    return np.asarray(beta * np.repeat(share, 2))
