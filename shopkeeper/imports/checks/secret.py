"""The key that pseudonyms are made with: a file of its own, outside the data, made at its first use."""

import hmac
import os
import secrets
import stat
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.messages import message

VARIABLE = "SHOPKEEPER_KEY"
BYTES = 32


def key_file() -> Path:
    """The file that `SHOPKEEPER_KEY` names, else one in the user's configuration folder."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "shopkeeper" / "key"


def secret(root: Path | None = None) -> bytes:
    """The key, made where there is none yet.

    Raise `Refused` where it lies inside the data folder `root`, others may read it, or it cannot be read or made.
    """
    file = key_file().resolve()
    if root is not None and file.is_relative_to(root.resolve()):
        raise Refused(
            message(
                "The key of the pseudonyms, {file}, lies inside the data folder: whoever copies the data would have "
                "it too. Move it out, and name the new place in {variable}.",
                file=file,
                variable=VARIABLE,
            )
        )
    try:
        if not file.exists():
            _make(file)
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Refused(
                message(
                    "The key of the pseudonyms, {file}, can be read by others on this machine. Give it the mode 600.",
                    file=file,
                )
            )
        return _read(file, file.stat().st_mtime_ns)
    except OSError as error:
        raise Refused(
            message(
                "The key of the pseudonyms, {file}, cannot be read or made ({reason}). Name a place that this program "
                "may write to in {variable}.",
                file=file,
                reason=error.strerror or "",
                variable=VARIABLE,
            )
        ) from error


def fingerprint(key: bytes) -> str:
    """Tells one key from another without telling either."""
    return hmac.new(key, b"fingerprint", sha256).hexdigest()[:16]


def another_key() -> Refused:
    """The refusal where data, or tombstones of who was forgotten, were made with another key than there is now."""
    return Refused(
        message(
            "The pseudonyms of the data that are there were made with another key than {file} holds: nobody would "
            "be known again. Bring that key back, or name its file in {variable}; without it, import everything "
            "into another data folder.",
            file=key_file(),
            variable=VARIABLE,
        )
    )


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as written:
        written.write(secrets.token_hex(BYTES) + "\n")
        written.flush()
        os.fsync(written.fileno())
    try:
        # Two processes at once keep the same key: the second leaves the first one's where it is.
        with suppress(FileExistsError):
            os.link(new, file)
    finally:
        new.unlink()


@cache
def _read(file: Path, _changed_at: int) -> bytes:
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) < BYTES:
        raise Refused(
            message(
                "{file} holds no key of pseudonyms: 64 hexadecimal digits were expected. Bring back the file that the "
                "data were imported with, or name it in {variable}.",
                file=file,
                variable=VARIABLE,
            )
        )
    return key
