"""The interval of a segment's sum: simulated customers go on buying, and their sums lie in it as often as it says."""

import numpy as np
import polars as pl
import pytest

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.model import BuyingModel, ParametricKind
from shopkeeper.models.buying.scoring import factorial_moment, score
from shopkeeper.models.buying.spend import SpendModel, expected_average
from shopkeeper.models.buying.value import discounted_purchases, sum_interval, value_variance
from tests.models.buying.formulas import probability_of_count

PARAMETERS: dict[ParametricKind, tuple[tuple[str, float], ...]] = {
    "bg_nbd": (("r", 0.7), ("alpha", 40.0), ("a", 0.8), ("b", 2.5)),
    "mbg_nbd": (("r", 0.7), ("alpha", 40.0), ("a", 0.8), ("b", 2.5)),
    "pareto_nbd": (("r", 0.7), ("alpha", 40.0), ("s", 0.6), ("beta", 80.0)),
}
NOTHING_OPEN = ((0.0,) * 4,) * 4
SPEND = SpendModel((("p", 6.0), ("q", 4.0), ("v", 60.0)), ((0.0,) * 3,) * 3, (), 0.0, 0, 0.0)
SEEN, AHEAD, DISCOUNT = 300, 365, 0.1


def model(kind: ParametricKind) -> BuyingModel:
    return BuyingModel(kind, "day", PARAMETERS[kind], NOTHING_OPEN, (), 0.0, 1)


def simulated(kind: ParametricKind, customers: int, random: np.random.Generator) -> pl.DataFrame:
    """Histories of up to SEEN days, and `realised`: what each brings in AHEAD days after, discounted by the day."""
    r, alpha, third, fourth = (value for _, value in PARAMETERS[kind])
    rate = random.gamma(r, 1 / alpha, customers)
    age = random.integers(30, SEEN, customers).astype(float)
    mean_rate = random.gamma(SPEND.values[1], 1 / SPEND.values[2], customers)
    if kind == "pareto_nbd":
        leaves, chance = random.exponential(1 / random.gamma(third, 1 / fourth, customers)), np.zeros(customers)
    else:
        leaves, chance = np.full(customers, np.inf), random.beta(third, fourth, customers)
        if kind == "mbg_nbd":
            leaves = np.where(random.random(customers) < chance, 0.0, leaves)
    rows: dict[str, Floats] = {name: np.zeros(customers) for name in ("frequency", "recency", "spent", "realised")}
    now, going = np.zeros(customers), np.ones(customers, dtype=bool)
    while going.any():
        now = now + random.exponential(1 / rate)
        going &= (now <= leaves) & (now <= age + AHEAD)
        worth = random.gamma(SPEND.values[0], 1 / mean_rate)
        before, after = going & (now <= age), going & (now > age)
        rows["frequency"] += before
        rows["recency"] = np.where(before, now, rows["recency"])
        rows["spent"] += np.where(before, worth, 0.0)
        rows["realised"] += np.where(after, worth * (1 + DISCOUNT) ** (-(now - age) / 365.25), 0.0)
        going &= random.random(customers) >= chance
    monetary_value = np.divide(rows["spent"], rows["frequency"], out=np.zeros(customers), where=rows["frequency"] > 0)
    return pl.DataFrame({**rows, "T": age, "monetary_value": monetary_value}).with_columns(customers=1)


def predicted(kind: ParametricKind, rows: pl.DataFrame) -> pl.DataFrame:
    """`value, variance, nothing` of each customer, from the true parameters."""
    buying = model(kind)
    expected = rows.with_columns(
        *score(buying, rows, AHEAD).select("p_no_purchase", "expected_purchases").get_columns(),
        discounted_purchases(buying, rows, AHEAD, DISCOUNT).alias("discounted"),
        factorial_moment(buying, rows, AHEAD).alias("factorial"),
    )
    each = expected_average(SPEND, rows["frequency"], rows["monetary_value"])
    return expected.with_columns(value=pl.col("discounted") * each, variance=value_variance(SPEND, expected))


@pytest.mark.parametrize("kind", list(PARAMETERS))
@pytest.mark.parametrize(("size", "segments"), [(1, 4000), (5, 1500), (50, 400), (1000, 100)])
def test_the_interval_holds_what_simulated_segments_then_bring(kind: ParametricKind, size: int, segments: int) -> None:
    rows = predicted(kind, simulated(kind, size * segments, np.random.default_rng(11)))
    sums = (
        rows.with_columns(segment=pl.int_range(pl.len()) // size)
        .group_by("segment")
        .agg(pl.sum("value", "variance", "realised"), nothing=pl.col("p_no_purchase").log().sum().exp())
    )
    low, high = sum_interval(sums["value"], sums["variance"], sums["nothing"])
    held = ((sums["realised"] >= low) & (sums["realised"] <= high)).mean()

    assert 0.90 <= held <= 0.99  # type: ignore[operator]


@pytest.mark.parametrize("kind", list(PARAMETERS))
def test_the_second_moment_is_that_of_the_probabilities(kind: ParametricKind) -> None:
    histories = pl.DataFrame(
        {"frequency": [0, 1, 5, 0], "recency": [0.0, 20.0, 200.0, 0.0], "T": [1.0, 200.0, 210.0, 90.0], "customers": 1}
    )
    counts = np.arange(300)
    for horizon in (30, 365):
        moments = factorial_moment(model(kind), histories, horizon)
        for row, moment in enumerate(moments):
            same = pl.concat([histories[row]] * counts.size)
            chances = probability_of_count(model(kind), same, horizon, counts.tolist())
            assert moment == pytest.approx(float(counts * (counts - 1) @ chances), rel=5e-3)


def test_the_interval_of_nothing_is_nothing_and_of_many_is_normal() -> None:
    one = pl.Series([0.0, 100.0, 1e6]), pl.Series([0.0, 25.0, 1e8]), pl.Series([1.0, 0.0, 0.0])
    low, high = sum_interval(*one)
    assert (low[0], high[0]) == (0.0, 0.0)
    assert (low[1], high[1]) == (pytest.approx(90.4, abs=0.3), pytest.approx(110.0, abs=0.3))
    assert (low[2], high[2]) == (pytest.approx(980_465, rel=1e-3), pytest.approx(1_019_664, rel=1e-3))
