"""Service levels and the rest of the stock policy, with who set them and when. The newest holds, older ones stay."""

from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import select

from shopkeeper.errors import Refused
from shopkeeper.merchant.policy import Policy
from shopkeeper.messages import message
from shopkeeper.state.database import State
from shopkeeper.state.schema import SettingRow
from shopkeeper.state.signature import required

POLICY = "policy"


def policy(state: State) -> Policy:
    """The policy in use; the default where nobody set one.

    Raise `Refused` where what is kept is no policy any more.
    """
    with state.reading() as session:
        newest = select(SettingRow).where(SettingRow.name == POLICY).order_by(SettingRow.id.desc()).limit(1)
        row = session.scalar(newest)
        kept = dict(row.value) if row else {}
    field_names = {field.name for field in fields(Policy)}
    try:
        return Policy(**{name: _frozen(value) for name, value in kept.items() if name in field_names})
    except (TypeError, ValueError) as error:
        raise Refused(
            message(
                "The stock policy kept in {place} cannot be read. Save the service levels again.", place=state.place
            )
        ) from error


def save_policy(state: State, chosen: Policy, *, author: str) -> None:
    """Use this policy from now on. Raise `Refused` where nobody signs it or it cannot be kept."""
    (author,) = required(author)
    with state.writing() as session:
        session.add(SettingRow(name=POLICY, value=asdict(chosen), author=author, made_at=datetime.now(UTC)))


def policy_history(state: State) -> pl.DataFrame:
    """Every policy that was saved, the newest first: `made_at` (UTC), `author`, `policy` (JSON as text)."""
    with state.reading() as session:
        rows = session.scalars(select(SettingRow).where(SettingRow.name == POLICY).order_by(SettingRow.id.desc()))
        records = [{"made_at": row.made_at, "author": row.author, "policy": str(row.value)} for row in rows]
    schema: dict[str, Any] = {"made_at": pl.Datetime("us", "UTC"), "author": pl.String, "policy": pl.String}
    return pl.DataFrame(records, schema=schema)


def _frozen(value: Any) -> Any:
    """JSON's lists as tuples, all the way down."""
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
