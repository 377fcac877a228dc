"""Lifetime value: historic and predicted stay apart, sums agree, intervals hold them, and nothing known is lost."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.lifetime_value.report import MONTHS, LifetimeValue, LifetimeValueOptions
from shopkeeper.engine.duckdb import Engine
from shopkeeper.engine.query import Scope
from shopkeeper.errors import Refused
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.models.buying.rules import RULES
from shopkeeper.models.buying.season import Clock
from tests.declared import departures
from tests.models.buying.formulas import customer_lifetime_value
from tests.shops.fitted import FittedGround, bought, insufficient_histories, living_shop
from tests.shops.in_memory import shop

GROUNDS = insufficient_histories()

Valued = Callable[..., LifetimeValue]


@pytest.fixture(scope="module")
def valued(opened: Engine, fits: Fits) -> Valued:
    """The report on the sample shop by these options, with all rows of which it holds the first."""

    @cache
    def report(**options: Any) -> LifetimeValue:
        result = lifetime_value.report(opened, fits, CustomerFilters(), LifetimeValueOptions(**options))
        customers = lifetime_value.listing(opened, fits, result)
        assert result.customers.equals(customers.head(lifetime_value.FIRST_ROWS))
        return replace(result, customers=customers)

    return report


def test_predicted_value_is_that_of_the_models(fits: Fits, valued: Valued) -> None:
    result = valued(value="revenue")
    rows = result.customers.filter(pl.col("monetary_value").is_null() | (pl.col("monetary_value") >= 0)).head(500)
    assert fits.chosen is not None
    clock = Clock(fits.time, fits.as_of)
    by_clock = clock.histories(rows.with_columns(customers=1))
    expected = customer_lifetime_value(
        fits.models[fits.chosen], fits.spends["revenue"], by_clock, MONTHS[12], 0.1, clock.ahead
    )
    assert (rows["predicted_value"] / expected - 1).abs().max() < 1e-9  # type: ignore[operator]


def test_historic_value_is_what_the_shop_took(opened: Engine, valued: Valued) -> None:
    result = valued(value="revenue")
    purchases = opened("customers/histories", **CustomerFilters().acquired())
    assert result.customers["historic_value"].sum() == pytest.approx(purchases["revenue"].sum())
    assert departures(result) == []


def test_longer_horizons_and_smaller_discounts_are_worth_more(valued: Valued) -> None:
    totals = [valued(months=months).customers["predicted_value"].sum() for months in MONTHS]
    assert totals == sorted(totals)
    assert valued(discount=0.0).customers["predicted_value"].sum() > totals[2]


@pytest.mark.parametrize("fitted_by", ["shop", "channel"])
def test_segments_add_up_and_lie_in_their_intervals(fitted_by: str, valued: Valued) -> None:
    result = valued(fitted_by=fitted_by)
    total = result.customers["predicted_value"].sum()
    for _, part in result.segments.group_by("segment_kind"):
        assert part["customers"].sum() == result.customers.height
        assert part["predicted_value"].sum() == pytest.approx(total)
        assert (part["low"] < part["predicted_value"]).all()
        assert (part["high"] > part["predicted_value"]).all()
    assert set(result.segments["segment_kind"]) == {"all", "cohort", "channel", "region", "category"}


def test_predictions_of_the_past_hold_what_then_happened(opened: Engine, fits: Fits) -> None:
    """Who had bought by the split buys as often in the year after it as is foretold, within a few per cent."""
    assert fits.calibration_end is not None
    year_after = fits.calibration_end + timedelta(days=MONTHS[12])
    assert year_after <= fits.as_of
    result = lifetime_value.report(
        opened, fits, CustomerFilters(until=fits.calibration_end), LifetimeValueOptions(discount=0.0)
    )
    held = opened(
        "customers/model_check/holdout", calibration_end=fits.calibration_end, as_of=year_after, risk_days=90
    )  # fmt: skip
    actual = (held["holdout"] * held["customers"]).sum()
    expected = lifetime_value.listing(opened, fits, result)["expected_purchases"].sum()
    assert expected == pytest.approx(actual, rel=0.05)


def test_the_lorenz_curve_runs_from_nothing_to_all(valued: Valued) -> None:
    result = valued()
    for name in ("historic", "predicted"):
        held = result.lorenz[name]
        assert (held[0], held[100]) == (0.0, pytest.approx(1.0))
        assert held.is_sorted()
        assert (held >= result.lorenz["share"] - 1e-9).all()
    assert result.top_predicted == result.lorenz["predicted"][10]


def test_distribution_and_matrix_hold_everybody(valued: Valued) -> None:
    result = valued()
    assert result.distribution["customers"].sum() == result.customers.height
    assert result.distribution["predicted_value"].sum() == pytest.approx(result.customers["predicted_value"].sum())
    assert result.matrix["customers"].sum() == result.customers.height
    assert result.matrix["frequency"].max() == 10


def test_without_unit_costs_value_is_revenue_and_says_so() -> None:
    lines = [{**row, "unit_cost": None} for row in living_shop()]
    query = shop(lines)
    result = lifetime_value.report(query, fit_version(query), CustomerFilters(), LifetimeValueOptions(value="margin"))
    assert result.value == "revenue"
    assert any("unit costs" in str(note) for note in result.notes)
    assert result.customers["predicted_value"].null_count() == 0


@pytest.mark.parametrize("ground", GROUNDS)
def test_bad_ground_has_no_nan(ground: str, fitted_ground: FittedGround) -> None:
    query, fits = fitted_ground(ground)
    result = lifetime_value.report(query, fits, CustomerFilters())
    for frame in (result.customers, result.segments, result.distribution, result.lorenz, result.matrix):
        for name, kind in frame.schema.items():
            if kind.is_float():
                assert all(math.isfinite(value) for value in frame[name].drop_nulls()), name
    if result.kind is None:
        unknown = result.customers.height if not fits.rates or not fits.means else 0
        assert result.customers["predicted_value"].null_count() == unknown
        assert result.notes
    assert result.customers["historic_value"].null_count() == 0


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_won_gives_values_over_any_horizon(opened: Engine, fits: Fits, rule: ModelKind) -> None:
    won = replace(fits, chosen=rule, segments={})
    year, two = (
        lifetime_value.report(opened, won, CustomerFilters(), LifetimeValueOptions(months=months)).customers
        for months in (12, 24)
    )
    assert two["predicted_value"].null_count() == 0
    assert year["p_alive"].null_count() == year.height
    assert two["predicted_value"].sum() > year["predicted_value"].sum()
    assert two["predicted_value"].sum() < 2 * year["predicted_value"].sum(), "buying falls off"


def test_refusals() -> None:
    lines = bought("ann", 0, 30)
    fits = fit_version(shop(lines))
    with pytest.raises(Refused, match="every purchase"):
        lifetime_value.report(shop(lines, scope=Scope(categories=("tea",))), fits, CustomerFilters())
    for choice in ({"months": 5}, {"kind": "arima"}, {"discount": -0.5}):
        with pytest.raises(Refused, match="choose"):
            LifetimeValueOptions(**choice)


def test_an_empty_choice_is_an_empty_report(opened: Engine, fits: Fits) -> None:
    result = lifetime_value.report(opened, fits, CustomerFilters(acquired_channels=()), LifetimeValueOptions())
    assert result.customers.is_empty()
    assert result.segments.is_empty()
