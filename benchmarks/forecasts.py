"""Forecast a simulated shop of 31 regions and 2,000 items over three years: 62,000 daily series, backtest included.

Run by `python -m benchmarks`, and by itself: `python -m benchmarks.forecasts [ITEMS]`. Demand is drawn straight into
the job's history, so that only forecasting is measured: everything first, then again after one series in a hundred
changed.
"""

import sys
import time
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from rich.console import Console

from shopkeeper.jobs.forecast.history import FAR, TIERS, History
from shopkeeper.jobs.forecast.job import forecast_history
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.models.demand.events import Window
from shopkeeper.progress import Progress

REGIONS, ITEMS, CATEGORIES, DAYS = 31, 2_000, 20, 1_096
CHANGED = 0.01
FIRST_DAY = date(2023, 10, 22)
say = Console(stderr=True)


def shop(items: int) -> History:
    """Compound Poisson demand: rates from one in a month to a dozen a day, with weekdays, seasons and 11.11.

    Each item is liked otherwise in each region, and more or less so as quarters pass: its own history counts.
    """
    draw = np.random.default_rng(7)
    rate = np.sort(draw.lognormal(-2.6, 1.3, items))[::-1]
    category = np.sort(draw.integers(0, CATEGORIES, items))
    region = draw.dirichlet(np.full(REGIONS, 3.0)) * REGIONS
    day = np.arange(DAYS)
    usual = np.array([0.9, 0.9, 0.95, 1.0, 1.05, 1.15, 1.05])[(FIRST_DAY.weekday() + day) % 7]
    season = 1 + 0.3 * np.cos(2 * np.pi * (day[None, :] / 365.25 - draw.random((CATEGORIES, 1))))
    windows = [Window("Double 11", start, start + 10) for start in (10, 376, 741, 1106)]
    for window in windows:
        usual[window.start : window.end + 1] *= 2.0
    days, units, counts = [], [], []
    for item in range(items):
        liking = np.exp(draw.normal(0, 0.7, (REGIONS, 1)) + draw.normal(0, 0.3, (REGIONS, 13)).cumsum(axis=1))
        expected = rate[item] * (region[:, None] * liking)[:, day // 91] * usual * season[category[item]]
        demand = draw.poisson(expected) * draw.integers(1, 4, expected.shape)
        row, sale_day = np.nonzero(demand)
        days.append(sale_day)
        units.append(demand[row, sale_day].astype(np.float64))
        counts.append(np.bincount(row, minlength=REGIONS))
    units_by_day = np.concatenate(units)
    series = pl.DataFrame(
        {
            "category": np.repeat([f"C{number:02}" for number in category], REGIONS),
            "sku": np.repeat([f"K{number:05}" for number in range(items)], REGIONS),
            "region": np.tile([f"R{number:02}" for number in range(REGIONS)], items),
            "tier": np.repeat(np.arange(items) % TIERS, REGIONS),
        }
    ).with_columns(start=pl.lit(0, pl.Int64), end=pl.lit(FAR, pl.Int64), masked_days=pl.lit(0, pl.Int64))
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    as_of = FIRST_DAY + timedelta(days=DAYS - 1)
    every_day = np.concatenate(days)
    return History(FIRST_DAY, as_of, series, offsets, every_day, units_by_day, units_by_day.copy(), tuple(windows))


def changed(history: History) -> History:
    """The same with one series in a hundred sold otherwise on its last day."""
    units = history.units.copy()
    there = np.flatnonzero(np.diff(history.offsets))
    chosen = np.random.default_rng(1).choice(there, round(CHANGED * there.size), replace=False)
    units[history.offsets[chosen + 1] - 1] += 1
    return replace(history, units=units, demand=units.copy())


def timed(history: History, previous: Run | None) -> tuple[float, Run]:
    """Seconds of one run."""
    started = time.perf_counter()
    shown = ""

    def tell(words: str, share: float) -> None:
        nonlocal shown
        if words.split()[:2] != shown.split()[:2]:
            say.print(f"{time.perf_counter() - started:6.1f} s {share:4.0%} {words}", highlight=False)
            shown = words

    run = forecast_history(history, previous, Progress(tell))
    return time.perf_counter() - started, run


def main() -> None:
    """Print two lines: what, measured, ratio, goal."""
    history = shop(int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS)
    count = history.series.height
    say.print(f"{count:,} series, {history.day.size:,} days with demand", highlight=False)
    first, run = timed(history, None)
    second, again = timed(changed(history), run)
    print(
        f"forecast {count:,} daily series of {DAYS:,} days, backtest included\t{first:.0f} s\t"
        f"{count / first:,.0f} series a second\tbelow 600 s"
    )
    print(f"again, {count - again.summary['reused']:,} series changed\t{second:.0f} s\t{first / second:.1f}x faster\t")


if __name__ == "__main__":
    main()
