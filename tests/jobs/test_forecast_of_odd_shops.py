"""Forecasts of shops that close, book once a week, bring in newcomers: simulated, so that what is right is known."""

from collections import defaultdict
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from shopkeeper.jobs.forecast.job import forecast_history
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand import forecasters
from tests.shops.forecast import AS_OF, demand_history, expected

DAYS = 560
WEEKDAY = (np.arange(DAYS) + AS_OF.weekday() - DAYS + 1) % 7
LEVELS = ("shop", "category", "sku", "region_sku")


def poisson(mean: Floats | float, seed: int, days: int = DAYS) -> Floats:
    return np.random.default_rng(seed).poisson(np.broadcast_to(mean, days)).astype(np.float64)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("open_on", "a_day"),
    [
        pytest.param(range(6), 10.0, id="closed on Sundays"),
        pytest.param(range(5), 10.0, id="closed at weekends"),
        pytest.param((0,), 60.0, id="booked once a week"),
    ],
)
def test_a_day_on_which_a_shop_is_closed_does_not_lower_the_others(
    open_on: range | tuple[int, ...], a_day: float, level: str
) -> None:
    units = np.where(np.isin(WEEKDAY, list(open_on)), a_day, 0.0)
    ahead = expected(forecast_history(demand_history([("A", "tea", "north", units)])), level)
    assert ahead[:84].mean() * 7 == pytest.approx(len(open_on) * a_day, rel=0.01)


def test_bookings_once_a_month_keep_their_total() -> None:
    units = np.where(np.arange(DAYS) % 30 == 3, 300.0, 0.0)
    ahead = expected(forecast_history(demand_history([("A", "tea", "north", units)])), "shop")
    assert ahead[:90].sum() == pytest.approx(900, rel=0.15)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("ago", [14, 35, 200])
def test_a_week_in_which_the_whole_shop_was_shut_does_not_lower_the_others(ago: int, level: str) -> None:
    """20 a day; the forecast told 16.7 where the week was the last but one."""
    units = poisson(20.0, 2)
    units[DAYS - ago : DAYS - ago + 7] = 0
    ahead = expected(forecast_history(demand_history([("A", "tea", "north", units)])), level)
    assert ahead.mean() == pytest.approx(20, rel=0.03)


def test_a_week_shut_after_an_event_is_forecast_so_again_and_lowers_no_other() -> None:
    starts = [AS_OF - timedelta(days=back) for back in (520, 155)] + [AS_OF + timedelta(days=30)]
    events = [("sale", start, start + timedelta(days=2)) for start in starts]
    units = poisson(20.0, 2)
    for start in starts[:2]:
        begin = DAYS - 1 - (AS_OF - start).days
        units[begin : begin + 3] = 80.0
        units[begin + 3 : begin + 10] = 0.0
    ahead = expected(forecast_history(demand_history([("A", "tea", "north", units)], events=events)), "shop")
    assert ahead[32:39].max() < 2
    assert np.r_[ahead[:25], ahead[45:]].mean() == pytest.approx(20, rel=0.15)
    assert ahead[29:32].mean() == pytest.approx(80, rel=0.2)


def old(count: int, level: float = 2.0, start: int = 0) -> list[tuple[str, str, str, Floats]]:
    return [(f"old{n}", "tea", "north", poisson(level, 100 + n + start)) for n in range(count)]


def test_an_eleventh_item_takes_nothing_from_ten() -> None:
    eleventh = np.r_[np.zeros(DAYS - 20), poisson(2.0, 9, 20)]
    run = forecast_history(demand_history([*old(10), ("new", "tea", "north", eleventh)]))
    assert expected(run, "shop").mean() == pytest.approx(22, rel=0.06)
    assert np.mean([expected(run, "sku", sku=f"old{n}").mean() for n in range(10)]) == pytest.approx(2, rel=0.06)
    assert expected(run, "sku", sku="new").mean() == pytest.approx(2, rel=0.25)


def test_an_item_that_sold_once_is_no_habit() -> None:
    """Twenty newcomers of years past sold about one a week; one of them took off. The new one sold 40 on one day."""
    past = [
        (f"past{n}", "tea", "north", np.r_[np.zeros(100 + 20 * n), poisson(1 / 7, 200 + n, DAYS - 100 - 20 * n)])
        for n in range(20)
    ]
    star = ("star", "tea", "north", np.r_[np.zeros(150), poisson(30.0, 7, DAYS - 150)])
    once = np.zeros(DAYS)
    once[-3] = 40.0
    run = forecast_history(demand_history([*old(5), *past, star, ("once", "tea", "north", once)]))
    assert expected(run, "sku", sku="once")[:28].sum() < 40


def test_what_comes_next_month_sells_as_the_usual_newcomer_did() -> None:
    past = [
        (f"past{n}", "tea", "north", np.r_[np.zeros(100 + 20 * n), poisson(1.0, 200 + n, DAYS - 100 - 20 * n)])
        for n in range(9)
    ]
    best = ("best", "tea", "north", poisson(100.0, 5))
    launch = AS_OF + timedelta(days=15)
    history = demand_history([best, *past], items=[{"sku": "soon", "category": "tea", "launched_on": launch}])
    ahead = expected(forecast_history(history), "sku", sku="soon")
    assert not ahead[:14].any()
    assert ahead[14:].mean() == pytest.approx(1, rel=0.3)


def test_an_items_error_is_never_beyond_its_own_largest_day() -> None:
    """Sold singly, but for one item that leaves in cartons of 500."""
    small = [(f"small{n}", "tea", "north", poisson(0.3, n)) for n in range(40)]
    bulk = ("bulk", "tea", "north", poisson(0.02, 99) * 500)
    rows = forecast_history(demand_history([*small, bulk])).tables["forecasts"].filter(level="sku")
    largest = {sku: float(units.max()) for sku, _, _, units in [*small, bulk]}
    for sku, error_sd in rows.select("sku", "error_sd").iter_rows():
        assert error_sd <= largest[sku]
    assert rows.filter(pl.col("sku") != "bulk")["error_sd"].to_numpy().max() < 2


def test_a_total_outside_all_of_last_years_weeks_is_said() -> None:
    """The only item sells 20 a day, so the second, which comes next week, is expected to do so too."""
    only = ("A", "tea", "north", poisson(20.0, 1))
    coming = {"sku": "B", "category": "tea", "launched_on": AS_OF + timedelta(days=8)}
    told = forecast_history(demand_history([only], items=[coming])).notes()
    assert any("those of the last year brought from" in str(note) for note in told)
    level = forecast_history(demand_history([("A", "tea", "north", poisson(20.0, 3))])).notes()
    assert not any("those of the last year brought from" in str(note) for note in level)


def test_no_model_that_fails_ends_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def forecast(self, **_: object) -> None:
            raise ValueError("singular")

    monkeypatch.setattr(forecasters, "_models", lambda: defaultdict(lambda: Broken))
    run = forecast_history(demand_history(old(3)))
    assert expected(run, "shop").mean() == pytest.approx(6, rel=0.1)
    assert any("failed on" in str(note) for note in run.notes())


def test_what_is_dear_trades_up_in_an_event_and_the_category_keeps_its_total() -> None:
    """Nine items at 5 a day; in the yearly sale cheap ones stay, the middle doubles and the dear bring five times."""
    starts = [AS_OF - timedelta(days=back) for back in (495, 335, 175, 15)] + [AS_OF + timedelta(days=30)]
    events = [("sale", start, start + timedelta(days=4)) for start in starts]
    uplift = {1: 1.0, 2: 2.0, 3: 5.0}
    demand, items = [], []
    for number in range(9):
        tier = number // 3 + 1
        mean = np.full(DAYS, 5.0)
        for start in starts[:4]:
            begin = DAYS - 1 - (AS_OF - start).days
            mean[begin : begin + 5] *= uplift[tier]
        demand.append((f"T{tier}{number}", "tea", "north", poisson(mean, number)))
        items.append({"sku": f"T{tier}{number}", "category": "tea", "price": 10.0 * (number + 1)})
    plain = forecast_history(demand_history(demand, events=events))
    run = forecast_history(demand_history(demand, events=events, items=items))
    ahead = {sku: expected(run, "sku", sku=sku) for sku, *_ in demand}
    for tier, times in uplift.items():
        event = np.mean([days[29:34].mean() for sku, days in ahead.items() if sku.startswith(f"T{tier}")])
        assert event == pytest.approx(5 * times, rel=0.2)
        ordinary = [np.r_[days[:24], days[45:]].mean() for sku, days in ahead.items() if sku.startswith(f"T{tier}")]
        assert np.mean(ordinary) == pytest.approx(5, rel=0.1)
    assert expected(run, "category") == pytest.approx(expected(plain, "category"), rel=0.03)


def test_what_a_substitute_sells_while_another_is_out_is_not_its_own_demand() -> None:
    """Tea at 6 a day is out on every third week; two in three of its buyers take the other tea, 4 a day by itself."""
    away = np.arange(DAYS) // 7 % 3 == 0
    wanted, own = poisson(6.0, 1), poisson(4.0, 2)
    other = own + np.where(away, poisson(4.0, 3), 0.0)
    missing = [AS_OF - timedelta(days=int(DAYS - 1 - day)) for day in np.flatnonzero(away)]
    lost = pl.DataFrame({"sku": "A", "region": "north", "day": missing, "lost": 6.0})
    demand = [("A", "tea", "north", np.where(away, 0.0, wanted)), ("B", "tea", "north", other)]
    run = forecast_history(demand_history(demand, lost=lost))
    assert expected(run, "sku", sku="B").mean() == pytest.approx(4, rel=0.08)
    assert expected(run, "sku", sku="A").mean() == pytest.approx(6, rel=0.08)


def test_chance_and_a_busy_season_make_no_substitute() -> None:
    """Both teas double in the months when one is out now and then: nobody takes the other for it."""
    busy = np.where(np.arange(DAYS) % 180 < 60, 2.0, 1.0)
    away = (busy > 1) & (np.arange(DAYS) % 5 == 0)
    missing = [AS_OF - timedelta(days=int(DAYS - 1 - day)) for day in np.flatnonzero(away)]
    lost = pl.DataFrame({"sku": "A", "region": "north", "day": missing, "lost": 12.0})
    one, other = np.where(away, 0.0, poisson(6.0 * busy, 1)), poisson(4.0 * busy, 2)
    history = demand_history([("A", "tea", "north", one), ("B", "tea", "north", other)], lost=lost)
    assert history.dense(np.array([1]), 0, DAYS)[0].tolist() == other.tolist()
