"""Links and cuts between accounts: made, listed, withdrawn; deleted only where the person is forgotten."""

import json
import re
import secrets
from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import delete, inspect, or_, select

from shopkeeper.errors import Refused
from shopkeeper.merchant.identity_links import IdentityLink
from shopkeeper.messages import message
from shopkeeper.state.database import State
from shopkeeper.state.schema import Base, IdentityLinkRow
from shopkeeper.state.signature import required


def identity_links(state: State) -> tuple[IdentityLink, ...]:
    """Those not withdrawn, the oldest first."""
    with state.reading() as session:
        rows = session.scalars(
            select(IdentityLinkRow)
            .where(IdentityLinkRow.withdrawn_at.is_(None))
            .order_by(IdentityLinkRow.made_at, IdentityLinkRow.id)
        ).all()
        return tuple(
            IdentityLink(row.id, row.account_id, row.other_id, row.is_link, row.author, row.reason, row.made_at)
            for row in rows
        )


def add_identity_link(
    state: State, *, account_id: str, other_id: str, is_link: bool, author: str, reason: str
) -> IdentityLink:
    """Keep a link or a cut. Raise `Refused` where it cannot be meant or kept."""
    author, reason = required(author, reason)
    account_id, other_id = account_id.strip(), other_id.strip()
    if not account_id or not other_id or account_id == other_id:
        raise Refused(message("Name two different accounts."))
    made = IdentityLink(secrets.token_hex(8), account_id, other_id, is_link, author, reason, datetime.now(UTC))
    with state.writing() as session:
        session.add(
            IdentityLinkRow(
                id=made.id,
                account_id=account_id,
                other_id=other_id,
                is_link=is_link,
                author=author,
                reason=reason,
                made_at=made.made_at,
            )
        )
    return made


def withdraw_identity_link(state: State, link_id: str, *, author: str) -> None:
    """From the next publication on the keys alone decide again. Raise `Refused` where it was withdrawn already."""
    (author,) = required(author)
    with state.writing() as session:
        row = session.get(IdentityLinkRow, link_id)
        if row is None or row.withdrawn_at is not None:
            raise Refused(message("This link was withdrawn already. Load the page again."))
        row.withdrawn_at, row.withdrawn_by = datetime.now(UTC), author


def forget_identity_links(state: State, accounts: Collection[str]) -> int:
    """Delete every link that names one of the accounts, withdrawn ones too; give how many there were."""
    named = or_(IdentityLinkRow.account_id.in_(accounts), IdentityLinkRow.other_id.in_(accounts))
    with state.writing() as session:
        ids = session.scalars(select(IdentityLinkRow.id).where(named)).all()
        session.execute(delete(IdentityLinkRow).where(IdentityLinkRow.id.in_(ids)))
        return len(ids)


def cover_words(state: State, words: Collection[str], cover: str) -> int:
    """Cover words, such as a forgotten person's phone, in all that people wrote; give how many texts had one."""
    if not words:
        return 0
    pattern = re.compile(f"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, words))})(?![0-9A-Za-z])")
    count = 0
    with state.writing() as session:
        for row in (row for kind in Base.__subclasses__() for row in session.scalars(select(kind))):
            for column in inspect(row).mapper.column_attrs:
                value = getattr(row, column.key)
                plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
                if pattern.search(plain):
                    covered = pattern.sub(cover, plain)
                    setattr(row, column.key, covered if isinstance(value, str) else json.loads(covered))
                    count += 1
    return count
