"""The marts of supply, on a handful of rows that one can check by eye."""

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import FEWER
from tests.shops.in_memory import MemoryQuery, line, shop

TODAY = date(2024, 4, 30)


def mart(query: MemoryQuery, name: str) -> pl.DataFrame:
    result: pl.DataFrame = query.connection.table(name).pl()
    return result


def sold(sku: str, day: date, units: int = 1, **more: Any) -> dict[str, Any]:
    where = {"ship_to_region": "north", "ship_from_location": "W1"}
    return line("ann", day, sku=sku, quantity=units, net_amount=10 * units, **(where | more))


def snapshot(day: date, on_hand: int, location: str = "W1", sku: str = "A", **more: Any) -> dict[str, Any]:
    return {"day": day, "location_id": location, "sku": sku, "on_hand": on_hand} | more


def test_goods_sold_in_to_dealers_moved_cancelled_or_given_away_are_no_demand() -> None:
    kinds = ["sell_in", "transfer", "cancelled", "gift", "staff", "exchange"]
    lines = [sold("A", TODAY, 3), *(sold("A", TODAY, 5, status=kind, order_id=kind) for kind in kinds)]
    assert mart(shop(lines), "demand_days")["units"].to_list() == [3.0]


def sold_in(units: int, **more: Any) -> dict[str, Any]:
    where = {"ship_to_region": "south", "ship_from_location": "W1", "channel": "Dealers", "status": "sell_in"}
    return line(more.pop("buyer", None), TODAY, sku="A", quantity=units, order_id=f"in-{units}", **(where | more))


def test_what_dealers_buy_is_demand_only_where_their_own_sales_are_not_in_the_data() -> None:
    stand = {"D1": "south", "D2": "south", "D3": "west"}
    places = [{"location_id": name, "kind": "dealer", "region": region} for name, region in stand.items()]
    lines = [
        sold("A", TODAY, 1, channel="Web"),
        sold("A", TODAY, 2, ship_from_location="D1", channel="Dealers", ship_to_region="north"),
        sold_in(10, buyer="D1"),  # sells from its own shelf: its sales are there
        sold_in(20, buyer="D2"),  # nothing is heard of its buyers
        sold_in(30),  # of nobody named, in a region with a dealer who sells
        sold_in(40, ship_to_region="west"),  # the dealer who stands in the west is not heard of
        sold_in(50, ship_to_region="north"),  # no dealer stands in the north, and dealers' sales to it are there
        sold_in(60, ship_to_region="east"),  # no dealer stands in the east, and no dealer's sale went there
    ]
    rows = mart(shop(lines, locations=places), "sell_in_days")
    assert rows.select("region", "location", "units").rows() == [
        ("east", "W1", 60.0), ("south", "W1", 20.0), ("west", "W1", 40.0),
    ]  # fmt: skip
    served = mart(shop(lines, locations=places), "serving")
    assert served.filter(region="south").select("location", "units").rows() == [("W1", 20.0)]


def test_the_forecast_job_reads_what_was_sold_in_as_demand_of_the_region() -> None:
    query = shop([sold("A", TODAY, 3), sold_in(20)])
    demand = query("jobs/forecast/demand")
    assert dict(demand.select("region", "units").rows()) == {"north": 3.0, "south": 20.0}


def test_a_return_stands_apart_on_the_day_and_in_the_place_of_its_order() -> None:
    bought = sold("A", date(2024, 4, 1), 4, order_id="1")
    back = {"order_id": "2", "original_order_id": "1", "status": "refund", "ship_to_region": None}
    given_back = sold("A", date(2024, 4, 9), -1, **back, ship_from_location=None)
    rows = mart(shop([bought, given_back], as_of=TODAY), "demand_days")
    assert rows.select("day", "region", "location", "units", "returned_units").rows() == [
        (date(2024, 4, 1), "north", "W1", 4.0, 1.0)
    ]


def test_classes_hold_80_and_95_percent_of_the_margin() -> None:
    lines = [sold(sku, TODAY, units, unit_cost=5) for sku, units in (("A", 79), ("B", 10), ("C", 7), ("D", 4))]
    assert dict(mart(shop(lines), "items").select("sku", "abc").rows()) == {"A": "A", "B": "A", "C": "B", "D": "C"}


def test_an_item_in_stock_that_nobody_described_or_sold_is_there_and_says_so() -> None:
    query = shop([sold("A", TODAY)], stock_snapshots=[snapshot(TODAY, 3, sku="ghost")])
    ghost = mart(query, "items").row(by_predicate=pl.col("sku") == "ghost", named=True)
    assert (ghost["name"], ghost["category"], ghost["described"], ghost["unit_margin"]) == (
        "ghost", "(none)", False, None,
    )  # fmt: skip


def test_stock_now_is_the_newest_snapshot_and_remembers_the_week_before() -> None:
    days = {0: 5, 1: 0, 6: 0, 8: 9, 20: 1}
    snapshots = [snapshot(TODAY - timedelta(days=ago), units, committed=1) for ago, units in days.items()]
    later = snapshot(TODAY + timedelta(days=1), 77)
    now = mart(shop([sold("A", TODAY)], stock_snapshots=[*snapshots, later]), "stock_now").row(0, named=True)
    assert (now["day"], now["on_hand"], now["committed"], now["on_hand_before"]) == (TODAY, 5, 1, 9)
    assert (now["out_days"], now["snapshot_days"], now["last_in_stock"]) == (2, 5, TODAY)


def test_a_location_seen_for_less_than_a_week_has_no_week_before() -> None:
    now = mart(shop([sold("A", TODAY)], stock_snapshots=[snapshot(TODAY, 5)]), "stock_now").row(0, named=True)
    assert now["on_hand_before"] is None


def test_a_late_delivery_is_expected_tomorrow_and_one_that_landed_is_closed() -> None:
    rows = [
        {"inbound_id": "late", "due_on": date(2024, 4, 2), "received_on": None},
        {"inbound_id": "landed", "due_on": date(2024, 4, 2), "received_on": date(2024, 4, 5)},
        {"inbound_id": "ahead", "due_on": date(2024, 5, 9), "received_on": date(2024, 5, 8)},
        {"inbound_id": "later", "due_on": date(2024, 5, 9), "ordered_on": date(2024, 5, 1)},
    ]
    common = {"sku": "A", "location_id": "W1", "quantity": 4, "ordered_on": date(2024, 3, 1)}
    query = shop([sold("A", TODAY)], as_of=TODAY, inbound=[common | row for row in rows])
    result = (
        mart(query, "deliveries").sort("delivery_id").select("delivery_id", "is_open", "received_on", "expected_on")
    )
    assert result.rows() == [
        ("ahead", True, None, date(2024, 5, 9)),
        ("landed", False, date(2024, 4, 5), None),
        ("late", True, None, date(2024, 5, 1)),
    ]


@FEWER
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B"]), st.sampled_from(["north", "south", None]), st.sampled_from(["W1", "S1", None]),
            st.integers(0, 500), st.integers(1, 9),
        ),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_demand_sales_and_serving_are_what_adding_up_the_lines_gives(given_lines: list[tuple[Any, ...]]) -> None:
    lines = [
        sold(sku, TODAY - timedelta(days=ago), units, order_id=str(n), ship_to_region=region, ship_from_location=place)
        for n, (sku, region, place, ago, units) in enumerate(given_lines)
    ]
    query = shop(lines, as_of=TODAY)
    for name, keys, expected in (
        ("demand_days", ("sku", "region", "location", "day"), lambda _ago: True),
        ("item_sales", ("sku", "region"), lambda ago: ago < 365),
        ("serving", ("region", "location"), lambda ago: ago < 365),
    ):
        wanted: dict[tuple[Any, ...], float] = {}
        for sku, region, place, ago, units in given_lines:
            all_of = {"sku": sku, "region": region or "(none)", "location": place or "(none)",
                      "day": TODAY - timedelta(days=ago)}  # fmt: skip
            key = tuple(all_of[name] for name in keys)
            if expected(ago):
                wanted[key] = wanted.get(key, 0) + units
        units = "units_year" if name == "item_sales" else "units"
        result = {tuple(row[:-1]): row[-1] for row in mart(query, name).select(*keys, units).rows() if row[-1]}
        assert result == wanted
