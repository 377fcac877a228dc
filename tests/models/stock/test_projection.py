"""The projected stock: lost sales, days without, forecasts carried on; waiting days by hand; service that comes."""

import numpy as np
import pytest

from shopkeeper.models.stock import inventory, projection
from shopkeeper.models.stock.inventory import Wanted
from shopkeeper.models.stock.loss import expected_lost


def test_what_finds_no_stock_is_lost_and_not_asked_for_again() -> None:
    inbound = np.zeros((2, 6))
    inbound[0, 3], inbound[1, 1] = 5, 3
    course = projection.projected(np.ones((2, 6)), [2.0, -2.0], inbound)
    assert course.evening.tolist() == [[1, 0, 0, 4, 3, 2], [-2, 0, 0, 0, 0, 0]]
    assert course.lost.tolist() == [[0, 0, 1, 0, 0, 0], [1, 0, 1, 1, 1, 1]]
    # On the evening of day 3 the first has been without since that of day 2, on day 4 it has some again.
    assert projection.days_without(course, [2.0, 0.0], [3, 2]).tolist() == [1, 2]
    assert projection.days_without(course, [2.0, 0.0], 4).tolist() == [0, 4]


def test_a_forecast_is_carried_on_by_weekday_without_its_events() -> None:
    week = np.array([1.0, 1, 1, 1, 1, 3, 0])
    units = np.tile(week, 13)[None, :]
    units[0, 80:84] = 50
    ordinary = projection.ordinary_days(91, [(81, 84)], before=0, after=0)
    carried = projection.extended(units, 121, ordinary)
    assert carried.shape == (1, 121)
    assert carried[0, 91:119].tolist() == np.tile(week, 4).tolist()
    assert projection.extended(units, 60) is units


def test_the_days_around_an_event_are_not_ordinary() -> None:
    ordinary = projection.ordinary_days(30, [(11, 12)])
    assert (np.flatnonzero(~ordinary) + 1).tolist() == list(range(6, 20))


def waits(
    there: float, lead: float, *, days: int = 200, sd: float = 0.0, inbound: dict[int, float] | None = None
) -> float:
    units, lands = np.ones((1, days)), np.zeros((1, days))
    for day, came in (inbound or {}).items():
        lands[0, day - 1] = came
    held = inventory.position(projection.projected(units, [there], lands), [there], lands)
    return float(inventory.days_to_wait(units, held, [lead], 0.0, sd, Wanted(0.95, 7, False), 28)[0])


def test_an_order_can_wait_until_what_is_there_would_not_last_until_it_lands() -> None:
    assert (waits(18, 10), waits(11, 10), waits(10, 10), waits(3, 10)) == (8, 1, 0, 0)
    assert waits(130, 121) == 9
    assert waits(105, 121) == 0
    assert waits(500, 10) == 28


def test_chance_makes_the_last_safe_day_earlier() -> None:
    # 30 there: at s = 12 days 22 and 1.645 sqrt(22) = 7.7 are needed, at 13 23 and 7.9.
    assert waits(30, 10, sd=1.0) == 12


def test_what_no_order_can_mend_calls_for_none() -> None:
    """Nothing is there, thirty land on day 3: no order of today comes before them, and they last to day 32."""
    assert waits(0, 10, inbound={3: 30}) == 22


@pytest.mark.parametrize(("level", "lead"), [(0.90, 10), (0.95, 20)])
def test_lost_sales_not_refilled_still_reach_the_service(level: float, lead: int) -> None:
    """Each review orders up to the level less position less what will be lost; sales beyond the stock are lost."""
    draw, review, mean, sd, cycles = np.random.default_rng(3), 7, 20.0, 6.0, 3000
    up_to = float(inventory.levels(np.full((1, 60), mean), sd, lead, 0.0, level, review, False).order_up_to[0])
    path = np.full((1, lead + review), mean)
    stock, coming, good = up_to, np.zeros(lead + 1), 0
    for _cycle in range(cycles):
        on_way = np.zeros((1, lead + review))
        on_way[0, 1:lead] = coming[1:lead]  # what lands in the evening serves the next day
        lost = float(expected_lost(path, [stock], on_way, lead, sd, 0.0, False)[0])
        coming[lead] += max(up_to - stock - coming[1:].sum() - lost, 0)
        ran_out = False
        for _day in range(review):
            asked = max(draw.normal(mean, sd), 0)
            ran_out |= asked > stock
            coming = np.append(coming[1:], 0.0)
            stock = max(stock - asked, 0) + coming[0]
        good += not ran_out
    assert good / cycles >= level - 4 * (level * (1 - level) / cycles) ** 0.5
    assert good / cycles <= level + 0.05
