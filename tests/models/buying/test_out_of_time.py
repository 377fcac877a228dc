"""What past cutoffs missed by, and how far the next may stray: by eye, and by shops that drift as they are said to."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.models.buying.out_of_time import TOTALS, Drift, Miss, Prior, at_horizon, drift

NO_SEASON = replace(TOTALS, unseen_season=0.0)


def misses(*values: float, apart: int = 90, chance: float = 0.0) -> list[Miss]:
    """The newest first, each `apart` days before the one after it."""
    return [Miss(apart * (place + 1), value, chance) for place, value in enumerate(values)]


def test_a_shop_without_a_past_is_as_uncertain_as_the_prior_says() -> None:
    nothing = drift([], 90, TOTALS)
    assert (nothing.mean, nothing.cutoffs, nothing.year_tested) == (0.0, 0, False)
    assert nothing.deviation > np.hypot(TOTALS.usual, TOTALS.lasting)


def test_many_cutoffs_that_agree_leave_their_mean_and_little_doubt() -> None:
    agreed = drift(misses(*[0.2] * 40), 90, TOTALS)
    assert agreed.mean == pytest.approx(0.2, abs=0.01)
    assert agreed.deviation < 0.05
    assert (agreed.cutoffs, agreed.independent, agreed.tested_days) == (40, 40.0, 3600)


def test_one_cutoff_moves_the_mean_two_thirds_of_the_way_and_a_thin_one_hardly() -> None:
    sure, thin = drift(misses(0.2), 90, TOTALS), drift(misses(0.2, chance=0.5), 90, TOTALS)
    assert 0.12 < sure.mean < 0.15
    assert 0 < thin.mean < 0.03


def test_cutoffs_that_overlap_say_less_than_those_side_by_side() -> None:
    overlapping, apart = (drift(misses(*[0.2] * 6, apart=days), 180, NO_SEASON) for days in (30, 180))
    assert overlapping.independent == pytest.approx(1 + 150 / 180)
    assert apart.independent == 6
    assert overlapping.mean < apart.mean
    assert overlapping.deviation > apart.deviation


def test_less_than_a_year_makes_it_wider() -> None:
    short, year = (drift(misses(0.1, -0.1, 0.0, apart=days), 30, TOTALS) for days in (121, 122))
    assert (short.year_tested, year.year_tested) == (False, True)
    assert short.deviation**2 - year.deviation**2 == pytest.approx(TOTALS.unseen_season**2, rel=0.02)


def test_horizons_that_were_not_tested_lie_between_their_neighbours_or_are_wider() -> None:
    tested = [(30, Drift(0.0, 0.1, 8, 8.0, 240)), (120, Drift(0.2, 0.3, 5, 2.0, 240))]
    middle = at_horizon(tested, 60, TOTALS)
    assert [middle.mean, middle.deviation] == pytest.approx([0.1, 0.2])
    assert middle.cutoffs == 5
    assert at_horizon(tested, 7, TOTALS) == tested[0][1]
    assert at_horizon(tested, 120, TOTALS) == tested[1][1]
    beyond = [at_horizon(tested, days, TOTALS) for days in (121, 365, 730)]
    assert all(one.deviation < other.deviation for one, other in pairwise([tested[1][1], *beyond]))
    assert beyond[-1].mean == 0.2
    assert at_horizon([], 90, TOTALS) == drift([], 90, TOTALS)


def test_shops_that_drift_are_held_about_as_often_as_it_says() -> None:
    """Each has a mean of its own and misses around it; half of them have tested but three cutoffs."""
    random = np.random.default_rng(4)
    usual, held = Prior(usual=0.1, lasting=0.15), []
    for shop in range(300):
        *past, coming = random.normal(random.normal(0, usual.lasting), usual.usual, 4 if shop % 2 else 13)
        told = drift(misses(*past, apart=90), 90, usual)
        held.append(abs(coming - told.mean) <= 1.96 * told.deviation)
    assert 0.92 <= np.mean(held) <= 0.985


@settings(max_examples=30)
@given(st.lists(st.floats(-2, 2), min_size=1, max_size=12), st.floats(0, 1), st.integers(7, 365))
def test_it_is_always_a_mean_within_the_misses_and_a_deviation_above_zero(
    values: list[float], chance: float, days: int
) -> None:
    told = drift(misses(*values, apart=30, chance=chance), days, TOTALS)
    assert min(0.0, *values) - 1e-12 <= told.mean <= max(0.0, *values) + 1e-12
    assert 0 < told.deviation < 10
    assert 1 <= told.independent <= len(values)
