"""Proof: what is shown as predicted and as actual is what the model said before, and what then happened."""

import math
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from shopkeeper.customers.model_check import report as model_check
from shopkeeper.customers.model_check.report import ModelCheck
from shopkeeper.customers.model_check.screen import spend_said
from shopkeeper.customers.model_check.table import parts as long_table
from shopkeeper.engine.duckdb import Engine
from shopkeeper.engine.query import Scope
from shopkeeper.errors import Refused
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import HORIZONS, Fits
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.model import KINDS
from shopkeeper.models.buying.rules import RULES
from shopkeeper.models.buying.spend import SpendModel
from tests.declared import departures
from tests.shops.fitted import FittedGround, bought, insufficient_histories, living_shop
from tests.shops.in_memory import shop

GROUNDS = insufficient_histories()


def test_every_part_counts_every_customer(opened: Engine, fits: Fits) -> None:
    result = model_check.report(opened, fits)
    held = {"calibration_end": fits.calibration_end, "as_of": fits.as_of, "risk_days": 90}
    customers = opened("customers/model_check/holdout", **held)["customers"].sum()  # type: ignore[arg-type]
    for frame in (result.purchases, result.risk, result.by_frequency):
        assert frame["customers"].sum() == customers
    assert result.histogram["actual"].sum() == customers
    reported = result.purchases.to_dicts()
    assert result.happened == pytest.approx(sum(row["actual"] * row["customers"] for row in reported))
    assert result.off == pytest.approx(
        sum(row["predicted"] * row["customers"] for row in reported) / result.happened - 1
    )
    assert result.histogram["predicted"].sum() == pytest.approx(customers)


def test_the_model_of_the_simulated_shop_holds(opened: Engine, fits: Fits) -> None:
    result = model_check.report(opened, fits)
    off = (result.histogram["predicted"] / result.histogram["actual"] - 1).abs()
    assert off.max() < 0.1  # type: ignore[operator]
    last = result.tracking.to_dicts()[-1]
    assert last["cumulative_predicted"] == pytest.approx(last["cumulative_actual"], rel=0.05)
    assert (result.purchases["predicted"] - result.purchases["actual"]).abs().max() < 0.3  # type: ignore[operator]
    inside = result.risk.filter(pl.col("predicted").is_between(pl.col("low"), pl.col("high")))
    assert inside.height >= 8


def test_tracking_counts_the_purchases_of_the_calibrated_customers() -> None:
    lines = living_shop()
    query = shop(lines)
    fits = fit_version(query)
    result = model_check.report(query, fits)
    assert fits.calibration_end is not None
    first: dict[str, object] = {}
    repeats = 0
    for row in sorted(lines, key=lambda row: row["ordered_at"]):
        day = row["ordered_at"].date()
        if row["customer_id"] in first:
            repeats += first[row["customer_id"]] <= fits.calibration_end  # type: ignore[operator]
        first.setdefault(row["customer_id"], day)
    assert result.tracking["cumulative_actual"].to_list()[-1] == repeats
    assert result.tracking["actual"].sum() == repeats
    assert result.tracking["day"].to_list()[-1] == fits.as_of
    assert (result.tracking["day"].diff().drop_nulls() == timedelta(days=7)).all()


def test_any_model_or_rule_can_be_looked_at(opened: Engine, fits: Fits) -> None:
    for kind in (*fits.models, *RULES):
        result = model_check.report(opened, fits, kind)
        assert result.kind == kind
        assert departures(result) == []
        assert result.purchases.height == 10
        assert result.histogram.is_empty() == (kind in RULES)
    assert model_check.report(opened, fits).kind == fits.chosen
    trials = model_check.report(opened, fits).trials
    assert trials["kind"].to_list() == [*KINDS, *RULES]
    assert trials.filter("chosen")["kind"].to_list() == [fits.chosen]


def test_each_contestant_is_held_against_what_came_after_each_cutoff(opened: Engine, fits: Fits) -> None:
    result = model_check.report(opened, fits)
    assert result.standings["behind"][0] == 0
    assert result.standings["behind"].is_sorted()
    assert result.cutoff_tests["cutoff"].n_unique() == 4
    assert result.cutoff_tests.height == 4 * result.standings.height
    for (cutoff,), rows in result.cutoff_tests.group_by("cutoff"):
        assert rows["came_total"].n_unique() == 1, cutoff
    horizons = result.horizon_tests.filter(kind=fits.chosen)
    assert set(horizons["horizon_days"]) == set(HORIZONS)
    assert (horizons["brier"] < horizons["happened"] * (1 - horizons["happened"])).all(), "better than one risk for all"


def test_the_long_table_holds_every_part(opened: Engine, fits: Fits) -> None:
    result = model_check.report(opened, fits)
    rows = long_table(result)
    assert set(rows["part"]) == {"purchases", "risk", "frequency", "histogram", "tracking", "trial"}
    parts = (result.purchases, result.risk, result.by_frequency, result.histogram, result.tracking)
    assert rows.height == sum(part.height for part in parts) + 5 * result.trials.height


@pytest.mark.parametrize("ground", GROUNDS)
def test_bad_ground_is_empty_or_finite(ground: str, fitted_ground: FittedGround) -> None:
    query, fits = fitted_ground(ground)
    result = model_check.report(query, fits)
    for frame in frames(result):
        for name, kind in frame.schema.items():
            if kind.is_float():
                assert all(math.isfinite(value) for value in frame[name].drop_nulls()), name
    assert str(result.reason)


def frames(report: ModelCheck) -> list[pl.DataFrame]:
    return [value for value in vars(report).values() if isinstance(value, pl.DataFrame)]


def test_a_restricted_viewer_is_refused() -> None:
    fits = fit_version(shop(bought("ann", 0, 30)))
    with pytest.raises(Refused, match="every purchase"):
        model_check.report(shop(bought("ann", 0, 30), scope=Scope(regions=("north",))), fits)


def test_what_is_said_of_spend_names_the_model_that_serves() -> None:
    gamma = SpendModel((("p", 6.0), ("q", 4.0), ("v", 15.0)), ((0.0,) * 3,) * 3, (), 0.0, 500, 0.05)
    means = CredibilityModel(10.0, 0.1, 4.0, 9.0, 500, 0.05)
    assert "Gamma-Gamma's assumption holds" in str(spend_said(gamma))
    assert "Gamma-Gamma's assumption does not" in str(spend_said(replace(gamma, correlation=-0.4)))
    assert "Gamma-Gamma" not in str(spend_said(means))
    assert "differently" in str(spend_said(replace(means, correlation=0.4)))
    assert spend_said(replace(means, customers=2, correlation=1.0)) is None
