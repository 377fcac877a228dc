"""From which sum on something is worth telling first: a share of what the shop earns in a month."""

from shopkeeper.engine.query import Query
from shopkeeper.merchant.policy import Policy

DAYS_OF_MONTH = 365 / 12
FEWEST_DAYS = 28
"""A younger shop's margin is taken for that of so many days."""


def material_from(query: Query, policy: Policy) -> float | None:
    """The least sum that leads a page or a list of actions, in shop currency; null where no margin is known."""
    sold = query("supply/month_margin", as_of=query.version.as_of)
    margin = sold["margin"].sum() if sold["margin"].count() else 0.0
    if margin <= 0:
        return None
    days = max(float(sold["days"].max() or 0), FEWEST_DAYS)  # type: ignore[arg-type]
    return float(margin) / days * DAYS_OF_MONTH * policy.materiality
