"""What people write beside a decision."""

from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext

LONGEST = 500


def required(author: str, *more: str) -> tuple[str, ...]:
    """Author and texts without surrounding space. Raise `Refused` where one is empty or too long to be read."""
    found = tuple(text.strip() for text in (author, *more))
    if not found[0]:
        raise Refused(gettext("Say who decides: the log keeps a name with every decision."))
    if not all(found):
        raise Refused(gettext("Say why: the log keeps a reason, so that others can follow it later."))
    if any(len(text) > LONGEST for text in found):
        raise Refused(gettext("Name and reason may have {n} characters each. Write less.", n=LONGEST))
    return found
