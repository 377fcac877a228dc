"""What people say of actions is kept per person; the newest word holds; what is new is what was not there before."""

from datetime import date

import pytest
from sqlalchemy import select

from shopkeeper.errors import Refused
from shopkeeper.merchant.action_marks import ActionMark
from shopkeeper.state import State, action_marks, look, mark_action
from shopkeeper.state.schema import PersonRow

MONDAY, TUESDAY, FRIDAY = date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 5)


def test_the_newest_word_holds_and_an_action_can_be_opened_again(state: State) -> None:
    mark_action(state, "Ann", "rescue", "later", MONDAY)
    mark_action(state, "Ann", "rescue", "done", TUESDAY)
    mark_action(state, "Ann", "excess", "not_for_me", MONDAY)
    assert set(action_marks(state, " Ann ")) == {
        ActionMark("rescue", "done", TUESDAY),
        ActionMark("excess", "not_for_me", MONDAY),
    }
    mark_action(state, "Ann", "rescue", "open", FRIDAY)
    assert [mark.action for mark in action_marks(state, "Ann")] == ["excess"]


def test_marks_are_each_persons_own_and_a_name_is_one_person(state: State) -> None:
    mark_action(state, "Ann", "rescue", "done", MONDAY)
    mark_action(state, "Ann", "excess", "done", MONDAY)
    mark_action(state, "Bob", "orders", "later", MONDAY)
    assert [mark.action for mark in action_marks(state, "Bob")] == ["orders"]
    assert action_marks(state, "Cid") == ()
    with state.reading() as session:
        people = session.scalars(select(PersonRow).order_by(PersonRow.name)).all()
        assert [(person.name, person.issuer, person.subject) for person in people] == [
            ("Ann", None, None),
            ("Bob", None, None),
        ]


def test_a_mark_needs_a_name_and_a_meaning(state: State) -> None:
    with pytest.raises(Refused):
        mark_action(state, " ", "rescue", "done", MONDAY)
    with pytest.raises(Refused, match="maybe"):
        mark_action(state, "Ann", "rescue", "maybe", MONDAY)  # type: ignore[arg-type]
    assert action_marks(state, "") == ()


def test_new_is_what_was_not_there_when_older_data_were_looked_at(state: State) -> None:
    assert look(state, "Ann", MONDAY, ("rescue",)) is None
    assert look(state, "Ann", MONDAY, ("rescue", "orders")) is None
    assert look(state, "Ann", FRIDAY, ("rescue", "excess")) == frozenset({"rescue"})
    assert look(state, "Ann", FRIDAY, ("other",)) == frozenset({"rescue"})
    assert look(state, "Bob", FRIDAY, ("rescue",)) is None
