"""What the identity job keeps beside a version, declared once."""

from shopkeeper.contract.table import Column, Table
from shopkeeper.i18n import N_
from shopkeeper.models.identity.keys import LEVELS

IDENTITY_LEVELS = Table(
    "identity_levels",
    "one row per level of linking",
    N_("What the customer pages lead with, under strict, standard and loose linking."),
    (
        Column("level", "VARCHAR", "The level of linking.", required=True, allowed=LEVELS, label=N_("Linking")),
        Column("customers", "BIGINT", "Customers who ever bought.", label=N_("Customers"), format="integer"),
        Column("repeat_share", "DOUBLE", "Of these, who bought again.", label=N_("Bought again"), format="percent"),
        Column(
            "back_90",
            "DOUBLE",
            "Of customers first seen 90 days ago or earlier, who came back within 90 days.",
            label=N_("Back within 90 days"),
            format="percent",
        ),
        Column(
            "silent_180",
            "DOUBLE",
            "Of all, who bought nothing for more than 180 days.",
            label=N_("Silent for over 180 days"),
            format="percent",
        ),
        Column("orders_per_customer", "DOUBLE", "Mean orders.", label=N_("Orders per customer"), format="number"),
        Column(
            "revenue_per_customer",
            "DOUBLE",
            "Mean net revenue so far.",
            unit="shop currency",
            label=N_("Net revenue per customer"),
            format="money",
        ),
    ),
    key=("level",),
)
