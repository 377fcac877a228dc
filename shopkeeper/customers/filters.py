"""What the viewer chose, as one frozen value: query parameters, a caption in words, and a link.

A choice is a set of values or `None`, which says *all* in so many words; an empty set means that nothing is chosen and
shows nothing. *Acquired in* restricts customers by their first-ever purchase; *bought in* restricts the purchases that
are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from shopkeeper.engine.query import Choice, Parameter, Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_, date_, gettext

if TYPE_CHECKING:
    pass


CHOICES: Mapping[str, str] = {
    "acquired_channels": N_("Acquired in channel"),
    "acquired_regions": N_("Acquired in region"),
    "acquired_categories": N_("Acquired in category"),
    "acquired_skus": N_("Acquired with first product"),
    "bought_channels": N_("Bought in channel"),
    "bought_regions": N_("Bought in region"),
    "bought_categories": N_("Bought in category"),
}
DATES: Mapping[str, str] = {
    "cohort_from": N_("First purchase from"),
    "cohort_to": N_("First purchase until"),
    "until": N_("As seen on"),
}
DIMENSIONS: Mapping[str, str] = {"channel": "channels", "region": "regions", "category": "categories"}
EARLIEST, LATEST = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True)
class Filters:
    """One viewer's choices. `None` is *all* for a choice and *open* for a date."""

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
        for name in CHOICES:
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, tuple(sorted(set(values))))
        if self.cohort_from and self.cohort_to and self.cohort_from > self.cohort_to:
            raise Refused(
                gettext(
                    "The first purchase from {start} lies after the first purchase until {end}, so no customer can be "
                    "shown; choose an earlier start.",
                    start=self.cohort_from,
                    end=self.cohort_to,
                )
            )

    @property
    def restricts_purchases(self) -> bool:
        """Whether only some of a customer's purchases are counted."""
        names = ("until", *(name for name in CHOICES if name.startswith("bought_")))
        return any(getattr(self, name) is not None for name in names)

    def acquired(self) -> dict[str, Parameter]:
        """Query parameters that restrict customers by their first-ever purchase."""
        return {
            **self._choices("acquired_"),
            "cohort_from": self.cohort_from or EARLIEST,
            "cohort_to": self.cohort_to or LATEST,
        }

    def bought(self) -> dict[str, Parameter]:
        """Query parameters that restrict the purchases that are counted; `until` is the reader's as-of."""
        return self._choices("bought_")

    def _choices(self, prefix: str) -> dict[str, Parameter]:
        values: dict[str, Parameter] = {}
        for name in CHOICES:
            if name.startswith(prefix):
                chosen = getattr(self, name)
                values[name] = list(chosen or ())
                values[f"{name}_all"] = chosen is None
        return values

    def caption(self) -> tuple[tuple[str, str], ...]:
        """Label and values of each choice that was made, in the viewer's language; empty where nothing was chosen."""
        pairs = []
        for name, label in CHOICES.items():
            if (chosen := getattr(self, name)) is not None:
                pairs.append((gettext(label), ", ".join(chosen) or gettext("nothing")))
        for name, label in DATES.items():
            if (day := getattr(self, name)) is not None:
                pairs.append((gettext(label), date_(day)))
        return tuple(pairs)

    def to_url(self) -> dict[str, list[str]]:
        """Query-string fields that open the same view; a choice of nothing is one empty value."""
        url: dict[str, list[str]] = {}
        for name in CHOICES:
            if (chosen := getattr(self, name)) is not None:
                url[name] = list(chosen) or [""]
        for name in DATES:
            if (day := getattr(self, name)) is not None:
                url[name] = [day.isoformat()]
        return url

    @classmethod
    def from_url(cls, url: Mapping[str, Sequence[str]]) -> "Filters":
        """Read what `to_url` wrote; other names are left to their owners. `Refused` for a date that is none."""
        chosen: dict[str, Choice | date] = {}
        for name in (field.name for field in fields(cls)):
            if name not in url:
                continue
            values = list(url[name])
            if name in CHOICES:
                chosen[name] = () if values == [""] else tuple(values)
            else:
                chosen[name] = _day(name, values[-1])
        return replace(cls(), **chosen)  # type: ignore[arg-type]


def known_values(query: "Query") -> dict[str, set[str]]:
    """What can be chosen in each filter, by its name."""
    mix = query("customers/filter_values")
    found = {f"{place}_{many}": set(mix[one]) for one, many in DIMENSIONS.items() for place in ("acquired", "bought")}
    return found | {"acquired_skus": set(query("customers/first_products")["first_sku"])}


def refuse_unknown(filters: Filters, known: Mapping[str, set[str]]) -> None:
    """Raise `Refused`, naming filter and value, where something was chosen that the data do not have."""
    for name, label in CHOICES.items():
        for value in getattr(filters, name) or ():
            if value not in known[name]:
                near = get_close_matches(value, known[name], n=1, cutoff=0.4) or sorted(known[name])[:3]
                raise Refused(
                    gettext(
                        "“{value}” is not in the data, so the filter “{filter}” would show nothing; "
                        "choose for example {near}.",
                        value=value,
                        filter=gettext(label),
                        near=", ".join(f"“{one}”" for one in near),
                    )
                )


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(
            gettext("The filter {name} is “{text}”, which is no date; write it like 2026-10-21.", name=name, text=text)
        ) from None
