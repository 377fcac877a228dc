"""What the merchant has set and is in force: every report of supply reads it."""

from dataclasses import dataclass, field

from shopkeeper.merchant.overrides import Override
from shopkeeper.merchant.policy import Policy


@dataclass(frozen=True)
class InForce:
    """The stock policy, and the manual values of demand in the order in which they were made."""

    policy: Policy = field(default_factory=Policy)
    overrides: tuple[Override, ...] = ()


DEFAULTS = InForce()
"""Nothing was set."""
