"""Numbers and times written in full width: read from columns of their own, in half width, where a file has any.

Nearly no file has: so they cost one look at the columns, and no other file's reading grows by them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from duckdb import ColumnExpression, DuckDBPyRelation, Expression, StarExpression

from shopkeeper.imports.checks.contacts import half_width
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.imports.mapping.rules import Arithmetic, Filled, FirstOf, Joined, Rule, Share, SourceColumn, StartsWith
from shopkeeper.imports.readers.reading import FileColumn, Reading

NARROW = " in half width"
WIDE = "[！-～￠-￦]"


def numbers_of(rule: Rule) -> Iterator[str]:
    """The columns that a rule reads as they are: what it compares with words keeps its width."""
    match rule:
        case SourceColumn():
            yield rule.column
        case Arithmetic() | FirstOf() | Joined():
            for part in rule.operands:
                yield from numbers_of(part)
        case Share():
            yield from (*numbers_of(rule.amount), *numbers_of(rule.by))
        case StartsWith() | Filled():
            yield from numbers_of(rule.otherwise)


def in_half_width(rule: Rule, wide: Mapping[str, FileColumn]) -> Rule:
    """The rule, reading the columns of `with_narrow` in place of those that are `wide`."""
    match rule:
        case SourceColumn():
            return SourceColumn(f"{rule.column}{NARROW}") if rule.column in wide else rule
        case Arithmetic() | FirstOf() | Joined():
            return replace(rule, operands=tuple(in_half_width(part, wide) for part in rule.operands))
        case Share():
            return replace(rule, amount=in_half_width(rule.amount, wide), by=in_half_width(rule.by, wide))
        case StartsWith() | Filled():
            return replace(rule, otherwise=in_half_width(rule.otherwise, wide))
        case _:
            return rule


def wide_columns(reading: Reading, rules: Iterable[Rule]) -> dict[str, FileColumn]:
    """The columns that the rules of numbers and times read, and in which anything is in full width, by name."""
    wide = {}
    for name in dict.fromkeys(name for rule in rules for name in numbers_of(rule)):
        column = reading.column(name)
        if column and column.type == "VARCHAR":
            cell = ColumnExpression(column.id)
            more = reading.relation.filter(call("strlen", cell) != call("length", cell))
            if more.filter(is_wide(cell)).limit(1).fetchall():
                wide[name] = column
    return wide


def with_narrow(relation: DuckDBPyRelation, wide: Mapping[str, FileColumn]) -> DuckDBPyRelation:
    """The rows, with the wide columns in half width beside them."""
    if not wide:
        return relation
    narrow = [half_width(ColumnExpression(column.id)).alias(f"{column.id}{NARROW}") for column in wide.values()]
    return relation.project(StarExpression(), *narrow)


def is_wide(cell: Expression) -> Expression:
    """Whether a text has anything in full width."""
    return call("regexp_matches", cell, text(WIDE))
