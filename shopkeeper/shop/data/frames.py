"""The frames of the Data page."""

from shopkeeper.contract.table import Column, Table
from shopkeeper.i18n import N_

_TABLE = Column("table", "VARCHAR", "The table of the contract.", label=N_("Table"))
_COLUMN = Column("column", "VARCHAR", "The column at fault.", label=N_("Column"))
_RULE = Column("rule", "VARCHAR", "The rule that the value breaks.", label=N_("Rule"))

TABLES = Table(
    "tables_in_version",
    "one row per table that was brought",
    "What came in, what is published, what was rejected.",
    (
        _TABLE,
        Column("rows_in", "BIGINT", "Rows brought in.", label=N_("Rows brought in"), format="integer"),
        Column("rows_published", "BIGINT", "Of these, published.", label=N_("Rows published"), format="integer"),
        Column("rows_rejected", "BIGINT", "Of these, rejected.", label=N_("Rejected"), format="integer"),
        Column("sources", "VARCHAR", "The files that they came from.", label=N_("Files")),
    ),
    key=("table",),
)

REJECTS = Table(
    "rejects",
    "one row per fault of a rejected row",
    "Rows that break the contract, with the reason; a row with several faults stands here several times.",
    (
        Column("file", "VARCHAR", "The file.", label=N_("File")),
        _TABLE,
        Column("line", "BIGINT", "The record within the file.", label=N_("Line"), format="integer"),
        _COLUMN,
        Column("value", "VARCHAR", "The value at fault, as the file has it.", label=N_("Value")),
        _RULE,
        Column("reason", "VARCHAR", "Why it was rejected, and how to mend it.", label=N_("Why, and how to mend it")),
        Column("row", "VARCHAR", "The whole row.", label=N_("Whole row")),
        Column("message", "VARCHAR", "The reason as a message in JSON, for a reader of another language."),
    ),
)

RULES = Table(
    "rejects_by_rule",
    "one row per table, column and rule",
    "How many faults of each kind there are, most first.",
    (_TABLE, _COLUMN, _RULE, Column("rows", "UINTEGER", "Faults.", label=N_("Faults"), format="integer")),
    key=("table", "column", "rule"),
)

VERSIONS = Table(
    "versions",
    "one row per version that is kept, newest first",
    "What can be served.",
    (
        Column("version", "VARCHAR", "Its id.", label=N_("Version")),
        Column("state", "VARCHAR", "Whether it is served.", label=N_("State")),
        Column("published", "VARCHAR", "When it was published, in the shop's timezone.", label=N_("Published")),
        Column("as_of", "DATE", "Its last complete day.", label=N_("As of")),
        Column("rows", "BIGINT", "Rows published.", label=N_("Rows"), format="integer"),
        Column("rejected", "BIGINT", "Rows rejected.", label=N_("Rejected"), format="integer"),
    ),
    key=("version",),
)

COMPARED = Table(
    "versions_compared",
    "one row per table, and one for the net amount of the order lines, whose table is empty",
    "The version served against another.",
    (
        _TABLE,
        Column("now", "DOUBLE", "Rows published, or the net amount, now.", label=N_("Served now"), format="number"),
        Column("then", "DOUBLE", "The same of the other version.", label=N_("Other version"), format="number"),
        Column("change", "DOUBLE", "Relative to the other version.", label=N_("Change"), format="percent"),
    ),
    key=("table",),
)

MONTHS = Table(
    "versions_compared_months",
    "one row per month of either version, the newest first",
    "What was sold by month, in the version served and in another.",
    (
        Column("month", "DATE", "The first day of the month.", label=N_("Month")),
        Column("units", "DOUBLE", "Units sold.", unit="units", label=N_("Units, served now"), format="integer"),
        Column("units_then", "DOUBLE", "The same.", unit="units", label=N_("Units, other version"), format="integer"),
        Column("revenue", "DOUBLE", "Net revenue.", label=N_("Net revenue, served now"), format="money"),
        Column("revenue_then", "DOUBLE", "The same.", label=N_("Net revenue, other version"), format="money"),
        Column("change", "DOUBLE", "Of the revenue.", label=N_("Change"), format="percent"),
    ),
    key=("month",),
)
