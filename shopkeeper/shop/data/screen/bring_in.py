"""Files from the browser or a folder of the server: looked at, matched, tried, imported."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import available_timezones

import streamlit as st
from babel.numbers import list_currencies

from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.imports.guess import saved
from shopkeeper.imports.guess.choice import Choice
from shopkeeper.imports.guess.written import as_toml, document
from shopkeeper.imports.mapping.declared import REJECTED_IN
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.imports.trial import Trial
from shopkeeper.jobs.bring_in import run
from shopkeeper.jobs.bring_in.request import Request
from shopkeeper.lake import store
from shopkeeper.lake.version import Shop, Version
from shopkeeper.messages import Message
from shopkeeper.progress import Cancelled, Progress
from shopkeeper.shop.data.screen import doubts, matching, trial, uploads, way
from shopkeeper.ui import links, session

KINDS = ["csv", "tsv", "txt", "xlsx", "parquet", "zip", "gz"]
LOOKED, TRIED = "_looked", "_tried"
Result = TypeVar("Result")


def draw(version: Version) -> None:
    """From files to a version, one step below the other."""
    if not writable(store.data_folder()):
        st.info(
            _(
                "This server does not let the app change the data. Whoever runs it imports on its command line: "
                "{command}",
                command="`python -m shopkeeper import FILE`",
            ),
            icon=":material/lock:",
        )
        return
    st.markdown(f"##### {_('1 · Your files')}")
    files = st.file_uploader(
        _("Drop your exports here: orders, and if you have them products and stock counts"),
        type=KINDS,
        accept_multiple_files=True,
        key="bring_files",
    )
    with st.expander(_("Or name a folder on the server"), icon=":material/folder:"):
        folder = st.text_input(_("Folder or file"), key="bring_folder", placeholder="/exports/2026-11")
    paths = uploads.paths_of(files, folder)
    if not paths:
        st.info(
            _(
                "Order lines are all that is needed, as CSV, XLSX or Parquet; a .zip of them will do. Nothing is "
                "published before you have seen what would be."
            ),
            icon=":material/info:",
        )
        return
    samples, unread = _looked_at(paths)
    for sentence in unread:
        st.warning(str(sentence))
    request = _request(paths, samples, version)
    if request is not None:
        _try_and_import(request, version)


def writable(folder: Path) -> bool:
    """Whether the app may write the data folder, or make it."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return os.access(there, os.W_OK)


def _looked_at(paths: tuple[Path, ...]) -> tuple[tuple[Sample, ...], tuple[Message, ...]]:
    """The files' first rows, read once."""
    chosen = dict(doubts.encodings())
    key = (tuple((str(path), path.stat().st_mtime_ns) for path in paths), chosen)
    kept = st.session_state.get(LOOKED)
    if kept and kept[0] == key:
        return kept[1], kept[2]
    request = Request("look", paths, store.data_folder(), encodings=chosen)
    samples, unread = _at_work(lambda heard: run.look(request, heard))
    st.session_state[LOOKED] = (key, samples, unread)
    return samples, unread


def _request(paths: tuple[Path, ...], samples: Sequence[Sample], version: Version) -> Request | None:
    """What is to be imported how; `None` while something is still to be said."""
    if not samples:
        return None
    st.markdown(f"##### {_('2 · What is in them')}")
    if open_texts := [sample for sample in samples if sample.encodings]:
        for number, sample in enumerate(open_texts):
            doubts.ask_encoding(sample, number)
        return None
    chosen_way = way.ask(samples, version)
    base = Request("try", paths, store.data_folder())
    start = None
    name = ""
    if chosen_way != way.OWN_MATCH:
        kind, name = chosen_way.split(":", 1)
        start = way.change(name, samples) if kind == "saved" else None
        path = str(saved.path_of(store.data_folder(), name)) if kind == "saved" else name
        base = replace(base, ready=path)
    choices: list[Choice] | None = None
    if chosen_way == way.OWN_MATCH or start:
        choices = _matched(samples, start)
        if not choices:
            return None
    shop = _shop(version)
    if shop is None:
        return None
    if choices:
        left_out = {sample.name for sample in samples} - {choice.file for choice in choices}
        content = document(choices, shop, left_out)
        base = replace(base, ready="", mapping=content, mapping_name=way.ask_name(content, choices, name))
    request = replace(base, name=shop.name, currency=shop.currency, timezone=shop.timezone, week_start=shop.week_start)
    return _with_options(request, samples, version)


def _matched(samples: Sequence[Sample], start: Sequence[Choice] | None) -> list[Choice] | None:
    """The files' choices; `None` while one of them is open: no file is left out without being told to."""
    starts = start or (None,) * len(samples)
    matched = [
        matching.draw(sample, number, starts[number], alone=len(samples) == 1) for number, sample in enumerate(samples)
    ]
    choices = [each.choice for each in matched if each.choice]
    if any(each.is_open for each in matched):
        return None
    if not choices:
        st.info(_("Say for one file at least what is in it."), icon=":material/edit:")
    return choices


def _with_options(request: Request, samples: Sequence[Sample], version: Version) -> Request:
    """Whether the files add to what is there, and up to which day they are whole."""
    append = all(REJECTED_IN in sample.headings for sample in samples)
    if append:
        st.info(
            _("These are rows that were rejected: they take their place in what is there."), icon=":material/build:"
        )
    elif not version.shop.sample:
        append = st.checkbox(_("Add to what is there (these files hold new or mended rows only)"), key="bring_append")
    with st.popover(_("Are the last days not complete?"), icon=":material/event_busy:", type="tertiary"):
        as_of = st.date_input(
            _("The last complete day"),
            value=None,
            key="bring_as_of",
            help=_("Empty: the last day with a sale or a stock count."),
        )
    return replace(request, append=append, as_of=as_of.isoformat() if isinstance(as_of, date) else "")


def _shop(version: Version) -> Shop | None:
    """Name, currency, timezone and start of the week, from the data there or asked; never the sample's."""
    there = None if version.shop.sample else version.shop
    if there is not None:
        return Shop(there.name, there.currency, there.timezone, week_start=there.week_start)
    st.markdown(f"##### {_('3 · Your shop')}")
    name, currency, timezone, week = st.columns(4)
    with name:
        shop_name = st.text_input(_("Its name"), key="bring_name")
    with currency:
        code = st.selectbox(
            _("Currency"), sorted(list_currencies()), index=None, key="bring_currency", placeholder="CNY"
        )
    with timezone:
        zone = st.selectbox(
            _("Timezone"),
            sorted(available_timezones()),
            index=None,
            key="bring_timezone",
            placeholder="Asia/Shanghai",
        )
    with week:
        days = {"monday": _("Monday"), "sunday": _("Sunday")}
        week_start = st.selectbox(
            _("Weeks start on"), list(days), key="bring_week_start", format_func=lambda day: days[day]
        )
    if not shop_name.strip() or not code or not zone:
        st.info(_("Say the shop's name, currency and timezone to go on."), icon=":material/edit:")
        return None
    return Shop(shop_name.strip(), code, zone, week_start=week_start)


def _try_and_import(request: Request, version: Version) -> None:
    """A dry run, then what it would bring, then the import itself."""
    if request.mapping:
        parse_mapping(request.mapping_name, dict(request.mapping))
    st.markdown(f"##### {_('4 · Try it, then import')}")
    key = hashlib.sha256(json.dumps(request.as_data(), sort_keys=True, default=str).encode()).hexdigest()
    kept = st.session_state.get(TRIED)
    tried: Trial | None = kept[1] if kept and kept[0] == key else None
    if tried is None:
        if st.button(_("Try it: nothing is published yet"), key="bring_try", type="primary", icon=":material/science:"):
            tried = _at_work(lambda heard: run.try_(request, heard))
            st.session_state[TRIED] = (key, tried)
            st.rerun()
        return
    if trial.draw(tried, request, version):
        done = _at_work(lambda heard: run.import_(replace(request, kind="import", accept=bool(tried.stops)), heard))
        if request.mapping:
            saved.save(request.root, request.mapping_name, as_toml(request.mapping))
        uploads.forget()
        for name in (LOOKED, TRIED, doubts.ENCODINGS):
            st.session_state.pop(name, None)
        session.forget_notices()
        st.toast(str(done), icon=":material/check_circle:", duration="long")
        st.switch_page(links.RETENTION)


def _at_work(work: Callable[[Progress], Result]) -> Result:
    """Run something long, with its progress and a way to call it off: a click on anything ends it."""
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, text=_("Reading the files"))
        st.button(_("Cancel"), key="bring_cancel", icon=":material/cancel:")

    def tell(step: str, share: float) -> None:
        bar.progress(min(max(share, 0.0), 1.0), text=_(step) if step else _("Reading the files"))

    try:
        return work(Progress(tell))
    except Cancelled as cancelled:
        raise Refused(Message("Called off; nothing was published.")) from cancelled
    finally:
        place.empty()
