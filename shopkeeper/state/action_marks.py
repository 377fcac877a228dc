"""What each person did with the actions of Today, and what was on the page when they last looked.

All is kept by a person's id. Today a person is who types a name; sign-in will fill `issuer` and `subject` of the same
rows, so that nothing has to move.
"""

import secrets
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopkeeper.errors import Refused
from shopkeeper.merchant.action_marks import MARKS, ActionMark, Mark
from shopkeeper.messages import message
from shopkeeper.state.database import State
from shopkeeper.state.schema import ActionMarkRow, LookRow, PersonRow
from shopkeeper.state.signature import required


def mark_action(state: State, person: str, action: str, mark: Mark, as_of: date) -> None:
    """Keep a person's word on an action; the newest holds. Raise `Refused` for no name or no such mark."""
    (name,) = required(person)
    if mark not in MARKS:
        raise Refused(message("“{mark}” is no mark of an action; choose one of {marks}.", mark=mark, marks=MARKS))
    with state.writing() as session:
        row = ActionMarkRow(
            person_id=_person(session, name), action=action, mark=mark, as_of=as_of, made_at=datetime.now(UTC)
        )
        session.add(row)


def action_marks(state: State, person: str) -> tuple[ActionMark, ...]:
    """The newest word of the person on each action that has one; none for a name that nobody has used."""
    with state.reading() as session:
        rows = session.scalars(
            select(ActionMarkRow)
            .join(PersonRow, PersonRow.id == ActionMarkRow.person_id)
            .where(PersonRow.name == person.strip(), PersonRow.issuer.is_(None))
            .order_by(ActionMarkRow.id)
        ).all()
        newest = {row.action: ActionMark(row.action, row.mark, row.as_of) for row in rows}  # type: ignore[arg-type]
    return tuple(mark for mark in newest.values() if mark.mark != "open")


def look(state: State, person: str, as_of: date, actions: tuple[str, ...]) -> frozenset[str] | None:
    """Keep what the person sees now, and give what was there when they last saw older data; null at the first time.

    Data that were seen before change nothing: what is new stays new until newer data are looked at.
    """
    (name,) = required(person)
    with state.writing() as session:
        person_id = _person(session, name)
        seen = select(LookRow).where(LookRow.person_id == person_id)
        if session.scalar(seen.where(LookRow.as_of == as_of)) is None:
            session.add(LookRow(person_id=person_id, as_of=as_of, actions=list(actions), made_at=datetime.now(UTC)))
        before = session.scalar(seen.where(LookRow.as_of < as_of).order_by(LookRow.as_of.desc()).limit(1))
        return frozenset(before.actions) if before else None


def _person(session: Session, name: str) -> str:
    """The id of who types this name, given at the first time."""
    statement = select(PersonRow.id).where(PersonRow.name == name, PersonRow.issuer.is_(None))
    if (known := session.scalar(statement)) is not None:
        return str(known)
    person = PersonRow(id=secrets.token_hex(8), name=name, made_at=datetime.now(UTC))
    session.add(person)
    session.flush()
    return person.id
