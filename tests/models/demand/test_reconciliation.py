"""Levels add up."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shopkeeper.models.demand.reconciliation import raked, scaled, sums
from tests.examples import MORE


def test_a_table_of_two_by_two() -> None:
    """Rows to 30 and 70, columns to 60 and 40, from all ones: independence, row x column / total."""
    items, cells = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    result = raked(np.ones(4), items, cells, np.array([30.0, 70.0]), np.array([60.0, 40.0]))
    assert result == pytest.approx([18, 12, 42, 28])


@MORE
@given(
    levels=st.lists(st.floats(0, 100), min_size=12, max_size=12),
    items=st.lists(st.floats(0, 50), min_size=4, max_size=4),
    cells=st.lists(st.floats(0, 50), min_size=3, max_size=3),
)
@example(levels=[0.0] * 5 + [5e-324] + [0.0] * 6, items=[0.0, 1.0, 0.0, 0.0], cells=[0.0] * 3)
def test_cells_add_up_whatever_is_wanted(levels: list[float], items: list[float], cells: list[float]) -> None:
    item, cell = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
    result = raked(np.array(levels), item, cell, np.array(items), np.array(cells))
    there = sums(result, cell, 3)
    assert np.isfinite(result).all()
    assert (result >= 0).all()
    for wanted, got in zip(cells, there, strict=True):
        assert got == pytest.approx(wanted) or got == 0


def test_nothing_is_made_from_nothing() -> None:
    assert scaled(np.zeros(3), np.array([0, 0, 1]), np.array([5.0, 5.0])).tolist() == [0, 0, 0]


@MORE
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 9), st.floats(0, 9)), max_size=30))
def test_sums_by_group_and_day_are_those_of_a_loop(rows: list[tuple[int, float, float]]) -> None:
    groups = np.array([group for group, _, _ in rows], dtype=np.int64)
    values = np.array([[first, second] for _, first, second in rows]).reshape(-1, 2)
    expected = np.zeros((5, 2))
    for group, value in zip(groups, values, strict=True):
        expected[group] += value
    assert sums(values, groups, 5) == pytest.approx(expected)
    assert sums(values[:, 0], groups, 5) == pytest.approx(expected[:, 0])
