"""Every decision on one proposal: the application shows those that hold, and keeps the others."""

import polars as pl
from sqlalchemy import select

from shopkeeper.state import State
from shopkeeper.state.schema import DecisionRow


def history_of(state: State, proposal: str) -> pl.DataFrame:
    """`id, author, units_decided, replaces`, the newest first."""
    names = ("id", "author", "units_decided", "replaces")
    statement = select(DecisionRow).where(DecisionRow.proposal == proposal).order_by(DecisionRow.id.desc())
    with state.reading() as session:
        rows = session.scalars(statement).all()
        return pl.DataFrame([{name: getattr(row, name) for name in names} for row in rows])
