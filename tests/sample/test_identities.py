"""Who orders say they are: the families, tills, guests and errors that the truth tells of are seen in the data."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from shopkeeper.sample import process
from shopkeeper.sample.identities import GUEST_CHANNELS, account_codes
from tests.paths import SAMPLE
from tests.sample import truth

GUESTS_BUY_IN = [process.CHANNELS[number] for number in GUEST_CHANNELS]


@dataclass(frozen=True)
class Sample:
    planted: dict[str, float]
    persons: pl.DataFrame
    orders: pl.DataFrame
    keys: pl.DataFrame

    def of(self, kind: str) -> pl.DataFrame:
        return self.keys.filter(key_kind=kind)

    def of_channels(self, kind: str) -> pl.DataFrame:
        """Keys that the channels' accounts gave: neither guests' nor the merchant's own list's."""
        return self.of(kind).filter(~pl.col("is_guest") & pl.col("channel").is_not_null())


@pytest.fixture(scope="module")
def sample() -> Sample:
    planted = json.loads((SAMPLE / "truth" / "parameters.json").read_text(encoding="utf-8"))["identities"]
    return Sample(planted, truth.read(SAMPLE, "truth/persons"), truth.orders(SAMPLE), truth.keys(SAMPLE))


def share(flags: pl.Series) -> float:
    return float(flags.to_numpy().mean())


def sharers(keys: pl.DataFrame) -> pl.DataFrame:
    """Keys by how many persons gave them, the most shared first."""
    return keys.group_by("key_hash").agg(persons=pl.col("person").n_unique()).sort("persons", descending=True)


def first_accounts(keys: pl.DataFrame) -> pl.DataFrame:
    """Those of a person's first account on its channel; a second one is another account with another phone."""
    number = keys["person"].str.slice(1).cast(pl.Int64).to_numpy()
    channel = np.array([process.CHANNELS.index(name) for name in keys["channel"]], dtype=np.int64)
    return keys.filter(keys["account_id"] == account_codes(number, channel, np.zeros(len(number), np.int64)))


def listed_phones(sample: Sample) -> pl.DataFrame:
    """Of each person the phone in the merchant's own list: person, listed."""
    own = sample.of("phone").filter(pl.col("account_id") == pl.col("person"))
    return own.select("person", listed="key_hash")


def test_one_phone_is_the_tills_and_two_persons_in_every_so_many_share_theirs(sample: Sample) -> None:
    till, *others = sharers(sample.of("phone"))["persons"].to_list()
    assert max(others) == 2
    families = sample.persons.height / sample.planted["family_every"]
    assert 0.8 * families <= others.count(2) <= families + 1
    stores = sample.of_channels("phone").filter(channel=process.CHANNELS[process.STORE_CHANNEL])
    assert till / stores.height == pytest.approx(sample.planted["till_phone"], abs=0.01)


def test_an_e_mail_is_one_persons_and_a_weak_key_often_is_not(sample: Sample) -> None:
    assert sharers(sample.of("email"))["persons"].max() == 1
    for kind in ("name", "birth_date", "postcode"):
        assert share(sharers(sample.of(kind))["persons"] > 1) > 0.05, kind


def test_accounts_give_keys_as_often_as_planted(sample: Sample) -> None:
    accounts = sample.orders.drop_nulls("account_id").unique("account_id")
    online = accounts.filter(pl.col("channel").is_in(process.CHANNELS[:3]))
    for kind, offered in (("phone", accounts), ("email", online), ("name", accounts), ("postcode", accounts)):
        given = sample.of_channels(kind)["account_id"].n_unique()
        assert given / offered.height == pytest.approx(sample.planted[kind], abs=0.02), kind
    own = accounts.filter(pl.col("channel").is_in(process.CHANNELS[3:]))
    assert share(own["customer_id"].is_not_null()) == pytest.approx(sample.planted["member"], abs=0.02)
    assert (own.drop_nulls("customer_id")["customer_id"] == own.drop_nulls("customer_id")["person"]).all()
    assert accounts.filter(pl.col("channel").is_in(process.CHANNELS[:3]))["customer_id"].is_null().all()


def test_guests_buy_in_the_web_shop_and_in_stores_and_are_named_by_a_phone_or_an_e_mail(sample: Sample) -> None:
    is_guest = pl.col("account_id").is_null()
    identified = sample.orders.drop_nulls("own")
    assert set(identified.filter(is_guest)["channel"]) == set(GUESTS_BUY_IN)
    could_be = identified.filter(
        pl.col("channel").is_in(GUESTS_BUY_IN) & (is_guest | pl.col("customer_id").is_null())
    ).with_columns(is_guest=is_guest)
    assert share(could_be["is_guest"]) == pytest.approx(sample.planted["guest"], abs=0.02)
    buyers = could_be.filter("is_guest").unique("person")
    assert buyers["own"].str.contains("^(phone|email):[0-9a-f]{32}$").all()
    by_phone = share(buyers["own"].str.starts_with("phone:"))
    assert by_phone == pytest.approx(sample.planted["guest_by_phone"], abs=0.05)
    named = sample.keys.filter("is_guest")
    assert (named["account_id"] == named["key_hash"]).all()
    assert set(named["account_id"]) >= set(buyers["own"])


def test_some_phones_and_e_mails_are_typed_wrong(sample: Sample) -> None:
    emails = sample.of_channels("email")
    meant = [
        f"email:{hashlib.sha256(f'buyer{int(person[1:])}@mail.example'.encode()).hexdigest()[:32]}"
        for person in emails["person"]
    ]
    assert share(emails["key_hash"] != pl.Series(meant)) == pytest.approx(sample.planted["typing_error"], abs=0.008)
    keep = sample.persons.filter(pl.col("new_phone_on").is_null()).select(person="customer_id")
    till = sharers(sample.of("phone"))["key_hash"][0]
    phones = first_accounts(sample.of_channels("phone")).filter(pl.col("key_hash") != till)
    phones = phones.join(keep, on="person").join(listed_phones(sample), on="person")
    assert share(phones["key_hash"] != phones["listed"]) == pytest.approx(sample.planted["typing_error"], abs=0.008)


def test_who_gets_a_new_phone_gives_it_from_that_day_on(sample: Sample) -> None:
    changed = sample.persons.drop_nulls("new_phone_on").select("first_day", "new_phone_on", person="customer_id")
    assert changed.height / sample.persons.height == pytest.approx(sample.planted["new_phone"], abs=0.01)
    assert (changed["new_phone_on"] > changed["first_day"]).all()
    days = sample.orders.group_by("account_id").agg(first=pl.col("day").min(), last=pl.col("day").max())
    till = sharers(sample.of("phone"))["key_hash"][0]
    phones = (
        first_accounts(sample.of_channels("phone"))
        .filter(pl.col("key_hash") != till)
        .join(listed_phones(sample), on="person")
        .group_by("account_id", "person", "listed")
        .agg("key_hash")
        .join(days, on="account_id")
        .join(changed, on="person", how="left")
        .with_columns(given=pl.col("key_hash").list.len(), has_first=pl.col("key_hash").list.contains(pl.col("listed")))
    )
    spans = (pl.col("first") < pl.col("new_phone_on")) & (pl.col("last") >= pl.col("new_phone_on"))
    assert phones.filter(spans).height > 100
    assert (phones.filter(spans)["given"] == 2).all()
    assert (phones.filter(~spans | pl.col("new_phone_on").is_null())["given"] == 1).all()
    opened_later = phones.filter(pl.col("first") >= pl.col("new_phone_on"))
    assert opened_later.height > 100
    assert not opened_later["has_first"].any()
    assert share(phones.filter(pl.col("last") < pl.col("new_phone_on"))["has_first"]) > 0.95


def test_some_persons_have_a_second_account_with_another_phone(sample: Sample) -> None:
    accounts = sample.orders.drop_nulls("account_id").unique("account_id")
    two = accounts.group_by("person", "channel").len().filter(pl.col("len") == 2)
    assert 0.01 < two.height / sample.persons.height < 0.1
    till = sharers(sample.of("phone"))["key_hash"][0]
    phones = sample.of_channels("phone").filter(pl.col("key_hash") != till).join(two, on=["person", "channel"])
    per_phone = phones.group_by("person", "channel", "key_hash").agg(pl.col("account_id").n_unique())
    assert (per_phone["account_id"] == 1).all()


def test_at_best_strong_keys_join_most_accounts_of_a_person_not_all_and_nobody_elses() -> None:
    best = truth.best_persons(SAMPLE)
    assert (best.group_by("person").agg(pl.col("truth").n_unique())["truth"] == 1).all()
    assert best["truth"].n_unique() < best["person"].n_unique() < best.height
