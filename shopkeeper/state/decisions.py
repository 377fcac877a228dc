"""The decision log: what was decided on proposals, row after row."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from shopkeeper.errors import Refused
from shopkeeper.i18n import decimal
from shopkeeper.merchant.decisions import Decision
from shopkeeper.messages import Message, message
from shopkeeper.state.database import State
from shopkeeper.state.schema import DecisionRow
from shopkeeper.state.signature import required

COLUMNS: Mapping[str, Any] = {
    "id": pl.Int64,
    "made_at": pl.Datetime("us", "UTC"),
    "author": pl.String,
    "verdict": pl.String,
    "reason": pl.String,
    "proposal": pl.String,
    "kind": pl.String,
    "location": pl.String,
    "from_location": pl.String,
    "sku": pl.String,
    "units_proposed": pl.Float64,
    "units_decided": pl.Float64,
    "as_of": pl.Date,
    "version": pl.String,
    "forecast": pl.String,
    "replaces": pl.Int64,
    "frozen": pl.String,
}


def record_decision(state: State, *decisions: Decision) -> tuple[int, ...]:
    """Keep the decisions, all or none, and give their ids.

    Raise `Refused` where one lacks a name, a reason (only acceptance goes without), or where somebody else decided on
    the same proposal meanwhile.
    """
    now = datetime.now(UTC)
    rows = [_row(decision, now) for decision in decisions]
    try:
        with state.writing() as session:
            session.add_all(rows)
            session.flush()
            return tuple(row.id for row in rows)
    except IntegrityError as error:
        raise Refused(_overtaken(state, decisions)) from error


def decisions(state: State) -> pl.DataFrame:
    """The decisions that hold, the newest first, `COLUMNS`; those that were replaced stay in the table.

    `made_at` is UTC; `frozen` is JSON as text.
    """
    later = aliased(DecisionRow)
    with state.reading() as session:
        holding = (
            select(DecisionRow)
            .outerjoin(later, later.replaces == DecisionRow.id)
            .where(later.id.is_(None))
            .order_by(DecisionRow.id.desc())
        )
        return _frame(session.scalars(holding).all())


def _row(decision: Decision, now: datetime) -> DecisionRow:
    if decision.verdict == "accepted":
        (author,) = required(decision.author)
        reason = decision.reason.strip()
    else:
        author, reason = required(decision.author, decision.reason)
    if decision.units_decided < 0:
        raise Refused(
            message("{units} units cannot be moved or ordered. Write 0 or more.", units=decimal(decision.units_decided))
        )
    return DecisionRow(
        made_at=now,
        author=author,
        verdict=decision.verdict,
        reason=reason,
        proposal=decision.proposal,
        kind=decision.kind,
        location=decision.location,
        from_location=decision.from_location,
        sku=decision.sku,
        units_proposed=decision.units_proposed,
        units_decided=decision.units_decided,
        as_of=decision.as_of,
        version=decision.version,
        forecast=decision.forecast,
        frozen=dict(decision.frozen),
        replaces=decision.replaces,
    )


def _frame(rows: Iterable[DecisionRow]) -> pl.DataFrame:
    named = [name for name in COLUMNS if name != "frozen"]
    records = [
        {name: getattr(row, name) for name in named} | {"frozen": json.dumps(row.frozen, ensure_ascii=False)}
        for row in rows
    ]
    return pl.DataFrame(records, schema=dict(COLUMNS))


def _overtaken(state: State, decisions: tuple[Decision, ...]) -> Message:
    """Who was first, as far as that can be told."""
    with state.reading() as session:
        first = _newest(session, decisions)
    if first is None:
        return message("Somebody else decided at the same moment. Load the page again.")
    return message(
        "{author} has decided on {sku} at {location} meanwhile. Nothing was kept. Load the page again, and change that "
        "decision if you must.",
        author=first.author,
        sku=first.sku,
        location=first.location,
    )


def _newest(session: Session, decisions: tuple[Decision, ...]) -> DecisionRow | None:
    for decision in decisions:
        statement = select(DecisionRow).where(DecisionRow.proposal == decision.proposal).order_by(DecisionRow.id.desc())
        newest = session.scalar(statement.limit(1))
        if newest is not None and newest.id != decision.replaces:
            return newest
    return None
