"""Event factors against simulated truth, and who owns a day on which events meet."""

import numpy as np
import pytest

from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.events import DIP_DAYS, LULL_DAYS, Occurrence, Window, estimate, group_ratios, mark

SALE = [Window("sale", start, start + 9) for start in (100, 465, 830)]
DAYS = 1000


def simulated(truth: Floats, level: float, seed: int = 1, lull: float = 1.0, dip: float = 1.0) -> Floats:
    """Categories x days of Poisson counts: `truth` are their factors by day of the window."""
    expected = np.full((truth.shape[0], DAYS), level)
    for window in SALE:
        expected[:, window.start : window.end + 1] *= truth
        expected[:, window.start - LULL_DAYS : window.start] *= lull
        expected[:, window.end + 1 : window.end + 1 + DIP_DAYS] *= dip
    return np.random.default_rng(seed).poisson(expected).astype(np.float64)


def core(values: Floats) -> Floats:
    return values[:, LULL_DAYS:-DIP_DAYS]


def test_factors_are_found_and_what_surrounds_an_ordinary_event_stays_ordinary() -> None:
    truth = np.tile(np.r_[np.full(9, 1.5), 4.0], (3, 1)) * np.array([[1.0], [1.3], [0.8]])
    totals = simulated(truth, 60.0)
    result = estimate(totals, mark(SALE, DAYS), np.ones_like(totals))
    assert result.years == {"sale": 3}
    assert core(result.values["sale"]) == pytest.approx(truth, rel=0.2)
    assert (result.values["sale"][:, :LULL_DAYS] == 1).all()
    assert (result.values["sale"][:, -DIP_DAYS:] == 1).all()


def test_recent_years_weigh_more_in_a_categorys_factors() -> None:
    """Four, then two, then one and a half times the usual: by weights of .49, .7 and 1 that is 2.22, not 2.5."""
    totals = np.full((2, DAYS), 2000.0)
    for window, factor in zip(SALE, (4.0, 2.0, 1.5), strict=True):
        totals[:, window.start : window.end + 1] *= factor
    result = core(estimate(totals, mark(SALE, DAYS), np.ones_like(totals)).values["sale"])
    assert result == pytest.approx(np.full((2, 10), (0.49 * 4 + 0.7 * 2 + 1.5) / 2.19), rel=1e-3)


def test_a_lull_before_and_a_dip_after_are_found() -> None:
    totals = simulated(np.full((2, 10), 2.0), 80.0, lull=0.7, dip=0.6)
    result = estimate(totals, mark(SALE, DAYS), np.ones_like(totals)).values["sale"]
    assert result[:, :LULL_DAYS] == pytest.approx(0.7, abs=0.06)
    assert result[:, -DIP_DAYS:] == pytest.approx(0.6, abs=0.06)


def test_a_thin_category_is_held_near_the_shop() -> None:
    truth = np.full((8, 10), 2.0)
    level = np.r_[np.full(7, 50.0), 0.5]
    totals = simulated(truth, 1.0) * 0 + np.random.default_rng(4).poisson(
        np.array(level)[:, None] * np.where(mark(SALE, DAYS).core, 2.0, 1.0)
    )
    marks = mark(SALE, DAYS)
    thin = core(estimate(totals, marks, np.ones_like(totals)).values["sale"])[-1]
    actual = np.array([totals[-1, marks.day == day].sum() for day in range(10)]) / (0.5 * 3)
    assert np.abs(thin - 2).max() < 0.5 < np.abs(actual - 2).max()


def test_weekdays_are_not_mistaken_for_the_event() -> None:
    usual = np.tile(np.where(np.arange(DAYS) % 7 == 2, 4.0, 1.0), (1, 1))
    totals = usual * 30
    result = estimate(totals, mark(SALE, DAYS), usual)
    assert core(result.values["sale"]) == pytest.approx(1, abs=1e-6)


def test_what_comes_later_is_not_looked_at() -> None:
    totals = simulated(np.full((1, 10), 3.0), 40.0)
    before = estimate(totals[:, :400], mark(SALE, DAYS), np.ones((1, 400)))
    assert before.years == {"sale": 1}
    ahead = before.of(mark(SALE, DAYS), 1)
    assert ahead[0, 830:840].mean() == pytest.approx(3, rel=0.15)
    assert ahead[0, 500:820] == pytest.approx(1)


def test_an_event_without_a_past_is_ordinary() -> None:
    totals = simulated(np.full((2, 10), 2.0), 10.0)
    marks = mark([*SALE, Window("new", 960, 965)], DAYS + 91)
    result = estimate(totals[:, :900], marks, np.ones((2, 900)))
    assert set(result.values) == {"sale"}
    assert (result.of(marks, 2)[:, 960:966] == 1).all()


def test_a_longer_event_than_ever_goes_on_at_its_mean() -> None:
    totals = simulated(np.full((1, 10), 2.0), 200.0)
    marks = mark([*SALE, Window("sale", 1010, 1029)], DAYS + 91)
    ahead = estimate(totals, marks, np.ones_like(totals)).of(marks, 1)[0]
    assert ahead[1010:1030] == pytest.approx(2, rel=0.1)
    assert ahead[1045:] == pytest.approx(1)


def test_the_shorter_event_owns_a_day_and_an_event_comes_before_another_s_dip() -> None:
    marks = mark([Window("month", 10, 40), Window("day", 20, 20), Window("after", 43, 45)], 60)
    named = [marks.names[number] if number >= 0 else "" for number in marks.name]
    assert named[19:22] == ["month", "day", "month"]
    assert marks.day[20] == 0
    assert named[43:46] == ["after"] * 3
    assert not marks.core[46]
    assert marks.ordinary[:5].all()


PARENTS = np.array([0, 0, 0, 1, 1, 1])


def seen(name: str, years_ago: float, *ratios: float, units: float = 400.0, seed: int = 0) -> Occurrence:
    """An event in which the groups of two categories sold so many times what was expected of them."""
    expected = np.full(6, units)
    return Occurrence(name, np.random.default_rng(seed).poisson(expected * ratios).astype(float), expected, years_ago)


def test_groups_that_answer_apart_every_year_get_ratios_of_their_own_and_categories_keep_their_totals() -> None:
    apart = (0.5, 1.0, 1.5, 1.0, 1.0, 1.0)
    ratio = group_ratios([seen("sale", 2, *apart, seed=1), seen("sale", 1, *apart, seed=2)], PARENTS, 1.0)["sale"]
    assert ratio[:3] == pytest.approx([0.5, 1.0, 1.5], abs=0.1)
    assert ratio[3:] == pytest.approx([1, 1, 1], abs=0.1)
    assert ratio[:3].mean() == pytest.approx(1, abs=0.02)


def test_groups_that_differ_by_chance_or_once_only_answer_as_their_category() -> None:
    alike = (1.0,) * 6
    assert group_ratios([seen("sale", n, *alike, units=20, seed=n) for n in (1, 2, 3)], PARENTS, 1.0) == {}
    assert group_ratios([seen("sale", 1, 0.2, 1.0, 1.8, 1.0, 1.0, 1.0)], PARENTS, 1.0) == {}
    changing = [seen("sale", 2, 0.5, 1.0, 1.5, *alike[:3]), seen("sale", 1, 1.5, 1.0, 0.5, *alike[:3])]
    assert group_ratios(changing, PARENTS, 1.0) == {}


def test_recent_years_weigh_more() -> None:
    years = [(3, 0.6), (2, 0.8), (1, 0.85)]
    occurrences = [seen("sale", n, share, 1.0, 2 - share, 1.0, 1.0, 1.0, units=1e5) for n, share in years]
    ratio = group_ratios(occurrences, PARENTS, 1.0)["sale"][0]
    weights = [0.49, 0.7, 1.0]
    plain, weighed = 2.25 / 3, sum(w * share for w, (_, share) in zip(weights, years, strict=True)) / sum(weights)
    assert ratio == pytest.approx(weighed, abs=0.01)
    assert ratio > plain + 0.02
