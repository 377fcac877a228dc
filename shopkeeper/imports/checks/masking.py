"""Contacts within texts: covered where no rule reads these, so that rejected rows may show them; seen in names."""

from duckdb import CoalesceOperator, ConstantExpression, Expression

from shopkeeper.imports.checks.contacts import MAINLAND, UNSEEN
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
CODE_AND_NUMBER = rf"{DIGIT}(?:{DIGIT}|[\s.()\-]){{6,16}}{DIGIT}"
ABROAD = f"[+＋]{CODE_AND_NUMBER}"
LANDLINES = (
    rf"\(?[0０]{DIGIT}{{2,3}}\)?[\s\-－]?{DIGIT}{{7,8}}|\(?{DIGIT}{{3}}\)?[\s.\-]{DIGIT}{{3}}[\s.\-]{DIGIT}{{4}}"
)
PHONE = f"(^|[^0-9０-９])(?:{CODE}(?:{MOBILES})|{ABROAD}|{LANDLINES})([^0-9０-９]|$)"
MOBILE_IN_NAME = f"(?:^|[^0-9A-Za-z]){CODE}(?:{MOBILES})(?:[^0-9]|$)"
"""Not after a letter: tb13800138000 is a name that Taobao gives."""
ABROAD_IN_NAME = rf"[+]{CODE_AND_NUMBER}(?:[^0-9]|$)"
ONLY_MOBILE = f"^(?:[^0-9@]*[^0-9A-Za-z@])?({CODE}(?:{MOBILES}))[^0-9@]*$"
ONLY_ABROAD = rf"^[^0-9+@]*([+]{CODE_AND_NUMBER})[^0-9@]*$"
ONLY_ADDRESS = r"^[^@]*?([A-Za-z0-9._%+'\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,})[^@]*$"
"""Names with one contact in them and no other digits or address, such as an extension's or a second person's."""
LEAST_WITH_PHONE = 12
"""Characters of a name that begins with a letter and holds a mobile."""
WITHIN = r"[^@＠\s\x{3000}*,;，；]+"
ADDRESS = rf"{WITHIN}[@＠]{WITHIN}[.．][^@＠\s\x{{3000}}*,;，；.．]{{2,}}"


def masked(value: Expression) -> Expression:
    """A text of a column that no rule reads, as rejects may show it: phones and e-mails in it are not told."""
    plain = call("regexp_replace", value, text(ADDRESS), text("(e-mail)"), text("g"))
    # Twice, because one phone takes the sign between it and the next.
    for _ in range(2):
        plain = call("regexp_replace", plain, text(PHONE), text(r"\1(phone)\2"), text("g"))
    return plain


def has_contact(name: Expression, country: str) -> Expression:
    """Whether a half-width name has an e-mail address in it, a phone with its country's code, or a mobile of the
    shop's own country, if that is the mainland: those of other countries look like any other number."""
    phones = [ABROAD_IN_NAME, *([MOBILE_IN_NAME] if country == MAINLAND else [])]
    return call("regexp_matches", name, text("|".join((ADDRESS, *phones))))


def phone_within(name: Expression, country: str) -> Expression:
    """The only phone in a half-width name, as it is written; NULL where there is none, or more digits beside it."""
    patterns = [ONLY_ABROAD, *([ONLY_MOBILE] if country == MAINLAND else [])]
    return CoalesceOperator(*(_extracted(name, each) for each in patterns))


def address_within(name: Expression) -> Expression:
    """The only e-mail address in a half-width name, in lower case; NULL where there is none, or another one."""
    return call("lower", _extracted(name, ONLY_ADDRESS))


def _extracted(name: Expression, pattern: str) -> Expression:
    return call("nullif", call("regexp_extract", name, text(pattern), ConstantExpression(1)), text(""))


def may_have_contact(name: Expression) -> Expression:
    """Whether a name that begins with a letter may be a contact or have one in it: for an @ in either width, or for
    its length and digits in a row."""
    at = [call("contains", name, text(sign)) for sign in ("@", "\N{FULLWIDTH COMMERCIAL AT}")]
    is_long = call("length", name) >= ConstantExpression(LEAST_WITH_PHONE)
    return at[0] | at[1] | (is_long & call("regexp_matches", name, text(f"{DIGIT}{{2}}")))
