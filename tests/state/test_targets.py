"""The newest value of a target holds, with its author; an empty one takes it back, and nothing is deleted."""

from datetime import date

import pytest

from shopkeeper.errors import Refused
from shopkeeper.merchant.targets import Target
from shopkeeper.state import State, save_targets, target_history, targets

MAY = date(2026, 5, 1)


def test_the_newest_value_holds_and_older_ones_stay(state: State) -> None:
    save_targets(state, [Target("revenue", "month", MAY, 100.0), Target("orders", "month", MAY, 7)], author=" Ann ")
    save_targets(state, [Target("revenue", "month", MAY, 120.0)], author="Bob")
    assert targets(state) == (Target("orders", "month", MAY, 7.0), Target("revenue", "month", MAY, 120.0))
    history = target_history(state)
    assert history.select("author", "value").rows() == [("Bob", 120.0), ("Ann", 7.0), ("Ann", 100.0)]


def test_a_target_can_be_taken_back(state: State) -> None:
    save_targets(state, [Target("revenue", "month", MAY, 100.0)], author="Ann")
    save_targets(state, [Target("revenue", "month", MAY, None)], author="Ann")
    assert targets(state) == ()
    assert target_history(state).height == 2


def test_a_month_and_the_year_that_begins_with_it_are_two_targets(state: State) -> None:
    january = date(2026, 1, 1)
    both = [Target("revenue", "month", january, 10.0), Target("revenue", "year", january, 150.0)]
    save_targets(state, both, author="Ann")
    assert set(targets(state)) == set(both)


def test_nobody_signs_nothing_is_kept(state: State) -> None:
    with pytest.raises(Refused):
        save_targets(state, [Target("revenue", "month", MAY, 100.0)], author=" ")
    assert targets(state) == ()


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
def test_what_is_no_target_is_refused(value: float) -> None:
    with pytest.raises(Refused, match="above 0"):
        Target("revenue", "month", MAY, value)


def test_what_is_no_period_or_figure_is_refused() -> None:
    with pytest.raises(Refused, match="2026-10 or 2026"):
        Target("revenue", "month", date(2026, 5, 2), 1.0)
    with pytest.raises(Refused, match="2026-10 or 2026"):
        Target("revenue", "year", MAY, 1.0)
    with pytest.raises(Refused, match="weight"):
        Target("weight", "month", MAY, 1.0)  # type: ignore[arg-type]
