"""Forecasts kept beside the versions, never inside them: a version does not change once it is published.

`<data folder>/forecasts/<version>/<run>/` holds one Parquet file per table of `forecast_tables` and `run.json`;
`<version>/current.json` points at the run in use and is replaced in one step. Runs of versions that are gone are
removed, and so are runs that no reader can still be using.
"""

import json
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from shopkeeper.contract.forecasts import MADE_TABLES
from shopkeeper.errors import Refused
from shopkeeper.lake.store import folders
from shopkeeper.lake.version import Version

POINTER, TOLD = "current.json", "run.json"
FORMAT = 2
KEPT_RUNS = 2
"""A page that opened a run before it was replaced reads it to the end."""


def current(version: Version) -> Path | None:
    """The run in use for a version; `None` where there is none yet, or an earlier program made it."""
    home = _home(version)
    try:
        pointed = json.loads((home / POINTER).read_text(encoding="utf-8"))
        run = home / str(pointed["run"])
        return run if pointed["format"] == FORMAT and (run / TOLD).is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def made(version: Version) -> Mapping[str, Path]:
    """Files of the run in use by table, as `open_version` takes them; empty where there is none."""
    run = current(version)
    return {name: run / f"{name}.parquet" for name in MADE_TABLES} if run else {}


def told(version: Version) -> dict[str, Any] | None:
    """What the run in use says of itself (`run.json`); `None` where there is none."""
    run = current(version)
    found: dict[str, Any] | None = json.loads((run / TOLD).read_text(encoding="utf-8")) if run else None
    return found


def publish(version: Version, tables: Mapping[str, pl.DataFrame], words: Mapping[str, Any]) -> Path:
    """Write a run of all tables and put it in use. Raise `Refused` where it cannot be written.

    `words` is plain JSON: what the job wants to say of itself.
    """
    home = _home(version)
    # To the microsecond: runs are pruned in the order of their names, and two may fall into one second.
    run = home / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
    fresh = home / f".{run.name}.json"
    try:
        run.mkdir(parents=True)
        for name, (table, _) in MADE_TABLES.items():
            columns = [column.name for column in table.columns]
            tables[name].select(columns).write_parquet(run / f"{name}.parquet", compression="zstd")
        (run / TOLD).write_text(json.dumps(dict(words), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        fresh.write_text(json.dumps({"format": FORMAT, "run": run.name}) + "\n", encoding="utf-8")
        fresh.replace(home / POINTER)
    except OSError as failure:
        shutil.rmtree(run, ignore_errors=True)
        with suppress(OSError):
            fresh.unlink()
        raise Refused(
            f"The forecasts could not be written to {home}: {failure.strerror}. Make room or give access, then run "
            "`forecast`."
        ) from failure
    prune(version.path.parent.parent)
    return run


def prune(root: Path) -> list[str]:
    """Remove forecasts of versions that are gone, and runs older than the last few; give the names of both."""
    kept = {folder.name for folder in folders(root)}
    gone = [home for home in sorted((root / "forecasts").glob("*")) if home.name not in kept]
    for home in sorted((root / "forecasts").glob("*")):
        runs = sorted(run for run in home.iterdir() if run.is_dir()) if home.name in kept else []
        gone += runs[:-KEPT_RUNS]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in gone]


def _home(version: Version) -> Path:
    return version.path.parent.parent / "forecasts" / version.id
