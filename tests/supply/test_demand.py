"""Demand: sums agree at every level, manual values stand beside the statistical ones, figures follow their formulas."""

import atexit
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.contract.forecasts import HORIZON, WEEKS
from shopkeeper.engine.query import Scope
from shopkeeper.errors import Refused
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.merchant.in_force import DEFAULTS, InForce
from shopkeeper.merchant.overrides import Override
from shopkeeper.supply.demand import backtest, said, table, two_sided
from shopkeeper.supply.demand import lost as demand_lost
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.demand.bands import BANDS, added, correlation, totals
from shopkeeper.supply.demand.frames.comparisons import SAID, SAID_WEEKS
from shopkeeper.supply.demand.frames.forecast import USED
from shopkeeper.supply.demand.parts import behind, series_weeks
from shopkeeper.supply.demand.report import DemandOptions
from shopkeeper.supply.demand.screen.accuracy import band_words, compared_words, used_words
from shopkeeper.supply.filters import GoodsFilters
from tests.examples import FEWER
from tests.shops.fitted import living_shop
from tests.shops.in_memory import MemoryQuery, line, shop

AS_OF = date(2024, 12, 31)
FIRST = date(2023, 10, 1)
ALL = GoodsFilters()
PRODUCTS = [
    {"sku": "tea", "category": "Tea", "name": "Green tea", "unit_cost": 4, "price": 10},
    {"sku": "cup", "category": "Cups", "name": "Cup", "unit_cost": 1, "price": 3},
]
DAILY = {("north", "tea"): 2.0, ("south", "tea"): 1.0, ("north", "cup"): 0.5}
CATEGORY = {"tea": "Tea", "cup": "Cups"}
KEYS = {"shop": (), "category": ("category",), "region": ("region",), "region_category": ("region", "category"),
        "sku": ("category", "sku"), "region_sku": ("region", "category", "sku")}  # fmt: skip


def forecast_rows(daily: dict[tuple[str, str], float]) -> list[dict[str, Any]]:
    """A forecast of flat days at every level that adds up, with bands of 1 and 2 units a week around each."""
    result: list[dict[str, Any]] = []
    for level, keys in KEYS.items():
        sums: dict[tuple[str, ...], float] = {}
        for (region, sku), units in daily.items():
            row = {"region": region, "category": CATEGORY[sku], "sku": sku}
            key = tuple(row[name] for name in keys)
            sums[key] = sums.get(key, 0.0) + units
        for key, units in sums.items():
            bands = {f"low_{level_}": [max(units * 7 - reach, 0)] * WEEKS for level_, reach in (("80", 1), ("95", 2))}
            bands |= {f"high_{level_}": [units * 7 + reach] * WEEKS for level_, reach in (("80", 1), ("95", 2))}
            result.append(
                {"level": level, "pattern": "smooth", "model": "flat", "daily_mean": units, "error_sd": 1.0,
                 "units": [units] * HORIZON, **bands, **dict(zip(keys, key, strict=True))}
            )  # fmt: skip
    return result


def lines_of(days: int = 400) -> list[dict[str, Any]]:
    """Tea in the north every day, in the south every second; a cup in the north every fourth."""
    rows = [line("first", FIRST, sku="tea", ship_to_region="north", net_amount=10)]
    for day in range(days):
        at = AS_OF - timedelta(days=day)
        every = (("north", "tea", 1, 10), ("south", "tea", 2, 10), ("north", "cup", 4, 3))
        rows += [
            line(f"{region}{day}", at, sku=sku, ship_to_region=region, net_amount=price, order_id=f"{region}{sku}{day}")
            for region, sku, step, price in every
            if day % step == 0
        ]
    return rows


def demand_shop(**tables: Any) -> MemoryQuery:
    given = {"products": PRODUCTS, "forecasts": forecast_rows(DAILY)} | tables
    return shop(lines_of(), as_of=AS_OF, **given)


def override(sku: str, region: str | None, units: float, first: int = 1, last: int = 7, **more: Any) -> Override:
    """From so many days after as-of to so many."""
    values: dict[str, Any] = {
        "id": f"{sku}{region}{units}", "statistical_units_per_day": 3.0, "author": "Ann", "reason": "campaign",
        "made_at": datetime(2025, 1, 1, tzinfo=UTC), "starts_on": AS_OF + timedelta(days=first),
        "ends_on": AS_OF + timedelta(days=last),
    }  # fmt: skip
    return Override(sku=sku, region=region, units_per_day=units, **(values | more))


def by_key(frame: pl.DataFrame) -> dict[tuple[str, str], list[float]]:
    return {(row["region"], row["sku"]): row["units"] for row in frame.to_dicts()}


def test_the_forecast_in_use_is_the_statistical_one_until_somebody_knows_better() -> None:
    result = demand.used(demand_shop(), ALL)
    assert USED.departures(result) == []
    assert by_key(result) == {key: [units] * HORIZON for key, units in DAILY.items()}
    assert not result["overridden"].any()


def test_a_manual_value_holds_for_its_days_and_its_region_only() -> None:
    result = demand.used(demand_shop(), ALL, InForce(overrides=(override("tea", "south", 5.0, 3, 4),)))
    units = by_key(result)
    assert units["south", "tea"] == [1, 1, 5, 5, *[1] * (HORIZON - 4)]
    assert units["north", "tea"] == [2] * HORIZON
    row = result.filter(pl.col("overridden")).to_dicts()
    assert [(one["region"], one["sku"]) for one in row] == [("south", "tea")]
    assert row[0]["daily_mean"] == pytest.approx((HORIZON + 8) / HORIZON)
    assert row[0]["error_sd"] == 1.0


@FEWER
@given(st.floats(0, 1000), st.integers(1, HORIZON), st.integers(0, 40))
def test_regions_share_a_value_for_all_of_them_and_it_adds_up(units: float, first: int, length: int) -> None:
    made = override("tea", None, units, first, first + length)
    result = by_key(demand.used(QUERY, ALL, InForce(overrides=(made,))))
    for day in range(1, HORIZON + 1):
        north, south = result["north", "tea"][day - 1], result["south", "tea"][day - 1]
        inside = first <= day <= first + length
        assert north + south == pytest.approx(units if inside else 3.0)
        assert north == pytest.approx(2 * south)
    assert result["north", "cup"] == [0.5] * HORIZON


def test_what_was_made_later_holds() -> None:
    early, late = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)
    first, second = override("tea", "south", 5.0, made_at=early), override("tea", None, 9.0, made_at=late)
    for order in ((first, second), (second, first)):
        assert by_key(demand.used(QUERY, ALL, InForce(overrides=order)))["south", "tea"][0] == pytest.approx(3.0)
    again = override("tea", "south", 5.0, made_at=late + timedelta(hours=1))
    assert by_key(demand.used(QUERY, ALL, InForce(overrides=(second, again))))["south", "tea"][0] == 5.0


def test_a_region_filter_does_not_change_how_a_value_for_all_is_shared() -> None:
    made = (override("tea", None, 9.0),)
    whole = by_key(demand.used(QUERY, ALL, InForce(overrides=made)))["south", "tea"]
    assert by_key(demand.used(QUERY, GoodsFilters(regions=("south",)), InForce(overrides=made))) == {
        ("south", "tea"): whole
    }
    restricted = demand_shop(scope=Scope(regions=("south",)))
    assert by_key(demand.used(restricted, ALL, InForce(overrides=made)))["south", "tea"] == pytest.approx(whole)


def test_a_value_where_nothing_was_forecast_adds_a_row_and_one_of_an_unknown_item_none() -> None:
    result = by_key(
        demand.used(QUERY, ALL, InForce(overrides=(override("cup", "south", 2.0), override("nothing", "south", 2.0))))
    )
    assert result["south", "cup"][:8] == [2.0] * 7 + [0.0]
    assert set(result) == {*DAILY, ("south", "cup")}


QUERY = demand_shop()
atexit.register(QUERY.connection.close)


@pytest.mark.parametrize("by", KEYS)
def test_every_level_adds_up_to_the_whole(by: demand.Level) -> None:
    made = (override("tea", None, 30.0), override("cup", "north", 0.0))
    result = demand.report(QUERY, ALL, InForce(overrides=made), DemandOptions(by))
    whole = result.totals.row(0, named=True)
    assert whole["statistical"] == pytest.approx(28 * 3.5)
    assert whole["units"] == pytest.approx(28 * 3.5 + 7 * 27 - 7 * 0.5)
    for name in ("units", "statistical", "revenue", "margin", "last", "year_before"):
        assert result.series[name].sum() == pytest.approx(whole[name]), name
    assert result.regions["units"].sum() == pytest.approx(whole["units"])
    assert result.patterns["units"].sum() == pytest.approx(whole["units"])
    weeks = series_weeks(result.series, AS_OF, demand.KEYS[by])
    assert weeks["forecast"].sum() == pytest.approx(result.weeks["forecast"].sum())
    assert weeks["statistical"].sum() == pytest.approx(HORIZON * 3.5)


def test_money_is_units_at_the_items_own_worth() -> None:
    whole = demand.report(QUERY, ALL).totals.row(0, named=True)
    assert whole["revenue"] == pytest.approx(28 * (3 * 10 + 0.5 * 3))
    assert whole["margin"] == pytest.approx(28 * (3 * 6 + 0.5 * 2))


def test_weeks_ahead_begin_after_as_of_and_weeks_behind_end_with_it() -> None:
    result = demand.report(QUERY, GoodsFilters(categories=("Tea",)))
    first = result.weeks.row(0, named=True)
    assert (first["starts_on"], first["ends_on"]) == (AS_OF + timedelta(days=1), AS_OF + timedelta(days=7))
    assert first["forecast"] == pytest.approx(21)
    past = behind(result.history, AS_OF, 52)
    assert past["ends_on"][-1] == AS_OF
    assert past.height == 52
    assert ((past["ends_on"] - past["starts_on"]).dt.total_days() == 6).all()
    days = [(row["ordered_at"].date(), row["sku"]) for row in lines_of()]
    expected = [sum(1 for day, sku in days if sku == "tea" and start <= day <= end)
                for start, end in past.select("starts_on", "ends_on").iter_rows()]  # fmt: skip
    assert past["units"].to_list() == expected


def test_days_without_sales_are_zeros_and_a_year_before_is_told_only_where_there_was_one() -> None:
    result = demand.report(QUERY, GoodsFilters(skus=("cup",)))
    assert result.history.height == result.history["day"].n_unique()
    assert result.history["units"].value_counts().height == 2
    assert result.totals["year_before"][0] == 7
    young = shop([line("a", AS_OF - timedelta(days=60), sku="tea", ship_to_region="north")], as_of=AS_OF,
                 products=PRODUCTS, forecasts=forecast_rows(DAILY))  # fmt: skip
    reported = demand.report(young, ALL, options=DemandOptions("sku"))
    assert reported.totals["year_before"].to_list() == [None, None]
    assert reported.series["year_before"].null_count() == reported.series.height
    assert reported.history["day"][0] == AS_OF - timedelta(days=60)


def test_without_forecasts_the_history_still_stands() -> None:
    result = demand.report(demand_shop(forecasts=[]), ALL)
    assert result.history["units"].sum() > 0
    for frame in (result.weeks, result.days, result.totals, result.series, result.regions, result.patterns):
        assert frame.is_empty()
    assert table.series(found_version(), result).frame.is_empty()


def found_version() -> Any:
    return QUERY.version


@pytest.mark.parametrize(
    "filters", [GoodsFilters(categories=()), GoodsFilters(skus=("cup",), regions=("south",)), GoodsFilters(regions=())]
)
def test_a_choice_of_nothing_shows_nothing_and_fails_not(filters: GoodsFilters) -> None:
    for by in KEYS:
        result = demand.report(QUERY, filters, InForce(overrides=(override("tea", None, 5.0),)), DemandOptions(by))  # type: ignore[arg-type]
        assert result.totals["units"].sum() == 0
        assert result.series.is_empty()


def test_what_has_no_region_or_no_cost_is_said() -> None:
    rows = forecast_rows({("(none)", "tea"): 1.0, ("north", "cup"): 3.0})
    products = [{"sku": "tea", "category": "Tea"}, PRODUCTS[1]]
    reported = " ".join(str(note) for note in demand.report(demand_shop(forecasts=rows, products=products), ALL).notes)
    assert "25 %" in reported
    assert "in no margin: 1." in reported


def test_who_may_see_one_region_is_told_of_that_region_only() -> None:
    result = demand.report(demand_shop(scope=Scope(regions=("south",))), ALL, options=DemandOptions("sku"))
    assert result.totals["units"][0] == pytest.approx(28)
    assert result.series["sku"].to_list() == ["tea"]
    both = demand.report(demand_shop(scope=Scope(("Tea",), ("north",))), ALL)
    assert both.totals["units"][0] == pytest.approx(56)


def test_an_option_that_there_is_not_is_refused() -> None:
    with pytest.raises(Refused, match="choose"):
        DemandOptions("moon")  # type: ignore[arg-type]
    with pytest.raises(Refused, match="choose"):
        DemandOptions(weeks=3)
    with pytest.raises(Refused, match="choose"):
        demand_lost.report(QUERY, ALL, "moon")  # type: ignore[arg-type]
    with pytest.raises(Refused, match="choose"):
        two_sided.report(QUERY, fit_version(QUERY), ALL, DEFAULTS, 5)


def one_series(*reaches: float) -> pl.DataFrame:
    """Four weeks of 10 units, with bands that reach so far below and above."""
    low, high = [10 - reach for reach in reaches], [10 + reach for reach in reaches]
    units = [10 / 7] * 7 * len(reaches)
    lists = {"units": units, "statistical": units, "low_80": low, "high_80": high, "low_95": low, "high_95": high}
    return pl.DataFrame({name: [values] for name, values in lists.items()})


def test_a_total_is_as_wide_as_its_weeks_err_together() -> None:
    series = one_series(3, 4)
    for together, reach in ((0.0, 5.0), (1.0, 5 * math.sqrt(2)), (0.5, 5 * math.sqrt(1.5))):
        result = totals(series, 2, together).row(0, named=True)
        assert result["units"] == pytest.approx(20)
        assert result["high_80"] - 20 == pytest.approx(reach)
        assert 20 - result["low_95"] == pytest.approx(reach)
    assert totals(one_series(9, 9, 9, 9), 4, 1.0)["low_80"][0] == pytest.approx(40 - 36)


def test_how_far_weeks_err_together_is_measured() -> None:
    def checks(*errors: list[float]) -> pl.DataFrame:
        rows = [
            {"level": "sku", "category": "Tea", "sku": f"s{place}", "cutoff": AS_OF,
             "actual_weeks": [10.0] * len(error), "forecast_weeks": [10 + one for one in error]}
            for place, error in enumerate(errors)
        ]  # fmt: skip
        return demand_shop(forecast_checks=rows)("supply/demand/week_errors", level="sku", **demand.chosen(ALL))

    assert correlation(checks(*[[1.0, 1.0, 1.0]] * 10)) == pytest.approx(1)
    assert correlation(checks(*[[1.0, -1.0]] * 10)) == 0
    assert correlation(checks(*[[1.0, 0.0, 0.0, 0.0]] * 8)) == pytest.approx(0)
    assert correlation(checks(*[[1.0, 1.0]] * 7)) == 1
    draw = np.random.default_rng(3)
    common = draw.normal(size=(3000, 1)) * math.sqrt(0.4) + draw.normal(size=(3000, 4)) * math.sqrt(0.6)
    assert correlation(checks(*common.tolist())) == pytest.approx(0.4, abs=0.05)


def test_bands_of_series_add_up_where_a_key_is_missing_too() -> None:
    series = pl.concat([one_series(1, 1), one_series(2, 2), one_series(4, 4)]).with_columns(
        region=pl.Series(["a", None, None], dtype=pl.String)
    )
    result = {row["region"]: row for row in added(series, ["region"]).to_dicts()}
    assert result[None]["high_80"] == [26, 26]
    assert result["a"]["low_80"] == [9, 9]
    assert added(series, [])["high_95"].to_list() == [[37, 37]]
    assert set(BANDS) <= set(added(series, []).columns)


def check(sku: str, actual: list[float], forecast: list[float], **more: Any) -> dict[str, Any]:
    """Two weeks of one item: the seasonal naive said 8 a week, the mean of 8 weeks 10."""
    pairs = list(zip(actual, forecast, strict=True))
    return {
        "level": "sku", "category": CATEGORY[sku], "sku": sku, "cutoff": AS_OF - timedelta(days=28), "days": 14,
        "demand": sum(actual), "demand_weeks": sum(y > 0 for y in actual), "error": sum(f - y for y, f in pairs),
        "absolute_error": sum(abs(f - y) for y, f in pairs),
        "naive_absolute_error": sum(abs(8 - y) for y in actual),
        "square_error": sum((f - y) ** 2 for y, f in pairs),
        "naive_square_error": sum((8 - y) ** 2 for y in actual),
        "average_square_error": sum((10 - y) ** 2 for y in actual),
        "zero_square_error": sum(y**2 for y in actual), "week_change": 4.0,
        "pinball": [0.5, 1.0, 2.0, 1.0, 0.5], "naive_pinball": [1.0] * 5, "average_pinball": [2.0] * 5,
        "weeks": 2, "weeks_below_80": 0, "weeks_above_80": 1, "weeks_below_95": 0, "weeks_above_95": 0,
        "actual_weeks": actual, "forecast_weeks": forecast,
    } | more  # fmt: skip


CHECKS = [check("tea", [12.0, 8.0], [11.0, 13.0]), check("cup", [5.0, 5.0], [2.0, 2.0], week_change=6.0)]


def test_accuracy_follows_its_formulas() -> None:
    result = backtest.report(demand_shop(forecast_checks=CHECKS), ALL)
    row = result.at("sku")
    assert row is not None
    change = 2 * 4 + 2 * 6
    assert row["rmsse"] == pytest.approx(math.sqrt((1 + 25 + 9 + 9) / change))
    assert row["naive_rmsse"] == pytest.approx(math.sqrt((16 + 0 + 9 + 9) / change))
    assert row["average_rmsse"] == pytest.approx(math.sqrt((4 + 4 + 25 + 25) / change))
    assert row["zero_rmsse"] == pytest.approx(math.sqrt((144 + 64 + 25 + 25) / change))
    assert (row["best_simple"], row["gain"]) == ("naive", pytest.approx(1 - math.sqrt(44 / 34)))
    assert row["pinball"] == pytest.approx(2 * (5 + 5) / 5 / 30)
    assert row["naive_pinball"] == pytest.approx(2 * (5 + 5) / 5 / 30)
    assert row["week_wape"] == pytest.approx((1 + 5 + 3 + 3) / 30)
    assert row["naive_week_wape"] == pytest.approx((4 + 0 + 3 + 3) / 30)
    assert row["bias"] == pytest.approx(-2 / 30)
    assert (row["below_80"], row["above_80"], row["above_95"], row["weeks"]) == (0, 0.5, 0, 4)
    assert result.at("shop") is None


def test_a_wape_is_told_only_where_most_weeks_have_demand() -> None:
    rare = [check("tea", [12.0, 0.0], [3.0, 3.0]), check("cup", [0.0, 0.0], [1.0, 1.0])]
    row = backtest.report(demand_shop(forecast_checks=rare), ALL).at("sku")
    assert row is not None
    assert (row["week_wape"], row["naive_week_wape"]) == (None, None)
    assert row["rmsse"] > 0


def test_where_a_simple_method_missed_less_the_page_says_which_and_where() -> None:
    lost = backtest.report(demand_shop(forecast_checks=CHECKS), ALL)
    sentence = " ".join(compared_words(lost, {"sku": "Item"}))
    assert "A simple method would have missed less** at: Item (the last week repeated, by 14%)" in sentence
    won = backtest.report(demand_shop(forecast_checks=[check("tea", [12.0, 8.0], [12.0, 9.0])]), ALL)
    assert "missed less than every simple method at: Item (65%)" in compared_words(won, {"sku": "Item"})[0]
    assert "by a simple method, the last week repeated" in used_words("Last week repeated")[0]
    assert used_words(None) == []


def test_weeks_beyond_a_band_are_told_by_the_side_they_lie_on() -> None:
    many = check("tea", [12.0, 8.0], [11.0, 13.0], weeks=1000, weeks_below_80=90, weeks_above_80=190)
    result = backtest.report(demand_shop(forecast_checks=[many]), ALL)
    assert [sentence[:14] for sentence in band_words(result.accuracy, {"sku": "Item"})] == ["Above the 80% "]
    right = many | {"weeks_above_80": 105}
    result = backtest.report(demand_shop(forecast_checks=[right]), ALL)
    assert band_words(result.accuracy, {"sku": "Item"}) == []


def test_the_worst_item_is_the_one_whose_error_costs_most() -> None:
    result = backtest.report(demand_shop(forecast_checks=CHECKS), ALL)
    assert result.worst["sku"].to_list() == ["tea", "cup"]
    assert result.worst["cost"].to_list() == pytest.approx([6 * 6, 6 * 2])
    assert result.worst["forecast"].to_list() == [24, 4]
    assert result.cost(1) == pytest.approx(36)
    assert result.cost() == pytest.approx(48)
    only = backtest.report(demand_shop(forecast_checks=CHECKS), GoodsFilters(categories=("Cups",)))
    assert only.worst["sku"].to_list() == ["cup"]
    assert only.accuracy["demand"].to_list() == [10]


def past(cutoff: date, **levels: float) -> list[dict[str, Any]]:
    """An earlier forecast of so many units a week, with bands of 2 around them."""
    keys = {"shop": {}, "region": {"region": "south"}}
    return [
        {"level": level, "cutoff": cutoff, "units": [units] * WEEKS, "low_80": [units - 2] * WEEKS,
         "high_80": [units + 2] * WEEKS, "low_95": [0.0] * WEEKS, "high_95": [99.0] * WEEKS} | keys[level]
        for level, units in levels.items()
    ]  # fmt: skip


def test_what_was_said_then_is_held_against_what_came_once_its_weeks_have_closed() -> None:
    """Each week 7 teas in the north, 3 or 4 in the south, 1 or 2 cups: 12 or 13 units."""
    earlier = [*past(AS_OF - timedelta(days=15), shop=13.0, region=9.0), *past(AS_OF - timedelta(days=3), shop=13.0)]
    query = demand_shop(past_forecasts=earlier)
    result = said.report(query, ALL)
    assert SAID.departures(result.forecasts) == []
    assert SAID_WEEKS.departures(result.weeks) == []
    row = result.forecasts.row(0, named=True)
    assert (row["cutoff"], row["weeks_closed"], row["forecast"]) == (AS_OF - timedelta(days=15), 2, 26)
    days = [one["ordered_at"].date() for one in lines_of()]
    assert row["came"] == sum(1 for day in days if AS_OF - timedelta(days=15) < day <= AS_OF - timedelta(days=1))
    assert (row["weeks_below"], row["weeks_above"]) == (0, 0)
    south = said.report(query, GoodsFilters(regions=("south",))).forecasts.row(0, named=True)
    assert (south["forecast"], south["came"], south["weeks_below"]) == (18, 7, 2)
    assert said.report(demand_shop(past_forecasts=earlier[2:]), ALL).weeks.is_empty()
    assert said.report(demand_shop(past_forecasts=earlier, scope=Scope(regions=("north",))), ALL).weeks.is_empty()


def test_without_a_backtest_nothing_is_said_of_accuracy() -> None:
    result = backtest.report(demand_shop(), ALL)
    assert result.accuracy.is_empty()
    assert result.worst.is_empty()
    assert result.cost() == 0


def lost_row(sku: str, region: str, location: str, day: int, lost: float) -> dict[str, Any]:
    return {"sku": sku, "category": CATEGORY[sku], "region": region, "location": location,
            "day": AS_OF - timedelta(days=day), "baseline": lost, "sold": 0.0, "lost": lost}  # fmt: skip


LOST = [
    lost_row("tea", "north", "W1", 1, 1.0), lost_row("tea", "south", "W1", 1, 0.5),
    lost_row("tea", "north", "W1", 2, 1.0), lost_row("tea", "north", "S1", 2, 0.25),
    lost_row("cup", "north", "S1", 2, 9.0),
]  # fmt: skip
STOCK = [
    {"day": AS_OF - timedelta(days=day), "location_id": "W1", "sku": "tea", "on_hand": on_hand}
    for day, on_hand in ((9, 5), (2, 0), (1, -3))
]


@pytest.mark.parametrize("by", ["sku", "region", "location"])
def test_lost_units_equal_a_plain_loop(by: demand_lost.By) -> None:
    result = demand_lost.report(demand_shop(lost_units=LOST, stock_snapshots=STOCK), ALL, by)
    expected: dict[tuple[str | None, ...], tuple[float, set[tuple[str, date]]]] = {}
    for row in LOST:
        key = (row["sku"], row["region"] if by == "region" else None, row["location"] if by == "location" else None)
        units, days = expected.setdefault(key, (0.0, set()))
        days.add((row["location"], row["day"]))
        expected[key] = (units + row["lost"], days)
    seen = {
        (row["sku"], row["region"], row["location"]): (row["lost"], row["out_days"]) for row in result.rows.to_dicts()
    }
    assert seen == {key: (units, len(days)) for key, (units, days) in expected.items()}
    assert result.units == 11.75
    assert result.margin == pytest.approx(2.75 * 6 + 9 * 2)
    assert result.worth(1) == pytest.approx(result.rows["lost_margin"][0])


def test_days_of_unknown_stock_are_counted_and_said() -> None:
    result = demand_lost.report(demand_shop(lost_units=LOST, stock_snapshots=STOCK), ALL)
    assert (result.snapshot_days, result.calendar_days, result.negative) == (3, 10, 1)
    none = demand_lost.report(demand_shop(), ALL)
    assert (none.first_day, none.snapshot_days, none.margin) == (None, 0, None)


def test_what_was_lost_stands_in_the_history_from_the_first_snapshot_on() -> None:
    history = demand.report(demand_shop(lost_units=LOST, stock_snapshots=STOCK), ALL).history.tail(11)
    assert history["lost"].to_list() == [None, 0, 0, 0, 0, 0, 0, 0, 10.25, 1.5, 0]


def test_the_statistical_value_beside_a_manual_one_is_that_of_its_days() -> None:
    def value(sku: str, region: str | None, first: int, last: int) -> float | None:
        return demand.statistical(QUERY, sku, region, AS_OF + timedelta(days=first), AS_OF + timedelta(days=last))

    assert value("tea", None, 1, 7) == pytest.approx(3)
    assert value("tea", "south", 30, 200) == pytest.approx(1)
    assert value("nothing", None, 1, 7) is None
    assert value("tea", None, 200, 210) is None


def test_manual_values_are_listed_with_what_they_change() -> None:
    made = (override("tea", "south", 5.0), override("cup", None, 1.5, statistical_units_per_day=0.5))
    rows = {row["sku"]: row for row in demand.manual(QUERY, InForce(overrides=made)).to_dicts()}
    assert rows["tea"]["statistical_now"] == 1.0
    assert rows["tea"]["change"] == pytest.approx(7 * 2)
    assert rows["cup"]["statistical_now"] == 0.5
    assert rows["cup"]["worth"] == pytest.approx(7 * 1 * 2)
    assert rows["tea"]["author"] == "Ann"
    seen = demand.manual(demand_shop(scope=Scope(("Cups",), ("north",))), InForce(overrides=made))
    assert seen["sku"].to_list() == ["cup"]
    assert demand.manual(QUERY, DEFAULTS).is_empty()


def people_shop(**more: Any) -> MemoryQuery:
    lines = [
        row | {"ship_to_region": ("north", "south")[place % 2], "sku": "tea"} for place, row in enumerate(living_shop())
    ]
    return shop(lines, products=PRODUCTS, forecasts=forecast_rows(DAILY), **more)


def test_both_sides_add_up_to_the_forecast() -> None:
    query = people_shop()
    fits = fit_version(query)
    result = two_sided.report(query, fits, ALL, DEFAULTS, 28)
    assert dict(result.rows.select("region", "forecast").iter_rows()) == pytest.approx({"north": 70.0, "south": 28.0})
    parts = result.rows.select(pl.sum_horizontal("existing_customers", "new_customers", "unidentified", "rest"))
    assert parts.to_series().to_list() == pytest.approx(result.rows["forecast"].to_list())
    whole = result.whole.row(0, named=True)
    for name in ("forecast", "existing_customers", "new_customers", "unidentified", "rest"):
        assert whole[name] == pytest.approx(result.rows[name].sum())
    assert whole["unidentified"] == 0
    assert whole["purchases"] > 0
    longer = two_sided.report(query, fits, ALL, DEFAULTS, 91)
    assert longer.whole["existing_customers"][0] > whole["existing_customers"]
    assert two_sided.report(query, fits, GoodsFilters(regions=("south",))).rows["region"].to_list() == ["south"]
    first = (query.version.as_of - AS_OF).days + 1
    manual = two_sided.report(query, fits, ALL, InForce(overrides=(override("tea", "south", 9.0, first, first + 6),)))
    assert manual.whole["forecast"][0] == pytest.approx(98 + 56)


def test_orders_without_identity_count_as_many_as_their_share() -> None:
    lines = [
        line(f"c{n % 40}", FIRST + timedelta(days=n), ship_to_region="north", sku="tea", order_id=f"o{n}")
        for n in range(457)
    ]
    lines += [
        line(None, AS_OF - timedelta(days=n), ship_to_region="north", sku="tea", order_id=f"u{n}")
        for n in range(0, 364, 4)
    ]
    query = shop(lines, as_of=AS_OF, products=PRODUCTS, forecasts=forecast_rows(DAILY))
    result = two_sided.report(query, fit_version(query), ALL)
    row = result.rows.filter(pl.col("region") == "north").row(0, named=True)
    expected = sum(1 for one in lines if one["customer_id"] and one["ordered_at"].date() > AS_OF - timedelta(days=364))
    assert row["unidentified_share"] == pytest.approx(91 / (91 + expected))
    assert row["units_per_purchase"] == pytest.approx(1)
    assert row["unidentified"] == pytest.approx((row["existing_customers"] + row["new_customers"]) * 91 / expected)
    # Nobody in the south is known: what is forecast there is named as theirs, and left to no customer to explain.
    of_nobody = shop(
        [*lines, line(None, AS_OF, ship_to_region="south", sku="tea", order_id="s")],
        as_of=AS_OF, products=PRODUCTS, forecasts=forecast_rows(DAILY),
    )  # fmt: skip
    unknown = two_sided.report(of_nobody, fit_version(of_nobody), ALL)
    south = unknown.rows.filter(region="south").row(0, named=True)
    assert (south["unidentified_share"], south["unidentified"], south["rest"]) == (1.0, south["forecast"], 0.0)
    assert "no order names its buyer" in " ".join(str(note) for note in unknown.notes)


def test_the_check_says_what_lies_ahead_what_is_young_and_who_may_not_see_it() -> None:
    ahead = [{"event_id": "e", "name": "Sale", "starts_on": date(2025, 2, 10), "ends_on": date(2025, 2, 12)}]
    query = people_shop(events=ahead, as_of=date(2025, 2, 5))
    fits = fit_version(query)
    result = two_sided.report(query, fits, GoodsFilters(categories=("Tea",)))
    assert result.events == ("Sale",)
    reported = " ".join(str(note) for note in result.notes)
    assert "younger than 15 months" in reported
    assert "all categories" in reported
    with pytest.raises(Refused, match="every purchase"):
        two_sided.report(people_shop(scope=Scope(regions=("north",))), fits, ALL)


def test_no_figure_is_infinite_or_not_a_number() -> None:
    nothing = demand_shop(
        forecasts=forecast_rows({("north", "tea"): 0.0}), forecast_checks=[CHECKS[0] | {"demand": 0.0}]
    )
    result, checks = demand.report(nothing, ALL, options=DemandOptions("sku")), backtest.report(nothing, ALL)
    for frame in (
        result.totals,
        result.series,
        result.regions,
        result.patterns,
        result.weeks,
        checks.accuracy,
        checks.worst,
    ):
        for column in frame.select(pl.selectors.float()).get_columns():
            assert all(math.isfinite(value) for value in column.drop_nulls()), column.name
    assert result.regions["share"].to_list() == [None]
