"""A mapping file: which file is which table, and how each column of the contract is made (`docs/mapping.md`)."""

import tomllib
from collections.abc import Mapping as Dictionary
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import TABLES
from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.declared import ColumnMapping, Mapping, TableMapping
from shopkeeper.imports.mapping.rules import SourceColumn
from shopkeeper.imports.mapping.tables import parse_table
from shopkeeper.imports.mapping.values import filled_text, nearest, only_keys, table, text, texts
from shopkeeper.lake.version import WEEK_STARTS, Shop
from shopkeeper.messages import message

FOLDER = Path(__file__).parent.parent / "platforms"
SHOP_KEYS = ("name", "currency", "timezone", "week_start", "sample", "source_timezone", "as_of")


def available() -> tuple[str, ...]:
    """Names of the mappings that ship with the program."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(name_or_path: str | Path) -> Mapping:
    """Read a mapping that ships with the program, by name, or one of the merchant's, by path (`.toml`).

    Raise `Refused` where it cannot be read, or says something that the contract does not know.
    """
    return parse_text(_path(name_or_path).stem, source(name_or_path))


def parse_text(name: str, written: str) -> Mapping:
    """A mapping as the text of a TOML file. Raise `Refused` as `load` does."""
    try:
        content = tomllib.loads(written)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused(
            message("The mapping {path} cannot be read: {error}. Mend it and import again.", path=name, error=error)
        ) from error
    return parse_mapping(name, content)


def source(name_or_path: str | Path) -> str:
    """A mapping as it is written. Raise `Refused` where there is none, or it cannot be read."""
    path = _path(name_or_path)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Refused(message("There is no mapping file {path}. Check the path.", path=path)) from error
    except (UnicodeDecodeError, OSError) as error:
        raise Refused(
            message("The mapping {path} cannot be read: {error}. Mend it and import again.", path=path, error=error)
        ) from error


def title(name: str) -> str:
    """What a ready mapping reads, in a few words: its first line up to the colon."""
    return source(name).splitlines()[0].lstrip("# ").split(":")[0]


def _path(name_or_path: str | Path) -> Path:
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
    return path


def parse_mapping(name: str, content: Dictionary[str, Any]) -> Mapping:
    """The mapping that a parsed TOML document describes. Raise `Refused` for anything it should not say."""
    place = f"Mapping {name}"
    only_keys(place, content, ("identity", "shop", "notes", "leave", "tables"))
    shop = table(f"{place}: [shop]", content.get("shop", {}))
    only_keys(f"{place}: [shop]", shop, SHOP_KEYS)
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
        shop_of(place, shop),
        _tables(place, content),
        source_timezone=_timezone(place, shop["source_timezone"]) if "source_timezone" in shop else "",
        as_of=as_of,
        notes=texts(f"{place}: notes", content.get("notes", [])),
        leave=texts(f"{place}: leave", content.get("leave", [])),
    )


def _tables(place: str, content: Dictionary[str, Any]) -> tuple[TableMapping, ...]:
    if content.get("identity"):
        if "tables" in content:
            raise Refused(
                message(
                    "{place}: identity takes every table as the contract names it; leave [tables] out.",
                    place=place,
                )
            )
        return tuple(_identity(each) for each in TABLES)
    mappings = tuple(parse_table(place, *item) for item in table(place, content.get("tables")).items())
    if not mappings:
        raise Refused(
            message("{place} names no table. Add [tables.order_lines.columns], or identity = true.", place=place)
        )
    return mappings


def _identity(contract: Table) -> TableMapping:
    columns = tuple(ColumnMapping(column.name, SourceColumn(column.name)) for column in contract.columns)
    return TableMapping(contract.name, columns, identity=True)


def shop_of(place: str, content: Dictionary[str, Any]) -> Shop:
    """The shop that a mapping, or whoever imports, names; what is left out is empty. Raise `Refused` for the rest."""
    for key in ("name", "currency", "timezone"):
        if key in content:
            filled_text(f"{place}: [shop] {key}", content[key])
    currency = text(f"{place}: [shop] currency", content.get("currency", ""))
    if currency and (len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper())):
        raise Refused(
            message(
                "{place}: currency must be an ISO 4217 code such as CNY or GBP, not {currency}.",
                place=place,
                currency=repr(currency),
            )
        )
    timezone = _timezone(place, content["timezone"]) if "timezone" in content else ""
    name = text(f"{place}: [shop] name", content.get("name", ""))
    week_start = text(f"{place}: [shop] week_start", content.get("week_start", ""))
    if week_start and week_start not in WEEK_STARTS:
        raise Refused(
            message(
                "{place}: week_start must be monday or sunday, not {week_start}.",
                place=place,
                week_start=repr(week_start),
            )
        )
    return Shop(name, currency, timezone, content.get("sample") is True, week_start)


def _timezone(place: str, given: object) -> str:
    name = text(f"{place}: timezone", given)
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
