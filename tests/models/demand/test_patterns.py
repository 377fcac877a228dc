"""Demand patterns by the published limits."""

import numpy as np
import pytest

from shopkeeper.models.demand.patterns import classify


def described(rows: list[list[float]]) -> tuple[list[str], list[float], list[float]]:
    y = np.array(rows)
    result = classify(
        (y > 0).sum(axis=1).astype(float), y.sum(axis=1), (y**2).sum(axis=1), np.full(len(rows), float(y.shape[1]))
    )
    return result.pattern.tolist(), result.adi.tolist(), result.cv2.tolist()


def test_the_four_patterns_by_eye() -> None:
    """ADI 1 or 4; sizes all 2 (CV2 0) or 1 and 9 by turns (mean 5, standard deviation 4: CV2 0.64)."""
    pattern, adi, cv2 = described([[2.0] * 64, [1.0, 9.0] * 32, [2.0, 0, 0, 0] * 16, [1.0, 0, 0, 0, 9, 0, 0, 0] * 8])
    assert pattern == ["smooth", "erratic", "intermittent", "lumpy"]
    assert adi == [1, 1, 4, 4]
    assert cv2 == pytest.approx([0, 0.64, 0, 0.64])


@pytest.mark.parametrize(("days", "expected"), [(131, "smooth"), (132, "intermittent")])
def test_the_limit_of_frequency_is_1_32(days: int, expected: str) -> None:
    counts = np.array([100.0])
    assert classify(counts, counts, counts, np.array([float(days)])).pattern.tolist() == [expected]


@pytest.mark.parametrize(("squares", "expected"), [(148.9, "smooth"), (149.0, "erratic")])
def test_the_limit_of_sizes_is_0_49(squares: float, expected: str) -> None:
    hundred = np.array([100.0])
    assert classify(hundred, hundred, np.array([squares]), hundred).pattern.tolist() == [expected]


def test_no_demand_and_a_short_history_have_names_of_their_own() -> None:
    assert described([[0.0] * 100])[0] == ["none"]
    assert described([[1.0] * 20, [0.0] * 20])[0] == ["new", "new"]
