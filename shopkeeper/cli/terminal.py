"""The terminal: what is said on standard output, what on standard error, and a bar for what takes long."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated

import typer
from rich import progress as bars
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from shopkeeper.jobs.served import served
from shopkeeper.lake import store
from shopkeeper.lake.version import Version
from shopkeeper.progress import Progress

out, err = Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar on standard error that names the step at work."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield Progress(lambda step, share: bar.update(task, description=step, completed=share))


def version_served() -> Version:
    """The version that reports are made of, which is the sample shop's where nothing was imported."""
    with progress() as bar:
        version = served(bar)
    if store.current_id(store.data_folder()) is None:
        err.print("Nothing has been imported yet; this is the sample shop.")
    return version


def day(at: datetime | None) -> date | None:
    """Without its midnight."""
    return at.date() if at else None
