"""The checks of data health: each with its rule, the least volume at which it speaks, and the pages that it touches."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopkeeper.i18n import N_
from shopkeeper.messages import Message, message

STALE_DAYS, ARCHIVE_DAYS = 3, 91
PATTERN_DAYS, PATTERN_WEEKS, PATTERN_SHARE, PATTERN_ORDERS = 91, 8, 0.9, 60
PATTERN_DAYS_SHARE = 0.97
"""So many of the days of weekdays on which a channel sells had an order, or a day without one tells nothing."""
FALL_DAYS, FALL_BEFORE, FALL_SHARE, FALL_ORDERS = 7, 28, 0.5, 40
UNIDENTIFIED_SHARE, UNIDENTIFIED_ORDERS = 0.2, 50
OLD_COUNT_DAYS, OLD_COUNT_TIMES = 7, 3
OVERDUE_DAYS = 30
DIP_DAYS, DIP_SHARE, DIP_ORDERS, DIP_DEVIATIONS = 3, 0.15, 100, 2.3
DIP_WINDOWS, DIP_CALM, DIP_LIFT = 28, 0.12, 1.3
"""The fewest windows that tell of chance; how far others may stray in a calm one; the most that they lift a channel."""
LATE_DELIVERIES, LATE_SHARE = 10, 0.99
"""The fewest deliveries of a way from which on its lateness is known, and the share of them that is waited for."""
REFUND_ORDERS, REFUND_SHARE, REFUND_DAYS = 5, 0.001, 60

CUSTOMERS = ("retention", "churn_risk", "lifetime_value")
SUPPLY = ("coverage", "demand", "replenishment", "network")
STOCK = ("coverage", "replenishment", "network")


@dataclass(frozen=True)
class Rule:
    """`says`: when it speaks, in words; `pages`: those whose figures it bends."""

    title: str
    says: Message
    pages: tuple[str, ...]


PAGES: Mapping[str, str] = {
    "retention": N_("Retention"),
    "churn_risk": N_("Churn risk"),
    "lifetime_value": N_("Lifetime value"),
    "coverage": N_("Coverage"),
    "demand": N_("Demand"),
    "replenishment": N_("Replenishment"),
    "network": N_("Network"),
}
"""The titles of the pages, by their addresses."""
RULES: Mapping[str, Rule] = {
    "freshness": Rule(
        N_("The data are old"),
        message("The last complete day lies more than {days} days back.", days=STALE_DAYS),
        (*CUSTOMERS, *SUPPLY),
    ),
    "missing_days": Rule(
        N_("Days without orders"),
        message(
            "A channel with {orders} orders or more in {days} days had none on a weekday on which it sold in {share} % "
            "of the weeks, and sold on {days_share} % of all such days.",
            days_share=round(100 * PATTERN_DAYS_SHARE),
            orders=PATTERN_ORDERS,
            days=PATTERN_DAYS,
            share=round(100 * PATTERN_SHARE),
        ),
        (*CUSTOMERS, "demand"),
    ),
    "sudden_fall": Rule(
        N_("A channel has fallen"),
        message(
            "Orders of the last {days} days are at most {share} % of a usual week of the {before} days before, of "
            "channels with {orders} orders in these.",
            days=FALL_DAYS,
            share=round(100 * FALL_SHARE),
            before=FALL_BEFORE,
            orders=FALL_ORDERS,
        ),
        (*CUSTOMERS, "demand"),
    ),
    "dip": Rule(
        N_("A channel sells less than usual"),
        message(
            "Orders of the last {days} days are {share} % and {deviations} standard deviations or more below the "
            "median of the same weekdays of {weeks} weeks, moved as others move; from {orders} usual orders on.",
            days=DIP_DAYS,
            share=round(100 * DIP_SHARE),
            weeks=PATTERN_WEEKS,
            deviations=DIP_DEVIATIONS,
            orders=DIP_ORDERS,
        ),
        (*CUSTOMERS, "demand"),
    ),
    "unidentified": Rule(
        N_("Orders of unknown customers"),
        message(
            "More than {share} % of the orders of the last {days} days have no known customer, of at least {orders}.",
            share=round(100 * UNIDENTIFIED_SHARE),
            days=PATTERN_DAYS,
            orders=UNIDENTIFIED_ORDERS,
        ),
        CUSTOMERS,
    ),
    "equal_orders": Rule(
        N_("Orders that equal another"),
        message("Same customer, same time and the same lines under another order number."),
        (*CUSTOMERS, "demand"),
    ),
    "repeated_lines": Rule(
        N_("Lines that stand twice"),
        message("Lines of one order equal in time, item, quantity, amount and status. They may be meant."),
        (*CUSTOMERS, "demand"),
    ),
    "prices": Rule(
        N_("Unusual prices"),
        message(
            "A price per unit seven times the item's median or more, or a seventh or less, of items with 20 lines."
        ),
        ("lifetime_value", "demand"),
    ),
    "quantities": Rule(
        N_("Unusual quantities"),
        message("100 units or more in a line, and 100 times what is usual for the item, in shops with 1,000 lines."),
        SUPPLY,
    ),
    "customers": Rule(
        N_("Customers who may be many"),
        message("Over 1 % of all orders and 20 times those of 999 of 1,000 customers, in shops with 1,000 orders."),
        CUSTOMERS,
    ),
    "skus": Rule(N_("Items that no product list has"), message("Sold, but not in the products."), SUPPLY),
    "regions": Rule(
        N_("Regions that no list has"), message("Sold to, but not in the regions."), ("coverage", "network")
    ),
    "refunds_alone": Rule(
        N_("Refunds without a sale"),
        message(
            "No sale of the refunded order is there, {days} days after the data begin or later; at least {orders} of "
            "these, or over {share} % of all that was sold.",
            days=REFUND_DAYS,
            orders=REFUND_ORDERS,
            share=100 * REFUND_SHARE,
        ),
        (*CUSTOMERS, "demand"),
    ),
    "refunds_above": Rule(
        N_("Refunds larger than their order"),
        message(
            "More was given back of an order than all its lines brought; at least {orders} orders, or over {share} % "
            "of all that was sold.",
            orders=REFUND_ORDERS,
            share=100 * REFUND_SHARE,
        ),
        (*CUSTOMERS, "demand"),
    ),
    "old_counts": Rule(
        N_("Old stock counts"),
        message(
            "A location's newest count is over {days} days old, and {times} times as old as it is between its counts.",
            days=OLD_COUNT_DAYS,
            times=OLD_COUNT_TIMES,
        ),
        STOCK,
    ),
    "missing_items": Rule(
        N_("Items missing from the newest count"),
        message("Counted at the location in the four weeks before its newest count, but not in it."),
        STOCK,
    ),
    "late": Rule(
        N_("Deliveries that should be there"),
        message(
            "Not received a day after {share} % of the deliveries of the same way were, by their due day, of ways with "
            "{deliveries} deliveries in a year; up to {days} days after it was due.",
            share=round(100 * LATE_SHARE),
            deliveries=LATE_DELIVERIES,
            days=OVERDUE_DAYS,
        ),
        STOCK,
    ),
    "overdue": Rule(
        N_("Deliveries long overdue"),
        message("Due more than {days} days ago and not received.", days=OVERDUE_DAYS),
        STOCK,
    ),
}
