"""The frames of churn risk."""

from shopkeeper.contract.table import Column, Table, defined
from shopkeeper.customers.frames import (
    ACQUIRED,
    CUSTOMER_ID,
    CUSTOMERS_COUNT,
    FIRST_DAY,
    HISTORY,
    LAST_DAY,
    MARGIN,
    MODEL_KIND,
    REVENUE,
    SEGMENT,
    SEGMENT_KIND,
)
from shopkeeper.i18n import N_
from shopkeeper.models.buying.rescue import REASONS

P_ALIVE = defined("p_alive")
P_NO_PURCHASE = defined("p_no_purchase")
VALUE_AT_STAKE = defined("value_at_stake")

CUSTOMERS = Table(
    "churn_customers",
    "one row per chosen customer, by value at stake",
    "Risk of each customer and what it costs, as of a day.",
    (
        CUSTOMER_ID,
        *HISTORY,
        P_ALIVE,
        P_NO_PURCHASE,
        defined("expected_purchases"),
        defined("expected_next_order", "DATE"),
        defined("days_overdue", "INTEGER"),
        VALUE_AT_STAKE,
        Column("stage", "VARCHAR", "Stage of life by the rules in use.", label=N_("Stage")),
        LAST_DAY,
        Column("last_channel", "VARCHAR", "Channel of the last purchase.", label=N_("Last channel")),
        Column("last_category", "VARCHAR", "Category of the last purchase.", label=N_("Last category")),
        Column("last_products", "VARCHAR", "What was last bought, by name.", label=N_("Last products")),
        Column("contactable", "BOOLEAN", "Null: not known.", label=N_("May be contacted")),
        FIRST_DAY,
        *ACQUIRED,
        REVENUE,
        MARGIN,
        Column(
            "left_out",
            "VARCHAR",
            "Why the customer is not on the rescue list; null for those on it.",
            allowed=REASONS,
            label=N_("Left out of the rescue list"),
        ),
    ),
    key=("customer_id",),
)

DISTRIBUTION = Table(
    "churn_distribution",
    "one row per tenth of the risk scale",
    "How risk is spread.",
    (
        Column("low", "DOUBLE", "Risk from.", unit="share of 1", label=N_("Risk from"), format="percent"),
        Column("high", "DOUBLE", "Risk below.", unit="share of 1", label=N_("Risk below"), format="percent"),
        CUSTOMERS_COUNT,
        VALUE_AT_STAKE,
    ),
    key=("low",),
)

SEGMENTS = Table(
    "churn_segments",
    "one row per segment",
    "Where the risk and the money lie.",
    (
        SEGMENT_KIND,
        SEGMENT,
        CUSTOMERS_COUNT,
        Column("risk", "DOUBLE", "Mean churn risk.", unit="share of 1", label=N_("Mean risk"), format="percent"),
        Column(
            "expected_lost",
            "DOUBLE",
            "Customers expected to buy nothing within the horizon: the sum of their risks.",
            label=N_("Expected to stay away"),
            format="integer",
        ),
        VALUE_AT_STAKE,
    ),
    key=("segment_kind", "segment"),
)

PURCHASES = Table(
    "customer_purchases",
    "one row per day on which the customer bought",
    "One customer's purchases.",
    (
        Column("day", "DATE", "The day.", label=N_("Day")),
        Column("orders", "INTEGER", "Orders of that day with a sale line.", label=N_("Orders"), format="integer"),
        REVENUE,
        MARGIN,
    ),
    key=("day",),
)

ALIVE = Table(
    "customer_alive",
    "one row per day from the first purchase to as-of (every n-th where these are many)",
    "What would have been said of the customer on each day, with today's fit; empty without a model.",
    (Column("day", "DATE", "The day.", label=N_("Day")), P_ALIVE, P_NO_PURCHASE),
    key=("day",),
)

TRIALS = Table(
    "trials",
    "one row per buying model",
    "How the models stood the test.",
    (
        MODEL_KIND,
        *(defined(name) for name in ("log_likelihood", "mae", "bias", "calibration_error", "worst_tenth")),
    ),
    key=("kind",),
)
