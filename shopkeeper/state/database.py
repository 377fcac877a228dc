"""Where the state lives, and opening it: migrations first, then one engine for all threads."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from shopkeeper.errors import Refused
from shopkeeper.messages import Message, message

VARIABLE = "SHOPKEEPER_STATE_URL"
FILE = "state.sqlite"
WAIT_SECONDS = 15
"""How long a writer waits for another before it gives up."""
MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_243_116
"""Any number that no other program of the same PostgreSQL locks."""


@dataclass(frozen=True)
class State:
    """An open state. `writable` False: it can be read, but nothing can be decided; `place` names it without a password.

    Safe to use from many threads.
    """

    engine: Engine
    place: str
    writable: bool

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One view of the state, unmoved by writers."""
        try:
            with Session(self.engine) as session:
                yield session
        except OperationalError as error:
            raise Refused(_unreachable(self.place, error)) from error

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """All or nothing. Raise `Refused` where the state is read-only, full, or held by somebody else for too long."""
        if not self.writable:
            raise Refused(kept_nowhere(self))
        try:
            with Session(self.engine.execution_options(writes=True)) as session, session.begin():
                yield session
        except OperationalError as error:
            raise Refused(
                message(
                    "This could not be kept in {place}: {fault}. Nothing was changed. Try again; if that does not "
                    "help, look whether the disk is full or the database is down.",
                    place=self.place,
                    fault=_fault(error),
                )
            ) from error

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def url_of(root: Path, *, sample: bool = False) -> str:
    """SHOPKEEPER_STATE_URL, else a SQLite file in the data folder `root`.

    The sample shop's is always its own file: what is decided in play never mixes with the merchant's own.
    """
    return ("" if sample else os.environ.get(VARIABLE)) or f"sqlite:///{root / FILE}"


def kept_nowhere(state: State) -> Message:
    """Why nothing can be decided, and what to do about it."""
    return message(
        "Decisions cannot be kept: {place} cannot be written. Everything can be read. Give the app write access to it, "
        "or set {variable} to a file or a PostgreSQL database that it may write.",
        place=state.place,
        variable=VARIABLE,
    )


def open_state(url: str) -> State:
    """Open the state, brought up to date with what it holds.

    A SQLite file that cannot be written opens read-only, as it is now; one that is not there and cannot be made opens
    empty. Raise `Refused` where a newer program kept it, where it is no such state, or where it cannot be reached.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _open_file(parsed)
        place = parsed.render_as_string(hide_password=True)
        engine = create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": WAIT_SECONDS})
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise Refused(
            message(
                "{variable} is no address of a database that is known here. Write sqlite:///FILE, or "
                "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE.",
                variable=VARIABLE,
            )
        ) from error
    return State(_migrated(engine, place), place, writable=True)


def _open_file(url: URL) -> State:
    """The file; where it cannot be written, a copy of it in memory."""
    path = Path(url.database or FILE).absolute()
    place, engine = str(path), _sqlite(f"sqlite:///{path}")
    try:
        with engine.execution_options(writes=True).connect() as connection:
            # A lock alone is given on a read-only file too; this would write, and is taken back.
            connection.exec_driver_sql("PRAGMA user_version = 1")
            connection.rollback()
        return State(_migrated(engine, place), place, writable=True)
    except OperationalError as error:
        engine.dispose()
        if not _cannot_write(error):
            raise Refused(_unreachable(place, error)) from error
    except DBAPIError as error:
        engine.dispose()
        raise Refused(_no_state(place)) from error
    return State(_migrated(_copied(path), place), place, writable=False)


def _sqlite(url: str, **options: Any) -> Engine:
    """Transactions are begun by us, so that those who will write wait for each other instead of failing halfway."""
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False}, **options)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _copied(path: Path) -> Engine:
    """What a file holds, in memory: a file in WAL mode cannot even be read where nothing can be written beside it."""
    engine = _sqlite("sqlite://", poolclass=StaticPool)
    if not path.exists():
        return engine
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        source = create_engine(f"sqlite:///file:{path}?{mode}&uri=true")
        try:
            with source.connect() as old, engine.connect() as new:
                old.connection.driver_connection.backup(new.connection.driver_connection)  # type: ignore[union-attr]
            break
        except sqlite3.OperationalError:
            # Somebody else may have it open, with changes beside it; if nobody has, the file alone is whole.
            continue
        finally:
            source.dispose()
    return engine


def _migrated(engine: Engine, place: str) -> Engine:
    """Bring the tables up to date, one program at a time. Raise `Refused`, the engine closed, where that cannot be."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    own_revisions = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    done = False
    try:
        with engine.execution_options(writes=True).begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            stored_revisions = set(MigrationContext.configure(connection).get_current_heads())
            if newer := stored_revisions - own_revisions:
                raise Refused(
                    message(
                        "What is kept in {place} was written by a newer program (revision {revision}), and this one "
                        "would not understand it. Start the newer program, or set {variable} to another place.",
                        place=place,
                        revision=", ".join(sorted(newer)),
                        variable=VARIABLE,
                    )
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        done = True
    except OperationalError as error:
        raise Refused(_unreachable(place, error)) from error
    except DBAPIError as error:
        raise Refused(_no_state(place)) from error
    finally:
        if not done:
            engine.dispose()
    return engine


def _cannot_write(error: OperationalError) -> bool:
    return any(word in str(error.orig) for word in ("unable to open", "readonly", "read-only"))


def _fault(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]


def _unreachable(place: str, error: DBAPIError) -> Message:
    return message(
        "What was decided cannot be read from {place}: {fault}. Look whether the database is up and the address in "
        "{variable} is right, then load the page again.",
        place=place,
        fault=_fault(error),
        variable=VARIABLE,
    )


def _no_state(place: str) -> Message:
    return message(
        "{place} holds something else than this program's decisions. Move it away, or set {variable} to another place.",
        place=place,
        variable=VARIABLE,
    )
