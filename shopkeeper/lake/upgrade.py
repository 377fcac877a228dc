"""A version whose marts another program made, made anew from its own tables before anybody reads it."""

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

import duckdb
from polars.exceptions import ComputeError

from shopkeeper.errors import Refused
from shopkeeper.lake.persons import Linking
from shopkeeper.lake.publish import publish, publisher
from shopkeeper.lake.store import current
from shopkeeper.lake.version import Staged, Version
from shopkeeper.messages import message
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import recipe


def is_outdated(version: Version) -> bool:
    """Whether this program would make other marts of the version's tables than it has."""
    return version.recipe != recipe()


def upgraded(
    root: Path,
    progress: Progress = UNHEARD,
    linking: Linking | None = None,
    *,
    always: bool = False,
    forgotten: Collection[str] = (),
) -> Version:
    """The version served, made anew where it is outdated, or `always`: the same tables, rejects, sources and last day,
    new marts, its accounts linked anew; the accounts `forgotten` are no longer in its tables.

    The older version stays. Raise `Refused` where there is none, where another process is at it, or where it cannot be
    made: what was served before is untouched.
    """
    with publisher(root) as directory:
        before = current(root)
        if before is None:
            raise Refused(message("There is no version to make anew. Import your data first."))
        if not (always or is_outdated(before)):
            # Another process was quicker.
            return before
        staged = Staged(
            directory,
            before.shop,
            tables=(),
            rejects=None,
            sources=(),
            net_amount_in=Decimal(0),
            net_amount_rejected=Decimal(0),
            net_amount_unreadable_rows=0,
            as_of=before.as_of,
            warnings=before.warnings,
            carried=tuple(before.tables),
            key_fingerprint=before.key_fingerprint,
        )
        try:
            return publish(root, staged, progress, linking=linking, forgotten=forgotten)
        except (duckdb.Error, ComputeError) as error:
            if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
                # The disk or the memory: `publisher` says which.
                raise
            raise Refused(
                message(
                    "A file of version {version} is damaged, so its figures cannot be made anew for this program. Name "
                    "another version to serve with `rollback`, or import the data again.",
                    version=before.id,
                )
            ) from error
