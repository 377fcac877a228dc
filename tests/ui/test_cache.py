"""Answers kept between runs: bounded by what they take in memory, computed once, told apart by their whole key."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier, Lock

import polars as pl
import pytest

from shopkeeper.ui.cache import MOST_BYTES, Answers, bytes_of


@dataclass(frozen=True)
class Report:
    rows: pl.DataFrame
    parts: tuple[pl.DataFrame, ...] = ()


def frame(rows: int) -> pl.DataFrame:
    return pl.DataFrame({"x": pl.int_range(rows, eager=True)})


def test_a_report_weighs_as_much_as_all_its_frames() -> None:
    assert bytes_of(frame(1_000)) == 8_000
    assert bytes_of(Report(frame(1_000), (frame(500), frame(500)))) == pytest.approx(16_000, abs=500)
    assert bytes_of({"a": [frame(1_000)]}) == pytest.approx(8_000, abs=500)
    assert bytes_of("text") < 100


def test_large_answers_go_before_they_fill_the_memory() -> None:
    kept = Answers(most_bytes=100_000)
    for number in range(50):
        kept.of(number, lambda: Report(frame(3_000)))
        assert kept.bytes() <= 100_000
    assert [number for number in range(50) if kept.holds(number)] == [46, 47, 48, 49]


def test_what_was_used_last_stays_and_small_answers_are_many() -> None:
    kept = Answers(most_bytes=100_000)
    kept.of("first", lambda: frame(1_000))
    for number in range(11):
        kept.of(number, lambda: frame(1_000))
        kept.of("first", lambda: pytest.fail("asked again"))
    assert kept.holds("first")
    assert len(kept.kept) == 12
    kept.of("one more", lambda: frame(1_000))
    assert kept.holds("first")
    assert not kept.holds(0)


def test_an_answer_beyond_the_bound_is_kept_alone() -> None:
    kept = Answers(most_bytes=1_000)
    kept.of("small", lambda: 1)
    kept.of("large", lambda: frame(1_000))
    assert list(kept.kept) == ["large"]
    assert MOST_BYTES <= 2**30


class SharedTurn:
    """A lock that nobody takes before so many hold it in their hands, each having found nothing kept."""

    def __init__(self, visitors: int) -> None:
        self.together = Barrier(visitors, timeout=30)
        self.lock = Lock()

    def __enter__(self) -> None:
        self.together.wait()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_what_many_ask_at_once_is_computed_once() -> None:
    kept, query = Answers(), []
    kept.turns["key"] = SharedTurn(8)  # type: ignore[assignment]

    def ask() -> int:
        query.append(1)
        return 7

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _visitor: kept.of("key", ask), range(8))) == {7}
    assert len(query) == 1


def test_a_fault_is_not_kept() -> None:
    kept = Answers()

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.of("key", fail)
    assert not kept.holds("key")
    assert kept.of("key", lambda: 3) == 3
