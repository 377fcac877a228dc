"""What a person says of an action of Today."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

Mark = Literal["done", "later", "not_for_me", "open"]
"""`open` takes the mark before it back."""
MARKS: tuple[Mark, ...] = get_args(Mark)


@dataclass(frozen=True)
class ActionMark:
    """One person's newest word on an action, said when the data were as of `as_of`."""

    action: str
    mark: Mark
    as_of: date
