"""The decision log: rows are added and never changed, one first decision per proposal, all or none."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shopkeeper.errors import Refused
from shopkeeper.merchant.decisions import Decision
from shopkeeper.state import State, decisions, open_state, record_decision
from shopkeeper.state.decisions import _row
from tests.state.decision_history import history_of

AS_OF = date(2026, 10, 21)


def decision(proposal: str = "p", **more: Any) -> Decision:
    values: dict[str, Any] = {
        "proposal": proposal, "kind": "order", "location": "W01", "from_location": None, "sku": "A",
        "units_proposed": 12, "units_decided": 12, "verdict": "accepted", "author": "Ann", "reason": "",
        "as_of": AS_OF, "version": "v1", "forecast": None, "frozen": {"position": 3, "item": "茶 tea"},
    }  # fmt: skip
    return Decision(**(values | more))


def test_what_was_kept_is_read_as_it_was(state: State) -> None:
    before = datetime.now(UTC)
    (first,) = record_decision(state, decision(reason=" because "))
    row = decisions(state).row(0, named=True)
    assert row["id"] == first
    assert before <= row["made_at"] <= datetime.now(UTC)
    assert (row["author"], row["reason"], row["as_of"], row["replaces"]) == ("Ann", "because", AS_OF, None)
    assert row["frozen"] == '{"position": 3, "item": "茶 tea"}'


def test_a_change_is_a_new_row_that_names_the_one_before(state: State) -> None:
    (first,) = record_decision(state, decision())
    (second,) = record_decision(
        state, decision(units_decided=6, verdict="changed", author="Bob", reason="half is enough", replaces=first)
    )
    assert decisions(state).select("id", "units_decided").rows() == [(second, 6)]
    assert history_of(state, "p").select("id", "author", "units_decided", "replaces").rows() == [
        (second, "Bob", 6, first), (first, "Ann", 12, None),
    ]  # fmt: skip


@pytest.mark.parametrize("first_of_two", [True, False])
def test_a_decision_that_somebody_overtook_is_refused_and_says_by_whom(state: State, first_of_two: bool) -> None:
    (kept,) = record_decision(state, decision())
    replaced = None
    if not first_of_two:
        replaced = kept
        record_decision(state, decision(author="Cem", replaces=kept))
    with pytest.raises(Refused, match="Ann has decided" if first_of_two else "Cem has decided"):
        record_decision(state, decision(author="Bob", replaces=replaced))
    assert "Bob" not in history_of(state, "p")["author"].to_list()


def test_of_several_all_are_kept_or_none(state: State) -> None:
    record_decision(state, decision("b"))
    with pytest.raises(Refused, match="meanwhile"):
        record_decision(state, decision("a"), decision("b"), decision("c"))
    assert decisions(state)["proposal"].to_list() == ["b"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"author": "  "}, "Say who"),
        ({"verdict": "refused", "units_decided": 0}, "Say why"),
        ({"verdict": "changed", "units_decided": 4}, "Say why"),
        ({"units_decided": -1}, "-1 units"),
        ({"author": "x" * 501}, "500 characters"),
    ],
)
def test_who_and_why_are_never_missing(state: State, more: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        record_decision(state, decision(**more))
    assert decisions(state).is_empty()


def test_an_empty_log_has_the_same_columns(state: State) -> None:
    empty = decisions(state)
    record_decision(state, decision())
    assert empty.schema == decisions(state).schema


def at_once(url: str, work: Callable[[State, int], object], writers: int = 8) -> list[str]:
    """Each writer with a handle of its own, as processes have; gives what was refused."""

    def one(number: int) -> str:
        own = open_state(url)
        try:
            work(own, number)
        except Refused as refusal:
            return str(refusal)
        finally:
            own.close()
        return ""

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(one, range(writers)))


@pytest.mark.parametrize("steps", [5, pytest.param(100, marks=pytest.mark.deep)])
def test_writers_at_once_lose_nothing(url: str, state: State, steps: int) -> None:
    def work(own: State, number: int) -> None:
        for step in range(steps):
            record_decision(own, decision(f"{number}-{step}"))

    assert at_once(url, work) == [""] * 8
    rows = decisions(state)
    assert rows.height == 8 * steps
    assert rows["id"].n_unique() == 8 * steps


@pytest.mark.parametrize("proposals", [1, pytest.param(50, marks=pytest.mark.deep)])
def test_of_writers_on_one_proposal_exactly_one_is_first(url: str, state: State, proposals: int) -> None:
    for proposal in map(str, range(proposals)):
        refused = at_once(url, lambda own, number: record_decision(own, decision(proposal, author=f"writer {number}")))  # noqa: B023
        assert refused.count("") == 1
        winner = decisions(state).filter(proposal=proposal)["author"].item()
        assert all(not reported or f"{winner} has decided" in reported for reported in refused)


def test_a_reader_sees_nothing_of_what_is_not_kept_yet(state: State) -> None:
    with state.writing() as session:
        session.add(_row(decision(), datetime.now(UTC)))
        session.flush()
        assert decisions(state).is_empty()
        session.rollback()
    assert decisions(state).is_empty()
