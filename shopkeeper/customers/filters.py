"""Which customers and which of their purchases a viewer looks at.

*Acquired in* restricts customers by their first-ever purchase; *bought in* restricts the purchases that are counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from shopkeeper.engine.choices import Choices
from shopkeeper.engine.query import Choice, Parameter, Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.messages import message

DIMENSIONS: Mapping[str, str] = {"channel": "channels", "region": "regions", "category": "categories"}
EARLIEST, LATEST = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True)
class CustomerFilters(Choices):
    """One viewer's choices on the customer pages. `None` is *all* for a choice and *open* for a date."""

    CHOICES: ClassVar[Mapping[str, str]] = {
        "acquired_channels": N_("Acquired in channel"),
        "acquired_regions": N_("Acquired in region"),
        "acquired_categories": N_("Acquired in category"),
        "acquired_skus": N_("Acquired with first product"),
        "bought_channels": N_("Bought in channel"),
        "bought_regions": N_("Bought in region"),
        "bought_categories": N_("Bought in category"),
    }
    DATES: ClassVar[Mapping[str, str]] = {
        "cohort_from": N_("First purchase from"),
        "cohort_to": N_("First purchase until"),
        "until": N_("As seen on"),
    }

    acquired_channels: Choice = None
    acquired_regions: Choice = None
    acquired_categories: Choice = None
    acquired_skus: Choice = None
    bought_channels: Choice = None
    bought_regions: Choice = None
    bought_categories: Choice = None
    cohort_from: date | None = None
    cohort_to: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        """Order the values, so that equal choices are equal; raise `Refused` where a range ends before it starts."""
        super().__post_init__()
        if self.cohort_from and self.cohort_to and self.cohort_from > self.cohort_to:
            raise Refused(
                message(
                    "The first purchase from {start} lies after the first purchase until {end}, so no customer can be "
                    "shown; choose an earlier start.",
                    start=self.cohort_from,
                    end=self.cohort_to,
                )
            )

    @property
    def restricts_purchases(self) -> bool:
        """Whether only some of a customer's purchases are counted."""
        return self.until is not None or any(getattr(self, name) is not None for name in self._named("bought_"))

    def acquired(self) -> dict[str, Parameter]:
        """Query parameters that restrict customers by their first-ever purchase."""
        return {
            **self.parameters(*self._named("acquired_")),
            "cohort_from": self.cohort_from or EARLIEST,
            "cohort_to": self.cohort_to or LATEST,
        }

    def bought(self) -> dict[str, Parameter]:
        """Query parameters that restrict the purchases that are counted; `until` is the reader's as-of."""
        return self.parameters(*self._named("bought_"))

    def _named(self, prefix: str) -> list[str]:
        return [name for name in self.CHOICES if name.startswith(prefix)]


def filter_values(query: Query) -> dict[str, list[str]]:
    """What can be chosen in each filter, by its name."""
    mix = query("customers/filter_values")
    values = {
        f"{place}_{many}": sorted(set(mix[one].drop_nulls()))
        for one, many in DIMENSIONS.items()
        for place in ("acquired", "bought")
    }
    first = query("customers/first_products")["first_sku"]
    return values | {"acquired_skus": sorted(set(first.drop_nulls()))}
