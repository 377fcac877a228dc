"""An unsafe configuration does not start, and each fault is one sentence."""

import tomllib
from pathlib import Path

import pytest

from shopkeeper.cli import startup
from shopkeeper.cli.startup import faults
from shopkeeper.query_files import ROOT

SAFE: dict[str, object] = {
    "client.showErrorDetails": "none",
    "server.address": "127.0.0.1",
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
}
RANDOM = "qV8z-3kLw0pYh7TnRe2uAx5sDb9cFg1m"


def test_the_configuration_that_ships_is_safe() -> None:
    ships = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    options = {f"{section}.{name}": value for section, table in ships.items() for name, value in table.items()}
    assert faults(options, {}) == []


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("client.showErrorDetails", "full", "client.showErrorDetails"),
        ("server.enableCORS", False, "server.enableCORS"),
        ("server.enableXsrfProtection", False, "server.enableXsrfProtection"),
        ("server.enableStaticServing", True, "server.enableStaticServing"),
        ("server.enableAgentApi", True, "server.enableAgentApi"),
        ("auth.cookie_secret", "short", "shorter than 32"),
        ("auth.cookie_secret", "change-me-change-me-change-me-change-me", "example"),
        ("server.cookieSecret", "a" * 40, "example"),
    ],
)
def test_each_fault_is_one_line_that_names_it(option: str, value: object, named: str) -> None:
    [fault] = faults(SAFE | {option: value}, {})
    assert named in str(fault)
    assert "\n" not in str(fault)


def test_a_random_secret_is_accepted() -> None:
    assert faults(SAFE | {"auth.cookie_secret": RANDOM}, {}) == []


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.7", "shop.example"])  # noqa: S104
def test_what_is_harmless_at_home_is_refused_in_public(
    address: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    risky = SAFE | {"server.trustedUserHeaders": {"X-Email": "email"}}
    environ = {"SHOPKEEPER_DATA": str(tmp_path)}
    sentences = [str(fault) for fault in faults(risky | {"server.address": address}, environ)]
    assert len(sentences) == 3
    for word in ("trustedUserHeaders", "root", str(tmp_path)):
        assert any(word in sentence for sentence in sentences)
    for home in ("127.0.0.1", "::1", "localhost"):
        assert faults(risky | {"server.address": home}, environ) == []


def test_options_are_read_as_the_app_will_see_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_ENABLE_STATIC_SERVING", "true")
    here = Path.cwd()
    assert any("enableStaticServing" in str(fault) for fault in faults(startup.configured("127.0.0.1"), {}))
    assert Path.cwd() == here
    monkeypatch.delenv("STREAMLIT_SERVER_ENABLE_STATIC_SERVING")
    assert faults(startup.configured("127.0.0.1"), {}) == []
