"""The split is whole, alike for causes that do the same, nothing for those that do nothing, and exact to the cent."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.models.shapley import MOST, Worth, shapley, to_cents

CAUSES = ("a", "b", "c", "d")


@st.composite
def worths(draw: st.DrawFn) -> Worth:
    """Any figure of the causes in force."""
    values = draw(st.lists(st.integers(-1000, 1000), min_size=16, max_size=16))
    return lambda held: float(values[sum(1 << CAUSES.index(cause) for cause in held)])


@given(worths())
def test_it_is_the_mean_over_all_orders_of_the_causes(worth: Worth) -> None:
    """The definition, walked through by hand."""
    orders = list(permutations(CAUSES))
    plain = dict.fromkeys(CAUSES, 0.0)
    for order in orders:
        for place, cause in enumerate(order):
            step = worth(frozenset(order[: place + 1])) - worth(frozenset(order[:place]))
            plain[cause] += step / len(orders)
    assert shapley(CAUSES, worth) == pytest.approx(plain, abs=1e-9)


@given(worths())
def test_the_parts_add_up_to_the_change(worth: Worth) -> None:
    change = worth(frozenset(CAUSES)) - worth(frozenset())
    assert sum(shapley(CAUSES, worth).values()) == pytest.approx(change, abs=1e-9)


@given(worths())
def test_a_cause_that_does_nothing_has_no_part_and_equal_ones_have_equal_parts(worth: Worth) -> None:
    assert shapley(CAUSES, lambda held: worth(held - {"b"}))["b"] == pytest.approx(0.0, abs=1e-9)

    def alike(held: frozenset[str]) -> float:
        both = len(held & {"a", "b"})
        return worth((held - {"a", "b"}) | frozenset(("a", "b")[:both]))

    parts = shapley(CAUSES, alike)
    assert parts["a"] == pytest.approx(parts["b"], abs=1e-9)


@given(st.lists(st.floats(-1e7, 1e7), min_size=1, max_size=8))
def test_rounded_parts_add_up_to_the_rounded_change_and_none_moves_by_two_cents(parts: list[float]) -> None:
    shares = {str(number): part for number, part in enumerate(parts)}
    total = sum(parts)
    rounded = to_cents(shares, total)
    assert abs(sum(rounded.values(), Decimal(0)) - Decimal(repr(total))) <= Decimal("0.005")
    for name, part in shares.items():
        assert abs(float(rounded[name]) - part) <= 0.02 + 1e-6


def test_too_many_causes_and_one_named_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        shapley(["a", "a"], lambda _held: 0.0)
    with pytest.raises(ValueError, match="at most"):
        shapley([str(number) for number in range(MOST + 1)], lambda _held: 0.0)
    assert to_cents({}, 0.0) == {}
