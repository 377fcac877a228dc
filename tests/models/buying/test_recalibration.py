"""A model that is wrong about its shop is set right by past cutoffs: against simulated customers of known truth."""

import json
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.model import BuyingModel
from shopkeeper.models.buying.recalibration import (
    NEAREST,
    Bin,
    CutoffTest,
    Recalibration,
    compared,
    cutoff_test,
    recalibrate,
)
from shopkeeper.models.buying.scoring import score
from tests.models.buying.shoppers import TRUTH, simulate

WEEKS, DAYS = 13, 91


def wrong_model() -> BuyingModel:
    """Fitted, it seems, by somebody who took customers for twice as quick to buy, and three times as quick to leave."""
    r, alpha, a, b = TRUTH["mbg_nbd"]
    pairs = (("r", r), ("alpha", alpha / 2), ("a", 3 * a), ("b", b))
    return BuyingModel("mbg_nbd", "week", pairs, ((0.0,) * 4,) * 4, pairs, 0.0, 0)


@cache
def outcomes(seed: int, customers: int = 10_000) -> pl.DataFrame:
    rows = simulate("mbg_nbd", TRUTH["mbg_nbd"], customers, 78, WEEKS, seed=seed)
    return rows.with_columns(buyers=(pl.col("holdout") > 0).cast(pl.Int64), purchases=pl.col("holdout"))


@cache
def from_the_past() -> Recalibration:
    model = wrong_model()
    return recalibrate([cutoff_test(model, outcomes(ago), DAYS, ago) for ago in (91, 182, 273, 364, 455)])


def scored(rows: pl.DataFrame) -> pl.DataFrame:
    return score(wrong_model(), rows, WEEKS)


def tenths(scores: pl.DataFrame, by: str, actual: pl.Expr) -> Floats:
    """Predicted and actual by tenth in the order of a prediction."""
    ordered = scores.sort(by).with_columns(tenth=pl.int_range(pl.len()) * 10 // pl.len())
    means = ordered.group_by("tenth", maintain_order=True).agg(pl.col(by).mean(), actual=actual.mean())
    return means.select(by, "actual").to_numpy()


def test_customers_that_did_not_fit_it_come_as_they_were_said_to() -> None:
    fresh = scored(outcomes(1))
    right = from_the_past().apply(fresh, DAYS)
    silent, bought = 1 - pl.col("buyers"), pl.col("purchases")
    before, after = (tenths(scores, "p_no_purchase", silent) for scores in (fresh, right))
    assert np.abs(np.diff(before)).max() > 0.1
    # 1,000 customers a tenth: three standard errors of a share near one half.
    assert np.abs(np.diff(after)).max() < 0.047
    assert right["expected_purchases"].sum() == pytest.approx(fresh["purchases"].sum(), rel=0.03)
    for segment in (pl.col("frequency") == 0, pl.col("frequency") > 0):
        part = right.filter(segment)
        came = float(part["purchases"].to_numpy().sum())
        assert part["expected_purchases"].sum() == pytest.approx(came, abs=3 * (1.5 * came) ** 0.5)
    counts = tenths(right, "expected_purchases", bought)
    assert counts[:, 0] == pytest.approx(counts[:, 1], rel=0.15, abs=0.02)


def test_a_model_that_is_right_is_left_as_it_is() -> None:
    pairs = tuple(zip(("r", "alpha", "a", "b"), TRUTH["mbg_nbd"], strict=True))
    model = BuyingModel("mbg_nbd", "week", pairs, ((0.0,) * 4,) * 4, pairs, 0.0, 0)
    rows = outcomes(3)
    one = recalibrate([cutoff_test(model, rows, DAYS, ago) for ago in (91, 182)])
    before = score(model, rows, WEEKS)
    after = one.apply(before, DAYS)
    assert (after["p_no_purchase"] - before["p_no_purchase"]).abs().max() < 0.03  # type: ignore[operator]
    assert after["expected_purchases"].sum() == pytest.approx(before["expected_purchases"].sum(), rel=0.03)


def test_one_time_buyers_are_set_right_by_themselves() -> None:
    """Half as many of them come as was said, at every cutoff; of the others as many as was said."""
    told = {"customers": [4_000, 4_000, 2_000, 2_000], "frequency": [0, 0, 1, 4], "p_no_purchase": [0.8, 0.7, 0.7, 0.4]}
    scores = pl.DataFrame(told).with_columns(
        expected_purchases=1.2 * (1 - pl.col("p_no_purchase")),
        factorial=pl.lit(0.2),
        came=pl.when(pl.col("frequency") == 0).then(0.5).otherwise(1.0) * (1 - pl.col("p_no_purchase")),
    )
    scores = scores.with_columns(
        buyers=(pl.col("customers") * pl.col("came")).round().cast(pl.Int64),
        purchases=(pl.col("customers") * pl.col("came") * 1.2).round().cast(pl.Int64),
    )
    right = recalibrate([compared(scores, 30, ago) for ago in range(30, 400, 30)]).apply(scores, 30)
    assert (1 - right["p_no_purchase"]).to_list() == pytest.approx(scores["came"].to_list(), abs=0.02)
    assert right["expected_purchases"].to_list() == pytest.approx((scores["came"] * 1.2).to_list(), abs=0.025)


def test_without_a_past_nothing_is_changed_but_much_is_open() -> None:
    rows = scored(outcomes(2, 200))
    assert Recalibration().apply(rows, DAYS).equals(rows)
    assert Recalibration().at(DAYS).purchases.shift.deviation > from_the_past().at(DAYS).purchases.shift.deviation


def test_nobody_is_certain_and_nobody_buys_less_often_than_at_all() -> None:
    rows = pl.DataFrame(
        {"frequency": [0, 3, 3], "p_no_purchase": [1.0, 0.0, 0.4], "expected_purchases": [0.0, 1e-9, 0.001]}
    )
    right = from_the_past().apply(rows, DAYS)
    assert right["p_no_purchase"].is_between(NEAREST, 1 - NEAREST).all()
    assert (right["expected_purchases"] >= 1 - right["p_no_purchase"]).all()


def test_a_horizon_that_has_not_closed_tests_nothing() -> None:
    with pytest.raises(ValueError, match="has not closed"):
        cutoff_test(wrong_model(), outcomes(1, 50), DAYS, DAYS - 1)


def test_a_few_customers_hardly_move_it() -> None:
    """12 customers who were nearly all said to be gone, and of whom every third came."""
    scores = pl.DataFrame(
        {"frequency": 1, "customers": 12, "p_no_purchase": 0.9, "expected_purchases": 0.1, "factorial": 0.01}
        | {"buyers": 4, "purchases": 4}
    )
    few = recalibrate([compared(scores, 30, 30)]).at(30)
    many = recalibrate([compared(scores.with_columns(pl.col("customers", "buyers", "purchases") * 100), 30, 30)]).at(30)
    came = np.log(2) - np.log(9)
    assert came * 0.3 < few.risk.shift.mean < 0
    assert came < many.risk.shift.mean < came * 0.5
    assert 0.1 < few.expected_purchases(np.array([0.1]), np.array([1.0]))[0] < 0.2


def test_bins_keep_all_customers_and_one_time_buyers_apart() -> None:
    test = cutoff_test(wrong_model(), outcomes(1, 500), DAYS, 91)
    rows = outcomes(1, 500)
    once = rows.filter(pl.col("frequency") == 0)
    assert sum(each.exposure for each in test.risk if each.one_time) == once.height
    assert sum(each.actual for each in test.risk) == rows.height - rows["buyers"].sum()
    assert sum(each.actual for each in test.purchases) == rows["purchases"].sum()
    assert len(test.risk) <= 40


def test_it_comes_back_from_json_as_it_was() -> None:
    one = from_the_past()
    assert Recalibration.from_json(json.loads(json.dumps(one.as_json()))) == one


def test_horizons_between_the_tested_ones_lie_between_them() -> None:
    model, rows = wrong_model(), outcomes(5, 3_000)
    both = recalibrate([cutoff_test(model, rows, days, 200) for days in (60, 180)])
    ends = sorted(both.at(days).risk.shift.mean for days in (60, 180))
    assert ends[0] <= both.at(90).risk.shift.mean <= ends[1]
    assert both.at(365).risk.shift.deviation > both.at(180).risk.shift.deviation


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.booleans(), st.floats(-8, 8), st.integers(1, 500), st.floats(0, 1)), min_size=1, max_size=8)
)
def test_whatever_came_the_order_within_a_kind_of_customer_stays(rows: list[tuple[bool, float, int, float]]) -> None:
    bins = tuple(Bin(once, odds, n, round(n * share)) for once, odds, n, share in rows)
    purchases = tuple(Bin(once, -abs(odds), n, round(n * share)) for once, odds, n, share in rows)
    one = recalibrate([CutoffTest(90, 30, bins, purchases, 1.0)]).at(30)
    p = np.linspace(0, 1, 50)
    for frequency in (0.0, 2.0):
        new = one.p_no_purchase(p, np.full(50, frequency))
        assert (np.diff(new) >= 0).all()
        assert ((new > 0) & (new < 1)).all()
        assert (one.expected_purchases(p, np.full(50, frequency)) > 0).all()
