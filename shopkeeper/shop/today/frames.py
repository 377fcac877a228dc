"""The frames of Today."""

from shopkeeper.contract.table import Column, Table
from shopkeeper.i18n import N_

_VALUE = (
    Column("value", "DOUBLE", "Of the days to as-of; null if not known.", label=N_("Now"), format="number"),
    Column("base", "DOUBLE", "Of the days held against it; null without a base.", label=N_("Before"), format="number"),
    Column("change", "DOUBLE", "Now less before.", label=N_("Change"), format="number"),
)
FIGURES = Table(
    "today_figures",
    "one row per headline figure",
    "Period to date against its base: money in shop currency, all else counted. Stock is a state: it has no base.",
    (
        Column("figure", "VARCHAR", "The figure, by its name.", required=True, label=N_("Figure")),
        *_VALUE,
        Column("change_share", "DOUBLE", "Change as a share of before.", label=N_("Change, %"), format="percent"),
        Column("weeks", "DOUBLE[]", "The last weeks of seven days up to as-of, the oldest first; empty where too few."),
    ),
    key=("figure",),
)
CONTRIBUTIONS = Table(
    "today_contributions",
    "one row per channel, region or category, the largest change first",
    "What each part added to the change of the whole; the parts add up to it.",
    (
        Column("part", "VARCHAR", "The channel, region or category.", required=True, label=N_("Part")),
        *_VALUE,
        Column(
            "points",
            "DOUBLE",
            "Its change as a share of the whole's value before; null where that is not above 0.",
            label=N_("Adds to the change"),
            format="percent",
        ),
    ),
    key=("part",),
)
WHY = Table(
    "today_why",
    "one row per figure and cause of its change",
    "Why net revenue and the average order changed between the two periods, by Shapley values in shop currency.",
    (
        Column("figure", "VARCHAR", "revenue or average_order.", required=True, label=N_("Figure")),
        Column("cause", "VARCHAR", "The cause.", required=True, label=N_("Cause")),
        Column("amount", "DOUBLE", "Its part of the change; null if unknown.", label=N_("Adds"), format="money"),
    ),
    key=("figure", "cause"),
)
PLAN = Table(
    "today_targets",
    "one row per figure and period that has a target",
    "Targets of the month and the year that as-of lies in: money in shop currency, all else counted.",
    (
        Column("figure", "VARCHAR", "The figure, by its name.", required=True, label=N_("Figure")),
        Column("period", "VARCHAR", "month or year.", required=True, label=N_("Period")),
        Column("starts_on", "DATE", "Its first day.", required=True, label=N_("First day")),
        Column("plan", "DOUBLE", "The target.", required=True, label=N_("Plan"), format="number"),
        Column("actual", "DOUBLE", "Up to as-of; null if not known.", label=N_("So far"), format="number"),
        Column(
            "run_rate", "DOUBLE", "What the whole period comes to at this rate.", label=N_("Run rate"), format="number"
        ),
        Column("gap", "DOUBLE", "Run rate less plan.", label=N_("Gap"), format="number"),
        Column("gap_share", "DOUBLE", "The gap as a share of the plan.", label=N_("Gap, %"), format="percent"),
        Column("worth", "DOUBLE", "The gap in money; null if not known.", label=N_("Gap in money"), format="money"),
        Column(
            "share", "DOUBLE", "How much of the period is done as a rule.", label=N_("Done as a rule"), format="percent"
        ),
        Column("rule", "VARCHAR", "By which rule: last_year, weekdays or days.", label=N_("Rule")),
        Column("days_left", "BIGINT", "Days after as-of.", unit="days", label=N_("Days left"), format="integer"),
    ),
    key=("figure", "period"),
)
ACTIONS = Table(
    "today_actions",
    "one row per action, the largest amount first",
    "What needs doing, each from the report of the page it leads to.",
    (
        Column("key", "VARCHAR", "Tells it from every other.", required=True),
        Column("kind", "VARCHAR", "What kind of action it is.", required=True, label=N_("Kind")),
        Column("text", "VARCHAR", "The action in a sentence.", required=True, label=N_("To do")),
        Column("amount", "DOUBLE", "What it is about; null if not known.", label=N_("Amount"), format="money"),
        Column("low", "DOUBLE", "Lower end of its interval, if there is one.", label=N_("At least"), format="money"),
        Column("high", "DOUBLE", "Upper end of its interval, if there is one.", label=N_("At most"), format="money"),
        Column(
            "horizon_days",
            "BIGINT",
            "Days ahead that the amount covers; null where it is not about days ahead.",
            unit="days",
            label=N_("Days ahead"),
            format="integer",
        ),
        Column("page", "VARCHAR", "The page, by its address.", required=True, label=N_("Page")),
        Column("url", "VARCHAR", "The page with its view set.", required=True, label=N_("Link")),
        Column("material", "BOOLEAN", "Whether the amount reaches what is worth telling first."),
    ),
    key=("key",),
)
