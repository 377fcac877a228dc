"""Manual values of demand: made, listed, withdrawn. Nothing is deleted."""

import secrets
from datetime import UTC, date, datetime

from sqlalchemy import select

from shopkeeper.errors import Refused
from shopkeeper.merchant.overrides import Override
from shopkeeper.messages import message
from shopkeeper.state.database import State
from shopkeeper.state.schema import OverrideRow
from shopkeeper.state.signature import required


def overrides(state: State) -> tuple[Override, ...]:
    """Those not withdrawn, the oldest first."""
    with state.reading() as session:
        rows = session.scalars(
            select(OverrideRow).where(OverrideRow.withdrawn_at.is_(None)).order_by(OverrideRow.made_at, OverrideRow.id)
        ).all()
        return tuple(
            Override(
                row.id,
                row.sku,
                row.region,
                row.starts_on,
                row.ends_on,
                row.units_per_day,
                row.statistical_units_per_day,
                row.author,
                row.reason,
                row.made_at,
            )
            for row in rows
        )


def add_override(
    state: State,
    *,
    sku: str,
    region: str | None,
    starts_on: date,
    ends_on: date,
    units_per_day: float,
    statistical_units_per_day: float,
    author: str,
    reason: str,
) -> Override:
    """Keep a manual value, beside the statistical one of the time. Raise `Refused` where it cannot be meant or kept."""
    author, reason = required(author, reason)
    if ends_on < starts_on:
        raise Refused(message("The manual value ends before it starts. Choose a later last day."))
    if not 0 <= units_per_day < float("inf"):
        raise Refused(message("Units per day are 0 or more. Change the manual value."))
    made = Override(
        secrets.token_hex(8),
        sku,
        region,
        starts_on,
        ends_on,
        float(units_per_day),
        float(statistical_units_per_day),
        author,
        reason,
        datetime.now(UTC),
    )
    with state.writing() as session:
        session.add(
            OverrideRow(
                id=made.id,
                sku=sku,
                region=region,
                starts_on=starts_on,
                ends_on=ends_on,
                units_per_day=made.units_per_day,
                statistical_units_per_day=made.statistical_units_per_day,
                author=author,
                reason=reason,
                made_at=made.made_at,
            )
        )
    return made


def withdraw_override(state: State, override_id: str, *, author: str) -> None:
    """From now on the statistical value holds again. Raise `Refused` where there is no such value any more."""
    (author,) = required(author)
    with state.writing() as session:
        row = session.get(OverrideRow, override_id)
        if row is None or row.withdrawn_at is not None:
            raise Refused(message("This manual value was withdrawn already. Load the page again."))
        row.withdrawn_at, row.withdrawn_by = datetime.now(UTC), author
