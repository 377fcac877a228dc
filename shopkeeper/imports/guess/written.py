"""A choice of columns written as a mapping: the TOML document that the command line reads too."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomli_w

from shopkeeper.contract.table import MONEY, QUANTITY
from shopkeeper.contract.tables import table
from shopkeeper.imports.guess.tables import PRICE, FileGuess
from shopkeeper.imports.guess.values import PLAINLY, NumberForm
from shopkeeper.lake.version import Shop

COUNTED = re.compile(r"[0-9]{2,}([-_. ]?[0-9]+)*|\([0-9]+\)|\[[0-9]+\]")


@dataclass(frozen=True)
class Choice:
    """What a person chose for one file: its table, the heading of each column, how times and numbers are written, what
    the words of its status mean."""

    files: tuple[str, ...]
    table: str
    columns: Mapping[str, str]
    formats: tuple[str, ...] = ()
    numbers: NumberForm = PLAINLY
    statuses: Mapping[str, str] | None = None


def choice_of(guess: FileGuess) -> Choice:
    """The guess as it stands."""
    return Choice(
        (pattern_of(guess.name),),
        guess.table,
        {each.column: each.heading for each in guess.columns},
        guess.formats[:1],
        guess.numbers,
        dict(guess.statuses),
    )


def pattern_of(name: str) -> str:
    """What next month's file of the same kind will fit: the name with stars for its numbers."""
    stem = name.rsplit("/", maxsplit=1)[-1]
    return COUNTED.sub("*", stem.replace("[", "?").replace("]", "?"))


def document(choices: Sequence[Choice], shop: Shop, source_timezone: str = "") -> dict[str, Any]:
    """The mapping as a document, ready for `parse_mapping` or `as_toml`."""
    content: dict[str, Any] = {}
    named = {"name": shop.name, "currency": shop.currency, "timezone": shop.timezone}
    if source_timezone:
        named["source_timezone"] = source_timezone
    if said := {key: value for key, value in named.items() if value}:
        content["shop"] = said
    content["tables"] = {}
    for choice in choices:
        known = content["tables"].setdefault(choice.table, {"files": []})
        known["files"] = list(dict.fromkeys((*known["files"], *choice.files)))
        known.setdefault("columns", _columns(choice))
    return content


def _columns(choice: Choice) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    options = choice.numbers.options()
    for column in table(choice.table).columns:
        heading = choice.columns.get(column.name, "")
        if column.name == "net_amount" and not heading and choice.columns.get(PRICE):
            amount = {"product": [choice.columns["quantity"], choice.columns[PRICE]]}
            columns[column.name] = amount | options
        elif not heading:
            continue
        elif column.name == "status" and choice.statuses:
            meanings = {word: meaning for word, meaning in choice.statuses.items() if meaning}
            columns[column.name] = {"source": heading, "values": meanings} if meanings else heading
        elif column.type in ("TIMESTAMP", "DATE") and choice.formats:
            columns[column.name] = {"source": heading, "format": list(choice.formats)}
        elif column.type in (MONEY, QUANTITY) and options:
            columns[column.name] = {"source": heading} | options
        else:
            columns[column.name] = heading
    return columns


def as_toml(content: Mapping[str, Any]) -> str:
    """The document as the text of a TOML file."""
    return tomli_w.dumps(content)
