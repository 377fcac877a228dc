"""Borrowing beats both counting alone and not counting at all."""

import numpy as np
import pytest

from shopkeeper.models.demand.shares import new_levels, shrunk_shares, usual_newcomer

ITEMS, REGIONS = 200, 30
ITEM = np.repeat(np.arange(ITEMS), REGIONS)
CELL = np.tile(np.arange(REGIONS), ITEMS)


def shop(spread_of_tastes: float, seed: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """True units a year of items in regions, and a year's counts."""
    draw = np.random.default_rng(seed)
    size, share = draw.gamma(1, 60, ITEMS), draw.dirichlet(np.full(REGIONS, 4.0))
    taste = draw.gamma(1 / spread_of_tastes, spread_of_tastes, ITEM.size) if spread_of_tastes else np.ones(ITEM.size)
    truth = size[ITEM] * share[CELL] * taste
    return truth, draw.poisson(truth).astype(np.float64)


def independent(counts: np.ndarray) -> np.ndarray:
    table = counts.reshape(ITEMS, REGIONS)
    return np.asarray(table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()).ravel()


def test_shares_are_nearer_to_the_truth_than_counts_and_than_the_table_s_margins() -> None:
    truth, counts = shop(0.5)
    result = shrunk_shares(counts, ITEM, CELL, 1.0)

    def off(values: np.ndarray) -> float:
        return float(((values - truth) ** 2).sum())

    assert off(result) < 0.9 * min(off(counts), off(independent(counts)))


def test_where_tastes_are_everywhere_the_same_only_the_margins_count() -> None:
    truth, counts = shop(0.0)
    assert shrunk_shares(counts, ITEM, CELL, 1.0) == pytest.approx(independent(counts), rel=0.25)
    assert truth.sum() == pytest.approx(counts.sum(), rel=0.05)


def test_an_item_without_sales_is_expected_nowhere_or_by_the_regions_shares() -> None:
    counts = np.array([0.0, 0.0, 30.0, 10.0])
    result = shrunk_shares(counts, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), 1.0)
    assert result[:2].sum() >= 0
    assert result[2] > result[3] > 0
    assert result[0] == pytest.approx(3 * result[1])


def test_a_new_item_starts_at_what_is_usual_and_ends_at_its_own() -> None:
    days = np.array([0.0, 28.0, 3640.0])
    result = new_levels(days * 6.0, days, np.array([0, 3, 3640]), np.full(3, 2.0))
    assert result[0] == 2
    assert result[1] == pytest.approx(4)
    assert result[2] == pytest.approx(6, rel=0.01)


def test_one_large_order_says_less_than_as_many_units_on_many_days() -> None:
    once, often = new_levels(np.full(2, 40.0), np.full(2, 20.0), np.array([1, 20]), np.full(2, 0.1))
    assert once < 1
    assert often > 1.5


def test_the_usual_newcomer_is_the_middle_one_of_its_category_else_of_the_shop() -> None:
    levels = np.array([1.0, 2.0, 300.0, 8.0, 9.0])
    category, was_new = np.array([0, 0, 0, 1, 1]), np.array([True, True, True, False, False])
    usual = usual_newcomer(levels, category, was_new, ~was_new, 3)
    assert usual.tolist() == [2.0, 2.0, 2.0]
    nobody_new = usual_newcomer(levels, category, np.zeros(5, dtype=np.bool_), np.ones(5, dtype=np.bool_), 3)
    assert nobody_new.tolist() == [2.0, 8.5, 0.0]
