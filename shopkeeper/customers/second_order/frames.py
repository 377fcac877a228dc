"""The frames of the clock to the second order."""

from shopkeeper.contract.table import Column, Table
from shopkeeper.i18n import N_
from shopkeeper.messages import Message

CLOCK_DAYS = (30, 90, 180, 365)
"""Days after the first purchase on which it is said how many are back."""

_SEGMENT = Column("segment", "VARCHAR", "Segment of the first purchase.", label=N_("Segment"))
_DURATION = Column(
    "duration",
    "DOUBLE",
    "Days since the first purchase.",
    unit="days",
    label=N_("Days since the first purchase"),
    format="integer",
)

CURVES = Table(
    "second_order_curves",
    "one row per segment and day on which somebody came back or was last observed",
    "Kaplan-Meier curves of the time to the second purchase, largest segments first.",
    (
        _SEGMENT,
        _DURATION,
        Column(
            "at_risk", "BIGINT", "Customers still observed without one.", label=N_("Still observed"), format="integer"
        ),
        Column(
            "events", "BIGINT", "Customers who came back that day.", label=N_("Came back that day"), format="integer"
        ),
        Column(
            "censored",
            "BIGINT",
            "Customers last observed that day.",
            label=N_("Last observed that day"),
            format="integer",
        ),
        Column("survival", "DOUBLE", "Share not yet back.", label=N_("Not yet back"), format="percent"),
        Column(
            "low",
            "DOUBLE",
            "Lower end of its 95 % interval.",
            label=N_("Not yet back, lower bound (95%)"),
            format="percent",
        ),
        Column(
            "high",
            "DOUBLE",
            "Upper end of its 95 % interval.",
            label=N_("Not yet back, upper bound (95%)"),
            format="percent",
        ),
        Column("returned", "DOUBLE", "Share that came back: 1 - survival.", label=N_("Came back"), format="percent"),
    ),
    key=("segment", "duration"),
)

MEDIANS = Table(
    "second_order_medians",
    "one row per segment",
    "How many came back so far, and when half had, largest segments first.",
    (
        _SEGMENT,
        Column("customers", "BIGINT", "Customers of the segment.", label=N_("Customers"), format="integer"),
        Column("returned", "BIGINT", "Of these, back so far.", label=N_("Came back so far"), format="integer"),
        Column(
            "median_days",
            "DOUBLE",
            "Days until half were back; null where half never were.",
            unit="days",
            label=N_("Half are back by day"),
            format="integer",
        ),
    ),
    key=("segment",),
)

CLOCK = Table(
    "second_order_clock",
    "one row per segment and each of CLOCK_DAYS",
    "Who is back by a day.",
    (
        _SEGMENT,
        Column("day", "DOUBLE", "Days since the first purchase.", unit="days"),
        Column("at_risk", "BIGINT", "Customers still waited for; null where nobody was observed so long."),
        Column(
            "returned",
            "DOUBLE",
            "Probability to be back: the share that is, and where none or all of n are, (none or all + 1/2) / (n + 1).",
            format="percent",
        ),
        Column("back_low", "DOUBLE", "Lower end of its 95 % interval.", format="percent"),
        Column("back_high", "DOUBLE", "Upper end of its 95 % interval.", format="percent"),
    ),
    key=("segment", "day"),
)

_BACK = [
    Column(
        f"returned_{day}",
        "DOUBLE",
        f"Share that is back by day {day}.",
        label=Message(N_("Back by day {day}"), {"day": day}),
        format="percent",
    )
    for day in CLOCK_DAYS
]
_WAITED = [
    Column(
        f"at_risk_{day}",
        "BIGINT",
        f"Customers still waited for on day {day}.",
        label=Message(N_("Waited for on day {day}"), {"day": day}),
        format="integer",
    )
    for day in CLOCK_DAYS
]
SEGMENTS = Table(
    "second_order_segments",
    "one row per segment",
    "The medians with the clock beside them, as the table on the screen shows them.",
    (*MEDIANS.columns, *_BACK, *_WAITED),
    key=("segment",),
)
