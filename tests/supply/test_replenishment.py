"""Orders and transfers: levels by hand, dates, money, whose need it is, what is never taken, and bad ground."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper import i18n
from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.overrides import Override
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment import needs, notes, table, transfers
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.transfers import Transfers
from tests.examples import FEWER
from tests.shops.goods_in_memory import AS_OF, LANES, PLACES, PRODUCTS, counted, forecast, landing, small_shop, sold
from tests.shops.in_memory import MemoryQuery

NORTH = [sold("north", "W", 9)]
STRICT = Policy(service_levels=(("A", 0.5), ("B", 0.5), ("C", 0.5)))
"""Without safety stock, levels can be reckoned in the head."""
PACKED = [PRODUCTS[0] | {"pack_size": 6, "minimum_order": 12, "supplier": "Maker"}]


def orders(query: MemoryQuery, policy: Policy = STRICT, **chosen: tuple[str, ...]) -> OrderProposals:
    return replenishment.report(query, GoodsFilters(**chosen), InForce(policy))


def moves(query: MemoryQuery, policy: Policy = STRICT, **chosen: tuple[str, ...]) -> Transfers:
    return transfers.report(query, GoodsFilters(**chosen), InForce(policy))


def one(on_hand: int, daily: float = 1.0, policy: Policy = STRICT, committed: int = 0, **tables: Any) -> pl.DataFrame:
    """Orders of a shop with one place, region and SKU: 9 days from the supplier, 1 for receiving, 7 between reviews."""
    query = small_shop([counted("W", on_hand, committed=committed)], [forecast("north", daily)], lines=NORTH, **tables)
    return orders(query, policy).rows


@pytest.mark.parametrize(("on_hand", "units"), [(0, 8), (4, 8), (9, 8), (10, 7), (11, None), (-5, 8)])
def test_an_order_is_placed_at_the_reorder_point_and_brings_the_position_up_to_the_level(
    on_hand: int, units: int | None
) -> None:
    """d = 1, L = 10, R = 7: reorder point 10, order-up-to 17. What is lost before day 10 is not ordered again."""
    rows = one(on_hand)
    if units is None:
        assert rows.is_empty()
        return
    row = rows.row(0, named=True)
    assert (row["reorder_point"], row["order_up_to"], row["units"]) == (10, 17, units)
    assert row["cost"] == 10 * units
    assert row["lands_on"] == AS_OF + timedelta(days=10)


def test_quantities_are_whole_packs_and_the_suppliers_least() -> None:
    assert one(10, products=PACKED)["units"].item() == 12
    assert one(10, 2.0, products=PACKED)["units"].item() == 18
    assert one(10, products=[PACKED[0] | {"minimum_order": 20}])["units"].item() == 24


def test_what_is_committed_is_not_there_and_what_lands_in_time_is() -> None:
    assert one(14, committed=6).select("position", "units").row(0) == (8, 8)
    # Eleven in position are above the reorder point of ten.
    assert one(4, inbound=[landing("W", 7, 10)]).is_empty()
    # Eight are asked for from the tenth to the seventeenth day; seven of them land on the twelfth.
    later = one(4, inbound=[landing("W", 7, 12)]).row(0, named=True)
    assert (later["position"], later["later"], later["units"]) == (4, 7, 1)


@pytest.mark.parametrize(
    ("on_hand", "order_by", "late"), [(10, AS_OF + timedelta(days=1), 0), (4, AS_OF + timedelta(days=1), 6),
                                      (0, AS_OF + timedelta(days=1), 10)],
)  # fmt: skip
def test_the_order_by_date_and_how_late_it_is(on_hand: int, order_by: date, late: int) -> None:
    row = one(on_hand).row(0, named=True)
    assert (row["order_by"], row["late_days"]) == (order_by, late)


def test_orders_that_fall_due_soon_are_told_ahead() -> None:
    query = small_shop([counted("W", 18)], [forecast("north", 1)], lines=NORTH)
    result = orders(query)
    assert result.rows.is_empty()
    assert result.coming.select("order_by", "late_days").row(0) == (AS_OF + timedelta(days=8), 0)
    assert orders(small_shop([counted("W", 40)], [forecast("north", 1)], lines=NORTH)).coming.is_empty()


def test_margin_protected_is_what_would_be_lost_without_the_order_and_waiting_costs_a_weeks_part() -> None:
    """Ten there and one asked for a day: the order's seven units would all be lost within the 91 days, at 20 each."""
    row = one(10).row(0, named=True)
    assert row["margin_protected"] == pytest.approx(7 * 20)
    assert row["waiting_costs"] == pytest.approx(7 * 20)
    # At three, six are lost before anything can land; a week is all that the order saves from waiting.
    late = one(3).row(0, named=True)
    assert late["waiting_costs"] == pytest.approx(7 * 20)
    assert late["margin_protected"] == pytest.approx(8 * 20)
    assert (late["lost_units"], late["margin_at_stake"]) == (6, pytest.approx(6 * 20))


def test_an_event_within_the_lead_time_raises_the_reorder_point() -> None:
    units = [1.0] * 5 + [11.0] + [1.0] * (HORIZON - 6)
    query = small_shop([counted("W", 15)], [forecast("north", units)], lines=NORTH)
    assert orders(query).rows["reorder_point"].item() == 20


def test_a_warehouse_orders_for_the_stores_that_it_supplies() -> None:
    """The store has 4 for 1 a day: from day 5 on it has to fetch, 3 days earlier (lane 2, receiving 1)."""
    ways = [sold("north", "W", 9), sold("south", "S", 9)]
    forecasts = [forecast("north", 1), forecast("south", 1)]
    stock = [counted("W", 14), counted("S", 4)]
    row = orders(small_shop(stock, forecasts, lines=ways)).rows.row(0, named=True)
    # Own 10 and 9 passed on: days 5 to 13 of the store's demand leave the warehouse up to day 10.
    assert (row["location"], row["reorder_point"]) == ("W", 19)
    assert row["own_share"] == pytest.approx(17 / (17 + 16))
    enough = [counted("W", 14), counted("S", 90)]
    assert orders(small_shop(enough, forecasts, lines=ways)).rows.is_empty()


def test_the_level_follows_class_and_pattern_and_the_reason_says_so() -> None:
    policy = Policy(service_levels=(("A", 0.9),), pattern_levels=(("A", "smooth", 0.99),))
    query = small_shop([counted("W", 5)], [forecast("north", 2, error_sd=1.0)], lines=NORTH)
    row = orders(query, policy).rows.row(0, named=True)
    z, lead_sd = 2.326347874, 0.0
    safety = z * math.sqrt(10 * 1.0**2 + 2**2 * lead_sd**2)
    assert row["service_level"] == 0.99
    assert row["safety_stock"] == pytest.approx(safety, rel=1e-6)
    assert row["reorder_point"] == pytest.approx(20 + safety)
    reported = replenishment.why(row, policy)
    for words in (
        "5 on hand",
        "99%",
        "not asked for again",
        i18n.number(row["reorder_point"], 1),
        i18n.integer(row["units"]),
    ):
        assert words in reported


def test_safety_stock_is_for_the_error_of_the_sum_where_it_was_measured_and_the_reason_says_which() -> None:
    """Lead 10 days, sums of a week missed by 6 and of two by 9: after 10 days 36 + 3 / 7 (81 - 36), and (2 x 3)^2."""
    policy = Policy(service_levels=(("A", 0.99),))
    late = [PRODUCTS[0] | {"supplier_lead_sd": 3.0}]
    measured = forecast("north", 2, error_sd=1.0, lead_error_sd=[6.0 + 3 * week for week in range(13)])
    query = small_shop([counted("W", 5)], [measured], lines=NORTH, products=late)
    row = orders(query, policy).rows.row(0, named=True)
    z = 2.326347874
    assert row["safety_stock"] == pytest.approx(z * math.sqrt(36 + 45 * 3 / 7 + (2 * 3.0) ** 2), rel=1e-6)
    assert row["error_source"] == "backtest"
    assert "earlier forecasts of as many days" in replenishment.why(row, policy)
    query = small_shop([counted("W", 5)], [forecast("north", 2, error_sd=1.0)], lines=NORTH, products=late)
    row = orders(query, policy).rows.row(0, named=True)
    assert row["safety_stock"] == pytest.approx(z * math.sqrt(10 + (2 * 3.0) ** 2), rel=1e-6)
    assert row["error_source"] == "formula"
    assert "by the formula" in replenishment.why(row, policy)


def test_a_warehouse_keeps_stock_for_what_all_that_it_supplies_missed_together() -> None:
    """Regions always err alike, by 30 and 40 a week: the warehouse, which supplies both, by 70."""
    sums = {"north": 30.0, "south": 40.0}
    rows = [forecast(region, 2, lead_error_sd=[sums[region]] * 13) for region in sums]
    rows.append(forecast("north", 4) | {"level": "sku", "region": None, "lead_error_sd": [70.0] * 13})
    ways = [sold("north", "W", 9), sold("south", "S", 9)]
    policy = Policy(service_levels=(("A", 0.99),), doubt_months=1000.0)
    query = small_shop([counted("W", 0), counted("S", 0)], rows, lines=ways)
    row = orders(query, policy).rows.row(0, named=True)
    assert row["location"] == "W"
    assert row["safety_stock"] == pytest.approx(2.326347874 * 70, rel=1e-6)


@pytest.mark.parametrize(
    ("products", "landed", "days", "source"),
    [
        (PRODUCTS[:1], [], 10, "products"),
        ([{k: v for k, v in PRODUCTS[0].items() if k != "supplier_lead_days"} | {"supplier": "Maker"}],
         [5, 5, 8], 7, "deliveries"),
        ([{k: v for k, v in PRODUCTS[0].items() if k != "supplier_lead_days"} | {"supplier": "Maker"}],
         [5, 5], 15, "policy"),
        # Stated 9, three days more each time: of three deliveries that landed together n / (n + 5) with n = 1.
        ([PRODUCTS[0] | {"supplier": "Maker"}], [12, 12, 12], 10 + 3 / 6, "both"),
        ([PRODUCTS[0] | {"supplier": "Maker"}], [12, 12], 10, "products"),
    ],
)  # fmt: skip
def test_the_lead_time_is_stated_else_measured_else_the_policys(
    products: list[dict[str, Any]], landed: list[int], days: float, source: str
) -> None:
    past = [
        landing("W", 3, -40 - number, ordered_on=AS_OF - timedelta(days=60),
                received_on=AS_OF - timedelta(days=60 - took), inbound_id=f"I{number}")
        for number, took in enumerate(landed)
    ]  # fmt: skip
    row = one(0, products=products, inbound=past).row(0, named=True)
    assert (row["lead_days"], row["lead_source"]) == (pytest.approx(days), source)


def test_filters_choose_places_and_goods_and_a_manual_value_counts() -> None:
    query = small_shop([counted("W", 5), counted("W", 5, "cup")], [forecast("north", 1), forecast("north", 1, "cup")],
                       lines=[*NORTH, sold("north", "W", 9, "cup")])  # fmt: skip
    assert set(orders(query).rows["sku"]) == {"tea", "cup"}
    assert orders(query, skus=("cup",)).rows["sku"].to_list() == ["cup"]
    assert orders(query, locations=("S",)).rows.is_empty()
    assert orders(query, regions=("north",)).rows.height == 2
    manual = Override("1", "tea", "north", AS_OF, AS_OF + timedelta(days=91), 3.0, 1.0, "Ann", "x",
                      datetime(2024, 4, 30, tzinfo=UTC))  # fmt: skip
    result = replenishment.report(query, GoodsFilters(), InForce(STRICT, (manual,)))
    assert result.rows.filter(sku="tea")["reorder_point"].item() == 30


def test_rows_are_sorted_by_margin_and_those_without_a_cost_come_last() -> None:
    bare = [PRODUCTS[0], {"sku": "cup", "category": "Cups", "name": "Blue cup", "supplier_lead_days": 9.0}]
    query = small_shop(
        [counted("W", 0), counted("W", 0, "cup")], [forecast("north", 1), forecast("north", 1, "cup")], products=bare,
        lines=[*NORTH, sold("north", "W", 90, "cup", unit_cost=None)],
    )  # fmt: skip
    result = orders(query)
    assert result.rows["sku"].to_list() == ["tea", "cup"]
    assert result.rows["cost"].to_list() == [80, None]
    assert result.notes["no_cost"] == 1


def test_a_delisted_item_is_not_ordered() -> None:
    assert one(0, products=[PRODUCTS[0] | {"delisted_on": AS_OF}]).is_empty()


def test_the_path_of_the_stock_meets_the_order() -> None:
    query = small_shop([counted("W", 5)], [forecast("north", 1)], lines=NORTH, inbound=[landing("W", 3, 2)])
    result = replenishment.path(query, InForce(STRICT), "W", "tea", 20, AS_OF + timedelta(days=10))
    assert result["without"].to_list()[:10] == [4, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert result["with_units"].to_list()[:11] == [4, 6, 5, 4, 3, 2, 1, 0, 0, 19, 18]


SHORT = [counted("W", 60), counted("S", 2)]
BOTH = [forecast("north", 1), forecast("south", 2)]
SOUTH = [sold("north", "W", 9), sold("south", "S", 9)]
PRICED = [LANES[0] | {"cost_per_unit": 1.0}]


def test_a_store_that_will_be_short_gets_what_it_will_miss_and_no_more() -> None:
    """Two a day, two there, next supply on day 10 (7 + 2 + 1), a move arrives on day 3: it misses 14."""
    result = moves(small_shop(SHORT, BOTH, lines=SOUTH, lanes=PRICED))
    row = result.rows.row(0, named=True)
    assert (row["from_location"], row["to_location"], row["units"]) == ("W", "S", 14)
    assert (row["lands_on"], row["next_supply_on"]) == (AS_OF + timedelta(days=3), AS_OF + timedelta(days=10))
    assert (row["margin_saved"], row["cost"], row["gain"]) == (pytest.approx(280), 14, pytest.approx(266))
    assert row["from_left"] == 46
    assert "14" in transfers.why(row)


def test_the_source_keeps_its_own_need_until_it_can_be_supplied_again() -> None:
    """One a day for 17 days: of 20 it can spare 3."""
    result = moves(small_shop([counted("W", 20), counted("S", 2)], BOTH, lines=SOUTH, lanes=PRICED))
    assert result.rows.select("units", "from_spare", "from_left").row(0) == (3, 3, 17)
    assert moves(small_shop([counted("W", 17), counted("S", 2)], BOTH, lines=SOUTH, lanes=PRICED)).rows.is_empty()


def test_what_lands_at_the_source_in_time_can_be_counted_on_and_what_comes_late_cannot() -> None:
    few = [counted("W", 10), counted("S", 2)]
    soon = small_shop(few, BOTH, lines=SOUTH, lanes=PRICED, inbound=[landing("W", 20, 5)])
    # Ten there, four needed before twenty land on the fifth day: six can go, though thirty are in position.
    assert moves(soon).rows["from_spare"].item() == 6
    late = small_shop(few, BOTH, lines=SOUTH, lanes=PRICED, inbound=[landing("W", 20, 12)])
    assert moves(late).rows.is_empty()


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"lanes": []}, "no_lanes"),
        ({"lanes": LANES[1:]}, "no_lanes"),
        ({"stock_snapshots": []}, "no_counts"),
        ({"forecasts": []}, "no_forecast"),
        ({"products": [{"sku": "tea", "category": "Tea"}], "lines": [row | {"unit_cost": None} for row in SOUTH]},
         "no_cost"),
        ({"lanes": LANES}, "no_lane_cost"),
        ({"stock_snapshots": [counted("W", 60), counted("S", 90)]}, "nobody_short"),
        ({"stock_snapshots": [counted("W", 1), counted("S", 1)]}, "nothing_spare"),
        ({"stock_snapshots": [counted("W", 60), counted("S", -2)]}, "negative"),
        ({"stock_snapshots": [*SHORT, counted("W", 9, "mystery")]}, "unknown"),
        ({"stock_snapshots": [counted("S", 5)]}, "no_stock"),
    ],
)  # fmt: skip
def test_bad_ground_is_said_and_the_rest_still_works(change: dict[str, Any], note: str) -> None:
    tables = {"stock_snapshots": SHORT, "forecasts": BOTH, "lines": SOUTH, "lanes": PRICED} | change
    query = small_shop(tables.pop("stock_snapshots"), tables.pop("forecasts"), **tables)
    result = moves(query)
    assert result.notes.get(note), result.notes
    reported = [str(sentence) for sentence in notes.sentences(result.notes)]
    assert len(reported) == len(result.notes)
    assert all("%" not in text for text in reported)
    assert isinstance(orders(query).rows, pl.DataFrame)
    if note in {"no_lane_cost", "negative", "unknown"}:
        assert result.rows.height
    elif note in {"nobody_short", "nothing_spare", "no_lanes", "no_counts", "no_forecast", "no_cost"}:
        assert result.rows.is_empty()
    if note == "no_lanes":
        assert orders(query).rows.height


def test_an_empty_shop_is_answered() -> None:
    query = small_shop([], [], lines=[], products=[], locations=[], lanes=[])
    assert orders(query).rows.is_empty()
    assert moves(query).rows.is_empty()


def test_filters_on_places_show_moves_from_or_to_them() -> None:
    query = small_shop(SHORT, BOTH, lines=SOUTH, lanes=PRICED)
    assert moves(query, locations=("S",)).rows.height == 1
    assert moves(query, regions=("north",)).rows.height == 1
    assert moves(query, locations=("elsewhere",)).rows.is_empty()
    assert moves(query, categories=("Cups",)).rows.is_empty()


def test_a_full_store_gets_what_it_has_room_for() -> None:
    places = [PLACES[0], PLACES[1] | {"capacity_units": 7}]
    result = moves(small_shop(SHORT, BOTH, lines=SOUTH, lanes=PRICED, locations=places))
    assert result.rows["units"].item() == 5
    assert result.plan.full == ("S",)


amount = st.integers(0, 30)


@FEWER
@given(amount, amount, amount, st.integers(0, 4), st.integers(0, 4), st.integers(0, 12))
def test_no_move_takes_a_place_below_its_own_need(
    there: int, other: int, store: int, north: int, south: int, lands: int
) -> None:
    """On every day until the source can be supplied again, what is there with what has landed covers what is asked."""
    places = [*PLACES, PLACES[0] | {"location_id": "V", "region": "west"}]
    lanes = [*PRICED, {"from_location": "V", "to_location": "W", "lead_days": 1.0, "cost_per_unit": 0.5},
             {"from_location": "W", "to_location": "V", "lead_days": 1.0, "cost_per_unit": 0.5}]  # fmt: skip
    query = small_shop(
        [counted("W", there), counted("V", other), counted("S", store)],
        [forecast("north", north), forecast("south", south), forecast("west", 1)],
        lines=[*SOUTH, sold("west", "V", 9)], lanes=lanes, locations=places,
        inbound=[landing("W", lands, 4)] if lands else [],
    )  # fmt: skip
    result = moves(query)
    given_away = dict(result.rows.group_by("from_location").agg(pl.col("units").sum()).iter_rows())
    rate = {"W": north, "V": 1, "S": south}
    stock = {"W": there, "V": other, "S": store}
    for place, units in given_away.items():
        left = stock[place] - units
        assert left >= 0
        for day in range(1, 18):
            landed = lands if place == "W" and day >= 4 else 0
            assert left + landed - rate[place] * day >= -1e-6
    assert (result.rows["units"] > 0).all()
    assert result.rows["from_left"].min() is None or (result.rows["from_left"] >= 0).all()


def test_downloads_hold_the_rows_and_say_the_filters() -> None:
    query = small_shop(SHORT, BOTH, lines=SOUTH, lanes=PRICED)
    placed, moved = orders(query, skus=("tea",)), moves(query)
    for made, rows in (
        (table.orders(query.version, placed), placed.rows),
        (table.transfers(query.version, moved), moved.rows),
    ):
        assert made.frame.drop("why").equals(rows)
        assert made.frame["why"].null_count() == 0
        assert {column.name for column in made.columns} >= set(made.frame.columns) - {"replaces"}
    reported = dict(table.orders(query.version, placed).about.filters)
    assert reported["Item"] == "tea"
    assert "A 50.0%" in reported["Cycle service"]


def test_the_file_has_the_lines_of_every_list_and_says_which_and_names_what_dealers_were_sold_in() -> None:
    """Tea is due, cups fall due in a week and in three, and of mats a hundred times what sold would be ordered."""
    products: list[dict[str, Any]] = [
        PRODUCTS[0],
        *({"sku": sku, "category": "Cups", "unit_cost": 1, "supplier_lead_days": 9.0} for sku in ("cup", "mug", "mat")),
    ]
    stock = [counted("W", 0), counted("W", 14, "cup"), counted("W", 25, "mug"), counted("W", 0, "mat")]
    expected = [forecast("north", 1, sku) for sku in ("tea", "cup", "mug", "mat")]
    sales = [sold("north", "W", units, sku) for sku, units in (("tea", 99), ("cup", 99), ("mug", 99), ("mat", 1))]
    query = small_shop(stock, expected, lines=sales, products=products)
    placed = orders(query, replace(STRICT, doubt_months=2.0))
    frame = table.orders(query.version, placed, table.lines_of(placed, "all")).frame
    assert dict(frame.select("sku", "urgency").iter_rows()) == {
        "tea": "today", "cup": "week", "mug": "wait", "mat": "doubt",
    }  # fmt: skip
    for due in table.DUE:
        assert table.lines_of(placed, due)["sku"].to_list() == frame.filter(urgency=due)["sku"].to_list()
    assert "look at it first" in frame.filter(urgency="doubt")["why"].item()


def test_needs_add_up() -> None:
    """What is passed on is what the store lacks, no more; nobody's own demand is changed by it."""
    query = small_shop(SHORT, BOTH, lines=SOUTH, lanes=PRICED)
    result = needs.stock_needs(query, GoodsFilters(), InForce(STRICT))
    places = result.cells["location"].to_list()
    passed = (result.need - result.own).sum(axis=1)
    lacks = 2 * HORIZON - 2
    assert passed[places.index("W")] == pytest.approx(lacks)
    assert passed[places.index("S")] == 0
    assert np.all(result.need >= result.own - 1e-9)
