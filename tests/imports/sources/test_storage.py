"""Objects of an S3 storage (moto's server): what is new or changed is read, the rest is not even fetched."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pyarrow import fs

from shopkeeper.errors import Refused
from shopkeeper.imports.sources import storage
from shopkeeper.imports.sources.declaration import load
from shopkeeper.imports.sync import sync
from tests.imports.conftest import HEADER
from tests.imports.sources.steps import MAPPING_FILE

LINE = "{},2026-05-0{} 10:00:00,A,1,{},ann,sale,CNY"


def declare(folder: Path, endpoint: str) -> Path:
    (folder / "mine.toml").write_text(MAPPING_FILE)
    path = folder / "sources.toml"
    path.write_text(
        f"""[sources.store]
kind = "s3"
bucket = "exports"
prefix = "shop/"
endpoint = "{endpoint}"
region = "eu-central-1"
access_key = "${{SHOPKEEPER_TEST_KEY}}"
secret_key = "${{SHOPKEEPER_TEST_SECRET}}"
mapping = "mine.toml"
"""
    )
    return path


def put(bucket: fs.S3FileSystem, name: str, *lines: str, header: str = HEADER) -> None:
    with bucket.open_output_stream(f"exports/{name}") as stream:
        stream.write("\n".join((header, *lines, "")).encode())


def test_new_and_changed_objects_are_read_and_others_are_not_fetched(
    s3: str, bucket: fs.S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = load(declare(tmp_path, s3))
    put(bucket, "shop/order_lines/may.csv", LINE.format(1, 1, "10.00"), LINE.format(2, 2, "20.00"))
    put(bucket, "shop/readme.md", "x")
    put(bucket, "elsewhere/order_lines.csv", LINE.format(9, 1, "99.00"))
    first = sync(sources, tmp_path / "lake")
    assert (first.fetched[0].new, first.fetched[0].unchanged) == (1, 0)
    assert "readme.md belongs to no table" in " ".join(map(str, first.fetched[0].warnings))

    fetched: list[str] = []
    copy = storage._copy

    def watched(client: Any, each: storage.Stored, folder: Path) -> None:
        fetched.append(each.name)
        copy(client, each, folder)

    monkeypatch.setattr(storage, "_copy", watched)
    put(bucket, "shop/order_lines/june.csv", LINE.format(2, 3, "25.00"), LINE.format(3, 3, "30.00"))
    second = sync(sources, tmp_path / "lake")
    assert fetched == ["order_lines/june.csv"]
    assert (second.fetched[0].new, second.fetched[0].unchanged) == (1, 1)
    assert second.served is not None
    rows = pl.concat([pl.read_parquet(path) for path in second.served.files("order_lines")]).sort("order_id")
    assert rows.select("order_id", pl.col("net_amount").cast(pl.Float64)).rows() == [("1", 10), ("2", 25), ("3", 30)]
    assert sync(sources, tmp_path / "lake").outcome is None


JOINED = """
[shop]
name = "Test shop"
currency = "CNY"
timezone = "Asia/Shanghai"
[tables.order_lines]
files = "items*"
lookups.orders = { files = "orders*", key = "no", to = "id" }
columns = { order_id = "id", ordered_at = "orders.at", sku = "sku", quantity = "n", net_amount = "amount" }
"""


def test_what_is_read_beside_is_fetched_with_the_files_that_need_it(
    s3: str, bucket: fs.S3FileSystem, tmp_path: Path
) -> None:
    path = declare(tmp_path, s3)
    (tmp_path / "mine.toml").write_text(JOINED)
    put(bucket, "shop/items-1.csv", "1,A,1,10.00", header="id,sku,n,amount")
    put(bucket, "shop/orders-1.csv", "1,2026-05-01", header="no,at")
    first = sync(load(path), tmp_path / "lake")
    assert (first.fetched[0].new, first.fetched[0].warnings) == (1, ())
    assert sync(load(path), tmp_path / "lake").outcome is None
    put(bucket, "shop/items-2.csv", "2,A,1,20.00", header="id,sku,n,amount")
    put(bucket, "shop/orders-2.csv", "1,2026-05-02", "2,2026-05-03", header="no,at")
    second = sync(load(path), tmp_path / "lake")
    assert (second.fetched[0].new, second.fetched[0].unchanged, second.fetched[0].again) == (1, 1, 1)
    assert second.served is not None
    rows = pl.concat([pl.read_parquet(path) for path in second.served.files("order_lines")]).sort("order_id")
    assert rows["ordered_at"].dt.day().to_list() == [2, 3]


def test_a_bucket_that_is_not_there_is_said_without_the_keys(s3: str, bucket: fs.S3FileSystem, tmp_path: Path) -> None:
    path = declare(tmp_path, s3)
    path.write_text(path.read_text().replace('"exports"', '"nowhere"'))
    with pytest.raises(Refused, match="nowhere cannot be read") as refusal:
        sync(load(path), tmp_path / "lake")
    assert "a-long-secret" not in str(refusal.value)
