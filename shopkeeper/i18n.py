"""Words, numbers, money and dates in the reader's language.

English is the source; every other language is a catalogue under `locale/`. The language belongs to the running context
(one session, one thread), so formatting functions take the value alone. A missing value reads as an en dash.
"""

import gettext as catalogues
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Number = int | float | Decimal

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
SOURCE = "en"
MISSING = "\N{EN DASH}"
SUNDAY = 6
FEW = 30
"""Below so many a share is said as a count."""

_language: ContextVar[str] = ContextVar("language", default=SOURCE)


def use(language: str) -> None:
    """Speak `language` from here on in this context; raise `KeyError` where it is not one of `LANGUAGES`."""
    if language not in LANGUAGES:
        raise KeyError(f"no catalogue for {language}; there are {', '.join(LANGUAGES)}")
    _language.set(language)


def language() -> str:
    """The language in use: a key of `LANGUAGES`."""
    return _language.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` within the block; for work that runs in another thread than the page that asked for it."""
    before = _language.get()
    use(language)
    try:
        yield
    finally:
        _language.set(before)


def match_locale(accepted: str | None) -> str:
    """The best of `LANGUAGES` for an Accept-Language header or a locale such as `zh-CN`; English where none fits."""
    wishes = []
    for position, part in enumerate((accepted or "").replace(" ", "").split(",")):
        tag, _, weight = part.partition(";q=")
        try:
            wishes.append((-float(weight or 1), position, tag.replace("_", "-").lower()))
        except ValueError:
            continue
    for rank, _, tag in sorted(wishes):
        for language in LANGUAGES:
            if rank < 0 and tag.split("-")[0] == language.split("_")[0]:
                return language
    return SOURCE


def N_(message: str) -> str:  # noqa: N802
    """Mark a declared text for the catalogue; it is translated where it is drawn."""
    return message


def NN_(singular: str, plural: str) -> tuple[str, str]:  # noqa: N802
    """Mark a declared text for the catalogue that speaks of `{n}` things, in both its forms."""
    return singular, plural


def gettext(message: str, /, **values: object) -> str:
    """`message` in the language in use, its `{fields}` filled with `values`."""
    text = _catalogue(language()).gettext(message) if message else ""
    return text.format(**values) if values else text


def ngettext(singular: str, plural: str, n: int, /, **values: object) -> str:
    """The form of the message that `n` asks for; the field `{n}` holds `n` in the language's digits."""
    return _catalogue(language()).ngettext(singular, plural, n).format(n=integer(n), **values)


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> catalogues.NullTranslations:
    if language == SOURCE:
        return catalogues.NullTranslations()
    compiled = BytesIO()
    with (Path(__file__).parent / "locale" / language / "LC_MESSAGES" / "shopkeeper.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


def number(value: Number | None, digits: int = 2) -> str:
    """A number with exactly `digits` decimals: `0.25`."""
    exact = _rounded(value, digits)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return MISSING if exact is None else numbers.format_decimal(exact, format=pattern, locale=language())


def decimal(value: Number | None, most: int = 3) -> str:
    """A number with the decimals it has, `most` at most: `1,234.5`."""
    exact = _rounded(value, most)
    return MISSING if exact is None else numbers.format_decimal(exact, locale=language())


def significant(value: Number | None, least: int = 2, most: int = 3) -> str:
    """A number with `most` decimals at most, or with those that its first `least` digits need: `1,234.5`, `0.00024`."""
    exact = _exact(value)
    if exact is None:
        return MISSING
    digits = max(most, least - 1 - exact.adjusted()) if exact else most
    return numbers.format_decimal(round(exact, digits), format="#,##0." + "#" * digits, locale=language())


def integer(value: Number | None) -> str:
    """A whole number: `1,234,567`."""
    return number(value, digits=0)


def percent(value: Number | None, digits: int = 1) -> str:
    """A share from 0 to 1 as a percentage: `0.125` reads `12.5%`."""
    exact = _rounded(value, digits + 2)
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return MISSING if exact is None else numbers.format_percent(exact, format=pattern, locale=language())


def change(value: Number | None, digits: int = 1) -> str:
    """A relative change with its sign: `+12.5%`, `-3.0%`."""
    return ("+" if value is not None and value > 0 else "") + percent(value, digits)


def of_hundred(value: Number | None) -> str:
    """A share from 0 to 1 as so many of 100: `12`; below 10 with a decimal, unless it is 0: `1.6`."""
    exact = _rounded(value, 3)
    if exact is None:
        return MISSING
    return number(exact * 100, 0 if exact == 0 or abs(exact) >= Decimal("0.1") else 1)


def share(value: Number | None) -> str:
    """A share from 0 to 1 in few digits: `12%`; below 10 % with a decimal: `1.6%`."""
    exact = _exact(value)
    return percent(exact, 0 if exact is None or abs(exact) >= Decimal("0.0995") else 1)


def share_of(value: int, n: int) -> str:
    """A share of `n` within a sentence: below FEW a count, such as `2 of 3`; from there `41.0% of 1,234`."""
    if n < FEW:
        return gettext("{value} of {n}", value=integer(value), n=integer(n))
    return gettext("{share} of {n}", share=percent(value / n), n=integer(n))


def money(value: Number | None, currency: str) -> str:
    """An amount in full, with the decimals its ISO 4217 `currency` has: `£1,234.50`."""
    exact = _rounded(value, numbers.get_currency_precision(currency))
    return MISSING if exact is None else numbers.format_currency(exact, currency, locale=language())


def compact(value: Number | None) -> str:
    """A number for tight places, at least two digits of it: `1.2M`, `123万`."""
    exact = _shortened(value)
    if exact is None:
        return MISSING
    return numbers.format_compact_decimal(exact, locale=language(), fraction_digits=2)


def compact_money(value: Number | None, currency: str) -> str:
    """An amount for tight places: `£1.2M`, `£123万`; in full below 100."""
    exact = _shortened(value)
    if exact is None or abs(exact) < 100:
        return money(value, currency)
    return numbers.format_compact_currency(exact, currency, locale=language(), fraction_digits=2)


def days(value: Number | None) -> str:
    """A number of days, to the whole day: `3 days`."""
    exact = _rounded(value, 0)
    return MISSING if exact is None else ngettext("{n} day", "{n} days", int(exact))


def date_(value: date | None) -> str:
    """A day: `Feb 10, 2026`, `2026年2月10日`."""
    return MISSING if value is None else dates.format_date(value, "medium", locale=language())


def moment(value: datetime | None, timezone: str) -> str:
    """An aware time, told in the IANA `timezone`: `Feb 10, 2026, 3:04 PM`."""
    if value is None:
        return MISSING
    return dates.format_datetime(value.astimezone(ZoneInfo(timezone)).replace(tzinfo=None), "medium", locale=language())


def month(value: date | None) -> str:
    """The month of a day: `Feb 2026`, `2026年2月`."""
    return MISSING if value is None else dates.format_skeleton("yMMM", value, locale=language())


def week(value: date | None) -> str:
    """The ISO week of a day: `2026-W07`, `2026年第7周`; the year is the week's, which may differ from the day's."""
    if value is None:
        return MISSING
    iso = value.isocalendar()
    return gettext("{year}-W{week:02d}", year=iso.year, week=iso.week)


def year(value: date | None) -> str:
    """The year of a day: `2026`, `2026年`."""
    return MISSING if value is None else dates.format_skeleton("y", value, locale=language())


def quarter(value: date | None) -> str:
    """The quarter of a day: `Q1 2026`, `2026年第1季度`."""
    return MISSING if value is None else dates.format_skeleton("yQQQ", value, locale=language())


def period_label(period: str, value: date | None) -> str:
    """The day, or the week, month or quarter that holds it; raise `KeyError` on any other `period`.

    A week that begins on a Sunday has no ISO number, and is named by that day: `week of Feb 8, 2026`.
    """
    if period == "week" and value is not None and value.weekday() == SUNDAY:
        return gettext("week of {day}", day=date_(value))
    return {"day": date_, "week": week, "month": month, "quarter": quarter}[period](value)


def _exact(value: Number | None) -> Decimal | None:
    if value is None:
        return None
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact if exact.is_finite() else None


def _rounded(value: Number | None, digits: int) -> Decimal | None:
    exact = _exact(value)
    if exact is None:
        return None
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return abs(rounded) if rounded.is_zero() else rounded  # "-0" helps nobody


def _shortened(value: Number | None) -> Decimal | None:
    """Two digits, or all that stand before the unit: what CLDR calls compact rounding."""
    exact = _exact(value)
    if exact is None or exact.is_zero():
        return exact
    size = exact.adjusted()
    group = 4 if language() == "zh_CN" else 3
    kept = max(2, size - max(0, size - size % group) + 1)
    shortened = exact.quantize(Decimal(1).scaleb(size - kept + 1), ROUND_HALF_UP)
    return Decimal(f"{shortened:f}")
