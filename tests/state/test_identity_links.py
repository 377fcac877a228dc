"""Links and cuts between accounts: kept with author and reason, withdrawn, and deleted where a person is forgotten."""

from typing import Any

import pytest
from sqlalchemy import text

from shopkeeper.errors import Refused
from shopkeeper.merchant.identity_links import IdentityLink
from shopkeeper.state import State, add_identity_link, forget_identity_links, identity_links, withdraw_identity_link


def add(state: State, **more: Any) -> IdentityLink:
    values: dict[str, Any] = {
        "account_id": "app-1", "other_id": "web-2", "is_link": True, "author": "Ann", "reason": "she called",
    }  # fmt: skip
    return add_identity_link(state, **(values | more))


def test_links_are_read_as_they_were_made_the_oldest_first(state: State) -> None:
    first, second = add(state, account_id=" app-1 "), add(state, other_id="web-3", is_link=False)
    assert identity_links(state) == (first, second)
    assert (first.account_id, first.is_link, second.is_link) == ("app-1", True, False)


def test_a_withdrawn_link_no_longer_holds_but_stays_in_the_table(state: State) -> None:
    first, second = add(state), add(state, other_id="web-3")
    withdraw_identity_link(state, first.id, author="Cem")
    assert identity_links(state) == (second,)
    with pytest.raises(Refused, match="withdrawn already"):
        withdraw_identity_link(state, first.id, author="Cem")
    with state.reading() as session:
        assert session.execute(text("SELECT count(*) FROM identity_links")).scalar() == 2


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"author": " "}, "Say who decides"),
        ({"reason": ""}, "Say why"),
        ({"other_id": "app-1"}, "two different accounts"),
        ({"other_id": " "}, "two different accounts"),
    ],
)
def test_what_cannot_be_meant_is_refused(state: State, more: dict[str, str], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        add(state, **more)
    assert identity_links(state) == ()


def test_links_of_a_forgotten_person_are_deleted_withdrawn_ones_too(state: State) -> None:
    gone, also_gone, stays = add(state), add(state, account_id="x", other_id="app-1"), add(state, account_id="y")
    withdraw_identity_link(state, gone.id, author="Cem")
    assert forget_identity_links(state, {"app-1", "z"}) == 2
    assert identity_links(state) == (stays,)
    assert also_gone != stays


@pytest.mark.parametrize(
    "reason",
    ["same 13800138000", "138-0013-8000", "１３８００１３８０００", "writes as Ann@Example.com", "+1 (202) 456-1111"],
)
def test_no_reason_keeps_a_phone_or_an_e_mail(state: State, reason: str) -> None:
    with pytest.raises(Refused, match="holds a phone or an e-mail"):
        add(state, reason=reason)


@pytest.mark.parametrize("reason", ["order 202405011234567890", "see @support", "2024-05-01, +5 %", "seen at 12:30"])
def test_other_numbers_in_a_reason_are_kept(state: State, reason: str) -> None:
    assert add(state, reason=reason).reason == reason
