"""Forget a person: out of every version, the rejects and the links by hand, with a tombstone, and proof by search."""

import re
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import ConstantExpression

from shopkeeper import state
from shopkeeper.errors import Refused
from shopkeeper.imports.by_hand import linking_of
from shopkeeper.imports.checks.contacts import PSEUDONYM
from shopkeeper.imports.checks.forgotten import Tombstones, add_marks, marks
from shopkeeper.imports.checks.secret import another_key, fingerprint, secret
from shopkeeper.imports.spellings import spellings
from shopkeeper.lake import forget as lake
from shopkeeper.lake.forget import FORGOTTEN, Erased
from shopkeeper.lake.search import Remains, Sought, remains
from shopkeeper.lake.store import current, versions
from shopkeeper.lake.version import Version
from shopkeeper.messages import message
from shopkeeper.progress import UNHEARD, Progress

MOST_LISTED = 10


@dataclass(frozen=True)
class Forgotten:
    """`names`: all that the person was called; `remains`: where a search of every byte still found one of them."""

    names: tuple[str, ...]
    erased: Erased
    links: int
    remains: tuple[Remains, ...]


def forget(root: Path, name: str, progress: Progress = UNHEARD) -> Forgotten:
    """Forget the person who is called so, or has that account, e-mail or phone.

    Raise `Refused` where nothing was imported, nobody of that name is known, several persons have it as a key, or the
    data were made with another key of pseudonyms.
    """
    version = current(root)
    if version is None:
        raise Refused(message("Nothing was imported into {root}, so nobody is known there.", root=root))
    key = secret(root)
    if version.key_fingerprint and version.key_fingerprint != fingerprint(key):
        raise another_key()
    if not name.strip():
        raise Refused(message("Nobody is named: give a customer or account number, an e-mail or a phone."))
    called = spellings(name.strip(), version, key)
    accounts = _accounts(root, version, name.strip(), called.names)
    keys = sorted({each for one in versions(root) for each in lake.keys_of(one, accounts)})
    before = Tombstones(key, marks(root, lambda: key))
    contacts = {each for each in accounts if re.fullmatch(PSEUDONYM, each)}
    sought = Sought(tuple(sorted({*contacts, *keys, *called.contacts})), tuple(sorted({*accounts} - contacts)))
    # As a file will say a number that an older program kept as 17850.0, too.
    numbers = {re.sub(r"^(\d+)\.0+$", r"\1", each) for each in accounts}
    # First, so that no import in between brings the person back.
    add_marks(root, before, {*accounts, *numbers, *(each for each in keys if ":" in each)})
    links = _forget_in_state(root, version, accounts, sought)
    erased = lake.erase(root, accounts, sought, linking_of(root, sample=version.shop.sample), progress.part(0.0, 0.8))
    progress.step("Searching every byte", 0.8)
    remaining = tuple(remains([root], sought))
    progress.step("Done", 1.0)
    return Forgotten(accounts, erased, links, remaining)


def _accounts(root: Path, version: Version, name: str, called: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The accounts of the one person who is named, in the version served, else in an older one or in rejects only.

    Raise `Refused` where the name is nobody's, or a key that several persons have.
    """
    for names in called:
        if not _is_known(version, (name,)) and len(persons := lake.persons_with(version, names)) > 1:
            raise Refused(
                message(
                    "{name} is of {n} persons, and all of them would be forgotten. Name the one who is meant by an "
                    "account: {persons}.",
                    name=name,
                    n=len(persons),
                    persons=", ".join(persons[:MOST_LISTED]) + (", ..." if len(persons) > MOST_LISTED else ""),
                )
            )
        accounts = lake.accounts_of(version, names)
        if _is_known(version, accounts):
            return accounts
    kept = versions(root)
    for names in called:
        accounts = tuple(sorted({each for one in kept for each in lake.accounts_of(one, names)}))
        is_rejected = any(one.rejects and lake.stands_in(one.rejects, accounts) for one in kept)
        if is_rejected or any(_is_known(one, accounts) for one in kept):
            return accounts
    raise Refused(message("Nobody is called {name} in the data, and no account is.", name=name))


def _is_known(version: Version, accounts: Collection[str]) -> bool:
    return any(_names(version, table, accounts) for table in lake.NAMES)


def _names(version: Version, table: str, accounts: Collection[str]) -> bool:
    """Whether a table of the version names one of the accounts."""
    files = [str(file) for file in version.files(table)]
    if not files:
        return False
    with duckdb.connect() as connection:
        rows = connection.read_parquet(files)
        values = [duckdb.ColumnExpression(name) for name in lake.NAMES[table] if name in rows.columns]
        wanted = [ConstantExpression(each) for each in accounts]
        return any(bool(rows.filter(value.isin(*wanted)).limit(1).fetchall()) for value in values)


def _forget_in_state(root: Path, version: Version, accounts: Collection[str], sought: Sought) -> int:
    """Links by hand that name the person go, and contacts in what people wrote; give how many links there were.

    Their bytes go too, where the state is a file.
    """
    file = root / state.FILE
    url = state.url_of(root, sample=version.shop.sample)
    if url.startswith("sqlite:") and not file.exists():
        return 0
    opened = state.open_state(url)
    try:
        links = state.forget_identity_links(opened, accounts)
        covered = state.cover_words(opened, sought.words, FORGOTTEN)
    finally:
        opened.close()
    if (links or covered) and url.startswith("sqlite:"):
        # Deleted rows stay in the file's free pages until it is written anew.
        with sqlite3.connect(file) as bare:
            bare.execute("VACUUM")
    return links
