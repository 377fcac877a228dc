"""Fits: truth is found again on the simulated shop, nothing after the split is used before it, bad ground is told."""

import json
import math
import re
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from shopkeeper import i18n
from shopkeeper.engine.duckdb import Engine
from shopkeeper.jobs.buying import files
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import FORMAT, HORIZONS, KIND_NAMES, Fits
from shopkeeper.messages import Message, MessageValue
from shopkeeper.models.buying.calibration import RISK_DAYS, in_units, risk_by_tenth
from shopkeeper.models.buying.model import KINDS, fit
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
    assert [test.kind for test in fits.holdout_tests] == list(KINDS)
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
    assert (rates[60].customers, rates[60].buyers, rates[60].purchases) == (50, 20, 20)
    assert (rates[60].frequency_band, rates[60].inactivity_band) == (0, 2)


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
    assert {rate.days for rate in fits.rates} <= set(HORIZONS)


def numbers(fits: Fits) -> list[float]:
    tests = [asdict(test) for test in fits.holdout_tests]
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


def test_by_weeks_says_the_same_as_by_days(opened: Engine, fits: Fits) -> None:
    weekly = fit_version(opened, unit="week")
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
    tests = [test.refused for test in fits.holdout_tests if test.refused]
    with i18n.speaking("zh_CN"):
        for sentence in (fits.reason, *fits.notes, *tests):
            assert not re.search(r"[a-z]{4,} [a-z]{2,} [a-z]{2,}", str(sentence)), str(sentence)


@pytest.mark.parametrize("name", INSUFFICIENT)
def test_a_reason_that_holds_for_margin_and_revenue_is_said_once(name: str, fitted_ground: FittedGround) -> None:
    _, fits = fitted_ground(name)
    notes = [str(note) for note in fits.notes]
    assert len(notes) == len(set(notes))
    assert sum("came back; a model of their spending" in note for note in notes) <= 1
