"""What sources.toml says: each source, what reads it, and what becomes of rows that are there already."""

import tomllib
from collections.abc import Container
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import ORDER_LINES, table
from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.declared import Exchange, Kits, Mapping, TableMapping
from shopkeeper.imports.mapping.file import load as load_mapping
from shopkeeper.imports.mapping.values import filled_text, one_of, only_keys
from shopkeeper.imports.mapping.values import table as table_of
from shopkeeper.imports.sources.options import overlap, secret, variables
from shopkeeper.messages import message

FILE = "sources.toml"
Kind = Literal["folder", "postgresql", "mysql", "s3"]
Mode = Literal["append", "replace-by-order", "replace-by-key"]
KINDS: tuple[Kind, ...] = ("folder", "postgresql", "mysql", "s3")
OWN_KEYS: Dictionary[str, tuple[str, ...]] = {
    "folder": ("path",),
    "postgresql": ("url",),
    "mysql": ("url",),
    "s3": ("bucket", "prefix", "endpoint", "region", "access_key", "secret_key"),
}
DATABASE_KEYS = ("mode", "table", "query", "cursor", "overlap", "order")
SCHEMES = {"postgresql": ("postgresql", "postgres"), "mysql": ("mysql", "mariadb")}


@dataclass(frozen=True)
class BesideSource:
    """Where a database holds what the mapping reads beside a table: a lookup by its name, rates, or kits."""

    name: str
    table: str = ""
    query: str = ""


@dataclass(frozen=True)
class TableSource:
    """One table of the contract from one source.

    The rest is for databases only: a `table` or a `query`, the `cursor` column by which new rows are known, how far
    before the last position it is read again (`overlap`), and the column of the order's number (`order`), by which
    whole orders are fetched, and where it holds what is read `beside` the table.
    """

    name: str
    mode: Mode
    table: str = ""
    query: str = ""
    cursor: str = ""
    overlap: timedelta | int | None = None
    order: str = ""
    beside: tuple[BesideSource, ...] = ()


@dataclass(frozen=True)
class Folder:
    """A folder on this machine."""

    path: Path


@dataclass(frozen=True)
class Database:
    """`url` still has `${NAME}` where its password goes; `dialect` says how its SQL is spelt."""

    dialect: Literal["postgresql", "mysql"]
    url: str


@dataclass(frozen=True)
class Storage:
    """S3 and what speaks like it. Keys still have `${NAME}`; without keys the machine's own credentials are taken."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""


@dataclass(frozen=True)
class Source:
    """One source. `tables` are those that it gives, in the order in which it names them."""

    name: str
    place: Folder | Database | Storage
    mapping: Mapping
    tables: tuple[TableSource, ...]

    def table(self, name: str) -> TableSource | None:
        """What it says of a table; `None` where it does not give it."""
        return next((each for each in self.tables if each.name == name), None)


def load(path: Path) -> tuple[Source, ...]:
    """Read a file of sources; paths in it start from its own folder.

    Raise `Refused` where it cannot be read, or says anything that is not known, by the key at fault.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refused(
            message(
                "There is no file {path}. Write one, as docs/operations.md shows, or name another with --sources.",
                path=path,
            )
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Refused(
            message("The sources in {path} cannot be read: {error}. Mend the file.", path=path, error=error)
        ) from error
    only_keys(path.name, given, ("sources",))
    listed = table_of(f"{path.name}: sources", given.get("sources", {}))
    if not listed:
        raise Refused(message("{path} names no source. Add one, such as [sources.shop].", path=path))
    sources = tuple(_source(name, values, path.parent) for name, values in listed.items())
    _refuse_other_shops(sources)
    return sources


def _source(name: str, given: object, folder: Path) -> Source:
    place = f"sources.{name}"
    values = table_of(place, given)
    if not name or not name.isprintable() or any(mark in name for mark in "/\\:"):
        raise Refused(message("{place}: a source's name may hold no slash and no colon.", place=place))
    kind = cast(Kind, one_of(f"{place}.kind", values.get("kind"), KINDS))
    only_keys(place, values, ("kind", "mapping", "tables", *OWN_KEYS[kind]))
    mapping = filled_text(f"{place}.mapping", values.get("mapping"))
    read_by = load_mapping(folder / mapping if mapping.endswith(".toml") else mapping)
    where = _place(place, kind, values, folder)
    tables = table_of(f"{place}.tables", values.get("tables", {}))
    contracts = [each.name for each in read_by.tables]
    for each in tables:
        one_of(f"{place}.tables", each, contracts)
    if isinstance(where, Database):
        if not tables:
            raise Refused(
                message(
                    "{place} needs tables: which of {tables} it holds, and where.", place=place, tables=_list(contracts)
                )
            )
        declared = {each.name: each for each in read_by.tables}
        return Source(name, where, read_by, tuple(_of_database(place, declared[each], tables[each]) for each in tables))
    return Source(name, where, read_by, tuple(_of_files(place, each, tables.get(each)) for each in contracts))


def _list(names: list[str]) -> str:
    return ", ".join(names)


def _place(place: str, kind: Kind, values: dict[str, Any], folder: Path) -> Folder | Database | Storage:
    match kind:
        case "folder":
            return Folder((folder / Path(filled_text(f"{place}.path", values.get("path"))).expanduser()).absolute())
        case "s3":
            options = {key: filled_text(f"{place}.{key}", values[key]) for key in OWN_KEYS["s3"] if key in values}
            options["bucket"] = filled_text(f"{place}.bucket", values.get("bucket"))
            for key in ("access_key", "secret_key"):
                if key in options:
                    secret(f"{place}.{key}", options[key])
            if ("access_key" in options) != ("secret_key" in options):
                raise Refused(
                    message("{place}: access_key and secret_key go together; give both or none.", place=place)
                )
            for key in ("endpoint", "region"):
                variables(f"{place}.{key}", options.get(key, ""))
            return Storage(**options)
        case _:
            return _database(f"{place}.url", kind, filled_text(f"{place}.url", values.get("url")))


def _database(place: str, kind: Literal["postgresql", "mysql"], url: str) -> Database:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Refused(
            message("{place} is no address such as {kind}://user:${{PASSWORD}}@host/database.", place=place, kind=kind)
        ) from error
    if parsed.drivername not in SCHEMES[kind] or not parsed.host or not parsed.database:
        raise Refused(
            message("{place} is no address such as {kind}://user:${{PASSWORD}}@host/database.", place=place, kind=kind)
        )
    if parsed.password:
        secret(place, str(parsed.password))
    if any("pass" in key.lower() for key in parsed.query):
        raise Refused(
            message("{place}: the password goes before the host, as ${{NAME}}, and nowhere else.", place=place)
        )
    variables(place, url)
    return Database(kind, url)


def _mode(place: str, contract: Table, given: object) -> Mode:
    """Its own way unless told otherwise: orders by order, rows by key, and what has neither is added."""
    if contract is ORDER_LINES:
        modes: tuple[Mode, ...] = ("replace-by-order", "append")
    else:
        modes = ("replace-by-key", "append") if contract.key else ("append",)
    return cast(Mode, one_of(place, given, modes)) if given is not None else modes[0]


def _of_files(place: str, name: str, given: object) -> TableSource:
    place = f"{place}.tables.{name}"
    values = table_of(place, given if isinstance(given, dict) else {} if given is None else {"mode": given})
    only_keys(place, values, ("mode",))
    return TableSource(name, _mode(f"{place}.mode", table(name), values.get("mode")))


def _of_database(place: str, mapping: TableMapping, given: object) -> TableSource:
    name = mapping.name
    place = f"{place}.tables.{name}"
    values = table_of(place, given)
    only_keys(place, values, (*DATABASE_KEYS, *_keys_beside(mapping)))
    mode = _mode(f"{place}.mode", table(name), values.get("mode"))
    keys = ("table", "query", "cursor", "order")
    texts = {key: filled_text(f"{place}.{key}", values[key]) for key in keys if key in values}
    _refuse_other_than_one(place, texts)
    again = overlap(f"{place}.overlap", values["overlap"]) if "overlap" in values else None
    if again is not None and "cursor" not in texts:
        raise Refused(message("{place}: overlap needs a cursor, the column that it goes back on.", place=place))
    if again is not None and mode == "append":
        raise Refused(
            message("{place}: with append every row is added, so rows of the overlap would count twice.", place=place)
        )
    if mode == "append" and "cursor" not in texts:
        raise Refused(message("{place}: append needs a cursor, by which new rows are known.", place=place))
    whole_orders = mode == "replace-by-order" and "cursor" in texts
    if whole_orders and "order" not in texts:
        raise Refused(
            message(
                "{place} needs order: the column of the order's number. A changed line brings its whole order.",
                place=place,
            )
        )
    if "order" in texts and not whole_orders:
        raise Refused(message("{place}: order belongs to replace-by-order with a cursor; leave it out.", place=place))
    return TableSource(name, mode, overlap=again, beside=_beside(place, mapping, values), **texts)


def _refuse_other_than_one(place: str, values: Container[str]) -> None:
    if ("table" in values) == ("query" in values):
        raise Refused(message("{place} needs either table or query, and not both.", place=place))


def _keys_beside(mapping: TableMapping) -> tuple[str, ...]:
    """As the mapping calls what it reads beside a table."""
    given = {"lookups": mapping.lookups, "exchange": mapping.exchange, "kits": mapping.kits}
    return tuple(key for key, each in given.items() if each)


def _beside(place: str, mapping: TableMapping, values: dict[str, Any]) -> tuple[BesideSource, ...]:
    """Where the database holds what is read beside the table: all of it must be said."""
    keys = _keys_beside(mapping)
    lookups = table_of(f"{place}.lookups", values.get("lookups", {}))
    only_keys(f"{place}.lookups", lookups, (each.name for each in mapping.lookups))
    wanted = [(f"lookups.{each.name}", each.name, lookups.get(each.name)) for each in mapping.lookups]
    names = {"exchange": Exchange.NAME, "kits": Kits.NAME}
    wanted += [(key, names[key], values.get(key)) for key in keys if key in names]
    made = []
    for key, name, given in wanted:
        if given is None:
            raise Refused(
                message(
                    "{place} needs {key}: the table or query of what the mapping reads beside it.", place=place, key=key
                )
            )
        said = table_of(f"{place}.{key}", given)
        only_keys(f"{place}.{key}", said, ("table", "query"))
        _refuse_other_than_one(f"{place}.{key}", said)
        made.append(BesideSource(name, **{each: filled_text(f"{place}.{key}.{each}", said[each]) for each in said}))
    return tuple(made)


def _refuse_other_shops(sources: tuple[Source, ...]) -> None:
    first = sources[0]
    for source in sources[1:]:
        ours, theirs = first.mapping.shop, source.mapping.shop
        if (ours.currency, ours.timezone) != (theirs.currency, theirs.timezone):
            raise Refused(
                message(
                    "sources.{name}.mapping: its shop is in {currency} and {timezone}, that of sources.{first} in "
                    "{first_currency} and {first_timezone}. One data folder holds one shop.",
                    name=source.name,
                    currency=theirs.currency,
                    timezone=theirs.timezone,
                    first=first.name,
                    first_currency=ours.currency,
                    first_timezone=ours.timezone,
                )
            )


def default_file(root: Path) -> Path:
    """Where the sources of a data folder are declared."""
    return root / FILE
