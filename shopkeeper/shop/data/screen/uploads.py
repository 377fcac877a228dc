"""Files dropped into the browser, kept on the server until they are imported or others take their place."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from shopkeeper.errors import Refused
from shopkeeper.messages import message

FOLDER, KEPT = "_upload_folder", "_uploads"
PREFIX = "shopkeeper-upload-"


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
    state = st.session_state
    if state.get(KEPT) == ids and Path(state[FOLDER]).is_dir():
        return Path(state[FOLDER])
    forget()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    for file in files:
        # A browser may say any name: only its last part is a name here.
        target = folder / Path(file.name.replace("\\", "/")).name
        with target.open("wb") as copy:
            shutil.copyfileobj(file, copy)
    state[FOLDER], state[KEPT] = str(folder), ids
    return folder


def forget() -> None:
    """Remove what was kept."""
    state = st.session_state
    if folder := state.pop(FOLDER, None):
        shutil.rmtree(folder, ignore_errors=True)
    state.pop(KEPT, None)
