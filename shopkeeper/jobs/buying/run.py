"""Fitting a version: open it, run the job, keep the fits."""

from threading import Lock

from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.buying import files
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.jobs.identity import levels
from shopkeeper.lake.version import Version
from shopkeeper.progress import UNHEARD, Progress

QUERY_SECONDS = 600.0
SHARE_OF_FITS = 0.8
_FITTING = Lock()
"""The model library is not made for two fits at once in one process."""


def make(version: Version, progress: Progress = UNHEARD) -> Fits:
    """Fit the buying models on a version and keep the fits, and the customer pages' figures under other linking.

    Raise `Cancelled` where it is called off, `Refused` where the fits cannot be written.
    """
    query = open_version(version, seconds=QUERY_SECONDS)
    try:
        with _FITTING:
            fits = fit_version(query, progress.part(0.0, SHARE_OF_FITS))
    finally:
        query.close()
    files.write(version, fits)
    levels.make(version, progress.part(SHARE_OF_FITS, 1 - SHARE_OF_FITS))
    progress.step("Done", 1.0)
    return fits
