"""Choices of columns written as a mapping: the TOML document that the command line reads too."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import tomli_w

from shopkeeper.contract.tables import table
from shopkeeper.errors import Refused
from shopkeeper.imports.guess.choice import Choice
from shopkeeper.imports.guess.merged import merged
from shopkeeper.imports.guess.tables import PRICE, is_number, is_time
from shopkeeper.imports.guess.values import NumberForm
from shopkeeper.imports.mapping.declared import Layout
from shopkeeper.lake.version import Shop
from shopkeeper.messages import message

COUNTED = re.compile(r"[0-9]{2,}([-_. ]?[0-9]+)*|\([0-9]+\)|\[[0-9]+\]")


def pattern_of(name: str, others: Iterable[str] = ()) -> str:
    """What next month's file of the same kind will fit: the name with stars for its numbers.

    `others` are files of another kind: where the pattern would take one of them too, the name itself is given.
    """
    stem = _last(name).replace("[", "?").replace("]", "?")
    pattern = COUNTED.sub("*", stem)
    return stem if any(fnmatchcase(_last(other), pattern) for other in others) else pattern


def _last(name: str) -> str:
    return name.rsplit("/", maxsplit=1)[-1]


def document(choices: Sequence[Choice], shop: Shop, left_out: Iterable[str] = ()) -> dict[str, Any]:
    """The mapping as a document, ready for `parse_mapping` or `as_toml`; `left_out` are files that it must not take.

    Raise `Refused` where two files of one table cannot be read by one mapping.
    """
    content: dict[str, Any] = {}
    named = {"name": shop.name, "currency": shop.currency, "timezone": shop.timezone, "week_start": shop.week_start}
    if said := {key: value for key, value in named.items() if value}:
        content["shop"] = said
    content["tables"] = {}
    for name in dict.fromkeys(choice.table for choice in choices):
        own = [choice for choice in choices if choice.table == name]
        others = {choice.file for choice in choices if choice.table != name} | set(left_out)
        whole, aliases = merged(own)
        files = dict.fromkeys(pattern_of(choice.file, others - {choice.file}) for choice in own)
        content["tables"][name] = {"files": list(files), **_layout(whole.layout)}
        if aliases:
            content["tables"][name]["aliases"] = {heading: list(others) for heading, others in aliases.items()}
        if keys := {kind: list(named) for kind, named in whole.keys.items() if named}:
            content["tables"][name]["keys"] = keys
        content["tables"][name]["columns"] = _columns(whole)
    return content


def _layout(layout: Layout) -> dict[str, Any]:
    """Only what the files do not show themselves."""
    every: dict[str, Any] = {
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "sheets": list(layout.sheets),
        "skip_rows": layout.skip_rows,
        "header": list(layout.header),
        "footer_rows": layout.footer_rows,
        "leave_out": {heading: list(texts) for heading, texts in layout.leave_out},
    }
    return {key: value for key, value in every.items() if value}


def _columns(choice: Choice) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for column in table(choice.table).columns:
        heading, options = choice.columns.get(column.name, ""), choice.number_form(column.name).options()
        if column.name == "net_amount" and not heading and choice.columns.get(PRICE):
            columns[column.name] = _product(choice)
        elif not heading:
            continue
        elif column.name == "status" and choice.statuses:
            columns[column.name] = {"source": heading, "values": dict(choice.statuses)}
        elif is_time(column.type) and choice.formats.get(column.name):
            columns[column.name] = {"source": heading, "format": list(choice.formats[column.name])}
        elif is_number(column.type) and options:
            columns[column.name] = {"source": heading} | options
        else:
            columns[column.name] = heading
    # As a TOML file has them: what is one text before what is a table.
    return dict(sorted(columns.items(), key=lambda item: isinstance(item[1], dict)))


def _product(choice: Choice) -> dict[str, Any]:
    """The amount as price times quantity. Raise `Refused` where the two are not written alike."""
    price, quantity = choice.number_form(PRICE), choice.number_form("quantity")
    form = price
    if quantity != price and quantity != NumberForm():
        if price.decimal != quantity.decimal or (price.thousands and price.thousands != quantity.thousands):
            raise Refused(
                message(
                    "{file}: {price} and {quantity} are not written alike, so no amount can be made of them. Choose a "
                    "column with the amount of the line.",
                    file=choice.file,
                    price=repr(choice.columns[PRICE]),
                    quantity=repr(choice.columns["quantity"]),
                )
            )
        strip = tuple(dict.fromkeys((*price.strip, *quantity.strip)))
        brackets = price.brackets or quantity.brackets
        form = NumberForm(price.decimal, price.thousands or quantity.thousands, strip, brackets)
    return {"product": [choice.columns["quantity"], choice.columns[PRICE]]} | form.options()


def as_toml(content: Mapping[str, Any]) -> str:
    """The document as the text of a TOML file."""
    return tomli_w.dumps(content)
