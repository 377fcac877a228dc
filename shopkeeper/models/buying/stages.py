"""In which stage of its life with the shop a purchase history is: rules of recency and frequency, not a model."""

from dataclasses import dataclass

import polars as pl

from shopkeeper import i18n
from shopkeeper.errors import Refused
from shopkeeper.messages import message

STAGES = ("new", "active", "loyal", "won_back", "at_risk", "lost")
BUYING = ("new", "active", "loyal", "won_back")
"""The stages of those who bought lately."""


@dataclass(frozen=True)
class StageRules:
    """Where the stages' bounds lie, in days and purchases. Raise `Refused` where they cannot be told apart.

    A customer has bought in the last `active_days`, is at risk up to `lost_days` after the last purchase, and lost from
    then on. Who buys lately is loyal from `loyal_purchases` on.
    """

    active_days: int = 90
    lost_days: int = 180
    loyal_purchases: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.active_days < self.lost_days:
            raise Refused(
                message(
                    "A customer cannot be lost after {lost} days and active for {active}; choose more days for lost "
                    "than for active, and at least 1 for active.",
                    lost=i18n.integer(self.lost_days),
                    active=i18n.integer(self.active_days),
                )
            )
        if self.loyal_purchases < 3:
            raise Refused(
                message(
                    "Loyal from {n} purchases leaves nobody active; choose 3 or more.",
                    n=i18n.integer(self.loyal_purchases),
                )
            )


DEFAULT_RULES = StageRules()


def stage(
    frequency: pl.Expr, inactivity_days: pl.Expr, last_inter_purchase_time: pl.Expr, rules: StageRules
) -> pl.Expr:
    """The stage of a history, one of `STAGES`.

    Of repeat purchases, days since the last purchase, and the days between the last two (null with one purchase).
    """
    return (
        pl.when(inactivity_days > rules.lost_days)
        .then(pl.lit("lost"))
        .when(inactivity_days > rules.active_days)
        .then(pl.lit("at_risk"))
        .when(frequency == 0)
        .then(pl.lit("new"))
        .when(last_inter_purchase_time > rules.lost_days)
        .then(pl.lit("won_back"))
        .when(frequency + 1 >= rules.loyal_purchases)
        .then(pl.lit("loyal"))
        .otherwise(pl.lit("active"))
    )
