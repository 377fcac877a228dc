"""Kilograms, metres and pieces are never one sum: where items are counted differently, money leads."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.network import report as network
from shopkeeper.supply.units import units_of
from tests.shops.goods_in_memory import PRODUCTS, counted, forecast, small_shop, sold
from tests.shops.in_memory import MemoryQuery

UNITS: dict[str, Any] = {"tea": "kg", "cup": None}


def mixed_shop(units: dict[str, Any] | None = None) -> MemoryQuery:
    products = [{**row, "unit": (units or UNITS).get(str(row["sku"]))} for row in PRODUCTS]
    lines = [sold("north", "W", 4, quantity=4.5), sold("north", "W", 6, "cup"), sold("south", "S", 1, "cup")]
    forecasts = [forecast("north", 0.5), forecast("south", 2.0, "cup")]
    return small_shop([counted("W", 9)], forecasts, lines=lines, products=products)


@pytest.mark.parametrize(
    ("filters", "units"),
    [
        (GoodsFilters(), ("kg", "piece")),
        (GoodsFilters(categories=("Tea",)), ("kg",)),
        (GoodsFilters(skus=("cup",)), ("piece",)),
    ],
)
def test_units_of_measure_are_those_of_the_items_chosen(filters: GoodsFilters, units: Sequence[str]) -> None:
    query = mixed_shop()
    assert units_of(query, filters) == units
    for report in (coverage.report, demand.report, network.report):
        notes = " ".join(map(str, report(query, filters).notes))
        assert ("counted in different units (kg, piece)" in notes) is (len(units) > 1)
    assert demand.report(query, filters).mixed is (len(units) > 1)


def test_fractions_of_a_unit_are_sold_and_not_rounded() -> None:
    query = mixed_shop()
    filters = GoodsFilters(skus=("tea",)).parameters("categories", "regions", "skus")
    sums = query("supply/demand/history", since=date(2024, 1, 1), **filters)
    assert sums["units"].to_list() == [4.5]


def test_regions_are_ranked_by_money_where_units_differ() -> None:
    regions = demand.report(mixed_shop(), GoodsFilters()).regions
    alike = demand.report(mixed_shop({"tea": "piece"}), GoodsFilters()).regions
    assert regions["share"].to_list() != alike["share"].to_list()
    assert regions["share"].sum() == pytest.approx(1)
    shares = regions.select((regions["revenue"] / regions["revenue"].sum()).alias("share"))["share"]
    assert regions["share"].to_list() == pytest.approx(shares.to_list())
