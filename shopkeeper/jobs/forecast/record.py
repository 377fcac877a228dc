"""What was forecast on any day is kept, so that it can be held against what came.

`<data folder>/forecast_record/<as-of>.<part>.parquet` holds rows of `contract.forecasts.PAST_FORECASTS`. It stands
beside versions and runs and outlives both: neither a publication nor a roll-back touches it. Levels above items in
regions are kept for ever, items in regions of the last runs. What was said of a day is what was said last before a
later day came: made again afterwards, by a roll-back or a newer program, it replaces nothing.
"""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import FORECASTS, PAST_FORECASTS, WEEKS
from shopkeeper.jobs.forecast.declared import as_declared, empty
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.models.demand.series import as_lists, matrix

FOLDER = "forecast_record"
UPPER, LOWEST = "upper", "region_sku"
KEPT_LOWEST = 13
"""Runs of which items in regions are kept."""
SHOWN = 26
"""Earlier forecasts that a run's pages can look at, at least a week apart."""
LISTS = ("units", "low_80", "high_80", "low_95", "high_95")


def keep(root: Path, run: Run, said_on: date) -> None:
    """Keep what a run says, unless something was said of a later day. Raise `OSError` where it cannot be written."""
    kept = kept_days(root, UPPER)
    if kept and kept[-1] > said_on and said_on in kept:
        return
    rows = run.tables[FORECASTS.name]
    if rows.is_empty():
        return
    units = matrix(rows).reshape(rows.height, WEEKS, 7).sum(axis=2)
    said = as_declared(rows.with_columns(as_lists(np.asarray(units)), cutoff=pl.lit(said_on)), PAST_FORECASTS)
    small = said.with_columns(pl.col(LISTS).cast(pl.List(pl.Float32)))
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for part, chosen in ((UPPER, pl.col("level") != LOWEST), (LOWEST, pl.col("level") == LOWEST)):
        fresh = folder / f".{secrets.token_hex(4)}"
        small.filter(chosen).write_parquet(fresh, compression="zstd")
        fresh.replace(_file(root, said_on, part))
    for old in kept_days(root, LOWEST)[:-KEPT_LOWEST]:
        _file(root, old, LOWEST).unlink(missing_ok=True)


def before(root: Path, as_of: date) -> pl.DataFrame:
    """Rows of `PAST_FORECASTS` said before a day: the newest of each week, the last few."""
    frames = []
    for part in (UPPER, LOWEST):
        days = _apart([day for day in kept_days(root, part) if day < as_of])
        frames += [as_declared(pl.read_parquet(_file(root, day, part)), PAST_FORECASTS) for day in days]
    return pl.concat(frames) if frames else empty(PAST_FORECASTS)


def kept_days(root: Path, part: str) -> list[date]:
    """Days of which something was kept, in their order."""
    names = [file.name.removesuffix(f".{part}.parquet") for file in (root / FOLDER).glob(f"*.{part}.parquet")]
    return sorted(date.fromisoformat(name) for name in names)


def _apart(days: Sequence[date]) -> list[date]:
    """The newest, and of those before it each that is a week older than the one taken last."""
    taken: list[date] = []
    for day in reversed(days):
        if not taken or taken[-1] - day >= timedelta(days=7):
            taken.append(day)
    return taken[:SHOWN]


def _file(root: Path, day: date, part: str) -> Path:
    return root / FOLDER / f"{day}.{part}.parquet"
