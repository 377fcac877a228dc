"""A sync in several steps and one import of the final state give the same marts: by row, by type, to the cent."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shopkeeper import sample
from shopkeeper.imports.job import import_files
from shopkeeper.imports.sync import sync
from shopkeeper.lake import patch, store
from shopkeeper.lake.version import Version
from tests.imports.sources.steps import MAPPING, differing_marts, facts, folder_source, put

Row = Mapping[str, Any]
FEWEST = settings(max_examples=settings().max_examples // 20)
"""Each example publishes up to five times; shrinking one would take minutes."""
START = datetime(2025, 1, 6, 9)
SKUS = ("tea", "cup", "pot")
PEOPLE = ("ann", "bob", "cat", None)


@pytest.fixture(autouse=True)
def _everything_is_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much of so small a shop differs."""
    monkeypatch.setattr(patch, "MOST_TOUCHED", 1e9)


line = st.fixed_dictionaries(
    {
        "sku": st.sampled_from(SKUS),
        "quantity": st.integers(1, 3),
        "net_amount": st.decimals(min_value=0, max_value=99, places=2),
        "channel": st.sampled_from(("web", "store", None)),
        "ship_to_region": st.sampled_from(("Hunan", "Jilin", None)),
    }
)
order = st.fixed_dictionaries(
    {
        "day": st.integers(0, 120),
        "customer": st.sampled_from(PEOPLE),
        "lines": st.lists(line, min_size=1, max_size=3),
        "refunded": st.one_of(st.none(), st.integers(1, 60)),
    }
)
batch = st.dictionaries(st.integers(1, 9), order, min_size=1, max_size=5)
"""Orders by number; a later batch may bring a number again, as it is then."""
product = st.fixed_dictionaries(
    {
        "category": st.sampled_from(("drinks", "china", None)),
        "unit_cost": st.decimals(min_value=0, max_value=9, places=2),
    }
)
step = st.tuples(batch, st.dictionaries(st.sampled_from(SKUS), product, max_size=2))


def rows_of(number: int, given: Mapping[str, Any]) -> list[Row]:
    """The order's lines; a refund of its first line is a line of the same number, days later."""
    at = START + timedelta(days=given["day"])
    head = {"order_id": str(number), "ordered_at": at, "customer_id": given["customer"], "status": "sale"}
    rows = [head | each for each in given["lines"]]
    if given["refunded"] is not None:
        first = given["lines"][0]
        back = {"quantity": -first["quantity"], "net_amount": -first["net_amount"], "status": "refund"}
        later = {"ordered_at": at + timedelta(days=given["refunded"]), "original_order_id": str(number)}
        rows.append(head | first | back | later)
    return rows


def in_one(folder: Path, orders: Mapping[int, Any], products: Mapping[str, Any], root: Path) -> Version:
    put(folder, "all", "order_lines", [row for number, each in orders.items() for row in rows_of(number, each)], 0)
    if products:
        put(folder, "all", "products", [{"sku": sku, **each} for sku, each in products.items()], 0)
    return import_files([folder], MAPPING, root).version


@settings(FEWEST, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))
@given(st.lists(step, min_size=2, max_size=4), st.booleans())
def test_steps_and_one_import_agree(steps: Sequence[tuple[dict[int, Any], dict[str, Any]]], together: bool) -> None:
    """`together`: the last two steps are read in one sync, two files of one table."""
    place = Path(tempfile.mkdtemp())
    try:
        orders: dict[int, Any] = {}
        products: dict[str, Any] = {}
        source = folder_source(place / "in")
        for number, (brought, described) in enumerate(steps):
            lines = [row for each, given_order in brought.items() for row in rows_of(each, given_order)]
            put(place / "in", str(number), "order_lines", lines, number)
            if described:
                rows = [{"sku": sku, **each} for sku, each in described.items()]
                put(place / "in", str(number), "products", rows, number)
            orders |= brought
            products |= described
            if not (together and number == len(steps) - 2):
                sync([source], place / "steps")
        whole = in_one(place / "whole", orders, products, place / "once")
        served = store.current(place / "steps")
        assert served is not None
        assert facts(served) == facts(whole)
        assert differing_marts(served, whole) == []
        assert store.verify(served) == []
    finally:
        shutil.rmtree(place)


def test_a_simulated_shop_in_three_exports_that_overlap_agrees_too(tmp_path: Path) -> None:
    """All tables of the contract; of the orders that come again, some were other before."""
    sample.generate(tmp_path / "shop", 900, 11, expected_from=0)
    lines = pl.concat([pl.read_parquet(path) for path in sorted((tmp_path / "shop" / "order_lines").glob("*.parquet"))])
    started = lines.group_by("order_id").agg(pl.col("ordered_at").min().alias("started"))
    lines = lines.join(started, on="order_id", maintain_order="left")
    times = started["started"].sort().to_list()
    at = [times[len(times) * share // 10] for share in (6, 8)]
    week = timedelta(days=7)
    source = folder_source(tmp_path / "in")
    for table_file in (tmp_path / "shop").glob("*.parquet"):
        (tmp_path / "in").mkdir(exist_ok=True)
        shutil.copy(table_file, tmp_path / "in")
    steps = [
        lines.filter(pl.col("started") < at[0]).with_columns(
            pl.when(pl.col("started") >= at[0] - week / 2)
            .then(pl.col("quantity") + 1)
            .otherwise("quantity")
            .alias("quantity")
        ),
        lines.filter((pl.col("started") >= at[0] - week) & (pl.col("started") < at[1])),
        lines.filter(pl.col("started") >= at[1] - week),
    ]
    replaced = []
    for number, rows in enumerate(steps):
        put(tmp_path / "in", str(number), "order_lines", rows.drop("started").to_dicts(), number)
        done = sync([source], tmp_path / "steps")
        (of_lines,) = [table.replacement for table in done.tables if table.name == "order_lines"]
        assert of_lines is not None
        replaced.append((of_lines.keys_changed > 0, of_lines.keys_unchanged > 0))
    assert replaced == [(False, False), (True, True), (False, True)]
    put(tmp_path / "whole", "all", "order_lines", lines.drop("started").to_dicts(), 0)
    for table_file in (tmp_path / "shop").glob("*.parquet"):
        shutil.copy(table_file, tmp_path / "whole")
    whole = import_files([tmp_path / "whole"], MAPPING, tmp_path / "once").version
    served = store.current(tmp_path / "steps")
    assert served is not None
    assert facts(served) == facts(whole)
    assert differing_marts(served, whole) == []
