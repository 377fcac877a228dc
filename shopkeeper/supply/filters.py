"""Which goods and places a viewer looks at, as one frozen value: query parameters, a caption in words, and a link.

A choice is a set of values or `None`, which says *all* in so many words; an empty set shows nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from shopkeeper.engine.query import Choice, Parameter
from shopkeeper.i18n import N_, gettext

CHOICES: Mapping[str, str] = {
    "categories": N_("Category"),
    "regions": N_("Region"),
    "skus": N_("Item"),
    "locations": N_("Location"),
}


@dataclass(frozen=True)
class GoodsFilters:
    """One viewer's choices on the pages of supply; `None` is *all*."""

    categories: Choice = None
    regions: Choice = None
    skus: Choice = None
    locations: Choice = None

    def __post_init__(self) -> None:
        """Order the values, so that equal choices are equal."""
        for name in CHOICES:
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, tuple(sorted(set(values))))

    def parameters(self, *names: str) -> dict[str, Parameter]:
        """Query parameters `<name>` and `<name>_all` of the choices named, of all where none is."""
        found: dict[str, Parameter] = {}
        for name in names or CHOICES:
            chosen = getattr(self, name)
            found[name] = list(chosen or ())
            found[f"{name}_all"] = chosen is None
        return found

    def caption(self) -> tuple[tuple[str, str], ...]:
        """Label and values of each choice that was made, in the viewer's language; empty where nothing was chosen."""
        return tuple(
            (gettext(label), ", ".join(chosen) or gettext("nothing"))
            for name, label in CHOICES.items()
            if (chosen := getattr(self, name)) is not None
        )

    def to_url(self) -> dict[str, list[str]]:
        """Query-string fields that open the same view; a choice of nothing is one empty value."""
        return {name: list(chosen) or [""] for name in CHOICES if (chosen := getattr(self, name)) is not None}

    @classmethod
    def from_url(cls, url: Mapping[str, Sequence[str]]) -> "GoodsFilters":
        """Read what `to_url` wrote; other names are left to their owners."""
        names = [field.name for field in fields(cls) if field.name in url]
        return cls(**{name: () if list(url[name]) == [""] else tuple(url[name]) for name in names})
