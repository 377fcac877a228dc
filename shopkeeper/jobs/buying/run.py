"""Fitting a version: open it, run the job, keep the fits."""

from threading import Lock

from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.buying import files, score_files
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.jobs.identity import levels
from shopkeeper.lake.version import Version
from shopkeeper.progress import UNHEARD, Progress

QUERY_SECONDS = 600.0
SHARE_OF_FITS, SHARE_OF_SCORES = 0.6, 0.2
_FITTING = Lock()
"""The model library is not made for two fits at once in one process."""


def make(version: Version, progress: Progress = UNHEARD) -> Fits:
    """Fit the buying models on a version; keep fits, scores, and the customer pages' figures under other linking.

    Raise `Cancelled` where it is called off, `Refused` where they cannot be written.
    """
    query = open_version(version, seconds=QUERY_SECONDS)
    try:
        with _FITTING:
            fits = fit_version(query, progress.part(0.0, SHARE_OF_FITS))
        score_files.write(query, fits, progress.part(SHARE_OF_FITS, SHARE_OF_SCORES))
    finally:
        query.close()
    files.write(version, fits)
    done = SHARE_OF_FITS + SHARE_OF_SCORES
    levels.make(version, progress.part(done, 1 - done))
    progress.step("Done", 1.0)
    return fits
