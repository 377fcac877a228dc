"""Mappings that were made in the browser, kept beside the data: by name for the command line and the next time."""

import re
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.messages import message

FOLDER = "mappings"
NAME = re.compile(r"[^/\\:\0]{1,80}")


def names(root: Path) -> tuple[str, ...]:
    """Those that are kept, in alphabetical order."""
    return tuple(sorted(path.stem for path in (root / FOLDER).glob("*.toml")))


def path_of(root: Path, name: str) -> Path:
    """Where a mapping of that name is kept. Raise `Refused` for a name that is none."""
    if not NAME.fullmatch(name) or name.startswith("."):
        raise Refused(message("A mapping's name may hold no slash and no colon, and at most 80 letters."))
    return root / FOLDER / f"{name}.toml"


def save(root: Path, name: str, toml: str) -> Path:
    """Keep a mapping; one of the same name is replaced. Raise `Refused` where it cannot be written."""
    path = path_of(root, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(toml, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise Refused(
            message("The mapping could not be kept in {path}: {strerror}.", path=path, strerror=error.strerror)
        ) from error
    return path
