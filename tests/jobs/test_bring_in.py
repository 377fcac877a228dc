"""The process that brings files in: looked at, tried and imported under limits, called off without a trace."""

import json
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import Refused
from shopkeeper.imports.trial import Trial
from shopkeeper.jobs.bring_in import child, run
from shopkeeper.jobs.bring_in.request import Request, trial_data, trial_of
from shopkeeper.lake import store
from shopkeeper.messages import message
from shopkeeper.progress import Cancelled, Progress

HEADER = "order_id,ordered_at,sku,quantity,net_amount,customer_id"
LINES = f"{HEADER}\n1,2026-05-01 10:00,A,1,10.00,ann\n2,2026-06-02,B,2,5.50,bob\n"
SHOP = {"name": "Test shop", "currency": "CNY", "timezone": "Asia/Shanghai"}
Ask = Callable[..., Request]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    path = tmp_path / "order_lines.csv"
    path.write_text(LINES)

    def request(kind: str, *paths: Path, **more: object) -> Request:
        return Request(kind, paths or (path,), tmp_path / "lake", **{"ready": "plain", **SHOP, **more})  # type: ignore[arg-type]

    return request


def test_a_request_and_a_trial_survive_the_way_between_two_processes(ask: Ask) -> None:
    request = ask("try", mapping={"tables": {}})
    assert Request.from_data(json.loads(json.dumps(request.as_data()))) == request
    trial = Trial(
        (), (message("a {n}", n=1),), (), (message("b"),), ((date(2026, 5, 1), 2, Decimal("1.50")),), 1, 1,
        date(2026, 5, 1), None, (("order_lines", ("sku",)),),
    )  # fmt: skip
    assert trial_of(json.loads(json.dumps(trial_data(trial)))) == trial


def test_files_are_looked_at_and_those_that_cannot_be_read_say_why(ask: Ask, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("orders.csv", LINES)
        archive.writestr("other.csv", b"a,b\n1,\xff\xff\n")
    samples, unread = run.look(ask("look", tmp_path / "export.zip"))
    assert [(sample.name, sample.headings[:2]) for sample in samples] == [
        ("export.zip/orders.csv", ("order_id", "ordered_at"))
    ]
    assert len(unread) == 1
    assert "other.csv is text in no encoding" in str(unread[0])


def test_a_trial_says_what_would_come_and_publishes_nothing(ask: Ask, tmp_path: Path) -> None:
    heard: list[str] = []
    trial = run.try_(ask("try"), Progress(lambda step, _share: heard.append(step)))
    assert (trial.orders, trial.customers, trial.first_day, trial.last_day) == (
        2,
        2,
        date(2026, 5, 1),
        date(2026, 6, 2),
    )
    assert trial.months == ((date(2026, 5, 1), 1, Decimal("10.0000")), (date(2026, 6, 1), 1, Decimal("5.5000")))
    assert "customer_id" in dict(trial.filled)["order_lines"]
    assert "Reading order_lines.csv" in heard
    assert store.current(tmp_path / "lake") is None


def test_an_import_publishes_and_a_refusal_keeps_its_sentence(ask: Ask, tmp_path: Path) -> None:
    assert "2 rows in = 2 published" in str(run.import_(ask("import")))
    assert store.current(tmp_path / "lake") is not None
    with pytest.raises(Refused, match="There is no mapping 'plian'; did you mean 'plain'"):
        run.import_(ask("import", ready="plian"))


def test_a_job_that_is_called_off_leaves_nothing(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        run.import_(ask("import"), Progress(cancelled=lambda: True))
    assert store.current(tmp_path / "lake") is None


def test_what_would_stop_an_import_is_part_of_its_trial(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    rows = [f"{n},2026-05-01,A,{'x' if n % 10 == 0 else 1},10.00,ann" for n in range(100)]
    path.write_text("\n".join((HEADER, *rows, "")))
    (tmp_path / "order_lines").mkdir()
    path = path.rename(tmp_path / "order_lines" / "many.csv")
    trial = run.try_(ask("try", tmp_path / "order_lines"))
    assert trial.rows_rejected == 10
    assert "10 of 100 rows" in str(trial.stops[0])
    with pytest.raises(Refused, match="10 of 100 rows"):
        run.import_(ask("import", tmp_path / "order_lines"))
    assert "90 published" in str(run.import_(ask("import", tmp_path / "order_lines", accept=True)))


def test_a_bomb_ends_the_process_and_is_a_sentence(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("order_lines.csv", b"0" * 60_000_000)
    with pytest.raises(Refused, match="unpacks to more than"):
        run.look(ask("look", path))
    monkeypatch.setitem(run.WALL_SECONDS, "look", 0.0)
    with pytest.raises(Refused, match="need more memory or time than an import may take"):
        run.look(ask("look"))


def test_the_limits_of_the_process_are_set_before_anything_is_read() -> None:
    assert child.MEMORY_BYTES == 8 << 30
    assert set(child.CPU_SECONDS) == set(run.WALL_SECONDS) == {"look", "try", "import"}
