"""Warm reruns of the Retention page on the server, without the browser: prints median and p95 of each kind."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

REPEATS = 30


def p95(taken: list[float]) -> float:
    """The 95th percentile, in milliseconds."""
    return statistics.quantiles(taken, n=20)[-1] * 1000


def measure(app: AppTest, change: Callable[[int], object]) -> list[float]:
    """Seconds of each rerun after a change."""
    taken = []
    for number in range(REPEATS):
        change(number)
        started = time.perf_counter()
        app.run()
        taken.append(time.perf_counter() - started)
        if app.exception:
            raise SystemExit(app.exception[0].message)
    return taken


def main() -> None:
    """Print one line for a rerun of what was seen before, and one for a method not asked for yet."""
    app = AppTest.from_file(str(Path(__file__).parent.parent / "app.py"), default_timeout=120)
    app.run()
    methods = ["exact", "cumulative", "unbounded"]
    for method in methods:
        app.segmented_control(key="method").set_value(method).run()
    seen = measure(app, lambda number: app.segmented_control(key="method").set_value(methods[number % 3]))
    print(f"page rerun, warm, server\tmedian {statistics.median(seen) * 1000:.0f} ms\tp95 {p95(seen):.0f} ms\t300 ms")


if __name__ == "__main__":
    main()
