"""Versions are immutable, published in one step, and never lost: not by a kill, a full disk, or a second publisher."""

import errno
import json
import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from shopkeeper.errors import Refused
from shopkeeper.lake import publish as publishing
from shopkeeper.lake import store
from shopkeeper.lake.publish import publish, publisher
from shopkeeper.lake.rejects import REJECTED
from shopkeeper.lake.version import Staged, StagedTable, Version
from shopkeeper.messages import Message, message
from shopkeeper.progress import Progress
from tests.shops.small_lake import (
    ROWS,
    SHOP,
    order_lines,
    publish_and_die,
    publish_in_little_room,
    publish_mark,
    stage,  # fmt: skip
)

STEPS = ("Putting the tables in place", "Checking that the totals reconcile", "Building parts", "Writing to disk")
children = multiprocessing.get_context("forkserver")
children.set_forkserver_preload(["tests.shops.small_lake"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def marks(version: Version) -> tuple[int, int, int]:
    """Rows, least and greatest mark as the published files hold them."""
    sql = "SELECT count(*), min(quantity), max(quantity) FROM read_parquet($files)"
    with duckdb.connect(config={"threads": "1"}) as connection:
        return connection.execute(sql, {"files": [str(file) for file in version.files("order_lines")]}).fetchall()[0]


def one_mark(version: Version) -> int:
    """The mark of a version that is whole and as it was published."""
    assert store.verify(version) == []
    rows, least, greatest = marks(version)
    assert (rows, least) == (ROWS, greatest)
    return least


def served(root: Path) -> Version:
    version = store.current(root)
    assert version is not None
    return version


def test_nothing_is_served_before_the_first_publication(root: Path) -> None:
    assert store.current(root) is None
    assert store.versions(root) == []


def test_a_version_says_what_it_holds(root: Path, queries: Path) -> None:
    steps: list[tuple[str, float]] = []
    version = publish_mark(root, queries, 1, progress=Progress(lambda step, share: steps.append((step, share))))
    assert store.current(root) == version
    assert store.versions(root) == [version]
    assert (version.first_day, version.as_of) == (date(2026, 1, 1), date(2026, 1, 5))
    table = version.tables["order_lines"]
    assert (table.rows_in, table.rows_published, table.rows_rejected) == (ROWS, ROWS, 0)
    assert version.net_amount_in == version.net_amount_published == order_lines(1)["net_amount"].sum()
    assert set(version.marts) == {"days", "parts", "crossings", "categories", "calendar"}
    assert version.parent is None
    assert version.rejects is None
    assert version.files("products") == []
    assert [share for _, share in steps] == sorted(share for _, share in steps)
    assert steps[-1] == ("Done", 1.0)
    assert store.verify(version) == []


def test_identified_orders_are_those_sold_to_a_known_customer(root: Path, queries: Path) -> None:
    version = publish_mark(root, queries, 1)
    sold, expected = set(), set()
    columns = ("order_id", "customer_id", "status", "net_amount")
    for order, customer, status, amount in order_lines(1).select(columns).iter_rows():
        sold |= {order} if status in ("sale", None) and amount > 0 else set()
        expected |= {order} if customer else set()
    assert version.identified_order_share == len(sold & expected) / len(sold)


def test_marts_keep_their_order_and_are_zstd(root: Path, queries: Path) -> None:
    (file,) = publish_mark(root, queries, 1).mart("days")
    days = pl.read_parquet(file)["day"].to_list()
    assert days == sorted(days, reverse=True)
    with duckdb.connect() as connection:
        codecs = connection.execute("SELECT DISTINCT compression FROM parquet_metadata(?)", [str(file)]).fetchall()
    assert codecs == [("ZSTD",)]


def test_published_files_are_read_only(root: Path, queries: Path) -> None:
    version = publish_mark(root, queries, 1)
    modes = {(version.path / file.path).stat().st_mode & 0o777 for file in version.all_files()}
    assert modes == {0o444}


def test_the_folder_staged_in_is_gone_afterwards(root: Path, queries: Path) -> None:
    publish_mark(root, queries, 1)
    assert not (root / "staging").exists()
    assert sorted(path.name for path in root.iterdir()) == ["current.json", "lock", "versions"]


def test_as_of_can_be_given(root: Path, queries: Path) -> None:
    with publisher(root) as directory:
        staged = stage(directory, {"order_lines": order_lines(1)}, as_of=date(2026, 1, 3))
        version = publish(root, staged, queries=queries)
    assert version.as_of == date(2026, 1, 3)
    assert pl.read_parquet(version.mart("days"))["day"].max() == date(2026, 1, 3)


def test_a_day_that_has_not_begun_where_the_shop_stands_is_not_as_of(root: Path, queries: Path) -> None:
    lines = order_lines(1)
    with publisher(root) as directory:
        today = datetime.now(ZoneInfo(SHOP.timezone)).replace(hour=1, tzinfo=None)
        ahead = lines.with_columns(ordered_at=pl.lit(today + timedelta(days=1)))
        staged = stage(
            directory, {"order_lines": pl.concat([lines, ahead.select(lines.columns)], how="vertical_relaxed")}
        )
        version = publish(root, staged, queries=queries)
    assert version.as_of == today.date()


def test_a_carried_table_keeps_its_rows_counts_sources_and_rejects(root: Path, queries: Path, tmp_path: Path) -> None:
    rejects = pl.DataFrame({name: ["order_lines"] for name in REJECTED.names}).with_columns(line=pl.lit(7))
    rejects.write_parquet(tmp_path / "rejects.parquet")
    with publisher(root) as directory:
        staged = stage(directory, {"order_lines": order_lines(1)}, rejects=tmp_path / "rejects.parquet")
        lines = StagedTable("order_lines", staged.tables[0].files, ROWS + 1, 1)
        first = publish(root, change(staged, tables=(lines,), net_amount_unreadable_rows=1), queries=queries)
    regions = pl.DataFrame({"region": ["Hunan"], "tile_row": [3]})
    with publisher(root) as directory:
        staged = stage(directory, {"regions": regions}, carried=("order_lines",))
        second = publish(root, staged, queries=queries)
    assert second.parent == first.id
    assert second.tables["order_lines"] == first.tables["order_lines"]
    assert second.files("order_lines")[0].samefile(first.files("order_lines")[0])
    assert (second.net_amount_in, second.net_amount_unreadable_rows) == (first.net_amount_in, 1)
    assert {source.table for source in second.sources} == {"order_lines", "regions"}
    assert (second.rows_rejected, second.as_of) == (1, first.as_of)
    assert second.rejects is not None
    assert pl.read_parquet(second.rejects)["line"].to_list() == [7]
    assert set(second.tables) == {"order_lines", "regions"}
    assert store.verify(second) == []


def change(staged: Staged, **changes: object) -> Staged:
    return Staged(**(vars(staged) | changes))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"net_amount_in": Decimal("1234.5")}, "net amount: 1,234.5"),
        ({"net_amount_rejected": Decimal("0.01")}, "0.01 rejected"),
        ({"as_of": date(2025, 12, 31)}, "before its first order"),
    ],
)
def test_what_does_not_reconcile_is_never_published(
    root: Path, queries: Path, changes: dict[str, object], fault: str
) -> None:
    before = publish_mark(root, queries, 1)
    with pytest.raises(Refused, match=fault), publisher(root) as directory:
        publish(root, stage(directory, {"order_lines": order_lines(2)}, **changes), queries=queries)
    assert store.versions(root) == [before]


@pytest.mark.parametrize(("rows_in", "rejected", "fault"), [(ROWS + 1, 0, "121 rows"), (ROWS + 1, 1, "none is listed")])
def test_rows_must_reconcile_and_rejects_be_listed(
    root: Path, queries: Path, rows_in: int, rejected: int, fault: str
) -> None:
    with publisher(root) as directory:
        staged = stage(directory, {"order_lines": order_lines(2)})
        lines = StagedTable("order_lines", staged.tables[0].files, rows_in, rejected)
        with pytest.raises(Refused, match=fault):
            publish(root, change(staged, tables=(lines,)), queries=queries)
    assert store.current(root) is None


def test_no_order_line_is_no_version(root: Path, queries: Path) -> None:
    with pytest.raises(Refused, match="No order line"), publisher(root) as directory:
        publish(root, stage(directory, {"order_lines": order_lines(1, rows=0)}), queries=queries)


def test_a_column_of_another_type_is_refused(root: Path, queries: Path) -> None:
    lines = order_lines(1).with_columns(pl.col("quantity").cast(pl.Float64))
    fault = "order_lines: column quantity is stored as DOUBLE, but must be DECIMAL\\(18,3\\)"
    with pytest.raises(Refused, match=fault), publisher(root) as directory:
        publish(root, stage(directory, {"order_lines": lines}), queries=queries)


def test_a_second_publisher_is_told_at_once(root: Path, queries: Path) -> None:
    before = publish_mark(root, queries, 1)
    publish_mark(root, queries, 2)
    with publisher(root):
        started = time.monotonic()
        with pytest.raises(Refused, match="Another import is at work"):
            publish_mark(root, queries, 3)
        with pytest.raises(Refused, match="Another import is at work"):
            store.rollback(root, before.id)
        assert time.monotonic() - started < 1
    assert one_mark(served(root)) == 2


def test_rollback_serves_what_was_served_before(root: Path, queries: Path) -> None:
    first, second, third = (publish_mark(root, queries, mark) for mark in (1, 2, 3))
    assert store.rollback(root) == second
    assert store.rollback(root) == first
    with pytest.raises(Refused, match="no older version"):
        store.rollback(root)
    assert store.rollback(root, third.id) == third == store.current(root)
    with pytest.raises(Refused, match="no version nonsense"):
        store.rollback(root, "nonsense")
    assert store.versions(root) == [third, second, first]


def test_rollback_does_not_serve_a_damaged_version(root: Path, queries: Path) -> None:
    first = publish_mark(root, queries, 1)
    second = publish_mark(root, queries, 2)
    damage(first.mart("days")[0])
    with pytest.raises(Refused, match=r"marts/days.parquet is not what was published"):
        store.rollback(root)
    assert store.current(root) == second


def damage(file: Path) -> None:
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_verify_names_missing_changed_and_foreign_files(root: Path, queries: Path) -> None:
    version = publish_mark(root, queries, 1)
    version.mart("days")[0].unlink()
    damage(version.mart("parts")[0])
    (version.path / "stranger").touch()
    assert store.verify(version) == [
        "stranger is not in the manifest",
        "marts/days.parquet is missing",
        "marts/parts.parquet is not what was published",
    ]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 2}', '{"format": 1}'])
def test_an_unreadable_manifest_is_said_so(root: Path, queries: Path, content: str) -> None:
    version = publish_mark(root, queries, 1)
    (version.path / "manifest.json").write_text(content)
    with pytest.raises(Refused, match=r"manifest.json"):
        store.current(root)


def test_an_unreadable_pointer_is_said_so_and_can_be_mended(root: Path, queries: Path) -> None:
    version = publish_mark(root, queries, 1)
    (root / "current.json").write_text("{")
    with pytest.raises(Refused, match=r"current.json cannot be read"):
        store.current(root)
    assert store.rollback(root, version.id) == version == store.current(root)


def test_the_manifest_survives_the_way_to_disk_and_back(root: Path, queries: Path) -> None:
    with publisher(root) as directory:
        staged = stage(
            directory, {"order_lines": order_lines(1)}, warnings=(message("约 {n} 行", n=3), Message('a "quoted" one'))
        )
        version = publish(root, staged, queries=queries)
    assert served(root) == version
    assert json.loads((root / "current.json").read_text()) == {"version": version.id}


def test_young_versions_stay_however_many(root: Path, queries: Path) -> None:
    for mark in range(7):
        publish_mark(root, queries, mark)
    assert len(store.versions(root)) == 7
    assert store.remove_old(root, store.KEEP) == []


def test_old_versions_go_but_never_the_current(root: Path, queries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [publish_mark(root, queries, mark) for mark in range(7)]
    store.rollback(root, made[0].id)
    monkeypatch.setattr(store, "YOUNG", timedelta(0))
    assert store.remove_old(root, store.KEEP) == [made[1].id]
    assert store.current(root) == made[0]
    publish_mark(root, queries, 8)
    assert [version.id for version in store.versions(root)] == [
        served(root).id,
        *(v.id for v in made[:2:-1]),
        made[0].id,
    ]
    for version in store.versions(root):
        assert store.verify(version) == []


@pytest.mark.parametrize("publications", [10, pytest.param(100, marks=pytest.mark.deep)])
def test_readers_never_see_half_a_version(root: Path, queries: Path, publications: int) -> None:
    publish_mark(root, queries, 0)
    stop = threading.Event()
    seen: Counter[str] = Counter()

    def read() -> None:
        while not stop.is_set():
            try:
                rows, least, greatest = marks(served(root))
                seen["whole" if (rows, least) == (ROWS, greatest) else "torn"] += 1
            except Exception as error:
                seen[repr(error)] += 1

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for mark in range(1, publications + 1):
        publish_mark(root, queries, mark)
    stop.set()
    for reader in readers:
        reader.join()
    assert seen.keys() == {"whole"}
    assert seen["whole"] > publications


def start(target: Callable[..., None], *arguments: object) -> tuple[BaseProcess, Connection]:
    """A child process, and the end of a pipe that it answers through; its own end is its fourth argument."""
    here, there = children.Pipe()
    child = children.Process(target=target, args=(*arguments[:3], there, *arguments[3:]))
    child.start()
    there.close()
    return child, here


@pytest.fixture
def killed(root: Path, queries: Path) -> Iterator[Counter[str]]:
    """Outcomes of killed publications; afterwards the next one must be clean."""
    publish_mark(root, queries, 0)
    outcomes: Counter[str] = Counter()
    yield outcomes
    publish_mark(root, queries, 999)
    assert one_mark(served(root)) == 999
    assert not (root / "staging").exists()
    for version in store.versions(root):
        one_mark(version)


@pytest.mark.parametrize("dies_at", [*STEPS, "pointer"])
def test_a_kill_at_any_step_leaves_the_old_version(
    root: Path, queries: Path, killed: Counter[str], dies_at: str
) -> None:
    child, answer = start(publish_and_die, root, queries, 1, dies_at)
    assert answer.recv() == "ready"
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert one_mark(served(root)) == 0
    killed[dies_at] += 1


@pytest.mark.parametrize("kills", [15, pytest.param(100, marks=pytest.mark.deep)])
def test_kills_at_random_moments_leave_the_old_or_the_new_version(
    root: Path, queries: Path, killed: Counter[str], kills: int
) -> None:
    started = time.monotonic()
    publish_mark(root, queries, 1)
    took = time.monotonic() - started
    before = 1
    chance = random.Random(20)
    for mark in range(2, 2 + kills):
        child, answer = start(publish_and_die, root, queries, mark, "")
        assert answer.recv() == "ready"
        child.join(chance.uniform(0, 1.3) * took)
        killed["killed" if child.is_alive() else "finished"] += 1
        child.kill()
        child.join()
        now = one_mark(served(root))
        assert now in (before, mark)
        before = now
    assert killed["killed"] >= 0.4 * kills


@pytest.mark.parametrize("room", [0, 600, 1_500])
def test_a_full_disk_leaves_the_old_version(root: Path, queries: Path, room: int) -> None:
    before = publish_mark(root, queries, 1)
    child, answer = start(publish_in_little_room, root, queries, 2, room)
    assert "no room left on the disk" in answer.recv()
    child.join()
    assert store.current(root) == before
    assert not (root / "staging").exists()
    publish_mark(root, queries, 3)
    assert one_mark(served(root)) == 3


@pytest.mark.parametrize("step", ["write_manifest", "point_to"])
def test_a_disk_that_fills_at_the_last_step_leaves_the_old_version(
    root: Path, queries: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = publish_mark(root, queries, 1)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(publishing, step, full)
    with pytest.raises(Refused, match="no room left on the disk"):
        publish_mark(root, queries, 2)
    assert store.current(root) == before


def test_files_and_folders_reach_the_disk_before_the_pointer_moves(
    root: Path, queries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync = os.fsync

    def noted_sync(descriptor: int) -> None:
        order.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted_sync)
    version = publish_mark(root, queries, 1)
    staged = [path.replace(f"/staging/{version.id}", f"/versions/{version.id}") for path in order]
    wanted = [str(version.path / file.path) for file in version.all_files()]
    wanted += [str(version.path / name) for name in ("tables/order_lines", "tables", "marts", "manifest.json")]
    tail = [str(root / "versions"), str(root / "current.json.making"), str(root)]
    assert order[-3:] == tail
    assert set(wanted) <= set(staged[:-3])


def test_leftovers_of_a_killed_run_are_cleaned(root: Path, queries: Path) -> None:
    leftover = root / "staging" / "20200101T000000Z-000000" / "tables"
    leftover.mkdir(parents=True)
    (leftover / "part-0.parquet").touch()
    with publisher(root) as directory:
        assert [path.name for path in (root / "staging").iterdir()] == [directory.name]


def test_a_file_from_outside_is_copied_and_stays(root: Path, queries: Path, tmp_path: Path) -> None:
    order_lines(1).write_parquet(tmp_path / "mine.parquet")
    with publisher(root) as directory:
        staged = stage(directory, {"order_lines": order_lines(1)})
        lines = StagedTable("order_lines", (tmp_path / "mine.parquet",), ROWS, 0)
        version = publish(root, change(staged, tables=(lines,)), queries=queries)
    assert not version.files("order_lines")[0].samefile(tmp_path / "mine.parquet")
    shutil.rmtree(version.path)
    assert pl.read_parquet(tmp_path / "mine.parquet").height == ROWS
