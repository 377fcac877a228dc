"""How one column of the contract is made from columns of a file: the forms that a mapping may use, and no others."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias, cast

from shopkeeper.errors import Refused
from shopkeeper.messages import Message, message

ArithmeticKind = Literal["product", "sum", "difference"]


@dataclass(frozen=True)
class SourceColumn:
    """A column of the file, as it is."""

    column: str


@dataclass(frozen=True)
class Constant:
    """The same text in every row."""

    value: str


@dataclass(frozen=True)
class Arithmetic:
    """Numbers multiplied, added, or taken off the first; empty where one of them is."""

    kind: ArithmeticKind
    operands: tuple["Rule", ...]


@dataclass(frozen=True)
class FirstOf:
    """The first of these that is not empty."""

    operands: tuple["Rule", ...]


@dataclass(frozen=True)
class StartsWith:
    """A text for each beginning of a column's value; `otherwise` where none fits."""

    column: str
    cases: tuple[tuple[str, str], ...]
    otherwise: "Rule"


@dataclass(frozen=True)
class Filled:
    """A text where a column says anything; `otherwise` where it is empty."""

    column: str
    value: str
    otherwise: "Rule"


@dataclass(frozen=True)
class Values:
    """The merchant's words for the contract's. A word that is not listed is rejected, never guessed."""

    column: str
    cases: tuple[tuple[str, str], ...]


Rule: TypeAlias = SourceColumn | Constant | Arithmetic | FirstOf | StartsWith | Filled | Values
FORMS = ("source", "constant", "product", "sum", "difference", "first_of")
REFINEMENTS = ("values", "starts_with", "filled", "otherwise")


def sources(rule: Rule) -> tuple[str, ...]:
    """The file's columns that a rule reads, in order of appearance."""
    match rule:
        case Constant():
            return ()
        case Arithmetic(operands=parts) | FirstOf(operands=parts):
            return tuple(name for part in parts for name in sources(part))
        case StartsWith() | Filled():
            return (rule.column, *sources(rule.otherwise))
        case SourceColumn() | Values():
            return (rule.column,)


def nearest(name: str, choices: Iterable[str]) -> Message:
    """The end of a sentence: it offers the choice most like `name`, or is a full stop where nothing is like it."""
    choice = most_like(name, choices)
    return message("; did you mean {choice}?", choice=repr(choice)) if choice else Message(".")


def most_like(name: str, choices: Iterable[str]) -> str | None:
    """The choice that is spelt most like `name`; `None` where nothing is like it."""
    by_folded = {choice.casefold(): choice for choice in choices}
    alike = get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[alike[0]] if alike else None


def only_keys(place: str, entries: Mapping[str, object], allowed: Iterable[str]) -> None:
    """Raise `Refused` for the first key that is not known there."""
    allowed = tuple(allowed)
    for key in entries:
        if key not in allowed:
            raise Refused(
                message(
                    "{place} has an unknown key {key}{nearest} It may hold: {known}.",
                    place=place,
                    key=repr(key),
                    nearest=nearest(key, allowed),
                    known=", ".join(allowed),
                )
            )


def parse(place: str, value: object) -> Rule:
    """Read a rule from a mapping file: a text names a column, a table one of the forms. Raise `Refused`, naming it."""
    if isinstance(value, str):
        return SourceColumn(value)
    if not isinstance(value, dict):
        raise Refused(
            message(
                "{place} must be a column's name or a table such as {{ constant = 'x' }}, not {given}.",
                place=place,
                given=repr(value),
            )
        )
    rule = cast(dict[str, Any], value)
    only_keys(place, rule, (*FORMS, *REFINEMENTS))
    chosen = [form for form in FORMS if form in rule]
    if len(chosen) != 1:
        raise Refused(
            message(
                "{place} must have exactly one of: {forms}.",
                place=place,
                forms=", ".join(FORMS),
            )
        )
    form = chosen[0]
    if form == "source":
        return _source(place, rule)
    if len(rule) > 1:
        raise Refused(
            message(
                "{place}: {refinements} go with source, not with {form}.",
                place=place,
                refinements=", ".join(REFINEMENTS),
                form=form,
            )
        )
    if form == "constant":
        return Constant(text(place, rule[form]))
    return _many(place, form, rule[form])


def _many(place: str, form: str, values: object) -> Rule:
    if not isinstance(values, list) or len(values) < 2:
        raise Refused(
            message(
                "{place}: {form} needs a list of at least two columns.",
                place=place,
                form=form,
            )
        )
    parts = tuple(parse(f"{place}.{form}", part) for part in values)
    if form == "first_of":
        return FirstOf(parts)
    if form == "product" and len(parts) != 2:
        raise Refused(
            message(
                "{place}: product takes two columns; put one product in another for more.",
                place=place,
            )
        )
    return Arithmetic(cast(ArithmeticKind, form), parts)


def _source(place: str, rule: dict[str, Any]) -> Rule:
    column = text(place, rule["source"])
    chosen = [key for key in ("values", "starts_with", "filled") if key in rule]
    if len(chosen) > 1:
        raise Refused(
            message(
                "{place} must have one of {chosen}, not several.",
                place=place,
                chosen=", ".join(chosen),
            )
        )
    if not chosen or chosen[0] == "values":
        if "otherwise" in rule:
            raise Refused(
                message(
                    "{place}: otherwise goes with starts_with or filled; a word that values lacks is rejected.",
                    place=place,
                )
            )
        return Values(column, _cases(place, rule["values"])) if chosen else SourceColumn(column)
    if "otherwise" not in rule:
        raise Refused(
            message(
                "{place}: {chosen} needs otherwise: what to take where it does not fit ('' for nothing).",
                place=place,
                chosen=chosen[0],
            )
        )
    otherwise = rule["otherwise"]
    rest: Rule = Constant(otherwise) if isinstance(otherwise, str) else parse(f"{place}.otherwise", otherwise)
    if chosen[0] == "filled":
        return Filled(column, text(place, rule["filled"]), rest)
    return StartsWith(column, _cases(place, rule["starts_with"]), rest)


def _cases(place: str, cases: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(cases, dict) or not cases:
        raise Refused(
            message(
                "{place} needs a table such as {{ C = 'refund' }}.",
                place=place,
            )
        )
    return tuple((text(place, key), text(place, value)) for key, value in cases.items())


def text(place: str, value: object) -> str:
    """The text given. Raise `Refused` where it is something else."""
    if not isinstance(value, str):
        raise Refused(
            message(
                "{place} must be a text in quotes, not {given}.",
                place=place,
                given=repr(value),
            )
        )
    return value


def replace_columns(rule: Rule, rename: Callable[[str], str]) -> Rule:
    """The same rule, each column of the file renamed."""
    match rule:
        case Constant():
            return rule
        case Arithmetic() | FirstOf():
            return replace(rule, operands=tuple(replace_columns(part, rename) for part in rule.operands))
        case StartsWith() | Filled():
            return replace(rule, column=rename(rule.column), otherwise=replace_columns(rule.otherwise, rename))
        case SourceColumn() | Values():
            return replace(rule, column=rename(rule.column))
