"""The frames of lifetime value."""

from dataclasses import replace

from shopkeeper.contract.table import Column, Table, defined
from shopkeeper.customers.frames import (
    ACQUIRED,
    CUSTOMER_ID,
    CUSTOMERS_COUNT,
    FIRST_DAY,
    HISTORY,
    LAST_DAY,
    SEGMENT,
    SEGMENT_KIND,
)
from shopkeeper.i18n import N_
from shopkeeper.measures.lookup import measure
from shopkeeper.messages import Message

HISTORIC = defined("historic_value")
PREDICTED = defined("predicted_value")
P_ALIVE = defined("p_alive")
_EACH = PREDICTED.labelled(N_("Predicted per customer"))
_LOW, _HIGH = Message(measure("low").label), Message(measure("high").label)


def _money(name: str, meaning: str, label: str | Message) -> Column:
    return Column(name, "DOUBLE", meaning, unit="shop currency", label=label, format="money")


CUSTOMERS = Table(
    "lifetime_value_customers",
    "one row per chosen customer, the largest predicted value first",
    "What a customer has brought, and should bring over the horizon.",
    (
        CUSTOMER_ID,
        *HISTORY,
        HISTORIC,
        PREDICTED,
        defined("residual_value"),
        P_ALIVE,
        defined("expected_purchases"),
        defined("purchase_value"),
        FIRST_DAY,
        LAST_DAY,
        Column("cohort", "VARCHAR", "Year of the first purchase.", label=N_("Acquired in year")),
        *ACQUIRED,
    ),
    key=("customer_id",),
)

SEGMENTS = Table(
    "lifetime_value_segments",
    "one row per segment, and one of kind `all`",
    "What the customers of a segment have brought and should bring together. The interval is a prediction interval: "
    "what the fits leave open, and chance; null where the worth of a purchase could not be fitted.",
    (
        SEGMENT_KIND,
        SEGMENT,
        CUSTOMERS_COUNT,
        HISTORIC,
        PREDICTED,
        _money("low", "Lower end of the 95 % interval of the sum.", Message(N_("{bound}, predicted"), {"bound": _LOW})),
        _money("high", "Upper end of it.", Message(N_("{bound}, predicted"), {"bound": _HIGH})),
        _money("historic_each", "Historic value per customer.", N_("Historic per customer")),
        _money("predicted_each", "Predicted value per customer.", N_("Predicted per customer")),
        _money("low_each", "Lower end per customer.", Message(N_("{bound}, per customer"), {"bound": _LOW})),
        _money("high_each", "Upper end per customer.", Message(N_("{bound}, per customer"), {"bound": _HIGH})),
    ),
    key=("segment_kind", "segment"),
)
MOMENTS = Table(
    "value_moments",
    "one row per segment, and one of kind `all`",
    "Of how many customers a value is predicted, its sum and the sum of its squares.",
    (
        SEGMENT_KIND,
        SEGMENT,
        CUSTOMERS_COUNT,
        HISTORIC,
        Column("predictable", "BIGINT", "Customers with a predicted value."),
        PREDICTED,
        Column("squares", "DOUBLE", "Sum of squared predicted values.", unit="shop currency squared"),
    ),
    key=("segment_kind", "segment"),
)
SEGMENTS_READ = (
    "segment",
    "customers",
    "historic_each",
    "predicted_each",
    "low_each",
    "high_each",
    "historic_value",
    "predicted_value",
    "low",
    "high",
)
"""Columns of one kind of segment, in the order in which they are read."""

DISTRIBUTION = Table(
    "value_distribution",
    "one row per class of predicted value",
    "Ten classes of equal width up to the 95th percentile, and one without an upper end.",
    (
        _money("low", "The class begins here.", N_("From")),
        _money("high", "It ends below this; null for the last.", N_("To")),
        CUSTOMERS_COUNT,
        PREDICTED,
    ),
    key=("low",),
)

LORENZ = Table(
    "value_lorenz",
    "101 rows: the richest 0 to 100 per cent of customers",
    "Who holds the value; values below 0 hold no share.",
    (
        Column("share", "DOUBLE", "Of customers.", label=N_("Customers, the richest first"), format="percent"),
        Column("historic", "DOUBLE", "Of historic value.", label=N_("Share of historic value"), format="percent"),
        Column("predicted", "DOUBLE", "Of predicted value.", label=N_("Share of predicted value"), format="percent"),
    ),
    key=("share",),
)

MATRIX = Table(
    "value_matrix",
    "one row per number of repeat purchases (10 is 10 and more) and months of inactivity (24 is 24 and more)",
    "Means of the customers with that history.",
    (
        defined("frequency", "INTEGER"),
        Column("inactive_months", "INTEGER", "Months of 30 days since the last purchase.", unit="months"),
        CUSTOMERS_COUNT,
        P_ALIVE,
        _EACH,
    ),
    key=("frequency", "inactive_months"),
)

BANDS = Table(
    "value_bands",
    "one row per number of repeat purchases and band of months of inactivity",
    "The matrix in wider bands, means weighted by customers.",
    (
        Column("row", "BIGINT", "Place of the row."),
        Column("column", "BIGINT", "Place of the column."),
        replace(defined("frequency", "VARCHAR"), format=None),
        Column(
            "inactivity",
            "VARCHAR",
            "Months since the last purchase, as a band.",
            label=N_("Months since the last purchase"),
        ),
        CUSTOMERS_COUNT,
        P_ALIVE,
        _EACH,
    ),
    key=("row", "column"),
)
