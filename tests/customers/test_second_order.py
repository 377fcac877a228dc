"""Second order: no probability is certain, and segments are told apart only where chance does not explain it."""

from datetime import timedelta
from typing import Any

import pytest

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.second_order import report as second_order
from shopkeeper.customers.second_order.report import SecondOrder
from tests.declared import departures
from tests.shops.fitted import START, bought
from tests.shops.in_memory import shop


def clock(lines: list[dict[str, Any]], by: str = "channel") -> SecondOrder:
    return second_order.report(shop(lines, as_of=START + timedelta(days=400)), CustomerFilters(), by)  # type: ignore[arg-type]


def channel(name: str, customers: int, returning: int) -> list[dict[str, Any]]:
    """So many customers of a channel, of whom some return within 60 days."""
    days = ((0, 1 + n % 60) if n < returning else (0,) for n in range(customers))
    return [row for n, each in enumerate(days) for row in bought(f"{name}{n}", *each, channel=name)]


def test_nobody_or_everybody_back_is_no_certain_probability() -> None:
    lines = [*channel("none", 9, 0), *bought("a", 0, 10, channel="all"), *bought("b", 0, 20, channel="all")]
    result = clock(lines)
    assert departures(result) == []
    none = result.clock.filter(segment="none").row(0, named=True)
    assert none["returned"] == 0.5 / 10
    assert none["back_low"] == pytest.approx(0.0, abs=1e-12)
    assert none["back_high"] == pytest.approx(0.2992, abs=1e-4)
    every = result.clock.filter(segment="all").row(0, named=True)
    assert every["returned"] == 1.5 / 2
    assert every["back_low"] < 0.75 < every["back_high"]


@pytest.mark.parametrize(("web", "certain"), [(45, False), (20, True), (80, True)])
def test_a_channel_stands_out_only_by_a_certain_difference(web: int, certain: bool) -> None:
    contrast = clock([*channel("web", 100, web), *channel("app", 100, 50), *channel("shop", 100, 50)]).contrast
    assert (contrast is not None) == certain
    if contrast is not None:
        assert (contrast.segment, contrast.customers, contrast.rest_customers) == ("web", 100, 200)
        assert (contrast.returned, contrast.rest) == pytest.approx((web / 100, 0.5))
        assert contrast.low < contrast.returned - contrast.rest < contrast.high
        assert contrast.low * contrast.high > 0


def test_few_customers_are_never_compared() -> None:
    assert clock([*channel("web", 29, 29), *channel("app", 500, 0)]).contrast is None
