"""Rules and types as DuckDB expressions: what the file says, whether it says anything, and its typed value.

A value is typed only where nothing is lost by it; everything else becomes NULL while `is_filled` stays true, which is
what a reject is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import add, and_, mul, or_, sub

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, Expression

from shopkeeper.contract.table import MONEY, QUANTITY, Column
from shopkeeper.errors import Refused
from shopkeeper.imports.checks.contacts import in_half_width
from shopkeeper.imports.checks.numbers import number
from shopkeeper.imports.checks.terms import FLOAT_TYPES, WHOLE_TYPES, WIDE, CheckedValue, call, filled, text, trimmed
from shopkeeper.imports.checks.texts import spelled, without
from shopkeeper.imports.checks.words import meaning
from shopkeeper.imports.mapping.declared import SERIAL, ColumnMapping
from shopkeeper.imports.mapping.rules import (
    Arithmetic,
    Constant,
    Filled,
    FirstOf,
    Joined,
    Part,
    Rule,
    SourceColumn,
    StartsWith,
    Values,
)
from shopkeeper.messages import message

DAY_TEXT = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK_TEXT = r"[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
ZONE_TEXT = " ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
BASIC_TEXT = "([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})"
OTHER_ISO = rf"({DAY_TEXT}[T ][0-9:]{{5,8}}|[0-9]{{8}}T[0-9]{{6}})(\.[0-9]+)?({ZONE_TEXT})?"
SERIAL_TEXT = r"[1-9][0-9]{4}(\.[0-9]+)?"
FIRST_SERIAL, SECONDS_OF_DAY = datetime(1899, 12, 30), 86_400
"""Day 0 of spreadsheets, but for those that count from 1904."""
ONE_HOUR = timedelta(hours=1)
FIRST_YEAR = 100
YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
SYMBOLS: dict[str, tuple[str, Callable[[Expression, Expression], Expression]]] = {
    "product": (" * ", mul),
    "sum": (" + ", add),
    "difference": (" - ", sub),
}
FAULTS = {
    "BIGINT": "whole number",
    MONEY: "amount",
    QUANTITY: "quantity",
    "DOUBLE": "number",
    "DATE": "date",
    "TIMESTAMP": "time",
    "BOOLEAN": "yes or no",
}


@dataclass(frozen=True)
class Clock:
    """The shop's timezone; `source` is that of times without one (the same, if empty). `cells`: date cells of a
    workbook arrive as ISO 8601 beside texts in the declared format."""

    shop: str
    source: str
    cells: bool


def column_term(id_: str, type_: str) -> CheckedValue:
    """A column of the file. Raise `KeyError` for a type that holds no single value."""
    column = ColumnExpression(id_)
    if type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION", "BLOB", "VARIANT")):
        raise KeyError(type_)
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return CheckedValue(column, type_, column.is_not_null(), call("timezone", text("UTC"), column).cast("VARCHAR"))
    shown = column.cast("VARCHAR")
    if type_ in (*WHOLE_TYPES, *FLOAT_TYPES, "BOOLEAN", "DATE") or type_.startswith(("DECIMAL", "TIMESTAMP")):
        return CheckedValue(column, type_, column.is_not_null(), shown)
    is_filled = filled(shown)
    return CheckedValue(CaseExpression(is_filled, shown), "VARCHAR", is_filled, shown)


def term(rule: Rule, column: Callable[[str], CheckedValue], options: ColumnMapping) -> CheckedValue:
    """What a rule makes of a file; `column` gives the term of one of the file's columns."""
    made: CheckedValue
    match rule:
        case SourceColumn():
            made = column(rule.column)
        case Constant():
            made = _constant(rule.value)
        case Arithmetic():
            made = _arithmetic(rule, [term(part, column, options) for part in rule.operands], options)
        case FirstOf() | Joined():
            parts = [as_text(term(part, column, options)) for part in rule.operands]
            made = _joined(rule.between, parts) if isinstance(rule, Joined) else _first_of(parts)
        case Part():
            read = as_text(column(rule.column))
            made = replace(read, value=_part(read.value, rule.pattern))
        case Values():
            read = as_text(column(rule.column))
            made = replace(read, value=meaning(read.value, rule.cases), fault="values")
        case Filled() | StartsWith():
            made = _chosen(rule, as_text(column(rule.column)), as_text(term(rule.otherwise, column, options)))
    return made


def _constant(word: str) -> CheckedValue:
    value = text(word) if word.strip() else ConstantExpression(None).cast("VARCHAR")
    return CheckedValue(value, "VARCHAR", ConstantExpression(bool(word.strip())), value)


def _first_of(parts: list[CheckedValue]) -> CheckedValue:
    return CheckedValue(
        duckdb.CoalesceOperator(*(part.value for part in parts)),
        "VARCHAR",
        reduce(or_, (part.is_filled for part in parts)),
        duckdb.CoalesceOperator(*(part.shown for part in parts)),
    )


def _joined(between: str, parts: list[CheckedValue]) -> CheckedValue:
    """Empty parts are passed over: a day without a time is a day."""
    words = [CaseExpression(part.is_filled, trimmed(part.value)) for part in parts]
    value = call("concat_ws", text(between), *words)
    shown = call("concat_ws", text(between), *(duckdb.CoalesceOperator(part.shown, text("")) for part in parts))
    is_filled = reduce(or_, (part.is_filled for part in parts))
    return CheckedValue(CaseExpression(is_filled, value), "VARCHAR", is_filled, shown)


def _part(value: Expression, pattern: str) -> Expression:
    """What the pattern's first group catches, or the whole match; empty where that is nothing."""
    group = 1 if re.compile(pattern).groups else 0
    caught = call("regexp_extract", value, text(pattern), ConstantExpression(group))
    return call("nullif", call("trim", caught), text(""))


def _chosen(rule: Filled | StartsWith, read: CheckedValue, rest: CheckedValue) -> CheckedValue:
    if isinstance(rule, Filled):
        return _either(read, read.is_filled, text(rule.value), rest)
    for start, value in reversed(rule.cases):
        matches = duckdb.CoalesceOperator(call("starts_with", read.value, text(start)), ConstantExpression(False))
        rest = _either(read, matches, text(value), rest)
    return rest


def _either(read: CheckedValue, match: Expression, value: Expression, rest: CheckedValue) -> CheckedValue:
    return CheckedValue(
        CaseExpression(match, value).otherwise(rest.value),
        "VARCHAR",
        CaseExpression(match, ConstantExpression(True)).otherwise(rest.is_filled),
        CaseExpression(match, read.shown).otherwise(rest.shown),
        rest.fault,
    )


def _arithmetic(rule: Arithmetic, parts: list[CheckedValue], options: ColumnMapping) -> CheckedValue:
    symbol, apply = SYMBOLS[rule.kind]
    # What is made of the parts is scaled, once: not each of them.
    plain = replace(options, scale=1)
    numbers = [part if part.type == WIDE else number(part, MONEY, plain) for part in parts]
    # 38 digits hold any product of two amounts; DuckDB's own choice of 18 would overflow and end the whole import.
    wide = "DECIMAL(38,4)" if rule.kind == "product" else WIDE
    value = reduce(apply, (part.value if part.type == wide else part.value.try_cast(wide) for part in numbers))
    is_filled = reduce(and_, (part.is_filled for part in parts))
    shown = call("concat_ws", text(symbol), *(duckdb.CoalesceOperator(part.shown, text("")) for part in parts))
    return CheckedValue(value.try_cast(WIDE), WIDE, is_filled, shown, "amount")


def as_text(read: CheckedValue) -> CheckedValue:
    """As text; a number without a fraction as digits only, so that 17850.0 is the customer 17850.

    A float beyond the whole numbers that it tells apart has lost digits, and shows it: 6.9e+17.
    """
    if read.type == "VARCHAR":
        return read
    if read.type in FLOAT_TYPES or read.type.startswith("DECIMAL"):
        whole = read.value.try_cast("BIGINT")
        value = CaseExpression(whole.cast(read.type) == read.value, whole.cast("VARCHAR")).otherwise(read.shown)
        if read.type in FLOAT_TYPES:
            most = ConstantExpression(2.0**24 if read.type == "FLOAT" else 2.0**53)
            large = call("printf", text("%e"), read.value.cast("DOUBLE"))
            value = CaseExpression(call("abs", read.value) >= most, large).otherwise(value)
            value = CaseExpression(call("isfinite", read.value), value)
        return replace(read, value=value, type="VARCHAR", fault="number")
    return replace(read, value=read.shown, type="VARCHAR")


def typed(read: CheckedValue, column: Column, options: ColumnMapping, clock: Clock) -> CheckedValue:
    """With the type of a column of the contract. Raise `KeyError`, with the type, where none of its values could be."""
    if options.empty and read.type == "VARCHAR":
        read = without(replace(read, value=trimmed(read.value)), options.empty)
    match column.type:
        case "VARCHAR":
            result = spelled(as_text(read), column.name, options)
        case "DATE" | "TIMESTAMP":
            result = _time(read, column.type, options, clock)
        case "BOOLEAN":
            result = _yes_no(read)
        case _:
            result = number(read, column.type, options)
    return replace(result, type=column.type, fault=read.fault or result.fault or FAULTS.get(column.type, "text"))


def _yes_no(read: CheckedValue) -> CheckedValue:
    if read.type == "BOOLEAN":
        return read
    if read.type != "VARCHAR" and read.type not in WHOLE_TYPES:
        raise KeyError(read.type)
    word = call("lower", trimmed(as_text(read).value))
    cases = [CaseExpression(word == text(name), ConstantExpression(meaning)) for name, meaning in YES_NO.items()]
    return replace(read, value=duckdb.CoalesceOperator(*cases))


def _time(read: CheckedValue, type_: str, options: ColumnMapping, clock: Clock) -> CheckedValue:
    if read.type == "VARCHAR":
        value = _time_of_text(read.value, type_, options, clock)
        if options.formats:
            read = replace(read, fault="formats")
        if type_ == "TIMESTAMP" and clock.source not in ("", clock.shop):
            read = replace(read, doubt=_is_doubtful(read.value, options, clock))
    elif read.type == "TIMESTAMP WITH TIME ZONE":
        value = call("timezone", text(clock.shop), read.value)
    elif read.type == "DATE":
        value = read.value.cast("TIMESTAMP")
    elif read.type.startswith("TIMESTAMP"):
        value = read.value.try_cast("TIMESTAMP")
        if read.type == "TIMESTAMP_NS" and not options.round:
            value = CaseExpression(value.try_cast("TIMESTAMP_NS") == read.value, value)
        value = _local(value, type_, clock)
    else:
        raise KeyError(read.type)
    if type_ == "TIMESTAMP":
        return replace(read, value=value)
    day = value.cast("DATE")
    return replace(read, value=day if options.round else CaseExpression(day.cast("TIMESTAMP") == value, day))


def _local(value: Expression, type_: str, clock: Clock) -> Expression:
    """A time without zone in the shop's timezone. A day is the same day everywhere."""
    if type_ == "DATE" or clock.source in ("", clock.shop):
        return value
    return call("timezone", text(clock.shop), call("timezone", text(clock.source), value))


def _time_of_text(value: Expression, type_: str, options: ColumnMapping, clock: Clock) -> Expression:
    words = trimmed(value)
    zoned = call("regexp_replace", words, text(" ([+-])"), text(r"\1")).try_cast("TIMESTAMPTZ")
    in_zone = CaseExpression(
        call("regexp_full_match", words, text(DAY_TEXT + CLOCK_TEXT + ZONE_TEXT)),
        call("timezone", text(clock.shop), zoned),
    )
    plain = DAY_TEXT + (CLOCK_TEXT if options.formats else f"({CLOCK_TEXT})?")
    iso = CaseExpression(
        call("regexp_full_match", words, text(plain)), _local(words.try_cast("TIMESTAMP"), type_, clock)
    )
    if not options.formats:
        # Most times stand so, without blanks around, and go past all else.
        as_it_stands = CaseExpression(
            call("regexp_full_match", value, text(plain)), _local(value.try_cast("TIMESTAMP"), type_, clock)
        )
        return duckdb.CoalesceOperator(as_it_stands, iso, in_zone, _other_iso(words, type_, options, clock))
    declared = [_declared(words, in_half_width(each), type_, options, clock) for each in options.formats]
    first = duckdb.CoalesceOperator(*declared)
    agree = reduce(and_, (duckdb.CoalesceOperator(each == first, ConstantExpression(True)) for each in declared))
    value = CaseExpression(agree, first) if len(declared) > 1 else first
    return duckdb.CoalesceOperator(value, iso) if clock.cells else value


def _other_iso(words: Expression, type_: str, options: ColumnMapping, clock: Clock) -> Expression:
    """ISO 8601 as fewer write it: without marks between, in small letters, with more digits than a microsecond has.

    Digits beyond it are cut off where the mapping rounds, else taken only where they are zeros.
    """
    loud = call("upper", words)
    spread = call("regexp_replace", loud, text(BASIC_TEXT), text(r"\1-\2-\3T\4:\5:\6"))
    cut = call("regexp_replace", spread, text(rf"(\.[0-9]{{6}}){'[0-9]' if options.round else '0'}+"), text(r"\1"))
    zoned = CaseExpression(
        call("regexp_full_match", cut, text(DAY_TEXT + CLOCK_TEXT + ZONE_TEXT)),
        call("timezone", text(clock.shop), cut.try_cast("TIMESTAMPTZ")),
    )
    plain = zoned.when(
        call("regexp_full_match", cut, text(DAY_TEXT + CLOCK_TEXT)), _local(cut.try_cast("TIMESTAMP"), type_, clock)
    )
    return CaseExpression(call("regexp_full_match", loud, text(OTHER_ISO)), plain)


def _is_doubtful(value: Expression, options: ColumnMapping, clock: Clock) -> Expression:
    """Whether a time without a zone falls into the night in which the clocks of the source's zone change."""
    words = trimmed(value)
    patterns = [in_half_width(each) for each in options.formats if "%z" not in each.lower()]
    plain = [call("try_strptime", words, text(each)) for each in patterns]
    local = duckdb.CoalesceOperator(*plain) if plain else words.try_cast("TIMESTAMP")
    if not plain:
        local = CaseExpression(call("regexp_full_match", words, text(f"{DAY_TEXT}({CLOCK_TEXT})?")), local)
    zone, hour = text(clock.source), ConstantExpression(ONE_HOUR)
    instant = call("timezone", zone, local)
    gap = call("timezone", zone, instant) != local
    twice = (call("timezone", zone, instant + hour) == local) | (call("timezone", zone, instant - hour) == local)
    return duckdb.CoalesceOperator(gap | twice, ConstantExpression(False))


def _declared(words: Expression, pattern: str, type_: str, options: ColumnMapping, clock: Clock) -> Expression:
    if pattern == SERIAL:
        return _local(_of_serial(words), type_, clock)
    for letters, offset in options.zones:
        words = call("regexp_replace", words, text(rf"\b{letters}\b"), text(offset))
    pattern = pattern.replace("%Z", "%z")
    # With %Y a year of two digits would be one of the first century.
    parsed = call("try_strptime", words, text(pattern))
    parsed = CaseExpression(call("year", parsed) >= ConstantExpression(FIRST_YEAR), parsed)
    if "%z" in pattern:
        return call("timezone", text(clock.shop), parsed)
    return _local(parsed, type_, clock)


def _of_serial(words: Expression) -> Expression:
    """A day as spreadsheets number them, and its part for the time, to the second: 46143.5 is 2026-05-01 12:00."""
    seconds = call("round", words.try_cast("DOUBLE") * ConstantExpression(SECONDS_OF_DAY)).try_cast("BIGINT")
    at = ConstantExpression(FIRST_SERIAL) + call("to_seconds", seconds)
    return CaseExpression(call("regexp_full_match", words, text(SERIAL_TEXT)), at)


def refuse_type(file: str, column: Column, source: str, type_: str) -> Refused:
    """The sentence for a column of the file whose type can never be what the contract wants."""
    return Refused(
        message(
            "{file}: {source} holds {type}, from which {name} ({faults}) cannot be made. Map another "
            "column, or export it with the right type.",
            file=file,
            source=source,
            type=type_,
            name=column.name,
            faults=FAULTS.get(column.type, "text"),
        )
    )
