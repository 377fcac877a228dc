"""Stock-outs: which shelves were empty, and what was lost; on the sample shop, whose truth is known, within 15 %."""

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.engine.duckdb import Engine
from shopkeeper.jobs.forecast import stock_outs
from shopkeeper.models.demand.excess_demand import MANY, excess
from tests.examples import FEWER
from tests.paths import SAMPLE
from tests.shops.in_memory import MemoryQuery, line, shop

START = date(2024, 3, 1)
PRODUCTS = [{"sku": "A", "category": "tea"}, {"sku": "B", "category": "tea"}]


def sold(
    day: int, units: int = 1, sku: str = "A", at: str = "W1", to: str = "north", number: int = 0
) -> dict[str, Any]:
    return line(
        f"c{number}", START + timedelta(days=day), sku=sku, quantity=units, net_amount=10 * units,
        ship_from_location=at, ship_to_region=to, order_id=f"{sku}{at}{to}{day}{number}",
    )  # fmt: skip


def shelf(*on_hand: int | None, sku: str = "A", at: str = "W1") -> list[dict[str, Any]]:
    """One evening after the other; None where nobody looked."""
    return [
        {"day": START + timedelta(days=day), "location_id": at, "sku": sku, "on_hand": units}
        for day, units in enumerate(on_hand)
        if units is not None
    ]


def shop_of(lines: list[dict[str, Any]], stock: list[dict[str, Any]], days: int, **tables: Any) -> MemoryQuery:
    as_of = START + timedelta(days=days - 1)
    return shop(lines, as_of=as_of, stock_snapshots=stock, products=tables.pop("products", PRODUCTS), **tables)


def days_of(lost: pl.DataFrame) -> list[int]:
    return [(day - START).days for day in lost["day"]]


def test_without_snapshots_nothing_is_known() -> None:
    result = stock_outs.estimate(shop_of([sold(0)], [], 3))
    assert result.is_empty()
    assert result.columns == list(stock_outs.COLUMNS)


def test_a_shelf_that_is_empty_all_day_loses_what_it_sells_on_other_days() -> None:
    lines = [sold(day) for day in range(10)]
    result = stock_outs.estimate(shop_of(lines, shelf(*range(9, -1, -1), 0, 0), 12))
    assert days_of(result) == [9, 10, 11]
    whole = result.filter(pl.col("day") > START + timedelta(days=9))
    assert whole["sold"].to_list() == [0, 0]
    assert whole["lost"].to_list() == whole["baseline"].to_list()
    assert 0.85 < float(whole["lost"][0]) < 1.1


def test_a_shelf_that_runs_empty_within_the_day_loses_only_what_comes_after() -> None:
    """One line of one or three units on every second day or so: with one unit there, 0 or 2 are missing."""
    lines = [sold(day, (1, 3)[day % 4 == 0]) for day in range(0, 40, 2)] + [sold(40, 1)]
    result = stock_outs.estimate(shop_of(lines, shelf(*[30] * 39, 1, 0), 41))
    assert days_of(result) == [40]
    row = result.row(0, named=True)
    assert row["sold"] == 1
    assert 0 < row["lost"] < 3
    sizes = np.array([0.0, 11, 0, 10]) + stock_outs.PRIOR_LINES * np.array([0, 11, 0, 10]) / 21
    assert row["lost"] == pytest.approx(excess(np.array([row["baseline"]]), np.array([1.0]), sizes)[0], rel=1e-3)


def test_days_without_a_snapshot_are_unknown() -> None:
    lines = [sold(day) for day in range(6)]
    result = stock_outs.estimate(shop_of(lines, shelf(9, 8, 7, 6, 5, 4, *[None] * 20, 0, 0), 28))
    assert days_of(result) == [26, 27]


def test_what_was_moved_away_is_no_lost_sale_and_the_days_after_are() -> None:
    lines = [sold(day) for day in range(5)]
    result = stock_outs.estimate(shop_of(lines, shelf(9, 8, 7, 6, 5, 0, 0), 7))
    assert days_of(result) == [6]


def test_what_landed_and_went_on_the_same_day_was_there() -> None:
    lines = [sold(day) for day in range(5)] + [sold(6, 2)]
    landed = {"inbound_id": "I", "sku": "A", "location_id": "W1", "quantity": 2, "due_on": START,
              "received_on": START + timedelta(days=6)}  # fmt: skip
    query = shop_of(lines, shelf(9, 8, 7, 6, 5, 0, 0, 0), 8, inbound=[landed])
    days = query("jobs/forecast/stock_out_days")
    assert days["available"].to_list() == [5, 2, 0]
    assert days_of(stock_outs.estimate(query)) == [6, 7]


def test_what_is_not_on_sale_cannot_be_out() -> None:
    products = [{"sku": "A", "category": "tea", "launched_on": START + timedelta(days=3),
                 "delisted_on": START + timedelta(days=8)}]  # fmt: skip
    lines = [sold(day) for day in range(3, 7)]
    result = stock_outs.estimate(shop_of(lines, shelf(0, 0, 0, 9, 8, 7, 6, 0, 0, 0, 0), 11, products=products))
    assert days_of(result) == [8]


def test_a_shelf_that_never_held_anything_is_not_kept_there() -> None:
    lines = [sold(day) for day in range(5)]
    stock = [*shelf(9, 8, 7, 6, 5), *shelf(0, 0, 0, 0, 0, at="S9")]
    assert stock_outs.estimate(shop_of(lines, stock, 5)).is_empty()


def test_a_negative_stock_is_an_empty_one() -> None:
    lines = [sold(day) for day in range(5)]
    assert days_of(stock_outs.estimate(shop_of(lines, shelf(9, 8, 7, 6, 5, -2, -2), 7))) == [6]


def test_regions_share_a_loss_as_they_buy() -> None:
    lines = [
        sold(day, to=to, number=number) for day in range(10) for number, to in enumerate(("north",) * 3 + ("south",))
    ]
    result = stock_outs.estimate(shop_of(lines, shelf(*[99] * 9, 0, 0), 11)).filter(
        pl.col("day") == START + timedelta(days=10)
    )
    shares = dict(result.select("region", pl.col("lost") / pl.col("lost").sum()).iter_rows())
    assert shares == pytest.approx({"north": 0.75, "south": 0.25})


def test_a_location_that_never_shipped_serves_where_it_stands() -> None:
    lines = [sold(day, 5) for day in range(9)]
    where = [{"location_id": "S1", "kind": "store", "region": "east"}]
    stock = [*shelf(*[99] * 9), *shelf(*[3] * 8, 0, at="S1")]
    query = shop_of([*lines, sold(8, 3, at="S1", to="(none)")], stock, 9, locations=where)
    result = stock_outs.estimate(query)
    assert result.filter(pl.col("location") == "S1")["region"].to_list() == ["(none)"]
    unsold = [*shelf(*[99] * 9), *shelf(*[3] * 7, 0, 0, at="S1")]
    result = stock_outs.estimate(shop_of(lines, unsold, 9, locations=where))
    assert result.select("location", "region", "lost").rows() == [("S1", "east", 0.0)]


def test_a_peak_loses_more_than_an_ordinary_day() -> None:
    """A and B sell alike; A is out on an ordinary day and on one on which B sells ten times as much."""
    lines = [sold(day, 10, sku=sku) for day in range(20) for sku in "AB"]
    lines += [sold(21, 10, "B"), sold(22, 100, "B")]
    stock = [*shelf(*[500] * 20, 0, 0, 0), *shelf(*[900] * 23, sku="B")]
    result = stock_outs.estimate(shop_of(lines, stock, 23))
    ordinary, peak = result.filter(pl.col("sku") == "A")["lost"].to_list()
    assert peak > 2 * ordinary


@FEWER
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0, 1, 3, None]), st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=9
    )
)
def test_the_days_that_a_shelf_was_out_equal_a_plain_loop(days: list[tuple[int | None, int, int]]) -> None:
    lines = [sold(day, units) for day, (_, units, _) in enumerate(days) if units] or [sold(0)]
    landed = [
        {"inbound_id": f"I{day}", "sku": "A", "location_id": "W1", "quantity": units, "due_on": START,
         "received_on": START + timedelta(days=day)}
        for day, (_, _, units) in enumerate(days) if units
    ]  # fmt: skip
    evenings = [on_hand for on_hand, _, _ in days]
    query = shop_of(lines, shelf(*evenings), len(days), inbound=landed)
    seen = query("jobs/forecast/stock_out_days")
    units = dict.fromkeys(range(len(days)), 0) | {
        (row["ordered_at"].date() - START).days: row["quantity"] for row in lines
    }
    expected = []
    for day, (on_hand, _, came) in enumerate(days):
        if on_hand == 0:
            before = evenings[day - 1] if day else None
            expected.append((day, None if before is None else before + came, units[day]))
    assert list(zip(days_of(seen), seen["available"].to_list(), seen["sold"].to_list(), strict=True)) == expected


@given(
    st.floats(0.01, 6),
    st.integers(0, 12),
    st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(lambda w: sum(w) > 0),
)
def test_excess_demand_equals_adding_up_all_cases(mean: float, there: int, weights: list[int]) -> None:
    """Second way: the distribution of n lines by repeated convolution, weighed by the Poisson chance of n lines."""
    sizes = np.array([0, *weights], dtype=float)
    one = sizes / sizes.sum()
    lines = mean / float(one @ np.arange(len(one)))
    if lines > 30:
        return
    total, chance, several = np.zeros(1), math.exp(-lines), np.ones(1)
    for n in range(120):
        width = max(len(total), len(several))
        total = np.pad(total, (0, width - len(total))) + chance * np.pad(several, (0, width - len(several)))
        several, chance = np.convolve(several, one), chance * lines / (n + 1)
    k = np.arange(len(total))
    reached = total[k >= there].sum()
    if reached < 1e-6:
        return
    expected = ((k - there) * total)[k >= there].sum() / reached
    assert excess(np.array([mean]), np.array([float(there)]), sizes)[0] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_for_many_units_the_normal_distribution_takes_over_smoothly() -> None:
    sizes = np.array([0.0, 1, 1, 1])
    exact, normal = excess(np.array([180.0, 180.0]), np.array([float(MANY), MANY + 1.0]), sizes)
    assert normal == pytest.approx(exact, rel=0.08)
    assert excess(np.array([1.0]), np.array([5000.0]), sizes)[0] < 3
    assert excess(np.array([900.0]), np.array([0.0]), sizes)[0] == pytest.approx(900, rel=1e-6)


@pytest.fixture(scope="module")
def compared(opened: Engine) -> pl.DataFrame:
    """Location x SKU x category of the sample shop: lost by the estimate, and in truth since the first snapshot."""
    result = stock_outs.estimate(opened)
    first = opened("supply/demand/snapshots")["first_day"][0]
    truth = pl.read_parquet(SAMPLE / "truth" / "lost_units.parquet").filter(pl.col("day") >= first)
    items = opened("supply/demand/items").select("sku", "category")
    reported = result.group_by("location", "sku", "category").agg(pl.sum("lost"))
    true = (
        truth.join(items, on="sku")
        .group_by(location="location_id", sku="sku", category="category")
        .agg(true=pl.sum("units"))
    )
    return reported.join(true, on=["location", "sku", "category"], how="full", coalesce=True).fill_null(0.0)


def test_lost_units_are_within_15_percent_of_truth(compared: pl.DataFrame) -> None:
    """Compared is all that was asked for and not there, whether or not the buyer then took the staple instead: stock
    tells that an item was missing, not what its buyer did."""
    assert compared["lost"].sum() == pytest.approx(compared["true"].sum(), rel=0.15)


def test_lost_units_are_near_the_truth_by_kind_of_location_and_by_category(compared: pl.DataFrame) -> None:
    kinds = compared.group_by(pl.col("location").str.slice(0, 1)).agg(pl.sum("lost", "true"))
    assert kinds.height == 3
    assert (kinds["lost"] / kinds["true"]).is_between(0.8, 1.2).all()
    categories = compared.group_by("category").agg(pl.sum("lost", "true"))
    assert categories.height == 8
    assert (categories["lost"] / categories["true"]).is_between(0.7, 1.35).all()
    assert categories.select(pl.corr("lost", "true")).item() > 0.8


def test_the_estimate_is_complete_and_sane(opened: Engine) -> None:
    result = stock_outs.estimate(opened)
    assert result.columns == list(stock_outs.COLUMNS)
    assert result.null_count().sum_horizontal().item() == 0
    assert (result["lost"] >= 0).all()
    assert (result["baseline"] >= 0).all()
    assert result.select(pl.struct("sku", "region", "location", "day").n_unique()).item() == result.height
