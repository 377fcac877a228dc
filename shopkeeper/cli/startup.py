"""What makes the app unsafe to start, each in a line that says how to mend it."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from streamlit import config

from shopkeeper.errors import Refused
from shopkeeper.messages import Message, lines, message
from shopkeeper.query_files import ROOT

SHORTEST_SECRET = 32
EXAMPLES = ("change", "example", "secret", "random", "password", "xxxx", "your", "12345")
SAFE_OPTIONS = {
    "client.showErrorDetails": "none",
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
}


def faults(options: Mapping[str, object], environ: Mapping[str, str]) -> list[Message]:
    """One sentence per fault; empty where the app may start.

    `options` holds Streamlit options by their full names (`server.address`), and `auth.cookie_secret` where sign-in is
    set up. Root, a data folder that the app can write, and headers trusted to name the user are accepted only where
    nobody but this machine can reach the app.
    """
    sentences = [
        message(
            "{option} is {value}, and must be {wanted}: set it in .streamlit/config.toml.",
            option=option,
            value=shown(options.get(option)),
            wanted=shown(safe),
        )
        for option, safe in SAFE_OPTIONS.items()
        if options.get(option) != safe
    ]
    sentences += secret_faults(options)
    if not is_loopback(options.get("server.address")):
        sentences += exposed_faults(options, environ)
    return sentences


def secret_faults(options: Mapping[str, object]) -> list[Message]:
    """Secrets that can be guessed."""
    sentences: list[Message] = []
    for option in ("auth.cookie_secret", "server.cookieSecret"):
        secret = str(options.get(option) or "")
        if not secret:
            continue
        if len(secret.encode()) < SHORTEST_SECRET:
            sentences.append(
                message(
                    "{option} is shorter than {bytes} bytes: make a random one of that length or more.",
                    option=option,
                    bytes=SHORTEST_SECRET,
                )
            )
        elif len(set(secret)) < SHORTEST_SECRET // 4 or any(word in secret.lower() for word in EXAMPLES):
            sentences.append(message("{option} looks like an example: make a random one.", option=option))
    return sentences


def exposed_faults(options: Mapping[str, object], environ: Mapping[str, str]) -> list[Message]:
    """What is harmless only while nobody else can reach the app."""
    address = shown(options.get("server.address"))
    sentences: list[Message] = []
    if options.get("server.trustedUserHeaders"):
        sentences.append(
            message(
                "server.trustedUserHeaders is set while the app listens on {address}: anyone could claim to be anyone. "
                "Listen on 127.0.0.1 behind the proxy that sets the headers.",
                address=address,
            )
        )
    if os.geteuid() == 0:
        sentences.append(
            message(
                "The app runs as root while it listens on {address}: start it as a user of its own.", address=address
            )
        )
    data = Path(environ.get("SHOPKEEPER_DATA") or "data").absolute()
    if data.exists() and os.access(data, os.W_OK):
        sentences.append(
            message(
                "The app can write the data folder {data} while it listens on {address}: let another user import, and "
                "give the app's user read access only.",
                data=data,
                address=address,
            )
        )
    return sentences


def is_loopback(address: object) -> bool:
    """Whether only this machine can reach a server bound to `address`; no address means every interface."""
    if address == "localhost":
        return True
    try:
        return ip_address(str(address or "")).is_loopback
    except ValueError:
        return False


def shown(value: object) -> str:
    """An option as config.toml writes it."""
    return str(value).lower() if isinstance(value, bool) else f"“{value}”" if value else "not set"


def serve(address: str, port: int) -> None:
    """Run the app until it is stopped. Raise `Refused` with every fault of the configuration, or where it fails."""
    data = Path(os.environ.get("SHOPKEEPER_DATA") or "data").absolute()
    environ = {**os.environ, "SHOPKEEPER_DATA": str(data)}
    if exposed := faults(configured(address), environ):
        raise Refused(lines(*exposed))
    command = [sys.executable, "-m", "shopkeeper.cli.server", "run", "app.py", "--server.address", address]
    # Streamlit reads .streamlit/config.toml of the folder that it starts in.
    done = subprocess.run([*command, "--server.port", str(port)], cwd=ROOT, env=environ, check=False)  # noqa: S603
    if done.returncode:
        raise Refused(
            message(
                "The app ended with {returncode}; what it printed above says why.",
                returncode=done.returncode,
            )
        )


def configured(address: str) -> dict[str, object]:
    """Streamlit's options as the app will see them, environment and secrets included."""
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        options = config.get_config_options(force_reparse=True, options_from_flags={"server.address": address})
    finally:
        os.chdir(here)
    sentences: dict[str, object] = {name: option.value for name, option in options.items()}
    # Streamlit's own command reads these; nothing else does.
    sentences |= {
        name: as_read(os.environ[option.env_var]) for name, option in options.items() if option.env_var in os.environ
    }
    sentences["server.address"] = address
    secrets = ROOT / ".streamlit" / "secrets.toml"
    if secrets.exists():
        signing_in = tomllib.loads(secrets.read_text(encoding="utf-8")).get("auth", {})
        sentences["auth.cookie_secret"] = signing_in.get("cookie_secret")
    return sentences


def as_read(text: str) -> object:
    """An environment variable's text as Streamlit takes it."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower(), text)
