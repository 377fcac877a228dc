"""The stock policy: what the merchant wants of service, review and receiving."""

from dataclasses import dataclass

from shopkeeper.errors import Refused
from shopkeeper.messages import message

SERVICE_KINDS = ("cycle", "fill")
"""Of which share a service level speaks: of cycles without a stock-out, or of units served from the shelf."""


@dataclass(frozen=True)
class Policy:
    """How the merchant wants to keep stock. Small and hashable; the page Replenishment edits it.

    `service_levels` is the service wanted by ABC class, `pattern_levels` replaces it for one class and demand pattern:
    of cycles without a stock-out (`service_kind` "cycle"), or of units served from the shelf ("fill").
    `review_days` lie between two looks at the same item, `receiving_days` between a delivery's arrival and its sale.
    Where nobody says how long a supplier takes, it takes `lead_days`, give or take `lead_sd`. Stock beyond the
    order-up-to level and beyond `excess_days` of demand is excess. Below `no_demand_units` in the days of the forecast
    (91) an item has no demand. An order line costs `order_cost`, and stock `holding_rate` of its cost a year: orders
    are then no smaller than the economic order quantity (0: not used). `supplier_minimums` is the least money that a
    supplier takes an order for. An order above `doubt_months` of sales is a doubt. What is worth less than
    `materiality` of a month's margin leads no page and no list of actions. Raise `Refused` for values that cannot be.
    """

    service_levels: tuple[tuple[str, float], ...] = (("A", 0.98), ("B", 0.95), ("C", 0.90))
    pattern_levels: tuple[tuple[str, str, float], ...] = ()
    review_days: int = 7
    receiving_days: int = 1
    lead_days: float = 14.0
    lead_sd: float = 3.0
    excess_days: int = 91
    no_demand_units: float = 0.5
    service_kind: str = "cycle"
    order_cost: float = 0.0
    holding_rate: float = 0.25
    supplier_minimums: tuple[tuple[str, float], ...] = ()
    doubt_months: float = 6.0
    materiality: float = 0.001

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
        self._refuse_money()

    def _refuse_money(self) -> None:
        if self.service_kind not in SERVICE_KINDS:
            raise Refused(
                message("“{kind}” is no kind of service; choose cycle or fill.", kind=self.service_kind),
            )
        if min(self.order_cost, *(least for _supplier, least in self.supplier_minimums), 0.0) < 0:
            raise Refused(message("The cost of an order and a supplier's least are never below 0; choose 0 or more."))
        if self.holding_rate <= 0 or self.doubt_months <= 0:
            raise Refused(message("Holding cost and months of sales are above 0; choose a larger number."))
        if not 0 <= self.materiality <= 1:
            raise Refused(message("A share of a month's margin lies between 0 and 1; 0.001 is 0.1 %."))

    def service_level(self, abc: str, pattern: str) -> float:
        """Cycle service wanted for an item of this class and demand pattern; 0.9 for a class without a level."""
        special = {(row[0], row[1]): row[2] for row in self.pattern_levels}
        return special.get((abc, pattern), dict(self.service_levels).get(abc, 0.9))
