"""Who an order says it is: accounts, guests, members, and the keys that link them, with families and typing errors.

Whatever is drawn here follows from numbers of persons and days alone, so that orders are the same with it and without.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from shopkeeper.contract.tables import IDENTITIES
from shopkeeper.models.arrays import Flags, Ints
from shopkeeper.sample import process
from shopkeeper.sample.calendar import DAYS
from shopkeeper.sample.chance import chance
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
NEW_PHONE_SHARE = 0.08
"""Persons who have another phone from some day after their first order on."""
RECORD_PHONE_SHARE = 0.9
"""Customers whom the merchant's own list knows with a phone."""
SURNAMES, GIVEN_NAMES, BIRTH_DAYS, POSTCODES = 120, 1_500, 18_000, 90
FIRST_MEMBER_CHANNEL = 3
FIRST_PHONE, SECOND_PHONE, NEW_PHONE = range(3)
"""A person's phones: the first, that of a second account, the one that takes the first one's place."""


def planted() -> dict[str, float]:
    """What identities are made with, by name: shares in 0..1; `family_every` is in persons."""
    return {
        "family_every": FAMILY_EVERY,
        "till_phone": TILL_SHARE,
        "guest": GUEST_SHARE,
        "guest_by_phone": GUEST_PHONE_SHARE,
        "phone": PHONE_SHARE,
        "email": EMAIL_SHARE,
        "member": MEMBER_SHARE,
        "name": NAME_SHARE,
        "birth_date": BIRTH_SHARE,
        "postcode": POSTCODE_SHARE,
        "typing_error": TYPO_SHARE,
        "new_phone": NEW_PHONE_SHARE,
        "phone_in_customer_list": RECORD_PHONE_SHARE,
    }


def account_codes(person: Ints, channel: Ints, account: Ints) -> pl.Series:
    """Account ids that do not show whose they are: the person's number is scrambled, one to one."""
    scrambled = (_slot(person, channel, account) * 7_919_000_003 + 1_234_567) % 10_000_000_000
    return named(process.ACCOUNT_PREFIXES, channel) + codes("-", scrambled, 10)


def customer_codes(person: Ints, missing: Flags | None = None) -> pl.Series:
    """The merchant's own customer numbers."""
    return codes("C", person, 7, missing)


def is_member(person: Ints, channel: Ints) -> Flags:
    """Whether the person shows the merchant's own number in mini-program, stores or at a dealer."""
    return (channel >= FIRST_MEMBER_CHANNEL) & (chance(11, person, channel) < MEMBER_SHARE)


def _slot(person: Ints, channel: Ints, account: Ints) -> Ints:
    return (person.astype(np.int64) * len(process.CHANNELS) + channel) * 2 + account


def pseudonyms(kind: str, values: Sequence[str]) -> pl.Series:
    """As an import makes them, of invented values and without a key: kind and 32 hexadecimal digits."""
    made = {value: f"{kind}:{hashlib.sha256(value.encode()).hexdigest()[:32]}" for value in set(values)}
    return pl.Series([made[value] for value in values], dtype=pl.String)


def in_family(person: Ints) -> Flags:
    """Whether the person shares a phone with another."""
    return person % FAMILY_EVERY <= 1


def new_phone_day(person: Ints, first_day: Ints) -> Ints:
    """From which day on a person has another phone: after the first order, DAYS for those who keep theirs.

    A family keeps the phone that it shares.
    """
    changes = (chance(41, person) < NEW_PHONE_SHARE) & ~in_family(person)
    day = first_day + 1 + (chance(42, person) * (DAYS - first_day)).astype(np.int64)
    return np.where(changes, day, DAYS)


def _phones(person: Ints, which: Ints, typo: Flags) -> list[str]:
    """Invented phones; a family's is that of its first person."""
    family = np.where(person % FAMILY_EVERY == 1, person - 1, person) + which * 400_000_000
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
    """All but a guest's name the channel's account; a member's where `is_member` the customer number too; a guest's a
    phone or an e-mail only."""
    unknown = placed.person < 0
    person = persons.number[np.maximum(placed.person, 0)]
    member = is_member(person, placed.channel) & ~unknown
    guest = np.isin(placed.channel, GUEST_CHANNELS) & ~member & ~unknown
    guest &= chance(12, person, placed.day) < GUEST_SHARE
    # Guests of a family give their e-mail, so that a guest is one person.
    by_phone = (chance(13, person) < GUEST_PHONE_SHARE) & ~in_family(person)
    typo = chance(14, person, placed.day) < TYPO_SHARE
    rows = np.flatnonzero(guest)
    first_day = persons.first_day[np.maximum(placed.person, 0)]
    which = np.where(placed.day >= new_phone_day(person, first_day), NEW_PHONE, FIRST_PHONE)
    phones = pseudonyms("phone", _phones(person[rows], which[rows], typo[rows]))
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
    first_day: Ints  # of its orders
    last_day: Ints
    guests: pl.DataFrame  # account_id, person (row of People), channel (number)


def accounts(placed: Orders, buyers: Named) -> Accounts:
    """Every account once, by person; of guests each name once."""
    own = np.flatnonzero((placed.person >= 0) & buyers.account.is_not_null().to_numpy())
    slot, orders = np.unique(_slot(placed.person[own], placed.channel[own], placed.account[own]), return_inverse=True)
    first, last = np.full(len(slot), DAYS), np.full(len(slot), -1)
    np.minimum.at(first, orders, placed.day[own])
    np.maximum.at(last, orders, placed.day[own])
    person, rest = np.divmod(slot, len(process.CHANNELS) * 2)
    guests = (
        pl.DataFrame({"account_id": buyers.customer, "person": placed.person, "channel": placed.channel})
        .filter(buyers.account.is_null() & buyers.customer.is_not_null())
        .unique("account_id", keep="first", maintain_order=True)
    )
    return Accounts(person, rest // 2, rest % 2, first, last, guests)


def identities(persons: People, held: Accounts) -> pl.DataFrame:
    """Rows of `identities`: invented phones, e-mails, names, birth dates and postcodes, as pseudonyms."""
    number, channel = persons.number[held.person], held.channel
    slot = _slot(number, channel, held.account)
    ids, names = account_codes(number, channel, held.account), named(process.CHANNELS, channel)
    emails = _emails(number, chance(25, slot) < TYPO_SHARE)
    gives_email = (channel < FIRST_MEMBER_CHANNEL) & (chance(24, slot) < EMAIL_SHARE)
    return pl.concat(
        [
            *_phones_of_accounts(persons, held, slot, ids, names),
            _rows("email", ids, names, gives_email, emails.__getitem__),
            *_weak(number, persons.region[held.person], slot, ids, names),
            *_of_guests(held.guests),
            _of_customer_list(persons),
        ]
    )


def _phones_of_accounts(
    persons: People, held: Accounts, slot: Ints, ids: pl.Series, names: pl.Series
) -> list[pl.DataFrame]:
    """The phone that an account was opened with, and the new one where the account ordered before and after it."""
    number = persons.number[held.person]
    changed = new_phone_day(number, persons.first_day[held.person])
    at_till = (held.channel == process.STORE_CHANNEL) & (chance(21, slot) < TILL_SHARE)
    given = chance(23, slot) < PHONE_SHARE
    which = np.select([held.account == 1, held.first_day >= changed], [SECOND_PHONE, NEW_PHONE], FIRST_PHONE)
    opened = _phones(number, which, chance(22, slot) < TYPO_SHARE)
    opened = [TILL_PHONE if till else phone for phone, till in zip(opened, at_till.tolist(), strict=True)]
    renewed = given & ~at_till & (which == FIRST_PHONE) & (held.last_day >= changed)
    later = _phones(number, np.full(len(number), NEW_PHONE), np.zeros(len(number), np.bool_))
    return [
        _rows("phone", ids, names, given, opened.__getitem__),
        _rows("phone", ids, names, renewed, later.__getitem__),
    ]


def _of_guests(guests: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """A guest's name is its key."""
    for kind in ("phone", "email"):
        own = guests.filter(pl.col("account_id").str.starts_with(f"{kind}:"))
        yield _frame(kind, own["account_id"], own["account_id"], named(process.CHANNELS, own["channel"].to_numpy()))


def _of_customer_list(persons: People) -> pl.DataFrame:
    """The phone that the merchant's own list has of a customer: the one of the first order."""
    number = persons.number
    nowhere = pl.Series([None], dtype=pl.String).new_from_index(0, len(number))
    phones = _phones(number, np.full(len(number), FIRST_PHONE), np.zeros(len(number), np.bool_))
    listed = chance(26, number) < RECORD_PHONE_SHARE
    return _rows("phone", customer_codes(number), nowhere, listed, phones.__getitem__)


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
