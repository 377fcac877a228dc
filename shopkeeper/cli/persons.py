"""Commands about persons: accounts linked anew, and a person forgotten."""

from typing import Annotated

import typer

from shopkeeper.cli.terminal import out, progress
from shopkeeper.errors import Refused
from shopkeeper.imports.by_hand import linking_of
from shopkeeper.imports.forget import forget
from shopkeeper.lake import store
from shopkeeper.lake.upgrade import upgraded
from shopkeeper.messages import message


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("relink")(relink)
    app.command("forget")(forget_)


def relink() -> None:
    """Link accounts anew, with what was set by hand since, and serve the figures that follow."""
    root = store.data_folder()
    with progress() as bar:
        version = upgraded(root, bar, linking_of(root), always=True)
    out.print(f"Version {version.id} is served, its accounts linked anew.", markup=False)


def forget_(
    name: Annotated[str, typer.Argument(help="Customer or account number, e-mail or phone.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a person: orders stay as nobody's, all else goes from every version, and no import brings it back."""
    if not yes and not typer.confirm(f"Forget {name}? This cannot be undone."):
        raise typer.Abort
    root = store.data_folder()
    with progress() as bar:
        done = forget(root, name, bar)
    rows = done.erased.rows
    out.print(f"Forgotten, under {len(done.names)} names.", markup=False)
    out.print(f"  order lines that are nobody's now: {rows.get('order_lines', 0):,}", markup=False)
    for table, count in rows.items():
        if table != "order_lines":
            out.print(f"  rows removed from {table}: {count:,}", markup=False)
    out.print(f"  links by hand removed: {done.links:,}", markup=False)
    out.print(f"  versions changed: {len(done.erased.versions)}; served now: {done.erased.served.id}", markup=False)
    if done.remains:
        places = ", ".join(f"{each.file} ({each.rows})" for each in done.remains)
        raise Refused(
            message(
                "The name still stands in {places}. A copy that you put there yourself can be removed; a file of a "
                "version must stay, and is a fault to report.",
                places=places,
            )
        )
    out.print("Every byte of the data folder was searched: none of the names is left.", markup=False)
    out.print("Files outside of it, such as exports that were downloaded, are yours to delete.", markup=False)
