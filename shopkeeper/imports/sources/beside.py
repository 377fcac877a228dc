"""What a table's files are read with, lookups, rates and kits: where these change, all rows that depend on them do."""

from collections.abc import Sequence

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.imports.sources.declaration import Source, TableSource
from shopkeeper.lake.version import SourceFile
from shopkeeper.messages import Message, message

MARK = "beside "
"""Before the name of such a file among a version's sources."""


def has_beside(mapping: Mapping, table: str) -> bool:
    """Whether the mapping reads other files beside those of a table."""
    return any(each.lookups or each.exchange or each.kits for each in mapping.tables if each.name == table)


def why_again(
    source: Source,
    table: TableSource,
    before: Sequence[SourceFile],
    now: Sequence[InputFile],
    own: Sequence[SourceFile],
) -> Message | None:
    """Why all files of a table are to be read once more, those that did not change too; `None` where they are not.

    Which rows depend on a changed row of a lookup only the table's own files can say. `before` and `now` are the files
    read beside them, the oldest first; `own` those of the table that were read before and are still there.

    Raise `Refused` where rows that can only be added would be others now, or where a file that they may need has gone.
    """
    names, contents = {file.name for file in now}, [file.sha256 for file in now]
    gone = [each for each in before if each.sha256 not in contents and each.name not in names]
    if not own or [each.sha256 for each in before if each not in gone] == contents:
        return None
    there = {each.sha256 for each in before}
    changed = next((file for file in now if file.sha256 not in there), now[-1]).name
    if table.mode == "append":
        raise Refused(
            message(
                "{changed}, which is read beside the files of {table}, has changed, and sources.{source} only appends "
                "to {table}: what was read before would count twice. Let newer rows replace older ones, or import "
                "{table} anew with `import`.",
                changed=changed,
                table=table.name,
                source=source.name,
            )
        )
    if gone:
        raise Refused(
            message(
                "{changed}, which is read beside the files of {table}, has changed, so these are read again; but "
                "{gone}, which was read beside them before, is no longer there. Put it back, or take the files of "
                "{table} that need it out too: their rows stay.",
                changed=changed,
                table=table.name,
                gone=gone[0].name,
            )
        )
    return message(
        "{changed}, which is read beside the files of {table}, has changed: any of their rows may depend on it, so all "
        "{n} that were read before are read again.",
        changed=changed,
        table=table.name,
        n=len(own),
    )


def left_as_read(table: str, gone: int) -> Message:
    """The warning on files that cannot be read again."""
    return message(
        "{n} files of {table} that were read before are no longer there: their rows stay as what was read beside them "
        "made them then.",
        n=gone,
        table=table,
    )
