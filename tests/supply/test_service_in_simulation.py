"""Stock by the errors that the backtest measured: the true laws of demand and of lead times are there to draw from."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from shopkeeper.jobs.forecast.job import forecast_history
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.lead_errors import SumErrors
from shopkeeper.models.demand.series import errors_of, matrix
from shopkeeper.models.stock import inventory
from shopkeeper.supply import serving
from tests.shops.forecast import demand_history

ITEMS, REGIONS, DRAWN = 150, ("east", "north", "south"), 400
WEEKS = 60


def simulated(walk: float, seed: int) -> tuple[pl.DataFrame, Floats]:
    """Forecasts of items in three regions, whose common level walks by so much a week; and the level they end at."""
    draw = np.random.default_rng(seed)
    steps = np.exp(np.cumsum(draw.normal(0, walk, (ITEMS, WEEKS)), axis=1))
    level = np.exp(draw.uniform(0, 2.5, ITEMS))[:, None] * steps
    part = draw.dirichlet(np.full(len(REGIONS), 8.0), ITEMS)
    demand = [
        (f"S{n:03d}", f"C{n % 3}", region, draw.negative_binomial(np.repeat(level[n] * part[n, at], 7), 0.5))
        for n in range(ITEMS)
        for at, region in enumerate(REGIONS)
    ]
    rows = forecast_history(demand_history(demand)).tables["forecasts"]
    of_items = rows.filter(pl.col("level") == "sku").select("sku", sku_lead_error_sd="lead_error_sd")
    regions = rows.filter(pl.col("level") == "region_sku").join(of_items, on="sku").sort("region", "sku")
    return regions, level[:, -1]


@pytest.fixture(scope="module")
def shop() -> tuple[pl.DataFrame, Floats]:
    """Levels walk by 2 % a week: over two months what sells in a week changes by 6 % on average."""
    return simulated(0.02, 4)


def served(
    shop: tuple[pl.DataFrame, Floats], walk: float, lead_days: float, lead_sd: float, asked: float
) -> Iterator[float]:
    """Share of lead times without a stock-out at the reorder point: by measured errors, and by those of a day."""
    forecasts, level = shop
    shares = forecasts.select("region", "sku", location=pl.lit("W"), share=pl.lit(1.0))
    units = np.array([matrix(rows).sum(axis=0) for _, rows in forecasts.group_by("sku", maintain_order=True)])
    errors = errors_of(serving.errors(forecasts, shares))
    draw = np.random.default_rng(8)
    lead = np.maximum(np.round(draw.normal(lead_days, lead_sd, (ITEMS, DRAWN))), 1).astype(int)
    steps = np.exp(np.cumsum(draw.normal(0, walk, (ITEMS, DRAWN, 12)), axis=2))
    days = np.arange(84)[None, None, :] < lead[:, :, None]
    came = draw.negative_binomial((level[:, None, None] * np.repeat(steps, 7, axis=2) * days).sum(axis=2), 0.5)
    for tried in (errors, SumErrors(errors.daily_sd, np.zeros((ITEMS, 0)))):
        point = inventory.levels(units, tried, lead_days, lead_sd, asked, 7, True).reorder_point
        yield float((came <= point[:, None]).mean())


@pytest.mark.parametrize(("lead_days", "lead_sd"), [(28.0, 0.0), (42.0, 5.0)])
def test_a_location_serves_as_often_as_is_asked_for(
    shop: tuple[pl.DataFrame, Floats], lead_days: float, lead_sd: float
) -> None:
    for asked in (0.9, 0.95, 0.98):
        measured, by_formula = served(shop, 0.02, lead_days, lead_sd, asked)
        assert measured == pytest.approx(asked, abs=0.01)
        assert by_formula < measured
