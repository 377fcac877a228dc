"""What the values of a column show: days, numbers and how they are written, few words or many."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.numbers import list_currencies

from shopkeeper.imports.checks.contacts import in_half_width
from shopkeeper.imports.mapping.declared import SERIAL

STRICT_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?)?")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAYS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y"),
)
SIGNS: dict[str, tuple[str, ...]] = {
    "CNY": ("¥", "￥", "CN¥", "元", "圆", "块", "人民币", "RMB"),
    "JPY": ("円", "JP¥"),
    "USD": ("$", "US$"),
    "EUR": ("€",),
    "GBP": ("£",),
    "KRW": ("₩", "원"),
    "INR": ("₹", "Rs.", "Rs"),
    "SEK": ("kr", "kr."),
    "PLN": ("zł",),
    "CZK": ("Kč",),
    **{
        code: (sign,)
        for code, sign in (("RUB", "₽"), ("THB", "฿"), ("VND", "₫"), ("TRY", "₺"), ("ILS", "₪"), ("PHP", "₱"))
    },
    **{
        code: (sign,)
        for code, sign in (("HKD", "HK$"), ("TWD", "NT$"), ("BRL", "R$"), ("SGD", "S$"), ("AUD", "A$"), ("CAD", "C$"))
    },
}
"""By currency the signs that stand at amounts, beside its code; a sign of several countries has the commonest."""
CURRENCY_OF = {sign.lower(): code for code, signs in SIGNS.items() for sign in (code, *signs)} | {
    code.lower(): code for code in list_currencies()
}
UNITS = (
    *("kg", "g", "公斤", "千克", "斤", "克", "ml", "升", "毫升", "米", "pcs", "pc", "件", "个", "只", "盒", "瓶", "包"),
    *("袋", "套", "条", "双", "箱", "张", "本", "支", "台", "罐", "杯", "块装"),
)
MEANING = CURRENCY_OF | {unit: unit for unit in UNITS}
"""What a sign at a number says: which currency, or which unit. Numbers of several are no one column."""
ANY_SIGN = "|".join(map(re.escape, sorted(MEANING, key=len, reverse=True)))
BEFORE = re.compile(rf"(?i)([(+-]?\s*)({ANY_SIGN})(?![a-z])\s*")
BEHIND = re.compile(rf"(?i)(?<![a-z])\s*({ANY_SIGN})(\s*[)-]?)$")
NARROW, WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
WHOLE = re.compile(r"[+-]?\d{1,18}(\.0+)?")
SERIAL_DAY = re.compile(r"[345]\d{4}(\.\d+)?")
BRACKETED = re.compile(r"\((.*)\)")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MARKS = (
    *((".", ""), (".", ","), (",", ""), (",", ".")),
    *(
        (decimal, thousands)
        for thousands in (" ", NARROW, WIDE, "'", "\N{RIGHT SINGLE QUOTATION MARK}")
        for decimal in ",."
    ),
)
"""Marks of decimals and thousands, the commoner first."""
SEVERAL = tuple(
    (decimal, f"{mark} {NARROW}{WIDE}'\N{RIGHT SINGLE QUOTATION MARK}") for decimal, mark in ((".", ","), (",", "."))
)
"""Where no one mark does: any of these between thousands, as files of several tills have them."""
ENOUGH = 0.95
"""So large a share of the values must be of a kind: a total or a note may stand between them."""


@dataclass(frozen=True)
class NumberForm:
    """How numbers are written: the options of a column that a mapping has for it."""

    decimal: str = "."
    thousands: str = ""
    strip: tuple[str, ...] = ()
    brackets: bool = False

    def options(self) -> dict[str, object]:
        """Only what differs from the plain form."""
        every = {
            "decimal": self.decimal,
            "thousands": self.thousands if len(self.thousands) < 2 else list(self.thousands),
            "strip": list(self.strip),
            "brackets": self.brackets,
        }
        plain: dict[str, object] = {"decimal": ".", "thousands": "", "strip": [], "brackets": False}
        return {key: value for key, value in every.items() if value != plain[key]}


PLAINLY = NumberForm()


def filled(values: Iterable[str | None]) -> list[str]:
    """The values that say something."""
    return [value.strip() for value in values if value and value.strip()]


def day_formats(values: Sequence[str]) -> tuple[str, ...] | None:
    """The formats in which all values are times: () where they are ISO 8601; `None` where they are no times.

    Of a day and a month that could be either, both formats are given: nobody here knows which is meant. Days that a
    spreadsheet has numbered (46143) may stand between others.
    """
    if not values:
        return None
    values = [in_half_width(value) for value in values]
    if serials := [value for value in values if _is_serial(value)]:
        others = _text_formats([value for value in values if value not in serials]) or ()
        return (*others, SERIAL) if len(others) == 1 else None
    if all(STRICT_ISO.fullmatch(value) for value in values):
        return ()
    return _text_formats(values)


def _is_serial(value: str) -> bool:
    """Whether a text may be a day of 2000 to 2050 as spreadsheets number them, with its time behind the point."""
    return bool(SERIAL_DAY.fullmatch(value)) and 36526 <= float(value) < 55154


def _text_formats(values: Sequence[str]) -> tuple[str, ...] | None:
    """The patterns that all values fit; `None` where there is none, or no value."""
    if not values:
        return None
    fitting = [day + clock for day in DAYS for clock in CLOCKS if all(_is_time(value, day + clock) for value in values)]
    # A pattern with two digits for the year reads what one with four reads too, as another year.
    four = [pattern for pattern in fitting if "%Y" in pattern]
    return tuple(four or fitting) or None


def _is_time(value: str, pattern: str) -> bool:
    try:
        year = datetime.strptime(value, pattern).year  # noqa: DTZ007 - only whether it fits is asked
    except ValueError:
        return False
    return 1990 <= year <= 2100


def number_forms(values: Sequence[str]) -> tuple[NumberForm, ...]:
    """The forms in which the values are numbers; none where they are no numbers.

    `1.234` alone may be a thousand or a little more than one: then both forms are given, the likelier first.
    """
    if not values:
        return ()
    values = [in_half_width(value) for value in values]
    signs = tuple(dict.fromkeys(sign for value in values for sign in _signs(value)))
    if len({MEANING[sign.lower()] for sign in signs}) > 1:
        return ()
    bare = [_without_signs(value) for value in values]
    brackets = any(BRACKETED.fullmatch(value) for value in bare)
    bare = [BRACKETED.sub(r"-\1", value) for value in bare] if brackets else bare
    readings: dict[tuple[str, ...], NumberForm] = {}
    for decimal, thousands in _likeliest(bare, MARKS) or _likeliest(bare, SEVERAL):
        as_read = tuple(without_marks(value, decimal, thousands) for value in bare)
        there = "".join(mark for mark in thousands if len(thousands) == 1 or any(mark in value for value in bare))
        readings.setdefault(as_read, NumberForm(decimal, there, signs, brackets))
    return tuple(readings.values())


def _likeliest(bare: Sequence[str], every: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The marks under which most of the texts are numbers; none where too few are."""
    shares = {marks: _share(bare, *marks) for marks in every}
    best = max(shares.values())
    return [marks for marks in every if shares[marks] == best] if best >= ENOUGH else []


def without_marks(value: str, decimal: str, thousands: str) -> str:
    """A number's text with a point for the decimal mark, and none for thousands."""
    return value.translate({ord(mark): None for mark in thousands}).replace(decimal, ".")


def _share(bare: Sequence[str], decimal: str, thousands: str) -> float:
    point = re.escape(decimal)
    groups = "".join(rf"|\d{{1,3}}({re.escape(mark)}\d{{3}})+" for mark in thousands)
    whole = rf"(\d+{groups})"
    pattern = re.compile(rf"[+-]?{whole}({point}\d+)?")
    return sum(bool(pattern.fullmatch(value)) for value in bare) / len(bare)


def number_form(values: Sequence[str]) -> NumberForm | None:
    """The likeliest form of the values as numbers; `None` where they are none."""
    return next(iter(number_forms(values)), None)


def _signs(value: str) -> Iterator[str]:
    """The signs of currencies and units before and behind a number, as they are written."""
    if before := BEFORE.match(value):
        yield before[2]
    if behind := BEHIND.search(value):
        yield behind[1]


def _without_signs(value: str) -> str:
    """The number between the signs, with its minus in front: programs of accounts write it behind."""
    bare = BEHIND.sub(r"\2", BEFORE.sub(r"\1", value, count=1)).strip()
    bare = re.sub(r"^([0-9.].*?)\s*-$", r"-\1", bare.replace("\N{MINUS SIGN}", "-"))
    return re.sub(r"^([+-])\s+", r"\1", bare)


def is_whole(values: Sequence[str]) -> bool:
    """Whether the values are whole numbers."""
    return bool(values) and all(WHOLE.fullmatch(value) for value in values)


def is_mostly_whole(values: Sequence[str]) -> bool:
    """Whether most of the values are whole numbers; among keys stands a word now and then."""
    return sum(bool(WHOLE.fullmatch(value)) for value in values) >= ENOUGH * len(values)


def is_compact_days(values: Sequence[str]) -> bool:
    """Whether the values are days without marks between, such as 20260501."""
    return all(len(value) == 8 for value in values) and day_formats(values) == ("%Y%m%d",)


def is_email(values: Sequence[str]) -> bool:
    """Whether the values are e-mail addresses."""
    return bool(values) and sum(bool(EMAIL.fullmatch(value)) for value in values) >= ENOUGH * len(values)


def different(values: Sequence[str]) -> float:
    """Share of values that are told apart: near 1 for a key, near 0 for a few words."""
    return len(set(values)) / len(values) if values else 0.0
