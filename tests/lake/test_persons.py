"""Who bought, once accounts are linked: every mart reads it from one place."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from shopkeeper.contract.tables import IDENTITIES, ORDER_LINES, TABLES
from shopkeeper.lake.persons import BY_HAND, MOST_CUSTOMERS, Linking, link_accounts
from shopkeeper.models.identity.keys import LEVELS
from tests.shops.in_memory import MemoryQuery, frame, line, shop

DAY, LATER, LAST = date(2024, 1, 5), date(2024, 2, 5), date(2024, 3, 5)


def of_account(account: str, day: date, customer: str | None = None, **more: Any) -> dict[str, Any]:
    return line(customer, day, **{"account_id": account, "order_id": f"{account}-{day}"} | more)


def key(account: str, kind: str, value: str) -> dict[str, Any]:
    return {"account_id": account, "key_kind": kind, "key_hash": value}


def customers(query: MemoryQuery) -> dict[str, int]:
    """Frequency by customer."""
    rows = query.connection.sql("FROM customer_history").pl()
    return dict(rows.select("customer_id", "frequency").rows())


def linked(
    lines: list[dict[str, Any]], identities: list[dict[str, Any]], folder: Path, linking: Linking
) -> dict[str, str]:
    """Person by account, of the accounts that are linked."""
    with duckdb.connect() as connection:
        brought = {ORDER_LINES.name: lines, IDENTITIES.name: identities}
        for table in TABLES:
            connection.from_arrow(frame(table, brought.get(table.name, ())).to_arrow()).create(table.name)
        folder.mkdir()
        link_accounts(connection, folder, linking)
        rows = connection.view("int_persons").pl()
    return dict(rows.select("account_id", "person_id").rows())


def hand(*rows: tuple[str, str, bool]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=BY_HAND, orient="row")


def test_two_accounts_with_one_phone_are_one_customer_with_one_repeat() -> None:
    lines = [of_account("app-1", DAY), of_account("shop-9", LATER), of_account("shop-5", LAST)]
    query = shop(
        lines, identities=[key("app-1", "phone", "x"), key("shop-9", "phone", "x"), key("shop-5", "phone", "y")]
    )
    assert customers(query) == {"app-1": 1, "shop-5": 0}


def test_the_first_purchase_is_the_persons_first_in_any_account() -> None:
    lines = [of_account("b", LATER, channel="app"), of_account("a", DAY, channel="store")]
    query = shop(lines, identities=[key("a", "email", "x"), key("b", "email", "x")])
    firsts = query.connection.sql("FROM first_purchases").pl()
    assert firsts.select("customer_id", "first_day", "first_channel").rows() == [("a", DAY, "store")]


def test_an_order_that_names_only_an_account_is_not_nobodys() -> None:
    query = shop([of_account("a", DAY), line(None, LATER)])
    assert customers(query) == {"a": 0}
    assert query.connection.sql("FROM unidentified_parts").pl().height == 1
    assert query.connection.sql("FROM identity_coverage").pl().select("orders", "identified_orders").rows() == [
        (1, 1),
        (1, 0),
    ]


def test_a_customers_number_joins_the_accounts_that_it_orders_with_and_names_the_person() -> None:
    lines = [of_account("a", DAY, "Z-7"), of_account("b", LATER, "Z-7"), of_account("b", LAST)]
    assert customers(shop(lines)) == {"Z-7": 2}


def test_an_account_that_many_customers_order_with_is_the_shops_own() -> None:
    lines = [of_account("till", DAY, f"c{n}", order_id=f"o{n}") for n in range(MOST_CUSTOMERS + 1)]
    assert len(customers(shop(lines))) == MOST_CUSTOMERS + 1


def test_a_refund_and_what_the_merchant_knows_of_a_customer_follow_the_person() -> None:
    lines = [
        of_account("a", DAY), of_account("b", LATER),
        line(None, LAST, order_id="r", original_order_id=f"b-{LATER}", quantity=-1, net_amount=-10, status="refund"),
    ]  # fmt: skip
    query = shop(
        lines,
        identities=[key("a", "phone", "x"), key("b", "phone", "x")],
        customers=[{"customer_id": "b", "contactable": False}],
    )
    rows = query.connection.sql("FROM customer_history").pl()
    assert rows.select("customer_id", "orders", "revenue", "last_refund_day", "contactable").rows() == [
        ("a", 2, 10.0, LAST, False)
    ]


def test_accounts_lie_by_person_with_what_each_brought() -> None:
    lines = [of_account("app-1", DAY, channel="app"), of_account("phone:77", LATER, channel="web"), line(None, LAST)]
    query = shop(lines, identities=[key("app-1", "phone", "x"), key("phone:77", "phone", "x")])
    rows = query.connection.sql("FROM accounts").pl()
    columns = ("person_id", "account_id", "channel", "is_guest", "orders", "revenue")
    assert rows.select(columns).rows() == [
        ("app-1", "app-1", "app", False, 1, 10.0),
        ("app-1", "phone:77", "web", True, 1, 10.0),
    ]
    coverage = query.connection.sql("FROM identity_coverage").pl()
    counts = ("channel", "orders", "identified_orders", "guest_orders", "linked_orders")
    assert coverage.select(counts).rows() == [("app", 1, 1, 0, 1), ("web", 1, 1, 1, 1), ("(none)", 1, 0, 0, 0)]


def test_keys_are_counted_by_kind_and_those_that_hold_persons_together_are_listed() -> None:
    till = [key(f"t{n}", "phone", "till") for n in range(13)]
    pair = [key("a", "email", "mine"), key("b", "email", "mine"), key("c", "email", "other")]
    query = shop([of_account("a", DAY)], identities=[*till, *pair])
    kinds = query.connection.sql("FROM identity_kinds").pl()
    assert kinds.rows() == [("email", 3, 2, 1, 1, 0, 0), ("phone", 13, 1, 1, 0, 1, 13)]
    keys = query.connection.sql("FROM identity_keys").pl()
    assert keys.rows() == [
        ("a", "email", "mine", 2, False),
        (None, "phone", "till", 13, True),
        (None, "email", "mine", 2, False),
    ]


@pytest.mark.parametrize(("level", "together"), [*zip(LEVELS, (False, True, True), strict=True)])
def test_a_phone_alone_links_from_the_standard_level_on(tmp_path: Path, level: Any, together: bool) -> None:
    keys = [key("a", "phone", "x"), key("b", "phone", "x")]
    assert (linked([], keys, tmp_path / "step", Linking(level)) == {"a": "a", "b": "a"}) == together


def test_links_and_cuts_by_hand_hold_also_for_accounts_without_keys(tmp_path: Path) -> None:
    lines = [of_account(name, DAY) for name in "abcd"]
    keys = [key("a", "phone", "x"), key("b", "phone", "x")]
    by_hand = hand(("a", "b", False), ("c", "d", True))
    assert linked(lines, keys, tmp_path / "step", Linking(by_hand=by_hand)) == {"c": "c", "d": "c"}


def test_a_shop_without_accounts_counts_its_customers_as_before() -> None:
    assert customers(shop([line("ann", DAY), line("ann", LATER), line("bob", LAST)])) == {"ann": 1, "bob": 0}
