"""A shop that is dear to publish: made once in a run by the worker that comes first, and copied by each."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

from shopkeeper.lake import store
from shopkeeper.lake.version import Version


def made_once(lake: Path, publish: Callable[[Path], object]) -> Path:
    """The lake, published unless it has been; who asks meanwhile waits."""
    lake.parent.mkdir(parents=True, exist_ok=True)
    done = lake.with_suffix(".done")
    with lake.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(lake, ignore_errors=True)
            publish(lake)
            done.touch()
    return lake


def copied(lake: Path, into: Path) -> Version:
    """The version that the lake serves, in a folder of the asker's own: what is kept there troubles nobody else."""
    shutil.copytree(lake, into)
    version = store.current(into)
    assert version is not None
    return version
