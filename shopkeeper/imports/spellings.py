"""What a person may be called in the data, where somebody names them by an account, an e-mail or a phone."""

from dataclasses import dataclass
from hashlib import sha256

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, Expression, StarExpression

from shopkeeper.imports.checks.contacts import (
    country_of,
    email_in,
    half_width,
    keyed,
    mailbox,
    open_contacts,
    phone_in,
    plain_text_in,
    seen,
    without_point_zero,
)
from shopkeeper.imports.checks.masking import address_within, has_contact, phone_within
from shopkeeper.imports.checks.secret import fingerprint, secret
from shopkeeper.imports.checks.texts import mended
from shopkeeper.lake.version import Version


@dataclass(frozen=True)
class Spellings:
    """`names`: as accounts and keys may have the name, the likeliest first, each with those that mean the same.

    `contacts`: phones and e-mails in it, raw and as platforms hash them; empty where the name is no contact.
    """

    names: tuple[tuple[str, ...], ...]
    contacts: frozenset[str]


def spellings(name: str, version: Version, key: bytes) -> Spellings:
    """How the person may be called in a version whose pseudonyms were made with the key."""
    country = country_of(version.shop.currency, version.shop.timezone)
    text, narrow, whole = (ColumnExpression(each) for each in ("text", "narrow", "whole"))
    address, number, inner = (ColumnExpression(each) for each in ("address", "number", "inner"))
    # In steps, each of which DuckDB plans by itself: an expression would be written out wherever it is used.
    steps: list[dict[str, Expression]] = [
        {"text": mended(ConstantExpression(name))},
        {"plain": half_width(text), "narrow": seen(text)},
        {"whole": without_point_zero(narrow), "inner": phone_within(narrow, country)},
        {"number": phone_in(whole, country), "inner number": phone_in(inner, country), "address": email_in(narrow)},
        {
            "by email": keyed("email", mailbox(address), key),
            "by phone": keyed("phone", number, key),
            "by name": keyed("name", CaseExpression(has_contact(narrow, country), plain_text_in(narrow)), key),
            "box": mailbox(address),
            "inner address": address_within(narrow),
        },
    ]
    with duckdb.connect() as connection:
        open_contacts(connection)
        row = connection.table_function("range", [1])
        for step in steps:
            row = row.project(StarExpression(), *(value.alias(name) for name, value in step.items()))
        ((*cells,),) = row.fetchall()
        of = dict(zip(row.columns, cells, strict=True))
    contained = [of[each] for each in ("box", "address", "number", "inner address", "inner number")]
    contacts = {form for each in contained if each for form in (each, each.removeprefix("+"))}
    hashes = {sha256(each.encode()).hexdigest() for each in contacts}
    names = tuple(each for each in (name, of["by email"], of["by phone"], of["by name"]) if each)
    # Another program may have kept the same number as 17850.0: who is meant is asked of the exact spelling first.
    return Spellings(
        (names, (of["plain"],), (of["whole"],), (f"{of['whole']}.0",)),
        frozenset(contacts | hashes | ({name} if contacts or of["by name"] else set())),
    )


def spellings_to_look_up(name: str, version: Version) -> Spellings:
    """The same for who only looks: names alone where the version's pseudonyms were made with no key, or another one.

    No key is made where there is none.
    """
    nothing = Spellings(((name,),), frozenset())
    if not version.key_fingerprint:
        return nothing
    key = secret()
    return spellings(name, version, key) if fingerprint(key) == version.key_fingerprint else nothing
