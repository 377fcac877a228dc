"""Files dropped into the browser, kept on the server until they are imported or others take their place."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from shopkeeper.errors import Refused
from shopkeeper.messages import message

KEPT = "_uploads"
PREFIX = "shopkeeper-upload-"


@dataclass(frozen=True)
class Uploads:
    """Files that were dropped, by their ids. The folder is removed when nothing holds it: with the session, at last."""

    ids: tuple[str, ...]
    folder: tempfile.TemporaryDirectory[str]


def paths_of(files: Sequence[UploadedFile], folder: str) -> tuple[Path, ...]:
    """Where the files lie now, or the folder of the server. Raise `Refused` where it is not there."""
    if files:
        return (_kept(files),)
    if not folder.strip():
        return ()
    path = Path(folder.strip()).expanduser()
    if not path.exists():
        raise Refused(message("{given} is not there. Check the path.", given=path))
    return (path.resolve(),)


def _kept(files: Sequence[UploadedFile]) -> Path:
    """The folder with the files; written once for each set of them."""
    ids = tuple(file.file_id for file in files)
    kept: Uploads | None = st.session_state.get(KEPT)
    if kept and kept.ids == ids and Path(kept.folder.name).is_dir():
        return Path(kept.folder.name)
    forget()
    folder = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
    for file in files:
        # A browser may say any name: only its last part is a name here.
        target = Path(folder.name) / Path(file.name.replace("\\", "/")).name
        if target.exists():
            raise Refused(message("Two files are called {name}. Rename one of them.", name=target.name))
        with target.open("wb") as copy:
            shutil.copyfileobj(file, copy)
    st.session_state[KEPT] = Uploads(ids, folder)
    return Path(folder.name)


def forget() -> None:
    """Remove what was kept."""
    kept: Uploads | None = st.session_state.pop(KEPT, None)
    if kept:
        kept.folder.cleanup()
