"""A folder that an older program wrote: its marts are made anew before they are read, its state is taken along."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from shopkeeper.engine.duckdb import open_version
from shopkeeper.errors import Refused
from shopkeeper.jobs.buying import files as buying_files
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.jobs.served import served
from shopkeeper.lake import store
from shopkeeper.lake.publish import publisher
from shopkeeper.lake.upgrade import is_outdated, upgraded
from shopkeeper.progress import Progress
from shopkeeper.query_files import QUERIES, recipe
from shopkeeper.state.database import open_state
from shopkeeper.state.policy import policy

OLD = Path(__file__).with_name("old_release")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    shutil.copytree(OLD, root)
    return root


def test_an_older_version_is_made_anew_from_its_own_tables(old: Path) -> None:
    before = store.current(old)
    assert before is not None
    assert is_outdated(before)
    version = upgraded(old)
    assert (version.recipe, version.parent) == (recipe(), before.id)
    assert set(version.marts) == {path.stem for path in (QUERIES / "marts").glob("*.sql")}
    assert (version.as_of, version.first_day, version.shop) == (before.as_of, before.first_day, before.shop)
    assert version.sources == before.sources
    assert (version.net_amount_in, version.net_amount_rejected) == (before.net_amount_in, before.net_amount_rejected)
    kept, made = (pl.read_parquet(each.files("order_lines")) for each in (before, version))
    assert kept.equals(made)
    assert before.rejects is not None
    assert version.rejects is not None
    assert pl.read_parquet(version.rejects).height == pl.read_parquet(before.rejects).height == 1
    assert not open_version(version)("shop/health/channel_days").is_empty()
    assert upgraded(old).id == version.id


def test_what_is_shown_was_made_by_this_program(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(old))
    steps: list[str] = []
    version = served(Progress(lambda step, _share: steps.append(step)))
    assert version.recipe == recipe()
    assert buying_files.read(version) is not None
    assert forecast_files.current_run(version) is not None
    assert len(set(steps)) > 3
    assert served().id == version.id


def test_fits_of_an_older_program_are_made_anew(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(old))
    version = upgraded(old)
    assert not buying_files.is_outdated(version), "none are there yet"
    kept = buying_files.path_of(version)
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps({"format": 6, "version": version.id}), encoding="utf-8")
    assert buying_files.is_outdated(version)
    assert served().id == version.id
    assert not buying_files.is_outdated(version)
    fits = buying_files.read(version)
    assert fits is not None
    assert not fits.in_season, "a shop of a few days"


def test_an_upgrade_that_fails_leaves_what_was_there(old: Path) -> None:
    pointer = (old / "current.json").read_text()
    part = next((old / "versions").rglob("order_lines/*.parquet"))
    part.write_bytes(part.read_bytes()[:-40])
    with pytest.raises(Refused):
        upgraded(old)
    assert (old / "current.json").read_text() == pointer
    assert not list((old / "staging").glob("*"))


def test_two_processes_do_not_make_it_anew_at_once(old: Path) -> None:
    with publisher(old), pytest.raises(Refused, match="import"):
        upgraded(old)
    assert json.loads((old / "current.json").read_text())


def test_a_state_of_the_older_program_is_taken_along(old: Path) -> None:
    state = open_state(f"sqlite:///{old / 'state.sqlite'}")
    assert policy(state).review_days == 9
