"""The frames of data health."""

from shopkeeper.contract.table import Column, Table
from shopkeeper.i18n import N_

FINDINGS = Table(
    "health_findings",
    "one row per finding, the largest amount first",
    "What in the data bends the figures. The amount is what the finding touches, in shop currency.",
    (
        Column("check", "VARCHAR", "Which check found it.", required=True),
        Column("n", "BIGINT", "How many rows, days or orders it concerns.", label=N_("Count"), format="integer"),
        Column("amount", "DOUBLE", "What it touches; null if not known.", label=N_("Touches"), format="money"),
        Column("sentence", "VARCHAR", "What was seen, as a message in JSON.", required=True),
        Column("pages", "VARCHAR[]", "The pages whose figures it bends, by their names in the addresses."),
    ),
    key=("check",),
)
CHANNEL_DAYS = Table(
    "health_channel_days",
    "one row per channel and day",
    "Days without an order on which the channel usually has some, or with far fewer.",
    (
        Column("channel", "VARCHAR", "The channel.", label=N_("Channel")),
        Column("day", "DATE", "The day.", label=N_("Day")),
        Column("orders", "DOUBLE", "Orders of the day.", label=N_("Orders"), format="integer"),
        Column("usual_orders", "DOUBLE", "Orders on such a day, as a rule.", label=N_("Usual orders"), format="number"),
        Column("amount", "DOUBLE", "Net revenue missing against the rule.", label=N_("Missing"), format="money"),
    ),
)
