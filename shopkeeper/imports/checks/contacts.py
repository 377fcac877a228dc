"""Phones and e-mails in one form, and keyed: the same person's, however it was typed, gives the same pseudonym.

Phones in E.164 (ITU-T), by `phonenumbers`; plain mobiles of the mainland take a fast path. HMAC-SHA-256 (RFC 2104) is
made of DuckDB's own SHA-256.
"""

import re
from functools import lru_cache

import phonenumbers
from babel.core import get_global
from duckdb import CaseExpression, ConstantExpression, DuckDBPyConnection, Expression
from duckdb.func import SPECIAL
from duckdb.sqltypes import VARCHAR

from shopkeeper.imports.checks.terms import BLANKS, call, text

MAINLAND = "CN"
E164 = "e164"
"""The function of DuckDB's that `open_contacts` makes."""
WIDE = "".join(chr(code + 0xFEE0) for code in range(0x21, 0x7F)) + "\u3000\u00a0"
NARROW = "".join(map(chr, range(0x21, 0x7F))) + "  "
UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
"""Marks without a shape, such as those that telephones put around a number that is copied."""
SEPARATORS = r"['\s\-().·/‐-―]"
MOBILE = r"1[3-9]\d{9}"
FILLER_MOBILE = re.compile("1[3-9].(" + "|".join(f"{digit}{{8}}" for digit in range(10)) + ")")
"""Mobiles that tills fill in: eight times the same digit after the network's three."""
ABROAD = rf"(\+86|0086|86){MOBILE}"
ADDRESS = r"[^@\s*,;]+@[^@\s*,;]+\.[^@\s*,;.]{2,}"
ADDRESS_ITSELF = r"[^@\s*,;<>\"]+@[^@\s*,;<>\"'?]+\.[a-z0-9\x{80}-\x{10FFFF}-]{2,}"
ADORNED = rf"^(?:[^<>]*<)?[\s\"']*(?:mailto:)?[\s\"']*({ADDRESS_ITSELF})[\s\"']*(?:\?[^<>]*)?>?[\s\"'.,;]*$"
"""An address with what a hand or a mail program leaves around it: `Jane <jane@example.com>`, `mailto:...?subject=`."""
GOOGLE_MAIL = r".+@(gmail|googlemail)\.com"
PSEUDONYM = r"(phone|email|member|name|birth_date|postcode|address|device):[0-9a-f]{32}"
MIDNIGHT = r"[ t]00:00(:00(\.0+)?)?(z|\+00:?00)?$"
DAYS = (
    (r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$", r"\1-0\2-0\3"),
    (r"^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})$", r"\3-0\2-0\1"),
    (r"^((?:19|20)\d\d)(\d\d)(\d\d)$", r"\1-\2-\3"),
)
"""Forms of a day in which nobody takes the month for the day, and the parts of each."""
FILLED_IN_DAYS = ("0000-00-00", "1111-11-11", "1899-12-3[01]", "1900-01-0[01]", "1970-01-01", "9999-.*")
DIGITS = 32
"""Hexadecimal digits of a pseudonym: 128 bits."""
BLOCK = 64
HASHES = ("phone_plus", "phone_plain", "email_box", "email_plain")
"""Hashes as ad platforms ask for them: with + and without; Gmail's without dots and suffix, and as it is written."""
BY_CURRENCY = {
    "CNY": MAINLAND,
    "USD": "US",
    "GBP": "GB",
    "JPY": "JP",
    "HKD": "HK",
    "TWD": "TW",
    "CAD": "CA",
    "AUD": "AU",
}


def country_of(currency: str, timezone: str) -> str:
    """The country (ISO 3166-1) whose phones are written without a code: that of the timezone, else of the currency."""
    return str(get_global("zone_territories").get(timezone) or BY_CURRENCY.get(currency, ""))


def open_contacts(connection: DuckDBPyConnection) -> None:
    """Make the function `e164(phone, country)` on an instance."""
    connection.create_function(E164, _e164, [VARCHAR, VARCHAR], VARCHAR, null_handling=SPECIAL)


def _e164(phone: str | None, country: str | None) -> str | None:
    return _in_one_form(phone, country)


@lru_cache(maxsize=100_000)
def _in_one_form(phone: str | None, country: str | None) -> str | None:
    if not phone:
        return None
    try:
        number = phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        return None
    # One number with many extensions is that of a platform or an office: it reaches many people.
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    if number.country_code == 86 and FILLER_MOBILE.fullmatch(str(number.national_number)):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def half_width(value: Expression) -> Expression:
    """Full-width letters, digits and marks as the plain ones."""
    # `translate` makes its table anew for each value, so what is ASCII goes past it.
    is_ascii = call("strlen", value) == call("length", value)
    return CaseExpression(is_ascii, value).otherwise(call("translate", value, text(WIDE), text(NARROW)))


def seen(value: Expression) -> Expression:
    """`half_width`, and without marks that have no shape."""
    is_ascii = call("strlen", value) == call("length", value)
    shaped = call("regexp_replace", value, text(f"[{UNSEEN}]"), text(""), text("g"))
    return CaseExpression(is_ascii, value).otherwise(call("translate", shaped, text(WIDE), text(NARROW)))


def in_half_width(value: str) -> str:
    """The same of one text."""
    return value.translate(str.maketrans(WIDE, NARROW))


def without_point_zero(value: Expression) -> Expression:
    """Digits that a program has kept as a number with a fraction, 13800138000.0, as they were.

    Of 16 digits and more such a number has not kept all, and is left for `lost_digits`.
    """
    whole = call("regexp_replace", value, text(r"^(\d{1,15})\.0+$"), text(r"\1"))
    has_point = call("ends_with", value, text(".0")) | call("ends_with", value, text(".00"))
    return CaseExpression(has_point, whole).otherwise(value)


def phone(value: Expression, country: str) -> Expression:
    """A phone in E.164, `+8613800138000`; NULL where it is none, is masked or filled in, or has an extension."""
    return phone_in(without_point_zero(seen(value)), country)


def phone_in(plain: Expression, country: str) -> Expression:
    """`phone` of a half-width text without a fraction.

    Expressions grow with each use of what they are made of, so rows are read in steps, a column for each.
    """
    digits = call("regexp_replace", plain, text(SEPARATORS), text(""), text("g"))
    last = call("repeat", call("right", digits, ConstantExpression(1)), ConstantExpression(8))
    is_filler = call("ends_with", digits, last)
    mobile = call("concat", text("+86"), call("right", digits, ConstantExpression(11)))
    mainland = CaseExpression(~is_filler, mobile)
    result = CaseExpression(call("contains", plain, text("*")), ConstantExpression(None).cast("VARCHAR"))
    result = result.when(call("regexp_full_match", digits, text(ABROAD)), mainland)
    if country == MAINLAND:
        result = result.when(call("regexp_full_match", digits, text(MOBILE)), mainland)
    return result.when(call("length", digits) > ConstantExpression(5), call(E164, plain, text(country))).otherwise(
        ConstantExpression(None).cast("VARCHAR")
    )


def email(value: Expression) -> Expression:
    """An address in lower case, without what a mail program puts around it; NULL where it is none, or is masked."""
    return email_in(seen(value))


def email_in(plain: Expression) -> Expression:
    """`email` of a half-width text."""
    address = call("regexp_extract", call("lower", plain), text(ADORNED), ConstantExpression(1))
    return call("nullif", address, text(""))


def mailbox(address: Expression) -> Expression:
    """One text for each box: Gmail's addresses without dots and suffix, since all of these reach the same one."""
    local = call(
        "split_part", call("split_part", address, text("@"), ConstantExpression(1)), text("+"), ConstantExpression(1)
    )
    box = call("concat", call("replace", local, text("."), text("")), text("@gmail.com"))
    return CaseExpression(call("regexp_full_match", address, text(GOOGLE_MAIL)), box).otherwise(address)


def plain_text_in(plain: Expression) -> Expression:
    """Any other key, of a half-width text: in lower case, blanks within as one; NULL where nothing is left."""
    words = call("regexp_replace", call("lower", plain), text(r"\s+"), text(" "), text("g"))
    return call("nullif", call("trim", words, text(BLANKS)), text(""))


def birth_date_in(plain: Expression) -> Expression:
    """A day of birth as 1990-02-01 where year, month and day can be told apart, any other text as it is.

    NULL for days that programs fill in.
    """
    value = call("regexp_replace", plain, text(MIDNIGHT), text(""))
    for pattern, form in DAYS:
        value = call("regexp_replace", value, text(pattern), text(form))
    value = call("regexp_replace", value, text(r"^(\d{4}-)0?(\d\d-)0?(\d\d)$"), text(r"\1\2\3"))
    return CaseExpression(~call("regexp_full_match", value, text("|".join(FILLED_IN_DAYS))), value)


def postcode_in(plain: Expression) -> Expression:
    """A postcode without blanks: SW1A 1AA is SW1A1AA."""
    return call("regexp_replace", plain, text(r"\s+"), text(""), text("g"))


def keyed(kind: str, value: Expression, key: bytes) -> Expression:
    """The pseudonym of a key in its one form: its kind and 32 digits of HMAC-SHA-256; NULL stays NULL."""
    padded = key.ljust(BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    said = call("encode", call("concat", text(f"{kind}:"), value))
    first = call("unhex", call("sha256", call("||", ConstantExpression(inner), said)))
    digest = call("sha256", call("||", ConstantExpression(outer), first))
    made = call("concat", text(f"{kind}:"), call("left", digest, ConstantExpression(DIGITS)))
    return CaseExpression(value.isnotnull(), made)


def is_pseudonym(value: Expression) -> Expression:
    """Whether a text is one that `keyed` made."""
    return call("regexp_full_match", value, text(PSEUDONYM))


def hashes(number: Expression | None, address: Expression | None) -> dict[str, Expression]:
    """SHA-256 without a key of a phone in E.164 and an e-mail in one form, by the names in HASHES."""
    nothing = ConstantExpression(None).cast("VARCHAR")
    number, address = nothing if number is None else number, nothing if address is None else address
    plain = {
        "phone_plus": number,
        "phone_plain": call("substr", number, ConstantExpression(2)),
        "email_box": mailbox(address),
        "email_plain": address,
    }
    return {form: call("sha256", value) for form, value in plain.items()}
