"""A column's mapping, read and checked: its rule, and how its texts become numbers, times and names."""

import re
from typing import Any, cast

import duckdb

from shopkeeper.contract.table import MONEY, QUANTITY, Column
from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.declared import SERIAL, ColumnMapping, LetterCase
from shopkeeper.imports.mapping.rules import parse
from shopkeeper.imports.mapping.values import cases, filled_text, one_of, texts, whole, yes_no
from shopkeeper.messages import message

TIME_OPTIONS = ("format", "zones")
NUMBER_OPTIONS = ("decimal", "thousands", "strip", "brackets", "percent", "scale")
TEXT_OPTIONS = ("case", "prefix")
BUYER_OPTIONS = ("placeholders",)
OPTIONS = (*TIME_OPTIONS, *NUMBER_OPTIONS, *TEXT_OPTIONS, *BUYER_OPTIONS, "round", "empty")
THOUSANDS = (
    *(",", ".", " ", "'", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{THIN SPACE}"),
    "\N{RIGHT SINGLE QUOTATION MARK}",
)
DAY_DIRECTIVES = (("%Y", "%y", "%G"), ("%m", "%b", "%B", "%j"), ("%d", "%j", "%-d", "%e"))
OFFSET = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")


def parse_column(place: str, column: Column, given: object) -> ColumnMapping:
    """Raise `Refused`, naming the key, for an option that is unknown, cannot hold, or does not fit the column."""
    if not isinstance(given, dict):
        return ColumnMapping(column.name, parse(place, given))
    options = {key: value for key, value in given.items() if key in OPTIONS}
    _refuse_foreign(place, column, options)
    rule = parse(place, {key: value for key, value in given.items() if key not in options})
    decimal = one_of(f"{place}.decimal", options.get("decimal", "."), (".", ","))
    return ColumnMapping(
        column.name,
        rule,
        formats=_formats(place, options),
        decimal=decimal,
        thousands=_thousands(place, options, decimal),
        strip=tuple(filled_text(f"{place}.strip", each) for each in texts(f"{place}.strip", options.get("strip", []))),
        brackets=yes_no(f"{place}.brackets", options.get("brackets", False)),
        percent=yes_no(f"{place}.percent", options.get("percent", False)),
        scale=whole(f"{place}.scale", options.get("scale", 1), 1, 1_000_000),
        round=yes_no(f"{place}.round", options.get("round", False)),
        empty=texts(f"{place}.empty", options.get("empty", [])),
        zones=_zones(place, options),
        case=cast(LetterCase, one_of(f"{place}.case", options["case"], ("lower", "upper")))
        if "case" in options
        else "",
        prefix=filled_text(f"{place}.prefix", options["prefix"]) if "prefix" in options else "",
        keep_placeholders=one_of(f"{place}.placeholders", options.get("placeholders", "empty"), ("empty", "keep"))
        == "keep",
    )


def _refuse_foreign(place: str, column: Column, options: dict[str, Any]) -> None:
    """A number has no format, a text no decimal mark: an option that would do nothing is a mistake."""
    fitting = {
        "DATE": TIME_OPTIONS,
        "TIMESTAMP": TIME_OPTIONS,
        "BIGINT": NUMBER_OPTIONS,
        "DOUBLE": NUMBER_OPTIONS,
        MONEY: NUMBER_OPTIONS,
        QUANTITY: NUMBER_OPTIONS,
        "VARCHAR": TEXT_OPTIONS,
    }.get(column.type, ())
    fitting += BUYER_OPTIONS if column.name == "customer_id" else ()
    rounds = column.type not in {"VARCHAR", "BOOLEAN"}
    for key in options:
        if key not in fitting and key != "empty" and not (key == "round" and rounds):
            raise Refused(
                message(
                    "{place}: {key} does nothing here, since {column} is {type}; leave it out.",
                    place=place,
                    key=key,
                    column=column.name,
                    type=column.type,
                )
            )


def _formats(place: str, options: dict[str, Any]) -> tuple[str, ...]:
    patterns = texts(f"{place}.format", options.get("format", []))
    zones = "zones" in options
    for pattern in patterns:
        fault = _fault_of(pattern, zones=zones)
        if fault:
            raise Refused(
                message("{place}.format: {pattern} {fault}.", place=place, pattern=repr(pattern), fault=fault)
            )
    return patterns


def _fault_of(pattern: str, *, zones: bool) -> object:
    """What is wrong with a strptime pattern; `None` where it is sound."""
    if pattern == SERIAL:
        return None
    if not pattern.strip():
        return message("is empty; write one such as %d.%m.%Y %H:%M, or leave the key out")
    try:
        duckdb.execute("SELECT try_strptime('', $pattern)", {"pattern": pattern}).fetchall()
    except duckdb.Error as error:
        return message("is no pattern of a date ({error})", error=str(error).splitlines()[0])
    if not all(any(each in pattern for each in group) for group in DAY_DIRECTIVES):
        return message("does not say year, month and day")
    if "%Z" in pattern and not zones:
        return message("reads zone letters, which stand for several zones; say with zones what they mean")
    return None


def _thousands(place: str, options: dict[str, Any], decimal: str) -> str:
    if "thousands" not in options:
        return ""
    marks = [
        one_of(f"{place}.thousands", each, THOUSANDS) for each in texts(f"{place}.thousands", options["thousands"])
    ]
    if decimal in marks:
        raise Refused(message("{place}: thousands and decimal are the same mark; change one of them.", place=place))
    return "".join(dict.fromkeys(marks))


def _zones(place: str, options: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if "zones" not in options:
        return ()
    zones = cases(f"{place}.zones", options["zones"])
    for letters, offset in zones:
        if not re.fullmatch(r"[A-Za-z]{1,6}", letters) or not OFFSET.fullmatch(offset):
            raise Refused(
                message(
                    "{place}.zones: letters mean an offset such as CST = '+08:00', not {letters} = {offset}.",
                    place=place,
                    letters=letters,
                    offset=repr(offset),
                )
            )
    return zones
