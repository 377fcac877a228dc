"""What a merchant's files mean: which file is which table, and how each column of the contract is made."""

import tomllib
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import available_timezones

from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import TABLES, table
from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.rules import Rule, SourceColumn, nearest, only_keys, parse, text
from shopkeeper.lake.version import Shop
from shopkeeper.messages import message

FOLDER = Path(__file__).parent.parent / "platforms"
COLUMN_OPTIONS = ("format", "decimal", "round")
TABLE_KEYS = ("files", "columns", "aliases", "fill_down", "encoding", "delimiter", "sheets")
SHOP_KEYS = ("name", "currency", "timezone", "sample", "source_timezone", "as_of")


@dataclass(frozen=True)
class ColumnMapping:
    """How one column of the contract is made.

    `formats` are strptime patterns for a date or time that is not ISO 8601. `decimal` is the decimal mark of numbers
    written as text. `round` allows what would lose something: an amount to 4 decimals, a time to its day.
    """

    name: str
    rule: Rule
    formats: tuple[str, ...] = ()
    decimal: str = "."
    round: bool = False


@dataclass(frozen=True)
class FillDown:
    """Columns that stand only on the first row of several with the same key; an empty cell takes that row's value."""

    key: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class TableMapping:
    """One table. `files` are patterns of paths; where empty, a file or its folder is called as the table.

    `aliases` gives other spellings of a file's column. `identity`: columns are called as in the contract, and those
    that are not required may be absent.
    """

    name: str
    columns: tuple[ColumnMapping, ...]
    files: tuple[str, ...] = ()
    aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fill_down: FillDown | None = None
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    identity: bool = False

    def takes(self, path: PurePath) -> bool:
        """Whether a file belongs to this table; `path` is relative to the folder that was given."""
        if self.files:
            return any(fnmatchcase(path.as_posix(), each) or fnmatchcase(path.name, each) for each in self.files)
        return self.name in (path.name.split(".")[0], *path.parts[:-1])


@dataclass(frozen=True)
class Mapping:
    """A whole mapping. `source_timezone` is that of times in the files which carry none; empty: the shop's own.

    `notes` are shown with every import: what this mapping cannot know. `leave`: patterns of files that are no data.
    """

    name: str
    shop: Shop
    tables: tuple[TableMapping, ...] = field(repr=True)
    source_timezone: str = ""
    as_of: date | None = None
    notes: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()

    def digest(self) -> str:
        """SHA-256 of everything the mapping says, as hexadecimal text."""
        return sha256(repr(self).encode()).hexdigest()


def available() -> tuple[str, ...]:
    """Names of the mappings that ship with the program."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(name_or_path: str | Path) -> Mapping:
    """Read a mapping that ships with the program, by name, or one of the merchant's, by path (`.toml`).

    Raise `Refused` where it cannot be read, or says something that the contract does not know.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        if str(name_or_path) not in available():
            raise Refused(
                message(
                    "There is no mapping {name_or_path}{nearest} Take one of {available}, or the path of "
                    "your own .toml file.",
                    name_or_path=repr(str(name_or_path)),
                    nearest=nearest(str(name_or_path), available()),
                    available=", ".join(available()),
                )
            )
        path = FOLDER / f"{name_or_path}.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refused(
            message(
                "There is no mapping file {path}. Check the path.",
                path=path,
            )
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Refused(
            message(
                "The mapping {path} cannot be read: {error}. Mend it and import again.",
                path=path,
                error=error,
            )
        ) from error
    return parse_mapping(path.stem, document)


def parse_mapping(name: str, document: Dictionary[str, Any]) -> Mapping:
    """The mapping that a parsed TOML document describes. Raise `Refused` for anything it should not say."""
    place = f"Mapping {name}"
    only_keys(place, document, ("identity", "shop", "notes", "leave", "tables"))
    shop = _table(f"{place}: [shop]", document.get("shop"))
    only_keys(f"{place}: [shop]", shop, SHOP_KEYS)
    if document.get("identity"):
        if "tables" in document:
            raise Refused(
                message(
                    "{place}: identity takes every table as the contract names it; leave [tables] out.",
                    place=place,
                )
            )
        tables = tuple(_identity(each) for each in TABLES)
    else:
        tables = tuple(_table_mapping(place, *item) for item in _table(place, document.get("tables")).items())
    if not tables:
        raise Refused(
            message(
                "{place} names no table. Add [tables.order_lines.columns], or identity = true.",
                place=place,
            )
        )
    as_of = shop.get("as_of")
    if as_of is not None and type(as_of) is not date:
        raise Refused(
            message(
                "{place}: as_of must be a day without quotes, such as 2026-10-21, not {as_of}.",
                place=place,
                as_of=repr(as_of),
            )
        )
    return Mapping(
        name,
        _shop(place, shop),
        tables,
        source_timezone=_timezone(place, shop["source_timezone"]) if "source_timezone" in shop else "",
        as_of=as_of,
        notes=_texts(f"{place}: notes", document.get("notes", [])),
        leave=_texts(f"{place}: leave", document.get("leave", [])),
    )


def _identity(contract: Table) -> TableMapping:
    columns = tuple(ColumnMapping(column.name, SourceColumn(column.name)) for column in contract.columns)
    return TableMapping(contract.name, columns, identity=True)


def _shop(place: str, shop: dict[str, Any]) -> Shop:
    for key in ("name", "currency", "timezone"):
        if not text(f"{place}: [shop] {key}", shop.get(key, "")).strip():
            raise Refused(
                message(
                    "{place}: [shop] needs {key}.",
                    place=place,
                    key=key,
                )
            )
    currency = shop["currency"]
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise Refused(
            message(
                "{place}: currency must be an ISO 4217 code such as CNY or GBP, not {currency}.",
                place=place,
                currency=repr(currency),
            )
        )
    return Shop(shop["name"], currency, _timezone(place, shop["timezone"]), shop.get("sample") is True)


def _timezone(place: str, value: object) -> str:
    name = text(f"{place}: timezone", value)
    if name not in available_timezones():
        raise Refused(
            message(
                "{place}: there is no timezone {name}{nearest}",
                place=place,
                name=repr(name),
                nearest=nearest(name, available_timezones()),
            )
        )
    return name


def _table_mapping(place: str, name: str, value: object) -> TableMapping:
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
    values = _table(place, value)
    only_keys(place, values, TABLE_KEYS)
    contract = table(name)
    columns = _table(f"{place}.columns", values.get("columns"))
    only_keys(f"{place}.columns", columns, (column.name for column in contract.columns))
    for column in contract.columns:
        if column.required and column.name not in columns:
            raise Refused(
                message(
                    "{place}.columns says nothing of {name}, which every row needs. Add it.",
                    place=place,
                    name=column.name,
                )
            )
    return TableMapping(
        name,
        tuple(_column(f"{place}.columns.{each}", each, rule) for each, rule in columns.items()),
        files=_texts(f"{place}.files", values.get("files", [])),
        aliases=tuple(
            (column, _texts(f"{place}.aliases.{column}", others))
            for column, others in _table(f"{place}.aliases", values.get("aliases", {})).items()
        ),
        fill_down=_fill_down(f"{place}.fill_down", values["fill_down"]) if "fill_down" in values else None,
        encoding=text(f"{place}.encoding", values.get("encoding", "")),
        delimiter=text(f"{place}.delimiter", values.get("delimiter", "")),
        sheets=_texts(f"{place}.sheets", values.get("sheets", [])),
    )


def _column(place: str, name: str, rule: object) -> ColumnMapping:
    if not isinstance(rule, dict):
        return ColumnMapping(name, parse(place, rule))
    options = {key: value for key, value in rule.items() if key in COLUMN_OPTIONS}
    formats = options.get("format", [])
    decimal = options.get("decimal", ".")
    rounding = options.get("round", False)
    if decimal not in (".", ",") or not isinstance(rounding, bool):
        raise Refused(
            message(
                "{place}: decimal is '.' or ',', and round is true or false.",
                place=place,
            )
        )
    return ColumnMapping(
        name,
        parse(place, {key: value for key, value in rule.items() if key not in options}),
        formats=(formats,) if isinstance(formats, str) else _texts(f"{place}.format", formats),
        decimal=decimal,
        round=rounding,
    )


def _fill_down(place: str, value: object) -> FillDown:
    values = _table(place, value)
    only_keys(place, values, ("key", "columns"))
    columns = _texts(f"{place}.columns", values.get("columns", []))
    if not columns:
        raise Refused(
            message(
                "{place} needs columns: those to fill from the first row of the same key.",
                place=place,
            )
        )
    return FillDown(text(f"{place}.key", values.get("key")), columns)


def _texts(place: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        raise Refused(
            message(
                "{place} must be a list of texts, not {given}.",
                place=place,
                given=repr(value),
            )
        )
    return tuple(text(place, each) for each in value)


def _table(place: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(
            message(
                "{place} is missing, or not a table.",
                place=place,
            )
        )
    return value
