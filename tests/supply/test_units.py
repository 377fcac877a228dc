"""Kilograms, metres and pieces are never one sum: where items are counted differently, money leads."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from shopkeeper.contract.table import QUANTITY
from shopkeeper.contract.tables import STOCK_SNAPSHOTS
from shopkeeper.lake.workbench import typed
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.network import report as network
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment.report import why
from shopkeeper.supply.replenishment.screen.decide import units_added
from shopkeeper.supply.units import units_of
from tests.shops.goods_in_memory import PLACES, PRODUCTS, counted, forecast, small_shop, sold
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


POLICY = InForce(Policy(service_levels=(("A", 0.5), ("B", 0.5), ("C", 0.5))))
"""Without safety stock: reorder point 10 days of need, order-up-to 17."""


def weighed(unit: str | None, on_hand: float = 3.005, daily: float = 0.3005, **product: Any) -> MemoryQuery:
    return small_shop(
        [counted("W", on_hand)],
        [forecast("north", daily)],
        lines=[sold("north", "W", 9)],
        locations=product.pop("locations", PLACES),
        products=[PRODUCTS[0] | {"unit": unit} | product],
    )


@pytest.mark.parametrize(
    ("unit", "product", "ordered"),
    [
        ("kg", {}, 2.104),
        ("KG ", {"minimum_order": 2.5}, 2.5),
        ("公斤", {"pack_size": 0.25}, 2.25),
        ("m", {"pack_size": 1}, 3),
        (None, {}, 3),
        ("box", {}, 3),
        ("piece", {"pack_size": 2}, 4),
    ],
)
def test_what_is_weighed_is_ordered_to_its_pack_or_a_thousandth_and_pieces_whole(
    unit: str | None, product: dict[str, Any], ordered: float
) -> None:
    """17 days at 0.3005 are 5.1085; 3.005 are there, so 2.1035 are missing."""
    rows = replenishment.report(weighed(unit, **product), GoodsFilters(), POLICY).rows
    assert (rows["units"].item(), rows["position"].item()) == (ordered, 3.005)
    assert rows["cost"].item() == pytest.approx(10 * ordered)


def test_parts_of_a_unit_are_shown_as_they_were_counted() -> None:
    query = weighed("kg", 4.375, locations=[PLACES[0] | {"capacity_units": 10.5}, PLACES[1]])
    assert coverage.report(query, GoodsFilters()).regions_skus["on_hand"].to_list() == [4.375]
    node = network.report(query, GoodsFilters()).nodes.filter(pl.col("location") == "W").row(0, named=True)
    assert (node["available"], node["capacity"]) == (4.375, 10.5)
    row = replenishment.report(weighed("kg", 2.375), GoodsFilters(), POLICY).rows.row(0, named=True)
    assert "2.375 on hand" in why(row, POLICY.policy)


def test_units_of_different_kinds_are_no_sum_of_an_order_and_of_none_that_is_accepted() -> None:
    def shop(**units: str) -> MemoryQuery:
        products = [row | {"supplier": "Maker", "unit": units[str(row["sku"])]} for row in PRODUCTS]
        forecasts = [forecast("north", 1.0), forecast("north", 1.0, "cup")]
        lines = [sold("north", "W", 9), sold("north", "W", 9, "cup")]
        return small_shop([counted("W", 10), counted("W", 10, "cup")], forecasts, lines=lines, products=products)

    def sent(query: MemoryQuery) -> tuple[Any, ...]:
        made = replenishment.report(query, GoodsFilters(), POLICY).purchase_orders
        return made.select("lines", "units", "cost").row(0)

    assert sent(shop(tea="kg", cup="piece")) == (2, None, 7 * 10 + 7 * 30)
    assert sent(shop(tea="kg", cup="kg")) == (2, 14, 7 * 10 + 7 * 30)
    rows = [{"unit": "kg", "units": 1.5}, {"unit": "piece", "units": 2.0}, {"unit": "kg", "units": 1.25}]
    assert units_added(rows) == "2.75 kg, 2 units"


def test_quantities_that_were_stored_as_whole_numbers_are_read_as_the_contract_has_them(tmp_path: Path) -> None:
    old, new = tmp_path / "old.parquet", tmp_path / "new.parquet"
    rows = pl.DataFrame({"day": [date(2024, 4, 1)], "location_id": ["W"], "sku": ["tea"], "on_hand": [12]})
    rows.write_parquet(old)
    rows.with_columns(on_hand=pl.lit("12.5").cast(pl.Decimal(18, 3))).write_parquet(new)
    with duckdb.connect() as connection:
        for files, stocks in (([old], ["12.000"]), ([old, new], ["12.000", "12.500"])):
            read = typed(connection, STOCK_SNAPSHOTS, files)
            assert str(dict(zip(read.columns, read.types, strict=True))["on_hand"]) == QUANTITY
            assert sorted(str(row[0]) for row in read.project("on_hand").fetchall()) == stocks
