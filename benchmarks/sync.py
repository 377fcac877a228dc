"""A sync of one day's export against an import of everything, in CPU seconds: `python -m benchmarks.sync SHOP FOLDER`.

SHOP is a generated shop; its newest lines are held back, with whole orders of the days before in the overlap.
"""

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping import file
from shopkeeper.imports.sources.declaration import Folder, Source, TableSource
from shopkeeper.imports.sync import sync
from shopkeeper.query_files import ROOT

NEW = 0.01
OVERLAP = 0.005
"""Of all lines: what is new, and what comes again as it was."""


def split(shop: Path, folder: Path) -> int:
    """Write all but the newest lines into `folder`/first, these into `folder`/later; give how many are new."""
    parts = sorted((shop / "order_lines").glob("*.parquet"))
    lines = pl.concat([pl.read_parquet(part) for part in parts])
    order = lines.group_by("order_id").agg(pl.col("ordered_at").max()).sort("ordered_at", "order_id")
    newest = order["ordered_at"][int(len(order) * (1 - NEW))]
    again = order["ordered_at"][int(len(order) * (1 - NEW - OVERLAP))]
    new = set(order.filter(pl.col("ordered_at") >= newest)["order_id"])
    late = order.filter(pl.col("ordered_at") >= again)["order_id"].implode()
    for part in parts:
        rows = pl.read_parquet(part).filter(~pl.col("order_id").is_in(list(new)))
        write(rows, folder / "first" / "order_lines" / part.name)
    later = lines.filter(pl.col("order_id").is_in(late))
    write(later, folder / "later" / "order_lines" / "newest.parquet")
    shutil.copy(shop / "products.parquet", folder / "first" / "products.parquet")
    return lines.filter(pl.col("order_id").is_in(list(new))).height


def write(rows: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(path)


def source(folder: Path) -> Source:
    mapping = file.load("sample")
    modes = {"order_lines": "replace-by-order", "marketing_spend": "append"}
    tables = [TableSource(table.name, modes.get(table.name, "replace-by-key")) for table in mapping.tables]  # type: ignore[arg-type]
    return Source("shop", Folder(folder), mapping, tuple(tables))


def work(kind: str, folder: Path) -> None:
    """What a child process measures of itself."""
    begun = time.perf_counter()
    if kind == "import":
        import_files([folder / "all"], file.load("sample"), folder / "imported")
    else:
        sync([source(folder / "synced-from")], folder / "synced")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{used.ru_utime + used.ru_stime}\t{time.perf_counter() - begun}\t{used.ru_maxrss / 2**20}")


def child(kind: str, folder: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak GiB of one step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sync", kind, str(folder)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=dict(os.environ))
    cpu, wall, peak = map(float, ran.stdout.split())
    return cpu, wall, peak


def main(shop: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    new = split(shop, folder)
    (folder / "all").mkdir()
    shutil.copytree(shop / "order_lines", folder / "all" / "order_lines")
    shutil.copy(shop / "products.parquet", folder / "all")
    full = child("import", folder)
    print(f"import of everything\t{full[0]:.1f} CPU s, {full[1]:.1f} s, peak {full[2]:.2f} GiB\t1.00x")
    shutil.copytree(folder / "first", folder / "synced-from")
    child("sync", folder)
    for step in ("first sync after it", "nothing new"):
        if step != "nothing new":
            shutil.copy(folder / "later" / "order_lines" / "newest.parquet", folder / "synced-from" / "order_lines")
        cpu, wall, peak = child("sync", folder)
        print(f"{step}, {new:,} new lines\t{cpu:.1f} CPU s, {wall:.1f} s, peak {peak:.2f} GiB\t{cpu / full[0]:.2f}x")


if __name__ == "__main__":
    first, second = sys.argv[1:]
    if first in {"import", "sync"}:
        work(first, Path(second))
    else:
        main(Path(first), Path(second))
