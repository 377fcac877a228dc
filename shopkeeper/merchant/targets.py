"""What the merchant wants to reach in a month or a year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.messages import message

TargetFigure = Literal["revenue", "orders", "new_customers", "margin"]
TargetPeriod = Literal["month", "year"]
FIGURES: tuple[TargetFigure, ...] = get_args(TargetFigure)
FIGURE_WORDS: Mapping[TargetFigure, str] = {
    "revenue": N_("Net revenue"),
    "orders": N_("Orders"),
    "new_customers": N_("New customers"),
    "margin": N_("Margin"),
}
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


@dataclass(frozen=True)
class Target:
    """One figure of one month or year that begins on `starts_on`; money in shop currency. No value: none any more.

    Raise `Refused` for a period or a value that cannot be.
    """

    figure: TargetFigure
    period: TargetPeriod
    starts_on: date
    value: float | None

    def __post_init__(self) -> None:
        if self.figure not in FIGURES:
            raise Refused(
                message(
                    "“{figure}” has no targets; choose one of {choices}.",
                    figure=self.figure,
                    choices=", ".join(FIGURES),
                )
            )
        begins = self.starts_on.day == 1 and (self.period == "month" or self.starts_on.month == 1)
        if self.period not in get_args(TargetPeriod) or not begins or not EARLIEST <= self.starts_on <= LATEST:
            raise Refused(message("A target is of a month or a year: write 2026-10 or 2026."))
        if self.value is not None and not 0 < self.value < float("inf"):
            raise Refused(
                message(
                    "A target is above 0: change that of {figure} from {day}, or leave it empty for none.",
                    figure=message(FIGURE_WORDS[self.figure]),
                    day=self.starts_on,
                )
            )

    @property
    def key(self) -> tuple[str, str, date]:
        """What it is a target of."""
        return self.figure, self.period, self.starts_on
