"""What a measure is: a figure with one meaning and one way to read it."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["integer", "number", "quantity", "percent", "money", "money_compact", "days"]
Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Measure:
    """A figure with one meaning. `better` says which direction is good news."""

    name: str
    label: str
    description: str
    formula: str
    format: Format
    better: Better = "neither"
