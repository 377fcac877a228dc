"""Which goods and places a viewer looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from shopkeeper.engine.choices import Choices
from shopkeeper.engine.query import Choice, Query
from shopkeeper.i18n import N_


@dataclass(frozen=True)
class GoodsFilters(Choices):
    """One viewer's choices on the pages of supply; `None` is *all*."""

    CHOICES: ClassVar[Mapping[str, str]] = {
        "categories": N_("Category"),
        "regions": N_("Region"),
        "skus": N_("Item"),
        "locations": N_("Location"),
    }

    categories: Choice = None
    regions: Choice = None
    skus: Choice = None
    locations: Choice = None


def filter_values(query: Query) -> dict[str, list[str]]:
    """What can be chosen in each filter, by its name, what brings most first."""
    rows = query("supply/filter_values")
    return {name: rows.filter(rows["field"] == name)["value"].to_list() for name in GoodsFilters.CHOICES}
