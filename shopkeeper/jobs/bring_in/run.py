"""The side that asks: starts the process, hears how far it is, ends it where it is called off or takes too long."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.imports.trial import Trial
from shopkeeper.jobs.bring_in.request import Request, sample_of, trial_of
from shopkeeper.messages import Message, message
from shopkeeper.progress import UNHEARD, Progress

WALL_SECONDS = {"look": 180.0, "try": 3600.0, "import": 7200.0}
HEARD_EVERY = 0.2


def look(request: Request, progress: Progress = UNHEARD) -> tuple[tuple[Sample, ...], tuple[Message, ...]]:
    """The files' headings and first rows, and why others cannot be read.

    Raise `Refused` where none can, `Cancelled` where it is called off.
    """
    samples: list[Sample] = []
    unread: list[Message] = []
    for line in _lines(request, progress):
        if "sample" in line:
            samples.append(sample_of(line["sample"]))
        elif "unread" in line:
            unread.append(Message.from_data(line["refused"]))
    if not samples and not unread:
        raise Refused(
            message("There is no file in it that is read. Give CSV, XLSX or Parquet files, or a .zip of them.")
        )
    return tuple(samples), tuple(unread)


def try_(request: Request, progress: Progress = UNHEARD) -> Trial:
    """What the files would bring. Raise `Refused` where they are refused, `Cancelled` where it is called off."""
    for line in _lines(request, progress):
        if "trial" in line:
            return trial_of(line["trial"])
    raise Refused(_ended())


def import_(request: Request, progress: Progress = UNHEARD) -> Message:
    """Publish the files; give what was published. The models are fitted afterwards, and nobody waits for them.

    Raise `Refused` where they are refused, `Cancelled` where it is called off before they are published.
    """
    lines = _lines(request, progress, leave=True)
    for line in lines:
        if "version" in line:
            return Message.from_data(line["message"])
    raise Refused(_ended())


def _lines(request: Request, progress: Progress, *, leave: bool = False) -> Iterator[dict[str, Any]]:
    """Every line of the process but its steps, which go to `progress`. `leave`: it goes on when nobody listens."""
    child = subprocess.Popen(
        [sys.executable, "-m", "shopkeeper.jobs.bring_in.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    published = False
    try:
        if child.stdin is None or child.stdout is None:
            raise Refused(_ended())
        child.stdin.write(json.dumps(request.as_data()))
        child.stdin.close()
        ends = time.monotonic() + WALL_SECONDS[request.kind]
        heard = ("", 0.0)
        spoken = _spoken(child, child.stdout)
        while True:
            progress.step(*heard)
            if time.monotonic() > ends:
                raise Refused(_too_much())
            try:
                line = spoken.get(timeout=HEARD_EVERY)
            except Empty:
                continue
            if line is None:
                break
            if "step" in line:
                heard = (line["step"], line["share"])
                continue
            _refuse(line)
            published = published or "version" in line
            yield line
        if child.wait() != 0 and not published:
            raise Refused(_too_much())
    finally:
        if child.poll() is None and not (leave and published):
            child.kill()
            child.wait()


def _spoken(child: "subprocess.Popen[str]", output: IO[str]) -> "Queue[dict[str, Any] | None]":
    """What the process says, line by line, and `None` at its end; it is heard to the end whoever still listens."""
    lines: Queue[dict[str, Any] | None] = Queue()

    def hear() -> None:
        with output:
            for text in output:
                lines.put(json.loads(text))
        child.wait()
        lines.put(None)

    Thread(target=hear, daemon=True).start()
    return lines


def _refuse(line: dict[str, Any]) -> None:
    if "refused" in line and "unread" not in line:
        raise Refused(Message.from_data(line["refused"]))
    if "memory" in line:
        raise Refused(_too_much())
    if "fault" in line:
        raise Refused(
            message(
                "This should not have happened; nothing was published. What went wrong is in {log}; please report it "
                "with that file.",
                log=line["fault"],
            )
        )


def _too_much() -> Message:
    return message(
        "These files need more memory or time than an import may take, so nothing was published. Split them, or save "
        "workbooks as CSV."
    )


def _ended() -> Message:
    return message("The import ended before it was done, and nothing was published. Try again.")
