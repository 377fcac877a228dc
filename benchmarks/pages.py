"""Each page opened and drawn again, and the queries that it asks: `SHOPKEEPER_DATA=ROOT python -m benchmarks.pages`.

Run on a lake that was published whole and on one that was patched, it says what patching costs who reads.
"""

import statistics
import time
from collections import defaultdict
from unittest.mock import patch

import polars as pl
from streamlit.testing.v1 import AppTest

from benchmarks.rerun import measure
from shopkeeper.engine.duckdb import Engine
from shopkeeper.engine.query import Parameter
from shopkeeper.query_files import ROOT

SLOWEST = 10


def main() -> None:
    """Print one tab-separated line per page, and one for each of the slowest queries."""
    taken: dict[str, list[float]] = defaultdict(list)
    answer = Engine.__call__

    def timed(engine: Engine, name: str, /, **parameters: Parameter) -> pl.DataFrame:
        started = time.perf_counter()
        rows = answer(engine, name, **parameters)
        taken[name].append(time.perf_counter() - started)
        return rows

    with patch.object(Engine, "__call__", timed):
        for page in sorted((ROOT / "pages").rglob("*.py")):
            app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300).run()
            started = time.perf_counter()
            app.switch_page(str(page.relative_to(ROOT))).run()
            first = time.perf_counter() - started
            again = statistics.median(measure(app, lambda _number: None))
            print(f"{page.parent.name}/{page.stem}\tfirst {first:.2f} s\tagain {again * 1000:.0f} ms", flush=True)
    means = {name: statistics.mean(seconds) for name, seconds in taken.items()}
    for name in sorted(means, key=means.__getitem__, reverse=True)[:SLOWEST]:
        print(f"{name}\t{means[name] * 1000:.0f} ms")


if __name__ == "__main__":
    main()
