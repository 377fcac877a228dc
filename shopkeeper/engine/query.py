"""What a feature knows of the engine: ask by name, get a frame, within a scope."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import polars as pl

from shopkeeper.lake.version import Version

Choice = tuple[str, ...] | None


Parameter = str | int | float | bool | date | list[str]


@dataclass(frozen=True)
class Scope:
    """The categories and regions that a viewer may see: `None` is all, in so many words; an empty tuple is none."""

    categories: Choice = None
    regions: Choice = None

    @property
    def restricted(self) -> bool:
        """Whether anything is hidden from the viewer."""
        return self.categories is not None or self.regions is not None


EVERYTHING = Scope()


class Query(Protocol):
    """What a feature's `report` receives: ask by name, get a frame."""

    @property
    def scope(self) -> Scope:
        """What the viewer may see."""

    @property
    def version(self) -> Version:
        """The version that answers."""

    def __call__(self, name: str, /, **parameters: Parameter) -> pl.DataFrame:
        """The rows of queries/<name>.sql."""

    def workspace(self) -> AbstractContextManager["Workspace"]:
        """Tables of its own for a question that takes several steps."""


class Workspace(Query, Protocol):
    """A query that can be given tables, which hide the version's of the same name and are gone when it ends."""

    def put(self, table: str, frame: pl.DataFrame) -> None:
        """Let queries read a frame as `table`."""

    def make(self, table: str, name: str, /, **parameters: Parameter) -> None:
        """Keep the rows of queries/<name>.sql as `table`."""
