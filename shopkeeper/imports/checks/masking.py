"""Contacts covered in texts that no rule reads, so that rejected rows may show them."""

from duckdb import Expression

from shopkeeper.imports.checks.contacts import UNSEEN
from shopkeeper.imports.checks.terms import call, text

DIGIT = "[0-9０-９]"
BETWEEN = rf"[\s\x{{3000}}.·/()（）\-－‐-―{UNSEEN}]{{0,2}}"
"""What may stand between groups of digits."""
CODE = f"(?:[+＋]?{BETWEEN}(?:[0０]{{2}})?[8８][6６]{BETWEEN})?[0０]?"
MOBILES = "|".join(
    BETWEEN.join([f"[1１][3-9３-９]{DIGIT}{{{first}}}", *(f"{DIGIT}{{{size}}}" for size in rest)])
    for first, *rest in ((1, 4, 4), (1, 3, 5), (3, 3, 3), (1, 2, 2, 2, 2))
)
"""Mobiles of the mainland in the groups that people make: 3-4-4, 3-3-5, 5-3-3, 3-2-2-2-2, or none."""
ABROAD = rf"[+＋]{DIGIT}(?:{DIGIT}|[\s.()\-]){{6,16}}{DIGIT}"
LANDLINES = (
    rf"\(?[0０]{DIGIT}{{2,3}}\)?[\s\-－]?{DIGIT}{{7,8}}|\(?{DIGIT}{{3}}\)?[\s.\-]{DIGIT}{{3}}[\s.\-]{DIGIT}{{4}}"
)
PHONE = f"(^|[^0-9０-９])(?:{CODE}(?:{MOBILES})|{ABROAD}|{LANDLINES})([^0-9０-９]|$)"
WITHIN = r"[^@＠\s\x{3000}*,;，；]+"
ADDRESS = rf"{WITHIN}[@＠]{WITHIN}[.．][^@＠\s\x{{3000}}*,;，；.．]{{2,}}"


def masked(value: Expression) -> Expression:
    """A text of a column that no rule reads, as rejects may show it: phones and e-mails in it are not told."""
    plain = call("regexp_replace", value, text(ADDRESS), text("(e-mail)"), text("g"))
    # Twice, because one phone takes the sign between it and the next.
    for _ in range(2):
        plain = call("regexp_replace", plain, text(PHONE), text(r"\1(phone)\2"), text("g"))
    return plain
