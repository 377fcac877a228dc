"""Run as a process of its own: `python -m shopkeeper.jobs.bring_in.child`, a request on standard input.

On standard output a line of JSON for each step, and one with the answer. A file that takes all memory or time ends this
process, and is a sentence there.
"""

import json
import logging
import resource
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from shopkeeper.errors import Refused
from shopkeeper.imports import job
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.guess import layout
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.file import load, parse_mapping
from shopkeeper.imports.readers.files import READABLE, walk
from shopkeeper.imports.readers.packed import unpacked
from shopkeeper.imports.trial import try_files
from shopkeeper.jobs.bring_in.request import Request, sample_data, trial_data
from shopkeeper.jobs.buying import run as buying_run
from shopkeeper.jobs.forecast import run as forecast_run
from shopkeeper.messages import Message
from shopkeeper.progress import Progress

MEMORY_BYTES = 8 << 30
"""Of addresses, of which DuckDB, Arrow and Polars take far more than of memory itself."""
CPU_SECONDS = {"look": 120, "try": 1800, "import": 3600}
MOST_FILES = 200


def say(**line: Any) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def look(request: Request) -> None:
    """The headings and first rows of each file; of one that cannot be read, why."""
    with unpacked(request.paths) as (inside, archives):
        looked = 0
        for path in inside:
            for file in walk(path):
                readable = file.suffix.lower() in READABLE or not path.is_dir()
                if file in archives or not readable or looked >= MOST_FILES:
                    continue
                looked += 1
                name = file.relative_to(path).as_posix() if path.is_dir() else file.name
                try:
                    for each in layout.look(file, name, request.encodings.get(name, "")):
                        say(sample=sample_data(each))
                except Refused as refusal:
                    say(unread=name, refused=Message.of(refusal).as_data())
    say(done=looked)


def bring(request: Request) -> None:
    """Try the files, or import them; then fit and forecast, which nobody has to wait for."""
    mapping = mapping_of(request)
    said = Acceptance(
        request.name,
        request.currency,
        request.timezone,
        request.week_start,
        rejects=request.accept,
        change=request.accept,
    )
    progress = Progress(lambda step, share: say(step=step, share=share))
    as_of = date.fromisoformat(request.as_of) if request.as_of else None
    if request.kind == "try":
        trial = try_files(
            request.paths, mapping, request.root, append=request.append, as_of=as_of, said=said, progress=progress
        )
        say(trial=trial_data(trial))
        return
    outcome = job.import_files(
        request.paths, mapping, request.root, append=request.append, as_of=as_of, said=said, progress=progress
    )
    say(version=outcome.version.id, message=outcome.message.as_data())
    buying_run.make(outcome.version)
    forecast_run.make(outcome.version)


def mapping_of(request: Request) -> Mapping:
    """The mapping asked for. Raise `Refused` where it cannot hold."""
    return parse_mapping(request.mapping_name, dict(request.mapping)) if request.mapping else load(request.ready)


def limit(kind: str) -> None:
    """Give up what a bomb would take, before a byte of a file is read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS[kind], CPU_SECONDS[kind]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer the request on standard input."""
    request = Request.from_data(json.loads(sys.stdin.read()))
    limit(request.kind)
    try:
        look(request) if request.kind == "look" else bring(request)
    except Refused as refusal:
        say(refused=Message.of(refusal).as_data())
    except MemoryError:
        say(memory=True)
    except Exception:
        log = Path(tempfile.gettempdir()) / "shopkeeper-bring-in.log"
        logging.basicConfig(filename=log, encoding="utf-8")
        logging.getLogger(__name__).exception("a file could not be brought in")
        say(fault=str(log))


if __name__ == "__main__":
    main()
