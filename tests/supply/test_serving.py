"""Who serves whom: shares, the demand of a location, whose stock is whose, and how long goods take."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.merchant.policy import Policy
from shopkeeper.models.demand.series import as_lists, matrix
from shopkeeper.supply import serving
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.filters import GoodsFilters
from tests.examples import FEWER
from tests.shops.goods_in_memory import LANES, PLACES, counted, forecast, small_shop, sold
from tests.shops.in_memory import MemoryQuery

BOTH = [counted("W", 10), counted("S", 10)]


def used(query: MemoryQuery) -> pl.DataFrame:
    return demand.used(query, GoodsFilters())


def shares_of(query: MemoryQuery) -> dict[tuple[str, str], float]:
    result = serving.shares(query, used(query))
    return {(row["region"], row["location"]): row["share"] for row in result.iter_rows(named=True)}


def test_shares_are_what_was_shipped_there_in_the_category() -> None:
    query = small_shop(BOTH, [forecast("north", 4), forecast("south", 8)])
    assert shares_of(query) == {("north", "W"): 1.0, ("south", "W"): 0.25, ("south", "S"): 0.75}


def test_a_location_that_does_not_keep_the_sku_serves_none_of_it() -> None:
    lines = [sold("south", "W", 2, "cup"), sold("south", "S", 6, "tea"), sold("south", "W", 2, "tea")]
    query = small_shop([counted("W", 9, "cup")], [forecast("south", 8, "cup")], lines=lines)
    assert shares_of(query) == {("south", "W"): 1.0}


def test_a_location_that_ships_a_sku_keeps_it_though_nobody_counted_it_there() -> None:
    query = small_shop([counted("W", 10)], [forecast("south", 8)])
    assert set(shares_of(query)) == {("south", "W"), ("south", "S")}


def test_a_region_that_nobody_shipped_to_is_served_by_its_fastest_lane() -> None:
    query = small_shop(BOTH, [forecast("west", 1)])
    assert shares_of(query) == {("west", "S"): 1.0}
    only = small_shop([counted("W", 10)], [forecast("west", 1)], lines=[sold("north", "W", 6)])
    assert shares_of(only) == {("west", "W"): 1.0}


def test_a_region_without_way_has_no_row() -> None:
    query = small_shop(BOTH, [forecast("east", 1)])
    assert serving.shares(query, used(query)).is_empty()
    assert serving.location_demand(query, used(query)).is_empty()


def test_without_a_forecast_there_are_neither_shares_nor_demand() -> None:
    query = small_shop(BOTH)
    assert serving.shares(query, used(query)).is_empty()
    assert serving.location_demand(query, used(query)).columns == list(serving._DEMAND_SCHEMA)


def test_a_locations_demand_is_its_share_of_each_region() -> None:
    rising = [float(day) for day in range(91)]
    query = small_shop(BOTH, [forecast("north", 4, error_sd=3.0), forecast("south", rising, error_sd=2.0)])
    result = {row["location"]: row for row in serving.location_demand(query, used(query)).iter_rows(named=True)}
    assert result["W"]["units"] == [4 + 0.25 * day for day in range(91)]
    assert result["S"]["units"] == [0.75 * day for day in range(91)]
    assert (result["W"]["region"], result["S"]["region"]) == ("north", "south")
    # Each unit of the south (45 a day) goes to the warehouse with probability a quarter.
    assert result["W"]["error_sd"] ** 2 == pytest.approx(9 + 4 / 16 + 45 * 3 / 16)
    assert result["S"]["error_sd"] ** 2 == pytest.approx(4 * 9 / 16 + 45 * 3 / 16)


def test_a_trickle_is_never_smooth() -> None:
    query = small_shop(BOTH, [forecast("north", 2), forecast("south", 1.6, pattern="erratic")])
    result = dict(serving.location_demand(query, used(query)).select("location", "pattern").iter_rows())
    assert result == {"W": "smooth", "S": "lumpy"}


def test_stock_belongs_to_the_regions_that_are_served_from_there() -> None:
    query = small_shop(BOTH, [forecast("north", 4), forecast("south", 8)])
    places = pl.DataFrame({"location": ["W", "S"], "sku": ["tea", "tea"], "region": ["north", "south"]})
    result = serving.parts(serving.shares(query, used(query)), places)
    assert result.rows() == [("S", "tea", "south", 1.0), ("W", "tea", "north", 4 / 6), ("W", "tea", "south", 2 / 6)]


def test_stock_that_nobody_asks_for_stays_where_it_is() -> None:
    query = small_shop(BOTH, [forecast("north", 0), forecast("south", 0)])
    places = pl.DataFrame({"location": ["W"], "sku": ["tea"], "region": ["north"]})
    assert serving.parts(serving.shares(query, used(query)), places).rows() == [("W", "tea", "north", 1.0)]


@pytest.mark.parametrize(
    ("of_the_item", "of_both"), [(5.0, 5.0), (7.0, 7.0), (6.0, 6.0), (9.0, 7.0), (1.0, 5.0), (None, 5.0)]
)
def test_what_regions_miss_by_together_adds_up_to_what_the_item_missed_by(
    of_the_item: float | None, of_both: float
) -> None:
    """Regions miss by 3 and 4: by 5 together if independently, by 7 if always alike."""
    sums = {"north": 3.0, "south": 4.0}
    rows = [forecast(region, 1, lead_error_sd=[sums[region]] * 13) for region in sums]
    together = {"level": "sku", "region": None, "lead_error_sd": of_the_item and [of_the_item] * 13}
    rows.append(forecast("north", 2) | together)
    query = small_shop(BOTH, rows, lines=[sold("north", "W", 1), sold("south", "W", 1)])
    errors = serving.location_demand(query, used(query)).row(0, named=True)["lead_error_sd"]
    assert errors == pytest.approx([of_both] * 13)


def test_a_location_that_serves_a_part_of_a_region_has_its_part_of_the_error_and_the_chance_of_who_comes_to_it() -> (
    None
):
    """The warehouse serves a quarter of 2 a day: 1/16 of 100 and 3/16 of the 14 that are expected in a week."""
    rows = [forecast("south", 2, error_sd=3.0, lead_error_sd=[10.0 + week for week in range(13)])]
    query = small_shop(BOTH, rows)
    result = {row["location"]: row for row in serving.location_demand(query, used(query)).iter_rows(named=True)}
    assert result["W"]["lead_error_sd"][0] ** 2 == pytest.approx(100 / 16 + 14 * 3 / 16)
    assert result["S"]["lead_error_sd"][1] ** 2 == pytest.approx(121 * 9 / 16 + 28 * 3 / 16)
    assert result["W"]["error_sd"] ** 2 == pytest.approx(9 / 16 + 2 * 3 / 16)


def test_where_one_region_was_not_tested_nothing_is_called_measured() -> None:
    rows = [forecast("north", 1, lead_error_sd=[3.0] * 13), forecast("south", 1)]
    query = small_shop(BOTH, rows, lines=[sold("north", "W", 1), sold("south", "W", 1)])
    assert serving.location_demand(query, used(query))["lead_error_sd"].to_list() == [None]
    silent = small_shop(BOTH, [rows[0], forecast("south", 0)], lines=[sold("north", "W", 1), sold("south", "W", 1)])
    assert serving.location_demand(silent, used(silent))["lead_error_sd"].to_list() == [pytest.approx([3.0] * 13)]


@FEWER
@given(
    st.lists(
        st.tuples(st.sampled_from(["north", "south", "east"]), st.sampled_from(["W", "S", "X"]), st.integers(1, 9)),
        min_size=1, max_size=8, unique_by=lambda way: way[:2],
    ),
    st.lists(st.floats(0, 9), min_size=3, max_size=3),
)  # fmt: skip
def test_shares_add_up_to_one_and_so_do_parts(ways: list[tuple[str, str, int]], rates: list[float]) -> None:
    regions = ["north", "south", "east"]
    stock = [counted(name, 10) for name in ("W", "S", "X")]
    rows = [forecast(region, rate) for region, rate in zip(regions, rates, strict=True)]
    query = small_shop(stock, rows, lines=[sold(*way) for way in ways], lanes=[])
    forecasts = used(query)
    shares = serving.shares(query, forecasts)
    served = {region for region, _location, _units in ways}
    sums = dict(shares.group_by("region").agg(pl.col("share").sum()).iter_rows())
    assert set(sums) == served
    assert all(total == pytest.approx(1) for total in sums.values())
    located = serving.location_demand(query, forecasts)
    queried = sum(rate for region, rate in zip(regions, rates, strict=True) if region in served)
    assert located["daily_mean"].sum() == pytest.approx(queried, abs=1e-9)
    places = pl.DataFrame({"location": ["W", "S", "X"], "sku": ["tea"] * 3, "region": ["north", "south", "(none)"]})
    parts = serving.parts(shares, places).group_by("location").agg(pl.col("part").sum())
    assert parts.height == 3
    assert all(total == pytest.approx(1) for total in parts["part"])


def test_stores_are_supplied_by_lane_and_warehouses_by_their_supplier() -> None:
    items = pl.DataFrame({"sku": ["tea", "new"], "lead_days": [9.0, None], "lead_sd": [None, None]},
                         schema_overrides={"lead_sd": pl.Float64})  # fmt: skip
    places = pl.DataFrame({"location": ["W", "S", "W"], "sku": ["tea", "tea", "new"]})
    policy = Policy(receiving_days=1, lead_days=20.0, lead_sd=4.0)
    query = small_shop(BOTH)
    result = serving.leads(query, items, places, policy)
    assert result.rows() == [
        ("W", "tea", 10.0, 0.0, None, False),
        ("S", "tea", 3.0, 0.5, "W", False),
        ("W", "new", 21.0, 4.0, None, True),
    ]
    bare = serving.leads(small_shop(BOTH, lanes=[]), items, places, policy)
    assert bare["lead_days"].to_list() == [10.0, 10.0, 21.0]
    back = [*LANES, {"from_location": "S", "to_location": "W", "lead_days": 1.0}]
    assert serving.leads(small_shop(BOTH, lanes=back), items, places, policy)["lead_days"][0] == 10.0
    assert PLACES[0]["kind"] == "warehouse"


def test_lists_of_days_become_a_matrix_and_back() -> None:
    frame = pl.DataFrame({"units": [[1.0, 2.0], [3.0], None, []]}, schema={"units": pl.List(pl.Float64)})
    assert matrix(frame).tolist() == [[1, 2], [3, 0], [0, 0], [0, 0]]
    assert as_lists(matrix(frame))[0].to_list() == [1.0, 2.0]
    assert matrix(frame.clear()).shape == (0, 0)
