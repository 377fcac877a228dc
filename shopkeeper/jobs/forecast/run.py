"""Forecasting a version: open it, run the job, put the run in use."""

from threading import Lock

import polars as pl

from shopkeeper.contract.forecasts import FORECASTS
from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.forecast import files
from shopkeeper.jobs.forecast.job import Previous, Run, forecast_version
from shopkeeper.lake import store
from shopkeeper.lake.version import Version
from shopkeeper.progress import UNHEARD, Progress

FORECAST_SECONDS = 600.0
"""For one query of the job."""
_FORECASTING = Lock()
"""Two jobs at once would only be slower, and take twice the memory."""


def make(
    version: Version,
    progress: Progress = UNHEARD,
) -> Run:
    """Forecast a version and put the run in use. Raise `Cancelled`, or `Refused` where it cannot be written."""
    query = open_version(version, seconds=FORECAST_SECONDS)
    try:
        with _FORECASTING:
            run = forecast_version(query, previous_of(version), progress)
    finally:
        query.close()
    files.publish(version, run.tables, run.told)
    return run


def previous_of(version: Version) -> Previous | None:
    """The run in use of the version, or of the one that it came from."""
    parents = [kept for kept in store.versions(version.path.parent.parent) if kept.id == version.parent]
    for candidate in (version, *parents):
        told = files.told(candidate)
        if told is not None:
            file = files.made(candidate)[FORECASTS.name]
            return Previous({FORECASTS.name: pl.read_parquet(file)}, told)
    return None
