"""Databases that somebody else fills, on real servers; storage on moto's server."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs
from sqlalchemy import URL, Engine, create_engine, make_url, text

VARIABLES = {"postgresql": "SHOPKEEPER_TEST_POSTGRES", "mysql": "SHOPKEEPER_TEST_MYSQL"}
DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
PASSWORD = "SHOPKEEPER_TEST_SOURCE_PASSWORD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class Till:
    """An empty database of one dialect; `url` is as sources.toml has it, its password in the environment."""

    dialect: str
    url: str
    engine: Engine

    def run(self, *statements: str) -> None:
        """As the shop's own system would."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))


@pytest.fixture(params=["postgresql", "mysql"])
def till(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    dialect = str(request.param)
    variable = VARIABLES[dialect]
    server = os.environ.get(variable)
    if not server:
        absent = f"no {dialect}: {variable} is not set (.ci/run starts one)"
        if os.environ.get("CI") == "true":
            pytest.fail(absent)
        pytest.skip(absent)
    given = make_url(server)
    address = given.set(drivername=DRIVERS[dialect])
    name = f"till_{secrets.token_hex(6)}"
    outside = create_engine(address, isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.execute(
            text(f"CREATE DATABASE {name}" + ("" if dialect == "postgresql" else " CHARACTER SET utf8mb4"))
        )
    engine = create_engine(address.set(database=name))
    # PostgreSQL trusts whoever asks, so that any password will do.
    monkeypatch.setenv(PASSWORD, str(given.password or "any"))
    yield Till(dialect, declared(dialect, given, name), engine)
    engine.dispose()
    with outside.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}" + (" WITH (FORCE)" if dialect == "postgresql" else "")))
    outside.dispose()


def declared(dialect: str, server: URL, name: str) -> str:
    return f"{dialect}://{server.username}:${{{PASSWORD}}}@{server.host}:{server.port}/{name}"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The endpoint of a storage with nothing in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> fs.S3FileSystem:
    """A client of the bucket `exports`, empty, whose keys are in the environment."""
    monkeypatch.setenv("SHOPKEEPER_TEST_KEY", "key")
    monkeypatch.setenv("SHOPKEEPER_TEST_SECRET", "a-long-secret")
    client = fs.S3FileSystem(
        access_key="key",
        secret_key="a-long-secret",  # noqa: S106 - moto takes any
        endpoint_override=s3.removeprefix("http://"),
        scheme="http",
        allow_bucket_creation=True,
        allow_bucket_deletion=True,
    )
    client.create_dir("exports")
    client.delete_dir_contents("exports")
    return client
