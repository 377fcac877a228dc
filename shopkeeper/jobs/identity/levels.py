"""Headline figures of the customer pages under strict, standard and loose linking, kept beside a version.

`<data folder>/identity/<version>.parquet`; written whole or not at all, and removed when its version is.
"""

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from polars.exceptions import PolarsError

from shopkeeper.contract.identity import IDENTITY_LEVELS
from shopkeeper.imports.by_hand import linking_of
from shopkeeper.lake.marts import build_marts, open_tables
from shopkeeper.lake.patched import mart_rows
from shopkeeper.lake.persons import Linking
from shopkeeper.lake.store import folders
from shopkeeper.lake.version import Version
from shopkeeper.lake.workbench import workbench
from shopkeeper.models.identity.keys import LEVELS
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import QUERIES, load

CUSTOMER_MARTS = ("first_purchases", "purchase_parts", "purchases", "refund_days", "customer_history")
HEADLINE_MARTS = ("purchases", "customer_history")


def path_of(version: Version) -> Path:
    """Where the figures of a version are kept."""
    return version.path.parent.parent / "identity" / f"{version.id}.parquet"


def read(version: Version) -> pl.DataFrame | None:
    """The figures of a version; None where there are none yet."""
    try:
        frame = pl.read_parquet(path_of(version))
    except (OSError, PolarsError):
        return None
    return frame if frame.columns == list(IDENTITY_LEVELS.names) else None


def make(version: Version, progress: Progress = UNHEARD) -> pl.DataFrame:
    """Link the version's accounts under each level, and keep what the customer pages would lead with."""
    rows = []
    root = version.path.parent.parent
    by_hand = linking_of(root, sample=version.shop.sample).by_hand
    for number, level in enumerate(LEVELS):
        progress.step(f"Linking: {level}", number / len(LEVELS))
        rows.append({"level": level, **_headlines(version, Linking(level, by_hand=by_hand))})
    frame = pl.DataFrame(rows, schema=IDENTITY_LEVELS.schema())
    target = path_of(version)
    target.parent.mkdir(exist_ok=True)
    fresh = target.with_name(f".{secrets.token_hex(8)}.tmp")
    frame.write_parquet(fresh)
    fresh.replace(target)
    _prune(root)
    return frame


def _headlines(version: Version, linking: Linking) -> dict[str, float | int | None]:
    with TemporaryDirectory(dir=version.path.parent.parent) as folder:
        directory = Path(folder)
        with workbench(directory, version.shop.timezone) as connection:
            parameters = {"as_of": version.as_of}
            if linking.level == Linking().level and set(HEADLINE_MARTS) <= version.marts.keys():
                # The version's own marts are linked so.
                for mart in HEADLINE_MARTS:
                    mart_rows(connection, version, mart).create_view(mart)
            else:
                open_tables(connection, {name: version.files(name) for name in version.tables})
                build_marts(connection, directory / "marts", QUERIES, parameters, linking=linking, only=CUSTOMER_MARTS)
            result: list[dict[str, float | int | None]] = connection.sql(
                load("jobs/identity/headlines").sql, params=parameters
            ).to_dicts()
            return result[0] if result else {"customers": 0}


def _prune(root: Path) -> None:
    version_ids = {folder.name for folder in folders(root)}
    for file in (root / "identity").glob("*.parquet"):
        if file.stem not in version_ids:
            file.unlink(missing_ok=True)
