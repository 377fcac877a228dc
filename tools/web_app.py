"""The app as a server of its own on a free port of this machine, for browsers in tests and for pictures."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


@contextmanager
def running(data: Path, log: Path) -> Iterator[str]:
    """Its address while it answers from the data folder; ended afterwards. What it says goes to `log`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "shopkeeper.cli.server", "run", "app.py", "--server.port", str(port)]
    with log.open("w") as output:
        environ = {**os.environ, "SHOPKEEPER_DATA": str(data)}
        server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=output)
        try:
            wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    """Raise `RuntimeError` where the server ends, or does not answer in time."""
    for _ in range(150):
        if server.poll() is not None:
            raise RuntimeError("the server ended")
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server did not come up")
