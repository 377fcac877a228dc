"""Fits: weighted equals row by row, `lifetimes` agrees, truth is recovered, and bad ground is refused in a sentence."""

import json

import numpy as np
import polars as pl
import pytest

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying import fitting, optimum
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import (
    KINDS,
    LIMIT_NOTE,
    TIMES,
    BuyingModel,
    NotFitted,
    ParametricKind,
    fit,
)
from shopkeeper.models.buying.scoring import score
from tests.models.buying import cdnow
from tests.models.buying.shoppers import TRUTH, simulate


@pytest.mark.parametrize("kind", KINDS)
def test_weighted_tuples_fit_as_rows_do(kind: ParametricKind) -> None:
    rows = cdnow.customers().drop("holdout")
    by_tuple, by_row = fit(cdnow.tuples(rows), kind, "week"), fit(rows, kind, "week")
    assert by_tuple.values == pytest.approx(by_row.values, rel=1e-5)
    assert dict(by_tuple.standard_errors) == pytest.approx(dict(by_row.standard_errors), rel=1e-4)
    assert by_tuple.log_likelihood == pytest.approx(by_row.log_likelihood, rel=1e-10)


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_the_library_agrees_on_parameters_and_errors(kind: ParametricKind) -> None:
    rows = cdnow.customers()
    ours = fit(rows, kind, "week")
    with fitting._quarantine():
        from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter  # noqa: PLC0415

        fitter = BetaGeoFitter() if kind == "bg_nbd" else ModifiedBetaGeoFitter()
        seen = Histories.of(rows)
        fitter.fit(seen.frequency, seen.recency, seen.T)
    assert ours.values == pytest.approx(fitter.params_.tolist(), rel=2e-4)
    parameters = fitter.params_.to_numpy()
    scaled = np.linalg.inv(fitter._hessian_) / rows.height
    covariance = np.diag(parameters) @ scaled @ np.diag(parameters)
    assert np.array(ours.covariance) == pytest.approx(covariance, rel=5e-3)
    assert list(dict(ours.standard_errors).values()) == pytest.approx(np.sqrt(np.diag(covariance)), rel=2e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_truth_is_inside_the_intervals(kind: ParametricKind) -> None:
    model = fit(cdnow.tuples(simulate(kind, TRUTH[kind], 20_000, 104, 0, seed=7).drop("holdout")), kind, "week")
    for (name, value), (_, error), truth in zip(model.parameters, model.standard_errors, TRUTH[kind], strict=True):
        assert abs(np.log(value / truth)) < 2.6 * error / value, name
    assert np.array(model.covariance) == pytest.approx(np.array(model.covariance).T)


@pytest.mark.parametrize("kind", KINDS)
def test_a_warm_start_and_the_unit_change_nothing(kind: ParametricKind) -> None:
    rows = cdnow.customers()
    cold = fit(rows, kind, "week")
    assert fit(rows, kind, "week", warm_start=cold).values == pytest.approx(cold.values, rel=1e-5)
    log_times = pl.col("log_times") + pl.col("frequency") * np.log(7)
    in_days = fit(rows.with_columns(pl.col("recency", "T") * 7, log_times=log_times), kind, "day")
    scaled = [value * (7 if name in TIMES else 1) for name, value in cold.parameters]
    assert in_days.values == pytest.approx(scaled, rel=1e-4)
    with pytest.raises(ValueError, match="cannot start"):
        fit(rows, kind, "day", warm_start=cold)


def test_a_model_survives_json() -> None:
    model = fit(cdnow.customers(), "bg_nbd", "week")
    assert BuyingModel.from_json(json.loads(json.dumps(model.as_json()))) == model


def shop(rows: list[tuple[int, float, float, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={"frequency": pl.Int64, "recency": pl.Float64, "T": pl.Float64, "customers": pl.Int64},
        orient="row",
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "There are 0 customers"),
        ([(0, 0, 300, 1)], "There are 1 customers; .* at least 100"),
        ([(0, 0, 300, 5000)], "No customer has bought on a second day"),
        ([(0, 0, 0, 5000)], "came 0 days ago"),
        ([(0, 0, 20, 4000), (1, 10, 20, 500)], "came 20 days ago; .* at least 56 days"),
        ([(0, 0, 300, 5000), (2, 100, 300, 12)], "Only 12 customers came back; .* at least 30"),
        ([(1, 30, 300, 400), (2, 100, 300, 100)], "Every customer came back"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_bad_ground_is_a_sentence(
    rows: list[tuple[int, float, float, int]], sentence: str, kind: ParametricKind
) -> None:
    with pytest.raises(NotFitted, match=sentence) as refused:
        fit(shop(rows), kind, "day")
    assert str(refused.value) == str(refused.value.message)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_at_a_bound_is_a_limit_that_says_what_it_saw(
    kind: ParametricKind, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    """Everybody buys every 30 days and nobody leaves: there is no dropout, and one rate."""
    regular = shop([(9, 270.0, 290.0, 500), (0, 0.0, 20.0, 500)]).with_columns(
        log_times=pl.col("frequency") * pl.col("customers") * np.log(30.0)
    )
    model = fit(regular, kind, "day")
    assert LIMIT_NOTE in model.notes
    assert np.isfinite(model.covariance).all()
    ahead = score(model, regular, 60.0)
    assert ahead["p_alive"].min() > 0.95  # type: ignore[operator]
    # By the calendar the next two come 10 and 40 days from now; without regularity 60 days hold 2 on average as well.
    assert ahead["expected_purchases"].to_list() == pytest.approx([2.0] * 2, rel=0.15)
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


@pytest.mark.parametrize("kind", ["mbg_nbd", "bg_nbd", "mbg_cnbd"])
def test_one_chance_of_leaving_for_all_is_fitted_and_foresees_what_comes(kind: ParametricKind) -> None:
    """Dropout that does not differ between customers: a and b grow without bound, a / (a + b) stays."""
    rows = simulate(kind, (*TRUTH[kind][:2], 3e5, 7e5), 4000, 104, 26, seed=5)
    model = fit(cdnow.tuples(rows.drop("holdout")), kind, "week")
    a, b = model.values[2:]
    assert a / (a + b) == pytest.approx(0.3, abs=0.03)
    assert score(model, rows, 26.0)["expected_purchases"].sum() == pytest.approx(rows["holdout"].sum(), rel=0.08)


def test_the_prior_moves_nothing_where_the_data_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = cdnow.tuples(cdnow.customers().drop("holdout"))
    model = fit(rows, "mbg_nbd", "week")
    monkeypatch.setattr(optimum, "FREE", 50.0)
    assert fit(rows, "mbg_nbd", "week").values == pytest.approx(model.values, rel=1e-6)
    assert LIMIT_NOTE not in model.notes


@pytest.mark.parametrize(
    "row", [(2, 40.0, 30.0, 1), (0, 3.0, 30.0, 1), (2, 0.0, 30.0, 1), (-1, 0.0, 30.0, 1), (1, 3.0, 30.0, 0)]
)
def test_impossible_histories_are_errors(row: tuple[int, float, float, int]) -> None:
    with pytest.raises(ValueError, match="no customer can have this history"):
        fit(shop([row, (0, 0.0, 90.0, 500)]), "bg_nbd", "day")


def test_twenty_years_of_days_fit() -> None:
    rows = simulate("bg_nbd", (0.8, 120.0, 0.6, 6.0), 3000, 7300, 0, seed=3)
    for kind in KINDS:
        model = fit(cdnow.tuples(rows.drop("holdout")), kind, "day")
        assert np.isfinite(model.covariance).all()


def test_a_climb_that_steps_too_far_comes_back() -> None:
    """Flat to one side, so that a step goes far; there the value cannot be computed, as with a parameter of 1e-300."""

    def slope(log_parameters: Floats) -> tuple[float, Floats]:
        if np.abs(log_parameters).max() > 50:
            raise ZeroDivisionError
        return float(log_parameters[0] ** 2 / 2 + log_parameters[1] / 2), np.array([log_parameters[0], 0.5])

    top = optimum.optimum(slope, slope, np.zeros(2), np.zeros(2), 100.0)
    assert top.at_limit.tolist() == [False, True]
    assert abs(top.log_parameters[1]) < optimum.EDGE
