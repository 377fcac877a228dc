"""Fits and forecast made beside the app: what is lacking is made once, and how far it is is heard."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.jobs import making
from shopkeeper.lake.version import Shop, Version


@pytest.fixture(scope="module")
def unmade(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A stall of one item and five days, as it is right after its publication."""
    folder = tmp_path_factory.mktemp("unmade")
    rows = [f"O{day},2026-01-0{day} 12:00:00,tea,1,10.00,C{day}" for day in range(1, 6)]
    orders = folder / "order_lines.csv"
    orders.write_text("\n".join(("order_id,ordered_at,sku,quantity,net_amount,customer_id", *rows)), encoding="utf-8")
    stall = replace(file.load("sample"), shop=Shop("Stall", "CNY", "Asia/Shanghai"))
    return job.import_files([orders], stall, folder / "lake").version


def test_a_process_of_its_own_makes_what_is_lacking_and_says_how_far_it_is(unmade: Version) -> None:
    assert making.lacking(unmade) == ["fits", "forecast"]
    command = [sys.executable, "-m", "shopkeeper.jobs.making", str(unmade.path.absolute())]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    shares = [line["share"] for line in lines if "share" in line]
    assert shares == sorted(shares)
    made = [line["made"] for line in lines if "made" in line]
    assert made[0] == "fits"
    assert set(made) == {"fits", "forecast"}
    assert "share" in lines[-3], "pages that need fits need not wait for the forecast"
    assert lines.index({"made": "fits"}) < len(lines) - 3
    assert making.lacking(unmade) == []


class Child:
    """A process that says what the test has it say."""

    def __init__(self, stdout: Iterator[str]) -> None:
        self.stdout = stdout

    def wait(self) -> int:
        return 0


class AtOnce:
    """A thread whose work is done when it is started."""

    def __init__(self, target: Callable[..., None], args: tuple[Any, ...], *, daemon: bool) -> None:
        self.target, self.args = target, args
        assert daemon

    def start(self) -> None:
        self.target(*self.args)


def test_a_part_is_awaited_until_it_is_made_and_the_work_is_started_once(
    unmade: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []

    def said() -> Iterator[str]:
        yield json.dumps({"step": "Fitting", "share": 0.25}) + "\n"
        work = making.awaited(unmade, "fits")
        assert work is not None
        assert (work.step, work.share) == ("Fitting", 0.25)
        yield json.dumps({"made": "fits"}) + "\n"
        assert making.awaited(unmade, "fits") is None
        assert making.awaited(unmade, "forecast") is not None
        yield '{"step": "cut o'

    def popen(*_: Any, **__: Any) -> Child:
        started.append(unmade.path)
        return Child(said())

    monkeypatch.setattr(making, "_AT_WORK", {})
    monkeypatch.setattr(making, "lacking", lambda _: ["fits", "forecast"])
    monkeypatch.setattr(making, "Thread", AtOnce)
    monkeypatch.setattr(subprocess, "Popen", popen)
    assert making.awaited(unmade, "fits") is None
    making.start(unmade)
    # It ended without a forecast: nobody waits any longer, and it is not begun anew at every click.
    assert making.awaited(unmade, "forecast") is None
    making.start(unmade)
    assert len(started) == 1


def test_nothing_is_started_where_nothing_is_lacking(unmade: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_AT_WORK", {})
    monkeypatch.setattr(making, "lacking", lambda _: [])
    monkeypatch.setattr(subprocess, "Popen", pytest.fail)
    making.start(unmade)
    assert making.awaited(unmade, "fits") is None
