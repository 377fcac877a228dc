"""How one column of the contract is made from columns of a file: the forms that a mapping may use, and no others."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, cast

import duckdb

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.values import cases, filled_text, only_keys, text
from shopkeeper.messages import message

ArithmeticKind = Literal["product", "sum", "difference"]
DEEPEST = 12
"""Rules within one another: beyond it a mapping is a mistake, and DuckDB would think about it for minutes."""


@dataclass(frozen=True)
class SourceColumn:
    """A column of the file, as it is."""

    column: str


@dataclass(frozen=True)
class Constant:
    """The same text in every row."""

    value: str


@dataclass(frozen=True)
class FileName:
    """What a pattern (RE2) catches of the file's own name: the day of a stock list, the shop of an export."""

    pattern: str


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
class Joined:
    """Texts one after the other with `between` between them: a day and its time. Empty ones are passed over."""

    operands: tuple["Rule", ...]
    between: str


@dataclass(frozen=True)
class Share:
    """The part of an order's `amount` that falls on a line, by the line's share of all its lines' `by`; see
    `checks/shares.py`."""

    amount: "Rule"
    by: "Rule"


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


@dataclass(frozen=True)
class Part:
    """What a pattern (RE2) catches of a text in its first group, or as a whole; empty where it fits nothing."""

    column: str
    pattern: str


Rule: TypeAlias = (
    SourceColumn | Constant | FileName | Arithmetic | FirstOf | Joined | Share | StartsWith | Filled | Values | Part
)
FORMS = ("source", "constant", "file_name", "product", "sum", "difference", "first_of", "join", "share")
REFINEMENTS = ("values", "starts_with", "filled", "part", "otherwise")
OPTIONS = ("between", "by")
"""Keys that belong to one form: `between` to `join`, `by` to `share`."""


def sources(rule: Rule) -> tuple[str, ...]:
    """The file's columns that a rule reads, in order of appearance."""
    match rule:
        case Constant() | FileName():
            return ()
        case Arithmetic(operands=parts) | FirstOf(operands=parts) | Joined(operands=parts):
            return tuple(name for part in parts for name in sources(part))
        case Share():
            return (*sources(rule.amount), *sources(rule.by))
        case StartsWith() | Filled():
            return (rule.column, *sources(rule.otherwise))
        case SourceColumn() | Values() | Part():
            return (rule.column,)


def parse(place: str, given: object, depth: int = 0) -> Rule:
    """Read a rule from a mapping file: a text names a column, a table one of the forms. Raise `Refused`, naming it."""
    if depth > DEEPEST:
        raise Refused(
            message("{place}: rules stand {n} deep in one another at most; say it more simply.", place=place, n=DEEPEST)
        )
    if isinstance(given, str):
        return SourceColumn(filled_text(place, given))
    if not isinstance(given, dict):
        raise Refused(
            message(
                "{place} must be a column's name or a table such as {{ constant = 'x' }}, not {given}.",
                place=place,
                given=repr(given),
            )
        )
    rule = cast(dict[str, Any], given)
    only_keys(place, rule, (*FORMS, *REFINEMENTS, *OPTIONS))
    chosen = [form for form in FORMS if form in rule]
    if len(chosen) != 1:
        raise Refused(message("{place} must have exactly one of: {forms}.", place=place, forms=", ".join(FORMS)))
    form = chosen[0]
    if form == "source":
        return _source(place, rule, depth)
    own = {"join": ("between",), "share": ("by",)}.get(form, ())
    if foreign := [key for key in rule if key not in (form, *own)]:
        raise Refused(
            message(
                "{place}: {refinements} do not go with {form}.", place=place, refinements=", ".join(foreign), form=form
            )
        )
    match form:
        case "constant":
            return Constant(text(place, rule[form]))
        case "file_name":
            return FileName(_pattern(f"{place}.file_name", rule[form]))
        case "share":
            return _share(place, rule, depth)
        case _:
            return _many(place, form, rule, depth)


def _share(place: str, rule: dict[str, Any], depth: int) -> Share:
    if "by" not in rule:
        raise Refused(
            message("{place}: share needs by: the amount of a line by which the order's is shared out.", place=place)
        )
    amount, by = parse(f"{place}.share", rule["share"], depth + 1), parse(f"{place}.by", rule["by"], depth + 1)
    if holds_share(amount) or holds_share(by):
        raise Refused(message("{place}: a share cannot be made of another share. Say it in one.", place=place))
    return Share(amount, by)


def holds_share(rule: Rule) -> bool:
    """Whether anything in a rule is shared out over an order's lines."""
    match rule:
        case Share():
            return True
        case Arithmetic(operands=parts) | FirstOf(operands=parts) | Joined(operands=parts):
            return any(map(holds_share, parts))
        case _:
            return False


def _many(place: str, form: str, rule: dict[str, Any], depth: int) -> Rule:
    given = rule[form]
    if not isinstance(given, list) or len(given) < 2:
        raise Refused(message("{place}: {form} needs a list of at least two columns.", place=place, form=form))
    parts = tuple(parse(f"{place}.{form}", part, depth + 1) for part in given)
    if form == "first_of":
        return FirstOf(parts)
    if form == "join":
        return Joined(parts, text(f"{place}.between", rule.get("between", " ")))
    if form == "product" and len(parts) != 2:
        raise Refused(message("{place}: product takes two columns; put one product in another for more.", place=place))
    return Arithmetic(cast(ArithmeticKind, form), parts)


def _source(place: str, rule: dict[str, Any], depth: int) -> Rule:
    column = filled_text(place, rule["source"])
    if foreign := [key for key in OPTIONS if key in rule]:
        raise Refused(
            message(
                "{place}: {refinements} do not go with {form}.",
                place=place,
                refinements=", ".join(foreign),
                form="source",
            )
        )
    chosen = [key for key in ("values", "starts_with", "filled", "part") if key in rule]
    if len(chosen) > 1:
        raise Refused(message("{place} must have one of {chosen}, not several.", place=place, chosen=", ".join(chosen)))
    if not chosen or chosen[0] in ("values", "part"):
        if "otherwise" in rule:
            raise Refused(
                message(
                    "{place}: otherwise goes with starts_with or filled; a word that values lacks is rejected.",
                    place=place,
                )
            )
        if not chosen:
            return SourceColumn(column)
        return Values(column, cases(place, rule["values"])) if chosen[0] == "values" else _part(place, column, rule)
    if "otherwise" not in rule:
        raise Refused(
            message(
                "{place}: {chosen} needs otherwise: what to take where it does not fit ('' for nothing).",
                place=place,
                chosen=chosen[0],
            )
        )
    otherwise = rule["otherwise"]
    plain = isinstance(otherwise, str)
    rest: Rule = Constant(otherwise) if plain else parse(f"{place}.otherwise", otherwise, depth + 1)
    if chosen[0] == "filled":
        return Filled(column, text(place, rule["filled"]), rest)
    return StartsWith(column, cases(place, rule["starts_with"]), rest)


def _part(place: str, column: str, rule: dict[str, Any]) -> Part:
    return Part(column, _pattern(f"{place}.part", rule["part"]))


def _pattern(place: str, given: object) -> str:
    pattern = filled_text(place, given)
    try:
        duckdb.execute("SELECT regexp_extract('', $pattern)", {"pattern": pattern}).fetchall()
    except duckdb.Error as error:
        raise Refused(
            message("{place}: {pattern} is no pattern: {error}.", place=place, pattern=repr(pattern), error=str(error))
        ) from error
    return pattern


def for_file(rule: Rule, name: str) -> Rule:
    """The rule as it stands for one file: what it takes of the file's name is the same text in every row."""
    match rule:
        case FileName():
            caught = re.search(rule.pattern, name)
            return Constant((caught[1] if caught.re.groups else caught[0]) if caught else "")
        case Arithmetic() | FirstOf() | Joined():
            return replace(rule, operands=tuple(for_file(part, name) for part in rule.operands))
        case Share():
            return replace(rule, amount=for_file(rule.amount, name), by=for_file(rule.by, name))
        case StartsWith() | Filled():
            return replace(rule, otherwise=for_file(rule.otherwise, name))
        case _:
            return rule


def replace_columns(rule: Rule, rename: Callable[[str], str]) -> Rule:
    """The same rule, each column of the file renamed."""
    match rule:
        case Constant() | FileName():
            return rule
        case Arithmetic() | FirstOf() | Joined():
            return replace(rule, operands=tuple(replace_columns(part, rename) for part in rule.operands))
        case Share():
            return replace(rule, amount=replace_columns(rule.amount, rename), by=replace_columns(rule.by, rename))
        case StartsWith() | Filled():
            return replace(rule, column=rename(rule.column), otherwise=replace_columns(rule.otherwise, rename))
        case SourceColumn() | Values() | Part():
            return replace(rule, column=rename(rule.column))
