"""Forecasting a version: open it, run the job, keep the run and put it in use."""

from threading import Lock

import polars as pl

from shopkeeper.contract.forecasts import FORECASTS
from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.forecast import files
from shopkeeper.jobs.forecast.job import forecast_version
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.lake import store
from shopkeeper.lake.version import Version
from shopkeeper.progress import UNHEARD, Progress

QUERY_SECONDS = 600.0
_FORECASTING = Lock()
"""Two runs at once would only be slower, and take twice the memory."""


def make(version: Version, progress: Progress = UNHEARD) -> Run:
    """Forecast a version and put the run in use.

    Raise `Cancelled` where it is called off, `Refused` where the run cannot be written.
    """
    query = open_version(version, seconds=QUERY_SECONDS)
    try:
        with _FORECASTING:
            run = forecast_version(query, previous_of(version), progress)
    finally:
        query.close()
    files.write(version, run)
    return run


def previous_of(version: Version) -> Run | None:
    """The run in use of the version, or of the one that it came from; of its tables, `forecasts`."""
    parents = [kept for kept in store.versions(version.path.parent.parent) if kept.id == version.parent]
    for candidate in (version, *parents):
        summary = files.summary(candidate)
        if summary is not None:
            file = files.table_files(candidate)[FORECASTS.name]
            return Run({FORECASTS.name: pl.read_parquet(file)}, summary)
    return None
