"""The clock of a shop: what it is on shops of known season, and what it does to histories."""

import json
import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.season import FIRST_DAY, misses, season, seen_at, simulated
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.model import BuyingModel, fit
from shopkeeper.models.buying.scoring import expected_new_customer
from shopkeeper.models.buying.season import (
    NO_SEASON,
    SHORTEST_DAYS,
    Clock,
    OperationalTime,
    allowed,
    expected_repeats,
    fit_in_season,
    flat,
    proved,
    season_evident,
)
from shopkeeper.models.buying.year_factors import weeks_in_common

PAIRS = (("r", 0.8), ("alpha", 60.0), ("a", 0.9), ("b", 3.0))
MODEL = BuyingModel("mbg_nbd", "day", PAIRS, ((0.0,) * 4,) * 4, PAIRS, 0.0, 0)


def mbg(tuples: pl.DataFrame) -> BuyingModel:
    return fit(tuples, "mbg_nbd", "day")


def quarters(factors: Floats, first: int) -> Floats:
    """Means of a year's quarters from a day on, over the year's mean."""
    year = factors[first : first + 364]
    return np.asarray(year.reshape(4, 91).mean(axis=1) / year.mean())


def test_totals_of_a_shop_with_a_season_come_as_predicted() -> None:
    shop = simulated(5_000, 3, "wave", 8, event=True)
    errors = np.abs(misses(shop, [820]))
    assert errors[:, 0].mean() > 0.2
    assert errors[:, 1].mean() < 0.06


def test_the_clock_is_the_season_that_was_simulated_events_apart() -> None:
    shop = simulated(6_000, 3, "months", 5, event=True)
    seen = seen_at(shop, 3 * 365 - 1)
    time, _ = fit_in_season(seen.tuples, seen.daily, seen.as_of, mbg, shop.events)
    factors = np.array(time.factors)
    assert quarters(factors, 730) == pytest.approx(quarters(shop.factors, 730), abs=0.08)
    gone, ahead = ((date(year, 11, 9) - FIRST_DAY).days for year in (2023, 2024))
    lift, true_lift = (
        each[day : day + 5].mean() / each[day - 90 : day + 30].mean()
        for each, day in ((factors, ahead), (shop.factors, gone))
    )
    assert lift == pytest.approx(true_lift, rel=0.2)


def test_a_shop_without_a_season_gets_none() -> None:
    seen = seen_at(simulated(3_000, 2.5, "flat", 2), 912)
    time, _ = fit_in_season(seen.tuples, seen.daily, seen.as_of, mbg)
    assert np.abs(quarters(np.array(time.factors), 548) - 1).max() < 0.05


def test_a_wave_of_new_customers_is_no_season() -> None:
    """Ten times as many customers come in each March, all buying at one rate: their repeats are expected."""
    days = 900
    months = np.array([(FIRST_DAY + timedelta(days=day)).month for day in range(days)])
    acquired = np.where(months == 3, 200.0, 20.0)
    repeats = expected_repeats(MODEL, acquired, np.ones(days))
    dates = pl.date_range(FIRST_DAY, FIRST_DAY + timedelta(days=days - 1), eager=True)
    daily = pl.DataFrame({"day": dates, "acquired": acquired.astype(int), "repeats": repeats.round().astype(int)})
    assert repeats[months == 4].mean() > 1.15 * repeats[months == 2].mean()
    as_of = dates[-1]
    tuples = pl.DataFrame({"frequency": [0, 2], "recency": [0, 30], "T": [400, 500], "customers": 50})
    time, _ = fit_in_season(tuples, daily, as_of, lambda _: MODEL)
    assert np.abs(np.array(time.factors) - 1).max() < 0.06


def test_less_than_a_year_has_no_season() -> None:
    seen = seen_at(simulated(1_500, 2, "wave", 1), SHORTEST_DAYS - 2)
    time, model = fit_in_season(seen.tuples, seen.daily, seen.as_of, mbg)
    assert set(time.factors) == {1.0}
    assert model == mbg(time.histories(seen.tuples, seen.as_of))


def test_expected_repeats_are_the_sum_over_cohorts() -> None:
    acquired, factors = np.array([3.0, 0.0, 2.0, 0.0, 0.0, 1.0]), np.array([1.0, 2.0, 0.5, 1.0, 1.5, 1.0])
    passed = np.cumsum(factors)
    naive = [
        sum(
            acquired[first]
            * (
                expected_new_customer(MODEL, passed[day] - passed[first])
                - expected_new_customer(MODEL, passed[day - 1] - passed[first])
            )
            for first in range(day)
        )
        for day in range(acquired.size)
    ]
    assert expected_repeats(MODEL, acquired, factors) == pytest.approx(naive, rel=1e-3)


def test_histories_are_measured_by_the_clock() -> None:
    """Ten days at half speed, then ten at triple speed; as of the fifteenth."""
    time = OperationalTime(date(2024, 1, 1), (0.5,) * 10 + (3.0,) * 10)
    tuples = pl.DataFrame({"frequency": [0, 1, 1], "recency": [0, 4, 10], "T": [14, 9, 14], "customers": [7, 8, 9]})
    told = time.histories(tuples, date(2024, 1, 15))
    # First days: 1, 6 and 1 January; a purchase counts from its day's end.
    assert told["T"].to_list() == [9 * 0.5 + 5 * 3, 4 * 0.5 + 5 * 3, 9 * 0.5 + 5 * 3]
    assert told["recency"].to_list() == [0.0, 4 * 0.5, 9 * 0.5 + 3]
    assert told["customers"].to_list() == [7, 8, 9]
    assert time.horizon(date(2024, 1, 8), 4) == 2 * 0.5 + 2 * 3


def test_a_flat_clock_leaves_everything_as_it_is() -> None:
    tuples = pl.DataFrame({"frequency": [0, 3], "recency": [0, 40], "T": [90, 100], "customers": 1})
    time = flat(date(2024, 1, 1), date(2024, 4, 10))
    told = time.histories(tuples, date(2024, 4, 10))
    assert told.select("recency", "T").equals(tuples.select(pl.col("recency", "T").cast(pl.Float64)))
    assert time.horizon(date(2024, 4, 10), 90) == 90


def test_a_clock_refuses_histories_from_before_its_first_day() -> None:
    time = OperationalTime(date(2024, 1, 1), (1.0,) * 30)
    older = pl.DataFrame({"recency": [0], "T": [15]})
    with pytest.raises(ValueError, match="do not cover"):
        time.histories(older, date(2024, 1, 15))


def test_beyond_the_days_that_a_clock_knows_a_day_is_a_day() -> None:
    time = OperationalTime(date(2024, 1, 1), (2.0,) * 30)
    assert time.horizon(date(2024, 1, 15), 30) == 15 * 2 + 15
    assert time.horizon(date(2024, 1, 30), 500) == 500


def test_without_a_season_nothing_changes() -> None:
    """To the last bit: what was fitted and scored before is fitted and scored the same."""
    day = date(2024, 4, 10)
    tuples = pl.DataFrame(
        {"frequency": [0, 3, 7], "recency": [0, 41, 9999], "T": [90, 100, 20_000], "customers": [5, 2, 1],
         "log_times": [0.0, 7.3, 11.1]}
    )  # fmt: skip
    clock = Clock(NO_SEASON, day)
    told = clock.histories(tuples)
    assert told.equals(tuples.with_columns(pl.col("recency", "T").cast(pl.Float64)))
    assert [clock.ahead(days) for days in (1, 90, 730, 5000)] == [1.0, 90.0, 730.0, 5000.0]
    waits = pl.Series([0.25, 17.0, 1e9])
    assert clock.days(waits).to_list() == pytest.approx(waits.to_list(), abs=1e-6)
    assert OperationalTime.from_json(json.loads(json.dumps(NO_SEASON.as_json()))) == NO_SEASON


@given(
    st.lists(st.floats(0.05, 5), max_size=40), st.integers(0, 60), st.lists(st.integers(0, 100), min_size=1, max_size=5)
)
def test_days_and_operational_days_lead_back_to_each_other(factors: list[float], since: int, ahead: list[int]) -> None:
    time, day = OperationalTime(date(2024, 1, 1), tuple(factors)), date(2024, 1, 1) + timedelta(days=since)
    days = np.array(ahead, dtype=np.float64)
    passed = time.horizons(day, days)
    assert time.days(day, passed) == pytest.approx(days, abs=1e-6)
    assert passed.tolist() == pytest.approx([time.horizon(day, each) for each in ahead])


def test_regular_buyers_are_regular_by_the_clock() -> None:
    """Erlang-5 in operational time: by the calendar a busy season hides how regular they are."""
    random = np.random.default_rng(1)
    time = OperationalTime(FIRST_DAY, tuple(season("wave", 900, random).tolist()))
    passed = np.concatenate(([0.0], np.cumsum(time.factors)))
    rows, exact = [], 0.0
    for first, rate in zip(random.integers(0, 500, 2000).tolist(), random.gamma(2, 1 / 80, 2000).tolist(), strict=True):
        now, days, leaving = passed[first + 1], [first], random.beta(0.8, 3)
        while random.random() >= leaving and (now := now + random.gamma(5, 1 / (5 * rate))) < passed[-1]:
            if (day := int(np.searchsorted(passed, now)) - 1) > days[-1]:
                days.append(day)
        between = np.diff(days)
        rows.append((between.size, int(between.sum()), 899 - first, float(np.log(between).sum()), 1))
        exact += float(np.log(np.diff(passed[np.array(days) + 1])).sum())
    tuples = pl.DataFrame(rows, schema=["frequency", "recency", "T", "log_times", "customers"], orient="row")
    told = time.histories(tuples, FIRST_DAY + timedelta(days=899))
    repeats = sum(tuples["frequency"].to_list())
    by_clock, by_days = (float(np.sum(each["log_times"].to_numpy())) for each in (told, tuples))
    assert by_clock / repeats == pytest.approx(exact / repeats, abs=0.02)
    assert (exact - by_days) / repeats > 0.03
    assert fit(told, "mbg_cnbd", "day").k == 5
    assert fit(tuples, "mbg_cnbd", "day").k < 5


def test_log_times_of_one_repeat_purchase_are_exact() -> None:
    time = OperationalTime(date(2024, 1, 1), (0.5,) * 10 + (3.0,) * 10)
    tuples = pl.DataFrame(
        {
            "frequency": [0, 1],
            "recency": [0, 10],
            "T": [14, 14],
            "customers": [7, 3],
            "log_times": [0.0, 3 * math.log(10)],
        }
    )
    told = time.histories(tuples, date(2024, 1, 15))
    assert told["log_times"].to_list() == pytest.approx([0.0, 3 * math.log(9 * 0.5 + 3)])


def test_time_does_not_stand_still_while_a_shop_is_shut() -> None:
    """Nothing is sold in a week of each February; the calendar has it as an event."""
    shop = simulated(1_500, 2.5, "flat", 6)
    shut = [(f"E{year}", date(year, 2, 8), date(year, 2, 14)) for year in (2021, 2022, 2023, 2024)]
    places = [(start - FIRST_DAY).days + day for _, start, _ in shut for day in range(7)]
    sold = shop.purchases.filter(~pl.col("day").is_in(places), ~pl.col("first").is_in(places))
    seen = seen_at(replace(shop, purchases=sold), 912)
    events = [("Spring Festival", start, end) for _, start, end in shut]
    time, _ = fit_in_season(seen.tuples, seen.daily, seen.as_of, mbg, events)
    factors = np.array(time.factors)
    assert factors.min() > 0
    assert factors[places[7:14]].max() < 0.5


def test_what_happened_in_one_year_only_is_no_season() -> None:
    """Two weeks of each of two years bring half as much again: the same two, or two others."""
    days = 730
    expected = np.full(days, 100.0)
    same, other = expected.copy(), expected.copy()
    for year in (0, 365):
        same[year + 140 : year + 154] *= 1.5
        other[year + (140 if year else 280) : year + (154 if year else 294)] *= 1.5
    in_common, once = (weeks_in_common(actual, expected, FIRST_DAY, days) for actual in (same, other))
    assert in_common[140:154].min() > 1.4
    assert np.abs(once - 1).max() < 0.03


def test_a_season_is_used_where_it_missed_clearly_less_on_enough_cutoffs() -> None:
    assert proved([0.2, -0.3, 0.1], [0.1, -0.1, 0.0])
    assert not proved([0.2, -0.3], [0.0, 0.0])
    assert not proved([0.2, -0.3, 0.1], [0.19, -0.29, 0.1])
    with pytest.raises(ValueError, match="the same cutoffs"):
        proved([0.1, 0.2, 0.3], [0.1])


def test_a_season_seen_once_stands_unless_what_came_since_was_far_off() -> None:
    assert allowed([0.3, 0.2], [0.1, 0.25])
    assert allowed([0.02], [-0.1]), "a flat model is right by chance where the season crosses its mean"
    assert allowed([0.4], [0.3])
    assert not allowed([0.1, 0.1], [0.2, 0.1])
    assert not allowed([-0.069, -0.047, 0.016], [0.045, 0.092, 0.081]), "CDNOW"
    assert not allowed([], [])


def test_a_season_is_evident_where_there_is_one() -> None:
    for shape, customers, there in (("wave", 800, True), ("flat", 3_000, False), ("months", 3_000, True)):
        seen = seen_at(simulated(customers, 1.5, shape, 4), 450)
        plain = mbg(flat(FIRST_DAY, seen.as_of).histories(seen.tuples, seen.as_of))
        assert season_evident(plain, seen.daily, seen.as_of, ()) == there, shape


def test_too_few_purchases_make_no_season_evident() -> None:
    seen = seen_at(simulated(60, 1.5, "wave", 4), 450)
    assert not season_evident(MODEL, seen.daily, seen.as_of, ())


def test_a_clock_comes_back_from_json_as_it_was() -> None:
    time = OperationalTime(date(2024, 2, 29), (0.5, 1.25))
    assert OperationalTime.from_json(json.loads(json.dumps(time.as_json()))) == time
