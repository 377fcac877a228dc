"""MBG/CNBD-k: MBG/NBD at k = 1, k found again, and what is said of the time ahead against simulated waiting."""

import numpy as np
import polars as pl
import pytest

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.beta_geometric import BetaGeometric
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import fit
from shopkeeper.models.buying.regular import RegularBetaGeometric
from shopkeeper.models.buying.scoring import score
from tests.models.buying import cdnow
from tests.models.buying.shoppers import REGULARITY, TRUTH, simulate

HISTORIES = Histories(np.array([0.0, 3, 3, 10]), np.array([0.0, 20, 20, 60]), np.array([10.0, 24, 40, 64]))
AHEAD = 12.0


def test_without_regularity_it_is_the_modified_bg_nbd() -> None:
    rows = simulate("mbg_nbd", TRUTH["mbg_nbd"], 300, 78, AHEAD, seed=3)
    histories, parameters = Histories.of(rows), TRUTH["mbg_nbd"]
    r, alpha, a, b = parameters
    ours, known = RegularBetaGeometric(1, r, alpha, a, b), BetaGeometric(r, alpha, a, b, 1)
    assert ours.log_likelihood(histories) == pytest.approx(known.log_likelihood(histories), rel=1e-12)
    assert ours.p_alive(histories) == pytest.approx(known.p_alive(histories), rel=1e-12)
    assert ours.expected(histories, AHEAD) == pytest.approx(known.expected(histories, AHEAD), rel=1e-8)
    assert ours.wait(histories, 0.5) == pytest.approx(known.wait(histories, 0.5), rel=5e-3)
    n = rows["holdout"].to_numpy()
    assert ours.log_probability(histories, AHEAD, n) == pytest.approx(
        known.log_probability(histories, AHEAD, n), abs=1e-9
    )


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_regularity_of_simulated_buyers_is_recovered(k: int) -> None:
    rows = simulate("mbg_cnbd", TRUTH["mbg_cnbd"], 4_000, 104, 0, seed=8, k=k).drop("holdout")
    model = fit(rows, "mbg_cnbd", "week")
    assert model.k == k
    for (name, value), (_, error), truth in zip(
        model.parameters, model.standard_errors, TRUTH["mbg_cnbd"], strict=True
    ):
        assert abs(np.log(value / truth)) < 3 * error / value, name
    without = rows.drop("log_times")
    assert fit(without, "mbg_cnbd", "week", warm_start=model).k == k
    with pytest.raises(ValueError, match="log_times"):
        fit(without, "mbg_cnbd", "week")


def test_cdnow_shows_no_regularity() -> None:
    """As BTYDplus says of it (demo/cdnow.R): the best k is 1, so it is MBG/NBD."""
    rows = cdnow.tuples(cdnow.customers().drop("holdout"))
    regular, irregular = fit(rows, "mbg_cnbd", "week"), fit(rows, "mbg_nbd", "week")
    assert regular.k == 1
    assert regular.values == pytest.approx(irregular.values, rel=1e-4)
    assert regular.log_likelihood == pytest.approx(irregular.log_likelihood, rel=1e-9)


def waited(k: int, history: int, draws: int = 300_000) -> dict[str, float]:
    """What simulated customers with this history do next, each weighed by how likely the history was for them."""
    x, recency, age = (float(part[history]) for part in (HISTORIES.frequency, HISTORIES.recency, HISTORIES.T))
    r, alpha, a, b = TRUTH["mbg_cnbd"]
    random = np.random.default_rng(history)
    rate = random.gamma(r + k * x, 1 / (alpha + recency), draws)
    leaves = random.beta(a, b + x, draws)
    first = np.sum([random.exponential(1 / rate) for _ in range(k)], axis=0)
    gone = random.random(draws) < leaves
    fits = gone | (first > age - recency)
    now, bought = first - (age - recency), np.zeros(draws)
    going = ~gone & (now <= AHEAD)
    while going.any():
        bought += going
        going &= random.random(draws) >= leaves
        now += random.gamma(k, 1 / rate)
        going &= now <= AHEAD
    alive: Floats = first[fits & ~gone] - (age - recency)
    n = bought[fits]
    return {
        "alive": float((~gone)[fits].mean()),
        "none": float((n == 0).mean()),
        "two": float((n == 2).mean()),
        "mean": float(n.mean()),
        "factorial": float((n * (n - 1)).mean()),
        "wait": float(np.median(alive)),
    }


@pytest.mark.parametrize("history", range(4))
def test_what_is_said_of_the_time_ahead_is_what_waiting_customers_do(history: int) -> None:
    model = RegularBetaGeometric(REGULARITY, *TRUTH["mbg_cnbd"])
    one, simulated = HISTORIES[history : history + 1], waited(REGULARITY, history)
    said = {
        "alive": model.p_alive(one)[0],
        "none": np.exp(model.log_likelihood(one.later(AHEAD)) - model.log_likelihood(one))[0],
        "two": np.exp(model.log_probability(one, AHEAD, np.array([2])))[0],
        "mean": model.expected(one, AHEAD)[0],
        "factorial": (model.factorial_if_alive(one, AHEAD) * model.p_alive(one))[0],
        "wait": model.wait(one, 0.5)[0],
    }
    assert said == pytest.approx(simulated, rel=0.04, abs=0.004)


def test_a_regular_customer_is_soon_due_and_soon_late() -> None:
    """Twelve purchases, one every ten days: likelier to buy soon after nine silent days than after one or after 40."""
    model = fit(simulate("mbg_cnbd", TRUTH["mbg_cnbd"], 4_000, 104, 0, seed=8, k=4).drop("holdout"), "mbg_cnbd", "week")
    rows = pl.DataFrame({"frequency": 12, "recency": 120.0 / 7, "T": [121.0 / 7, 129.0 / 7, 160.0 / 7], "customers": 1})
    fresh, due, late = score(model, rows, 1.0)["p_no_purchase"]
    assert due < fresh < late
