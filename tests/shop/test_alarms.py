"""A year of ordinary days is nearly quiet, and faults planted into it are named within two days.

The long form is a year and 100 faults; the ordinary run has nine weeks and 20 faults. Days, deliveries and
prices are drawn by `ordinary_days`, with events that lift channels unequally, lulls, season, growth and common chance.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from shopkeeper.shop.health import alarms, rules
from tests.shop import ordinary_days as simulated
from tests.shop.ordinary_days import CHANNELS, LARGE, PLACES, SKUS, YEAR_BEGINS, Ordinary

WITHIN = 2
"""Days after the fault is there in which it has to be named."""


@dataclass(frozen=True)
class Outcome:
    """By kind of fault, how many were planted and how many were named."""

    planted: int
    named: int


def later(day: date, until: date) -> Iterator[date]:
    return (day + timedelta(number) for number in range((until - day).days + 1))


def dips_named(ordinary: Ordinary, number: int, seed: int) -> Outcome:
    """Three days of a large channel at seven tenths."""
    chance, named = np.random.default_rng(seed), 0
    days = [day for day in ordinary.days if day >= YEAR_BEGINS]
    for fault in range(number):
        channel, start = LARGE[fault % len(LARGE)], days[int(chance.integers(len(days) - 2 - WITHIN))]
        end = start + timedelta(2)
        counts = dict(zip(ordinary.days, ordinary.orders[channel], strict=True))
        frame = ordinary.with_counts(channel, {day: round(0.7 * counts[day]) for day in later(start, end)}).frame()
        spans = later(start, end + timedelta(WITHIN))
        named += any(("dip", channel) in simulated.alarms(frame, day, ("dip",)) for day in spans)
    return Outcome(number, named)


def missing_days_named(ordinary: Ordinary, number: int, seed: int) -> Outcome:
    """A day of a channel that an export left out; the smallest channel's days without an order tell nothing."""
    chance, named = np.random.default_rng(seed), 0
    days = [day for day in ordinary.days if day >= YEAR_BEGINS]
    channels = [channel for channel in CHANNELS if channel != "kiosk"]
    for fault in range(number):
        channel, gone = channels[fault % len(channels)], days[int(chance.integers(len(days) - WITHIN))]
        frame = ordinary.with_counts(channel, {gone: 0}).frame()
        spans, check = later(gone, gone + timedelta(WITHIN)), "missing_days"
        named += any((check, channel) in simulated.alarms(frame, day, (check,)) for day in spans)
    return Outcome(number, named)


def deliveries_named(rows: list[dict[str, Any]], days: int, number: int, seed: int) -> tuple[Outcome, int]:
    """Deliveries that never land, and how many are named that do land. Times count from the latest usual day."""
    chance = np.random.default_rng(seed)
    end = YEAR_BEGINS + timedelta(days - 1)
    last_due = end - timedelta(simulated.USUAL_LATEST + WITHIN)
    due = [row for row in rows if YEAR_BEGINS <= row["due_on"] <= last_due]
    halted = {
        due[place]["inbound_id"]: due[place]["due_on"] for place in chance.choice(len(due), number, replace=False)
    }
    changed = [row | {"received_on": None} if row["inbound_id"] in halted else row for row in rows]
    query = simulated.with_deliveries(changed, simulated.lines(seed, 2), end)
    first_named: dict[str, date] = {}
    for as_of, ids in simulated.late_by_day(query, list(later(YEAR_BEGINS, end))):
        for name in ids:
            first_named.setdefault(name, as_of)
    in_time = timedelta(simulated.USUAL_LATEST + WITHIN)
    named = sum(name in first_named and first_named[name] - day <= in_time for name, day in halted.items())
    return Outcome(number, named), len(first_named.keys() - halted.keys())


def prices_named(days: int, number: int, seed: int) -> tuple[Outcome, int]:
    """Prices whose point slipped by a digit; and how many ordinary lines are named. All are named at once or never."""
    chance, sold = np.random.default_rng(seed), simulated.lines(seed, days)
    places = chance.choice(len(sold), number, replace=False)
    for turn, place in enumerate(places):
        sold[place]["net_amount"] = round(sold[place]["net_amount"] * (10 if turn % 2 else 0.1), 2)
    slipped = {sold[place]["order_id"] for place in places}
    end = YEAR_BEGINS + timedelta(days - 1)
    query = simulated.with_deliveries([], sold, end)
    listed = set(query("shop/health/unusual_lines", rule="price")["order_id"])
    return Outcome(number, len(slipped & listed)), len(listed - slipped)


def false_alarms(ordinary: Ordinary) -> int:
    return len(simulated.episodes(ordinary.frame(), [day for day in ordinary.days if day >= YEAR_BEGINS]))


def held(days: int, dips: int, missing: int, deliveries: int, prices: int, seed: int) -> tuple[float, list[Outcome]]:
    """False alarms a week, and what was named of each kind."""
    ordinary = simulated.ordinary(seed, days)
    landed, late = deliveries_named(simulated.deliveries(seed, days), days, deliveries, seed)
    slipped, odd = prices_named(days, prices, seed)
    outcomes = [dips_named(ordinary, dips, seed), missing_days_named(ordinary, missing, seed), landed, slipped]
    return (false_alarms(ordinary) + late + odd) / (days / 7), outcomes


def test_nine_ordinary_weeks_are_nearly_quiet_and_most_faults_are_named() -> None:
    a_week, outcomes = held(days=63, dips=6, missing=5, deliveries=4, prices=5, seed=4)
    assert a_week <= 1
    # Of 20 faults chance alone takes one or two below nine in ten; the long form holds that.
    assert sum(each.named for each in outcomes) >= 0.8 * sum(each.planted for each in outcomes), outcomes


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_year_has_at_most_a_false_alarm_a_week_and_90_of_100_faults_are_named(seed: int) -> None:
    a_week, outcomes = held(days=365, dips=30, missing=30, deliveries=20, prices=20, seed=seed)
    print(f"seed {seed}: {a_week:.2f} false alarms a week; {outcomes}")  # noqa: T201
    assert a_week <= 1
    assert sum(each.planted for each in outcomes) == 100
    assert sum(each.named for each in outcomes) >= 90, outcomes


# --- the rule by itself -----------------------------------------------------------------------------------------------

END = date(2026, 6, 28)


def constant(changes: dict[str, dict[int, int]], length: int = 160, **rates: int) -> pl.DataFrame:
    """Channels with the same orders each day; `changes`: by channel, orders so many days before the end."""
    rows = [
        (channel, END - timedelta(back), changes.get(channel, {}).get(back, rate))
        for channel, rate in rates.items()
        for back in range(length)
    ]
    return pl.DataFrame(rows, schema=("channel", "day", "orders"), orient="row")


DOWN = {0: 70, 1: 70, 2: 70}


def test_a_channel_that_falls_alone_is_named_with_what_it_lacks() -> None:
    (dip,) = alarms.dips(constant({"web": DOWN}, web=100, app=100), END)
    assert (dip.channel, dip.orders, dip.usual_orders) == ("web", 210.0, 300.0)
    assert dip.deviations <= -rules.DIP_DEVIATIONS


def test_channels_that_fall_together_and_one_that_recovers_are_not() -> None:
    assert not alarms.dips(constant({"web": DOWN, "app": DOWN}, web=100, app=100), END)
    assert not alarms.dips(constant({"web": {3: 10, 4: 10}}, web=100, app=100), END)


def test_a_shop_of_one_channel_is_held_against_its_own_weeks() -> None:
    (dip,) = alarms.dips(constant({"web": DOWN}, web=100), END)
    assert dip.usual_orders == 300.0


def test_small_and_young_channels_say_nothing() -> None:
    assert not alarms.dips(constant({"web": dict.fromkeys(range(3), 0)}, web=33, app=100), END)
    assert not alarms.dips(constant({"web": DOWN}, length=50, web=100, app=100), END)
    assert not alarms.dips(constant({}, web=100).clear(), END)


def test_deliveries_of_a_way_that_is_not_known_are_not_late() -> None:
    sold = simulated.lines(1, 2)
    few = [
        {"inbound_id": f"d{back}", "location_id": PLACES[0], "sku": SKUS[0], "quantity": 1, "ordered_on": None,
         "due_on": END - timedelta(back), "received_on": END - timedelta(back)}
        for back in range(40, 40 + rules.LATE_DELIVERIES)
    ]  # fmt: skip
    halted = few[0] | {"inbound_id": "halted", "due_on": END - timedelta(2), "received_on": None}
    for known, named in ((few, {"halted"}), (few[1:], set())):
        query = simulated.with_deliveries([*known, halted], sold, END)
        ((_day, ids),) = simulated.late_by_day(query, [END])
        assert ids == named
