"""Opening the state: migrations keep what is stored, newer and foreign files are refused, read-only ones are read."""

import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from shopkeeper.errors import Refused
from shopkeeper.state import (
    FILE,
    State,
    add_override,
    database,
    decisions,
    open_state,
    overrides,
    policy,
    save_policy,
    url_of,
)
from shopkeeper.state.database import MIGRATIONS, VARIABLE
from shopkeeper.state.schema import Base


def add(state: State, sku: str = "A") -> None:
    add_override(
        state, sku=sku, region=None, starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 2), units_per_day=1,
        statistical_units_per_day=1, author="Ann", reason="a test",
    )  # fmt: skip


def test_the_state_lives_in_the_data_folder_unless_an_address_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert url_of(tmp_path) == f"sqlite:///{tmp_path}/{FILE}"
    monkeypatch.setenv(VARIABLE, "postgresql+psycopg://u@h/d")
    assert url_of(tmp_path) == "postgresql+psycopg://u@h/d"
    assert url_of(tmp_path, sample=True) == f"sqlite:///{tmp_path}/{FILE}"


def test_migrations_make_just_the_tables_of_the_models(state: State) -> None:
    with state.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_there_is_one_line_of_migrations_and_it_is_shipped_with_the_package() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_opening_again_keeps_what_is_stored(url: str) -> None:
    first = open_state(url)
    add(first)
    first.close()
    again = open_state(url)
    assert [override.sku for override in overrides(again)] == ["A"]
    again.close()


def test_many_may_open_an_empty_state_at_once(url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _number: open_state(url), range(6)))
    add(opened[0])
    assert all(len(overrides(state)) == 1 for state in opened)
    for state in opened:
        state.close()


def test_a_state_of_a_newer_program_is_refused_and_left_as_it_is(url: str) -> None:
    state = open_state(url)
    add(state)
    with state.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    state.close()
    with pytest.raises(Refused, match=r"newer program \(revision 9999\)"):
        open_state(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM overrides")).scalar() == 1
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object, **_more: object) -> None:
        raise KeyError("a fault in a migration")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", broken)
        with pytest.raises(KeyError):
            open_state(url)
    state = open_state(url)
    add(state)
    assert len(overrides(state)) == 1
    state.close()


def test_opening_says_nothing_in_the_log(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        open_state(url).close()
    assert caplog.records == []


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("not a database, but a longer text than the header of one would be " * 3)
    with pytest.raises(Refused, match="something else"):
        open_state(f"sqlite:///{tmp_path / FILE}")


@pytest.mark.parametrize("address", ["nonsense", "oracle://u@h/d", "postgresql+nothing://u@h/d"])
def test_an_address_that_nobody_knows_is_refused(address: str) -> None:
    with pytest.raises(Refused, match=VARIABLE):
        open_state(address)


def test_a_database_that_is_not_there_is_said_without_its_password() -> None:
    with pytest.raises(Refused, match="cannot be read") as refusal:
        open_state("postgresql+psycopg://ann:s3cret@127.0.0.1:1/none")
    assert "s3cret" not in str(refusal.value)
    assert "127.0.0.1" in str(refusal.value)


def test_where_no_file_can_be_made_the_state_is_empty_and_says_why() -> None:
    state = open_state("sqlite:////proc/1/nowhere/state.sqlite")
    assert not state.writable
    assert (overrides(state), decisions(state).height) == ((), 0)
    assert policy(state) == type(policy(state))()
    with pytest.raises(Refused, match="Decisions cannot be kept"):
        add(state)
    state.close()


def test_who_may_not_write_the_file_reads_all_that_was_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite itself refuses to write: the file is opened as one that this program may only read."""
    url = f"sqlite:///{tmp_path / FILE}"
    state = open_state(url)
    add(state)
    state.close()
    monkeypatch.setattr(
        database, "create_engine",
        lambda address, **more: create_engine(
            f"sqlite:///file:{tmp_path / FILE}?mode=ro&uri=true" if address == url else address, **more
        ),
    )  # fmt: skip
    read = open_state(url)
    assert not read.writable
    assert [override.sku for override in overrides(read)] == ["A"]
    with pytest.raises(Refused, match="Decisions cannot be kept"):
        save_policy(read, policy(read), author="Ann")
    read.close()


def test_what_another_program_has_not_folded_in_yet_is_read_too(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / FILE}"
    writer = open_state(url)
    add(writer)
    assert (tmp_path / f"{FILE}-wal").stat().st_size > 0
    copied = database._copied(tmp_path / FILE)
    assert [override.sku for override in overrides(State(copied, "a copy", writable=False))] == ["A"]
    copied.dispose()
    writer.close()


def test_times_without_a_timezone_are_a_fault(state: State) -> None:
    with pytest.raises(Exception, match="has no timezone"), state.writing() as session:
        session.execute(
            Base.metadata.tables["settings"].insert(),
            {"name": "x", "value": {}, "author": "Ann", "made_at": datetime(2026, 1, 1)},
        )


def test_a_writer_who_dies_halfway_leaves_the_file_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / FILE}"
    state = open_state(url)
    add(state)
    state.close()
    torn = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    torn.execute("BEGIN IMMEDIATE")
    torn.execute("DELETE FROM overrides")
    torn.close()
    again = open_state(url)
    assert len(overrides(again)) == 1
    save_policy(again, policy(again), author="Ann")
    again.close()
