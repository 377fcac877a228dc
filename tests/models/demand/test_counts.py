"""How much more counts spread than single units, told from rows of like size."""

import numpy as np
import pytest

from shopkeeper.models.demand.counts import dispersion_by_size


def test_items_of_each_size_spread_as_their_like_do() -> None:
    """Small items sell singly, large ones in cartons of fifty: one number for both would be wrong for each."""
    draw = np.random.default_rng(4)
    mean = np.r_[np.full(300, 0.5), np.full(300, 200.0)]
    spread = np.r_[np.full(300, 1.0), np.full(300, 50.0)]
    misses = (spread[:, None] * draw.poisson((mean / spread)[:, None], (600, 84)) - mean[:, None]) ** 2
    result = dispersion_by_size(misses.mean(axis=1), mean, np.array([0.5, 200.0]))
    assert result == pytest.approx([1, 50], rel=0.1)


def test_one_bulk_order_does_not_speak_for_all_items_of_its_size() -> None:
    square = np.full(100, 2.0)
    square[7] = 90_000.0
    assert dispersion_by_size(square, np.full(100, 1.0), np.array([1.0])) == pytest.approx([2])


def test_without_a_forecast_two_is_assumed() -> None:
    assert dispersion_by_size(np.zeros(3), np.zeros(3), np.ones(2)).tolist() == [2.0, 2.0]
