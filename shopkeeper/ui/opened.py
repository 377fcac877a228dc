"""The version that a run looks at, the engine that answers from it, and answers kept for the next run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar

import streamlit as st

from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.engine.query import EVERYTHING, Query, Scope
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying import score_files
from shopkeeper.jobs.forecast import files
from shopkeeper.jobs.served import served
from shopkeeper.lake import store
from shopkeeper.lake.version import Version, read_manifest
from shopkeeper.progress import Progress
from shopkeeper.ui.cache import Answers

P = ParamSpec("P")
R = TypeVar("R")
OPENED = "_opened"
importing = Lock()


@dataclass(frozen=True)
class Opened:
    """What one run answers from: one version, for one viewer, and what jobs made of it.

    `forecast` is the forecast run in use, `made` names it and the scores in use; each if there is one.
    """

    version: Version
    query: Query
    scope: Scope
    forecast: Path | None
    made: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A report that is asked for. `key` tells it from every other: report, arguments, scope and version."""

    key: tuple[str, ...]
    ask: Callable[[], object]


def open_data(scope: Scope = EVERYTHING) -> Opened:
    """Read the pointer once, for the whole run: a version published meanwhile is for the next one."""
    version = version_now()
    run, scores = files.current_run(version), score_files.current(version)
    made = tuple(part.name for part in (run, scores) if part)
    st.session_state[OPENED] = Opened(version, engine(str(version.path), scope, made), scope, run, made)
    return opened()


def version_now() -> Version:
    """The version served, or the sample shop, which is imported before it is first shown."""
    place = st.empty()

    def tell(step: str, share: float) -> None:
        sample = store.current_id(store.data_folder()) is None
        opening = (
            _("Opening the sample shop for the first time")
            if sample
            else _("This program is newer than the data: all figures are made anew")
        )
        place.progress(min(max(share, 0.0), 1.0), text=f"{opening}: {_(step)}")

    try:
        with importing:
            return served(Progress(tell), wait=False)
    finally:
        place.empty()


def opened() -> Opened:
    """What this run answers from."""
    now: Opened = st.session_state[OPENED]
    return now


def load(report: Callable[Concatenate[Query, P], R], *arguments: P.args, **options: P.kwargs) -> R:
    """`report(query, ...)`, from memory where the same was asked of the same version by a viewer of the same scope.

    Arguments are small frozen values. The answer is shared: nobody changes it.
    """
    now = opened()
    call = (f"{report.__module__}.{report.__qualname__}", repr(arguments), repr(sorted(options.items())))
    key = (*call, repr(now.scope), now.version.id, *now.made)
    result: R = answer(Question(key, lambda: report(now.query, *arguments, **options)))  # type: ignore[assignment]
    return result


@st.cache_resource(max_entries=8, show_spinner=False, on_release=lambda held: held.close())
def engine(folder: str, scope: Scope, made: tuple[str, ...]) -> Engine:  # noqa: ARG001
    """One engine per version, scope and what jobs made, shared by all; each query takes a cursor of its own."""
    version = read_manifest(Path(folder))
    return open_version(version, scope, made={**files.table_files(version), **score_files.table_files(version)})


@st.cache_resource(show_spinner=False)
def answers() -> Answers:
    """What was asked lately, by anybody."""
    return Answers()


def answer(question: Question) -> object:
    """What was asked, once per key; what takes long says that it is at work."""
    kept = answers()
    if kept.holds(question.key):
        return kept.of(question.key, question.ask)
    # Nothing is drawn for what is answered within half a second.
    with st.spinner(_("Working it out; in a large shop this takes a few seconds."), show_time=True):
        return kept.of(question.key, question.ask)
