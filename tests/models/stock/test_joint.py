"""Orders that go together: raised to one day of running out, and chosen within a budget."""

import numpy as np

from shopkeeper.models.stock.joint import raised, within_budget


def test_an_order_is_raised_to_its_minimum_by_what_runs_out_first() -> None:
    """Two lines at 10 a unit: one lasts 5 days with its order, the other 20. Fifteen more of the first cost 150."""
    units, daily, there = np.array([5.0, 20.0]), np.array([1.0, 1.0]), np.zeros(2)
    cost, pack, most = np.array([10.0, 10.0]), np.ones(2), np.array([90.0, 90.0])
    assert raised(units, cost, daily, there, pack, most, 250) is units
    assert raised(units, cost, daily, there, pack, most, 400).tolist() == [20, 20]  # type: ignore[union-attr]
    assert raised(units, cost, daily, there, pack, most, 410).tolist() == [21, 20]  # type: ignore[union-attr]
    assert raised(units, cost, daily, there, pack, most, 5000) is None


def test_raising_keeps_to_packs_and_to_lines_with_a_cost() -> None:
    units, cost = np.array([6.0, 4.0]), np.array([10.0, np.nan])
    made = raised(units, cost, np.ones(2), np.zeros(2), np.array([6.0, 4.0]), np.array([60.0, 60.0]), 100)
    assert made is not None
    assert made.tolist() == [12, 4]


def test_a_budget_buys_what_saves_most_per_money_and_passes_over_what_does_not_fit() -> None:
    cost, gain = [100, 60, 50, 30, np.nan], [300, 240, 100, 45, 900]
    # Per unit of money 3, 4, 2, 1.5: sixty first, a hundred no longer fits, fifty does, thirty not.
    assert within_budget(cost, gain, 120).tolist() == [False, True, True, False, False]
    assert within_budget(cost, gain, 240).tolist() == [True, True, True, True, False]
    assert not within_budget(cost, gain, 0).any()
