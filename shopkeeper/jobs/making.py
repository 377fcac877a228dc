"""Fits and forecast of a version, made in a process of its own while pages that need neither are read.

`python -m shopkeeper.jobs.making <folder of the version>` makes what the version lacks; on standard output a line of
JSON for each step, and one for each part made.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, Thread
from typing import Literal, get_args

from shopkeeper.jobs.buying import files as buying_files
from shopkeeper.jobs.buying import run as buying_run
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.jobs.forecast import run as forecast_run
from shopkeeper.lake.version import Version, read_manifest
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import ROOT

Part = Literal["fits", "forecast"]
SHARE_OF_FITS = 0.6
BEHIND_PAGES = 5
"""How much a page goes before this work where both want the processor (see nice(2))."""
_LOCK = Lock()
_AT_WORK: dict[Path, "Work"] = {}


@dataclass(frozen=True)
class Work:
    """How far the work on one version has come; `made` names the parts that are there, `ended` that nothing more will
    come, be it that all is made or that it failed."""

    step: str = "Starting"
    share: float = 0.0
    made: frozenset[str] = frozenset()
    ended: bool = False


def lacking(version: Version) -> list[Part]:
    """The parts that nobody has made of a version."""
    parts: list[Part] = []
    if buying_files.read(version) is None:
        parts.append("fits")
    if forecast_files.current_run(version) is None:
        parts.append("forecast")
    return parts


def make(version: Version, progress: Progress = UNHEARD) -> None:
    """Make what the version lacks, here and now. Raise as the jobs do."""
    parts = lacking(version)
    ahead = SHARE_OF_FITS if "fits" in parts else 0.0
    if "fits" in parts:
        buying_run.make(version, progress.part(0.0, ahead if "forecast" in parts else 1.0))
    if "forecast" in parts:
        forecast_run.make(version, progress.part(ahead, 1.0 - ahead))


def start(version: Version) -> None:
    """Have what the version lacks made beside the app; once in the life of this process."""
    with _LOCK:
        if version.path in _AT_WORK or not (parts := lacking(version)):
            return
        _AT_WORK[version.path] = Work(made=frozenset(get_args(Part)) - set(parts))
        child = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "shopkeeper.jobs.making", str(version.path.absolute())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    Thread(target=_hear, args=(version.path, child), daemon=True).start()


def awaited(version: Version, part: Part) -> Work | None:
    """The work that will bring the part; `None` where it is there, or nobody is making it."""
    work = _AT_WORK.get(version.path)
    return None if work is None or work.ended or part in work.made else work


def _hear(folder: Path, child: "subprocess.Popen[str]") -> None:
    for text in child.stdout or ():
        with suppress(ValueError):  # a line that was cut off when the process was ended
            line = json.loads(text)
            now = _AT_WORK[folder]
            made = now.made | {line["made"]} if "made" in line else now.made
            _AT_WORK[folder] = replace(
                now, step=line.get("step", now.step), share=line.get("share", now.share), made=made
            )
    child.wait()
    _AT_WORK[folder] = replace(_AT_WORK[folder], ended=True)


def _say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    """Make what the version in the folder lacks. It ends with whoever listens: its next word then finds no ear."""
    os.nice(BEHIND_PAGES)
    version = read_manifest(folder)
    said = set()

    def tell(step: str, share: float) -> None:
        if share >= SHARE_OF_FITS and "fits" not in said and "fits" not in lacking(version):
            said.add("fits")
            _say(made="fits")
        _say(step=step, share=share)

    make(version, Progress(tell))
    for part in get_args(Part):
        _say(made=part)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
