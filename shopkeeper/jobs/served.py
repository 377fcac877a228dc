"""Which data is shown: the merchant's own, else the sample shop."""

import os
import tempfile
from pathlib import Path

from shopkeeper.imports import job
from shopkeeper.imports.by_hand import linking_of
from shopkeeper.imports.mapping import file as mapping_file
from shopkeeper.jobs import making
from shopkeeper.jobs.buying import files as buying_files
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.lake import store
from shopkeeper.lake.upgrade import is_outdated, upgraded
from shopkeeper.lake.version import Version
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import ROOT, recipe

SAMPLE = ROOT / "sample_data"
SHARE_OF_MARTS = 0.3


def served(progress: Progress = UNHEARD, *, wait: bool = True) -> Version:
    """The version to show; one that an older program made is made anew first, with its fits and forecasts.

    The sample shop is published the first time that it is needed, and when it has changed. Without `wait` fits and
    forecasts are made beside the caller, who asks `making.awaited` for them. Raise `Refused` where the
    data cannot be read or made anew, or the sample cannot be written anywhere.
    """
    root = store.data_folder()
    version = store.current(root)
    if version is None:
        return sample_version(progress, wait=wait)
    if is_outdated(version):
        share = SHARE_OF_MARTS if wait else 1.0
        version = upgraded(root, progress.part(0.0, share), linking_of(root))
        _with_models(version, progress.part(share, 1.0 - share), wait=wait)
    elif buying_files.is_outdated(version) or forecast_files.is_outdated(version):
        _with_models(version, progress, wait=wait)
    return version


def _with_models(version: Version, progress: Progress, *, wait: bool) -> None:
    if wait:
        making.make(version, progress)
    else:
        making.start(version)


def sample_version(progress: Progress = UNHEARD, *, wait: bool = True) -> Version:
    """The sample shop as a version of a lake of its own, apart from the merchant's, with its fits and forecasts."""
    root = sample_root()
    version = store.current(root)
    if version is None or version.recipe != recipe() or not is_of(version, SAMPLE):
        version = job.import_files([SAMPLE], mapping_file.load("sample"), root, progress=progress).version
    _with_models(version, progress, wait=wait)
    return version


def sample_root() -> Path:
    """Beside the merchant's versions, or in the temporary folder where that cannot be written."""
    data = store.data_folder()
    above = next(folder for folder in (data, *data.parents) if folder.exists())
    writable = os.access(above, os.W_OK)
    return data / ".sample" if writable else Path(tempfile.gettempdir()) / f"shopkeeper-sample-{os.getuid()}"


def is_of(version: Version, folder: Path) -> bool:
    """Whether the version was made of just the tables that lie in the folder now, by name and size of their files."""
    files = [file for file in folder.rglob("*.parquet") if "truth" not in file.relative_to(folder).parts]
    sizes = {(file.name, file.stat().st_size) for file in files}
    return {(Path(source.name).name, source.bytes) for source in version.sources if source.bytes} == sizes
