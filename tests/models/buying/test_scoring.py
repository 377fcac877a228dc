"""What the models say, against `lifetimes`, against what simulated customers then did, and at the edges."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad  # type: ignore[import-untyped]

from shopkeeper.models.buying import fitting
from shopkeeper.models.buying.beta_geometric import BetaGeometric
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import KINDS, PARAMETERS, ParametricKind, formulas
from shopkeeper.models.buying.pareto import Pareto
from shopkeeper.models.buying.scoring import (
    expected_new_customer,
    holdout_log_likelihood,
    next_purchase_quantile,
    probability_of_n,
    score,
)
from tests.models.buying.formulas import probability_of_count
from tests.models.buying.shoppers import TRUTH, simulate, true_model

HORIZON = 12.0


@pytest.mark.parametrize("kind", KINDS)
def test_risk_is_what_then_happens(kind: ParametricKind) -> None:
    """60,000 customers of known truth: every decile of risk within 2 points, counts and their spread as foretold."""
    rows = simulate(kind, TRUTH[kind], 60_000, 78, HORIZON, seed=11)
    scored = score(true_model(kind), rows, HORIZON)
    deciles = (
        scored.with_columns(silent=pl.col("holdout") == 0, place=pl.col("p_no_purchase").rank("ordinal") * 10 // 60_001)
        .group_by("place")
        .agg(pl.col("silent", "p_no_purchase", "holdout", "expected_purchases").mean())
    )
    assert (deciles["silent"] - deciles["p_no_purchase"]).abs().max() < 0.02  # type: ignore[operator]
    assert deciles["holdout"].to_numpy() == pytest.approx(deciles["expected_purchases"].to_numpy(), rel=0.1, abs=0.015)
    for n in range(4):
        foretold = probability_of_count(true_model(kind), rows, HORIZON, [n] * rows.height).mean()
        assert foretold == pytest.approx((rows["holdout"] == n).mean(), abs=0.004)
    truth = holdout_log_likelihood(true_model(kind), rows, HORIZON)
    for wrong in (0.6, 1.6):
        r, alpha, *dropout = TRUTH[kind]
        assert truth > holdout_log_likelihood(true_model(kind, (r, alpha * wrong, *dropout)), rows, HORIZON)


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_a_distribution_with_the_expected_mean(kind: ParametricKind) -> None:
    one = pl.DataFrame(
        {"frequency": [0, 1, 4, 30], "recency": [0.0, 3.0, 20.0, 38.0], "T": [9.0, 5.0, 39.0, 39.0], "customers": 1}
    )
    counts = [probability_of_count(true_model(kind), one, HORIZON, [n] * 4) for n in range(250)]
    scored = score(true_model(kind), one, HORIZON)
    assert np.sum(counts, axis=0) == pytest.approx(1, abs=1e-9)
    mean = np.sum([n * each for n, each in enumerate(counts)], axis=0)
    assert mean == pytest.approx(scored["expected_purchases"].to_numpy(), rel=1e-7)
    assert counts[0] == pytest.approx(scored["p_no_purchase"].to_numpy(), rel=1e-9)
    newcomer = sum(n * probability_of_n(true_model(kind), 20, n) for n in range(120))
    assert newcomer == pytest.approx(expected_new_customer(true_model(kind), 20), rel=1e-5)
    assert probability_of_n(true_model(kind), 0, 0) == 1


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_the_library_agrees(kind: ParametricKind) -> None:
    rows = simulate(kind, TRUTH[kind], 2_000, 78, 0, seed=2)
    histories = Histories.of(rows)
    with fitting._quarantine():
        import lifetimes  # noqa: PLC0415

        fitters = {"bg_nbd": "BetaGeoFitter", "mbg_nbd": "ModifiedBetaGeoFitter", "pareto_nbd": "ParetoNBDFitter"}
        fitter = getattr(lifetimes, fitters[kind])()
        fitter.params_ = dict(true_model(kind).parameters)
        alive = fitter.conditional_probability_alive(histories.frequency, histories.recency, histories.T)
        expected = fitter.conditional_expected_number_of_purchases_up_to_time(
            HORIZON, histories.frequency, histories.recency, histories.T
        )
    scored = score(true_model(kind), rows, HORIZON)
    assert scored["p_alive"].to_numpy() == pytest.approx(alive, rel=1e-8)
    assert scored["expected_purchases"].to_numpy() == pytest.approx(expected, rel=1e-7)


def test_one_time_buyers_are_never_at_no_risk() -> None:
    once = pl.DataFrame({"frequency": [0], "recency": [0.0], "T": [40.0], "customers": [9]})
    for kind in KINDS:
        row = score(true_model(kind), once, HORIZON).row(0, named=True)
        assert 0.3 < row["p_no_purchase"] < 1
        assert row["customers"] == 9
    assert score(true_model("bg_nbd"), once, HORIZON)["p_alive"].item() == 1


@pytest.mark.parametrize("kind", ["nbd", "bg_nbd", "mbg_nbd", "pareto_nbd"])
@pytest.mark.parametrize("q", [0.2, 0.5, 0.8])
def test_the_wait_for_the_next_purchase(kind: ParametricKind, q: float) -> None:
    """By its own density: alive at T, then the next purchase before anything else."""
    rows = pl.DataFrame({"frequency": [0, 2, 40], "recency": [0.0, 30, 60], "T": [20.0, 39, 61], "customers": 1})
    r, alpha, third, fourth = (*TRUTH[kind], 0.0, 1.0)[:4]
    for row, wait in zip(rows.to_dicts(), next_purchase_quantile(true_model(kind), rows, q).to_list(), strict=True):
        shape, start = r + row["frequency"], alpha + row["T"]

        def density(log_time: float, shape: float = shape, start: float = start, age: float = row["T"]) -> float:
            time = np.expm1(log_time) * start
            stays = (1 + time / (fourth + age)) ** -third if kind == "pareto_nbd" else 1.0
            return float(np.exp(-shape * log_time) * stays)

        before = quad(density, 0, np.log1p(wait / start))[0]
        assert before / quad(density, 0, 60 / shape, limit=200)[0] == pytest.approx(q, abs=2e-3)


@given(
    kind=st.sampled_from(KINDS),
    frequency=st.integers(0, 3000),
    age=st.floats(1, 7305),
    share=st.floats(0.01, 1),
    parameters=st.tuples(st.floats(0.05, 5), st.floats(0.5, 400), st.floats(0.05, 5), st.floats(0.3, 400)),
    horizon=st.floats(1, 730),
)
def test_every_history_has_finite_numbers_that_make_sense(
    kind: ParametricKind,
    frequency: int,
    age: float,
    share: float,
    parameters: tuple[float, float, float, float],
    horizon: float,
) -> None:
    model = true_model(kind, parameters[: len(PARAMETERS[kind])])
    tuples = pl.DataFrame({"frequency": [frequency], "recency": [age * share if frequency else 0.0], "T": [age]})
    now, later = score(model, tuples, horizon).row(0), score(model, tuples, horizon * 1.5).row(0)
    assert np.isfinite(now).all()
    assert 0 <= now[3] <= 1
    assert 0 <= later[4] <= now[4] + 1e-9 <= 1 + 1e-9
    assert 1 - now[3] <= now[4] + 1e-8
    assert later[5] >= now[5] * (1 - 1e-9)
    assert now[5] >= (1 - now[4]) * (1 - 1e-6) - 1e-8
    assert np.isfinite(next_purchase_quantile(model, tuples).item())
    for n in (0, 1, 20, 400):
        assert 0 <= probability_of_count(model, tuples, horizon, [n]).item() <= 1


@given(
    frequency=st.integers(0, 300),
    age=st.floats(1, 7305),
    share=st.floats(0.0, 1),
    parameters=st.tuples(st.floats(0.05, 5), st.floats(0.5, 400), st.floats(0.05, 5), st.floats(0.3, 400)),
)
def test_pareto_quadrature_is_the_integral(
    frequency: int, age: float, share: float, parameters: tuple[float, float, float, float]
) -> None:
    r, alpha, s, beta = parameters
    recency = age * share if frequency else 0.0
    histories = Histories(np.array([float(frequency)]), np.array([recency]), np.array([age]))
    alive = Pareto(*parameters).p_alive(histories)[0]

    def left(v: float) -> float:
        y = (alpha + recency) * np.exp(v) - alpha
        log = -(r + frequency - 1) * v - (s + 1) * np.log((beta + y) / (beta + recency))
        return float(np.exp(log))

    width = np.log((alpha + age) / (alpha + recency))
    near = min(width, 50 / (r + frequency)) / 20
    points = np.unique([0.0, near / 100, near, 5 * near, width])
    integral = sum(quad(left, low, high, epsabs=0, limit=400)[0] for low, high in pairwise(points))
    integral *= s * (alpha + recency) / (beta + recency)
    log_alive = -(r + frequency) * width - s * np.log((beta + age) / (beta + recency))
    ratio = np.exp(log_alive)
    assert alive == pytest.approx(ratio / (ratio + integral), rel=1e-7, abs=1e-12)


@given(
    kind=st.sampled_from(["bg_nbd", "mbg_nbd"]),
    age=st.floats(1, 7305),
    parameters=st.tuples(st.floats(0.05, 5), st.floats(0.5, 400), st.floats(0.05, 5), st.floats(0.3, 100)),
    horizon=st.floats(1, 365),
)
def test_the_hypergeometric_formula_is_its_integral(
    kind: ParametricKind, age: float, parameters: tuple[float, float, float, float], horizon: float
) -> None:
    model = formulas(kind, parameters)
    assert isinstance(model, BetaGeometric)
    x = np.array([0.0, 1.0, 7.0, 40.0])
    closed = model.expected_if_alive(Histories(x, np.minimum(x, age), np.full(4, age)), horizon)
    assert closed == pytest.approx(model._expected_by_quadrature(x, np.full(4, age), horizon), rel=1e-5)


def test_where_scipy_overflows_the_integral_answers() -> None:
    """2F1 with c > 171 and z near 1 is infinite in SciPy."""
    newcomer = pl.DataFrame({"frequency": [0], "recency": [0.0], "T": [1.0]})
    row = score(true_model("mbg_nbd", (0.5, 1.0, 0.5, 172.0)), newcomer, 19).row(0, named=True)
    assert row["expected_purchases"] == pytest.approx(0.25 * 19 * row["p_alive"], rel=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_the_likelihood(kind: ParametricKind) -> None:
    histories = Histories.of(simulate(kind, TRUTH[kind], 500, 78, 0, seed=5))
    at = np.array(TRUTH[kind])
    _, gradient = formulas(kind, at).log_likelihood_gradient(histories)
    for number, step in enumerate(np.diag(at * 1e-5)):
        up, down = (formulas(kind, at + move).log_likelihood(histories) for move in (step, -step))
        assert gradient[number] == pytest.approx((up - down) / (2 * step[number]), rel=1e-5, abs=1e-7)


def test_nonsense_is_refused() -> None:
    once = pl.DataFrame({"frequency": [0], "recency": [0.0], "T": [40.0], "customers": [9]})
    with pytest.raises(ValueError, match="time runs forward"):
        score(true_model("bg_nbd"), once, -1)
    with pytest.raises(ValueError, match="quantile"):
        next_purchase_quantile(true_model("bg_nbd"), once, 1)
    with pytest.raises(ValueError, match="horizon"):
        holdout_log_likelihood(true_model("bg_nbd"), once.with_columns(holdout=1), 0)
