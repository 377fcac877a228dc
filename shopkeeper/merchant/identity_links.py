"""What people say of two accounts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class IdentityLink:
    """Two accounts that are one person (`is_link`), or must not be one. In force from the next publication on."""

    id: str
    account_id: str
    other_id: str
    is_link: bool
    author: str
    reason: str
    made_at: datetime
