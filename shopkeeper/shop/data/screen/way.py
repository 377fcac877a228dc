"""How files are read: by a ready mapping that fits them, by one made before, or by columns matched here and kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.imports.guess import ready, saved
from shopkeeper.imports.guess.again import choice_again
from shopkeeper.imports.guess.choice import Choice
from shopkeeper.imports.guess.written import as_toml, pattern_of
from shopkeeper.imports.mapping import file as mapping_file
from shopkeeper.imports.mapping.declared import Mapping as FileMapping
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.lake import store
from shopkeeper.lake.version import Version
from shopkeeper.messages import message

OWN_MATCH = "match"


def ask(samples: Sequence[Sample], version: Version) -> str:
    """`ready:NAME`, `saved:NAME` or OWN_MATCH; what fits all files comes first, and is chosen until another is.

    Of several the one comes first that the data there were read with.
    """
    options = {f"ready:{name}": _("As {name} exports it", name=mapping_file.title(name)) for name in _ready(samples)}
    options |= {f"saved:{name}": _("As “{name}”, made before", name=name) for name in _saved(samples)}
    if not options:
        return OWN_MATCH
    before = {source.name.removeprefix("mapping ") for source in version.sources if not source.bytes}
    options = dict(sorted(options.items(), key=lambda option: option[0].split(":", 1)[1] not in before))
    st.success(_("These headings are known: nothing has to be matched."), icon=":material/verified:")
    options[OWN_MATCH] = _("Match the columns myself")
    return str(
        st.radio(_("How are these files read?"), list(options), format_func=options.__getitem__, key="bring_way")
    )


def _ready(samples: Sequence[Sample]) -> list[str]:
    """Ready mappings that fit every file, those that read most of them first."""
    by_file = [{fit.mapping: fit.columns for fit in ready.fits(sample.headings)} for sample in samples]
    names = set.intersection(*map(set, by_file)) if by_file else set()
    return sorted(names, key=lambda name: (-sum(each[name] for each in by_file), name))


def _saved(samples: Sequence[Sample]) -> list[str]:
    """Mappings made before that fit every file."""
    names = []
    for name in saved.names(store.data_folder()):
        try:
            mapping = kept(name)
        except Refused:
            continue
        if all(ready.reads(mapping, sample.headings) for sample in samples):
            names.append(name)
    return names


def kept(name: str) -> FileMapping:
    """A mapping made before. Raise `Refused` where it cannot be read."""
    return mapping_file.load(saved.path_of(store.data_folder(), name))


def change(name: str, samples: Sequence[Sample]) -> list[Choice] | None:
    """What a mapping made before has chosen for the files, where the merchant wants to change that."""
    mapping = kept(name)
    choices = [choice for sample in samples if (choice := choice_again(mapping, sample))]
    if len(choices) == len(samples) and st.toggle(_("Change which column is which"), key=f"bring_change_{name}"):
        return choices
    with st.expander(_("Change the mapping as text"), icon=":material/edit_document:"):
        path = saved.path_of(store.data_folder(), name)
        text = st.text_area(_("Mapping"), path.read_text(encoding="utf-8"), height=320, key=f"bring_text_{name}")
        if st.button(_("Keep the changes"), key=f"bring_keep_{name}"):
            keep_text(path, name, text)
            st.success(_("Kept."))
        download(name, text)
    return None


def keep_text(path: Path, name: str, text: str) -> None:
    """Keep a mapping as it was written. Raise `Refused`, with the place, where it says what no mapping can."""
    mapping_file.parse_text(name, text)
    saved.save(path.parents[1], name, text)


def download(name: str, text: str) -> None:
    """The mapping as a file."""
    st.download_button(
        _("Download as TOML"),
        text,
        file_name=f"{name or 'mapping'}.toml",
        mime="application/toml",
        key="bring_toml",
        icon=":material/download:",
        on_click="ignore",
    )


def ask_name(content: Mapping[str, Any], choices: Sequence[Choice], changed: str) -> str:
    """The name under which the mapping is kept with the import: for the next time, and for the command line.

    Raise `Refused` for a name that is none.
    """
    suggested = changed or pattern_of(choices[0].file).rsplit(".", maxsplit=1)[0].strip("*_- .") or choices[0].table
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            _("Keep this matching as"),
            suggested,
            key=f"bring_mapping_name_{suggested}",
            max_chars=80,
            width=320,
            help=_(
                "Next month's files are then read without matching; on the command line with --mapping and this name."
            ),
        ).strip()
        download(name, as_toml(content))
    if not name:
        raise Refused(message("The matching needs a name. Write one, such as that of the till or the platform."))
    saved.path_of(store.data_folder(), name)
    if name != changed and name in saved.names(store.data_folder()):
        st.caption(_("There is a matching “{name}”; this one takes its place with the import.", name=name))
    return name
