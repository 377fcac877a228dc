"""Scores kept beside the versions, as forecasts are: `<data folder>/scores/<version>/<stamp>.parquet`.

The stamp is that of the fits which they follow from, which are written right after them; the file before the last is
kept for whoever still reads it.
"""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from shopkeeper.contract.scores import CUSTOMER_SCORES
from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.jobs.buying.scoring import PREPARED_HORIZONS, Scoring, score_customers
from shopkeeper.lake.store import folders
from shopkeeper.lake.version import Version
from shopkeeper.messages import message
from shopkeeper.progress import UNHEARD, Progress

KEPT_FILES = 2
ROWS_AT_ONCE = 122_880
"""Rows of a group of the file: a page that asks for one horizon reads the groups of that horizon."""


def current(version: Version) -> Path | None:
    """The file in use for a version: that of the fits made last; `None` where there is none."""
    return max((version.path.parent.parent / "scores" / version.id).glob("*.parquet"), default=None)


def table_files(version: Version) -> Mapping[str, Path]:
    """The file in use by table, as `open_version` takes it; empty where there is none."""
    file = current(version)
    return {CUSTOMER_SCORES.name: file} if file else {}


def write(query: Query, fits: Fits, progress: Progress = UNHEARD) -> None:
    """Score every customer over each prepared horizon, and keep the scores. Raise `Refused` where they cannot be."""
    file = _file(query.version, fits)
    fresh = file.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(query, fits, fresh, progress)
        fresh.replace(file)
    except OSError as failure:
        fresh.unlink(missing_ok=True)
        raise Refused(
            message(
                "The scores could not be written to {target}: {strerror}. Make room or give access, then run `fit`.",
                target=file,
                strerror=failure.strerror,
            )
        ) from failure
    prune(query.version.path.parent.parent)


def _write(query: Query, fits: Fits, file: Path, progress: Progress) -> None:
    writer = None
    try:
        for place, days in enumerate(PREPARED_HORIZONS):
            progress.step("Scoring customers", place / len(PREPARED_HORIZONS))
            with query.workspace() as workspace:
                score_customers(workspace, fits, Scoring(days))
                rows = workspace("jobs/buying/scores_made").select(CUSTOMER_SCORES.names).to_arrow()
            writer = writer or pq.ParquetWriter(file, rows.schema, compression="zstd")
            writer.write_table(rows, row_group_size=ROWS_AT_ONCE)
    finally:
        if writer:
            writer.close()


def prune(root: Path) -> list[str]:
    """Remove scores of versions that are gone, and files older than the last few; give the names of both."""
    version_ids = {folder.name for folder in folders(root)}
    removed = []
    for home in sorted((root / "scores").glob("*")):
        if home.name not in version_ids:
            shutil.rmtree(home, ignore_errors=True)
            removed.append(home.name)
            continue
        for file in sorted(home.glob("*.parquet"))[:-KEPT_FILES]:
            file.unlink(missing_ok=True)
            removed.append(file.name)
    return removed


def _file(version: Version, fits: Fits) -> Path:
    return version.path.parent.parent / "scores" / version.id / f"{fits.made_at:%Y%m%dT%H%M%S%f}.parquet"
