"""Coverage: cover, status, money and change of each series; sums that add up; and what is said of bad ground."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from shopkeeper import i18n
from shopkeeper.cli import main
from shopkeeper.contract.forecasts import FORECAST_TABLES
from shopkeeper.engine.duckdb import open_version
from shopkeeper.engine.query import Scope
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.lake import store
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.overrides import Override
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.coverage.report import Coverage
from shopkeeper.supply.filters import GoodsFilters
from tests.examples import FEWER
from tests.shops.goods_in_memory import AS_OF, PRODUCTS, counted, forecast, landing, small_shop, sold
from tests.shops.in_memory import MemoryQuery, frame

NORTH = [sold("north", "W", 9)]
STRICT = Policy(service_levels=(("A", 0.5), ("B", 0.5), ("C", 0.5)))
"""Without safety stock, levels can be reckoned in the head."""


def report(query: MemoryQuery, policy: Policy = STRICT, **chosen: tuple[str, ...]) -> Coverage:
    return coverage.report(query, GoodsFilters(**chosen), InForce(policy))


def one(on_hand: int, daily: float | list[float] = 1.0, policy: Policy = STRICT, **tables: Any) -> dict[str, Any]:
    """The only row of a shop with one place, one region and one SKU: lead time 9 days and one for receiving."""
    query = small_shop([counted("W", on_hand)], [forecast("north", daily)], lines=NORTH, **tables)
    result = report(query, policy).regions_skus
    assert result.height == 1
    return result.row(0, named=True)


@pytest.mark.parametrize(
    ("on_hand", "status", "cover", "lost"),
    [(0, "out", 0, 9), (9, "runs_out", 9, 0), (4, "runs_out", 4, 5), (10, "order_now", 10, 0), (11, "ok", 11, 0),
     (91, "ok", 91, 0), (92, "excess", None, 0), (-5, "out", 0, 9)],
)  # fmt: skip
def test_statuses_by_what_is_there(on_hand: int, status: str, cover: int | None, lost: float) -> None:
    row = one(on_hand)
    assert (row["status"], row["cover_days"], row["lost_units"]) == (status, cover, lost)
    assert row["margin_at_stake"] == pytest.approx(lost * 20)  # sold for 30, costs 10
    assert row["run_out_on"] == (None if cover is None else AS_OF + timedelta(days=cover))
    assert (row["lead_days"], row["reorder_point"], row["order_up_to"]) == (10, 10, 17)


def test_excess_is_what_lies_beyond_both_the_level_and_the_forecast() -> None:
    assert one(100)["excess_units"] == 9
    assert one(100)["excess_value"] == 90
    assert one(100, policy=Policy(excess_days=30, service_levels=STRICT.service_levels))["excess_units"] == 70


def test_what_lands_in_time_is_counted_and_what_comes_too_late_is_not() -> None:
    assert one(4, inbound=[landing("W", 20, 4)])["status"] == "ok"
    late = one(4, inbound=[landing("W", 20, 8)])
    # Used up on day 4, three days without, from day 8 it serves again.
    assert (late["status"], late["cover_days"], late["lost_units"], late["open_units"]) == ("runs_out", 4, 3, 20)
    overdue = one(4, inbound=[landing("W", 20, -6)])
    assert overdue["status"] == "ok"
    landed = one(4, inbound=[landing("W", 20, -6, received_on=AS_OF)])
    assert (landed["status"], landed["open_units"]) == ("runs_out", 0)


def test_zero_demand_reads_no_demand_and_has_no_cover() -> None:
    row = one(5, 0.0)
    assert (row["status"], row["cover_days"], row["run_out_on"], row["margin_at_stake"]) == (
        "no_demand",
        None,
        None,
        None,
    )
    assert (row["excess_units"], row["excess_value"]) == (5, 50)
    assert one(0, 0.005)["status"] == "no_demand"  # less than half a unit in 91 days
    assert one(0, 0.006)["status"] == "out"


def test_committed_units_are_not_available() -> None:
    query = small_shop([counted("W", 12, committed=8)], [forecast("north", 1)], lines=NORTH)
    row = report(query).regions_skus.row(0, named=True)
    assert (row["on_hand"], row["committed"], row["available"], row["status"]) == (12, 8, 4, "runs_out")
    over = small_shop([counted("W", 3, committed=8)], [forecast("north", 1)], lines=NORTH)
    assert report(over).regions_skus["available"].item() == 0


def test_an_event_within_the_lead_time_counts_and_one_after_it_does_not() -> None:
    soon, later = [1.0] * 91, [1.0] * 91
    soon[5], later[50] = 30.0, 30.0
    assert one(20, soon)["status"] == "runs_out"
    assert one(20, later)["status"] == "ok"


def test_safety_stock_follows_class_and_pattern() -> None:
    level = Policy(service_levels=(("A", 0.98),), pattern_levels=(("A", "lumpy", 0.9),))
    rows = {
        pattern: report(
            small_shop([counted("W", 5)], [forecast("north", 0.3, pattern=pattern, error_sd=0.6)], lines=NORTH), level
        ).regions_skus.row(0, named=True)
        for pattern in ("smooth", "intermittent", "lumpy")
    }  # fmt: skip
    assert rows["smooth"]["safety_stock"] == pytest.approx(2.0537489 * (10 * 0.36) ** 0.5)
    # Lead-time demand of mean 3 and variance 3.6: P(X <= 7) = 0.983 and P(X <= 5) = 0.906 are the first to reach.
    demand = stats.nbinom(9 / 0.6, 3 / 3.6)  # of the lead time: mean 3, variance 3.6
    assert rows["intermittent"]["reorder_point"] == demand.ppf(0.98)
    assert rows["lumpy"]["reorder_point"] == demand.ppf(0.9) < demand.ppf(0.98)


def test_regions_share_the_stock_of_a_location_by_the_demand_that_it_serves() -> None:
    stock = [counted("W", 60), counted("S", 12)]
    query = small_shop(stock, [forecast("north", 4), forecast("south", 8)], inbound=[landing("W", 30, 3)])
    result = report(query).regions_skus.sort("region")
    assert result.select("region", "available", "open_units").rows() == [
        ("north", pytest.approx(40), pytest.approx(20)), ("south", pytest.approx(32), pytest.approx(10)),
    ]  # fmt: skip
    places = coverage.locations(query, GoodsFilters(), InForce(STRICT)).sort("location")
    assert places.select("location", "available", "open_units", "daily_mean", "lead_days").rows() == [
        ("S", 12, 0, 6, 3), ("W", 60, 30, 6, 10),
    ]  # fmt: skip


@FEWER
@given(
    st.lists(st.integers(-5, 40), min_size=4, max_size=4),
    st.lists(st.floats(0, 6), min_size=4, max_size=4),
    st.lists(st.integers(0, 30), min_size=2, max_size=2),
)
def test_regions_add_up_to_locations(held: list[int], rates: list[float], coming: list[int]) -> None:
    stock = [counted(where, units, sku) for (where, sku), units in zip(PAIRS, held, strict=True)]
    forecasts = [forecast(region, rate, sku) for (region, sku), rate in zip(ASKED, rates, strict=True)]
    query = small_shop(stock, forecasts, inbound=[landing("W", coming[0], 3), landing("S", coming[1], 40, "cup")])
    regions = report(query).regions_skus
    places = coverage.locations(query, GoodsFilters(), InForce(STRICT))
    for column in ("on_hand", "available", "open_units", "stock_value"):
        assert regions[column].sum() == pytest.approx(places[column].sum())
    assert regions["available"].sum() == pytest.approx(sum(max(units, 0) for units in held))
    assert report(query).cells["available"].sum() == pytest.approx(regions["available"].sum())
    for row in regions.iter_rows(named=True):
        assert (row["status"] == "no_demand") == (row["daily_mean"] * 91 < 0.5)
        assert row["margin_at_stake"] is None or row["margin_at_stake"] >= 0


PAIRS = [("W", "tea"), ("S", "tea"), ("W", "cup"), ("S", "cup")]
ASKED = [("north", "tea"), ("south", "tea"), ("north", "cup"), ("south", "cup")]


@FEWER
@given(
    st.integers(0, 30), st.lists(st.integers(0, 3), min_size=91, max_size=91),
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 12)), max_size=3, unique_by=lambda pair: pair[0]),
)  # fmt: skip
def test_cover_and_units_short_are_those_of_a_walk(
    on_hand: int, wanted: list[int], coming: list[tuple[int, int]]
) -> None:
    row = one(on_hand, [float(units) for units in wanted], inbound=[landing("W", n, day) for day, n in coming])
    stock, lost, cover = on_hand, 0, 0 if on_hand == 0 else None
    so_far, had = 0, on_hand
    for day, units in enumerate(wanted, start=1):
        arrived = sum(n for due, n in coming if due == day)
        stock, had, so_far = stock + arrived, had + arrived, so_far + units
        served = min(stock, units)
        stock -= served
        lost += units - served if day < 10 else 0
        cover = day if cover is None and so_far >= had else cover
    if sum(wanted):
        assert (row["cover_days"], row["lost_units"]) == (cover, lost)


def test_the_worst_comes_first_and_groups_add_up() -> None:
    stock = [counted("W", 0), counted("W", 0, "cup"), counted("S", 500)]
    forecasts = [forecast("north", 1), forecast("north", 3, "cup"), forecast("south", 1)]
    lines = [*NORTH, sold("north", "W", 5, "cup"), sold("south", "S", 5)]
    result = report(small_shop(stock, forecasts, lines=lines))
    assert result.regions_skus["sku"].to_list() == ["cup", "tea", "tea"]
    assert result.at_risk.height == 2
    north = result.regions.row(0, named=True)
    assert (north["region"], north["series"], north["out"], north["at_risk"]) == ("north", 2, 2, 2)
    assert north["margin_at_stake"] == pytest.approx(result.at_risk["margin_at_stake"].sum())
    assert result.cells.select("region", "category", "at_risk").rows()[0] == ("north", "Cups", 1)
    assert result.classes["series"].sum() == 3


def test_cover_of_a_group_is_the_median_weighted_by_demand() -> None:
    stock = [counted("W", 5), counted("W", 400, "cup")]
    lines = [*NORTH, sold("north", "W", 5, "cup")]
    light = report(small_shop(stock, [forecast("north", 1), forecast("north", 5, "cup")], lines=lines))
    heavy = report(small_shop(stock, [forecast("north", 1), forecast("north", 0.5, "cup")], lines=lines))
    assert light.regions["cover_days"].item() == 80
    assert heavy.regions["cover_days"].item() == 5


def test_what_went_bad_and_what_recovered_since_last_week() -> None:
    rows = [forecast("north", 1), forecast("north", 1, "cup"), forecast("south", 1)]
    lines = [*NORTH, sold("north", "W", 5, "cup"), sold("south", "S", 5)]
    stock = [
        counted("W", 30, ago=8), counted("W", 0),
        counted("W", 0, "cup", ago=7), counted("W", 40, "cup"),
        counted("S", 3, ago=9), counted("S", 0),
    ]  # fmt: skip
    result = report(small_shop(stock, rows, lines=lines))
    reported = {(row["region"], row["sku"]): row for row in result.regions_skus.iter_rows(named=True)}
    north, cup, south = reported["north", "tea"], reported["north", "cup"], reported["south", "tea"]
    assert (north["status_before"], north["cover_before"], north["change"]) == ("ok", 30, "went_bad")
    assert (cup["status_before"], cup["status"], cup["change"]) == ("out", "ok", "recovered")
    assert (south["status_before"], south["status"], south["change"]) == ("runs_out", "out", "ran_out")


def test_deliveries_of_a_week_ago_count_as_they_were_known_then() -> None:
    stock = [counted("W", 2, ago=7), counted("W", 40)]
    came = [landing("W", 40, -2, received_on=AS_OF - timedelta(days=1))]
    row = one_of(small_shop(stock, [forecast("north", 1)], lines=NORTH, inbound=came))
    assert (row["status_before"], row["cover_before"]) == ("runs_out", 2)  # due on day 5 of then
    soon = [landing("W", 40, -5, received_on=AS_OF - timedelta(days=1))]
    row = one_of(small_shop(stock, [forecast("north", 1)], lines=NORTH, inbound=soon))
    assert (row["status_before"], row["cover_before"], row["change"]) == ("ok", 42, None)


def one_of(query: MemoryQuery) -> dict[str, Any]:
    return report(query).regions_skus.row(0, named=True)


def test_without_a_count_of_a_week_ago_nothing_is_compared() -> None:
    row = one(5)
    assert (row["status_before"], row["cover_before"], row["change"]) == (None, None, None)


def test_sell_through_is_what_was_sold_of_what_was_there() -> None:
    assert one(27)["sell_through"] == pytest.approx(9 / 36)


def test_age_walks_back_through_what_landed_last() -> None:
    came = [landing("W", 4, -200, ordered_on=None, received_on=AS_OF - timedelta(days=200)),
            landing("W", 5, -120, ordered_on=None, received_on=AS_OF - timedelta(days=120)),
            landing("W", 6, -10, received_on=AS_OF - timedelta(days=10)),
            landing("W", 50, 4)]  # fmt: skip

    def aged(on_hand: int) -> tuple[Any, ...]:
        query = small_shop([counted("W", on_hand)], [], lines=NORTH, inbound=came)
        return coverage.ages(query, GoodsFilters()).rows.select(
            "fresh", "middle", "old", "unknown", "oldest_days", "value"
        ).row(0)  # fmt: skip

    assert aged(4) == (4, 0, 0, 0, 200, 0)
    assert aged(8) == (6, 2, 0, 0, 200, 0)
    assert aged(13) == (6, 5, 2, 0, 200, 20)
    assert aged(20) == (6, 5, 4, 5, 200, 90)
    bare = coverage.ages(small_shop([counted("W", 7)], [], lines=NORTH), GoodsFilters())
    assert bare.rows.select("unknown", "oldest_days").row(0) == (7, None)
    assert bare.totals.select("on_hand", "unknown").row(0) == (7, 7)


def notes_of(query: MemoryQuery, **chosen: tuple[str, ...]) -> str:
    return "\n".join(str(note) for note in report(query, STRICT, **chosen).notes)


def test_good_data_need_no_words() -> None:
    query = small_shop([counted("W", 5), counted("S", 5)], [forecast("north", 1), forecast("south", 1)])
    assert notes_of(query) == ""


def test_no_stock_table_is_said_and_levels_hold() -> None:
    query = small_shop([], [forecast("north", 1)], lines=NORTH)
    result = report(query)
    assert not result.has_stock
    assert "Nothing was counted" in notes_of(query)
    row = result.regions_skus.row(0, named=True)
    assert (row["status"], row["available"], row["cover_days"], row["reorder_point"]) == (None, None, None, 10)
    assert result.at_risk.is_empty()


def test_no_forecast_is_said_and_stock_is_told() -> None:
    query = small_shop([counted("W", 5)], [], lines=NORTH)
    result = report(query)
    assert not result.has_forecast
    assert "no forecast" in notes_of(query)
    assert result.regions_skus.select("region", "available", "stock_value").rows() == [("north", 5, 50)]


def test_no_lanes_and_no_cost_are_said_and_the_rest_holds() -> None:
    bare = [{"sku": "tea", "category": "Tea", "name": "Green tea"}]
    free = [sold("north", "W", 9, unit_cost=None)]
    query = small_shop([counted("W", 5)], [forecast("north", 1)], lines=free, products=bare, lanes=[])
    words = notes_of(query)
    for part in ("no lanes", "1 SKU in stock has no cost", "nobody says how long the supplier takes"):
        assert part in words
    row = report(query).regions_skus.row(0, named=True)
    assert (row["status"], row["margin_at_stake"], row["stock_value"]) == ("runs_out", None, None)
    assert row["lead_days"] == 15  # the policy's days and one for receiving
    assert report(query).regions["margin_at_stake"].item() is None


def test_negative_counts_and_unknown_skus_are_said() -> None:
    query = small_shop(
        [counted("W", -3), counted("W", 8, "mystery")], [forecast("north", 1)], lines=NORTH, products=PRODUCTS[:1]
    )
    words = notes_of(query)
    assert "1 count is below 0" in words
    assert "8 units in stock belong to 1 SKU that nobody described and that was never sold (mystery)" in words
    rows = {row["sku"]: row for row in report(query).regions_skus.iter_rows(named=True)}
    assert rows["tea"]["available"] == 0
    assert (rows["mystery"]["available"], rows["mystery"]["status"]) == (8, "no_demand")


def test_gaps_of_weeks_are_said() -> None:
    query = small_shop([counted("W", 5, ago=20), counted("S", 5)], [forecast("north", 1)])
    oldest = i18n.date_(AS_OF - timedelta(days=20))
    assert f"1 location was last counted more than a week ago (W, on {oldest})" in notes_of(query)


def test_skus_that_were_never_counted_have_no_status() -> None:
    lines = [*NORTH, sold("north", "W", 3, "cup")]
    query = small_shop([counted("W", 5)], [forecast("north", 1), forecast("north", 1, "cup")], lines=lines)
    rows = dict(report(query).regions_skus.select("sku", "status").iter_rows())
    assert rows == {"tea": "runs_out", "cup": None}
    assert "1 SKU is asked for but was never counted" in notes_of(query)
    assert report(query).regions["series"].item() == 1


def test_regions_without_a_location_are_said() -> None:
    stock = [counted("W", 5), counted("S", 5)]
    words = notes_of(small_shop(stock, [forecast("west", 1), forecast("east", 1)]))
    assert "1 region has no location of its own and is served from others (west)" in words
    assert "No location ships to 1 region that asks for goods (east)" in words
    row = report(small_shop(stock, [forecast("east", 1)]), regions=("east",)).regions_skus.row(0, named=True)
    assert (row["region"], row["status"]) == ("east", "out")


def test_filters_choose_rows_and_leave_the_shares_alone() -> None:
    query = small_shop([counted("W", 60), counted("S", 12)], [forecast("north", 4), forecast("south", 8)])
    whole = report(query).regions_skus.filter(pl.col("region") == "south")
    assert report(query, regions=("south",)).regions_skus.equals(whole)
    assert report(query, categories=("Cups",)).regions_skus.is_empty()
    serves = coverage.locations(query, GoodsFilters(regions=("south",)), InForce(STRICT))
    assert set(serves["location"]) == {"W", "S"}
    assert coverage.locations(query, GoodsFilters(locations=("S",)), InForce(STRICT))["location"].to_list() == ["S"]
    assert coverage.ages(query, GoodsFilters(regions=("south",))).rows["location"].to_list() == ["S"]


def test_a_manual_value_moves_the_cover() -> None:
    query = small_shop([counted("W", 20)], [forecast("north", 1)], lines=NORTH)
    made = Override("1", "tea", "north", AS_OF, AS_OF + timedelta(days=91), 4.0, 1.0, "Ann", "fair",
                    datetime(2024, 4, 30, tzinfo=UTC))  # fmt: skip
    row = coverage.report(query, GoodsFilters(), InForce(STRICT, (made,))).regions_skus.row(0, named=True)
    assert (row["cover_days"], row["overridden"]) == (5, True)


def test_a_viewer_of_one_region_is_told_and_sees_no_other() -> None:
    stock = [counted("W", 60), counted("S", 12)]
    rows = [forecast("north", 4), forecast("south", 8)]
    query = small_shop(stock, rows, scope=Scope(regions=("south",)))
    assert report(query).regions_skus["region"].unique().to_list() == ["south"]
    assert "You see some regions only" in notes_of(query)
    places = coverage.locations(query, GoodsFilters(), InForce(STRICT))
    assert dict(places.select("location", "status").iter_rows())["W"] is None  # it serves there, its stock is hidden
    assert places.filter(location="W")["available"].item() is None


HEADER = (
    "order_id,ordered_at,sku,quantity,net_amount,unit_cost,customer_id,channel,ship_to_region,ship_from_location,"
    "category"
)


def published(root: Path, stock: Iterable[str]) -> Path:
    """A shop in files, forecast by hand."""
    for name, lines in {
        "order_lines": (HEADER, "1,2024-04-20 12:00:00,tea,9,270,10,ann,Web,north,W,Tea"),
        "products": ("sku,name,category,unit_cost,supplier_lead_days", "tea,Green tea,Tea,10,9"),
        "locations": ("location_id,name,kind,region,ships", "W,Warehouse,warehouse,north,true"),
        "stock_snapshots": ("day,location_id,sku,on_hand", *stock),
    }.items():  # fmt: skip
        root.joinpath(f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = sorted(root.glob("*.csv"))
    version = job.import_files(files, file.load("sample"), root / "data", as_of=AS_OF).version
    tables = {name: frame(table, []) for name, (table, _visibility) in FORECAST_TABLES.items()}
    tables["forecasts"] = frame(FORECAST_TABLES["forecasts"][0], [forecast("north", 1)])
    forecast_files.write(version, Run(tables, {}))
    return root / "data"


def test_two_counts_of_one_day_are_rejected_by_the_import_and_said(tmp_path: Path) -> None:
    data = published(tmp_path, ("2024-04-29,W,tea,30", "2024-04-30,W,tea,4", "2024-04-30,W,tea,5"))
    version = store.current(data)
    assert version is not None
    query = open_version(version, made=forecast_files.table_files(version))
    result = coverage.report(query, GoodsFilters(), InForce(STRICT))
    words = "\n".join(str(note) for note in result.notes)
    assert f"{version.tables['stock_snapshots'].rows_rejected} rows of stock_snapshots were rejected" in words
    assert result.regions_skus["on_hand"].item() in {4, 30}
    query.close()


@pytest.mark.parametrize("by", ["sku", "location", "cell"])
def test_the_export_has_the_rows_of_the_report(by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = published(tmp_path, ("2024-04-30,W,tea,4",))
    monkeypatch.setenv("SHOPKEEPER_DATA", str(data))
    target = tmp_path / "coverage.parquet"
    assert main.main(["export", "coverage", "-o", str(target), "--by", by, "--category", "Tea"]) == 0
    version = store.current(data)
    assert version is not None
    query = open_version(version, made=forecast_files.table_files(version))
    filters = GoodsFilters(categories=("Tea",))
    result = coverage.report(query, filters)
    expected = {"sku": result.regions_skus, "location": coverage.locations(query, filters), "cell": result.cells}[by]
    assert pl.read_parquet(target).equals(expected)
    query.close()


def test_an_export_of_what_there_is_not_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(published(tmp_path, ("2024-04-30,W,tea,4",))))
    target = str(tmp_path / "coverage.csv")
    assert main.main(["export", "coverage", "-o", target, "--category", "Coffee"]) == 1
    assert "Coffee" in capsys.readouterr().err
    assert main.main(["export", "coverage", "-o", target, "--by", "planet"]) == 1
    assert "choose one of sku, location, cell" in capsys.readouterr().err
