"""What was decided of a proposal, frozen with what was seen then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Verdict = Literal["accepted", "changed", "refused"]


ProposalKind = Literal["order", "transfer"]


@dataclass(frozen=True)
class Decision:
    """What somebody decides on one proposal.

    `proposal` tells it from every other: the same wherever the same as-of, place and SKU are asked about.
    `units_decided` is 0 where it is refused, `units_proposed` where it is accepted. `frozen` is plain JSON: all that
    the proposal stood on. `replaces` is the id of the decision that this one changes.
    """

    proposal: str
    kind: ProposalKind
    location: str
    from_location: str | None
    sku: str
    units_proposed: float
    units_decided: float
    verdict: Verdict
    author: str
    reason: str
    as_of: date
    version: str
    forecast: str | None
    frozen: Mapping[str, Any]
    replaces: int | None = None
