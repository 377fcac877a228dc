"""Linking accounts to persons: small cases, a naive way beside it, and a public set of records with known truth."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.models.arrays import Ints
from shopkeeper.models.identity.groups import coded, repeated
from shopkeeper.models.identity.keys import KINDS, Level, Rules
from shopkeeper.models.identity.linking import BY_HAND, Linked, link
from tests.examples import FEWER

Row = tuple[int, str, int]
"""An account, a kind, and a key."""


def keyed(*rows: Row) -> pl.DataFrame:
    columns = {"account": pl.UInt32, "kind": pl.UInt8, "key": pl.UInt64}
    return pl.DataFrame([(a, KINDS.index(kind), key) for a, kind, key in rows], schema=columns, orient="row")


def by_hand(*rows: tuple[int, int, bool]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=BY_HAND, orient="row")


def persons(linked: Linked) -> list[int]:
    return [int(each) for each in linked.person]


def test_one_strong_key_makes_one_person_and_chains_go_on() -> None:
    keys = keyed((0, "phone", 7), (1, "phone", 7), (1, "email", 5), (2, "email", 5), (3, "email", 6))
    assert persons(link(keys, 5)) == [0, 0, 0, 3, 4]


@pytest.mark.parametrize(
    ("level", "expected"),
    [("strict", [0, 0, 2, 2, 4, 5]), ("standard", [0, 0, 2, 2, 2, 5]), ("loose", [0, 0, 2, 2, 2, 0])],
)
def test_each_level_links_what_its_definition_says(level: Level, expected: list[int]) -> None:
    """0 and 1 share a member number, 2 and 3 phone and e-mail, 3 and 4 a phone, 5 and 0 name and birth date."""
    keys = keyed(
        (0, "member", 1), (1, "member", 1),
        (2, "phone", 2), (2, "email", 3), (3, "phone", 2), (3, "email", 3), (4, "phone", 2),
        (5, "name", 8), (5, "birth_date", 9), (0, "name", 8), (0, "birth_date", 9),
    )  # fmt: skip
    assert persons(link(keys, 6, level, population=1000)) == expected


def test_a_key_that_many_share_is_no_persons_and_is_listed() -> None:
    till = [(account, "phone", 1) for account in range(13)]
    linked = link(keyed(*till, (0, "email", 2), (1, "email", 2)), 13)
    assert persons(linked)[:3] == [0, 0, 2]
    assert linked.shared.filter("capped")["sharers"].unique().to_list() == [13]


def test_an_account_of_many_phones_or_emails_is_a_till_and_joins_nobody() -> None:
    """Account 0 is the phone that a shop gives for guests, with the e-mail of each of them; 1 to 14 are theirs."""
    emails = [row for n in range(1, 15) for row in ((0, "email", n), (n, "email", n))]
    assert persons(link(keyed(*emails), 15)) == list(range(15))
    assert persons(link(keyed(*emails[:24]), 15)) == [0] * 13 + [13, 14]


def test_one_weak_key_alone_links_nobody_and_two_that_say_the_same_do_not_either() -> None:
    keys = keyed(
        (0, "name", 1), (1, "name", 1), (2, "postcode", 3), (3, "postcode", 3), (2, "address", 4), (3, "address", 4)
    )
    assert persons(link(keys, 4, "loose", population=10_000)) == [0, 1, 2, 3]


def test_two_weak_keys_that_are_common_do_not_link() -> None:
    """A name and a postcode of 20 of 100 accounts each: 4 agree by chance alone."""
    names = [(account, "name", 1) for account in range(20)]
    postcodes = [(account, "postcode", 2) for account in range(16, 36)]
    assert persons(link(keyed(*names, *postcodes), 100, "loose")) == list(range(100))


def chain(length: int, first: int = 0) -> list[Row]:
    """Accounts in a row, each of which shares a phone with the next."""
    return [row for n in range(first, first + length - 1) for row in ((n, "phone", 100 + n), (n + 1, "phone", 100 + n))]


def test_a_component_too_large_falls_apart_along_its_weakest_links() -> None:
    """Two groups of 20 held by a member number each; one phone between them."""
    groups = [(account, "member", account // 20) for account in range(40)]
    linked = link(keyed(*groups, (19, "phone", 5), (20, "phone", 5)), 41)
    assert persons(linked) == [0] * 20 + [20] * 20 + [40]
    assert (linked.component >= 0).tolist() == [True] * 40 + [False]


def test_a_long_chain_of_equal_links_is_nobody_rather_than_somebody_at_random() -> None:
    assert persons(link(keyed(*chain(31)), 31)) == list(range(31))
    assert persons(link(keyed(*chain(30)), 30)) == [0] * 30


def test_a_link_by_hand_holds_and_passes_the_limit() -> None:
    keys = keyed(*chain(30), *chain(30, first=40))
    linked = link(keys, 70, by_hand=by_hand((3, 45, True), (68, 69, True)), rules=Rules(limit=60))
    assert set(persons(linked)[:30]) == {0}
    assert set(persons(linked)[40:]) == {0} | {0}
    alone = link(keyed(), 3, by_hand=by_hand((0, 2, True)))
    assert persons(alone) == [0, 1, 0]


def test_a_cut_keeps_two_accounts_apart_and_keeps_the_stronger_links() -> None:
    """0 and 1 share a member number, 1 and 2 a phone: cut between 0 and 2, the phone gives way."""
    keys = keyed((0, "member", 1), (1, "member", 1), (1, "phone", 2), (2, "phone", 2))
    assert persons(link(keys, 3)) == [0, 0, 0]
    assert persons(link(keys, 3, by_hand=by_hand((0, 2, False)))) == [0, 0, 2]
    assert persons(link(keys, 3, by_hand=by_hand((0, 2, False), (0, 2, True)))) == [0, 0, 2]


def test_a_cut_inside_one_shared_key_leaves_the_rest_together() -> None:
    keys = keyed(*((account, "phone", 1) for account in range(4)))
    assert persons(link(keys, 4, by_hand=by_hand((0, 1, False)))) == [0, 1, 0, 0]


rows = st.lists(st.tuples(st.integers(0, 15), st.sampled_from(KINDS), st.integers(0, 6)), max_size=60, unique=True)


@FEWER
@given(rows, st.randoms(), st.sampled_from(["strict", "standard", "loose"]))
def test_the_order_of_rows_does_not_matter(keys: list[Row], random: object, level: Level) -> None:
    shuffled = list(keys)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (link(keyed(*each), 16, level, Rules(limit=5)) for each in (keys, shuffled))
    assert persons(one) == persons(other)


@FEWER
@given(rows)
def test_components_equal_a_naive_union_of_sets(keys: list[Row]) -> None:
    strong = [row for row in keys if row[1] in ("member", "email", "phone", "customer")]
    sets = [{account} for account in range(16)]
    for kind, key in {(kind, key) for _, kind, key in strong}:
        holders = {account for account, k, v in strong if (k, v) == (kind, key)}
        touched = [each for each in sets if each & holders]
        sets = [each for each in sets if not each & holders] + ([set().union(*touched)] if touched else [])
    expected = {account: min(each) for each in sets for account in each}
    assert persons(link(keyed(*keys), 16, rules=Rules(16, 16, 16, limit=16))) == [expected[n] for n in range(16)]


@FEWER
@given(rows, st.integers(2, 6))
def test_no_person_is_larger_than_the_limit_unless_the_merchant_says_so(keys: list[Row], limit: int) -> None:
    without_own = [row for row in keys if row[1] != "customer"]
    linked = link(keyed(*without_own), 16, "loose", Rules(limit=limit))
    assert np.bincount(linked.person).max() <= limit


@FEWER
@given(rows)
def test_each_level_only_joins_what_the_stricter_one_joined(keys: list[Row]) -> None:
    wide = Rules(limit=16)
    for stricter, looser in pairwise(link(keyed(*keys), 16, level, wide).person for level in LEVELS_IN_ORDER):
        for person in set(stricter.tolist()):
            assert len(set(looser[stricter == person].tolist())) == 1


LEVELS_IN_ORDER: tuple[Level, ...] = ("strict", "standard", "loose")


# --- 50,578 records of 5,156 historical persons, with errors ---


OFFERED = {
    "full_name": "name", "first_and_surname": "name", "dob": "birth_date", "postcode_fake": "postcode",
    "birth_place": "address",
}  # fmt: skip


@pytest.fixture(scope="module")
def records(real_data: Path) -> pl.DataFrame:
    return pl.read_parquet(real_data / "linking_50k.parquet").with_row_index("account")


def weak_keys(records: pl.DataFrame, offered: dict[str, str]) -> pl.DataFrame:
    """Hashed as they are, so that nothing but equality is left."""
    return pl.concat(
        records.drop_nulls(column).select(
            "account",
            kind=pl.lit(KINDS.index(kind), pl.UInt8),
            key=pl.format("{}:{}", pl.lit(kind), column).hash(seed=7),
        )
        for column, kind in offered.items()
    )


def agreement(person: Ints, truth: pl.Series) -> tuple[float, float]:
    """Precision and recall over pairs of records."""

    def pairs(*by: str) -> int:
        sizes = frame.group_by(by).len()["len"].cast(pl.Int64)
        return int((sizes * (sizes - 1) // 2).sum())

    frame = pl.DataFrame({"person": person, "truth": truth})
    return pairs("person", "truth") / pairs("person"), pairs("person", "truth") / pairs("truth")


def test_weak_keys_link_more_than_exact_pairs_and_stay_right(records: pl.DataFrame) -> None:
    """Exact name and birth date, name and postcode, birth date and postcode: precision .993, recall .32."""
    linked = link(weak_keys(records, OFFERED), len(records), "loose")
    precision, recall = agreement(linked.person, records["cluster"])
    assert precision >= 0.99
    assert recall >= 0.47
    assert np.bincount(linked.person).max() <= 30


def test_two_forms_of_the_name_birth_date_and_postcode_are_enough_for_more_than_the_exact_pairs(
    records: pl.DataFrame,
) -> None:
    linked = link(weak_keys(records, {c: k for c, k in OFFERED.items() if k != "address"}), len(records), "loose")
    precision, recall = agreement(linked.person, records["cluster"])
    assert precision >= 0.995
    assert recall >= 0.325


def test_birth_date_and_postcode_alone_make_no_giant(records: pl.DataFrame) -> None:
    """As keys of their own they once joined 18,884 records."""
    offered = {"dob": "birth_date", "postcode_fake": "postcode"}
    linked = link(weak_keys(records, offered), len(records), "loose")
    assert np.bincount(linked.person).max() <= 30
    assert agreement(linked.person, records["cluster"])[0] >= 0.99
    assert np.bincount(link(weak_keys(records, offered), len(records)).person).max() == 1


def test_even_where_birth_dates_are_taken_for_phones_the_guard_holds(records: pl.DataFrame) -> None:
    """Without it 18,884 records are one person, and one pair in a thousand is right."""
    strong = weak_keys(records, {"dob": "phone", "postcode_fake": "email"})
    linked = link(strong, len(records))
    assert np.bincount(linked.person).max() <= 30
    assert agreement(linked.person, records["cluster"])[0] >= 0.6


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=30))
def test_keys_are_coded_and_told_apart_as_numpy_and_polars_do(values: list[int]) -> None:
    series = pl.Series(values, dtype=pl.UInt64)
    assert repeated(series).to_list() == series.is_duplicated().to_list()
    distinct, places = coded(series)
    expected, expected_places = np.unique(series.to_numpy(), return_inverse=True)
    assert distinct.tolist() == expected.tolist()
    assert places.tolist() == expected_places.tolist()
