"""A change of revenue is split into orders, mix and what an order brings; the parts add up to it, to the cent."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.shop.today import report as today_report
from shopkeeper.shop.today import why
from shopkeeper.shop.today.periods import TodayOptions
from shopkeeper.shop.today.why import Cause, Figure, Period, causes
from tests.declared import departures
from tests.shops.in_memory import line, shop

AS_OF = date(2026, 10, 21)
AMOUNTS = st.dictionaries(st.sampled_from("abc"), st.tuples(st.integers(0, 50), st.integers(-100, 100_000)), min_size=1)


def split(figure: Figure, base: Period, now: Period) -> dict[Cause, float | None]:
    return dict(causes(figure, base, now))


def test_each_cause_alone_has_the_whole_change() -> None:
    base = Period({"web": 10, "store": 10}, {"web": 100, "store": 300})
    more = Period({"web": 20, "store": 20}, {"web": 200, "store": 600})
    assert split("revenue", base, more) == {"orders": 400, "mix": 0, "rate": 0, "refunds": None}
    mixed = Period({"web": 5, "store": 15}, {"web": 50, "store": 450})
    assert split("revenue", base, mixed) == {"orders": 0, "mix": 100, "rate": 0, "refunds": None}
    dearer = Period({"web": 10, "store": 10}, {"web": 120, "store": 360})
    assert split("revenue", base, dearer) == {"orders": 0, "mix": 0, "rate": 80, "refunds": None}
    assert split("average_order", base, dearer) == {"mix": 0, "rate": 4, "refunds": None}


def test_two_causes_share_what_they_do_together_in_equal_parts() -> None:
    """Twice the orders at twice the price: 100 to 400. Alone each brings 100; the 100 of both are halved."""
    base, now = Period({"web": 10}, {"web": 100}), Period({"web": 20}, {"web": 400})
    assert split("revenue", base, now) == {"orders": 150, "mix": 0, "rate": 150, "refunds": None}


def test_a_channel_that_is_new_changes_the_mix_only() -> None:
    base, now = Period({"web": 10}, {"web": 100}), Period({"web": 5, "app": 5}, {"web": 50, "app": 150})
    assert split("revenue", base, now) == {"orders": 0, "mix": 100, "rate": 0, "refunds": None}


def test_a_refund_without_an_order_is_named_apart() -> None:
    base, now = Period({"web": 10}, {"web": 100}), Period({"web": 10}, {"web": 100, "app": -30})
    assert split("revenue", base, now)["no_order"] == -30


@given(AMOUNTS, AMOUNTS)
def test_the_parts_add_up_to_the_change_to_the_cent(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> None:
    base, now = (
        Period({name: n for name, (n, _m) in each.items()}, {name: m / 100 for name, (_n, m) in each.items()})
        for each in (before, after)
    )
    if not (base.all_orders and now.all_orders):
        return
    change = sum(now.revenue.values()) - sum(base.revenue.values())
    known = [amount for amount in split("revenue", base, now).values() if amount is not None]
    assert sum(round(100 * amount) for amount in known) == pytest.approx(100 * change, abs=0.51)
    average = sum(now.revenue.values()) / now.all_orders - sum(base.revenue.values()) / base.all_orders
    known = [amount for amount in split("average_order", base, now).values() if amount is not None]
    assert sum(known) == pytest.approx(average, abs=0.0051)


def test_the_report_explains_what_the_headline_shows() -> None:
    lines = [
        line("old", date(2024, 1, 1)),
        line("ann", date(2026, 9, 3), net_amount=100, channel="web"),
        line("bob", date(2026, 9, 20), net_amount=50, channel="store"),
        line("ann", date(2026, 10, 2), net_amount=80, channel="web"),
        line("cid", date(2026, 10, 5), net_amount=45.5, channel="app"),
        line("dee", date(2026, 10, 7), net_amount=20.25, channel="web"),
    ]
    query = shop(lines, as_of=AS_OF)
    today = today_report.report(query, TodayOptions())
    made = why.report(query, today.compared)
    assert not departures(made)
    for figure in why.CAUSES:
        parts = made.rows.filter(figure=figure)["amount"]
        assert float(parts.sum()) == pytest.approx(today.figure(figure)["change"], abs=0.005)
    far = today_report.report(query, TodayOptions("year", "year"))
    assert far.compared.base is not None
    assert why.report(query, far.compared).rows.is_empty()
