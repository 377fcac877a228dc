"""Sources that repeat, through the one door: what is new in them, in place of what it replaces."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.contract.tables import TABLES
from shopkeeper.imports.acceptance import Acceptance, with_shop
from shopkeeper.imports.batch import Batch, Job, digest
from shopkeeper.imports.by_hand import linking_of
from shopkeeper.imports.job import SHARE_OF_CHECKS, check, publish_checked
from shopkeeper.imports.outcome import BrokenRule, Outcome, TableOutcome
from shopkeeper.imports.sources import database, folder, storage
from shopkeeper.imports.sources.declaration import Database, Folder, Source, Storage
from shopkeeper.imports.sources.fetched import Before, Fetched
from shopkeeper.lake import store
from shopkeeper.lake.publish import publisher
from shopkeeper.lake.version import Version
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import recipe

SHARE_OF_FETCHING = 0.2


@dataclass(frozen=True)
class SyncOutcome:
    """What each source gave, and what came of it.

    `tables`: one for each source and table that gave anything. `outcome` is that of the import, where there was one
    that published; `None` where there was nothing to read, nothing differed, or it was only tried. `served`: the
    version after it.
    """

    fetched: tuple[Fetched, ...]
    tables: tuple[TableOutcome, ...]
    broken_rules: tuple[BrokenRule, ...]
    outcome: Outcome | None
    served: Version | None


def sync(sources: Sequence[Source], root: Path, *, dry_run: bool = False, progress: Progress = UNHEARD) -> SyncOutcome:
    """Read what is new in the sources, and publish it with what was there as one new version of the lake at `root`.

    Of an order, or of a row with a key, the newest one counts, whole. What is no longer in a source stays. With
    `dry_run` everything is read and checked, and nothing published.

    Raise `Refused` where a source cannot be read, a file is not sound, another import is at work, or totals do not
    reconcile; what was served before stays.
    """
    with publisher(root) as directory:
        before = store.current(root)
        private = directory / "fetched"
        private.mkdir(mode=0o700)
        fetched = _fetch_all(sources, before, private, progress.part(0, SHARE_OF_FETCHING))
        job = _job(sources, fetched, before)
        # Marts that another program made, or links by hand have changed since, are made anew, from the same rows.
        outdated = before is not None and (before.recipe, before.linking) != (
            recipe(),
            linking_of(root, sample=before.shop.sample).fingerprint(),
        )
        if not job.batches and not outdated:
            return SyncOutcome(fetched, (), (), None, before)
        rest = progress.part(SHARE_OF_FETCHING, 1 - SHARE_OF_FETCHING)
        checked = check(job, directory, progress=rest.part(0, SHARE_OF_CHECKS))
        shutil.rmtree(private)
        if dry_run or not (checked.differs or outdated):
            return SyncOutcome(fetched, checked.table_outcomes, checked.rules, None, before)
        outcome = publish_checked(root, checked, rest.part(SHARE_OF_CHECKS, 1 - SHARE_OF_CHECKS))
        return SyncOutcome(fetched, outcome.tables, outcome.broken_rules, outcome, outcome.version)


def _fetch_all(
    sources: Sequence[Source], before: Version | None, private: Path, progress: Progress
) -> tuple[Fetched, ...]:
    fetched = []
    for number, source in enumerate(sources):
        progress.step(f"Looking at {source.name}", number / len(sources))
        earlier = Before.of(source, before, digest(source.mapping))
        place = private / str(number)
        match source.place:
            case Folder():
                fetched.append(folder.fetch(source, source.place, earlier))
            case Database():
                fetched.append(database.fetch(source, source.place, earlier, place))
            case Storage():
                fetched.append(storage.fetch(source, source.place, earlier, place))
    return tuple(fetched)


def _job(sources: Sequence[Source], fetched: Sequence[Fetched], before: Version | None) -> Job:
    """Tables in the contract's order; of one table, sources in the order in which they are declared."""
    batches = [
        Batch(
            each.source.mapping,
            arrival.table.name,
            arrival.files,
            "append" if arrival.table.mode == "append" else "newest",
            each.source.name,
            arrival.marks,
            arrival.beside,
            arrival.marks_beside,
        )
        for contract in TABLES
        for each in fetched
        for arrival in each.arrivals
        if arrival.table.name == contract.name
    ]
    said = [source.mapping.as_of for source in sources if source.table("order_lines") and source.mapping.as_of]
    warnings = tuple(warning for each in fetched for warning in each.warnings)
    shop = with_shop(sources[0].mapping, Acceptance(), before).shop
    return Job(tuple(batches), shop, before, max(said, default=None), warnings)
