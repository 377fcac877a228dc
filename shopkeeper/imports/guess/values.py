"""What the values of a column show: days, numbers and how they are written, few words or many."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

STRICT_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?)?")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAYS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y"),
)
SIGNS = ("¥", "￥", "$", "€", "£", "元", "US$", "CNY", "RMB", "USD", "EUR", "GBP", "kr", "R$")
PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
WHOLE = re.compile(r"[+-]?\d{1,18}(\.0+)?")
COMMA_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
POINT_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d{1,4}")
BRACKETED = re.compile(r"\((.*)\)")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
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
            "thousands": self.thousands,
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

    Of a day and a month that could be either, both formats are given: nobody here knows which is meant.
    """
    if not values:
        return None
    if all(STRICT_ISO.fullmatch(value) for value in values):
        return ()
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


def number_form(values: Sequence[str]) -> NumberForm | None:
    """How the values are written as numbers; `None` where they are none."""
    if not values:
        return None
    signs = tuple(sign for sign in SIGNS if any(sign in value for value in values))
    bare = [_without(value, signs) for value in values]
    brackets = any(BRACKETED.fullmatch(value) for value in bare)
    bare = [BRACKETED.sub(r"-\1", value) for value in bare] if brackets else bare

    def all_fit(*patterns: re.Pattern[str]) -> bool:
        fitting = sum(any(pattern.fullmatch(value) for pattern in patterns) for value in bare)
        return fitting >= ENOUGH * len(bare)

    for patterns, decimal, thousands in (
        ((PLAIN,), ".", ""),
        ((PLAIN, COMMA_THOUSANDS), ".", ","),
        ((WHOLE, DECIMAL_COMMA), ",", ""),
        ((WHOLE, DECIMAL_COMMA, POINT_THOUSANDS), ",", "."),
    ):
        if all_fit(*patterns):
            return NumberForm(decimal, thousands, signs, brackets)
    return None


def _without(value: str, signs: Sequence[str]) -> str:
    for sign in signs:
        value = value.replace(sign, "")
    return value.strip()


def is_whole(values: Sequence[str]) -> bool:
    """Whether the values are whole numbers."""
    return bool(values) and all(WHOLE.fullmatch(value) for value in values)


def is_email(values: Sequence[str]) -> bool:
    """Whether the values are e-mail addresses."""
    return bool(values) and sum(bool(EMAIL.fullmatch(value)) for value in values) >= ENOUGH * len(values)


def different(values: Sequence[str]) -> float:
    """Share of values that are told apart: near 1 for a key, near 0 for a few words."""
    return len(set(values)) / len(values) if values else 0.0
