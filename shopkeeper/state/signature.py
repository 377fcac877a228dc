"""What people write beside a decision."""

import re

from shopkeeper.errors import Refused
from shopkeeper.messages import message

LONGEST = 500
WIDTH = {code + 0xFEE0: code for code in range(0x21, 0x7F)}
"""Full-width characters as the plain ones."""
CONTACT = re.compile(
    r"[^\s@]@[^\s@]+\.[a-z]{2}|(?<!\d)1[3-9]\d[\s.-]?\d{4}[\s.-]?\d{4}(?!\d)|\+\d[\d\s.()-]{7,}\d", re.IGNORECASE
)
"""An e-mail address, a mobile of the mainland, or any phone with its country's code."""


def required(author: str, *more: str) -> tuple[str, ...]:
    """Author and texts without surrounding space. Raise `Refused` where one is empty or too long to be read."""
    texts = tuple(text.strip() for text in (author, *more))
    if not texts[0]:
        raise Refused(message("Say who decides: the log keeps a name with every decision."))
    if not all(texts):
        raise Refused(message("Say why: the log keeps a reason, so that others can follow it later."))
    if any(len(text) > LONGEST for text in texts):
        raise Refused(message("Name and reason may have {n} characters each. Write less.", n=LONGEST))
    if any(CONTACT.search(text.translate(WIDTH)) for text in texts[1:]):
        raise Refused(
            message(
                "The reason holds a phone or an e-mail, and is kept as it is written. Name the person by an account, "
                "or leave it out."
            )
        )
    return texts
