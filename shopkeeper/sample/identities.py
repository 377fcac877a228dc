"""Who an order says it is: accounts, guests, members, and the keys that link them, with families and typing errors.

Whatever is drawn here follows from numbers of persons and days alone, so that orders are the same with it and without.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from shopkeeper.contract.tables import IDENTITIES
from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.sample import process
from shopkeeper.sample.files import blank, codes, conform, named
from shopkeeper.sample.orders import Orders
from shopkeeper.sample.people import People

FAMILY_EVERY = 400
TILL_PHONE = "till"
TILL_SHARE = 0.02
GUEST_CHANNELS = (2, process.STORE_CHANNEL)
GUEST_SHARE = 0.2
GUEST_PHONE_SHARE = 0.8
PHONE_SHARE, EMAIL_SHARE, MEMBER_SHARE = 0.84, 0.4, 0.75
NAME_SHARE, BIRTH_SHARE, POSTCODE_SHARE = 0.6, 0.35, 0.6
TYPO_SHARE = 0.02
RECORD_PHONE_SHARE = 0.9
"""Customers whom the merchant's own list knows with a phone."""
SURNAMES, GIVEN_NAMES, BIRTH_DAYS, POSTCODES = 120, 1_500, 18_000, 90
FIRST_MEMBER_CHANNEL = 3


def chance(salt: int, *numbers: Ints) -> Floats:
    """Numbers in [0, 1) that look drawn and depend on nothing but `numbers` (SplitMix64, Steele et al. 2014)."""
    state = np.full(len(numbers[0]), salt, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for each in numbers:
            state = (state ^ each.astype(np.int64).view(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return np.asarray((state >> np.uint64(11)).astype(np.float64) / 2.0**53)


def account_codes(person: Ints, channel: Ints, account: Ints) -> pl.Series:
    """Account ids that do not show whose they are: the person's number is scrambled, one to one."""
    scrambled = (_slot(person, channel, account) * 7_919_000_003 + 1_234_567) % 10_000_000_000
    return named(process.ACCOUNT_PREFIXES, channel) + codes("-", scrambled, 10)


def customer_codes(person: Ints, missing: Flags | None = None) -> pl.Series:
    """The merchant's own customer numbers."""
    return codes("C", person, 7, missing)


def is_member(person: Ints, channel: Ints) -> Flags:
    """Whether the person shows the merchant's own number on a channel of his own."""
    return (channel >= FIRST_MEMBER_CHANNEL) & (chance(11, person, channel) < MEMBER_SHARE)


def _slot(person: Ints, channel: Ints, account: Ints) -> Ints:
    return (person.astype(np.int64) * len(process.CHANNELS) + channel) * 2 + account


def pseudonyms(kind: str, values: Sequence[str]) -> pl.Series:
    """As an import makes them, of invented values and without a key: kind and 32 hexadecimal digits."""
    made = {value: f"{kind}:{hashlib.sha256(value.encode()).hexdigest()[:32]}" for value in set(values)}
    return pl.Series([made[value] for value in values], dtype=pl.String)


def _phones(person: Ints, account: Ints, typo: Flags) -> list[str]:
    """A family's is that of its first person; the second account of a person has another one."""
    family = np.where(person % FAMILY_EVERY == 1, person - 1, person) + account * 400_000_000
    numbers = (family * 10 + np.where(typo, 1 + person % 9, 0)).tolist()
    return [f"1{3 + n // 10 % 7}{n * 7_368_787 % 10_000_000_000:010d}" for n in numbers]


def _emails(person: Ints, typo: Flags) -> list[str]:
    return [
        f"buyer{n}{'x' if wrong else ''}@mail.example" for n, wrong in zip(person.tolist(), typo.tolist(), strict=True)
    ]


@dataclass(frozen=True)
class Named:
    """What orders say of their buyer, over the orders of a block; empty where nothing."""

    customer: pl.Series
    account: pl.Series


def named_buyers(persons: People, placed: Orders) -> Named:
    """A member's orders on the merchant's own channels name the member; a guest's a phone or an e-mail; all else the
    channel's account."""
    unknown = placed.person < 0
    person = persons.number[np.maximum(placed.person, 0)]
    member = is_member(person, placed.channel) & ~unknown
    guest = np.isin(placed.channel, GUEST_CHANNELS) & ~member & ~unknown
    guest &= chance(12, person, placed.day) < GUEST_SHARE
    # Guests of a family give their e-mail, so that a guest is one person.
    family = person % FAMILY_EVERY <= 1
    by_phone = (chance(13, person) < GUEST_PHONE_SHARE) & ~family
    typo = chance(14, person, placed.day) < TYPO_SHARE
    rows = np.flatnonzero(guest)
    phones = pseudonyms("phone", _phones(person[rows], np.zeros(len(rows), np.int64), typo[rows]))
    emails = pseudonyms("email", _emails(person[rows], typo[rows]))
    guests = np.full(len(person), None, dtype=object)
    guests[rows] = phones.zip_with(pl.Series(by_phone[rows]), emails).to_numpy()
    customer = pl.Series(guests.tolist(), dtype=pl.String).fill_null("")
    customer = customer_codes(person).zip_with(pl.Series(member), customer)
    return Named(
        blank(customer, pl.Series(customer == "").to_numpy() | unknown),
        blank(account_codes(person, placed.channel, placed.account), unknown | guest),
    )


@dataclass(frozen=True)
class Accounts:
    """Arrays over the channel accounts that ordered, and the guests beside them."""

    person: Ints  # row of People
    channel: Ints
    account: Ints
    guests: pl.DataFrame  # account_id, person (row of People), channel (number)


def accounts(placed: Orders, buyers: Named) -> Accounts:
    """Every account once, by person; of guests each name once."""
    own = np.flatnonzero((placed.person >= 0) & buyers.account.is_not_null().to_numpy())
    slot = np.unique(_slot(placed.person[own], placed.channel[own], placed.account[own]))
    person, rest = np.divmod(slot, len(process.CHANNELS) * 2)
    guests = (
        pl.DataFrame({"account_id": buyers.customer, "person": placed.person, "channel": placed.channel})
        .filter(buyers.account.is_null() & buyers.customer.is_not_null())
        .unique("account_id", keep="first", maintain_order=True)
    )
    return Accounts(person, rest // 2, rest % 2, guests)


def identities(persons: People, held: Accounts) -> pl.DataFrame:
    """Rows of `identities`: invented phones, e-mails, names, birth dates and postcodes, as pseudonyms."""
    number, channel = persons.number[held.person], held.channel
    slot = _slot(number, channel, held.account)
    at_till = (channel == process.STORE_CHANNEL) & (chance(21, slot) < TILL_SHARE)
    phones = _phones(number, held.account, chance(22, slot) < TYPO_SHARE)
    phones = [TILL_PHONE if till else phone for phone, till in zip(phones, at_till.tolist(), strict=True)]
    ids, names = account_codes(number, channel, held.account), named(process.CHANNELS, channel)
    online = channel < FIRST_MEMBER_CHANNEL
    frames = [
        _rows("phone", ids, names, chance(23, slot) < PHONE_SHARE, phones.__getitem__),
        _rows(
            "email",
            ids,
            names,
            online & (chance(24, slot) < EMAIL_SHARE),
            _emails(number, chance(25, slot) < TYPO_SHARE).__getitem__,
        ),
        *_weak(number, persons.region[held.person], slot, ids, names),
    ]
    guests = held.guests["account_id"]
    for kind in ("phone", "email"):
        of_kind = guests.str.starts_with(f"{kind}:")
        own = guests.filter(of_kind)
        channels = named(process.CHANNELS, held.guests["channel"].filter(of_kind).to_numpy())
        frames.append(_frame(kind, own, own, channels))
    everybody = persons.number
    record = chance(26, everybody) < RECORD_PHONE_SHARE
    of_record = _phones(everybody, np.zeros(len(everybody), np.int64), np.zeros(len(everybody), np.bool_))
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(everybody))
    frames.append(_rows("phone", customer_codes(everybody), nothing, record, of_record.__getitem__))
    return pl.concat(frames)


def _weak(number: Ints, region: Ints, slot: Ints, ids: pl.Series, names: pl.Series) -> list[pl.DataFrame]:
    """Names are those of a few surnames and given names, the first of them common; postcodes those of the region."""
    surname = (SURNAMES * chance(31, number) ** 2).astype(np.int64)
    given = (GIVEN_NAMES * chance(32, number) ** 1.5).astype(np.int64)
    born = (BIRTH_DAYS * chance(33, number)).astype(np.int64)
    post = np.maximum(region, 0) * POSTCODES + (POSTCODES * chance(34, number)).astype(np.int64)
    return [
        _rows("name", ids, names, chance(35, slot) < NAME_SHARE, lambda row: f"{surname[row]} {given[row]}"),
        _rows("birth_date", ids, names, chance(36, slot) < BIRTH_SHARE, lambda row: f"{born[row]}"),
        _rows(
            "postcode",
            ids,
            names,
            chance(37, slot) < POSTCODE_SHARE,
            lambda row: f"{post[row]}",
        ),
    ]


def _rows(kind: str, ids: pl.Series, names: pl.Series, present: Flags, value: Callable[[int], str]) -> pl.DataFrame:
    rows = np.flatnonzero(present)
    keys = pseudonyms(kind, [value(row) for row in rows.tolist()])
    return _frame(kind, ids.gather(rows), keys, names.gather(rows))


def _frame(kind: str, ids: pl.Series, keys: pl.Series, channels: pl.Series) -> pl.DataFrame:
    kinds = pl.Series([kind], dtype=pl.String).new_from_index(0, len(ids))
    return conform(IDENTITIES, {"account_id": ids, "key_kind": kinds, "key_hash": keys, "channel": channels})
