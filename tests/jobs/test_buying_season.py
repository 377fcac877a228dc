"""The season in the fit job: used where it foresaw the past, by all that follows from the fits; else nowhere."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.season import FIRST_DAY, Shop, simulated
from shopkeeper import i18n
from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.model_check import report as model_check
from shopkeeper.jobs.buying import contest, files, job
from shopkeeper.jobs.buying.contest import cutoffs_of
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.reason import season_reason
from shopkeeper.jobs.buying.result import Fits, SeasonTest
from shopkeeper.jobs.buying.scores import alive_by_day, scored
from shopkeeper.jobs.buying.scoring import Scoring, score_customers
from shopkeeper.jobs.buying.season import Season, season_of
from shopkeeper.models.buying.model import KINDS, ParametricKind
from shopkeeper.models.buying.rules import RULES
from shopkeeper.models.buying.scoring import expected_new_customer
from shopkeeper.models.buying.season import NO_SEASON, SHORTEST_DAYS, flat
from shopkeeper.progress import UNHEARD
from tests.declared import departures
from tests.shops.in_memory import MemoryQuery, line, shop

BEFORE_THE_SLOW_QUARTER, BEFORE_THE_BUSY_QUARTER = 820, 1000
YOUNG = 470
EVERYBODY = CustomerFilters()


@cache
def of_shape(shape: str) -> Shop:
    """With a season, and five busy days each November; or with neither."""
    return simulated(1500, 3, shape, {"wave": 1, "flat": 3}[shape], event=shape == "wave")


def seen(
    shape: str, last: int, *, without: frozenset[int] = frozenset(), more: tuple[dict[str, Any], ...] = ()
) -> MemoryQuery:
    """The shop at the end of a day, some customers left out, and with more lines."""
    rows = of_shape(shape).purchases.filter(pl.col("day") <= last).select("customer", "day").iter_rows()
    lines = [line(f"c{who}", FIRST_DAY + timedelta(days=day)) for who, day in rows if who not in without]
    events = [
        {"event_id": f"E{start.year}", "name": name, "starts_on": start, "ends_on": end}
        for name, start, end in of_shape(shape).events
    ]
    return shop([*more, *lines], as_of=FIRST_DAY + timedelta(days=last), events=events)


def season(query: MemoryQuery) -> Season:
    return season_of(query, "day", query("jobs/buying/histories", cutoff=query.version.as_of), UNHEARD)


def expected(query: MemoryQuery, fits: Fits) -> float:
    """Purchases of the next 90 days, summed over the scores that the job keeps."""
    with query.workspace() as workspace:
        score_customers(workspace, fits, Scoring(90))
        return float(workspace("jobs/buying/scores_made")["expected_purchases"].sum())


def misses(query: MemoryQuery, fits: Fits, monkeypatch: pytest.MonkeyPatch) -> tuple[float, float]:
    """Of the shop with a season: how far the 90-day total is off without the season and with it."""
    last = (query.version.as_of - FIRST_DAY).days
    ahead = pl.col("day").is_between(last + 1, last + 90) & (pl.col("first") <= last)
    came = of_shape("wave").purchases.filter(ahead).height
    assert fits.in_season
    monkeypatch.setattr(job, "season_of", lambda *_: Season())
    plain = fit_version(query)
    assert not plain.in_season
    without, within = (abs(expected(query, each) / came - 1) for each in (plain, fits))
    return without, within


def of_kinds(monkeypatch: pytest.MonkeyPatch, *kinds: ParametricKind) -> None:
    """Fits of these kinds alone: of them all, most take long."""
    for module in (contest, job):
        monkeypatch.setattr(module, "KINDS", kinds)
    monkeypatch.setattr(contest, "RULES", ())


@pytest.fixture(scope="module")
def seasonal() -> Iterator[tuple[MemoryQuery, Fits]]:
    """A shop with a season before its slow quarter, and its fits by one kind of model."""
    with pytest.MonkeyPatch.context() as patch:
        of_kinds(patch, "mbg_nbd")
        query = seen("wave", BEFORE_THE_SLOW_QUARTER)
        yield query, fit_version(query)


def test_kept_scores_foresee_the_slow_quarter(
    seasonal: tuple[MemoryQuery, Fits], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_kinds(monkeypatch, "mbg_nbd")
    without, within = misses(*seasonal, monkeypatch)
    assert without > 0.3
    assert within < without / 2


@pytest.mark.deep
@pytest.mark.parametrize("last", [BEFORE_THE_SLOW_QUARTER, BEFORE_THE_BUSY_QUARTER])
def test_whichever_model_is_chosen_the_season_brings_its_total_nearer(
    last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest, "RULES", RULES)
    for module in (contest, job):
        monkeypatch.setattr(module, "KINDS", KINDS)
    query = seen("wave", last)
    without, within = misses(query, fit_version(query), monkeypatch)
    assert within < without / 2


def test_a_shop_without_a_season_keeps_the_flat_model() -> None:
    told = season(seen("flat", BEFORE_THE_BUSY_QUARTER))
    assert len(told.tests) == 4
    assert not told.times
    assert told.at(FIRST_DAY) == told.at(None) == NO_SEASON


def test_until_three_cutoffs_have_a_year_before_them_one_year_speaks() -> None:
    first = of_shape("wave").purchases["first"].min()
    assert isinstance(first, int)
    days = {last: [test.days for test in season(seen("wave", first + last)).tests] for last in (393, 394, 633, 634)}
    assert days == {393: [], 394: [30], 633: [90, 60, 30], 634: [90, 90, 90]}
    assert season(shop([])) == Season()


def test_a_season_seen_once_is_used_by_the_clock_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    of_kinds(monkeypatch, "mbg_nbd")
    query = seen("wave", YOUNG)
    told = season(query)
    monkeypatch.setattr(job, "season_of", lambda *_: told)
    assert [test.days for test in told.tests] == [90, 60, 30]
    assert len(set(told.times.values())) == 1
    assert {test.cutoff for test in told.tests} != set(told.times), "none of the tests knew the clock of today"
    fits = fit_version(query)
    assert fits.time == fits.calibrated_time == told.at(query.version.as_of)
    assert "What happened once may not come again" in str(season_reason(fits))
    without, within = misses(query, fits, monkeypatch)
    assert without > 0.3
    assert within < without / 2


def test_a_young_shop_without_a_season_gets_none() -> None:
    told = season(seen("flat", YOUNG))
    assert len(told.tests) == 3
    assert not told.times


def test_what_came_since_may_speak_against_a_season_seen_once(seasonal: tuple[MemoryQuery, Fits]) -> None:
    def of(within: float, *, used: bool) -> str:
        tests = tuple(SeasonTest(FIRST_DAY, days, 100, 95, within) for days in (60, 30))
        return str(
            season_reason(
                replace(seasonal[1], season_tests=tests, time=flat(FIRST_DAY, FIRST_DAY) if used else NO_SEASON)
            )
        )

    assert "seen from 2 days of the past" in of(99, used=True)
    assert "as one year shows it" in of(60, used=False)
    assert "no more than by chance" in of(99, used=False)


def test_without_a_year_of_known_customers_before_the_split_no_season_is_tested() -> None:
    """Five years of orders, of which only the last two name their buyers."""
    early = line(None, FIRST_DAY - timedelta(days=1100))
    query = seen("wave", 730, more=(early,))
    assert len(cutoffs_of(query.version.first_day, query.version.as_of)) == 4
    assert season(query) == Season()


def test_a_cutoff_knows_nothing_of_what_came_after_it(seasonal: tuple[MemoryQuery, Fits]) -> None:
    tests = seasonal[1].season_tests
    rows = of_shape("wave").purchases
    cutoff = (tests[0].cutoff - FIRST_DAY).days
    newcomers = frozenset(rows.filter(pl.col("first") > cutoff)["customer"].to_list()[::2])
    changed = season(seen("wave", BEFORE_THE_SLOW_QUARTER, without=newcomers)).tests
    assert changed[0] == tests[0]
    assert changed[-1].came != tests[-1].came


def test_days_are_counted_as_a_reader_counts_them() -> None:
    query = seen("wave", 400)
    cutoff = FIRST_DAY + timedelta(days=300)
    rows = of_shape("wave").purchases.filter(pl.col("day") <= 300).to_dicts()
    counts: dict[int, list[int]] = {}
    for row in rows:
        counts.setdefault(row["day"], [0, 0])[row["day"] > row["first"]] += 1
    naive = [(FIRST_DAY + timedelta(days=day), *counts[day]) for day in sorted(counts)]
    assert query("jobs/buying/daily", cutoff=cutoff).rows() == naive


def test_models_of_one_shop_count_by_one_clock_and_rules_by_days(seasonal: tuple[MemoryQuery, Fits]) -> None:
    _, fits = seasonal
    assert fits.in_season
    assert fits.calibrated_time not in (NO_SEASON, fits.time)
    assert all(test.cutoff - FIRST_DAY >= timedelta(days=SHORTEST_DAYS - 1) for test in fits.tests)
    rows = pl.DataFrame({"frequency": [0, 2, 5], "recency": [0, 90, 400], "T": [30, 200, 500]})
    flat = replace(fits, time=NO_SEASON)
    for kind in ("mbg_nbd", "plain_rates"):
        by_clock, by_days = (scored(rows, one, kind, "shop", 90, 0.1) for one in (fits, flat))
        assert by_clock.equals(by_days) == (kind == "plain_rates")


def test_a_wait_ends_on_the_day_that_the_clock_reaches(seasonal: tuple[MemoryQuery, Fits]) -> None:
    _, fits = seasonal
    rows = pl.DataFrame({"frequency": [1, 4], "recency": [100, 390], "T": [120, 400]})
    flat = replace(fits, time=NO_SEASON, recalibrations={})
    told = fits.time.histories(rows, fits.as_of)
    by_days, by_clock = (
        scored(each, one, "mbg_nbd", "shop", 90, 0.1)["wait"].to_numpy() for each, one in ((told, flat), (rows, fits))
    )
    assert fits.time.horizons(fits.as_of, by_clock) == pytest.approx(by_days)


def test_a_life_is_drawn_by_the_clock_of_each_day(seasonal: tuple[MemoryQuery, Fits]) -> None:
    """The naive way: each day scored by itself."""
    query, fits = seasonal
    first = FIRST_DAY + timedelta(days=100)
    days = pl.DataFrame({"frequency": [0, 0, 1, 2], "recency": [0, 0, 40, 300], "T": [0, 20, 100, 350]}).with_columns(
        day=first + pl.duration(days="T"), first_day=pl.lit(first), first_channel=pl.lit(None, dtype=pl.String)
    )
    for kind in ("mbg_nbd", "plain_rates"):
        whole = alive_by_day(days, fits, kind, "shop", 90, first)
        naive = [
            scored(
                days[at : at + 1], fits, kind, "shop", 90, 0.1, as_of=first + timedelta(days=days["T"][at])
            ).to_dicts()[0]
            for at in range(days.height)
        ]
        for name in ("p_alive", "p_no_purchase"):
            assert whole[name].to_list() == pytest.approx([row[name] for row in naive]), (kind, name)
    result = churn.report(query, fits, EVERYBODY)
    most = result.customers.sort("frequency")["customer_id"][-1]
    life = churn.customer(query, fits, result, most)
    assert life.alive["p_alive"][-1] == pytest.approx(life.summary["p_alive"])
    assert life.alive["p_no_purchase"][-1] == pytest.approx(life.summary["p_no_purchase"])


def test_histories_seen_from_an_earlier_day_are_scored_by_the_clock_of_that_day(
    seasonal: tuple[MemoryQuery, Fits],
) -> None:
    query, fits = seasonal
    until = fits.as_of - timedelta(days=182)
    flat = replace(fits, time=NO_SEASON)
    (now, then), (plain_now, plain_then) = (
        [mean_expected(query, one, day) for day in (fits.as_of, until)] for one in (fits, flat)
    )
    assert then / now > 1.5 * plain_then / plain_now, "half a year before, the busy quarter was ahead"


def mean_expected(query: MemoryQuery, fits: Fits, day: date) -> float:
    rows = churn.report(query, fits, CustomerFilters(until=day)).customers
    return float(np.mean(rows["expected_purchases"].to_numpy()))


def test_pages_of_a_shop_with_a_season_hold_what_they_declare(seasonal: tuple[MemoryQuery, Fits]) -> None:
    query, fits = seasonal
    value = lifetime_value.report(query, fits, EVERYBODY)
    for result in (model_check.report(query, fits), value, churn.report(query, fits, EVERYBODY)):
        assert departures(result) == []
    whole = value.segments.filter(segment_kind="all").row(0, named=True)
    assert 0 < whole["low"] < whole["predicted_value"] < whole["high"]


def test_weeks_are_tracked_by_the_clock_known_at_the_split(seasonal: tuple[MemoryQuery, Fits]) -> None:
    """The naive way: each customer's expected purchases by the operational days since the first."""
    query, fits = seasonal
    check = model_check.report(query, fits, "mbg_nbd")
    assert fits.calibration_end is not None
    model, time = fits.calibrated["mbg_nbd"], fits.calibrated_time
    firsts = of_shape("wave").purchases["first", "customer"].unique()["first"]
    known = [
        FIRST_DAY + timedelta(days=day) for day in firsts if FIRST_DAY + timedelta(days=day) <= fits.calibration_end
    ]
    naive = sum(expected_new_customer(model, time.horizon(day, (fits.as_of - day).days)) for day in known)
    assert check.tracking["cumulative_predicted"][-1] == pytest.approx(naive, rel=0.01)
    assert check.histogram["predicted"].sum() == pytest.approx(len(known), rel=1e-6)
    held = check.purchases.select((pl.col("predicted") * pl.col("customers")).sum()).item()
    test = next(test for test in fits.holdout_tests if test.kind == "mbg_nbd")
    assert held == pytest.approx(test.predicted)


def test_fits_with_a_clock_outlive_the_process(tmp_path: Path, seasonal: tuple[MemoryQuery, Fits]) -> None:
    query, fits = seasonal
    version = replace(query.version, path=tmp_path / "versions" / query.version.id)
    version.path.mkdir(parents=True)
    files.write(version, fits)
    assert files.read(version) == fits


def test_the_page_says_whether_the_season_is_used_and_what_it_did(seasonal: tuple[MemoryQuery, Fits]) -> None:
    query, fits = seasonal
    used = model_check.report(query, fits).season
    assert str(used).startswith("Models count by the time of the year and events: seen from 4 days of the past")
    missed = [math.log((one.came + 0.5) / (one.without + 0.5)) for one in fits.season_tests]
    assert f"{100 * np.sqrt(np.mean(np.square(missed))):.1f} % without it" in str(used)
    unproved = season_reason(replace(fits, time=NO_SEASON))
    assert "which is not clearly less" in str(unproved)
    young = season_reason(replace(fits, time=NO_SEASON, season_tests=()))
    assert "about 13 months" in str(young)
    with i18n.speaking("zh_CN"):
        assert all("模型" in str(sentence) for sentence in (used, unproved, young))


def test_days_of_an_event_that_will_come_are_busy_ahead(seasonal: tuple[MemoryQuery, Fits]) -> None:
    """The calendar has the five days of November after as-of."""
    _, fits = seasonal
    november = [date(2023, 11, day) for day in range(1, 14)]
    factors = [fits.time.horizon(day - timedelta(days=1), 1) for day in november]
    assert november[0] > fits.as_of
    assert min(factors[8:]) > 1.5 * factors[0]
