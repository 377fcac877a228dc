"""Weekdays and seasons against simulated truth."""

import numpy as np
import pytest

from shopkeeper.models.demand.calendar import (
    SHORTEST_YEARS,
    own_weekdays,
    shut,
    smoothed,
    weekday_profile,
    year_profile,
)

DAYS = 1096
DAY = np.arange(DAYS)
WEEKDAYS = DAY % 7
WEEK = np.array([0.7, 0.8, 0.9, 1.0, 1.1, 1.3, 1.2])
ALL = np.ones(DAYS, dtype=np.bool_)


def drawn(expected: np.ndarray, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).poisson(expected).astype(np.float64)


def test_weekdays_are_found() -> None:
    result = weekday_profile(drawn(np.full((2, DAYS), 90.0) * WEEK[WEEKDAYS]), ALL, WEEKDAYS)
    assert result == pytest.approx(np.tile(WEEK, (2, 1)), abs=0.05)
    assert result.mean(axis=1) == pytest.approx(1)


def test_a_thin_category_keeps_the_shop_s_week() -> None:
    level = np.array([[90.0], [0.01]])
    result = weekday_profile(drawn(level * WEEK[WEEKDAYS]), ALL, WEEKDAYS)
    assert result[1] == pytest.approx(WEEK, abs=0.15)


def test_own_weekdays_move_away_from_the_category_as_units_come_in() -> None:
    flat = np.ones((2, 7))
    monday = np.array([[7.0, 0, 0, 0, 0, 0, 0], [70_000.0, 0, 0, 0, 0, 0, 0]])
    result = own_weekdays(monday, flat, 300.0)
    assert result[0] == pytest.approx(np.ones(7), abs=0.15)
    assert result[1, 0] == pytest.approx(7, rel=0.01)


def test_the_season_is_found_beside_growth() -> None:
    season = 1 + 0.4 * np.cos(2 * np.pi * (DAY / 365.25 - 0.2))
    growth = 30 + 40 * DAY / DAYS
    totals = drawn(np.stack([growth * season, growth * 2]))
    result = year_profile(totals, ALL, np.ones((2, DAYS)), DAYS + 91)
    ahead = np.arange(DAYS, DAYS + 91)
    truth = 1 + 0.4 * np.cos(2 * np.pi * (ahead / 365.25 - 0.2))
    assert result[0, DAYS:] / result[0, :DAYS][-365:].mean() == pytest.approx(truth, abs=0.1)
    assert result[1, DAYS:] == pytest.approx(1, abs=0.1)


def test_two_years_at_least_are_needed_to_tell_a_season_from_growth() -> None:
    short = drawn(np.full((1, SHORTEST_YEARS - 1), 50.0))
    assert (year_profile(short, ALL[: SHORTEST_YEARS - 1], np.ones_like(short), 800) == 1).all()


def test_growth_alone_is_not_taken_for_a_season() -> None:
    totals = drawn(np.stack([20 + 60 * DAY / DAYS, 10 + 30 * DAY / DAYS]))
    assert year_profile(totals, ALL, np.ones((2, DAYS)), DAYS + 91) == pytest.approx(1, abs=0.12)


def test_local_levels_look_across_days_that_do_not_count() -> None:
    ordinary = ALL.copy()
    ordinary[500:511] = False
    totals = np.where(ordinary, 10.0, 500.0)[None, :]
    assert smoothed(totals, ordinary, np.ones_like(totals)) == pytest.approx(10)


@pytest.mark.parametrize(
    ("a_day", "first", "days", "is_shut"),
    [
        (20, 170, 7, True),
        (20, 170, 4, False),
        (20, 193, 7, False),
        (1, 170, 7, False),
        (3, 170, 7, True),
        (20, 100, 7, False),
    ],
    ids=["a week", "four days", "until the end", "chance", "few sales a day", "long ago"],
)
def test_days_shut_are_a_long_run_without_a_sale_that_is_no_chance(
    a_day: float, first: int, days: int, is_shut: bool
) -> None:
    totals = np.random.default_rng(3).poisson(a_day, (1, 200)).astype(np.float64)
    totals[:, first : first + days] = 0
    marked = np.flatnonzero(shut(totals, np.ones_like(totals))).tolist()
    assert marked == (list(range(first, first + days)) if is_shut else [])


def test_bookings_once_a_month_and_closed_weekdays_are_no_days_shut() -> None:
    monthly = np.where(np.arange(560) % 30 == 3, 300.0, 0.0)[None]
    assert not shut(monthly, np.ones_like(monthly)).any()
    weekly = np.where(np.arange(560) % 7 == 3, 300.0, 0.0)[None]
    assert not shut(weekly, np.where(weekly > 0, 7.0, 0.0)).any()
