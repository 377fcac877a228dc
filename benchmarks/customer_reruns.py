"""Warm reruns of Churn risk and Lifetime value on the server, without the browser: sections, options, filters.

Everything was asked for before, as when a viewer goes back and forth.
"""

import statistics
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from benchmarks.rerun import measure, p95

APP = str(Path(__file__).parent.parent / "app.py")
GOAL = "300 ms"
Change = tuple[str, str, dict[str, str], str, tuple[str, ...]]
"""What changes, the page, its link, the control's key and the values that it takes in turn."""
CHANGES: tuple[Change, ...] = (
    (
        "section",
        "churn_risk",
        {"stage_then": "lost", "stage_now": "lost"},
        "churn_view",
        ("risk", "second", "lifecycle", "customer"),
    ),
    ("days ahead", "churn_risk", {}, "risk_days", ("30", "90")),
    ("days ahead, one customer", "churn_risk", {"churn_view": "customer"}, "risk_days", ("30", "90")),
    ("second order by", "churn_risk", {"churn_view": "second"}, "clock_by", ("channel", "category")),
    (
        "measure of the lifecycle",
        "churn_risk",
        {"churn_view": "lifecycle", "stage_then": "lost", "stage_now": "lost"},
        "stage_measure",
        ("revenue", "customers"),
    ),
    ("filter", "churn_risk", {}, "acquired_channels", ()),
    ("part", "lifetime_value", {}, "value_part", ("segments", "distribution", "matrix", "customers", "proof")),
    ("months ahead", "lifetime_value", {}, "months", ("3", "12")),
    ("months ahead, distribution", "lifetime_value", {"value_part": "distribution"}, "months", ("3", "12")),
    ("what is valued, proof", "lifetime_value", {"value_part": "proof"}, "value", ("revenue", "margin")),
    ("filter", "lifetime_value", {}, "acquired_channels", ()),
)


def opened(page: str, link: dict[str, str]) -> AppTest:
    """The page as its link opens it."""
    app = AppTest.from_file(APP, default_timeout=300)
    for name, value in link.items():
        app.query_params[name] = value
    return app.run().switch_page(f"pages/customers/{page}.py").run()


def setter(app: AppTest, key: str, values: tuple[str, ...]) -> Callable[[int], object]:
    """Chooses one value after the other, all asked for once before; without values, the first channel and all."""

    def choose(value: Any) -> AppTest:
        control = app.segmented_control(key=key) if values else app.multiselect(key=key)
        return control.set_value(value)  # type: ignore[return-value]

    offered: list[Any] = list(values) or [[], app.multiselect(key=key).options[:1]]
    for value in offered:
        choose(value)
        app.run()
    turns = cycle(offered)
    return lambda _number: choose(next(turns))


def main() -> None:
    """Print one line for each kind of rerun."""
    for what, page, link, key, values in CHANGES:
        app = opened(page, link)
        taken = measure(app, setter(app, key, values))
        median = statistics.median(taken) * 1000
        print(f"{page}, rerun: {what}\tmedian {median:.0f} ms\tp95 {p95(taken):.0f} ms\t{GOAL}", flush=True)


if __name__ == "__main__":
    main()
