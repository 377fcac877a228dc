"""Files from the browser or a folder of the server: looked at, matched, tried, imported."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import available_timezones

import streamlit as st
from babel.numbers import list_currencies

from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.imports.guess import ready, saved
from shopkeeper.imports.guess.written import Choice, as_toml, document
from shopkeeper.imports.mapping.file import parse_mapping, title
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.imports.trial import Trial
from shopkeeper.jobs.bring_in import run
from shopkeeper.jobs.bring_in.request import Request
from shopkeeper.lake import store
from shopkeeper.lake.version import Shop, Version
from shopkeeper.messages import Message
from shopkeeper.progress import Cancelled, Progress
from shopkeeper.shop.data.screen import matching, trial, uploads
from shopkeeper.ui import links, session

KINDS = ["csv", "tsv", "txt", "xlsx", "parquet", "zip", "gz"]
LOOKED, TRIED = "_looked", "_tried"
OWN_MATCH = "match"
Result = TypeVar("Result")


def draw(version: Version) -> None:
    """From files to a version, one step below the other."""
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


def _looked_at(paths: tuple[Path, ...]) -> tuple[tuple[Sample, ...], tuple[Message, ...]]:
    """The files' first rows, read once."""
    key = tuple((str(path), path.stat().st_mtime_ns) for path in paths)
    kept = st.session_state.get(LOOKED)
    if kept and kept[0] == key:
        return kept[1], kept[2]
    samples, unread = _at_work(lambda heard: run.look(Request("look", paths, store.data_folder()), heard))
    st.session_state[LOOKED] = (key, samples, unread)
    return samples, unread


def _request(paths: tuple[Path, ...], samples: Sequence[Sample], version: Version) -> Request | None:
    """What is to be imported how; `None` while something is still to be said."""
    way = _way(samples)
    base = Request("try", paths, store.data_folder())
    if way == OWN_MATCH:
        choices = [matching.draw(sample, number) for number, sample in enumerate(samples)]
        chosen = [choice for choice in choices if choice is not None]
        shop = _shop(version)
        if not chosen or shop is None:
            return None
        content = document(chosen, shop)
        _keep_mapping(content, chosen)
        base = replace(base, mapping=content)
    else:
        kind, name = way.split(":", 1)
        path = str(saved.path_of(store.data_folder(), name)) if kind == "saved" else name
        shop = _shop(version)
        if shop is None:
            return None
        base = replace(base, ready=path)
    request = replace(base, name=shop.name, currency=shop.currency, timezone=shop.timezone)
    if not version.shop.sample:
        append = st.checkbox(_("Add to what is there (these files hold new or mended rows only)"), key="bring_append")
        request = replace(request, append=append)
    return request


def _way(samples: Sequence[Sample]) -> str:
    """A ready mapping that fits all files, one made before, or the columns matched here."""
    fitting = [{fit.mapping for fit in ready.fits(sample.headings)} for sample in samples]
    names = sorted(set.intersection(*fitting)) if fitting else []
    options = {f"ready:{name}": _("As exported by {name}: the headings fit", name=title(name)) for name in names}
    options |= {f"saved:{name}": _("As “{name}”, made before", name=name) for name in saved.names(store.data_folder())}
    options[OWN_MATCH] = _("Match the columns here")
    if len(options) == 1:
        return OWN_MATCH
    return str(
        st.radio(_("How are these files read?"), list(options), format_func=options.__getitem__, key="bring_way")
    )


def _shop(version: Version) -> Shop | None:
    """Name, currency and timezone, from the data there or asked; never the sample's."""
    there = None if version.shop.sample else version.shop
    if there is not None:
        return Shop(there.name, there.currency, there.timezone)
    st.markdown(f"##### {_('Your shop')}")
    name, currency, timezone = st.columns(3)
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
    if not shop_name.strip() or not code or not zone:
        st.info(_("Say the shop's name, currency and timezone to go on."), icon=":material/edit:")
        return None
    return Shop(shop_name.strip(), code, zone)


def _keep_mapping(content: Mapping[str, Any], choices: Sequence[Choice]) -> None:
    """The mapping under a name of its own: for the next time, and for the command line."""
    with st.expander(_("Keep this mapping"), icon=":material/save:"):
        name = st.text_input(_("Name"), key="bring_mapping_name", placeholder=choices[0].table)
        with st.container(horizontal=True):
            if st.button(_("Keep it"), key="bring_save", disabled=not name.strip()):
                saved.save(store.data_folder(), name.strip(), as_toml(content))
                st.success(_("Kept. On the command line: {command}", command=f"`--mapping {name.strip()}`"))
            st.download_button(
                _("Download as TOML"),
                as_toml(content),
                file_name=f"{name.strip() or 'mapping'}.toml",
                mime="application/toml",
                key="bring_toml",
            )


def _try_and_import(request: Request, version: Version) -> None:
    """A dry run, then what it would bring, then the import itself."""
    if request.mapping:
        parse_mapping("browser", dict(request.mapping))
    key = hashlib.sha256(json.dumps(request.as_data(), sort_keys=True, default=str).encode()).hexdigest()
    kept = st.session_state.get(TRIED)
    tried: Trial | None = kept[1] if kept and kept[0] == key else None
    if tried is None:
        if st.button(_("Try it: nothing is published yet"), key="bring_try", type="primary", icon=":material/science:"):
            tried = _at_work(lambda heard: run.try_(request, heard))
            st.session_state[TRIED] = (key, tried)
            st.rerun()
        return
    accepted = trial.draw(tried, request, version)
    if st.button(
        _("Import {n} rows", n=sum(each.rows_published for each in tried.tables)),
        key="bring_import",
        type="primary",
        icon=":material/publish:",
        disabled=not accepted,
    ):
        _at_work(lambda heard: run.import_(replace(request, kind="import", accept=bool(tried.stops)), heard))
        uploads.forget()
        for name in (LOOKED, TRIED):
            st.session_state.pop(name, None)
        session.forget_notices()
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
