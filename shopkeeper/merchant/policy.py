"""The stock policy: what the merchant wants of service, review and receiving."""

from dataclasses import dataclass

from shopkeeper.errors import Refused
from shopkeeper.messages import message


@dataclass(frozen=True)
class Policy:
    """How the merchant wants to keep stock. Small and hashable; the page Replenishment edits it.

    `service_levels` is cycle service by ABC class, `pattern_levels` replaces it for one class and demand pattern.
    `review_days` lie between two looks at the same item, `receiving_days` between a delivery's arrival and its sale.
    Where nobody says how long a supplier takes, it takes `lead_days`, give or take `lead_sd`. Stock beyond the
    order-up-to level and beyond `excess_days` of demand is excess. Below `no_demand_units` in the days of the forecast
    (91) an item has no demand. Raise `Refused` for values that cannot be.
    """

    service_levels: tuple[tuple[str, float], ...] = (("A", 0.98), ("B", 0.95), ("C", 0.90))
    pattern_levels: tuple[tuple[str, str, float], ...] = ()
    review_days: int = 7
    receiving_days: int = 1
    lead_days: float = 14.0
    lead_sd: float = 3.0
    excess_days: int = 91
    no_demand_units: float = 0.5

    def __post_init__(self) -> None:
        for level in (*(row[-1] for row in self.service_levels), *(row[-1] for row in self.pattern_levels)):
            if not 0.5 <= level <= 0.9999:
                raise Refused(
                    message(
                        "A service level of {level} cannot be kept; choose 0.5 to 0.9999 (0.95 is 95 %).",
                        level=f"{level:g}",
                    )
                )
        if self.review_days < 1 or self.excess_days < 1:
            raise Refused(message("Review days and excess days are whole days, one at least; choose 1 or more."))
        if min(self.receiving_days, self.lead_days, self.lead_sd, self.no_demand_units) < 0:
            raise Refused(message("Days of lead time and receiving, and units, are never below 0; choose 0 or more."))

    def service_level(self, abc: str, pattern: str) -> float:
        """Cycle service wanted for an item of this class and demand pattern; 0.9 for a class without a level."""
        special = {(row[0], row[1]): row[2] for row in self.pattern_levels}
        return special.get((abc, pattern), dict(self.service_levels).get(abc, 0.9))
