"""A table's mapping, read and checked: its files, where the rows lie in them, its columns, what is read beside."""

import codecs
from typing import Any, cast

from shopkeeper.contract.tables import ORDER_LINES, TABLES, table
from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.columns import parse_column
from shopkeeper.imports.mapping.declared import (
    Aliases,
    DiscountLines,
    Exchange,
    FillDown,
    Kits,
    Layout,
    Lookup,
    Overlap,
    TableMapping,
)
from shopkeeper.imports.mapping.rules import holds_share, sources
from shopkeeper.imports.mapping.values import (
    filled_text,
    nearest,
    one_of,
    only_keys,
    text,
    texts,
    whole,
    yes_no,
)
from shopkeeper.imports.mapping.values import table as table_of
from shopkeeper.messages import message
from shopkeeper.models.identity.keys import KINDS

LAYOUT_KEYS = ("encoding", "delimiter", "sheets", "skip_rows", "header", "footer_rows", "leave_out")
MOST_SKIPPED = 1000
TABLE_KEYS = ("files", "columns", "aliases", "fill_down", "lookups", *LAYOUT_KEYS)
PERSON_TABLES = ("order_lines", "customers")
"""Tables whose files may have keys of persons."""
ORDER_KEYS = ("exchange", "kits", "lines_carry_dates", "negate_refunds", "discount_lines")
ENCODINGS = (
    "utf-8",
    "gb18030",
    "gbk",
    "big5",
    "shift_jis",
    "euc-kr",
    "cp1250",
    "cp1251",
    "cp1252",
    "latin-1",
    "utf-16",
)


def parse_table(place: str, name: str, given: object) -> TableMapping:
    """Raise `Refused`, naming the key, for anything that the contract does not know or that cannot hold."""
    names = [each.name for each in TABLES]
    if name not in names:
        raise Refused(
            message(
                "{place}: the contract has no table {name}{nearest} It has {names}.",
                place=place,
                name=repr(name),
                nearest=nearest(name, names),
                names=", ".join(names),
            )
        )
    place = f"{place}: tables.{name}"
    values = table_of(place, given)
    of_orders = name == ORDER_LINES.name
    # Rows of a table without a key may repeat.
    overlaps = ("overlap",) if of_orders or table(name).key else ()
    of_persons = ("keys",) if name in PERSON_TABLES else ()
    only_keys(place, values, (*TABLE_KEYS, *overlaps, *of_persons, *(ORDER_KEYS if of_orders else ())))
    columns = _columns(f"{place}.columns", name, values.get("columns"))
    mapping = TableMapping(
        name,
        columns,
        files=texts(f"{place}.files", values.get("files", [])),
        aliases=_aliases(f"{place}.aliases", values),
        fill_down=_fill_down(f"{place}.fill_down", values["fill_down"]) if "fill_down" in values else None,
        layout=parse_layout(place, values),
        overlap=cast(Overlap, one_of(f"{place}.overlap", values.get("overlap", "reject"), ("reject", "keep_one"))),
        lines_carry_dates=yes_no(f"{place}.lines_carry_dates", values.get("lines_carry_dates", False)),
        negate_refunds=yes_no(f"{place}.negate_refunds", values.get("negate_refunds", False)),
        discount_lines=_discount_lines(f"{place}.discount_lines", values),
        lookups=_lookups(f"{place}.lookups", values.get("lookups", {})),
        exchange=_exchange(f"{place}.exchange", values["exchange"]) if "exchange" in values else None,
        kits=_kits(f"{place}.kits", values["kits"]) if "kits" in values else None,
        keys=_keys(f"{place}.keys", values.get("keys", {})),
    )
    _refuse_unknown_lookups(place, mapping)
    _refuse_shares(place, mapping)
    return mapping


def _columns(place: str, name: str, given: object) -> tuple[Any, ...]:
    contract = table(name)
    columns = table_of(place, given)
    only_keys(place, columns, (column.name for column in contract.columns))
    for column in contract.columns:
        if column.required and column.name not in columns:
            raise Refused(
                message("{place} says nothing of {name}, which every row needs. Add it.", place=place, name=column.name)
            )
    return tuple(parse_column(f"{place}.{each}", contract.column(each), rule) for each, rule in columns.items())


def parse_layout(place: str, values: dict[str, Any]) -> Layout:
    """Where the rows lie in a file. Raise `Refused`, naming the key, for what cannot hold."""
    leave_out = table_of(f"{place}.leave_out", values.get("leave_out", {}))
    header = texts(f"{place}.header", values.get("header", []))
    if header and "skip_rows" in values:
        raise Refused(
            message("{place}: skip_rows and header both say where the header is; leave one of them out.", place=place)
        )
    return Layout(
        encoding=_encoding(place, values),
        delimiter=_delimiter(place, values),
        sheets=texts(f"{place}.sheets", values.get("sheets", [])),
        skip_rows=whole(f"{place}.skip_rows", values.get("skip_rows", 0), 0, MOST_SKIPPED),
        header=tuple(filled_text(f"{place}.header", each) for each in header),
        footer_rows=whole(f"{place}.footer_rows", values.get("footer_rows", 0), 0, MOST_SKIPPED),
        leave_out=tuple((column, texts(f"{place}.leave_out.{column}", each)) for column, each in leave_out.items()),
    )


def _encoding(place: str, values: dict[str, Any]) -> str:
    if "encoding" not in values:
        return ""
    name = filled_text(f"{place}.encoding", values["encoding"])
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise Refused(
            message(
                "{place}.encoding: there is no encoding {name}{nearest}",
                place=place,
                name=repr(name),
                nearest=nearest(name, ENCODINGS),
            )
        ) from error
    if not codec._is_text_encoding:  # noqa: SLF001 - the only way to tell base64 from a text's encoding
        raise Refused(
            message("{place}.encoding: {name} is no encoding of texts. Take one such as utf-8.", place=place, name=name)
        )
    return name


def _delimiter(place: str, values: dict[str, Any]) -> str:
    mark = text(f"{place}.delimiter", values.get("delimiter", ""))
    if len(mark) > 1 or mark in ('"', "\n", "\r", "\x00") or ("delimiter" in values and not mark):
        raise Refused(
            message(
                "{place}.delimiter is one character such as ';', and no quotation mark or line break, not {given}.",
                place=place,
                given=repr(mark),
            )
        )
    return mark


def _fill_down(place: str, given: object) -> FillDown:
    values = table_of(place, given)
    only_keys(place, values, ("key", "columns"))
    columns = texts(f"{place}.columns", values.get("columns", []))
    if not columns:
        raise Refused(message("{place} needs columns: those to fill from the first row of the same key.", place=place))
    return FillDown(filled_text(f"{place}.key", values["key"]) if "key" in values else "", columns)


def _discount_lines(place: str, values: dict[str, Any]) -> DiscountLines:
    if "discount_lines" not in values:
        return ""
    return cast(DiscountLines, one_of(place, values["discount_lines"], ("spread", "keep")))


def _keys(place: str, given: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    values = table_of(place, given)
    only_keys(place, values, KINDS[1:])
    keys = ((kind, texts(f"{place}.{kind}", each)) for kind, each in values.items())
    return tuple((kind, tuple(filled_text(f"{place}.{kind}", name) for name in names)) for kind, names in keys)


def _lookups(place: str, given: object) -> tuple[Lookup, ...]:
    lookups = []
    for name, content in table_of(place, given).items():
        values = table_of(f"{place}.{name}", content)
        only_keys(f"{place}.{name}", values, ("files", "key", "to", "optional", "aliases", *LAYOUT_KEYS))
        lookups.append(
            Lookup(
                name,
                files=_patterns(f"{place}.{name}.files", values.get("files")),
                key=filled_text(f"{place}.{name}.key", values.get("key", "")),
                to=filled_text(f"{place}.{name}.to", values.get("to", "")),
                optional=yes_no(f"{place}.{name}.optional", values.get("optional", False)),
                layout=parse_layout(f"{place}.{name}", values),
                aliases=_aliases(f"{place}.{name}.aliases", values),
            )
        )
    return tuple(lookups)


def _exchange(place: str, given: object) -> Exchange:
    values = table_of(place, given)
    only_keys(place, values, ("files", "day", "currency", "rate", "aliases", *LAYOUT_KEYS))
    return Exchange(
        files=_patterns(f"{place}.files", values.get("files")),
        day=filled_text(f"{place}.day", values.get("day", "day")),
        currency=filled_text(f"{place}.currency", values.get("currency", "currency")),
        rate=filled_text(f"{place}.rate", values.get("rate", "rate")),
        layout=parse_layout(place, values),
        aliases=_aliases(f"{place}.aliases", values),
    )


def _kits(place: str, given: object) -> Kits:
    values = table_of(place, given)
    only_keys(place, values, ("files", "kit", "component", "quantity", "price", "share", "aliases", *LAYOUT_KEYS))
    named = {key: filled_text(f"{place}.{key}", values.get(key, key)) for key in ("kit", "component", "quantity")} | {
        key: filled_text(f"{place}.{key}", values[key]) for key in ("price", "share") if key in values
    }
    if "price" in named and "share" in named:
        raise Refused(
            message("{place}: price and share both say how a kit's amounts are shared; leave one out.", place=place)
        )
    files, aliases = _patterns(f"{place}.files", values.get("files")), _aliases(f"{place}.aliases", values)
    return Kits(files, **named, layout=parse_layout(place, values), aliases=aliases)


def _aliases(place: str, values: dict[str, Any]) -> Aliases:
    given = table_of(place, values.get("aliases", {}))
    return tuple((column, texts(f"{place}.{column}", others)) for column, others in given.items())


def _patterns(place: str, given: object) -> tuple[str, ...]:
    patterns = texts(place, given) if given is not None else ()
    if not patterns:
        raise Refused(message("{place} is missing: say which files these are, such as 'orders*.csv'.", place=place))
    return tuple(filled_text(place, each) for each in patterns)


def _refuse_unknown_lookups(place: str, mapping: TableMapping) -> None:
    """A rule that reads `orders.buyer` needs a lookup `orders`, where a lookup is declared at all."""
    names = [lookup.name for lookup in mapping.lookups]
    for column in mapping.columns:
        for name in sources(column.rule):
            start = name.split(".")[0]
            if names and "." in name and start not in names:
                raise Refused(
                    message(
                        "{place}.columns.{column} reads {name}, but there is no lookup {start}{nearest}",
                        place=place,
                        column=column.name,
                        name=repr(name),
                        start=repr(start),
                        nearest=nearest(start, names),
                    )
                )


def _refuse_shares(place: str, mapping: TableMapping) -> None:
    """Only lines belong to an order that has an amount to share."""
    for column in mapping.columns:
        if mapping.name != ORDER_LINES.name and holds_share(column.rule):
            raise Refused(
                message("{place}.columns.{column}: only order lines share an amount.", place=place, column=column.name)
            )
