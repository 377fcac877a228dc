"""The kinds of action: what each is about, the least volume at which it speaks, and the page that it leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shopkeeper.i18n import N_

Kind = Literal["rescue", "stock_out", "orders", "transfers", "excess", "event", "target", "data"]
Part = Literal["fits", "forecast", "stock"]
"""What an action may have to wait for: the fits of the buying models, the forecast, or a table of stock."""
View = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rule:
    """One kind of action.

    `amount_is` names the measure of its amount; empty where it has none, or one of its own. `least_n` is the volume
    from which on it speaks: customers, items in regions, order lines, moves, or what a finding counts. `page` is its
    address, `choices` what is chosen there by the widgets' keys, and so by the link.
    """

    title: str
    amount_is: str
    least_n: int
    page: str
    choices: View = ()
    tells_horizon: bool = False
    """Whether the days ahead are said beside the amount; the measure's own name says them elsewhere."""
    is_estimate: bool = True
    """Whether the amount is expected, and so has an interval, known or not; else it is counted in the data."""


MOVES: View = (("replenishment_view", "transfers"),)
"""What is to be moved, on the page Replenishment."""
RULES: Mapping[Kind, Rule] = {
    "rescue": Rule(
        N_("Customers to rescue"),
        "value_at_stake",
        10,
        "churn_risk",
        (("churn_view", "risk"), ("risk_days", "90"), ("value", "margin"), ("lost", "leave"), ("model", "best")),
        tells_horizon=True,
    ),
    "stock_out": Rule(
        N_("Running out"),
        "margin_at_stake",
        1,
        "coverage",
        (("coverage_view", "act"), ("coverage_status", "all")),
    ),
    "orders": Rule(
        N_("Orders due"),
        "margin_protected",
        1,
        "replenishment",
        (("replenishment_view", "orders"), ("orders_due", "today")),
    ),
    "transfers": Rule(
        N_("Transfers due"),
        "transfer_gain",
        1,
        "replenishment",
        MOVES,
        tells_horizon=True,
    ),
    "excess": Rule(
        N_("Excess to clear"),
        "excess_value",
        1,
        "coverage",
        (("coverage_view", "classes"),),
        is_estimate=False,
    ),
    "event": Rule(
        N_("Event ahead"),
        "",
        1,
        "replenishment",
        (("replenishment_view", "orders"),),
        tells_horizon=True,
    ),
    "target": Rule(N_("Target missed"), "target_gap", 1, "today", tells_horizon=True),
    # Each check of data health has a least volume of its own: `shop/health/rules.py`.
    "data": Rule(N_("In the data"), "", 1, "data", (("data_section", "health"),), is_estimate=False),
}
TARGET_LEAST_SHARE = 0.2
"""Before so much of a month or year is done, nothing is said of its end."""
EVENT_DAYS = 91
"""An event that starts within so many days is counted down to."""
LATER_DAYS = 7
"""For so many days of data an action that was put off stays away."""
NOT_OF_THE_SAMPLE = ("freshness",)
"""Findings that say nothing of the sample shop: its days stand still."""
