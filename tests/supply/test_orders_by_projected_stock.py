"""Orders by projected stock: long leads, last days on sale, what goes together, doubts, budgets, one sum on all."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from shopkeeper import i18n
from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply import materiality
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment import notes, transfers
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment.purchase import bought
from shopkeeper.supply.replenishment.report import OrderProposals
from tests.shops.goods_in_memory import AS_OF, LANES, PLACES, PRODUCTS, counted, forecast, landing, small_shop, sold
from tests.shops.in_memory import MemoryQuery

LEVELS = (("A", 0.5), ("B", 0.5), ("C", 0.5))
STRICT = Policy(service_levels=LEVELS)
"""Without safety stock, levels can be reckoned in the head."""
NORTH = [sold("north", "W", 90)]
EVERYTHING = GoodsFilters()


def orders(query: MemoryQuery, policy: Policy = STRICT, **chosen: tuple[str, ...]) -> OrderProposals:
    return replenishment.report(query, GoodsFilters(**chosen), InForce(policy))


def one(on_hand: int, daily: float | list[float] = 1.0, policy: Policy = STRICT, **tables: Any) -> OrderProposals:
    """Of a shop with one place, region and SKU: 9 days from the supplier, 1 for receiving, 7 between reviews."""
    tables = {"lines": NORTH} | tables
    return orders(small_shop([counted("W", on_hand)], [forecast("north", daily)], **tables), policy)


def lead(days: float, **more: Any) -> list[dict[str, Any]]:
    return [PRODUCTS[0] | {"supplier_lead_days": days} | more]


def test_a_lead_of_121_days_is_reckoned_beyond_the_forecasts_end() -> None:
    row = one(105, products=lead(120)).rows.row(0, named=True)
    assert (row["late_days"], row["urgency"], row["lands_on"]) == (16, "today", AS_OF + timedelta(days=121))
    assert row["reorder_point"] == pytest.approx(121)
    # Days 121 to 128 are ordered; those from 106 to 120 are lost.
    assert (row["units"], row["lost_units"]) == (8, pytest.approx(15))
    later = one(130, products=lead(120))
    assert later.rows.is_empty()
    assert later.coming.select("order_by", "late_days", "urgency").row(0) == (AS_OF + timedelta(days=9), 0, "wait")


def test_coverage_sees_as_far_as_the_lead_time() -> None:
    def row(on_hand: int, days: float) -> dict[str, Any]:
        query = small_shop([counted("W", on_hand)], [forecast("north", 1)], lines=NORTH, products=lead(days))
        return coverage.report(query, EVERYTHING, InForce(STRICT)).regions_skus.row(0, named=True)

    long = row(105, 120)
    assert (long["status"], long["cover_days"], long["lost_units"]) == ("runs_out", 105, pytest.approx(15))
    assert row(121, 120)["status"] == "order_now"
    assert row(95, 9)["cover_days"] is None


def test_an_event_in_the_last_weeks_of_the_forecast_is_not_carried_on() -> None:
    units = [1.0] * 80 + [40.0] * 4 + [1.0] * 7
    event = {"event_id": "E", "name": "Fair", "starts_on": AS_OF + timedelta(days=81),
             "ends_on": AS_OF + timedelta(days=84)}  # fmt: skip
    row = one(0, units, products=lead(120), events=[event]).rows.row(0, named=True)
    assert row["reorder_point"] == pytest.approx(121 + 4 * 39)


@pytest.mark.parametrize(("last", "units"), [(30, 7), (14, 4), (10, None), (9, None), (40, 7)])
def test_nothing_is_ordered_beyond_the_last_day_on_sale(last: int, units: int | None) -> None:
    """Ten there at one a day; an order of today lands on day 10 and would serve days 11 to 17."""
    result = one(10, products=lead(9, delisted_on=AS_OF + timedelta(days=last))).rows
    assert (None if result.is_empty() else result["units"].item()) == units


def test_whole_packs_never_lead_beyond_the_last_day_on_sale() -> None:
    ends = {"delisted_on": AS_OF + timedelta(days=14)}
    assert one(10, products=lead(9, pack_size=3, **ends)).rows["units"].item() == 3
    assert one(10, products=lead(9, pack_size=6, **ends)).rows.is_empty()


def test_lost_demand_is_not_ordered_again_and_the_reason_says_so() -> None:
    row = one(0).rows.row(0, named=True)
    assert (row["units"], row["lost_before"], row["lost_units"]) == (8, 9, 9)
    assert "9 are lost before it lands" in replenishment.why(row, STRICT)


def test_chance_is_in_what_is_at_stake_and_pages_have_one_sum() -> None:
    stock = [counted("W", 12), counted("S", 3), counted("W", 400, "cup")]
    asked = [forecast("north", 1, error_sd=1.0), forecast("south", 1, error_sd=1.0), forecast("north", 1, "cup")]
    lines = [sold("north", "W", 60), sold("south", "W", 20), sold("south", "S", 60), sold("north", "W", 40, "cup")]
    query = small_shop(stock, asked, lines=lines)
    regions = coverage.report(query, EVERYTHING, InForce(STRICT)).regions_skus
    places = coverage.locations(query, EVERYTHING, InForce(STRICT))
    told = orders(query).margin_at_stake
    assert told is not None
    assert told > 0
    assert regions["margin_at_stake"].sum() == pytest.approx(told)
    assert places["margin_at_stake"].sum() == pytest.approx(told)


def test_an_empty_warehouse_sends_no_help_before_its_own_order_lands() -> None:
    """The store has 1 at one a day: a move of the warehouse lands on day 3, its supplier's order on day 13."""
    ways = [sold("north", "W", 90), sold("south", "S", 90)]
    asked = [forecast("north", 1), forecast("south", 1)]
    filled, empty = (
        coverage.locations(small_shop([counted("W", held), counted("S", 1)], asked, lines=ways), EVERYTHING,
                           InForce(STRICT)).filter(location="S")["lost_units"].item()
        for held in (90, 0)
    )  # fmt: skip
    assert filled == pytest.approx(1, abs=0.2)  # day 2, and the half day by which the lane may be late
    assert empty == pytest.approx(11, abs=0.2)  # days 2 to 12


def test_a_location_that_is_fine_has_no_region_to_order_now() -> None:
    """Two regions, each with an error of its own: together 14.1 % above the mean is enough, apart 20 % would be."""
    asked = [forecast("north", 10, error_sd=6.0), forecast("south", 10, error_sd=6.0)]
    ways = [sold("north", "W", 300), sold("south", "W", 300)]
    policy = Policy()
    needed = orders(small_shop([counted("W", 0)], asked, lines=ways), policy).rows["reorder_point"].item()
    query = small_shop([counted("W", int(needed) + 25)], asked, lines=ways)
    assert orders(query, policy).rows.is_empty()
    regions = coverage.report(query, EVERYTHING, InForce(policy)).regions_skus
    assert set(regions["status"]) == {"ok"}
    assert regions["reorder_point"].sum() == pytest.approx(needed)
    low = small_shop([counted("W", int(needed) - 5)], asked, lines=ways)
    assert set(coverage.report(low, EVERYTHING, InForce(policy)).regions_skus["status"]) == {"order_now"}


MAKER = [PRODUCTS[0] | {"supplier": "Maker"}, PRODUCTS[1] | {"supplier": "Maker"}]
BOTH = [*NORTH, sold("north", "W", 90, "cup")]


def two(
    tea: int, cup: int, policy: Policy = STRICT, products: list[dict[str, Any]] = MAKER, **chosen: Any
) -> OrderProposals:
    stock, asked = [counted("W", tea), counted("W", cup, "cup")], [forecast("north", 1), forecast("north", 1, "cup")]
    return orders(small_shop(stock, asked, lines=BOTH, products=products), policy, **chosen)


def test_lines_of_one_supplier_go_on_one_day_if_one_of_them_must() -> None:
    result = two(10, 14)
    assert result.rows.select("sku", "joined", "urgency").sort("sku").rows() == [
        ("cup", True, "today"), ("tea", False, "today"),
    ]  # fmt: skip
    assert result.rows["lands_on"].unique().to_list() == [AS_OF + timedelta(days=10)]
    assert result.purchase_orders.select("supplier", "lines", "joined_lines").row(0) == ("Maker", 2, 1)
    row = result.rows.filter(sku="cup").row(0, named=True)
    assert "goes with the other lines of Maker" in replenishment.why(row, STRICT)
    # Nothing has to go today, or the other one is someone else's: it waits.
    assert two(12, 14).rows.is_empty()
    apart = two(10, 14, products=[MAKER[0], PRODUCTS[1] | {"supplier": "Other"}])
    assert apart.rows["sku"].to_list() == ["tea"]
    assert apart.coming.select("sku", "urgency").row(0) == ("cup", "week")


def test_an_order_is_filled_up_to_the_suppliers_least_and_said_where_it_cannot_be() -> None:
    """Seven teas at 10 are 70; the cups that fall due in 20 days join, then both are raised to one day."""
    least = Policy(service_levels=LEVELS, supplier_minimums=(("Maker", 400.0),))
    result = two(10, 30, least)
    assert result.rows.filter(sku="cup")["joined"].item()
    assert result.purchase_orders["cost"].item() >= 400
    assert not result.purchase_orders["below_minimum"].item()
    assert result.rows["raised_units"].sum() > 0
    alone = two(10, 300, least)
    assert (alone.purchase_orders["cost"].item(), alone.rows["units"].item()) == (400, 40)
    far = two(10, 300, Policy(service_levels=LEVELS, supplier_minimums=(("Maker", 90_000.0),)))
    assert (far.rows["units"].item(), far.purchase_orders["below_minimum"].item()) == (7, True)
    assert far.notes["below_minimum"] == 1
    assert all(str(note) for note in notes.sentences(far.notes))
    # A part of the goods is no order of the supplier: nothing is raised for it.
    assert two(10, 300, least, skus=("tea",)).rows["units"].item() == 7


def test_more_than_months_of_sales_is_a_doubt_and_no_order() -> None:
    """Ninety in 28 days are 97.8 a month: 600 is more than six of them, 580 is not."""
    assert one(10, 600 / 7).doubts["months_of_sales"].item() == pytest.approx(686 / 97.77, rel=0.01)
    result = one(0, [0.0] * 9 + [600 / 8] * (HORIZON - 9))
    assert (result.rows.height, result.doubts["units"].item()) == (0, 600)
    assert "months of what the shop sold" in replenishment.why(result.doubts.row(0, named=True), STRICT)
    fair = one(0, [0.0] * 9 + [580 / 8] * (HORIZON - 9))
    assert (fair.rows["units"].item(), fair.doubts.height) == (580, 0)
    new = one(0, lines=[sold("north", "W", 9, "cup")], locations=PLACES)
    assert new.doubts.is_empty() or new.doubts["months_of_sales"].item() is None
    assert one(0, [0.0] * 9 + [75.0] * 82, Policy(service_levels=LEVELS, doubt_months=12)).doubts.is_empty()


def test_a_budget_buys_first_what_saves_most_per_money() -> None:
    """A tea costs 10 and brings 20, a cup costs 30 and brings 20; a week of either is ordered."""
    result = two(10, 10)
    lines = pl.concat([result.rows, result.coming])
    made = bought(lines, 100)
    assert (made.rows["sku"].to_list(), made.left["sku"].to_list()) == (["tea"], ["cup"])
    assert bought(lines, 1000).left.is_empty()
    assert bought(lines, 0).rows.is_empty()


def test_deliveries_make_a_suppliers_score_and_late_ones_lengthen_the_lead() -> None:
    """Five landed, of which three late; the sixth should be here since three days ago: it is late too."""
    past = [
        landing("W", 5, 0, inbound_id=f"I{number}", ordered_on=AS_OF - timedelta(days=100 - 10 * number),
                due_on=AS_OF - timedelta(days=91 - 10 * number), ordered_quantity=8 if number == 0 else None,
                received_on=AS_OF - timedelta(days=91 - 10 * number - late))
        for number, late in enumerate((-1, 0, 4, 5, 7))
    ]  # fmt: skip
    due = landing("W", 5, -3, inbound_id="open", ordered_on=AS_OF - timedelta(days=12))
    result = one(0, products=[PRODUCTS[0] | {"supplier": "Maker"}], inbound=[*past, due])
    score = result.suppliers.row(0, named=True)
    assert (score["deliveries"], score["on_time_share"], score["early_share"], score["late_share"]) == (
        5,
        pytest.approx(2 / 6),
        pytest.approx(1 / 6),
        pytest.approx(4 / 6),
    )
    assert (score["days_late"], score["short_share"], score["overdue"]) == (pytest.approx((16 + 3) / 4), 0.2, 1)
    # On average 3 days late; five deliveries weigh as much as what is stated.
    assert (score["used_days"], score["lead_source"]) == (pytest.approx(9 + 1.5), "both")
    assert result.rows["lead_days"].item() == pytest.approx(11.5)
    assert result.rows["lead_sd"].item() > 2


def test_a_fill_rate_needs_less_stock_than_a_cycle_service_of_the_same_share() -> None:
    query = small_shop([counted("W", 0)], [forecast("north", 10, error_sd=4.0)], lines=[sold("north", "W", 900)])
    cycle = orders(query, Policy()).rows.row(0, named=True)
    fill = Policy(service_kind="fill")
    row = orders(query, fill).rows.row(0, named=True)
    assert row["safety_stock"] < cycle["safety_stock"]
    assert "fill rate of 98%" in replenishment.why(row, fill)
    assert set(coverage.report(query, EVERYTHING, InForce(fill)).regions_skus["reorder_point"]) == {
        row["reorder_point"]
    }


def test_an_order_line_that_costs_something_is_no_smaller_than_the_economic_quantity() -> None:
    """K = 50, 365 a year, holding 10 x 25 %: sqrt(2 x 50 x 365 / 2.5) = 120.8."""
    assert one(10, policy=Policy(service_levels=LEVELS, order_cost=50.0)).rows["units"].item() == 121
    assert one(10).rows["units"].item() == 7


def test_what_is_material_is_a_share_of_a_months_margin() -> None:
    """Ninety at 20 in the 28 days that count at least, are 1,955 a month."""
    query = small_shop([counted("W", 10)], [forecast("north", 1)], lines=NORTH)
    assert materiality.material_from(query, Policy()) == pytest.approx(90 * 20 / 28 * 365 / 12 * 0.001)
    assert coverage.report(query, EVERYTHING).material_from == orders(query).material_from
    free = small_shop([counted("W", 10)], [forecast("north", 1)], lines=[sold("north", "W", 9, unit_cost=None)],
                      products=[{"sku": "tea", "category": "Tea"}])  # fmt: skip
    assert materiality.material_from(free, Policy()) is None


def test_a_lane_moves_more_than_is_missing_where_its_minimum_pays() -> None:
    """The store will miss 14 at 20 each; the lane moves no fewer than 20, for 1 a unit."""
    stock, asked = [counted("W", 90), counted("S", 2)], [forecast("north", 1), forecast("south", 2)]
    ways = [sold("north", "W", 9), sold("south", "S", 9)]

    def moves(**lane: float) -> pl.DataFrame:
        query = small_shop(stock, asked, lines=ways, lanes=[LANES[0] | lane])
        return transfers.report(query, EVERYTHING, InForce(STRICT)).rows

    row = moves(cost_per_unit=1.0, minimum_units=20).row(0, named=True)
    assert (row["units"], row["surplus_units"], row["cost"]) == (20, 6, 20)
    assert row["margin_saved"] == pytest.approx(14 * 20, abs=0.01)
    with i18n.speaking("en"):
        assert "6 of them are not missing yet" in transfers.why(row)
    assert moves(cost_per_unit=1.0).select("units", "surplus_units").row(0) == (14, 0)
    # Twenty at 15 cost more than fourteen save.
    assert moves(cost_per_unit=15.0, minimum_units=20).is_empty()
