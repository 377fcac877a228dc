"""Simulated shops whose season is known, through the fit job: how far totals over 90 days, as scores are kept, miss.

`python -m benchmarks.season_job 20 50000 1` looks at 20 shops of 50,000 customers (those of `benchmarks.season`), each
from one of the twelve last months; the job fits one kind of model, with the season where it is proved, and without.
`python -m benchmarks.season_job young 5 20000` looks at shops that are 13, 15 and 18 months old instead, some of them
without a season.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import numpy as np
import polars as pl

from benchmarks.customer_accuracy import NO_EVENTS, PurchaseLog
from benchmarks.season import CUSTOMERS, FIRST_DAY, SHOPS, YEARS, Shop, months, seen_at, simulated
from shopkeeper.jobs.buying import contest, job
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.jobs.buying.scores import scored
from shopkeeper.jobs.buying.season import Season, season_of
from shopkeeper.jobs.buying.spends import Spends
from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.model import ParametricKind

KIND: ParametricKind = "mbg_nbd"
YOUNG_DAYS, YOUNG_SEED = (395, 455, 545), 200
STEP = 5
"""Months from one shop to the next, so that few shops are looked at from all."""


@contextmanager
def small_job(season: Callable[..., Season]) -> Iterator[None]:
    """The fit job with one kind of model, no rules, no segments, and nothing of money."""
    with (
        mock.patch.object(contest, "KINDS", (KIND,)),
        mock.patch.object(job, "KINDS", (KIND,)),
        mock.patch.object(contest, "RULES", ()),
        mock.patch.object(job, "RULES", ()),
        mock.patch.object(job, "SEGMENTS", ()),
        mock.patch.object(job, "fit_spends", return_value=Spends({}, {}, ())),
        mock.patch.object(job, "season_of", season),
    ):
        yield


def log_of(shop: Shop, last_day: int) -> PurchaseLog:
    """What the shop knows at the end of a day, with its calendar of events."""
    known = shop.purchases.filter(pl.col("day") <= last_day)
    bought = known.select(customer=pl.col("customer").cast(pl.String), day=FIRST_DAY + pl.duration(days="day"))
    events = [(f"{name} {start.year}", name, start, end) for name, start, end in shop.events]
    return PurchaseLog.of(bought, pl.DataFrame(events, schema=NO_EVENTS.schema, orient="row"))


def missed(shop: Shop, last_day: int) -> tuple[Floats, bool]:
    """Actual over kept less 1, without the season and with it; and whether the job used it."""
    log, seen = log_of(shop, last_day), seen_at(shop, last_day)

    def miss(fits: Fits) -> float:
        rows = scored(seen.tuples, fits, KIND, "shop", 90, 0.1)
        total = float(np.dot(rows["expected_purchases"].to_numpy(), rows["customers"].to_numpy()))
        return seen.actual / total - 1

    with small_job(lambda *_: Season()):
        without = fit_version(log)
    with small_job(season_of):
        within = fit_version(log)
    log.connection.close()
    return np.array([miss(without), miss(within)]), within.in_season


def young(shops: int, customers: int) -> None:
    """Print a table in Markdown: shops of two years seen early in their second one."""
    print("| season | age, days | shops | season used | mean error without | with | worst without | with |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for shape in ("wave", "months", "flat"):
        seen = [simulated(customers, 2, shape, YOUNG_SEED + number, event=number % 2 > 0) for number in range(shops)]
        for last_day in YOUNG_DAYS:
            each = [missed(shop, last_day) for shop in seen]
            errors, used = np.abs([miss for miss, _ in each]), sum(in_season for _, in_season in each)
            figures = " | ".join(f"{value:.1%}" for value in (*errors.mean(axis=0), *errors.max(axis=0)))
            print(f"| {shape} | {last_day + 1} | {shops} | {used} | {figures} |", flush=True)


def main() -> None:
    """Print a table in Markdown, a shop and month each."""
    if sys.argv[1:2] == ["young"]:
        young(*(int(text) for text in sys.argv[2:4]))
        return
    shops, customers, looks = (int(text) for text in sys.argv[1:4]) if len(sys.argv) > 3 else (SHOPS, CUSTOMERS, 1)
    print("| shop | season | event | from | used | missed without | with |")
    print("|---:|---|---|---|---|---:|---:|")
    rows = []
    for number in range(shops):
        shape, event = ("wave", "months")[number % 2], number % 4 > 1
        shop, ends = simulated(customers, YEARS, shape, number, event=event), months(YEARS)
        for look in range(looks):
            last_day = ends[(number * STEP + look) % len(ends)]
            each, used = missed(shop, last_day)
            rows.append(np.abs(each))
            words = ("yes" if event else "no", FIRST_DAY + timedelta(days=last_day), "yes" if used else "no")
            print(
                f"| {number + 1} | {shape} | {' | '.join(map(str, words))} | {each[0]:.1%} | {each[1]:.1%} |",
                flush=True,
            )
    without, within = np.mean(rows, axis=0)
    print(f"| all | | | | | {without:.1%} | {within:.1%} |")


if __name__ == "__main__":
    main()
