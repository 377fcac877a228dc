"""Several files of one table, read by one mapping: their columns under one name each, further spellings as aliases."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shopkeeper.errors import Refused
from shopkeeper.imports.guess.choice import Choice
from shopkeeper.imports.guess.tables import PRICE, is_number, kind_of
from shopkeeper.imports.guess.values import NumberForm
from shopkeeper.imports.mapping.declared import Layout
from shopkeeper.messages import message

ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")
"""What a file in ISO 8601 needs beside one that is not: with formats, these alone are read."""


def merged(choices: Sequence[Choice]) -> tuple[Choice, Mapping[str, tuple[str, ...]]]:
    """One choice for all files of a table, and the other spellings of its headings.

    Raise `Refused` where what one file means by a heading is not what another means by it, or they write numbers or
    lay out their rows in different ways.
    """
    whole = choices[0]
    for other in choices[1:]:
        if other.layout != whole.layout:
            whole = replace(whole, layout=_layout(whole, other))
        whole = _with(whole, other)
    aliases = {heading: others for column, heading in whole.columns.items() if (others := _others(choices, column))}
    for choice in choices:
        _refuse_other_meaning(choice, whole, aliases)
    return whole, aliases


def _with(whole: Choice, other: Choice) -> Choice:
    """The columns of both; each as written in both."""
    if (PRICE in whole.columns and "net_amount" not in whole.columns) != (
        PRICE in other.columns and "net_amount" not in other.columns
    ):
        raise _differ(whole, other, "net_amount")
    formats, numbers = dict(whole.formats), dict(whole.numbers)
    for column in set(whole.columns) & set(other.columns):
        own, others = whole.formats.get(column, ()), other.formats.get(column, ())
        if own != others:
            formats[column] = tuple(dict.fromkeys((*(own or ISO), *(others or ISO))))
        if is_number(kind_of(whole.table, column)) and whole.number_form(column) != other.number_form(column):
            numbers[column] = _both(whole, other, column)
    for column in set(other.columns) - set(whole.columns):
        formats |= {column: other.formats[column]} if column in other.formats else {}
        numbers |= {column: other.numbers[column]} if column in other.numbers else {}
    if any(whole.statuses[word] != other.statuses[word] for word in set(whole.statuses) & set(other.statuses)):
        raise _differ(whole, other, "status")
    return replace(
        whole,
        columns={**other.columns, **whole.columns},
        formats=formats,
        numbers=numbers,
        statuses={**other.statuses, **whole.statuses},
        keys={
            kind: tuple(dict.fromkeys((*whole.keys.get(kind, ()), *other.keys.get(kind, ()))))
            for kind in (*whole.keys, *(kind for kind in other.keys if kind not in whole.keys))
        },
    )


def _both(whole: Choice, other: Choice, column: str) -> NumberForm:
    """A form that reads both. Raise `Refused` where a mark means one thing in one file and another in the other."""
    own, others = whole.number_form(column), other.number_form(column)
    thousands = "".join(dict.fromkeys(own.thousands + others.thousands))
    if own.decimal != others.decimal or own.decimal in thousands:
        raise _differ(whole, other, column)
    strip = tuple(dict.fromkeys((*own.strip, *others.strip)))
    return NumberForm(own.decimal, thousands, strip, own.brackets or others.brackets)


def _layout(whole: Choice, other: Choice) -> Layout:
    """Sheets of one workbook are read alike; an encoding that a file shows itself need not be said."""
    sheets = whole.layout.sheets
    if whole.file == other.file:
        sheets = tuple(dict.fromkeys((*whole.layout.sheets, *other.layout.sheets)))
    own, others = (replace(each.layout, sheets=sheets) for each in (whole, other))
    if own != others:
        raise _differ(whole, other, "")
    return own


def _others(choices: Sequence[Choice], column: str) -> tuple[str, ...]:
    """The headings that a column has in further files."""
    spelled = dict.fromkeys(choice.columns[column] for choice in choices if column in choice.columns)
    return tuple(spelled)[1:]


def _refuse_other_meaning(choice: Choice, whole: Choice, aliases: Mapping[str, tuple[str, ...]]) -> None:
    for column, heading in whole.columns.items():
        there = next((name for name in (heading, *aliases.get(heading, ())) if name in choice.headings), "")
        if there and there != choice.columns.get(column, ""):
            raise Refused(
                message(
                    "{file}: its column {heading} is something else in another file of {table}. Bring these files in "
                    "one after the other, the later with “Add to what is there”.",
                    file=choice.file,
                    heading=repr(there),
                    table=choice.table,
                )
            )


def _differ(whole: Choice, other: Choice, column: str) -> Refused:
    return Refused(
        message(
            "{file} and {other} do not write {column} alike, so one mapping cannot read both. Bring them in one after "
            "the other, the later with “Add to what is there”.",
            file=whole.file,
            other=other.file,
            column=column or message("their rows"),
        )
    )
