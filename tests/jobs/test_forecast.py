"""The forecast job: what it must hold on the sample shop, on small shops whose future is known, and on bad ground."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsforecast.models import SeasonalNaive

from shopkeeper.contract.forecasts import FORECAST_TABLES, HORIZON, LEVELS, WEEKS
from shopkeeper.engine.duckdb import Engine
from shopkeeper.jobs.forecast.baseline import baseline_at, daily, hierarchy_of
from shopkeeper.jobs.forecast.candidate_models import COMBINED, PreviousLevels, best_path
from shopkeeper.jobs.forecast.checks import backtest
from shopkeeper.jobs.forecast.files import summary, table_files
from shopkeeper.jobs.forecast.history import MOST_REGIONS, History, day_of
from shopkeeper.jobs.forecast.job import forecast_history, forecast_version
from shopkeeper.jobs.forecast.levels import PreviousChoices, forecast_levels
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.lake import store
from shopkeeper.models.demand.forecasters import AND, LAST_WEEK, PATH_MODELS, USUAL
from shopkeeper.progress import UNHEARD, Cancelled, Progress
from shopkeeper.sample import expected as expected_units
from tests.examples import FEWER
from tests.paths import SAMPLE
from tests.shops.forecast import AS_OF, demand_history, expected
from tests.shops.in_memory import POLARS_TYPES, line, shop

KEYS = {
    "shop": [], "category": ["category"], "region": ["region"], "region_category": ["category", "region"],
    "sku": ["category", "sku"], "region_sku": ["category", "sku", "region"],
}  # fmt: skip


def errors(run: Run) -> dict[str, dict[str, float]]:
    return {str(row["level"]): row for row in run.errors().to_dicts()}


def days(run: Run, level: str) -> tuple[pl.DataFrame, np.ndarray]:
    rows = run.tables["forecasts"].filter(pl.col("level") == level)
    return rows, np.array(rows["units"].to_list())


# --- the sample shop ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def foreseen(forecast_lake: Path) -> Run:
    """The sample shop's forecasts."""
    version = store.current(forecast_lake)
    assert version is not None
    said = summary(version)
    assert said is not None
    return Run({name: pl.read_parquet(path) for name, path in table_files(version).items()}, said)


def test_the_sample_is_foreseen_better_than_by_simple_methods(foreseen: Run) -> None:
    result = errors(foreseen)
    assert result["region_category"]["rmsse"] <= 0.9 * result["region_category"]["naive_rmsse"]
    for level in LEVELS:
        for simple in ("naive", "average", "zero"):
            assert result[level]["rmsse"] <= result[level][f"{simple}_rmsse"]
        for simple in ("naive", "average"):
            assert result[level]["pinball"] <= result[level][f"{simple}_pinball"]
        assert result[level]["pinball"] < 1
    assert abs(result["shop"]["bias"]) < 0.03


def true_weeks(checks: pl.DataFrame, rates: pl.DataFrame, keys: list[str]) -> np.ndarray:
    """Rows of checks x the four weeks after their cutoff: what was to be expected."""
    numbered = checks.select("cutoff", *keys).with_row_index("row")
    week = (pl.col("day") - pl.col("cutoff")).dt.total_days().sub(1) // 7
    rows = numbered.join(rates, on=keys).with_columns(week=week).filter(pl.col("week").is_between(0, 3))
    sums = rows.group_by("row", "week").agg(pl.col("units").sum())
    weeks = np.zeros((checks.height, 4))
    weeks[sums["row"].to_numpy(), sums["week"].to_numpy()] = sums["units"].to_numpy()
    return weeks


@pytest.mark.parametrize(("level", "most"), [("category", 1.15), ("sku", 1.1), ("region_sku", 1.05)])
def test_the_samples_forecasts_miss_little_more_than_its_true_rates(foreseen: Run, level: str, most: float) -> None:
    """By week, over the four weeks after each ordinary cutoff; that before the last Double 11 is another matter."""
    products = pl.read_parquet(SAMPLE / "products.parquet").select("sku", "category")
    rates = expected_units.rates(SAMPLE).join(products, on="sku")
    checks = foreseen.tables["forecast_checks"].filter(pl.col("level") == level, pl.col("days") == 28)
    checks = checks.filter(pl.col("cutoff") > pl.col("cutoff").max() - timedelta(days=4 * 28))
    assert checks["cutoff"].n_unique() == 4
    actual, ours = (np.array(checks[name].list.head(4).to_list()) for name in ("actual_weeks", "forecast_weeks"))
    true = true_weeks(checks, rates, KEYS[level])
    assert true.sum() == pytest.approx(actual.sum(), rel=0.1)
    assert ((ours - actual) ** 2).sum() <= most**2 * ((true - actual) ** 2).sum()


def test_weeks_beyond_each_end_of_the_samples_bands_are_as_many_as_promised(foreseen: Run) -> None:
    """From cutoffs that did not make the bands."""
    result = errors(foreseen)
    for level in ("category", "region", "region_category", "sku"):
        for side in ("below", "above"):
            assert 0.05 <= result[level][f"{side}_80"] <= 0.15
            assert result[level][f"{side}_95"] <= 0.06
        # Eight categories err together in the weeks of Double 11, which bands do not know.
        most = 0.09 if level == "category" else 0.08
        assert result[level]["below_95"] + result[level]["above_95"] <= most
    # most weeks of an item in a region are without demand, and no week lies below a band that begins at nothing
    assert result["region_sku"]["above_80"] <= 0.1
    assert result["region_sku"]["above_95"] <= 0.03


def test_checks_are_sums_that_can_be_made_again_from_their_weeks(foreseen: Run) -> None:
    checks = foreseen.tables["forecast_checks"].filter(pl.col("level") == "category")
    first = checks.filter(pl.col("days") == 28).with_columns(
        weeks_demand=pl.col("actual_weeks").list.head(4).list.sum(),
        weeks_error=pl.col("forecast_weeks").list.head(4).list.sum() - pl.col("actual_weeks").list.head(4).list.sum(),
    )
    assert first["demand"].to_list() == pytest.approx(first["weeks_demand"].to_list())
    assert first["error"].to_list() == pytest.approx(first["weeks_error"].to_list())
    assert (checks["absolute_error"] >= checks["error"].abs() - 1e-9).all()
    assert (checks["square_error"] * 4 >= checks["error"] ** 2 - 1e-6).all()
    for side in ("below", "above"):
        assert (checks[f"weeks_{side}_95"] <= checks[f"weeks_{side}_80"]).all()
    assert (checks["weeks_below_80"] + checks["weeks_above_80"] <= checks["weeks"]).all()
    assert (checks["pinball"].list.get(2) <= checks["absolute_error"]).all()


def test_what_came_in_the_checks_is_what_was_truly_asked_for(foreseen: Run) -> None:
    """Sold and lost, against the demand that the simulation drew; lost units are estimates."""
    run = foreseen
    truth = pl.read_parquet(SAMPLE / "truth" / "demand.parquet")
    for cutoff, demand in (
        run.tables["forecast_checks"].filter(pl.col("level") == "shop").select("cutoff", "demand").iter_rows()
    ):
        demanded = truth.filter(pl.col("day").is_between(cutoff + timedelta(days=1), cutoff + timedelta(days=28)))
        assert demand == pytest.approx(demanded["units"].sum(), rel=0.05)


def test_levels_of_the_sample_add_up_at_every_day(foreseen: Run) -> None:
    add_up(foreseen)


@pytest.mark.parametrize("name", ["双11 Double 11", "618 Mid-year sale", "春节 Spring Festival"])
def test_event_factors_of_the_sample_are_those_of_its_true_demand(name: str, foreseen: Run) -> None:
    """Again in another way: true demand of a category in each window, over that of the four weeks around it."""
    category = pl.read_parquet(SAMPLE / "products.parquet").select("sku", "category")
    truth = pl.read_parquet(SAMPLE / "truth" / "demand.parquet").join(category, on="sku")
    truth = truth.group_by("category", "day").agg(pl.col("units").sum().clip(0, 400))
    events = pl.read_parquet(SAMPLE / "events.parquet").filter(
        pl.col("starts_on").is_between(date(2024, 1, 1), date(2026, 9, 1)), pl.col("name") == name
    )
    inside = around = pl.DataFrame()
    for starts, ends in events.select("starts_on", "ends_on").iter_rows():
        near = pl.col("day").is_between(starts - timedelta(days=28), ends + timedelta(days=28))
        window = pl.col("day").is_between(starts, ends)
        scale = ((ends - starts).days + 1) / 56
        inside = pl.concat([inside, truth.filter(window).group_by("category").agg(pl.col("units").sum())])
        around = pl.concat(
            [around, truth.filter(near & ~window).group_by("category").agg(pl.col("units").sum() * scale)]
        )
    again = (
        inside.group_by("category")
        .agg(inside=pl.col("units").sum())
        .join(around.group_by("category").agg(around=pl.col("units").sum()), on="category")
        .select("category", again=pl.col("inside") / pl.col("around"))
    )
    length = int(events.select((pl.col("ends_on") - pl.col("starts_on")).dt.total_days().max()).item())
    result = foreseen.tables["event_factors"].filter(
        pl.col("name") == name, pl.col("day_of_window").is_between(0, length)
    )
    both = result.group_by("category").agg(estimated=pl.col("factor").mean()).join(again, on="category")
    assert both.height == 8
    assert both["estimated"].to_list() == pytest.approx(both["again"].to_list(), rel=0.25)
    assert both["estimated"].mean() == pytest.approx(both["again"].mean(), rel=0.1)


def test_the_coming_double_11_is_a_peak_and_december_is_not_inflated_by_the_last_one(foreseen: Run) -> None:
    _, shop_days = days(foreseen, "shop")
    ahead = [date(2026, 10, 22) + timedelta(days=step) for step in range(HORIZON)]
    by_day = dict(zip(ahead, shop_days[0], strict=True))
    december = np.mean([units for day, units in by_day.items() if day.month == 12])
    before = np.mean([units for day, units in by_day.items() if day < date(2026, 11, 1)])
    assert by_day[date(2026, 11, 11)] > 2 * before
    assert december == pytest.approx(before, rel=0.1)


# --- small shops whose future is known ------------------------------------------------------------------------------


def flat(level: float, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).poisson(level, count)


def test_an_event_in_the_window_does_not_raise_the_days_after_it() -> None:
    """10 a day, 50 on the ten days of a sale that ended a week ago; the next sale lies in the horizon."""
    starts = [AS_OF - timedelta(days=back) for back in (747, 382, 17)] + [AS_OF + timedelta(days=40)]
    events = [("sale", start, start + timedelta(days=9)) for start in starts]
    units = flat(10, 1000, 1).astype(float)
    for start in starts[:3]:
        begin = 999 - (AS_OF - start).days
        units[begin : begin + 10] = flat(50, 10, 2)
    run = forecast_history(demand_history([("A", "tea", "north", units)], events=events))
    ahead = expected(run, "shop")
    assert ahead[39:49].mean() == pytest.approx(50, rel=0.15)
    assert np.r_[ahead[:34], ahead[60:]].mean() == pytest.approx(10, rel=0.15)


def test_after_the_last_day_on_sale_nothing_is_expected() -> None:
    last = AS_OF + timedelta(days=20)
    run = forecast_history(
        demand_history(
            [("A", "tea", "north", flat(3, 300, 1)), ("B", "tea", "north", flat(3, 300, 2))],
            items=[{"sku": "A", "delisted_on": last}],
        )
    )
    ahead = expected(run, "region_sku", sku="A")
    assert ahead[:20].min() > 0
    assert ahead[20:].max() == 0
    assert expected(run, "region_sku", sku="B").min() > 0


def test_what_was_delisted_is_expected_nowhere() -> None:
    run = forecast_history(
        demand_history(
            [("A", "tea", "north", flat(3, 300, 1)), ("B", "tea", "north", flat(3, 300, 2))],
            items=[{"sku": "A", "delisted_on": AS_OF - timedelta(days=1)}],
        )
    )
    assert not expected(run, "sku", sku="A").any()
    assert expected(run, "sku", sku="B").mean() == pytest.approx(3, rel=0.2)


def test_a_new_item_takes_its_level_from_its_category_and_its_regions_from_the_others() -> None:
    old = [
        (f"old{n}", "tea", region, flat(level, 400, n * 7 + k))
        for n in range(6)
        for k, (region, level) in enumerate([("north", 4.0), ("south", 1.0)])
    ]
    fresh = [("fresh", "tea", "north", np.r_[np.zeros(390), flat(4, 10, 99)])]
    run = forecast_history(
        demand_history([*old, *fresh], items=[{"sku": "fresh", "launched_on": AS_OF - timedelta(days=9)}])
    )
    north, south = (expected(run, "region_sku", sku="fresh", region=region).mean() for region in ("north", "south"))
    assert 2 < north + south < 9
    assert north > 2 * south > 0
    rows = run.tables["forecasts"].filter(pl.col("sku") == "fresh", pl.col("level") == "region_sku")
    assert rows["pattern"].to_list() == ["new", "new"]


def test_a_newcomer_has_series_where_it_was_sold_or_is_stocked_and_else_in_the_largest_regions() -> None:
    """A chain of 80 stores, each a region of its own; the newcomer sold in one, and lies in another."""
    draw = np.random.default_rng(8)
    old = [("old", "tea", f"store {n:02d}", draw.poisson(1 + n / 20, 200)) for n in range(80)]
    fresh = [("fresh", "tea", "store 00", np.r_[np.zeros(190), draw.poisson(4, 10)])]
    items = [{"sku": "fresh", "launched_on": AS_OF - timedelta(days=9)}]
    stocked = pl.DataFrame({"sku": ["fresh", "old"], "region": ["store 01", "store 02"]})

    def regions(history: History) -> list[str]:
        return history.series.filter(pl.col("sku") == "fresh")["region"].to_list()

    assert regions(demand_history([*old, *fresh], items=items, stocked=stocked)) == ["store 00", "store 01"]
    unknown = regions(demand_history([*old, *fresh], items=items))
    assert len(unknown) == MOST_REGIONS + 1
    assert {"store 00", "store 79", "store 50"} <= set(unknown)


def test_what_is_launched_within_the_horizon_is_expected_from_that_day() -> None:
    launch = AS_OF + timedelta(days=31)
    run = forecast_history(
        demand_history(
            [("A", "tea", "north", flat(5, 300, 1))],
            items=[{"sku": "soon", "category": "tea", "launched_on": launch}],
        )
    )
    ahead = expected(run, "sku", sku="soon")
    assert not ahead[:30].any()
    assert ahead[30:].mean() == pytest.approx(5, rel=0.3)


def test_lost_units_count_as_demand_and_are_masked_days() -> None:
    half = np.where(np.arange(200) % 2 == 0, 6.0, 0.0)
    missing = [AS_OF - timedelta(days=back) for back in range(0, 200, 2)]
    lost = pl.DataFrame({"sku": "A", "region": "north", "day": missing, "lost": 6.0})
    run = forecast_history(demand_history([("A", "tea", "north", half)], lost=lost))
    row = run.tables["forecasts"].filter(pl.col("level") == "region_sku").row(0, named=True)
    assert row["daily_mean"] == pytest.approx(6, rel=0.02)
    assert row["masked_days"] == 100
    assert row["demand_days"] == 200
    assert [note["values"] for note in run.summary["notes"]] == [{"days": 100}]


def test_one_order_out_of_all_proportion_is_told_and_does_not_raise_the_forecast() -> None:
    units = flat(2, 400, 3).astype(float)
    units[-10] = 900.0
    run = forecast_history(demand_history([("A", "tea", "north", units)]))
    assert expected(run, "shop").mean() < 4
    assert any("out of all proportion" in note["text"] for note in run.summary["notes"])
    checked = run.tables["forecast_checks"].filter(pl.col("level") == "shop", pl.col("days") == 28)
    assert checked.filter(pl.col("demand") > 900).height == 1


def test_a_region_that_opened_late_is_not_diluted_by_the_days_before() -> None:
    run = forecast_history(
        demand_history(
            [("A", "tea", "north", flat(4, 600, 1)), ("A", "tea", "south", np.r_[np.zeros(500), flat(4, 100, 2)])]
        )
    )
    assert expected(run, "region", region="south").mean() == pytest.approx(4, rel=0.3)


def test_the_naive_is_statsforecast_s_seasonal_naive() -> None:
    units = flat(3, 200, 5).astype(float)
    history = demand_history([("A", "tea", "north", units)])
    hierarchy = hierarchy_of(history)
    baseline = [baseline_at(history, hierarchy, 172), baseline_at(history, hierarchy, 200)]
    patterns = {level: np.full(group.rows, "smooth") for level, group in hierarchy.groups.items()}
    result = forecast_levels(history, hierarchy, baseline, patterns, None, UNHEARD)
    test = backtest(history, hierarchy, result.cutoff_forecasts)["shop"][0]
    theirs = SeasonalNaive(season_length=7).forecast(y=units[:172], h=28)["mean"]
    assert test.naive[0, :28].tolist() == theirs.tolist()
    assert test.actual[0, :28].tolist() == units[172:].tolist()
    assert np.isnan(test.actual[0, 28:]).all()


def test_a_cutoff_knows_nothing_of_what_came_after_it() -> None:
    """Change everything after the cutoff: what the same models forecast from it stays the same."""
    units = flat(3, 300, 5).astype(float)
    other = np.r_[units[:272], flat(40, 28, 6)]
    forecasts = []
    for each in (units, other):
        history = demand_history([("A", "tea", "north", each), ("B", "tea", "north", units)])
        hierarchy = hierarchy_of(history)
        baseline = baseline_at(history, hierarchy, 272)
        patterns = {level: np.full(group.rows, "smooth") for level, group in hierarchy.groups.items()}
        rows = {level: hierarchy.groups[level].rows for level in ("region_category", "sku", "region_sku")}
        unknown = {
            level: PreviousLevels(np.full(count, "SES"), np.full((count, 1), np.nan)) for level, count in rows.items()
        }
        previous = PreviousChoices("SES", unknown)
        result = forecast_levels(history, hierarchy, [baseline], patterns, previous, UNHEARD).cutoff_forecasts[0]
        forecasts.append(daily(history, baseline, hierarchy, result.levels, result.path))
    assert forecasts[0] == pytest.approx(forecasts[1])


def test_the_change_is_the_mean_squared_one_from_week_to_week_before_the_cutoff() -> None:
    units = flat(3, 120, 8).astype(float)
    run = forecast_history(demand_history([("A", "tea", "north", units)]))
    for level in LEVELS:
        checks = run.tables["forecast_checks"].filter(pl.col("level") == level)
        assert checks.height == 3
        for cutoff, change in checks.select("cutoff", "week_change").iter_rows():
            before = units[: 120 - (AS_OF - cutoff).days]
            weeks = before[before.size % 7 :].reshape(-1, 7).sum(axis=1)
            assert change == pytest.approx(np.mean(np.diff(weeks) ** 2))


def test_simple_methods_stand_beside_the_forecast_as_anybody_would_make_them() -> None:
    units = flat(3, 200, 8).astype(float)
    run = forecast_history(demand_history([("A", "tea", "north", units)]))
    checks = run.tables["forecast_checks"].filter(pl.col("level") == "sku", pl.col("days") == 28)
    for cutoff, naive, average, zero in checks.select(
        "cutoff", "naive_square_error", "average_square_error", "zero_square_error"
    ).iter_rows():
        split = 200 - (AS_OF - cutoff).days
        came = units[split : split + 28].reshape(4, 7).sum(axis=1)
        last_week, eight_weeks = units[split - 7 : split].sum(), units[split - 56 : split].sum() / 8
        assert naive == pytest.approx(((came - last_week) ** 2).sum())
        assert average == pytest.approx(((came - eight_weeks) ** 2).sum())
        assert zero == pytest.approx((came**2).sum())


def test_a_simple_method_that_clearly_missed_less_than_the_mean_of_the_best_is_used_by_itself() -> None:
    """All models are 20 too high, or more; the last week is right, or as wrong as they are."""
    history = demand_history([("A", "tea", "north", np.full(120, 10.0))])
    hierarchy = hierarchy_of(history)
    baseline = baseline_at(history, hierarchy, 92)
    paths = {name: np.full((1, HORIZON), 30.0) for name in PATH_MODELS}
    paths["Window average 56"] = np.full((1, HORIZON), 90.0)
    actual = [np.full((1, 4), 70.0)]
    assert best_path([baseline], [paths | {LAST_WEEK: np.full((1, HORIZON), 10.0)}], actual) == LAST_WEEK
    assert len(best_path([baseline], [paths], actual).split(AND)) == COMBINED
    assert best_path([], [paths], []) == USUAL


# --- adding up, again, and called off -------------------------------------------------------------------------------


def add_up(run: Run) -> None:
    bottom, units = days(run, "region_sku")
    for level, keys in KEYS.items():
        rows, values = days(run, level)
        place = {key: number for number, key in enumerate(keyed(rows, keys))}
        sums = np.zeros_like(values)
        for key, row in zip(keyed(bottom, keys), units, strict=True):
            sums[place[key]] += row
        assert np.allclose(values, sums, atol=1e-6, rtol=1e-9)


def keyed(rows: pl.DataFrame, keys: list[str]) -> list[tuple[Any, ...]]:
    return rows.select(keys).rows() if keys else [()] * rows.height


@st.composite
def small_shops(draw: st.DrawFn) -> History:
    count = draw(st.integers(1, 130))
    regions = st.sampled_from(["north", "south", "(none)"])
    pairs = draw(st.lists(st.tuples(st.integers(0, 4), regions), min_size=1, max_size=6, unique=True))
    shapes = st.sampled_from(["zeros", "steady", "rare", "burst", "late"])
    series = []
    for item, region in pairs:
        seed, shape = draw(st.integers(0, 999)), draw(shapes)
        rate = {"zeros": 0.0, "steady": 4.0, "rare": 0.05, "burst": 0.3, "late": 2.0}[shape]
        units = np.random.default_rng(seed).poisson(rate, count) * (40 if shape == "burst" else 1)
        units = np.where(np.arange(count) < count - 5, 0, units) if shape == "late" else units
        series.append((f"S{item}", f"C{item % 2}", region, units))
    ends = draw(st.sampled_from([None, -3, 10]))
    items = [{"sku": "S0", "delisted_on": AS_OF + timedelta(days=ends)}] if ends is not None else []
    back = draw(st.integers(-60, 100))
    events = [("sale", AS_OF - timedelta(days=back), AS_OF - timedelta(days=back - 3))]
    return demand_history(series, items=[row for row in items if any(s[0] == "S0" for s in series)], events=events)


@FEWER
@given(small_shops())
def test_levels_add_up_and_every_number_is_one_whatever_the_shop(history: History) -> None:
    run = forecast_history(history)
    add_up(run)
    for name, (table, _) in FORECAST_TABLES.items():
        assert dict(run.tables[name].schema) == {column.name: POLARS_TYPES[column.type] for column in table.columns}
        for column in table.columns:
            if column.type not in {"DOUBLE", "DOUBLE[]"}:
                continue
            values = run.tables[name][column.name].drop_nulls()
            values = values.explode().drop_nulls() if column.type == "DOUBLE[]" else values
            assert values.is_finite().all(), column.name
            assert column.name == "error" or (values >= 0).all(), column.name
        assert not run.tables[name].select(table.key).is_duplicated().any()
    rows = run.tables["forecasts"]
    assert rows.height == 0 or set(rows["units"].list.len()) == {HORIZON}
    assert rows.height == 0 or set(rows["low_80"].list.len()) == {WEEKS}
    weeks = [np.array(rows[name].to_list()).reshape(-1, WEEKS) for name in ("low_95", "low_80", "high_80", "high_95")]
    for low, high in pairwise(weeks):
        assert (low <= high + 1e-9).all()
    json.dumps(run.summary)


def test_an_equal_history_is_not_forecast_again_and_gives_the_same() -> None:
    history = crowd()
    first = forecast_history(history)
    second = forecast_history(history, first)
    assert second.summary["reused"] == history.series.height
    assert first.summary["reused"] == 0
    for name in first.tables:
        assert second.tables[name].equals(first.tables[name]), name


def test_only_what_changed_is_forecast_again() -> None:
    history = crowd()
    first = forecast_history(history)
    units = history.units.copy()
    units[-1] += 3
    again = forecast_history(replace(history, units=units, demand=units), first)
    assert again.summary["reused"] == history.series.height - 1
    before, after = (run.tables["forecasts"].filter(pl.col("level") == "region_sku") for run in (first, again))
    changed = before["input_hash"] != after["input_hash"]
    assert changed.sum() == 1
    assert before.filter(~changed)["own_levels"].equals(after.filter(~changed)["own_levels"])
    assert before.filter(changed)["model"].to_list() == after.filter(changed)["model"].to_list()
    add_up(again)


@pytest.mark.parametrize("other", [{"settings": "older"}, {"as_of": "2020-01-01"}, {"first_day": "2020-01-01"}])
def test_an_earlier_run_of_another_day_or_program_is_not_looked_at(other: dict[str, Any]) -> None:
    history = crowd()
    first = forecast_history(history)
    assert forecast_history(history, Run(first.tables, {**first.summary, **other})).summary["reused"] == 0


def crowd() -> History:
    draw = np.random.default_rng(12)
    rates = {0: 6.0, 1: 0.8, 2: 0.1}
    return demand_history(
        [
            (f"S{n}", f"C{n % 3}", region, draw.poisson(rates[n % 3] * share, 260))
            for n in range(9)
            for region, share in (("north", 1.0), ("south", 0.4), ("west", 0.2))
        ]
    )


def test_it_can_be_called_off_between_steps_and_tells_how_far_it_is() -> None:
    steps: list[tuple[str, float]] = []
    with pytest.raises(Cancelled):
        forecast_history(
            crowd(), None, Progress(lambda words, share: steps.append((words, share)), lambda: len(steps) >= 3)
        )
    assert len(steps) == 3
    steps.clear()
    forecast_history(crowd(), None, Progress(lambda words, share: steps.append((words, share))))
    shares = [share for _, share in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1


# --- bad ground -----------------------------------------------------------------------------------------------------


def test_nothing_sold_is_said_and_is_no_fault() -> None:
    run = forecast_version(shop([line(None, date(2024, 1, 1), status="cancelled")]))
    assert all(frame.is_empty() for frame in run.tables.values())
    assert [str(note)[:22] for note in run.notes()] == ["Nothing was ever sold,"]
    assert run.errors().is_empty()


def test_three_days_of_one_item_give_a_level_and_a_sentence() -> None:
    run = forecast_version(shop([line("ann", date(2024, 1, day), quantity=2) for day in (1, 2, 3)]))
    assert expected(run, "shop").mean() == pytest.approx(2, rel=0.1)
    assert run.tables["forecast_checks"].is_empty()
    assert "bands are assumed" in str(run.notes()[0])


def test_a_sale_to_nobody_knows_where_is_forecast_too() -> None:
    run = forecast_version(shop([line("ann", date(2024, 1, 1) + timedelta(days=n)) for n in range(90)]))
    assert run.tables["forecasts"].filter(pl.col("level") == "region")["region"].to_list() == ["(none)"]


def test_an_event_never_seen_is_said() -> None:
    events = [("first ever", AS_OF + timedelta(days=9), AS_OF + timedelta(days=12))]
    run = forecast_history(demand_history([("A", "tea", "north", flat(3, 200, 1))], events=events))
    assert any("first ever" in str(note) for note in run.notes())
    assert np.ptp(expected(run, "shop").reshape(WEEKS, 7).sum(axis=1)) < 1.5


def test_a_restricted_viewer_sees_only_rows_of_the_own_categories_and_regions(foreseen: Run) -> None:
    rows = foreseen.tables["forecasts"]
    for level, keys in KEYS.items():
        there = rows.filter(pl.col("level") == level)
        for column in ("category", "region", "sku"):
            assert (there[column].is_null() != (column in keys)).all()


def test_the_sample_tells_its_origins_and_one_of_them_lies_before_an_event(foreseen: Run, opened: Engine) -> None:
    summary = foreseen.summary
    assert len(summary["cutoffs"]) == 5
    assert date(2025, 10, 15) <= date.fromisoformat(summary["cutoffs"][-1]) <= date(2025, 10, 27)
    assert opened.version.as_of.isoformat() == summary["as_of"]


def test_days_are_numbered_from_the_first() -> None:
    history = demand_history([("A", "tea", "north", np.array([1, 0, 2]))])
    assert history.days == 3
    assert day_of(history, 2) == AS_OF
    assert history.dense(np.array([0]), 0, 3).tolist() == [[1, 0, 2]]
