"""A version whose marts were patched is the one that all its rows would give, whatever came, went or was forgotten."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shopkeeper.errors import Refused
from shopkeeper.imports.forget import forget
from shopkeeper.imports.sync import sync
from shopkeeper.lake import patch, store
from shopkeeper.lake.upgrade import upgraded
from shopkeeper.lake.version import Version
from shopkeeper.progress import Progress
from tests.imports.sources.steps import differing_marts, facts, folder_source, put

FEWEST = settings(max_examples=settings().max_examples // 20)
"""Each example publishes about five times; shrinking one would take minutes."""
START = datetime(2025, 1, 6, 9)
SKUS = ("tea", "cup", "pot")
ACCOUNTS = ("ann", "anna", "bob", "bobby", "cid", None)
CUSTOMERS = ("c1", "c2", None, None)
OF_LINES = ("sku", "quantity", "net_amount", "ship_to_region", "category")
Row = Mapping[str, Any]

line = st.fixed_dictionaries(
    {
        "sku": st.sampled_from(SKUS),
        "quantity": st.integers(1, 3),
        "net_amount": st.integers(0, 40),
        "ship_to_region": st.sampled_from(("Hunan", "Jilin", None)),
        "category": st.sampled_from(("x", "z", None)),
        "next_day": st.booleans(),
        "names_buyer": st.booleans(),
    }
)
order = st.fixed_dictionaries(
    {
        "day": st.integers(0, 60),
        "account": st.sampled_from(ACCOUNTS),
        "customer": st.sampled_from(CUSTOMERS),
        "status": st.sampled_from(("sale", "sale", "sale", "cancelled", "sell_in")),
        "channel": st.sampled_from(("web", "store")),
        "lines": st.lists(line, min_size=1, max_size=2),
        "copied": st.booleans(),
    }
)
refund = st.fixed_dictionaries(
    {
        "of": st.integers(1, 6),
        "days": st.integers(1, 40),
        "account": st.sampled_from(ACCOUNTS),
        "own_number": st.booleans(),
        "bought_by": st.sampled_from((*ACCOUNTS, None, None)),
    }
)
product = st.fixed_dictionaries(
    {"name": st.sampled_from(("A", "B")), "category": st.sampled_from(("x", "y")), "unit_cost": st.integers(0, 9)}
)
key = st.tuples(st.sampled_from(ACCOUNTS[:-1]), st.sampled_from(("1", "2", "3")))
delta = st.fixed_dictionaries(
    {
        "orders": st.dictionaries(st.integers(1, 6), order, max_size=4),
        "refunds": st.lists(refund, max_size=2),
        "products": st.dictionaries(st.sampled_from(SKUS), product, max_size=1),
        "keys": st.lists(key, max_size=2, unique=True),
        "contactable": st.dictionaries(st.sampled_from(ACCOUNTS[:-1]), st.booleans(), max_size=1),
        "forgotten": st.sampled_from((None, None, *ACCOUNTS[:-1])),
    }
)


@pytest.fixture(autouse=True)
def _everything_is_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much of so small a shop differs."""
    monkeypatch.setattr(patch, "MOST_TOUCHED", 1e9)


def lines_of(number: str, given_order: Row) -> list[Row]:
    head = {
        "order_id": number,
        "ordered_at": START + timedelta(days=given_order["day"]),
        "account_id": given_order["account"],
        "customer_id": given_order["customer"] if given_order["account"] else None,
        "channel": given_order["channel"],
        "status": given_order["status"],
    }
    rows: list[dict[str, Any]] = [head | {name: each.get(name) for name in OF_LINES} for each in given_order["lines"]]
    for row, each in zip(rows, given_order["lines"], strict=True):
        if each.get("next_day"):
            row["ordered_at"] += timedelta(hours=15)
        if not each.get("names_buyer", True):
            row["account_id"] = row["customer_id"] = None
    return [*rows, *(row | {"order_id": f"{number}-again"} for row in rows if given_order["copied"])]


def write(folder: Path, number: int, given_delta: Row) -> None:
    lines = [row for each, one in given_delta["orders"].items() for row in lines_of(str(each), one)]
    for back in given_delta["refunds"]:
        at = START + timedelta(days=back["days"] + 20)
        order = str(back["of"]) if back["own_number"] else f"r{back['of']}"
        head = {
            "order_id": order,
            "ordered_at": at,
            "original_order_id": None if back["own_number"] else str(back["of"]),
        }
        lines.append(
            head | {"account_id": back["account"], "sku": "tea", "quantity": -1, "net_amount": -3, "status": "refund"}
        )
        if back["bought_by"]:
            other = {"order_id": order, "ordered_at": at, "account_id": back["bought_by"], "status": "sale"}
            lines.append(other | {"sku": "cup", "quantity": 1, "net_amount": 2})
    tables: dict[str, list[Row]] = {
        "order_lines": lines,
        "products": [{"sku": sku, **each} for sku, each in given_delta["products"].items()],
        "identities": [
            {"account_id": each, "key_kind": "phone", "key_hash": f"k{k}"} for each, k in given_delta["keys"]
        ],
        "customers": [{"customer_id": each, "contactable": said} for each, said in given_delta["contactable"].items()],
    }
    for name, rows in tables.items():
        if rows:
            put(folder, str(number), name, rows, number)


@contextmanager
def heard() -> Iterator[tuple[Progress, list[str]]]:
    steps: list[str] = []
    yield Progress(lambda step, _share: steps.append(step)), steps


def made_whole(root: Path) -> Version:
    """The same tables, published without patching, in a copy of the lake."""
    copy = root.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy)
    with pytest.MonkeyPatch.context() as context:
        context.setattr(patch, "MOST_TOUCHED", -1)
        return upgraded(copy, always=True)


@settings(FEWEST, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))
@given(st.lists(delta, min_size=2, max_size=4))
def test_a_patched_version_is_the_one_that_all_rows_give(deltas: Sequence[Row]) -> None:
    place = Path(tempfile.mkdtemp())
    root, source = place / "lake", folder_source(place / "in")
    first = {"day": 3, "account": "bob", "customer": None, "status": "sale", "channel": "web", "copied": False}
    start = {"orders": {9: first | {"lines": [{"sku": "tea", "quantity": 1, "net_amount": 5}]}}, "refunds": []}
    try:
        (place / "in").mkdir()
        write(place / "in", 0, start | {"products": {}, "keys": [], "contactable": {}})
        sync([source], root)
        for number, each in enumerate(deltas, 1):
            write(place / "in", number, each)
            try:
                with heard() as (progress, steps):
                    sync([source], root, progress=progress)
                assert not [step for step in steps if step.startswith("Making all")]
                if each["forgotten"]:
                    assert forget(root, each["forgotten"]).remains == ()
            except Refused:
                # Nothing came that can be used, or nobody of that name: the version stays.
                continue
        served = store.current(root)
        assert served is not None
        whole = made_whole(root)
        assert facts(served) == facts(whole)
        assert differing_marts(served, whole) == []
        assert store.verify(served) == []
    finally:
        shutil.rmtree(place)


def bought(order: str, day: int, account: str | None = None, **more: Any) -> Row:
    head = {"order_id": order, "ordered_at": START + timedelta(days=day), "account_id": account, "status": "sale"}
    return head | {"sku": "tea", "quantity": 1, "net_amount": 5} | more


def given_back(order: str, of: str, day: int, **more: Any) -> Row:
    return bought(order, day, status="refund", quantity=-1, net_amount=-3, original_order_id=of, **more)


STEPS = (
    [
        bought("9", 0, "dan"),
    ],
    [
        bought("undescribed-1", 0, "ann", sku="cup", category="x"), bought("undescribed-2", 9, "bob", sku="cup"),
        bought("1", 0, "ann"), given_back("named", "unknown", 5),
        bought("counted-1", 0), bought("counted-2", 1, "ann"), bought("counted-3", 2),
        bought("joined-1", 0, "a"), bought("joined-2", 1, "b"), given_back("back", "joined-2", 4, account_id="b"),
    ],
    [
        bought("undescribed-3", 20, "cid", sku="cup", category="z"),
        given_back("named", "unknown", 5), bought("named", 5, "bob"),
        bought("counted-1", 0, "bob"), bought("counted-2", 1, "ann", status="cancelled"),
        bought("joined-3", 2, "a", customer_id="c1"), bought("joined-4", 3, "b", customer_id="c1"),
    ],
    [
        given_back("named", "unknown", 5), bought("named", 5, "cid"),
        given_back("other", "counted-3", 9, account_id="cid"),
        bought("joined-4", 3, "b", customer_id="c2"),
    ],
)  # fmt: skip
"""An item that nobody described takes another category from a new line, on its older days too. A refund of an order
that is not there gets its buyer from a line that its own number brings later. Orders are named and cancelled, so that
those sold, and those with a buyer, are others. A customer's number joins two accounts, and leaves one."""


def test_what_new_lines_say_of_older_ones_is_patched_too(tmp_path: Path) -> None:
    root, source = tmp_path / "lake", folder_source(tmp_path / "in")
    for number, lines in enumerate(STEPS):
        put(tmp_path / "in", str(number), "order_lines", lines, number)
        with heard() as (progress, said):
            sync([source], root, progress=progress)
        assert not number or not [step for step in said if step.startswith("Making all")]
    served = store.current(root)
    assert served is not None
    whole = made_whole(root)
    assert facts(served) == facts(whole)
    assert differing_marts(served, whole) == []
