"""Lookups, rates and kits in a sync: where they change, what came before is read again, as one import would read it."""

import csv
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shopkeeper.errors import Refused
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping.declared import Mapping as FileMapping
from shopkeeper.imports.mapping.file import parse_text
from shopkeeper.imports.sync import SyncOutcome, sync
from shopkeeper.lake import patch, store
from shopkeeper.lake.version import Version
from tests.imports.sources.steps import differing_marts, facts, folder_source

FEWEST = settings(max_examples=settings().max_examples // 50)
START = datetime(2025, 1, 6, 9)
TEXT = """
[shop]
name = "Test shop"
currency = "CNY"
timezone = "Asia/Shanghai"

[tables.order_lines]
files = ["items*"]
exchange = { files = ["rates*"] }
kits = { files = ["kits*"] }

[tables.order_lines.lookups.orders]
files = ["orders*"]
key = "no"
to = "id"
optional = true

[tables.order_lines.columns]
order_id = "id"
ordered_at = "at"
sku = "sku"
quantity = "n"
net_amount = "amount"
currency = "money"
status = "state"
customer_id = "orders.buyer"
ship_to_region = "orders.region"
"""
MAPPING: FileMapping = parse_text("joined", TEXT)
HEADINGS = {
    "items": ("id", "at", "sku", "n", "amount", "money", "state"),
    "orders": ("no", "buyer", "region"),
    "rates": ("day", "currency", "rate"),
    "kits": ("kit", "component", "quantity"),
}


def put(folder: Path, kind: str, name: str, rows: Iterable[Sequence[object]], age: int) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{kind}-{name}.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([HEADINGS[kind], *rows])
    os.utime(path, (1_000_000_000 + age, 1_000_000_000 + age))
    return path


line = st.tuples(
    st.sampled_from(("tea", "cup", "set")),
    st.integers(1, 3),
    st.decimals(min_value=1, max_value=99, places=2),
    st.sampled_from(("CNY", "USD")),
)
order = st.tuples(st.integers(0, 120), st.lists(line, min_size=1, max_size=3), st.none() | st.integers(1, 60))
partner = st.tuples(st.sampled_from(("ann", "bob", "")), st.sampled_from(("Hunan", "Jilin", "")))
step = st.fixed_dictionaries(
    {
        "items": st.dictionaries(st.integers(1, 6), order, max_size=4),
        "orders": st.dictionaries(st.integers(1, 6), partner, min_size=1, max_size=3),
        "rates": st.dictionaries(st.integers(0, 26), st.integers(600, 800), min_size=1, max_size=3),
        "kits": st.dictionaries(
            st.just("set"), st.dictionaries(st.sampled_from(("tea", "cup")), st.integers(1, 2), min_size=1)
        ),
    }
)
FIRST: Mapping[str, Any] = {
    "items": {1: (3, [("set", 1, 10, "USD"), ("tea", 1, 5, "CNY")], 9)},
    "orders": {1: ("ann", "Hunan")},
    "rates": dict.fromkeys(range(27), 700),
    "kits": {"set": {"tea": 1, "cup": 1}},
}


def written(kind: str, content: Mapping[Any, Any]) -> list[Sequence[object]]:
    """The rows of one file. A refund of an order's first line is a line of the same number, days later."""
    match kind:
        case "items":
            rows: list[Sequence[object]] = []
            for number, (day, lines, refunded) in content.items():
                at = START + timedelta(days=day)
                rows += [(number, at, *each, "sale") for each in lines]
                if refunded is not None:
                    sku, n, amount, money = lines[0]
                    rows.append((number, at + timedelta(days=refunded), sku, -n, -amount, money, "refund"))
            return rows
        case "kits":
            return [(kit, part, n) for kit, parts in content.items() for part, n in parts.items()]
        case "rates":
            days = {START.date() + timedelta(days=7 * week): rate for week, rate in content.items()}
            return [(day, "USD", rate / 100) for day, rate in days.items()]
        case _:
            return [(number, *each) for number, each in content.items()]


@settings(FEWEST, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))
@given(st.lists(step, min_size=1, max_size=2))
def test_steps_and_one_import_agree_whatever_is_read_beside(steps: Sequence[Mapping[str, Any]]) -> None:
    place = Path(tempfile.mkdtemp())
    whole: dict[str, dict[Any, Any]] = {kind: {} for kind in HEADINGS}
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(patch, "MOST_TOUCHED", 1e9)
            for number, content in enumerate((FIRST, *steps)):
                for kind, rows in content.items():
                    brought = {key: each for key, each in rows.items() if each}
                    whole[kind] |= brought
                    if brought:
                        put(place / "in", kind, str(number), written(kind, brought), number)
                sync([folder_source(place / "in", mapping=MAPPING)], place / "steps")
        for kind, content in whole.items():
            put(place / "whole", kind, "all", written(kind, content), 0)
        expected = import_files([place / "whole"], MAPPING, place / "once").version
        served = store.current(place / "steps")
        assert served is not None
        assert facts(served) == facts(expected)
        assert differing_marts(served, expected) == []
    finally:
        shutil.rmtree(place)


@dataclass
class Arriving:
    """A shop whose files lie in a folder, read by the mapping above."""

    folder: Path
    root: Path
    ages: int = field(default=0)

    def put(self, kind: str, name: str, *rows: Sequence[object]) -> Path:
        self.ages += 1
        return put(self.folder, kind, name, rows, self.ages)

    def sync(self, **modes: Any) -> SyncOutcome:
        return sync([folder_source(self.folder, mapping=MAPPING, **modes)], self.root)


@pytest.fixture
def shop(tmp_path: Path) -> Arriving:
    """One order of a kit, paid in dollars."""
    arriving = Arriving(tmp_path / "in", tmp_path / "lake")
    arriving.put("items", "may", (1, "2026-05-03 10:00", "set", 1, "10.00", "USD", "sale"))
    arriving.put("orders", "may", (1, "ann", "Hunan"))
    arriving.put("rates", "may", ("2026-05-01", "USD", "7.00"))
    arriving.put("kits", "all", ("set", "tea", 1), ("set", "cup", 1))
    return arriving


def lines(version: Version | None) -> list[tuple[object, ...]]:
    assert version is not None
    rows = pl.concat([pl.read_parquet(path) for path in version.files("order_lines")])
    return sorted(rows.select("order_id", "sku", pl.col("net_amount").cast(float), "customer_id").rows())


def test_newer_rows_beside_change_the_lines_that_were_there(shop: Arriving) -> None:
    first = shop.sync().served
    assert lines(first) == [("1", "cup", 35.0, "ann"), ("1", "tea", 35.0, "ann")]
    assert first is not None
    beside = [each.name.removeprefix("shop: beside shop/") for each in first.sources if ": beside " in each.name]
    assert beside == ["orders-may.csv", "rates-may.csv", "kits-all.csv"]
    again = shop.sync()
    assert (again.outcome, again.served, again.fetched[0].again) == (None, first, 0)
    shop.put("orders", "june", (1, "bob", "Hunan"))
    shop.put("rates", "june", ("2026-05-02", "USD", "8.00"))
    shop.put("kits", "june", ("set", "pot", 1))
    done = shop.sync()
    (fetched,) = done.fetched
    assert (fetched.new, fetched.unchanged, fetched.again) == (0, 1, 1)
    assert "shop/orders-june.csv, which is read beside the files of order_lines, has changed" in str(fetched.reasons[0])
    assert lines(done.served) == [("1", "pot", 80.0, "bob")]
    assert shop.sync().outcome is None


def test_what_left_the_source_keeps_its_rows_and_is_said_where_it_is_needed_again(shop: Arriving) -> None:
    april = shop.put("items", "april", (2, "2026-05-02 10:00", "tea", 1, "1.00", "USD", "sale"))
    shop.sync()
    april.unlink()
    june = shop.put("items", "june", (3, "2026-05-04 10:00", "tea", 1, "1.00", "USD", "sale"))
    tried = sync([folder_source(shop.folder, mapping=MAPPING)], shop.root, dry_run=True)
    assert [(each.new, each.again) for each in tried.fetched] == [(1, 0)]
    assert [table.rows_in for table in tried.tables] == [1]
    june.unlink()
    shop.put("rates", "june", ("2026-05-02", "USD", "8.00"))
    done = shop.sync()
    assert lines(done.served) == [("1", "cup", 40.0, "ann"), ("1", "tea", 40.0, "ann"), ("2", "tea", 7.0, None)]
    assert "order_lines that were read before are no longer there" in " ".join(map(str, done.fetched[0].warnings))
    (shop.folder / "orders-may.csv").unlink()
    assert shop.sync().outcome is None
    shop.put("orders", "june", (2, "bob", "Jilin"))
    with pytest.raises(Refused, match=r"shop/orders-may.csv, which was read beside them before, is no longer there"):
        shop.sync()
    assert store.current(shop.root) == done.served


def test_rows_that_are_only_added_cannot_become_others(shop: Arriving) -> None:
    shop.sync(order_lines="append")
    shop.put("rates", "june", ("2026-05-02", "USD", "8.00"))
    with pytest.raises(Refused, match=r"shop/rates-june.csv, which is read beside .* only appends"):
        shop.sync(order_lines="append")
