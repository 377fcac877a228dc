"""Which data is shown: the merchant's own, else the sample shop."""

import os
import tempfile
from pathlib import Path

from shopkeeper.imports import job
from shopkeeper.imports.by_hand import linking_of
from shopkeeper.imports.mapping import file as mapping_file
from shopkeeper.jobs.buying import files as buying_files
from shopkeeper.jobs.buying import run as buying_run
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.jobs.forecast import run as forecast_run
from shopkeeper.lake import store
from shopkeeper.lake.upgrade import is_outdated, upgraded
from shopkeeper.lake.version import Version
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import ROOT, recipe

SAMPLE = ROOT / "sample_data"
SHARE_OF_MARTS, SHARE_OF_FITS = 0.3, 0.2


def served(progress: Progress = UNHEARD) -> Version:
    """The version to show; one that an older program made is made anew first, with its fits and forecasts.

    The sample shop is published the first time that it is needed, and when it has changed. Raise `Refused` where the
    data cannot be read or made anew, or the sample cannot be written anywhere.
    """
    root = store.data_folder()
    version = store.current(root)
    if version is None:
        return sample_version(progress)
    if is_outdated(version):
        version = upgraded(root, progress.part(0.0, SHARE_OF_MARTS), linking_of(root))
        buying_run.make(version, progress.part(SHARE_OF_MARTS, SHARE_OF_FITS))
        forecast_run.make(version, progress.part(SHARE_OF_MARTS + SHARE_OF_FITS, 1 - SHARE_OF_MARTS - SHARE_OF_FITS))
    elif forecast_files.is_outdated(version):
        forecast_run.make(version, progress)
    return version


def sample_version(progress: Progress = UNHEARD) -> Version:
    """The sample shop as a version of a lake of its own, apart from the merchant's, with its fits and forecasts."""
    root = sample_root()
    version = store.current(root)
    if version is None or version.recipe != recipe() or not is_of(version, SAMPLE):
        version = job.import_files([SAMPLE], mapping_file.load("sample"), root, progress=progress).version
    if buying_files.read(version) is None:
        buying_run.make(version, progress)
    if forecast_files.current_run(version) is None:
        forecast_run.make(version, progress)
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
