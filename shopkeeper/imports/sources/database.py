"""A PostgreSQL or MySQL database as a source: rows that are new by a cursor column, as Parquet in a private folder."""

import importlib
import os
import socket
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import URL, ColumnClause, Select, TableClause, TextClause, column, make_url, select, table, text
from sqlalchemy.dialects import mysql, postgresql

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.files import InputFile, input_file
from shopkeeper.imports.sources.beside import why_again
from shopkeeper.imports.sources.declaration import Database, Source, TableSource
from shopkeeper.imports.sources.fetched import Arrival, Before, Fetched
from shopkeeper.imports.sources.options import filled
from shopkeeper.messages import Message, message

BATCH_ROWS = 65_536
CONNECT_SECONDS = 10
PORTS = {"postgresql": 5432, "mysql": 3306}
Position = int | date | datetime


@dataclass(frozen=True)
class Rows:
    """What one query gave: how many rows, and the greatest value of the cursor among them."""

    rows: int
    reached: Position | None


def fetch(source: Source, place: Database, before: Before, folder: Path) -> Fetched:
    """Bring the rows that are new or may have changed into `folder`.

    Raise `Refused` where the database does not answer, or a cursor is not one.
    """
    url = address(place)
    _refuse_silent(source, place, url)
    folder.mkdir(parents=True)
    arrivals, reasons = [], []
    new = unchanged = 0
    for each in source.tables:
        before.refuse_twice(source, each)
        name = f"{source.name}/{each.name}"
        there = before.files.get((each.name, name))
        beside = _fetch_beside(source, place, each, url, folder)
        read_before = before.beside.get(each.name, ())
        reason = why_again(source, each, read_before, beside, [there] if there else []) if beside else None
        reasons += [reason] if reason else []
        position = "" if reason else before.mark(each.name, name)
        path = folder / f"{each.name}.parquet"
        given = _read(source, each, url, statement(place, each, position), path)
        file = input_file(path, name, each.name)
        if not given.rows or (there and there.sha256 == file.sha256 and not reason):
            unchanged += 1
            continue
        new += 1
        reached = given.reached.isoformat() if isinstance(given.reached, date) else str(given.reached or "")
        arrivals.append(Arrival(each, (file,), (reached or position,), beside, ("",) * len(beside)))
    return Fetched(source, tuple(arrivals), new, 0, unchanged, reasons=tuple(reasons))


def _fetch_beside(
    source: Source, place: Database, of_table: TableSource, url: URL, folder: Path
) -> tuple[InputFile, ...]:
    """All of what the mapping reads beside a table: any of it may have changed."""
    files = []
    for number, each in enumerate(of_table.beside):
        asked = TableSource(of_table.name, of_table.mode, each.table, each.query)
        path = folder / f"{of_table.name}-{number}.parquet"
        _read(source, asked, url, statement(place, asked, ""), path)
        files.append(input_file(path, f"{source.name}/{each.name}", of_table.name, each.name))
    return tuple(files)


def address(place: Database) -> URL:
    """With the password of the environment in it."""
    url = make_url(place.url)
    password = filled(str(url.password)) if url.password else None
    return url.set(
        drivername=place.dialect,
        username=filled(url.username or "") or None,
        password=password,
        host=filled(url.host or ""),
        database=filled(url.database or ""),
    )


def statement(place: Database, of_table: TableSource, position: str) -> str:
    """What is asked: everything the first time, later what the cursor says is new, a little of the old with it.

    A changed line of an order brings the whole order, since that is what it replaces.
    """
    given: TableClause | TextClause
    if of_table.query:
        inner = of_table.query.strip().rstrip(";").replace(":", "\\:")
        given = text(f"({inner}) AS source")
    else:
        schema, _, name = of_table.table.rpartition(".")
        given = table(name, schema=schema or None)
    query: Select[Any] = select(text("*")).select_from(given)
    if position and of_table.cursor:
        cursor: ColumnClause[Any] = column(of_table.cursor)
        since = earlier(parsed(position), of_table.overlap)
        newer = cursor > since if of_table.mode == "append" else cursor >= since
        if of_table.order:
            order: ColumnClause[Any] = column(of_table.order)
            newer = order.in_(select(order).select_from(given).where(newer))
        query = query.where(newer)
    dialects = {"postgresql": postgresql.dialect, "mysql": mysql.dialect}
    # Any other style of parameters would double each % of the merchant's query.
    dialect = dialects[place.dialect](paramstyle="named")
    return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def parsed(position: str) -> Position:
    """A cursor's value, from the text that the manifest keeps."""
    if position.lstrip("-").isdigit():
        return int(position)
    return date.fromisoformat(position) if len(position) == len("2026-05-01") else datetime.fromisoformat(position)


def earlier(position: Position, overlap: timedelta | int | None) -> Position:
    """Where to read from, so that rows that came late or changed are seen again."""
    if overlap is None:
        return position
    if isinstance(position, int):
        return position - overlap if isinstance(overlap, int) else position
    return position - overlap if isinstance(overlap, timedelta) else position


def _refuse_silent(source: Source, place: Database, url: URL) -> None:
    """Raise `Refused` within seconds where nobody listens; the driver itself would try for half a minute."""
    try:
        with socket.create_connection((url.host or "", url.port or PORTS[place.dialect]), CONNECT_SECONDS):
            pass
    except OSError as error:
        raise Refused(
            message(
                "sources.{name}.url: {host} does not answer: {error}. Check the address, and that it is up.",
                name=source.name,
                host=url.host or "",
                error=error.strerror or error,
            )
        ) from error


def _driver() -> Any:
    # What it would log of a failed login is in the refusal.
    os.environ.setdefault("RUST_LOG", "off")
    os.environ.setdefault("RUST_BACKTRACE", "0")
    try:
        return importlib.import_module("connectorx")
    except ImportError as error:
        raise Refused(
            message("Reading a database needs a driver. Install it with `pip install -r requirements-sources.txt`.")
        ) from error


def _read(source: Source, of_table: TableSource, url: URL, query: str, path: Path) -> Rows:
    driver = _driver()
    try:
        reader = driver.read_sql(
            url.render_as_string(hide_password=False), query, return_type="arrow_stream", batch_size=BATCH_ROWS
        )
        _refuse_cursor(source, of_table, reader.schema)
        return _write(reader, of_table.cursor, path)
    except Refused:
        raise
    except BaseException as error:
        # A type that the driver does not know ends in a panic, which is no `Exception`.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise Refused(_unreadable(source, of_table, url, error)) from None


def _write(reader: Any, cursor: str, path: Path) -> Rows:
    """Batch by batch, so that a large table needs little memory."""
    rows = 0
    reached: Position | None = None
    with pq.ParquetWriter(path, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
            if cursor and batch.num_rows:
                last = pc.max(batch.column(cursor)).as_py()
                reached = last if reached is None else reached if last is None else max(reached, last)
    return Rows(rows, reached)


def _refuse_cursor(source: Source, of_table: TableSource, schema: Any) -> None:
    place = f"sources.{source.name}.tables.{of_table.name}"
    if not of_table.cursor:
        return
    if of_table.cursor not in schema.names:
        raise Refused(
            message(
                "{place}.cursor: there is no column {cursor} among {columns}.",
                place=place,
                cursor=repr(of_table.cursor),
                columns=", ".join(schema.names)[:500],
            )
        )
    kind = schema.field(of_table.cursor).type
    whole = pa.types.is_integer(kind)
    if not (whole or pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        raise Refused(
            message(
                "{place}.cursor: {cursor} holds {type}. A cursor is a column of whole numbers, days or times that "
                "only grow.",
                place=place,
                cursor=repr(of_table.cursor),
                type=kind,
            )
        )
    if of_table.overlap is not None and whole != isinstance(of_table.overlap, int):
        raise Refused(
            message(
                "{place}.overlap: {cursor} holds {type}; the overlap of numbers is a number, that of times a span.",
                place=place,
                cursor=repr(of_table.cursor),
                type=kind,
            )
        )


def _unreadable(source: Source, of_table: TableSource, url: URL, error: BaseException) -> Message:
    words = str(error).strip().split("\n", maxsplit=1)[0]
    if url.password:
        words = words.replace(str(url.password), "***")
    return message(
        "sources.{name}.tables.{table} cannot be read: {error}. Check the address, the rights and the query.",
        name=source.name,
        table=of_table.name,
        error=words.rstrip("."),
    )
