"""What people write beside a decision."""

from shopkeeper.errors import Refused
from shopkeeper.messages import message

LONGEST = 500


def required(author: str, *more: str) -> tuple[str, ...]:
    """Author and texts without surrounding space. Raise `Refused` where one is empty or too long to be read."""
    texts = tuple(text.strip() for text in (author, *more))
    if not texts[0]:
        raise Refused(message("Say who decides: the log keeps a name with every decision."))
    if not all(texts):
        raise Refused(message("Say why: the log keeps a reason, so that others can follow it later."))
    if any(len(text) > LONGEST for text in texts):
        raise Refused(message("Name and reason may have {n} characters each. Write less.", n=LONGEST))
    return texts
