"""The sample shop's days: over three years to a fixed date, the peaks that lie in them, and the season of buying."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints

FIRST_DAY = date(2023, 7, 1)
LAST_DAY = date(2026, 10, 21)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
DATES = np.arange(np.datetime64(FIRST_DAY), np.datetime64(LAST_DAY) + 1)
EPOCH = int(DATES[0].astype(np.int64))  # days from 1970-01-01 to the first day
MONTH_OF_DAY: Ints = (DATES.astype("datetime64[M]") - np.datetime64(FIRST_DAY, "M")).astype(np.int64)
MONTHS = int(MONTH_OF_DAY[-1]) + 1
SEASON: Ints = DATES.astype("datetime64[M]").astype(np.int64) % 12  # calendar month, January is 0
WEEKDAY: Ints = (DATES.astype(np.int64) + 3) % 7  # Monday is 0


@dataclass(frozen=True)
class Event:
    """A peak. Factors hold on its main day; other days of the window get `shoulder` of what is above 1."""

    id: str
    name: str
    starts_on: date
    ends_on: date
    main_day: date
    newcomers: float
    unidentified: float
    units: float
    shoulder: float = 0.4

    def share(self) -> Floats:
        """By day of the shop: 0 outside the window, 1 on the main day."""
        inside = (np.datetime64(self.starts_on) <= DATES) & (np.datetime64(self.ends_on) >= DATES)
        return np.where(np.datetime64(self.main_day) == DATES, 1.0, np.where(inside, self.shoulder, 0.0))


def _event(name: str, main_day: date, window: tuple[int, int], factors: tuple[float, float, float]) -> Event:
    start, end = main_day - timedelta(days=window[0]), main_day + timedelta(days=window[1])
    label = {"双11 Double 11": "D11", "618 Mid-year sale": "618", "春节 Spring Festival": "SF"}[name]
    return Event(f"{label}-{main_day.year}", name, start, end, main_day, *factors)


# Spring Festival sells before the holiday: its main day is six days ahead of the new year.
SPRING_MAIN_DAYS = (date(2023, 1, 16), date(2024, 2, 4), date(2025, 1, 23), date(2026, 2, 11))
EVENTS = tuple(
    sorted(
        [_event("双11 Double 11", date(year, 11, 11), (10, 0), (4.0, 4.0, 2.2)) for year in range(2023, 2027)]
        + [_event("618 Mid-year sale", date(year, 6, 18), (10, 2), (3.5, 3.2, 1.8)) for year in range(2023, 2027)]
        + [_event("春节 Spring Festival", day, (10, 5), (2.0, 2.4, 1.6)) for day in SPRING_MAIN_DAYS],
        key=lambda event: event.starts_on,
    )
)
EVENT_SHARE: Floats = np.stack([event.share() for event in EVENTS])
# by day: number of the event, -1 outside all windows
EVENT_OF_DAY: Ints = np.where(EVENT_SHARE.max(axis=0) > 0, EVENT_SHARE.argmax(axis=0), -1)
SHARE_OF_DAY: Floats = EVENT_SHARE.max(axis=0)


def _factor(values: list[float]) -> Floats:
    return 1.0 + (np.array(values)[EVENT_OF_DAY] - 1.0) * SHARE_OF_DAY


# Stores and dealers are closed from the eve of the new year to its fourth day.
NEW_YEARS = (date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17))
SPRING_CLOSED: Flags = np.isin(
    DATES, [np.datetime64(day) + np.timedelta64(n, "D") for day in NEW_YEARS for n in range(-1, 4)]
)
MONDAYS: Flags = np.asarray(WEEKDAY == 0)

NEWCOMER_FACTOR: Floats = _factor([event.newcomers for event in EVENTS])
UNIDENTIFIED_FACTOR: Floats = _factor([event.unidentified for event in EVENTS])


GIFT_SEASON, GIFT_HEIGHT, GIFT_WIDTH, LULL = (12, 16), 0.3, 15.0, 0.04


def _buying_season() -> Floats:
    """How eagerly known persons buy on each day, 1 on average over a year: a season of gifts, a lull before autumn."""
    year = np.arange(np.datetime64("2023-01-01"), np.datetime64("2028-01-01"))
    peaks = [np.datetime64(date(number, *GIFT_SEASON)) for number in range(2022, 2029)]
    away = np.min([np.abs((year - peak).astype(np.int64)) for peak in peaks], axis=0)
    shape = 1.0 + GIFT_HEIGHT * np.exp(-0.5 * (away / GIFT_WIDTH) ** 2)
    shape -= LULL * np.cos(2 * np.pi * ((year - np.datetime64("2023-08-10")).astype(np.int64)) / 365.25)
    return np.asarray((shape / shape.mean())[np.isin(year, DATES)])


BUYING_SEASON: Floats = _buying_season()
BUYING_CLOCK: Floats = np.concatenate([[0.0], np.cumsum(BUYING_SEASON)])
"""Days as purchases see them, by the start of each day: slow out of season, fast within."""


def _base_density(weekend: float) -> Floats:
    day = np.arange(DAYS)
    ramp = 0.8 + 0.55 * np.exp(-day / 300.0)
    year = 1.0 + 0.06 * np.cos(2 * np.pi * (day - 150) / 365.25)
    week = np.array([0.94, 0.92, 0.94, 0.96, 1.02, 1.0 + weekend, 1.0 + 0.8 * weekend])
    return np.asarray(ramp * year * week[WEEKDAY], dtype=np.float64)


def cumulative(density: Floats) -> Floats:
    """Share of all that came by the start of each day, and by the end of the last."""
    return np.concatenate([[0.0], np.cumsum(density) / density.sum()])


NEWCOMER_DENSITY: Floats = _base_density(0.15) * NEWCOMER_FACTOR
"""Newcomers by day, in proportion, outside the regions of a test of spend."""
UNIDENTIFIED_CURVE: Floats = cumulative(_base_density(0.35) * UNIDENTIFIED_FACTOR)


def arrival_days(curve: Floats, positions: Floats) -> Ints:
    """Day number of arrivals at `positions` in 0..1 of all arrivals; `curve` is cumulative over days."""
    return np.clip(np.searchsorted(curve, positions, side="right") - 1, 0, DAYS - 1)
