"""`python -m shopkeeper sync`: what cron runs, and what it finds in its mail."""

import os
from pathlib import Path

import pytest

from shopkeeper.cli import main
from shopkeeper.lake import store
from shopkeeper.lake.publish import publisher

HEADER = "order_id,ordered_at,sku,quantity,net_amount,customer_id,channel"
SOURCES = '[sources.web]\nkind = "folder"\npath = "in"\nmapping = "mine.toml"\n'
MAPPING = 'identity = true\n[shop]\nname = "Test"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\n'


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "data"
    monkeypatch.setenv("SHOPKEEPER_DATA", str(root))
    root.mkdir()
    (root / "sources.toml").write_text(SOURCES)
    (root / "mine.toml").write_text(MAPPING)
    return root


def put(data: Path, name: str, *lines: str, age: int = 0) -> None:
    path = data / "in" / "order_lines" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((HEADER, *lines, "")))
    os.utime(path, (1_000_000_000 + age, 1_000_000_000 + age))


def test_it_says_what_was_read_new_changed_and_replaced(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(data, "may", "o1,2026-05-01 10:00,tea,1,10,ann,web", "o2,2026-05-02 10:00,tea,1,12,bob,web")
    assert main.main(["sync", "--dry-run"]) == 0
    assert "This was only tried: nothing was published." in capsys.readouterr().out
    assert store.current(data) is None

    assert main.main(["sync"]) == 0
    said = capsys.readouterr().out
    assert "web: 1 new, 0 changed, 0 unchanged files" in said
    assert "2 orders new, 0 changed, 0 unchanged" in said
    assert "is served, with data from 2026-05-01 to 2026-05-02." in said

    put(data, "june", "o2,2026-05-02 10:00,tea,2,24,bob,web", "o3,2026-06-01 10:00,tea,1,9,ann,web", age=1)
    assert main.main(["sync", "--sources", str(data / "sources.toml")]) == 0
    said = capsys.readouterr().out
    assert "web: 1 new, 0 changed, 1 unchanged files" in said
    assert "1 orders new, 1 changed, 0 unchanged; 1 older rows replaced" in said
    assert "replaced: o2" in said

    served = store.current(data)
    assert main.main(["sync"]) == 0
    assert "There is nothing new; the data served stay as they are." in capsys.readouterr().out
    assert store.current(data) == served


def test_a_refusal_is_a_sentence_and_one(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(data, "may", "o1,2026-05-01 10:00,tea,1,10,ann,web")
    with publisher(data):
        assert main.main(["sync"]) == 1
    assert "Another import is at work" in capsys.readouterr().err
    (data / "sources.toml").write_text(SOURCES + "pasword = 'x'\n")
    assert main.main(["sync"]) == 1
    assert "sources.web has an unknown key 'pasword'" in capsys.readouterr().err
    assert main.main(["sync", "--sources", str(data / "nowhere.toml")]) == 1
    assert "There is no file" in capsys.readouterr().err
    assert store.current(data) is None
