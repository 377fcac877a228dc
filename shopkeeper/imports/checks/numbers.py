"""Numbers as shops write them, as DuckDB expressions: a text becomes a number only where nothing is lost by it."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from duckdb import CaseExpression, CoalesceOperator, ConstantExpression, Expression

from shopkeeper.contract.table import MONEY, QUANTITY
from shopkeeper.imports.checks.terms import BLANKS, FLOAT_TYPES, WHOLE_TYPES, WIDE, CheckedValue, call, text, trimmed
from shopkeeper.imports.mapping.declared import ColumnMapping

BETWEEN_GROUPS = " \u00a0\u2009\u202f"
"""Blanks that stand for the thousands mark: plain, no-break, thin, and narrow no-break."""
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
WIDE_SIGNS = {"¥": "￥", "£": "￡", "¢": "￠", "₩": "￦"}
WHOLE_TEXT = r"[+-]?[0-9]{1,19}(\.0*)?"
NUMBER_TEXT = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
MONEY_TEXT = r"[+-]?([0-9]+(\.[0-9]{0,4}0*)?|\.[0-9]{1,4}0*)"
QUANTITY_TEXT = r"[+-]?([0-9]+(\.[0-9]{0,3}0*)?|\.[0-9]{1,3}0*)"
EXACT_TEXTS: dict[str, str] = {MONEY: MONEY_TEXT, QUANTITY: QUANTITY_TEXT}


def number(read: CheckedValue, type_: str, options: ColumnMapping) -> CheckedValue:
    """As BIGINT, DOUBLE or an amount; times the column's `scale`. Raise `KeyError` for a type that holds no number."""
    if options.scale == 1:
        return _unscaled(read, type_, options)
    wide = _unscaled(read, WIDE, replace(options, round=True)).value * ConstantExpression(options.scale)
    result = wide.try_cast(type_)
    exact = result.try_cast(WIDE) == wide.try_cast(WIDE)
    return replace(read, value=result if options.round else CaseExpression(exact, result), type=type_)


def _unscaled(read: CheckedValue, type_: str, options: ColumnMapping) -> CheckedValue:
    source = read.type
    if source == "VARCHAR":
        return replace(read, value=_number_of_text(read.value, type_, options), type=type_)
    if source not in (*WHOLE_TYPES, *FLOAT_TYPES) and not source.startswith("DECIMAL"):
        raise KeyError(source)
    result = read.value.try_cast(type_)
    if options.round:
        return replace(read, value=result, type=type_)
    if source in FLOAT_TYPES and type_ in EXACT_TEXTS:
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
    """As it stands; where that is no number, without blanks around it, or with the minus from its end in front."""
    turned = _minus_in_front(trimmed(value))
    if _is_plain(options):
        # Most texts are numbers as they stand: only the others are looked at more closely.
        pattern, around = text(_pattern(type_, options)), call("trim", value, text(BLANKS))
        other = CaseExpression(call("regexp_full_match", turned, pattern), _cast(turned, type_))
        bare = CaseExpression(call("regexp_full_match", around, pattern), _cast(around, type_)).otherwise(other)
        return CaseExpression(call("regexp_full_match", value, pattern), _cast(value, type_)).otherwise(bare)
    return CoalesceOperator(
        _number_of_digits(plain_digits(value, options), type_, options),
        _number_of_digits(plain_digits(turned, options), type_, options),
    )


def _is_plain(options: ColumnMapping) -> bool:
    return not (options.brackets or options.strip or options.thousands or options.percent or options.decimal == ",")


def _pattern(type_: str, options: ColumnMapping) -> str:
    if type_ == "BIGINT" and not options.round:
        # DuckDB reads "1.0" as 1, and would round "1.6": only zeros may stand behind the point.
        return WHOLE_TEXT
    return NUMBER_TEXT if options.round else EXACT_TEXTS.get(type_, NUMBER_TEXT)


def _cast(digits: Expression, type_: str) -> Expression:
    return digits.try_cast(WIDE).try_cast(type_) if type_ == "BIGINT" else digits.try_cast(type_)


def _number_of_digits(digits: Expression, type_: str, options: ColumnMapping) -> Expression:
    pattern, result = _pattern(type_, options), _cast(digits, type_)
    if type_ == "BIGINT" and not options.round:
        return CaseExpression(call("regexp_full_match", digits, text(pattern)), result)
    if options.percent:
        hundredth = text(r".*%")
        of_hundred = digits_of_percent(digits).try_cast(WIDE) / ConstantExpression(100)
        whole = CaseExpression(call("regexp_full_match", digits_of_percent(digits), text(pattern)), of_hundred)
        plain = CaseExpression(call("regexp_full_match", digits, text(pattern)), result)
        return CaseExpression(call("regexp_full_match", digits, hundredth), whole.try_cast(type_)).otherwise(plain)
    return CaseExpression(call("regexp_full_match", digits, text(pattern)), result)


def digits_of_percent(digits: Expression) -> Expression:
    """Without the sign at the end."""
    return call("regexp_replace", digits, text(r"\s*%$"), text(""))


def plain_digits(value: Expression, options: ColumnMapping) -> Expression:
    """A number's text with a point for the decimal mark and a minus in front, without marks and signs around it.

    What is not written as the options say stays as it is, or NULL, and so is no number.
    """
    digits = trimmed(value)
    if options.brackets:
        digits = call("regexp_replace", digits, text(r"^\((.*)\)$"), text(r"-\1"))
    if options.strip:
        signs = "|".join(map(re.escape, _both_widths(options.strip)))
        digits = call("regexp_replace", digits, text(rf"(?i)^([+-]?)\s*(?:{signs})\s*([+-]?)"), text(r"\1\2"))
        digits = call("regexp_replace", digits, text(rf"(?i)\s*(?:{signs})\s*$"), text(""))
    if options.thousands:
        digits = _without_thousands(digits, options)
    if options.decimal == ",":
        digits = CaseExpression(~call("contains", digits, text(".")), call("replace", digits, text(","), text(".")))
    return digits


def _both_widths(signs: Sequence[str]) -> Sequence[str]:
    """¥ and ￥ are one sign, and so is any other in its two widths."""
    plain = [unicodedata.normalize("NFKC", each) for each in signs]
    wide = ["".join(WIDE_SIGNS.get(character, character) for character in each) for each in plain]
    return tuple(dict.fromkeys((*signs, *plain, *wide)))


def _minus_in_front(digits: Expression) -> Expression:
    """A minus behind the number (12.50-), or the one that typesetters use, is a minus in front; NULL without either."""
    behind = call("regexp_replace", digits, text(r"^([0-9.].*?)\s*-$"), text(r"-\1"))
    typeset = call("concat", text("-"), call("substr", digits, ConstantExpression(2)))
    return CaseExpression(call("ends_with", digits, text("-")), behind).when(
        call("starts_with", digits, text("\N{MINUS SIGN}")), typeset
    )


def _without_thousands(digits: Expression, options: ColumnMapping) -> Expression:
    """Groups of three only: 1.23 with a point for thousands is a mistake, not 123. One number has one mark."""
    # Nobody sees which of them a program writes: a blank that breaks, or does not; an apostrophe, straight or not.
    alike = [set(each) for each in (BETWEEN_GROUPS, APOSTROPHES)]
    groups = [next((each for each in alike if mark in each), {mark}) for mark in options.thousands]
    marks = sorted({mark for group in groups for mark in group})
    point = re.escape(options.decimal)
    one_mark = "|".join(rf"({re.escape(mark)}[0-9]{{3}})+" for mark in marks)
    grouped = rf"[+-]?[0-9]{{1,3}}({one_mark})({point}[0-9]*)?\s*%?"
    # `translate` takes longer.
    several = call("translate", digits, text("".join(marks)), text(""))
    bare = call("replace", digits, text(marks[0]), text("")) if len(marks) == 1 else several
    has_none = ~call("regexp_matches", digits, text("[" + "".join(map(re.escape, marks)) + "]"))
    return CaseExpression(call("regexp_full_match", digits, text(grouped)), bare).when(has_none, digits)
