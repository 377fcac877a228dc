"""Data health: each check speaks where its rule says, with what it touches, and is quiet below its volume."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

from shopkeeper.shop.health import table
from shopkeeper.shop.health.report import Health, report
from shopkeeper.shop.health.rules import RULES
from tests.declared import departures
from tests.shops.in_memory import line, shop

END = date(2026, 6, 28)  # a Sunday
Line = Mapping[str, Any]


def daily(
    days: int, per_day: int = 1, *, channel: str = "web", closed: Sequence[int] = (), until: date = END
) -> list[Line]:
    """Orders of a channel that is closed on some weekdays (1 = Monday)."""
    return [
        line(f"{channel}{back}-{number}", until - timedelta(days=back), channel=channel)
        for back in range(days)
        for number in range(per_day)
        if (until - timedelta(days=back)).isoweekday() not in closed
    ]


def health(lines: Sequence[Line], *, today: date = END, as_of: date = END, **tables: Any) -> Health:
    result = report(shop(lines, as_of=as_of, **tables), today)
    assert departures(result) == []
    for check, rows in result.rows.items():
        assert set(rows.columns) <= set(table.COLUMNS) | {"ordered_on", "count_days", "items"}
        assert check in RULES
    return result


def checks(result: Health) -> list[str]:
    return sorted(result.findings["check"].to_list())


def amount(result: Health, check: str) -> float | None:
    amounts: dict[str, float | None] = dict(result.findings.select("check", "amount").iter_rows())
    return amounts[check]


def test_a_healthy_shop_and_a_small_one_are_quiet() -> None:
    assert checks(health(daily(120, 2))) == []
    assert checks(health([line(None, END - timedelta(days=day)) for day in range(20)])) == []


def test_closed_sundays_are_no_gap_and_a_missing_weekday_is() -> None:
    open_days = daily(120, 2, closed=(7,))
    assert checks(health(open_days)) == []
    gone = date(2026, 6, 24)
    result = health([row for row in open_days if row["ordered_at"].date() != gone])
    assert checks(result) == ["missing_days"]
    assert result.rows["missing_days"].select("channel", "day").rows() == [("web", gone)]
    assert amount(result, "missing_days") == pytest.approx(20.0)


def test_a_channel_that_fell_is_named_with_what_is_missing() -> None:
    falling = [row for row in daily(120, 2, channel="app") if row["ordered_at"].date() <= END - timedelta(days=7)]
    result = health([*daily(120, 2), *falling, line("late", END, channel="app")])
    assert "sudden_fall" in checks(result)
    assert result.rows["sudden_fall"]["channel"].to_list() == ["app"]
    assert amount(result, "sudden_fall") == pytest.approx(14 * 10 - 10)


def test_old_data_are_said_with_what_they_may_lack() -> None:
    result = health(daily(120, 2), today=END + timedelta(days=10))
    assert checks(result) == ["freshness"]
    assert amount(result, "freshness") == pytest.approx(200.0)
    assert checks(health(daily(120, 2), today=END + timedelta(days=3))) == []
    assert amount(health(daily(120, 2), today=END + timedelta(days=400)), "freshness") is None


def test_many_unknown_buyers_are_said() -> None:
    strangers = [line(None, END - timedelta(days=day), order_id=f"u{day}") for day in range(40)]
    result = health([*daily(91), *strangers])
    assert checks(result) == ["unidentified"]
    assert amount(result, "unidentified") == pytest.approx(400.0)


def test_copies_of_orders_and_of_lines_are_listed() -> None:
    at = daily(120)[5]["ordered_at"]
    copies = [line("ann", at, order_id=name, sku=sku) for name in ("first", "second") for sku in ("A", "B")]
    twice = [line("bob", at, order_id="third")] * 2
    result = health([*daily(120), *copies, *twice])
    assert checks(result) == ["equal_orders", "repeated_lines"]
    assert result.rows["equal_orders"].select("order_id", "equals_order", "amount").rows() == [
        ("second", "first", 20.0)
    ]
    assert amount(result, "repeated_lines") == pytest.approx(10.0)


def test_a_price_far_off_is_listed_where_the_item_is_known() -> None:
    odd = line("ann", END, order_id="odd", net_amount=1000)
    assert checks(health([*daily(120), odd])) == ["prices"]
    assert checks(health([*daily(10), odd])) == []


def test_what_no_list_has_is_named_only_where_there_is_a_list() -> None:
    lines = [*daily(120), line("ann", END, sku="B", order_id="b")]
    assert checks(health(lines)) == []
    result = health(lines, products=[{"sku": "A"}])
    assert checks(result) == ["skus"]
    assert result.rows["skus"].select("value", "lines", "amount").rows() == [("B", 1, 10.0)]


def test_old_counts_missing_items_and_overdue_deliveries_are_said() -> None:
    products = [{"sku": "A"}, {"sku": "B"}]
    counts = [
        {"day": END - timedelta(days=back), "location_id": "W", "sku": sku, "on_hand": 5}
        for back, skus in ((37, "AB"), (34, "AB"), (31, "A"))
        for sku in skus
    ]
    late = [{"inbound_id": "d1", "location_id": "W", "sku": "A", "quantity": 7, "due_on": END - timedelta(days=40)}]
    result = health(daily(120), products=products, stock_snapshots=counts, inbound=late)
    assert checks(result) == ["missing_items", "old_counts", "overdue"]
    assert result.rows["missing_items"]["sku"].to_list() == ["B"]
    assert result.rows["old_counts"]["age"].to_list() == [31]
    assert amount(result, "overdue") == pytest.approx(70.0)


def back(order: str, day: date, amount: float, original: str | None = None) -> Line:
    more = {"status": "refund", "quantity": -1, "net_amount": -amount, "original_order_id": original}
    return line("ann", day, order_id=order, **more)


def test_refunds_without_a_sale_or_above_it_are_listed_from_five_orders_or_a_thousandth_of_sales() -> None:
    later = END - timedelta(days=20)
    early = [back(f"e{number}", END - timedelta(days=100), 10) for number in range(9)]
    alone = [back(f"r{number}", later, 0.4, f"gone{number}") for number in range(5)]
    above: list[Line] = [row for number in range(5) for row in (line(f"bob{number}", later, order_id=f"s{number}"),)]
    above += [
        back(f"b{number}-{part}", END - timedelta(days=part), 5.1, f"s{number}")
        for number in range(5)
        for part in range(2)
    ]
    # What stands before the data begin, or gives back no more than was brought, is as it should be.
    fair = [line("cid", later, order_id="fair"), back("fair", END, 10), back("c", END, 3, "called-off")]
    fair.append(line("cid", later, order_id="called-off", status="cancelled"))
    quiet = [*daily(120, 2), *early, *fair, *alone[:4], *above[:4], *above[5:13]]
    assert checks(health(quiet)) == []
    result = health([*quiet, *alone[4:], *above[4:5], *above[13:]])
    assert checks(result) == ["refunds_above", "refunds_alone"]
    assert amount(result, "refunds_alone") == pytest.approx(2.0)
    assert amount(result, "refunds_above") == pytest.approx(1.0)
    columns = ("order_id", "day", "sold", "given_back", "amount")
    assert result.rows["refunds_above"].select(columns).rows()[0] == ("s0", later, 10.0, 10.2, 0.2)
    assert result.rows["refunds_alone"]["order_id"].to_list() == [f"r{number}" for number in range(5)]
    large = health([*daily(120), back("r", later, 2, "gone")])
    assert amount(large, "refunds_alone") == pytest.approx(2.0)
    assert table.sentence(large.findings["sentence"][0]).startswith("1 refund has no sale in the data")


def test_unmatched_refunds_are_those_that_a_plain_count_gives() -> None:
    chance = Random(9)
    lines: list[Line] = [
        line("ann", END - timedelta(days=chance.randrange(9)), order_id=f"o{chance.randrange(60)}", net_amount=20,
             status=chance.choice(("sale", "sale", "sale", "cancelled", "exchange")))
        for _ in range(80)
    ] + [
        back(f"{chance.choice('or')}{chance.randrange(80)}", END - timedelta(days=chance.randrange(9)),
             chance.choice((5, 10, 20, 25)), chance.choice((None, f"o{chance.randrange(80)}")))
        for _ in range(120)
    ]  # fmt: skip
    kinds: dict[str, set[str]] = {}
    sold, returned = Counter[str](), Counter[tuple[str, date | None]]()
    for row in lines:
        kinds.setdefault(row["order_id"], set()).add(row["status"])
        sold[row["order_id"]] += row["net_amount"] if row["status"] == "sale" else 0
    for row in lines:
        named = row.get("original_order_id") or row["order_id"]
        # A refund of an order that brought nothing takes nothing away; without its order it has its own number.
        if row["status"] == "refund" and kinds.get(named, set()) - {"refund"} != {"cancelled"}:
            order = named if sold[named] else row["order_id"]
            returned[order, None if sold[order] else row["ordered_at"].date()] -= row["net_amount"]
    expected = {(*key, sold[key[0]], amount) for key, amount in returned.items() if amount > sold[key[0]]}
    assert len(expected) > 50
    rows = shop(lines, as_of=END).connection.table("lake.unmatched_refunds").pl()
    by_order = rows.with_columns(day=pl.when(~pl.col("has_sale")).then("day"))
    assert set(by_order.select("order_id", "day", "sold", "given_back").rows()) == expected
    assert rows.height == len(expected)


def test_findings_come_by_money_and_say_the_pages_that_they_touch() -> None:
    lines = [*daily(120), line("ann", END, sku="B", order_id="b"), line("bob", END, order_id="odd", net_amount=5000)]
    result = health(lines, products=[{"sku": "A"}])
    assert result.findings["check"].to_list() == ["prices", "skus"]
    assert result.findings["pages"][1].to_list() == list(RULES["skus"].pages)
    assert table.sentence(result.findings["sentence"][1]).startswith("1 items were sold that are not in the products")
