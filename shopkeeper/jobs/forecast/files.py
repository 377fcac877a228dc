"""Forecasts kept beside the versions, never inside them: a version does not change once it is published.

`<data folder>/forecasts/<version>/<run>/` holds one Parquet file per table of `contract.forecasts` and `run.json`;
`<version>/current.json` points at the run in use and is replaced in one step. Runs of versions that are gone are
removed, and so are runs that no reader can still be using. What a run says is kept longer (see `record`); it holds a
copy of what was said before.
"""

import json
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shopkeeper.contract.forecasts import FORECAST_TABLES, PAST_FORECASTS
from shopkeeper.errors import Refused
from shopkeeper.jobs.forecast import record
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.lake.store import folders
from shopkeeper.lake.version import Version
from shopkeeper.messages import Message, message

POINTER, SUMMARY = "current.json", "run.json"
FORMAT = 4
KEPT_RUNS = 2
"""A page that opened a run before it was replaced reads it to the end."""


def current_run(version: Version) -> Path | None:
    """The run in use for a version; `None` where there is none yet, or an earlier program made it."""
    home = _home(version)
    try:
        pointed = json.loads((home / POINTER).read_text(encoding="utf-8"))
        run = home / str(pointed["run"])
        return run if pointed["format"] == FORMAT and (run / SUMMARY).is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_outdated(version: Version) -> bool:
    """Whether another program made the run in use, so that this one cannot read it."""
    return (_home(version) / POINTER).is_file() and current_run(version) is None


def table_files(version: Version) -> Mapping[str, Path]:
    """Files of the run in use by table, as `open_version` takes them; empty where there is none."""
    run = current_run(version)
    return {name: run / f"{name}.parquet" for name in FORECAST_TABLES} if run else {}


def said(version: Version, kind: str) -> tuple[Message, ...]:
    """The `doubts` or `notes` of the run in use; none where there is no run."""
    return tuple(Message.from_data(note) for note in (summary(version) or {}).get(kind, ()))


def summary(version: Version) -> dict[str, Any] | None:
    """What the run in use says of itself (`Run.summary`); `None` where there is none."""
    run = current_run(version)
    content: dict[str, Any] | None = json.loads((run / SUMMARY).read_text(encoding="utf-8")) if run else None
    return content


def write(version: Version, run: Run) -> Path:
    """Keep a run of all tables and put it in use; give its folder. Raise `Refused` where it cannot be written."""
    home = _home(version)
    # To the microsecond: runs are pruned in the order of their names, and two may fall into one second.
    folder = home / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
    pointer = home / f".{folder.name}.json"
    try:
        folder.mkdir(parents=True)
        root = version.path.parent.parent
        tables = {**run.tables, PAST_FORECASTS.name: record.before(root, version.as_of)}
        for name, (table, _) in FORECAST_TABLES.items():
            columns = [column.name for column in table.columns]
            tables[name].select(columns).write_parquet(folder / f"{name}.parquet", compression="zstd")
        record.keep(root, run, version.as_of)
        content = json.dumps(dict(run.summary), ensure_ascii=False, indent=1)
        (folder / SUMMARY).write_text(content + "\n", encoding="utf-8")
        pointer.write_text(json.dumps({"format": FORMAT, "run": folder.name}) + "\n", encoding="utf-8")
        pointer.replace(home / POINTER)
    except OSError as failure:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            pointer.unlink()
        raise Refused(
            message(
                "The forecasts could not be written to {home}: {strerror}. Make room or give access, "
                "then run `forecast`.",
                home=home,
                strerror=failure.strerror,
            )
        ) from failure
    prune(root)
    return folder


def prune(root: Path) -> list[str]:
    """Remove forecasts of versions that are gone, and runs older than the last few; give the names of both."""
    version_ids = {folder.name for folder in folders(root)}
    gone = [home for home in sorted((root / "forecasts").glob("*")) if home.name not in version_ids]
    for home in sorted((root / "forecasts").glob("*")):
        runs = sorted(run for run in home.iterdir() if run.is_dir()) if home.name in version_ids else []
        gone += runs[:-KEPT_RUNS]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in gone]


def _home(version: Version) -> Path:
    return version.path.parent.parent / "forecasts" / version.id
