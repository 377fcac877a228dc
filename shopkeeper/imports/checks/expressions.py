"""Rules and types as DuckDB expressions: what the file says, whether it says anything, and its typed value.

A value is typed only where nothing is lost by it; everything else becomes NULL while `is_filled` stays true, which is
what a reject is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from operator import add, and_, mul, or_, sub

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, Expression, FunctionExpression

from shopkeeper.contract.table import MONEY, Column
from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.file import ColumnMapping
from shopkeeper.imports.mapping.rules import (
    Arithmetic,
    Constant,
    Filled,
    FirstOf,
    Rule,
    SourceColumn,
    StartsWith,
    Values,
)
from shopkeeper.messages import message

BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
WHOLE_TYPES = (
    "INTEGER",
    "UINTEGER",
    *(f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")),
)
FLOAT_TYPES = {"FLOAT": 1e-6, "DOUBLE": 1e-9}
"""How far a decimal may lie from the binary fraction it stands for, relative to its size."""
WIDE = "DECIMAL(38,8)"
NO_BLANKS_AROUND = "(?s)[!-~](.*[!-~])?"
WHOLE_TEXT = "[+-]?[0-9]{1,19}"
NUMBER_TEXT = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
MONEY_TEXT = r"[+-]?([0-9]+(\.[0-9]{0,4}0*)?|\.[0-9]{1,4}0*)"
DAY_TEXT = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK_TEXT = r"[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
ZONE_TEXT = " ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
SYMBOLS: dict[str, tuple[str, Callable[[Expression, Expression], Expression]]] = {
    "product": (" * ", mul),
    "sum": (" + ", add),
    "difference": (" - ", sub),
}
FAULTS = {
    "BIGINT": "whole number",
    MONEY: "amount",
    "DOUBLE": "number",
    "DATE": "date",
    "TIMESTAMP": "time",
    "BOOLEAN": "yes or no",
}


@dataclass(frozen=True)
class CheckedValue:
    """`value` has the DuckDB `type`, NULL where the file says nothing or what it says cannot be used; `is_filled` is
    TRUE where it says something, else FALSE; `shown` is what the file says, as text. `fault` names the rule broken by
    what is filled and has no value."""

    value: Expression
    type: str
    is_filled: Expression
    shown: Expression
    fault: str = ""


@dataclass(frozen=True)
class Clock:
    """The shop's timezone; `source` is that of times without one (the same, if empty). `cells`: date cells of a
    workbook arrive as ISO 8601 beside texts in the declared format."""

    shop: str
    source: str
    cells: bool


def text(value: str) -> Expression:
    """A text as a constant."""
    return ConstantExpression(value)


def call(name: str, *arguments: Expression) -> Expression:
    """A function of DuckDB's."""
    return FunctionExpression(name, *arguments)


def filled(value: Expression) -> Expression:
    """TRUE where a text is more than blanks. Most texts begin with a plain letter, which is quicker to see."""
    plain = (value >= text("!")) & (value < text("\x7f"))
    return (
        CaseExpression(plain, ConstantExpression(True))
        .when(call("trim", value, text(BLANKS)) != text(""), ConstantExpression(True))
        .otherwise(ConstantExpression(False))
    )


def trimmed(value: Expression) -> Expression:
    """Without blanks around. DuckDB's `trim` with a set of characters costs more than all else, so most go past it."""
    return CaseExpression(call("regexp_full_match", value, text(NO_BLANKS_AROUND)), value).otherwise(
        call("trim", value, text(BLANKS))
    )


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
    match rule:
        case SourceColumn():
            return column(rule.column)
        case Constant():
            is_filled = ConstantExpression(bool(rule.value.strip()))
            value = text(rule.value) if rule.value.strip() else ConstantExpression(None).cast("VARCHAR")
            return CheckedValue(value, "VARCHAR", is_filled, value)
        case Arithmetic():
            return _arithmetic(rule, [term(part, column, options) for part in rule.operands], options)
        case FirstOf():
            parts = [as_text(term(part, column, options)) for part in rule.operands]
            return CheckedValue(
                duckdb.CoalesceOperator(*(part.value for part in parts)),
                "VARCHAR",
                reduce(or_, (part.is_filled for part in parts)),
                duckdb.CoalesceOperator(*(part.shown for part in parts)),
            )
        case Values():
            read = as_text(column(rule.column))
            return replace(read, value=_cases(read.value, rule.cases), fault="values")
        case Filled() | StartsWith():
            return _chosen(rule, as_text(column(rule.column)), as_text(term(rule.otherwise, column, options)))


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


def _cases(value: Expression, cases: tuple[tuple[str, str], ...]) -> Expression:
    (first, result), *others = cases
    first_case = CaseExpression(value == text(first), text(result))
    return reduce(lambda so_far, case: so_far.when(value == text(case[0]), text(case[1])), others, first_case)


def _arithmetic(rule: Arithmetic, parts: list[CheckedValue], options: ColumnMapping) -> CheckedValue:
    symbol, apply = SYMBOLS[rule.kind]
    numbers = [part if part.type == WIDE else number(part, MONEY, options) for part in parts]
    # 38 digits hold any product of two amounts; DuckDB's own choice of 18 would overflow and end the whole import.
    wide = "DECIMAL(38,4)" if rule.kind == "product" else WIDE
    value = reduce(apply, (part.value if part.type == wide else part.value.try_cast(wide) for part in numbers))
    is_filled = reduce(and_, (part.is_filled for part in parts))
    shown = call("concat_ws", text(symbol), *(duckdb.CoalesceOperator(part.shown, text("")) for part in parts))
    return CheckedValue(value.try_cast(WIDE), WIDE, is_filled, shown, "amount")


def as_text(read: CheckedValue) -> CheckedValue:
    """As text; a number without a fraction as digits only, so that 17850.0 is the customer 17850."""
    if read.type == "VARCHAR":
        return read
    if read.type in FLOAT_TYPES or read.type.startswith("DECIMAL"):
        whole = read.value.try_cast("BIGINT")
        value = CaseExpression(whole.cast(read.type) == read.value, whole.cast("VARCHAR")).otherwise(read.shown)
        if read.type in FLOAT_TYPES:
            value = CaseExpression(call("isfinite", read.value), value)
        return replace(read, value=value, type="VARCHAR", fault="number")
    return replace(read, value=read.shown, type="VARCHAR")


def typed(read: CheckedValue, column: Column, options: ColumnMapping, clock: Clock) -> CheckedValue:
    """With the type of a column of the contract. Raise `KeyError`, with the type, where none of its values could be."""
    match column.type:
        case "VARCHAR":
            result = as_text(read)
        case "DATE" | "TIMESTAMP":
            result = _time(read, column.type, options, clock)
        case "BOOLEAN":
            result = _yes_no(read)
        case _:
            result = number(read, column.type, options)
    return replace(result, type=column.type, fault=read.fault or result.fault or FAULTS.get(column.type, "text"))


def number(read: CheckedValue, type_: str, options: ColumnMapping) -> CheckedValue:
    """As BIGINT, DOUBLE or an amount."""
    source = read.type
    if source == "VARCHAR":
        return replace(read, value=_number_of_text(read.value, type_, options), type=type_)
    if source not in (*WHOLE_TYPES, *FLOAT_TYPES) and not source.startswith("DECIMAL"):
        raise KeyError(source)
    result = read.value.try_cast(type_)
    if options.round:
        return replace(read, value=result, type=type_)
    if source in FLOAT_TYPES and type_ == MONEY:
        size = call("greatest", call("abs", read.value), ConstantExpression(1.0))
        distance = call("abs", read.value.cast("DOUBLE") - result.cast("DOUBLE"))
        exact = distance <= size * ConstantExpression(FLOAT_TYPES[source])
    elif type_ == "DOUBLE":
        exact = call("isfinite", result)
    elif source in WHOLE_TYPES or source == type_:
        return replace(read, value=result, type=type_)
    else:
        exact = result.try_cast(source) == read.value
    return replace(read, value=CaseExpression(exact, result), type=type_)


def _number_of_text(value: Expression, type_: str, options: ColumnMapping) -> Expression:
    digits = trimmed(value)
    pattern = WHOLE_TEXT if type_ == "BIGINT" else NUMBER_TEXT if type_ == "DOUBLE" or options.round else MONEY_TEXT
    if options.decimal == ",":
        digits = CaseExpression(~call("contains", digits, text(".")), call("replace", digits, text(","), text(".")))
    return CaseExpression(call("regexp_full_match", digits, text(pattern)), digits.try_cast(type_))


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
        return duckdb.CoalesceOperator(iso, in_zone)
    declared = [_declared(words, pattern, type_, clock) for pattern in options.formats]
    return duckdb.CoalesceOperator(*declared, iso) if clock.cells else duckdb.CoalesceOperator(*declared)


def _declared(words: Expression, pattern: str, type_: str, clock: Clock) -> Expression:
    parsed = call("try_strptime", words, text(pattern))
    if "%z" in pattern.casefold():
        return call("timezone", text(clock.shop), parsed)
    return _local(parsed, type_, clock)


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
