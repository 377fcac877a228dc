"""Network: rates that can be checked by eye, laws that hold for every network, and what is said of bad ground."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.engine.query import Scope
from shopkeeper.errors import Refused
from shopkeeper.models.arrays import Floats
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.network import report as network
from shopkeeper.supply.network.allocation import figures, give_out, idle, missing, with_source
from shopkeeper.supply.network.candidate_sites import costed
from shopkeeper.supply.network.inputs import NetworkInputs
from shopkeeper.supply.network.report import Network, NetworkOptions
from tests.examples import MORE
from tests.shops.goods_in_memory import AS_OF, PLACES, counted, forecast, landing, small_shop, sold
from tests.shops.in_memory import MemoryQuery

REGIONS = [
    {"region": "north", "tile_row": 0, "tile_column": 0}, {"region": "south", "tile_row": 0, "tile_column": 1},
    {"region": "west", "tile_row": 0, "tile_column": 2},
]  # fmt: skip
LANES: list[dict[str, Any]] = [
    {"from_location": "W", "to_region": "north", "lead_days": 1.0, "cost_per_unit": 5},
    {"from_location": "W", "to_region": "south", "lead_days": 2.0, "cost_per_unit": 7},
    {"from_location": "W", "to_region": "west", "lead_days": 4.0, "cost_per_unit": 11},
    {"from_location": "S", "to_region": "west", "lead_days": 2.0, "cost_per_unit": 2},
]
DAILY = [forecast("north", 1), forecast("south", 1), forecast("west", 1)]
STOCK = [counted("W", 30), counted("S", 20)]


def three_regions(**tables: Any) -> MemoryQuery:
    """14 units asked for in each region; the south buys three quarters over the store's counter."""
    given_ = {"stock": STOCK, "forecasts": DAILY, "lanes": LANES, "regions": REGIONS} | tables
    return small_shop(given_.pop("stock"), given_.pop("forecasts"), **given_)


def notes_of(network: Network) -> str:
    return " ".join(str(note) for note in network.notes)


def rates(network: Network) -> dict[str, float | None]:
    return dict(network.regions.select("region", "near_rate").rows())


def test_three_regions_by_eye() -> None:
    result = network.report(three_regions())
    # North 14 from W; south 10.5 over the counter and 3.5 from W; west waits 4 days for the 12.5 that W has left.
    assert result.now.demand == pytest.approx(42)
    assert result.now.near == pytest.approx(28)
    assert result.now.near_rate == pytest.approx(28 / 42)
    assert rates(result) == pytest.approx({"north": 1.0, "south": 1.0, "west": 0.0})
    assert result.now.served == pytest.approx(40.5)
    assert result.now.freight == pytest.approx(14 * 5 + 3.5 * 7 + 12.5 * 11)
    assert result.now.lead_days == pytest.approx((14 * 1 + 3.5 * 2 + 12.5 * 4) / 40.5)
    west = result.regions.filter(region="west").row(0, named=True)
    assert (west["far"], west["unserved"], west["in_reach"]) == (pytest.approx(12.5), pytest.approx(1.5), 0)
    assert result.missing.select("region", "sku", "missing", "margin_not_near").rows() == [
        ("west", "tea", pytest.approx(14.0), pytest.approx(14 * 20.0))
    ]


def test_what_is_not_near_lies_elsewhere_or_nowhere() -> None:
    # W has 30 units and gives 17.5 of them nearby, S has 20 and gives 10.5: 22 lie elsewhere, the west lacks 14.
    result = network.report(three_regions())
    assert result.missing.select("elsewhere", "nowhere").rows() == [(pytest.approx(14.0), pytest.approx(0.0))]
    # Now the store gives its 10 over the counter, and 18 of W's 20 units go nearby: 2 are left, 12 must be ordered.
    less = network.report(three_regions(stock=[counted("W", 20), counted("S", 10)]))
    assert less.lies_elsewhere == pytest.approx(2.0)
    assert less.missing.filter(region="west").select("elsewhere", "nowhere").row(0) == pytest.approx((2.0, 12.0))
    assert less.lies_elsewhere + float(less.missing["nowhere"].sum()) == pytest.approx(less.now.demand - less.now.near)


def test_without_a_count_of_stock_there_is_no_rate_and_nothing_to_do() -> None:
    result = network.report(three_regions(stock=[]))
    assert result.now.near_rate is None
    assert rates(result) == {"north": None, "south": None, "west": None}
    assert result.regions["demand"].sum() == pytest.approx(42)
    assert result.regions["margin_not_near"].null_count() == 3
    assert result.missing.is_empty()
    assert result.candidates.is_empty()
    assert network.report(three_regions(stock=[counted("W", 0), counted("S", 0)])).now.near_rate == 0


def test_stock_of_places_of_which_nobody_knows_where_they_are_gives_no_rate() -> None:
    result = network.report(three_regions(locations=[], lanes=[]))
    assert result.now.near_rate is None
    assert result.missing.is_empty()
    assert "known where it stands" in notes_of(result)


def test_where_no_item_has_a_cost_no_margin_is_told() -> None:
    lines = [sold("north", "W", 6, unit_cost=None)]
    result = network.report(three_regions(lines=lines, products=[{"sku": "tea", "category": "Tea"}]))
    assert not result.inputs.margined
    assert result.regions["margin_not_near"].null_count() == result.regions.height


def test_the_goods_of_a_place_are_never_promised_twice() -> None:
    result = network.report(three_regions(stock=[counted("W", 10)]))
    assert result.now.near == pytest.approx(10)
    assert result.nodes.filter(location="W").select("gives", "idle").row(0) == (pytest.approx(10), pytest.approx(0))


def test_a_longer_promise_and_a_delivery_bring_more_near() -> None:
    result = network.report(three_regions(inbound=[landing("W", 10, 3)]), options=NetworkOptions(promise_days=5))
    assert result.now.near == pytest.approx(40.5)
    assert result.coming.near == pytest.approx(42)
    assert network.report(three_regions(inbound=[landing("W", 10, 20)])).coming.near == pytest.approx(28)


def test_the_proposed_plan_moves_goods_and_makes_none() -> None:
    result = network.report(three_regions())
    orders = pl.DataFrame({"sku": ["tea"], "location": ["W"], "units": [2], "lands_on": [AS_OF + timedelta(days=9)]})
    moved = pl.DataFrame({
        "sku": ["tea", "tea"], "from_location": ["W", "W"], "to_location": ["S", "S"], "units": [100, 1],
        "lands_on": [AS_OF + timedelta(days=9), AS_OF + timedelta(days=15)],
    })  # fmt: skip
    moves = network.moves_of(orders, moved, AS_OF + timedelta(days=14))
    assert moves["units"].to_list() == [2.0, 100.0]
    # All 32 of W are in the store now, which serves its counter and nobody else.
    assert network.planned(result, moves).near == pytest.approx(10.5)
    assert network.planned(result, moves.clear()).near == result.now.near


def test_a_store_switched_on_ships_what_its_counter_does_not_need() -> None:
    result = network.report(three_regions())
    tried = network.what_if(result, ("S",), node_cost=1000.0)
    change, year = tried.change, 365 / 14
    assert result.year == pytest.approx(year)
    assert change.after.near == pytest.approx(28 + 9.5)
    assert change.points == pytest.approx(9.5 / 42)
    saved = 12.5 * 11 - (9.5 * 2 + 4.5 * 11)
    assert change.cost_year == pytest.approx(1000 - saved * year)
    assert change.cost_per_point == pytest.approx(change.cost_year / (100 * 9.5 / 42))
    # 1.5 units could not be had before, each worth 20; nobody buys more because goods are nearer.
    assert change.margin_year == pytest.approx(1.5 * 20 * year - change.cost_year)
    west = tried.regions.filter(region="west").row(0, named=True)
    assert (west["near_rate"], west["near_rate_after"]) == (0.0, pytest.approx(9.5 / 14))
    assert tried.nodes.rows() == [("S", "store", "south", pytest.approx(9.5))]


def test_a_new_node_is_stocked_from_what_lies_idle() -> None:
    result = network.report(three_regions(stock=[counted("W", 60), counted("S", 20)]))
    change = network.what_if(result, ("warehouse:west",)).change
    assert change.after.near == pytest.approx(42)
    assert change.after.served == pytest.approx(result.now.served)
    nothing_idle = network.report(three_regions())
    assert network.what_if(nothing_idle, ("warehouse:west",)).change.points == 0


def test_a_new_node_holds_no_more_than_its_kind_and_pays_for_the_move() -> None:
    places = [PLACES[0] | {"capacity_units": 5}, PLACES[1]]
    moves = [{"from_location": "W", "to_location": "S", "lead_days": 2.0, "cost_per_unit": 3}]
    query = three_regions(stock=[counted("W", 60)], locations=places, lanes=[*LANES, *moves])
    result = network.report(query)
    change = network.what_if(result, ("warehouse:west",)).change
    assert change.after.near - change.before.near == pytest.approx(5)
    # Five units go by a home lane (a line through 5, 7 and 11 over 0, 1 and 2 tiles says 4.667) and are moved for 3.
    assert change.after.freight - change.before.freight == pytest.approx(5 * (14 / 3 + 3 - 11))


def test_each_candidate_is_what_the_what_if_says_of_it_alone() -> None:
    result = network.report(three_regions(stock=[counted("W", 60), counted("S", 20)]))
    ranked = costed(result.candidates, 500.0)
    assert "S" in ranked["candidate"].to_list()
    assert ranked["points"].is_sorted(descending=True)
    for row in ranked.iter_rows(named=True):
        alone = network.what_if(result, (row["candidate"],), 500.0).change
        assert row["points"] == pytest.approx(alone.points)
        assert row["cost_year"] == pytest.approx(alone.cost_year)
        assert row["margin_year"] == pytest.approx(alone.margin_year)


def test_regions_chosen_limit_what_is_told_and_not_who_shares_the_goods() -> None:
    query = three_regions(stock=[counted("W", 10)])
    whole, south = network.report(query), network.report(query, GoodsFilters(regions=("south",)))
    assert south.regions["region"].to_list() == ["south"]
    assert south.now.near == pytest.approx(whole.regions.filter(region="south")["near"].item())
    cups = network.report(three_regions(), GoodsFilters(categories=("Cups",)))
    assert cups.now.near_rate is None
    assert cups.categories.is_empty()


def test_a_node_that_ships_already_or_is_none_is_refused() -> None:
    result = network.report(three_regions())
    for candidate in ("W", "nowhere", "dealer:south", "store:the moon"):
        with pytest.raises(Refused, match=candidate):
            network.what_if(result, (candidate,))


def test_impossible_options_are_refused() -> None:
    for options in ({"promise_days": 0}, {"promise_days": 99}, {"window_days": 15}):
        with pytest.raises(Refused):
            NetworkOptions(**options)


def test_throughput_is_what_was_shipped_moved_and_received() -> None:
    moved = landing("S", 5, -10, from_location="W", received_on=AS_OF - timedelta(days=9))
    old = landing("S", 7, -50, ordered_on=AS_OF - timedelta(days=60), received_on=AS_OF - timedelta(days=50))
    rows = network.report(three_regions(inbound=[moved, old, landing("S", 9, 5)])).nodes
    kept = ["shipped_28", "shipped_91", "received_28", "received_91", "moved_out_28", "on_hand", "value_at_cost"]
    assert dict(zip(rows["location"], rows.select(kept).rows(), strict=True)) == {
        "W": (8, 8, 0, 0, 5, 30, 300.0), "S": (6, 6, 5, 12, 0, 20, 200.0),
    }  # fmt: skip


BAD_GROUND: dict[str, tuple[dict[str, Any], str]] = {
    "no forecast": ({"forecasts": []}, "python -m shopkeeper forecast"),
    "no stock": ({"stock": []}, "No stock is known"),
    "no lanes": ({"lanes": []}, "no lanes to regions"),
    "no cost": ({"lanes": [row | {"cost_per_unit": None} for row in LANES]}, "No lane has a cost"),
    "one lane without cost": ({"lanes": [LANES[0] | {"cost_per_unit": None}, *LANES[1:]]}, "1 lane has no cost"),
    "no locations": ({"locations": []}, "No locations are described"),
    "a region out of reach": ({}, "1 region is reached by no location within the promise: west"),
    "negative stock": ({"stock": [counted("W", -3), counted("S", 20)]}, "1 stock figure is below 0"),
    "demand from nowhere": ({"forecasts": [*DAILY, forecast("(none)", 3)]}, "50 % of the demand has no ship-to"),
    "a place without a region": (
        {"locations": [PLACES[0] | {"region": None}, PLACES[1]]}, "1 location with stock has no known region",
    ),
    "lanes of unknown places": (
        {"lanes": [*LANES, {"from_location": "X", "to_region": "west", "lead_days": 1.0}]},
        "1 location that lanes name",
    ),
    "no lane home": ({"lanes": LANES[1:]}, "1 location ships but has no lane to its own region"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_GROUND)
def test_bad_ground_is_said_and_the_rest_still_works(name: str) -> None:
    tables, sentence = BAD_GROUND[name]
    result = network.report(three_regions(**tables))
    assert sentence in notes_of(result)
    assert result.nodes.height >= 1
    for frame in (result.regions, result.categories, result.nodes, result.lanes, result.missing, result.candidates):
        for column in frame.select(pl.selectors.float()):
            assert column.is_finite().all()
    assert result.now.near_rate is None or 0 <= result.now.near_rate <= 1


def test_where_no_lane_has_a_cost_money_is_not_told() -> None:
    result = network.report(three_regions(lanes=[row | {"cost_per_unit": None} for row in LANES]))
    assert not result.priced
    assert result.lanes["cost_per_unit"].null_count() == result.lanes.height
    assert result.now.near == pytest.approx(28)


def test_without_lanes_a_place_that_ships_reaches_its_own_region_in_a_day() -> None:
    result = network.report(three_regions(lanes=[]))
    assert rates(result) == pytest.approx({"north": 1.0, "south": 10.5 / 14, "west": 0.0})
    assert result.lanes.select("location", "region", "lead_days").rows() == [("W", "north", 1.0)]


def test_an_unlisted_place_with_stock_and_lanes_serves_by_these() -> None:
    lanes = [*LANES, {"from_location": "X", "to_region": "west", "lead_days": 1.0, "cost_per_unit": 1}]
    result = network.report(three_regions(lanes=lanes, stock=[*STOCK, counted("X", 4)]))
    assert rates(result)["west"] == pytest.approx(4 / 14)


def test_a_restricted_viewer_is_told_that_goods_elsewhere_are_not_counted() -> None:
    result = network.report(three_regions(scope=Scope(regions=("south",))))
    assert "You may see some regions only" in notes_of(result)
    assert result.regions["region"].to_list() == ["south"]
    # The warehouse shipped to the south, which the viewer may know; what it holds is not told.
    assert result.nodes.filter(location="W").select("on_hand", "kind").rows() == [(0, "(none)")]


def test_units_with_an_unknown_margin_count_as_units() -> None:
    lines = [sold("north", "W", 6, unit_cost=None)]
    products = [{"sku": "tea", "category": "Tea"}]
    result = network.report(three_regions(lines=lines, products=products))
    assert result.missing.filter(region="west")["margin_not_near"].to_list() == [None]
    assert result.now.near > 0


def test_what_customers_take_over_the_counter_is_not_shipped() -> None:
    query = three_regions(lines=[sold("south", "S", 6), sold("north", "W", 6)], stock=[counted("S", 20)])
    result = network.report(query)
    assert result.now.near == pytest.approx(14)
    assert result.now.freight == 0
    assert result.now.lead_days == 0


def test_a_new_node_costs_what_its_kind_costs_and_one_that_is_there_nothing_more() -> None:
    places = [PLACES[0], PLACES[1] | {"running_cost": 100, "opening_cost": 500}]
    result = network.report(three_regions(locations=places, stock=[counted("W", 60), counted("S", 20)]))
    costs = dict(result.candidates.select("candidate", "node_cost").rows())
    assert costs["S"] == 0
    assert costs["store:west"] == pytest.approx(12 * 100 + 500 / 5)
    without, own, viewers = (
        row.filter(candidate="store:west").row(0, named=True)
        for row in (result.candidates, costed(result.candidates, 0.0), costed(result.candidates, 50.0))
    )
    assert own["margin_year"] == pytest.approx(without["margin_year"] - 1300)
    assert viewers["cost_year"] == pytest.approx(without["cost_year"] + 50)
    both = network.what_if(result, ("S", "store:west")).change
    free = network.what_if(
        network.report(three_regions(stock=[counted("W", 60), counted("S", 20)])), ("S", "store:west")
    )
    assert both.cost_year == pytest.approx(free.change.cost_year + 1300)


def network_inputs(seed: int) -> NetworkInputs:
    """A random network of a few items, places and regions; the last place does not ship."""
    draw = np.random.default_rng(seed)
    items, places, regions = (int(n) for n in draw.integers(1, 5, 3))
    lead = np.where(draw.random((places, regions)) < 0.7, draw.integers(1, 6, (places, regions)), np.inf).astype(float)
    nodes = pl.DataFrame({"location": [f"L{n}" for n in range(places)], "ships": [True] * places})
    return NetworkInputs(
        items=pl.DataFrame({
            "sku": [f"K{n}" for n in range(items)], "category": ["Tea"] * items,
            "unit_margin": draw.integers(0, 9, items).astype(float).tolist(),
        }),
        regions=pl.DataFrame({"region": [f"R{n}" for n in range(regions)]}), nodes=nodes,
        demand=draw.integers(0, 9, (items, regions)).astype(np.float64) * 0.7,
        available=draw.integers(0, 9, (items, places)).astype(np.float64),
        inbound=np.zeros((items, places)), walk_in=np.zeros((items, places)), lead=lead,
        cost=draw.integers(0, 9, lead.shape).astype(float), stated_lead=lead, stated_cost=np.zeros(lead.shape),
        moves=pl.DataFrame(), priced=True, stocked=True, home_region=np.zeros(places, dtype=np.int64),
        tiles=np.zeros((regions, regions)), year=26.0, notes=(),
    )  # fmt: skip


def near(inputs: NetworkInputs, stock: Floats, promise: float) -> float:
    allocation = give_out(inputs, stock, promise)
    every = np.ones(inputs.regions.height, dtype=bool)
    computed_ = figures(inputs, allocation, every)
    given_ = inputs.demand.sum() - missing(inputs, allocation).sum()
    assert computed_.near == pytest.approx(given_)
    assert computed_.near <= computed_.served + 1e-9
    assert computed_.near_rate is None or 0 <= computed_.near_rate <= 1
    assert idle(allocation).sum() == pytest.approx(stock.sum() - computed_.served)
    reach = sum(
        np.minimum(inputs.demand[:, region], stock[:, inputs.lead[:, region] <= promise].sum(axis=1)).sum()
        for region in range(inputs.regions.height)
    )
    assert computed_.near <= reach + 1e-6
    return computed_.near


@MORE
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_more_stock_a_longer_promise_and_more_nodes_never_lower_the_rate(seed: int, promise: int) -> None:
    result = network_inputs(seed)
    first = near(result, result.available, promise)
    assert near(result, result.available, promise + 1) >= first - 1e-6
    assert near(result, result.available + 1, promise) >= first - 1e-6
    allocation, draw = give_out(result, result.available, promise), np.random.default_rng(seed)
    extra = draw.integers(0, 5, len(result.demand)).astype(np.float64)
    lead = draw.integers(1, 6, result.regions.height).astype(float)
    more = with_source(result, allocation, extra, lead, np.ones(len(lead)))
    every = np.ones(len(lead), dtype=bool)
    assert figures(result, more, every).near >= first - 1e-6
    assert (idle(more) >= 0).all()
