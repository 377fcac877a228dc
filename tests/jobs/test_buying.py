"""Fits: truth is found again on the simulated shop, nothing after the split is used before it, bad ground is told."""

import json
import math
import re
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shopkeeper import i18n
from shopkeeper.engine.duckdb import Engine
from shopkeeper.jobs.buying import files
from shopkeeper.jobs.buying.contest import cutoffs_of
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import FORMAT, KIND_NAMES, RULE_HORIZONS, Fits
from shopkeeper.messages import Message, MessageValue
from shopkeeper.models.buying.calibration import RISK_DAYS, in_units, risk_by_tenth
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import KINDS, fit
from shopkeeper.models.buying.rules import RULES, Rule
from shopkeeper.progress import Cancelled, Progress
from tests.paths import SAMPLE
from tests.shops.fitted import FittedGround, bought, insufficient_histories, living_shop
from tests.shops.in_memory import shop

INSUFFICIENT = insufficient_histories()


def histories_in_truth() -> pl.DataFrame:
    """Frequency, recency and T of the sample's irregular buyers as they are, each account under its person.

    In days of the season's clock, by which the law holds; who left because of a stock-out or of distance is as one not
    observed since, and what a campaign brought is no purchase of the law.
    """
    irregular = pl.read_parquet(SAMPLE / "truth" / "persons.parquet").filter(kind="irregular")
    persons = (
        pl.read_parquet(SAMPLE / "truth" / "accounts.parquet")
        .select("account_id", person="customer_id")
        .join(irregular.select("lost_on", person="customer_id"), on="person")
    )
    brought = pl.read_parquet(SAMPLE / "truth" / "campaign_purchases.parquet").select("day", person="customer_id")
    factors = pl.read_parquet(SAMPLE / "truth" / "day_factors.parquet")
    clock = factors.select("day", clock=pl.col("buying_season").cum_sum())
    end = float(factors["buying_season"].sum())
    lines = pl.read_parquet(SAMPLE / "order_lines" / "*.parquet").filter(status="sale")
    days = (
        lines.select(account_id=pl.coalesce("account_id", "customer_id"), day=pl.col("ordered_at").dt.date())
        .join(persons, on="account_id")
        .join(brought, on=["person", "day"], how="anti")
        .join(clock, on="day")
        .join(clock.rename({"day": "lost_on", "clock": "left"}), on="lost_on", how="left")
        .group_by("person")
        .agg(
            frequency=pl.col("day").n_unique() - 1,
            first=pl.col("clock").min(),
            last=pl.col("clock").max(),
            left=pl.col("left").first().fill_null(end),
        )
    )
    histories = (
        days.select(
            pl.col("frequency").cast(pl.Int32),
            recency=(pl.col("last") - pl.col("first")).round().clip((pl.col("frequency") > 0).cast(pl.Float64)),
            T=(pl.col("left") - pl.col("first")).round(),
        )
        .select("frequency", pl.col("recency", "T").cast(pl.Int32))
        .with_columns(T=pl.max_horizontal("recency", "T"))
    )
    return histories.group_by("frequency", "recency", "T").agg(customers=pl.len().cast(pl.Int64)).sort(pl.all())


def test_the_truth_of_the_simulated_shop_lies_inside_the_intervals(fits: Fits) -> None:
    """Of persons as they are: with accounts that no key links, some of them count twice."""
    truth = json.loads((SAMPLE / "truth" / "parameters.json").read_text(encoding="utf-8"))["purchasing"]
    model = fit(in_units(histories_in_truth(), fits.unit), "bg_nbd", fits.unit)
    errors = dict(model.standard_errors)
    for name, value in model.parameters:
        assert abs(value - truth[name]) <= 1.96 * errors[name], name


def test_the_model_that_made_the_shop_wins_the_holdout(fits: Fits) -> None:
    assert fits.chosen == "bg_nbd"
    assert [test.kind for test in fits.holdout_tests] == [*KINDS, *RULES]
    assert fits.standings[0].kind == "bg_nbd"
    assert not fits.standings[1].tied
    best = max(fits.holdout_tests, key=lambda test: test.log_likelihood or -math.inf)
    assert best.kind == fits.chosen
    assert KIND_NAMES["bg_nbd"] in str(fits.reason)


def test_predicted_risk_is_within_three_points_of_what_happened_in_every_tenth(opened: Engine, fits: Fits) -> None:
    assert fits.chosen is not None
    assert fits.calibration_end is not None
    held = in_units(
        opened(
            "customers/model_check/holdout", calibration_end=fits.calibration_end, as_of=fits.as_of, risk_days=RISK_DAYS
        ),
        fits.unit,
    )  # fmt: skip
    tenths = risk_by_tenth(fits.calibrated[fits.chosen], held)
    assert tenths.height == 10
    assert (tenths["customers"] >= 500).all()
    assert (tenths["predicted"] - tenths["happened"]).abs().max() <= 0.03  # type: ignore[operator]


def test_a_fit_up_to_the_split_knows_nothing_of_what_came_after() -> None:
    lines = living_shop()
    early = [row for row in lines if row["ordered_at"].date() < bought("x", 267)[0]["ordered_at"].date()]
    as_of = bought("x", 399)[0]["ordered_at"].date()
    one, other = (fit_version(shop(rows, as_of=as_of)) for rows in (lines, early))
    assert one.calibration_end == other.calibration_end
    assert one.calibrated == other.calibrated
    assert one.calibrated
    assert one.models != other.models


def test_fits_outlive_the_process_as_json(tmp_path: Path, opened: Engine) -> None:
    fits, version = fit_version(shop(living_shop())), opened.version
    elsewhere = replace(version, path=tmp_path / "versions" / version.id)
    assert files.read(elsewhere) is None
    elsewhere.path.mkdir(parents=True)
    files.write(elsewhere, fits)
    assert files.read(elsewhere) == fits
    assert [file.name for file in (tmp_path / "fits").iterdir()] == [f"{version.id}.json"]
    text = files.path_of(elsewhere).read_text(encoding="utf-8")
    files.path_of(elsewhere).write_text(text.replace(f'"format": {FORMAT}', '"format": 0'), encoding="utf-8")
    assert files.read(elsewhere) is None
    assert files.prune(tmp_path) == []
    elsewhere.path.rmdir()
    assert files.prune(tmp_path) == [version.id]
    assert not list((tmp_path / "fits").iterdir())


def test_plain_rates_count_customers_alike() -> None:
    lines = [row for n in range(50) for row in bought(f"c{n}", 100, *([190] if n < 20 else []))]
    query = shop(lines, as_of=bought("x", 219)[0]["ordered_at"].date())
    rates = {rate.days: rate for rate in fit_version(query).rates}
    assert set(rates) == {30, 60}, "the shop is 120 days old"
    assert rates[60].customers == 50
    once = Histories(np.zeros(1), np.zeros(1), np.full(1, 59.0))
    told = Rule("plain_rates", (rates[60],)).told(once, 60)
    assert 1 - told.none[0] == pytest.approx(20 / 50, abs=0.02)
    assert told.expected[0] == pytest.approx(20 / 50, abs=0.03)


def test_a_fit_can_be_called_off() -> None:
    with pytest.raises(Cancelled):
        fit_version(shop(bought("ann", 0, 300)), Progress(cancelled=lambda: True))


def test_progress_names_its_steps_and_ends_at_the_whole() -> None:
    steps: list[tuple[str, float]] = []
    fit_version(shop(bought("ann", 0, 300)), Progress(lambda step, share: steps.append((step, share))))
    shares = [share for _, share in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("name", INSUFFICIENT)
def test_bad_ground_gets_a_sentence_and_no_nan(name: str, fitted_ground: FittedGround) -> None:
    _, fits = fitted_ground(name)
    assert str(fits.reason).endswith(".")
    assert "{" not in str(fits.reason)
    for note in fits.notes:
        assert "{" not in str(note)
    if fits.chosen is None:
        assert "plain rate" in str(fits.reason)
    for number in numbers(fits):
        assert math.isfinite(number)
    assert {rate.days for rate in fits.rates} <= set(RULE_HORIZONS)


def numbers(fits: Fits) -> list[float]:
    tests = [*map(asdict, fits.tests), *map(asdict, fits.standings)]
    result = [value for test in tests for value in test.values() if isinstance(value, float)]
    for model in (*fits.models.values(), *fits.calibrated.values()):
        result += [value for _, value in (*model.parameters, *model.standard_errors)]
    return [*result, *fits.means.values()]


def test_a_shop_too_young_says_what_it_needs(fitted_ground: FittedGround) -> None:
    _, fits = fitted_ground("three weeks")
    assert fits.chosen is None
    assert not fits.holdout_tests
    assert "180" in str(fits.reason)
    assert "21 days" in str(fits.reason)


def test_by_weeks_says_the_same_as_by_days() -> None:
    query = shop(living_shop())
    fits, weekly = fit_version(query), fit_version(query, unit="week")
    assert weekly.chosen == fits.chosen
    ratio = dict(fits.models["bg_nbd"].parameters)["alpha"] / dict(weekly.models["bg_nbd"].parameters)["alpha"]
    assert ratio == pytest.approx(7, rel=1e-3)


def test_segments_have_fits_of_their_own(opened: Engine, fits: Fits) -> None:
    channels = opened("jobs/buying/tuples", by="channel")
    sizes = channels.group_by("segment").agg(pl.col("customers").sum())
    assert set(fits.segments["channel"]) == set(sizes["segment"])
    for segment, customers in sizes.iter_rows():
        assert fits.segments["channel"][segment].customers == customers
    assert set(fits.segments["cohort"]) == {"2023", "2024", "2025", "2026"}


def test_the_split_holds_out_the_last_third(opened: Engine, fits: Fits) -> None:
    days = (fits.as_of - opened.version.first_day).days + 1
    assert fits.calibration_end == fits.as_of - timedelta(days=days // 3)


def test_days_and_numbers_are_told_as_the_reader_writes_them() -> None:
    values: dict[str, MessageValue] = {
        "day": "2025-06-30",
        "n": 1234567,
        "x": -1234.5,
        "why": Message("{v}", {"v": Message("margin")}),
    }
    message = Message("{day}|{n}|{x}|{why}", values)
    assert str(message) == "Jun 30, 2025|1,234,567|-1,234.5|margin"
    with i18n.speaking("zh_CN"):
        assert str(message) == "2025年6月30日|1,234,567|-1,234.5|毛利"


@pytest.mark.parametrize("name", INSUFFICIENT)
def test_every_sentence_is_told_whole_in_chinese(name: str, fitted_ground: FittedGround) -> None:
    _, fits = fitted_ground(name)
    tests = [test.refused for test in fits.tests if test.refused]
    with i18n.speaking("zh_CN"):
        for sentence in (fits.reason, *fits.notes, *tests):
            assert not re.search(r"[a-z]{4,} [a-z]{2,} [a-z]{2,}", str(sentence)), str(sentence)


@pytest.mark.parametrize("name", INSUFFICIENT)
def test_a_reason_that_holds_for_margin_and_revenue_is_said_once(name: str, fitted_ground: FittedGround) -> None:
    _, fits = fitted_ground(name)
    notes = [str(note) for note in fits.notes]
    assert len(notes) == len(set(notes))
    assert sum("came back; a model of their spending" in note for note in notes) <= 1


def test_histories_up_to_a_cutoff_are_those_that_a_reader_counts(opened: Engine) -> None:
    """By hand: ann bought on days 0, 10, 40, then 60 and 75; ben on day 5 only; the cutoff is day 50."""
    query = shop([*bought("ann", 0, 10, 40, 60, 75), *bought("ben", 5), *bought("eve", 55)])
    day = bought("x", 50)[0]["ordered_at"].date()
    rows = query("jobs/buying/holdout", cutoff=day, days=20, one_in=1).to_dicts()
    assert [
        [row[name] for name in ("frequency", "recency", "T", "holdout", "next_days", "customers")] for row in rows
    ] == [
        [0, 0, 45, 0, None, 1],
        [2, 40, 50, 1, 10, 1],
    ]
    assert [row["log_times"] for row in rows] == pytest.approx([0.0, math.log(10) + math.log(30)])
    whole = query("jobs/buying/histories", cutoff=bought("x", 80)[0]["ordered_at"].date()).to_dicts()
    assert [[row[name] for name in ("frequency", "recency", "T")] for row in whole] == [
        [0, 0, 25],
        [0, 0, 75],
        [4, 75, 80],
    ]
    assert whole[2]["log_times"] == pytest.approx(math.log(10 * 30 * 20 * 15))
    mart = opened("jobs/buying/tuples", by="shop").select("frequency", "recency", "T", "customers")
    ours = opened("jobs/buying/histories", cutoff=opened.version.as_of).select(mart.columns)
    assert ours.sort(ours.columns).rows() == mart.sort(mart.columns).rows()


def test_cutoffs_are_the_split_and_others_every_ninety_days() -> None:
    first, last = date(2024, 1, 1), date(2025, 12, 30)
    assert [(last - cutoff.day).days for cutoff in cutoffs_of(first, last)] == [360, 243, 180, 90]
    assert all(cutoff.days == (last - cutoff.day).days for cutoff in cutoffs_of(first, last))
    assert [(date(2024, 6, 28) - cutoff.day).days for cutoff in cutoffs_of(first, date(2024, 6, 28))] == [90]
    assert cutoffs_of(first, date(2024, 6, 27)) == ()


def test_a_later_day_changes_no_test_of_an_earlier_one() -> None:
    """What is known at a cutoff is made of the days before it alone."""
    lines = living_shop()
    as_of = bought("x", 399)[0]["ordered_at"].date()
    one = fit_version(shop(lines, as_of=as_of))
    later = [row for row in lines if row["ordered_at"].date() > one.tests[-1].cutoff]
    changed = [row for row in lines if row not in later] + [row for row in later if row["customer_id"] < "c150"]
    other = fit_version(shop(changed, as_of=as_of))
    assert any(test.predicted is not None for test in one.tests)
    for before, after in zip(one.tests, other.tests, strict=True):
        assert before.refused == after.refused
        if before.predicted is not None:
            assert after.predicted == pytest.approx(before.predicted, rel=1e-6), before.kind
            assert after.came != before.came
