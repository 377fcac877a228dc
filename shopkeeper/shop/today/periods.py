"""Which days are held against which: complete days only, up to as-of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from shopkeeper.errors import Refused
from shopkeeper.messages import message

Period = Literal["week", "month", "quarter", "year"]
Against = Literal["before", "year", "event"]
PERIODS: tuple[Period, ...] = ("week", "month", "quarter", "year")
AGAINST: tuple[Against, ...] = ("before", "year", "event")
SAME_WEEKDAYS = 364
"""Days back to the same weekday of a year ago."""
REACH = 28
"""Days before the start and after the end of an event in which it is held against the same days of the one before."""
WEEKS = 13
"""Weeks of seven days up to as-of that are drawn beside a figure."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Days:
    """From the first to the last day, both included."""

    first: date
    last: date

    @property
    def number(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Event:
    """One occurrence of an event."""

    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Compared:
    """`now` is held against `base`; null where the data do not hold all of the base.

    `event` is the one that both are counted from, where they are.
    """

    now: Days
    base: Days | None
    event: Event | None = None

    @property
    def base_or_now(self) -> Days:
        """For queries, which ask for both."""
        return self.base or self.now


@dataclass(frozen=True)
class TodayOptions:
    """Which period to date, and against what. Raise `Refused` for a choice that there is not."""

    period: Period = "month"
    against: Against = "before"

    def __post_init__(self) -> None:
        for value, choices in ((self.period, PERIODS), (self.against, AGAINST)):
            if value not in choices:
                raise Refused(
                    message("“{value}” cannot be chosen; choose one of {choices}.", value=value, choices=choices)
                )


def compared(
    options: TodayOptions, as_of: date, first_day: date, week_offset: int = 0, events: Sequence[Event] = ()
) -> Compared:
    """The days of the period up to as-of and those to hold them against.

    The period before: as many days into it, all of it where it is shorter. A year ago: 364 days back, so that weekdays
    agree. An event: the days since `REACH` before its start, and the same days of its last occurrence before; where
    none is in reach, the same weekdays of a year ago. `week_offset`: see `Shop.week_offset`.
    """
    if options.against == "event" and (pair := in_reach(as_of, events)):
        own, before = pair
        now = Days(own.starts_on - timedelta(REACH), min(as_of, own.ends_on + timedelta(REACH)))
        first = before.starts_on - timedelta(REACH)
        base = Days(first, first + timedelta(now.number - 1))
        return Compared(now, base if base.first >= first_day else None, own)
    now = Days(start_of(options.period, as_of, week_offset), as_of)
    if options.against == "before":
        first = start_of(options.period, now.first - timedelta(1), week_offset)
        base = Days(first, min(first + timedelta(now.number - 1), now.first - timedelta(1)))
    else:
        base = Days(now.first - timedelta(SAME_WEEKDAYS), now.last - timedelta(SAME_WEEKDAYS))
    return Compared(now, base if base.first >= first_day else None)


def start_of(period: Period, day: date, week_offset: int = 0) -> date:
    """The first day of the period that the day lies in."""
    if period == "week":
        return day - timedelta((day.weekday() + week_offset) % 7)
    months = _MONTHS[period]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def in_reach(as_of: date, events: Sequence[Event]) -> tuple[Event, Event] | None:
    """The event nearest to as-of within reach and its last occurrence before; null where there is none of both."""
    pairs = []
    for event in events:
        if event.starts_on - timedelta(REACH) <= as_of <= event.ends_on + timedelta(REACH):
            earlier = [other for other in events if other.name == event.name and other.starts_on < event.starts_on]
            if earlier:
                pairs.append((event, max(earlier, key=lambda each: each.starts_on)))
    return min(pairs, key=lambda pair: abs((pair[0].starts_on - as_of).days), default=None)


def weeks(as_of: date, first_day: date) -> list[Days]:
    """The last `WEEKS` times seven days up to as-of that the data hold, the oldest first."""
    spans = [Days(as_of - timedelta(7 * back + 6), as_of - timedelta(7 * back)) for back in reversed(range(WEEKS))]
    return [span for span in spans if span.first >= first_day]
