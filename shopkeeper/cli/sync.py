"""Sources that repeat, from the command line: made to be run from cron."""

from pathlib import Path
from typing import Annotated

import typer

from shopkeeper.cli.terminal import out, progress
from shopkeeper.imports import sync
from shopkeeper.imports.outcome import TableOutcome
from shopkeeper.imports.sources import declaration
from shopkeeper.imports.sources.declaration import Database
from shopkeeper.imports.sources.fetched import Fetched
from shopkeeper.imports.sync import SyncOutcome
from shopkeeper.lake import store

Sources = Annotated[Path | None, typer.Option(help="The file of sources; sources.toml in the data folder if left out.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and check everything, and publish nothing.")]


def run(sources: Path | None, *, dry_run: bool) -> SyncOutcome:
    """Read what is new, publish it unless it is only tried, and print what came of it."""
    root = store.data_folder()
    declared = declaration.load(sources or declaration.default_file(root))
    with progress() as bar:
        done = sync.sync(declared, root, dry_run=dry_run, progress=bar)
    _print(done, dry_run=dry_run)
    return done


def _print(done: SyncOutcome, *, dry_run: bool) -> None:
    for fetched in done.fetched:
        _print_source(fetched)
    for table in done.tables:
        _print_table(table)
    if done.outcome is not None:
        return
    for rule in done.broken_rules:
        out.print(f"  - {rule.sentence()}", markup=False)
    if not done.tables:
        out.print("There is nothing new; the data served stay as they are.")
    elif dry_run:
        out.print("This was only tried: nothing was published.")
    else:
        out.print("Everything was there already, just as it is; nothing was published.")


def _print_source(fetched: Fetched) -> None:
    unit = "tables" if isinstance(fetched.source.place, Database) else "files"
    counts = f"{fetched.new:,} new, {fetched.changed:,} changed, {fetched.unchanged:,} unchanged {unit}"
    out.print(f"{fetched.source.name}: {counts}; {fetched.bytes / 1e6:,.1f} MB read.", markup=False)
    for reason in fetched.reasons:
        out.print(f"  {reason}", markup=False)


def _print_table(table: TableOutcome) -> None:
    counts = f"{table.rows_in:,} rows in = {table.rows_published:,} published + {table.rows_rejected:,} rejected"
    out.print(f"  {table.name}: {counts}", markup=False)
    made = table.replacement
    if made is None:
        return
    what = "orders" if table.name == "order_lines" else "keys"
    out.print(
        f"    {made.keys_new:,} {what} new, {made.keys_changed:,} changed, {made.keys_unchanged:,} unchanged; "
        f"{made.rows_replaced:,} older rows replaced, {made.rows_unchanged:,} rows were there already, "
        f"{made.rows_superseded:,} came again in a newer file",
        markup=False,
    )
    if made.examples:
        more = ", ..." if made.keys_changed > len(made.examples) else ""
        out.print(f"    replaced: {', '.join(made.examples)}{more}", markup=False)
