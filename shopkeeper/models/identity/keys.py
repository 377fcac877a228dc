"""Kinds of keys that two accounts may share, and how much each says about who they are."""

import math
from dataclasses import dataclass
from typing import Literal

Level = Literal["strict", "standard", "loose"]
LEVELS: tuple[Level, ...] = ("strict", "standard", "loose")
"""strict: a member number, or two strong keys; standard: one strong key; loose: weak keys too, with corroboration."""

OWN_KINDS = ("customer", "member")
"""The merchant's own numbers for a person: one is enough at every level."""
STRONG_KINDS = (*OWN_KINDS, "email", "phone")
WEAK_KINDS = ("name", "birth_date", "postcode", "address", "device")
KINDS = (*STRONG_KINDS, *WEAK_KINDS)
"""The place in this list is a kind's number."""

FACTS = {kind: kind for kind in KINDS} | {"address": "postcode"}
"""What a kind is a fact about: a postcode and an address say the same, so neither corroborates the other."""

STRENGTH = {"customer": 192, "member": 160, "email": 72, "phone": 64}
"""Bits beyond those of its rarity that a strong kind weighs: member over e-mail over phone over all weak kinds."""


@dataclass(frozen=True)
class Rules:
    """How many accounts may share a key, and how large a person may be.

    `phone`, `email`, `member`: a key that more accounts share is no person's: a till's phone, a help desk's e-mail.
    `limit`: accounts of one person; a larger component falls apart along its weakest links. `corroboration`: bits by
    which two weak keys must be rarer together than one account among all; with 4 bits one pair in sixteen that agree
    does so by chance.
    """

    phone: int = 12
    email: int = 12
    member: int = 30
    limit: int = 30
    corroboration: float = 4.0

    def cap(self, kind: str) -> float:
        """The most accounts that one key of a strong kind may join."""
        return {"phone": self.phone, "email": self.email, "member": self.member}.get(kind, math.inf)
