"""Files that were imported before: left out, or nothing to do."""

from dataclasses import replace

from shopkeeper.imports.batch import Job
from shopkeeper.imports.checks.notes import of_table
from shopkeeper.imports.outcome import Outcome
from shopkeeper.lake.persons import Linking
from shopkeeper.messages import message
from shopkeeper.query_files import recipe


def without_imported(job: Job, linking: Linking) -> tuple[Job, Outcome | None]:
    """The job without files that are already there, or the outcome where that leaves nothing to do."""
    before = job.before
    if before is None:
        return job, None
    imported = {(source.table, source.sha256) for source in before.sources}
    if not job.append:
        to_import = {(file.table, file.sha256) for file in job.files}
        to_import |= {(batch.table, job.digest(batch)) for batch in job.batches}
        # Marts that another program made, or links by hand have changed since, are made anew, from the same rows.
        same = (before.recipe, before.shop.week_offset, before.linking) == (
            recipe(),
            job.shop.week_offset,
            linking.fingerprint(),
        )
        if same and to_import == {pair for pair in imported if pair[0] in job.tables}:
            return job, Outcome(
                before, changed=False, message=message("These files are already imported; nothing changed.")
            )
        return job, None
    new = tuple(file for file in job.files if (file.table, file.sha256) not in imported)
    if not new:
        return job, Outcome(
            before, changed=False, message=message("These files were imported already; nothing changed.")
        )
    old = tuple(
        of_table(file.table, message("{name} was imported already, and is not added again.", name=file.name))
        for file in job.files
        if file not in new
    )
    batches = (replace(batch, files=tuple(file for file in batch.files if file in new)) for batch in job.batches)
    left = tuple(batch for batch in batches if batch.files)
    return replace(job, batches=left, warnings=(*job.warnings, *old)), None
