"""Simulated shops whose season is known: how far totals over 90 days miss, from each month of their third year.

`python -m benchmarks.season` runs 20 shops of 50,000 customers: half with one wave a year, half with twelve unlike
months; every second one has an event of five days a year, which is in the shop's calendar.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.model import BuyingModel, fit
from shopkeeper.models.buying.scoring import score
from shopkeeper.models.buying.season import SHORTEST_DAYS, OperationalTime, fit_in_season, flat

FIRST_DAY = date(2021, 1, 1)
AHEAD = 90
YEARS = 3
SHOPS, CUSTOMERS = 20, 50_000
EVENT_LIFT = 2.5
RATE, DROPOUT = (0.8, 1 / 60), (0.9, 3.0)
"""Gamma of purchases a day, and Beta of leaving after each purchase, the first included (MBG/NBD)."""


@dataclass(frozen=True)
class Shop:
    """Purchases (`customer, day, first`, days counted from 0), the true factor of each day, and events."""

    purchases: pl.DataFrame
    factors: Floats
    events: tuple[tuple[str, date, date], ...]


@dataclass(frozen=True)
class Seen:
    """What a shop knows at the end of a day: histories, days, and (not known) purchases of the AHEAD days after it."""

    as_of: date
    tuples: pl.DataFrame
    daily: pl.DataFrame
    actual: int


def season(shape: str, days: int, random: np.random.Generator) -> Floats:
    """Factors by day with mean 1 over a year: `wave`, `months` or `flat`."""
    at = np.arange(days)
    if shape == "wave":
        logs = random.uniform(0.3, 0.7) * np.cos(2 * np.pi * (at / 365.25 - random.uniform()))
    elif shape == "months":
        of_month = random.normal(0, 0.3, 12)
        logs = np.array([of_month[(FIRST_DAY + timedelta(days=int(day))).month - 1] for day in at])
    else:
        logs = np.zeros(days)
    factors = np.exp(logs)
    return np.asarray(factors / factors[:365].mean())


def simulated(customers: int, years: float, shape: str, seed: int, *, event: bool = False) -> Shop:
    """Customers won evenly over the years, who buy by the shop's clock and leave after a purchase."""
    random = np.random.default_rng(seed)
    history = round(years * 365)
    factors = season(shape, history + AHEAD, random)
    events = tuple(
        ("festival", date(year, 11, 9), date(year, 11, 13)) for year in range(2021, 2022 + int(years)) if event
    )
    for _, start, end in events:
        factors[(start - FIRST_DAY).days : (end - FIRST_DAY).days + 1] *= EVENT_LIFT
    passed = np.concatenate(([0.0], np.cumsum(factors)))
    first = random.integers(0, history, customers)
    rate, leaving = random.gamma(RATE[0], RATE[1], customers), random.beta(*DROPOUT, customers)
    now, active = passed[first + 1], random.random(customers) >= leaving
    who, day = [np.arange(customers)], [first]
    while active.any():
        at = np.flatnonzero(active)
        now[at] += random.exponential(1 / rate[at])
        active[at] = now[at] < passed[-1]
        at = at[active[at]]
        who.append(at)
        day.append(np.searchsorted(passed, now[at]) - 1)
        active[at[random.random(at.size) < leaving[at]]] = False
    purchases = pl.DataFrame({"customer": np.concatenate(who), "day": np.concatenate(day)}).unique()
    return Shop(purchases.with_columns(first=pl.col("day").min().over("customer")), factors, events)


def seen_at(shop: Shop, last_day: int) -> Seen:
    """What is known at the end of a day."""
    day, first = pl.col("day"), pl.col("first")
    seen = shop.purchases.filter(day <= last_day)
    keys = ["frequency", "recency", "T"]
    tuples = (
        seen.group_by("customer")
        .agg(frequency=pl.len().cast(pl.Int64) - 1, recency=day.max() - first.first(), T=last_day - first.first())
        .group_by(keys)
        .agg(customers=pl.len())
        .sort(keys)
    )
    daily = (
        seen.group_by("day")
        .agg(acquired=(day == first).sum(), repeats=(day > first).sum())
        .with_columns(day=FIRST_DAY + pl.duration(days=day))
    )
    ahead = shop.purchases.filter(day.is_between(last_day + 1, last_day + AHEAD), first <= last_day)
    return Seen(FIRST_DAY + timedelta(days=last_day), tuples, daily, ahead.height)


def total(model: BuyingModel, time: OperationalTime, seen: Seen) -> float:
    """Purchases that a model on this clock expects of all customers in the AHEAD days."""
    scores = score(model, time.histories(seen.tuples, seen.as_of), time.horizon(seen.as_of, AHEAD))
    return float(scores.select((pl.col("expected_purchases") * pl.col("customers")).sum()).item())


def misses(shop: Shop, last_days: Sequence[int]) -> Floats:
    """From each day, actual over predicted less 1: without and with the season. Raise `NotFitted`."""
    rows = []
    for last_day in last_days:
        seen = seen_at(shop, last_day)
        time, model = fit_in_season(
            seen.tuples, seen.daily, seen.as_of, lambda tuples: fit(tuples, "mbg_nbd", "day"), shop.events
        )
        none = flat(FIRST_DAY, seen.as_of)
        plain = fit(none.histories(seen.tuples, seen.as_of), "mbg_nbd", "day")
        rows.append((seen.actual / total(plain, none, seen) - 1, seen.actual / total(model, time, seen) - 1))
    return np.array(rows)


def months(years: float) -> list[int]:
    """Last days of twelve months, the last of them AHEAD days before the simulation ends."""
    last = round(years * 365) - 1
    return [day for day in (last - round(30.4 * back) for back in range(12)) if day >= SHORTEST_DAYS]


def main() -> None:
    """Print a table in Markdown: mean absolute error of 90-day totals, by shop."""
    shops, customers = (int(text) for text in sys.argv[1:3]) if len(sys.argv) > 2 else (SHOPS, CUSTOMERS)
    print("| shop | season | event | mean error without | with season | worst month with |")
    print("|---:|---|---|---:|---:|---:|")
    errors = []
    for number in range(shops):
        shape, event = ("wave", "months")[number % 2], number % 4 > 1
        away = np.abs(misses(simulated(customers, YEARS, shape, number, event=event), months(YEARS)))
        without, within = away.mean(axis=0)
        errors.append((without, within))
        worst = away[:, 1].max()
        print(
            f"| {number + 1} | {shape} | {'yes' if event else 'no'} | {without:.1%} | {within:.1%} | {worst:.1%} |",
            flush=True,
        )
    without, within = np.mean(errors, axis=0)
    print(f"| all | | | {without:.1%} | {within:.1%} | |")


if __name__ == "__main__":
    main()
