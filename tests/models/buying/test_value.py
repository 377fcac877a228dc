"""Spend and lifetime value: bad ground, truth of simulated spend, sums against drawn parameters."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from shopkeeper.models.buying.model import KINDS, BuyingModel, NotFitted, ParametricKind, fit
from shopkeeper.models.buying.scoring import expected_purchases_between
from shopkeeper.models.buying.spend import CORRELATED_NOTE, SpendModel, expected_average, fit_spend
from shopkeeper.models.buying.value import discounted_purchases, segment_values
from tests.models.buying import cdnow
from tests.models.buying.formulas import customer_lifetime_value


def pairs(values: list[float], frequency: int = 2, customers: int = 10) -> pl.DataFrame:
    rows = pl.DataFrame({"monetary_value": values}, schema={"monetary_value": pl.Float64})
    return rows.with_columns(frequency=pl.lit(frequency), customers=pl.lit(customers))


@pytest.mark.parametrize(
    ("spend", "sentence"),
    [
        (pairs([10.0, 0.0, -3.0] * 5), "100 customers have an average purchase of zero or less"),
        (pairs([10.0, 12.0]), "Only 20 customers came back; .* at least 30"),
        (pairs([10.0] * 10), "All customers spend the same"),
        (pairs([]), "Only 0 customers"),
    ],
)
def test_bad_ground_is_a_sentence(spend: pl.DataFrame, sentence: str) -> None:
    with pytest.raises(NotFitted, match=sentence):
        fit_spend(spend)


def simulated_spend(seed: int = 4) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    frequency = random.integers(1, 12, 20_000)
    rate = random.gamma(4.0, 1 / 150.0, 20_000)
    value = random.gamma(6.0 * frequency, 1 / (rate * frequency))
    return pl.DataFrame({"frequency": frequency, "monetary_value": value, "customers": 1})


def test_simulated_spend_is_recovered_in_any_currency() -> None:
    rows = simulated_spend()
    model = fit_spend(rows)
    for value, (_, error), truth in zip(model.values, model.standard_errors, (6.0, 4.0, 150.0), strict=True):
        assert abs(value - truth) < 2.6 * error
    in_cents = fit_spend(rows.with_columns(pl.col("monetary_value") * 100))
    p, q, v = model.values
    assert in_cents.values == pytest.approx((p, q, v * 100), rel=1e-3)
    assert SpendModel.from_json(json.loads(json.dumps(model.as_json()))) == model
    twice = fit_spend(pl.concat([rows, rows]))
    assert fit_spend(rows.with_columns(customers=2)).values == pytest.approx(twice.values, rel=1e-5)
    assert twice.standard_errors[0][1] == pytest.approx(model.standard_errors[0][1] / 2**0.5, rel=1e-2)


def test_a_correlation_of_frequency_and_spend_is_noted() -> None:
    rows = simulated_spend().with_columns(pl.col("monetary_value") * pl.col("frequency"))
    assert fit_spend(rows).notes == (CORRELATED_NOTE,)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "mbg_cnbd"])
def test_value_and_its_interval(kind: ParametricKind) -> None:
    rows = cdnow.customers()
    model = fit(rows, kind, "week")
    spend = fit_spend(rows.filter(pl.col("frequency") > 0).select("frequency", "monetary_value", "customers"))
    undiscounted = discounted_purchases(model, rows, 365, 0.0)
    whole = expected_purchases_between(model, rows, 0, 365 / 7)
    assert (undiscounted - whole).abs().max() < 1e-9  # type: ignore[operator]
    discounted = discounted_purchases(model, rows, 365, 0.1)
    assert ((discounted < undiscounted) & (discounted > undiscounted / 1.1)).all()
    each = customer_lifetime_value(model, spend, rows, 365)
    segments = segment_values(
        model, spend, rows.with_columns(segment=pl.when(pl.col("frequency") > 0).then(pl.lit("more"))), 365
    )
    assert segments["customers"].sum() == 2357
    assert segments["value"].sum() == pytest.approx(each.sum())
    assert segments.select(((pl.col("low") < pl.col("value")) & (pl.col("value") < pl.col("high"))).all()).item()
    whole_shop = segment_values(model, spend, rows.with_columns(segment=pl.lit("all")), 365).row(0, named=True)
    assert whole_shop["value"] == pytest.approx(each.sum())
    drawn = drawn_sums(model, spend, rows)
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert whole_shop["low"] == pytest.approx(low, rel=0.05)
    assert whole_shop["high"] == pytest.approx(high, rel=0.05)


def drawn_sums(model: BuyingModel, spend: SpendModel, rows: pl.DataFrame) -> list[float]:
    """The bootstrap that the delta method replaces: parameters from a normal on the log scale."""
    random = np.random.default_rng(1)

    def drawn(fitted: BuyingModel | SpendModel) -> list[tuple[tuple[str, float], ...]]:
        parameters = np.array([value for _, value in fitted.parameters])
        covariance = np.array(fitted.covariance) / np.outer(parameters, parameters)
        moved = np.exp(random.multivariate_normal(np.log(parameters), covariance, 200))
        names = [name for name, _ in fitted.parameters]
        return [tuple(zip(names, row.tolist(), strict=True)) for row in moved]

    return [
        float(customer_lifetime_value(replace(model, parameters=a), replace(spend, parameters=b), rows, 365).sum())
        for a, b in zip(drawn(model), drawn(spend), strict=True)
    ]


def test_no_history_no_spend_column_is_needed() -> None:
    model = SpendModel((("p", 6.0), ("q", 4.0), ("v", 15.0)), ((0.0,) * 3,) * 3, (), 0.0, 0, 0.0)
    assert expected_average(model, pl.Series([0]), pl.Series([None], dtype=pl.Float64)).to_list() == [30.0]
