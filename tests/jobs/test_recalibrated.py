"""What past cutoffs showed sets scores right, and leaves horizons and P(alive) in agreement."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from shopkeeper.engine.duckdb import Engine
from shopkeeper.jobs.buying.recalibrated import recalibrated, recalibration_of
from shopkeeper.jobs.buying.result import HORIZONS, Fits
from shopkeeper.jobs.buying.scores import scored
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.recalibration import Recalibration, compared, recalibrate

HISTORIES = pl.DataFrame({"frequency": [0, 1, 4], "recency": [0.0, 50.0, 200.0], "T": [100.0, 200.0, 250.0]})


def told(days: int) -> tuple[Floats, Floats]:
    """A tenth of a purchase in 30 days for everybody, as a Poisson process."""
    expected = np.full(3, days / 300)
    return np.exp(-expected), expected


def scores(days: int) -> pl.DataFrame:
    none, expected = told(days)
    return HISTORIES.with_columns(
        p_no_purchase=pl.Series(none), expected_purchases=pl.Series(expected), p_alive=pl.lit(0.01),
        discounted=pl.Series(expected), factorial=pl.Series(expected**2),
    )  # fmt: skip


def twice_as_many(*horizons: int) -> Recalibration:
    """Past cutoffs at which twice as many purchases came as a model had said, again and again."""
    tests = []
    for days in horizons:
        none, expected = told(days)
        outcomes = scores(days).with_columns(
            customers=pl.lit(100_000), purchases=pl.Series(2e5 * expected), buyers=pl.Series(1e5 * (1 - none**2))
        )
        tests += [compared(outcomes, days, days_ago) for days_ago in (180, 360, 540, 720)]
    return recalibrate(tests)


def test_purchases_and_what_counts_them_follow_what_came() -> None:
    rows = recalibrated(scores(90), twice_as_many(30, 90), 90, told)
    ratio = rows["expected_purchases"] / rows["expected_before"]
    assert ratio.is_between(1.7, 2.1).all()
    assert (rows["discounted"] / scores(90)["discounted"]).to_list() == pytest.approx(ratio.to_list())
    assert (rows["factorial"] / scores(90)["factorial"]).to_list() == pytest.approx((ratio**2).to_list())
    assert (rows["p_no_purchase"] < scores(90)["p_no_purchase"]).all()


def test_who_is_likely_to_buy_is_likely_to_be_a_customer() -> None:
    rows = recalibrated(scores(90), twice_as_many(30, 90), 90, told)
    assert (rows["p_alive"] >= 1 - rows["p_no_purchase"]).all()


def test_beyond_what_was_tested_the_model_speaks_for_itself() -> None:
    assert recalibrated(scores(365), twice_as_many(30, 90), 365, told).drop("expected_before").equals(scores(365))
    assert recalibrated(scores(90), Recalibration(), 90, told).drop("expected_before").equals(scores(90))


def test_a_longer_horizon_leaves_no_more_risk_and_no_fewer_purchases(opened: Engine, fits: Fits) -> None:
    histories = opened("jobs/buying/tuples", by="shop")
    for kind in fits.recalibrations:
        assert recalibration_of(fits, kind).horizons
        told_over = [scored(histories, fits, kind, "shop", days, 0.1) for days in HORIZONS]
        for shorter, longer in pairwise(told_over):
            assert (longer["p_no_purchase"] <= shorter["p_no_purchase"] + 1e-12).all()
            assert (longer["expected_purchases"] >= shorter["expected_purchases"] - 1e-12).all()


def test_what_sets_scores_right_is_kept_with_the_fits(opened: Engine, fits: Fits) -> None:
    assert fits.chosen is not None
    histories = opened("jobs/buying/tuples", by="shop").head(50)
    right, raw = (
        scored(histories, each, fits.chosen, "shop", 90, 0.1) for each in (fits, replace(fits, recalibrations={}))
    )
    assert right["expected_before"].to_list() == raw["expected_purchases"].to_list()
    assert right["expected_purchases"].to_list() != raw["expected_purchases"].to_list()
