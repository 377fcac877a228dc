"""Manual values and the stock policy: kept with author and time, withdrawn and replaced without being lost."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from shopkeeper.errors import Refused
from shopkeeper.merchant.overrides import Override
from shopkeeper.merchant.policy import Policy
from shopkeeper.state import State, add_override, overrides, policy, policy_history, save_policy, withdraw_override

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 11)


def add(state: State, **more: Any) -> Override:
    values: dict[str, Any] = {
        "sku": "A", "region": None, "starts_on": FIRST, "ends_on": LAST, "units_per_day": 5.0,
        "statistical_units_per_day": 3.5, "author": "Ann", "reason": "a campaign",
    }  # fmt: skip
    return add_override(state, **(values | more))


def test_manual_values_are_read_as_they_were_made_the_oldest_first(state: State) -> None:
    first, second = add(state), add(state, sku="B", region="north", author="Bob")
    assert overrides(state) == (first, second)
    assert first.made_at.tzinfo is not None
    assert first.statistical_units_per_day == 3.5


def test_a_withdrawn_value_no_longer_holds_but_stays_in_the_table(state: State) -> None:
    first, second = add(state), add(state, sku="B")
    withdraw_override(state, first.id, author="Cem")
    assert overrides(state) == (second,)
    with state.reading() as session:
        rows = session.execute(text("SELECT id, withdrawn_by, withdrawn_at FROM overrides ORDER BY made_at")).all()
    assert [(row[0], row[1]) for row in rows] == [(first.id, "Cem"), (second.id, None)]
    assert rows[0][2] is not None
    with pytest.raises(Refused, match="withdrawn already"):
        withdraw_override(state, first.id, author="Cem")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"author": ""}, "Say who"),
        ({"reason": " "}, "Say why"),
        ({"ends_on": date(2026, 10, 1)}, "ends before"),
        ({"units_per_day": -1.0}, "0 or more"),
        ({"units_per_day": float("nan")}, "0 or more"),
        ({"units_per_day": float("inf")}, "0 or more"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(state: State, more: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        add(state, **more)
    assert overrides(state) == ()


def test_without_any_policy_the_default_holds(state: State) -> None:
    assert policy(state) == Policy()
    assert policy_history(state).is_empty()


def test_the_newest_policy_holds_and_older_ones_stay_with_their_authors(state: State) -> None:
    before = datetime.now(UTC)
    first = replace(Policy(), review_days=3)
    second = replace(
        Policy(), service_levels=(("A", 0.99), ("B", 0.9)), pattern_levels=(("A", "lumpy", 0.97),), lead_sd=2.5
    )
    save_policy(state, first, author="Ann")
    save_policy(state, second, author="Bob")
    assert policy(state) == second
    assert hash(policy(state)) == hash(second)
    history = policy_history(state)
    assert history["author"].to_list() == ["Bob", "Ann"]
    assert all(before <= made <= datetime.now(UTC) for made in history["made_at"])
    with pytest.raises(Refused, match="Say who"):
        save_policy(state, first, author="")


def test_a_policy_of_a_later_program_is_read_as_far_as_this_one_knows_it(state: State) -> None:
    save_policy(state, replace(Policy(), review_days=5), author="Ann")
    with state.writing() as session:
        session.execute(
            text("UPDATE settings SET value = :value"), {"value": '{"review_days": 5, "moon_phase": "full"}'}
        )
    assert policy(state) == replace(Policy(), review_days=5)


def test_a_policy_that_cannot_be_is_refused_in_a_sentence(state: State) -> None:
    save_policy(state, Policy(), author="Ann")
    with state.writing() as session:
        session.execute(text("UPDATE settings SET value = :value"), {"value": '{"review_days": "soon"}'})
    with pytest.raises(Refused, match="cannot be read"):
        policy(state)
