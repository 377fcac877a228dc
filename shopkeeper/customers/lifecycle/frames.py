"""The frames of the lifecycle."""

from shopkeeper.contract.table import Column, Table, defined
from shopkeeper.customers.frames import (
    ACQUIRED,
    CUSTOMER_ID,
    CUSTOMERS_COUNT,
    FIRST_DAY,
    LAST_DAY,
    MARGIN,
    PURCHASES,
    REVENUE,
)
from shopkeeper.i18n import N_

_THEN = Column("from_stage", "VARCHAR", "Stage on the day from which moves are counted.", label=N_("Stage then"))
_NOW = Column("to_stage", "VARCHAR", "Stage on the last day looked at.", label=N_("Stage now"))

STAGES_BY_MONTH = Table(
    "stages",
    "one row per month's end (the last is as-of) and stage",
    "How many customers were in each stage, and what they had brought by that day; months with nobody have zeros.",
    (
        Column("day", "DATE", "The last day of the month, or as-of.", label=N_("Day")),
        Column("stage", "VARCHAR", "The stage.", label=N_("Stage")),
        CUSTOMERS_COUNT,
        REVENUE,
        MARGIN,
    ),
    key=("day", "stage"),
)

MOVES = Table(
    "moves",
    "one row per pair of stages",
    "How customers moved between two days; `not_yet` are those who had not bought then.",
    (
        _THEN,
        _NOW,
        CUSTOMERS_COUNT,
        Column(
            "share",
            "DOUBLE",
            "Of all in the stage then.",
            unit="share of 1",
            label=N_("Share of the stage then"),
            format="percent",
        ),
        defined("low"),
        defined("high"),
        REVENUE,
        MARGIN,
    ),
    key=("from_stage", "to_stage"),
)

CUSTOMERS = Table(
    "stage_customers",
    "one row per customer of the chosen cells, the richest first",
    "Who moved.",
    (
        CUSTOMER_ID,
        _THEN,
        _NOW,
        FIRST_DAY,
        LAST_DAY,
        PURCHASES,
        Column(
            "inactivity_days",
            "BIGINT",
            "Days since the last purchase.",
            unit="days",
            label=N_("Days since the last purchase"),
            format="integer",
        ),
        REVENUE,
        MARGIN,
        *ACQUIRED,
    ),
    key=("customer_id",),
)
