"""Targets by month and year, with who set them and when. The newest of each holds; older ones stay."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import select

from shopkeeper.merchant.targets import Target
from shopkeeper.state.database import State
from shopkeeper.state.schema import TargetRow
from shopkeeper.state.signature import required


def targets(state: State) -> tuple[Target, ...]:
    """Those in force, by period and figure."""
    with state.reading() as session:
        rows = session.scalars(select(TargetRow).order_by(TargetRow.id)).all()
        newest = {(row.figure, row.period, row.starts_on): row.value for row in rows}
    kept = (Target(figure, period, day, value) for (figure, period, day), value in newest.items())  # type: ignore[arg-type]
    return tuple(sorted((each for each in kept if each.value is not None), key=lambda each: each.key[::-1]))


def save_targets(state: State, changed: Sequence[Target], *, author: str) -> None:
    """Let these hold from now on, all or none. Raise `Refused` where nobody signs them or they cannot be kept."""
    (author,) = required(author)
    now = datetime.now(UTC)
    with state.writing() as session:
        session.add_all(
            TargetRow(
                figure=each.figure,
                period=each.period,
                starts_on=each.starts_on,
                value=each.value,
                author=author,
                made_at=now,
            )
            for each in changed
        )


def target_history(state: State) -> pl.DataFrame:
    """All values ever set, the newest first: `made_at` (UTC), `author`, `figure`, `period`, `starts_on`, `value`."""
    with state.reading() as session:
        rows = session.scalars(select(TargetRow).order_by(TargetRow.id.desc())).all()
        records = [{name: getattr(row, name) for name in _HISTORY} for row in rows]
    return pl.DataFrame(records, schema=_HISTORY)


_HISTORY: dict[str, Any] = {
    "made_at": pl.Datetime("us", "UTC"),
    "author": pl.String,
    "figure": pl.String,
    "period": pl.String,
    "starts_on": pl.Date,
    "value": pl.Float64,
}
