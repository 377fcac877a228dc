"""Ordinary days of a shop, and faults planted into them: what Today must keep quiet about, and what it must name.

A day's orders are negative binomial around weekday x season x growth x events x a chance that all channels share.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.shop.health import report
from shopkeeper.shop.health.alarms import dips
from tests.shops.in_memory import MemoryQuery, line, shop

FIRST = date(2024, 9, 1)
YEAR_BEGINS = date(2025, 3, 1)
CHANNELS = {"market": 320.0, "web": 210.0, "app": 130.0, "store": 75.0, "dealer": 9.0, "kiosk": 4.0}
"""Orders a day. The kiosk is closed on Sundays; it and the dealer are too small for a dip to be told from chance."""
LARGE = ("market", "web", "app", "store")
WEEKDAYS = (0.9, 0.92, 0.95, 1.0, 1.1, 1.15, 0.98)
EVENTS = (date(2025, 6, 8), date(2025, 11, 1), date(2025, 12, 24))
EVENT_DAYS, LULL_DAYS = 11, 7
LIFTS = {"market": 3.0, "web": 2.5, "app": 2.5, "store": 1.3, "dealer": 1.0, "kiosk": 1.0}
"""What an event lifts a channel by: not all alike, so that one that is lifted less must not seem to fall."""
CLUSTERED, SHARED = 0.006, 0.04
"""What a channel's own days vary beyond Poisson (of the mean squared), and the deviation that all share on a day."""
Alarm = tuple[str, str]
"""A check, and the channel or delivery that it names."""


@dataclass(frozen=True)
class Ordinary:
    """Orders by channel and day of a year and what comes before it."""

    days: tuple[date, ...]
    orders: dict[str, list[int]]

    def frame(self) -> pl.DataFrame:
        """As `shop/health/channel_days`, as far as the checks read it: days without an order are not there."""
        rows = [
            (channel, day, count, 0, count, 50.0 * count, 0.0)
            for channel, counts in self.orders.items()
            for day, count in zip(self.days, counts, strict=True)
            if count
        ]
        names = ("channel", "day", "orders", "unidentified_orders", "lines", "revenue", "unidentified_revenue")
        return pl.DataFrame(rows, schema=names, orient="row")

    def with_counts(self, channel: str, changed: dict[date, int]) -> "Ordinary":
        """The same with other orders on some days."""
        counts = [changed.get(day, count) for day, count in zip(self.days, self.orders[channel], strict=True)]
        return Ordinary(self.days, {**self.orders, channel: counts})


def ordinary(seed: int, days: int = 365) -> Ordinary:
    """A year in which nothing goes wrong."""
    chance = np.random.default_rng(seed)
    all_days = tuple(FIRST + timedelta(number) for number in range((YEAR_BEGINS - FIRST).days + days))
    common = [chance.lognormal(0, SHARED) for _day in all_days]
    orders = {
        channel: [
            _drawn(chance, rate * level * _level(day, channel)) if channel != "kiosk" or day.weekday() != 6 else 0
            for day, level in zip(all_days, common, strict=True)
        ]
        for channel, rate in CHANNELS.items()
    }  # fmt: skip
    return Ordinary(all_days, orders)


def _level(day: date, channel: str) -> float:
    """Weekday, season, growth and events, of 1."""
    since = (day - FIRST).days
    level = WEEKDAYS[day.weekday()] * (1 + 0.2 * np.sin(2 * np.pi * since / 365)) * 1.15 ** (since / 365)
    for start in EVENTS:
        away = (day - start).days
        if 0 <= away < EVENT_DAYS:
            return float(level * LIFTS[channel])
        if -LULL_DAYS <= away < 0 or EVENT_DAYS <= away < EVENT_DAYS + LULL_DAYS:
            return float(level * 0.85)
    return float(level)


def _drawn(chance: np.random.Generator, mean: float) -> int:
    size = 1 / CLUSTERED
    return int(chance.negative_binomial(size, size / (size + mean)))


CHECKS = ("dip", "missing_days", "sudden_fall")


def alarms(days: pl.DataFrame, as_of: date, checks: Sequence[str] = CHECKS) -> set[Alarm]:
    """What the checks of days say as of a day, of the last three days: older gaps were named when they were new."""
    known = days.filter(pl.col("day") <= as_of)
    said = {("dip", each.channel) for each in dips(known, as_of)} if "dip" in checks else set()
    for check, find in (("missing_days", report.missing_days), ("sudden_fall", report.falls)):
        for finding in find(known, as_of) if check in checks else ():
            rows = finding.rows.filter(pl.col("day") > as_of - timedelta(3))
            said |= {(check, channel) for channel in rows["channel"]}
    return said


def episodes(days: pl.DataFrame, of: list[date]) -> list[tuple[date, Alarm]]:
    """Alarms that were not there the day before."""
    found, before = [], set[Alarm]()
    for as_of in of:
        now = alarms(days, as_of)
        found += [(as_of, alarm) for alarm in sorted(now - before)]
        before = now
    return found


# --- deliveries and prices --------------------------------------------------------------------------------------------

SKUS = tuple(f"S{number}" for number in range(12))
PLACES = ("east", "west", "south")
LATENESS, LATE_CHANCES = (0, 1, 2, 3, 6), (0.6, 0.2, 0.12, 0.075, 0.005)
USUAL_LATEST = 3
"""Days after which 99 of 100 ordinary deliveries are there."""


def deliveries(seed: int, days: int) -> list[dict[str, Any]]:
    """A delivery of an item to a place every week, as a rule on its day, some a day or two late, few more."""
    chance = np.random.default_rng(seed)
    rows = []
    for place in PLACES:
        for number, sku in enumerate(SKUS):
            for back in range(number % 7, (YEAR_BEGINS - FIRST).days + days, 7):
                due = FIRST + timedelta(back)
                late = int(chance.choice(LATENESS, p=LATE_CHANCES))
                rows.append(
                    {"inbound_id": f"{place}-{sku}-{back}", "location_id": place, "sku": sku, "quantity": 20,
                     "ordered_on": due - timedelta(10), "due_on": due, "received_on": due + timedelta(late)}
                )  # fmt: skip
    return rows


def lines(seed: int, days: int, per_day: int = 12) -> list[dict[str, Any]]:
    """Sales of items at their prices less ordinary discounts."""
    chance = np.random.default_rng(seed)
    rows = []
    for back in range(days):
        for number in range(per_day):
            sku = int(chance.integers(len(SKUS)))
            units = int(chance.integers(1, 4))
            price = (5 + 7 * sku) * chance.choice([1.0, 1.0, 1.0, 0.9, 0.8, 0.7])
            day = YEAR_BEGINS + timedelta(back)
            rows.append(
                line(f"c{back}-{number}", day, sku=SKUS[sku], quantity=units, net_amount=round(price * units, 2))
            )
    return rows


def with_deliveries(rows: list[dict[str, Any]], sold: list[dict[str, Any]], as_of: date) -> MemoryQuery:
    """The shop in DuckDB, by the marts' own queries."""
    places = [{"location_id": place, "name": place, "kind": "warehouse", "region": place} for place in PLACES]
    return shop(sold, as_of=as_of, products=[{"sku": sku} for sku in SKUS], locations=places, inbound=rows)


def late_by_day(query: MemoryQuery, of: list[date]) -> Iterator[tuple[date, set[str]]]:
    """Which deliveries are named as of each day."""
    for as_of in of:
        yield as_of, set(report.late_deliveries(query, as_of)["delivery_id"])
