"""Forget one person of a lake: `python -m benchmarks.forget ROOT` prints seconds, the person's lines and all lines."""

import sys
import time
from pathlib import Path

import polars as pl

from shopkeeper.imports.forget import forget
from shopkeeper.lake import store

root = Path(sys.argv[1])
version = store.current(root)
if version is None:
    raise SystemExit("nothing was published")
groups = pl.scan_parquet(version.mart("identity_groups"))
person = groups.head(1).collect()["person_id"].item()
started = time.perf_counter()
forgotten = forget(root, person)
taken = time.perf_counter() - started
if forgotten.remains:
    raise SystemExit(f"still in {forgotten.remains}")
lines = version.tables["order_lines"].rows_published
print(f"{taken:.1f}\t{forgotten.erased.rows['order_lines']}\t{lines}")
