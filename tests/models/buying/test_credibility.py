"""Spend without Gamma-Gamma: own means near the shop's, by how far customers differ; one account moves nobody else."""

import json

import numpy as np
import polars as pl
import pytest

from shopkeeper.models.buying.credibility import CredibilityModel, fit_credibility
from shopkeeper.models.buying.model import NotFitted
from shopkeeper.models.buying.spend import APART_NOTE, expected_average, fit_spend, spend_model_from_json
from shopkeeper.models.winsor import limits

SCHEMA = {"frequency": pl.Int64, "monetary_value": pl.Float64, "variance": pl.Float64, "customers": pl.Int64}
Row = tuple[int, float, float | None, int]


def spends(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def expected(model: CredibilityModel, *histories: tuple[int, float | None]) -> list[float]:
    frequency, value = pl.Series([x for x, _ in histories]), pl.Series([m for _, m in histories], dtype=pl.Float64)
    return expected_average(model, frequency, value).to_list()


def simulated(customers: int = 4000, seed: int = 3) -> tuple[pl.DataFrame, np.ndarray]:
    """Means of 50 +- 12 between customers, purchases of +- 20 about them; and each customer's true mean."""
    random = np.random.default_rng(seed)
    truth = random.normal(50.0, 12.0, customers)
    rows: list[Row] = []
    for mean, x in zip(truth, random.integers(1, 9, customers), strict=True):
        bought = random.normal(mean, 20.0, x)
        rows.append((int(x), float(bought.mean()), float(bought.var(ddof=1)) if x > 1 else None, 1))
    return spends(*rows), truth


def test_who_always_pays_ten_is_worth_ten_beside_a_wholesale_account() -> None:
    model = fit_credibility(spends((1, 10.0, None, 100), (3, 10.0, 0.0, 200), (4999, 1000.0, 0.0, 1)))
    assert expected(model, (0, None), (1, 10.0), (3, 10.0), (4999, 1000.0)) == [10.0, 10.0, 10.0, 1000.0]


def test_heterogeneous_spend_is_recovered() -> None:
    rows, truth = simulated()
    model = fit_credibility(rows)
    assert model.shop_mean == pytest.approx(50.0, abs=3 * model.mean_error)
    assert model.between**0.5 == pytest.approx(12.0, rel=0.05)
    assert model.within**0.5 == pytest.approx(20.0, rel=0.05)
    estimated = expected_average(model, rows["frequency"], rows["monetary_value"]).to_numpy()
    error = float(((estimated - truth) ** 2).mean())
    assert error < 0.6 * float(((rows["monetary_value"].to_numpy() - truth) ** 2).mean())
    assert error < 0.6 * float(((50.0 - truth) ** 2).mean())
    # As good as with the true variances, and as uncertain as it says.
    mean, square, _ = model.moments(rows["frequency"].cast(pl.Float64).to_numpy(), rows["monetary_value"].to_numpy())
    assert float((square - mean**2).mean()) == pytest.approx(error, rel=0.05)


@pytest.mark.parametrize(("frequency", "value"), [(5000, 1e4), (1, 1e4), (400, 700.0)])
def test_one_account_does_not_move_the_others(frequency: int, value: float) -> None:
    rows, _ = simulated(300)
    account = spends((frequency, value, value**2 if frequency > 1 else None, 1))
    alone, beside = fit_credibility(rows), fit_credibility(pl.concat([rows, account]))
    histories = [(0, None), (1, 30.0), (4, 80.0)]
    assert expected(beside, *histories) == pytest.approx(expected(alone, *histories), rel=0.02)
    kept = expected(beside, (frequency, value))[0]
    assert value - 2 * (beside.within / frequency) ** 0.5 - 1e-9 <= kept <= value


def test_gamma_gamma_leaves_one_account_out_and_says_so() -> None:
    random = np.random.default_rng(1)
    x = random.integers(1, 8, 300)
    value = random.gamma(6.0 * x, 1 / (random.gamma(4, 1 / 30, 300) * x))
    rows = pl.DataFrame({"frequency": x, "monetary_value": value, "customers": 1})
    account = pl.DataFrame({"frequency": [5000], "monetary_value": [1e4], "customers": [1]}, schema=rows.schema)
    alone, beside = fit_spend(rows), fit_spend(pl.concat([rows, account]))
    assert beside.values == alone.values
    assert (APART_NOTE in alone.notes, APART_NOTE in beside.notes) == (False, True)
    giant = expected_average(beside, account["frequency"], account["monetary_value"]).item()
    assert giant == pytest.approx(1e4, rel=1e-3)


def test_single_repeat_purchases_tell_no_customer_apart() -> None:
    model = fit_credibility(spends((1, 8.0, None, 1), (1, 10.0, None, 1), (1, 12.0, None, 1)))
    assert (model.shop_mean, model.between, model.within) == (10.0, 0.0, 4.0)
    assert expected(model, (1, 12.0)) == [10.0]


def test_losses_count_and_no_purchase_is_worth_less_than_nothing() -> None:
    model = fit_credibility(spends((2, -3.0, 0.0, 2), (2, 1.0, 0.0, 2)))
    assert model.shop_mean == -1.0
    assert expected(model, (0, None), (2, -3.0), (2, 1.0)) == [0.0, 0.0, 1.0]


def test_what_went_back_to_nobody_lowers_the_shops_mean_only() -> None:
    model = CredibilityModel(10.0, 0.1, 4.0, 4.0, 100, 0.0, refunded=0.1)
    assert expected(model, (0, None), (1, 11.0)) == [9.0, 10.0]
    assert spend_model_from_json(json.loads(json.dumps(model.as_json()))) == model


def test_one_repeat_buyer_tells_nothing_of_how_customers_differ() -> None:
    with pytest.raises(NotFitted, match="Only 1 customers came back"):
        fit_credibility(spends((3, 10.0, 1.0, 1)))


def test_limits_leave_a_customer_out_and_never_ordinary_ones() -> None:
    def of(*values: float) -> tuple[float, float]:
        return limits(np.array(values), np.ones(len(values)))

    assert of(10, 10, 10, 10, 1000) == (10, 10)
    assert of(1, 2, 3, 4, 5, 6, 7, 8) == (1, 8)
    assert of(1, 2, 3, 4, 5, 6, 7, 100) == (1, 18)
    assert of(5, 9) == (5, 9)
    assert limits(np.array([10.0, 30.0]), np.array([80.0, 20.0])) == (10, 30)
