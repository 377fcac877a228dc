"""The frames of retention."""

from shopkeeper.contract.table import Column, Table, defined
from shopkeeper.customers.frames import (
    ACQUIRED,
    CUSTOMER_ID,
    FIRST_DAY,
    FIRST_SKU,
    LAST_DAY,
    PURCHASES,
    REVENUE,
    SEGMENT,
    SEGMENT_KIND,
)
from shopkeeper.i18n import N_
from shopkeeper.measures.lookup import cell_measures

COHORT = defined("cohort", "DATE")
AGE = Column(
    "age", "INTEGER", "Periods or windows since that of the first purchase.", label=N_("Age (k)"), format="integer"
)
_N = defined("n", "BIGINT")
_RATES = (
    Column("value", "DOUBLE", "Customers, orders or shop currency, as the measure says; null while the cell is open."),
    Column("rate", "DOUBLE", "value / n."),
    defined("low"),
    defined("high"),
    defined("upper"),
)

CELLS = Table(
    "retention_cells",
    "one row per cohort and age that has begun",
    "The triangle: what is not mature has no value.",
    (
        COHORT,
        AGE,
        defined("cohort_size", "BIGINT"),
        _N,
        *_RATES,
        Column("mature", "BOOLEAN", "Whether the period has closed for somebody.", label=N_("Period has closed")),
        defined("left_truncation", "BOOLEAN", column="may_not_be_first"),
    ),
    key=("cohort", "age"),
)

MEAN = Table(
    "retention_mean",
    "one row per age",
    "All mature cells of the age, weighted by n.",
    (AGE, _N, *_RATES, Column("cohorts", "UINTEGER", "Cohorts with a mature cell at this age.")),
    key=("age",),
)

COMEBACK = Table(
    "retention_comeback",
    "one row per age",
    "Back by an age, and spent by then: the same customers at every age.",
    (
        AGE,
        _N,
        *_RATES[:4],
        Column("spent", "DOUBLE", "Net revenue per customer up to the age.", unit="shop currency"),
        Column("cohorts", "UINTEGER", "Cohorts that the customers are of."),
    ),
    key=("age",),
)

CUSTOMERS = Table(
    "retention_customers",
    "one row per customer",
    "Who stands behind a cell, or is missing from it; purchases and revenue are the chosen ones, up to as-of.",
    (CUSTOMER_ID, FIRST_DAY, *ACQUIRED, FIRST_SKU, LAST_DAY, PURCHASES, REVENUE),
    key=("customer_id",),
)

SEGMENTS = Table(
    "return_segments",
    "one row per segment of the first purchase",
    "Who came back within the days looked at, of the customers acquired in a year whose days have passed.",
    (
        SEGMENT_KIND,
        SEGMENT.labelled(N_("Acquired in")),
        Column("n", "BIGINT", "New customers of a year.", label=N_("New customers of a year"), format="integer"),
        Column("returned", "BIGINT", "Of these, came back.", label=N_("Came back"), format="integer"),
        Column("rate", "DOUBLE", "returned / n.", unit="share of 1", label=N_("Share"), format="percent"),
        defined("low"),
        defined("high"),
        Column(
            "gap_customers",
            "DOUBLE",
            "Customers who would have come back too, at the shop's rate.",
            label=N_("Missing against the shop's rate"),
            format="integer",
        ),
        Column("worth", "DOUBLE", "What these would have brought.", unit="shop currency", format="money"),
    ),
    key=("segment_kind", "segment"),
)


def measured(columns: tuple[Column, ...], measure: str, method: str) -> tuple[Column, ...]:
    """`value` and `rate` under the names of the measure that they hold."""
    value, rate = cell_measures(measure, method)
    names = {"value": value, "rate": rate}
    return tuple(
        column.labelled(names[column.name].label, names[column.name].format) if column.name in names else column
        for column in columns
    )
