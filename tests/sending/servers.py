"""A mail server and a web server on the own machine, which keep what they are given and answer as they are set."""

import datetime as dt
import json
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, signed by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(1))
        .not_valid_after(now + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(encoding)
    )
    return file


@dataclass
class MailServer:
    """`replies`: by command, what is answered instead of yes, the next first. `letters` came in encrypted or not."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    users: dict[str, str] = field(default_factory=dict)
    replies: dict[str, list[str]] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    silent: threading.Event | None = None
    """Where it is set up, nothing is answered until it is set."""


@dataclass(frozen=True)
class Posted:
    """One request, as it came."""

    path: str
    query: dict[str, list[str]]
    kind: str
    body: dict[str, Any]
    size: int


@dataclass
class WebServer:
    """`answers`: status, headers and body, the next first; where none is left, 200 with `usual`."""

    port: int = 0
    usual: str = '{"errcode": 0, "errmsg": "ok"}'
    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    silent: threading.Event | None = None


@contextmanager
def mail_server(certificate_file: Path | None = None, *, from_the_start: bool = False) -> Iterator[MailServer]:
    """Listening, with STARTTLS where there is a certificate, or TLS from the start."""
    state = MailServer()
    if certificate_file:
        state.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        state.tls.load_cert_chain(certificate_file)

    class Session(StreamRequestHandler):
        def handle(self) -> None:
            talk = _Talk(self, state)
            try:
                talk.run(encrypted=from_the_start)
            except (OSError, ValueError):
                # The other side has gone, or does not trust the certificate.
                return
            finally:
                talk.close()

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with _serving(Server(("127.0.0.1", 0), Session)) as port:
        state.port = port
        yield state


class _Talk:
    """One connection, by RFC 5321 as far as a sender goes."""

    def __init__(self, session: StreamRequestHandler, state: MailServer) -> None:
        self.state, self.encrypted, self.socket = state, False, session.connection
        self.file = self.socket.makefile("rwb")

    def encrypt(self) -> None:
        assert self.state.tls
        self.file.close()
        self.socket = self.state.tls.wrap_socket(self.socket, server_side=True)
        self.file, self.encrypted = self.socket.makefile("rwb"), True

    def close(self) -> None:
        with suppress(OSError):
            self.file.close()
        self.socket.close()

    def say(self, line: str) -> None:
        self.file.write(f"{line}\r\n".encode())
        self.file.flush()

    def run(self, *, encrypted: bool) -> None:
        if encrypted:
            self.encrypt()
        if self.state.silent:
            self.state.silent.wait(20)
            return
        self.say("220 here")
        while line := self.file.readline().decode().strip():
            command = line.split(" ")[0].upper()
            waiting = self.state.replies.get(command, [])
            if waiting and (reply := waiting.pop(0)):
                self.say(reply)
            elif command == "QUIT":
                self.say("221 bye")
                return
            else:
                self.answer(command, line)

    def answer(self, command: str, line: str) -> None:
        if command == "EHLO":
            offers = ["STARTTLS"] if self.state.tls and not self.encrypted else []
            offers += ["AUTH PLAIN"] if self.state.users else []
            for offer in ("here", *offers):
                self.say(f"250-{offer}")
            self.say("250 SIZE 1000000")
        elif command == "STARTTLS":
            self.say("220 go")
            self.encrypt()
        elif command == "AUTH":
            self.sign_in(line)
        elif command == "DATA":
            self.take()
        else:
            if command == "RCPT":
                self.state.recipients.append(line.split("<")[1].partition(">")[0])
            self.say("250 yes")

    def sign_in(self, line: str) -> None:
        _zero, user, password = b64decode(line.split(" ")[2]).decode().split("\0")
        known = self.state.users.get(user) == password
        self.say("235 welcome" if known else f"535 no such password {password}")

    def take(self) -> None:
        self.say("354 go on")
        content = b""
        while (line := self.file.readline()) != b".\r\n":
            content += line.replace(b"\r\n", b"\n")
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.state.letters.append(letter)
        self.state.encrypted.append(self.encrypted)
        self.say("250 taken")


@contextmanager
def web_server() -> Iterator[WebServer]:
    """Listening on the own machine, without TLS."""
    state = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            parts = urlsplit(self.path)
            kind = self.headers["Content-Type"]
            state.posted.append(Posted(parts.path, parse_qs(parts.query), kind, json.loads(body), len(body)))
            if state.silent:
                state.silent.wait(20)
                return
            status, headers, content = state.answers.pop(0) if state.answers else (200, {}, state.usual)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_arguments: Any) -> None:
            return

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        state.port = port
        yield state


@contextmanager
def _serving(server: TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
