"""Refunds that name no order: the buyer's own lower the value of the buyer's purchases, nobody's the shop's mean."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.engine.query import Query
from shopkeeper.jobs.buying.spends import fit_spends
from tests.shops.in_memory import line, shop

AS_OF = date(2024, 12, 31)


def back(customer: str | None, month: int, amount: int, **more: Any) -> dict[str, Any]:
    return line(customer, date(2024, month, 20), status="refund", quantity=-1, net_amount=-amount, **more)


def bought(customer: str | None, *amounts: int) -> list[dict[str, Any]]:
    """One purchase a month, from January on."""
    return [line(customer, date(2024, month, 5), net_amount=amount) for month, amount in enumerate(amounts, 1)]


LINES = [
    *bought("ann", 100, 50, 70),
    back("ann", 2, 12),
    *bought("bob", 100, 50),
    back("bob", 1, 30),
    *bought("cem", 100),
    back("cem", 3, 40),
    *bought("dee", 100, 80),
    back("dee", 3, 8, original_order_id="dee-202402051200"),
]


def histories(query: Query, until: date | None = None) -> dict[str, dict[str, Any]]:
    filters = CustomerFilters()
    rows = (
        query("customers/histories_until", **filters.acquired(), as_of=until)
        if until
        else query("customers/histories", **filters.acquired())
    )
    return {row["customer_id"]: row for row in rows.to_dicts()}


@pytest.mark.parametrize("until", [None, AS_OF])
def test_a_refund_without_an_order_lowers_the_last_purchase_before_it(until: date | None) -> None:
    rows = histories(shop(LINES, as_of=AS_OF), until)
    assert rows["ann"]["repeat_revenue"] == (50 + 70 - 12) / 2
    assert rows["bob"]["repeat_revenue"] == 50
    assert rows["cem"]["repeat_revenue"] is None
    assert rows["dee"]["repeat_revenue"] == 72
    assert [rows[name]["revenue"] for name in ("ann", "bob", "cem", "dee")] == [208, 120, 60, 172]


def test_as_seen_before_a_refund_it_has_not_come() -> None:
    rows = histories(shop(LINES, as_of=AS_OF), date(2024, 2, 10))
    assert rows["ann"]["repeat_revenue"] == 50
    assert rows["dee"]["repeat_revenue"] == 72


def test_first_and_repeat_purchases_are_together_the_historic_value() -> None:
    lines = [row | {"unit_cost": 10} for row in LINES]
    for row in histories(shop(lines, as_of=AS_OF)).values():
        mine = [each for each in lines if each["customer_id"] == row["customer_id"]]
        buying = sorted(each["ordered_at"] for each in mine if each["net_amount"] > 0)
        second = buying[1] if len(buying) > 1 else None
        first = sum(
            each["net_amount"]
            for each in mine
            if not each.get("original_order_id") and (second is None or each["ordered_at"] < second)
        )
        assert first + row["frequency"] * (row["repeat_revenue"] or 0.0) == pytest.approx(row["revenue"])


def test_refunds_of_nobody_lower_the_shops_mean_by_their_share() -> None:
    crowd = [row for n in range(40) for row in bought(f"c{n:02}", 100, 50 + n, 60)]
    sold = sum(row["net_amount"] for row in crowd) + 500
    lines = [*crowd, *bought(None, 500), back(None, 4, 90), back(None, 5, 10, original_order_id="gone")]
    with_orders = [*lines, back(None, 6, 30, original_order_id="None-202401051200")]
    for each, taken in ((crowd, 0.0), (lines, 100 / sold), (with_orders, 100 / (sold - 30))):
        model = fit_spends(shop(each, as_of=AS_OF)).models["revenue"]
        assert model.refunded == pytest.approx(taken)
    alone = fit_spends(shop(crowd, as_of=AS_OF)).models["revenue"].population_mean
    assert fit_spends(shop(lines, as_of=AS_OF)).models["revenue"].population_mean == pytest.approx(
        alone * (1 - 100 / sold)
    )


def test_missing_costs_are_not_taken_for_customers_who_did_not_come_back() -> None:
    lines = [row for n in range(40) for row in bought(f"c{n:02}", 100, 50 + n, 60)]
    spends = fit_spends(shop(lines, as_of=AS_OF))
    assert "margin" not in spends.means
    assert not [note for note in spends.notes if "came back" in str(note)]


def test_a_shop_of_one_price_is_valued_by_it() -> None:
    lines = [row for n in range(50) for row in bought(f"c{n:02}", 10, 10, 10)]
    lines += [line("giant", date(2024, 1 + n % 12, 1 + n // 12), net_amount=1000) for n in range(300)]
    query = shop(lines, as_of=AS_OF)
    spends = fit_spends(query)
    assert spends.models["revenue"].population_mean == 10.0
    assert any("All customers spend the same" in str(note) for note in spends.notes)
    spread = query("jobs/buying/spend_variances", value="revenue")
    assert spread.filter(pl.col("monetary_value") == 10)["customers"].to_list() == [50]
