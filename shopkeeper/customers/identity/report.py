"""Who is one person: how many accounts became one, by which keys, how much of the trade has a buyer, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import polars as pl

from shopkeeper.contract.identity import IDENTITY_LEVELS
from shopkeeper.customers.identity.frames import ACCOUNTS, CHANNELS, COVERAGE, GROUPS, KINDS, SHARED_KEYS
from shopkeeper.engine.query import Query
from shopkeeper.imports.spellings import Spellings
from shopkeeper.jobs.identity import levels
from shopkeeper.lake.forget import persons_with

RECENT_MONTHS = 3
"""Closed months over which it is said what orders without a buyer bring."""


@dataclass(frozen=True)
class Gap:
    """The channel whose orders without a buyer bring most, over the last closed months."""

    channel: str
    orders: int
    revenue: float
    share: float


@dataclass(frozen=True)
class Identity:
    """Counts over all channels are those of the row of `channels` without a name.

    `gap` is None where all orders have a buyer, or no month is closed. `months` are those that it speaks of.
    """

    as_of: date
    accounts: int
    persons: int
    guests: int
    linked_accounts: int
    guest_orders: int
    linked_guest_orders: int
    revenue: float
    linked_revenue: float
    identified_share: float | None
    gap: Gap | None
    months: int
    channels: Annotated[pl.DataFrame, CHANNELS]
    coverage: Annotated[pl.DataFrame, COVERAGE]
    kinds: Annotated[pl.DataFrame, KINDS]
    groups: Annotated[pl.DataFrame, GROUPS]
    shared_keys: Annotated[pl.DataFrame, SHARED_KEYS]
    levels: Annotated[pl.DataFrame, IDENTITY_LEVELS]


def report(query: Query) -> Identity:
    """Everything the page shows but one person's accounts."""
    channels = query("customers/identity/channels").select(CHANNELS.names)
    whole = channels.filter(pl.col("channel").is_null())
    counts = whole.row(0, named=True) if whole.height else dict.fromkeys(CHANNELS.names, 0)
    share = pl.col("identified_orders") / pl.col("orders")
    coverage = query("customers/identity/coverage").with_columns(share=share).select(COVERAGE.names)
    as_of = query.version.as_of
    closed = _closed_months(coverage, as_of)
    orders = int(coverage["orders"].sum())
    return Identity(
        as_of=as_of,
        accounts=counts["accounts"],
        persons=counts["persons"],
        guests=counts["guests"],
        linked_accounts=counts["linked_accounts"],
        guest_orders=counts["guest_orders"],
        linked_guest_orders=counts["linked_guest_orders"],
        revenue=float(counts["revenue"]),
        linked_revenue=float(counts["linked_revenue"]),
        identified_share=float(coverage["identified_orders"].sum() / orders) if orders else None,
        gap=_gap(closed),
        months=closed["month"].n_unique(),
        channels=channels.drop_nulls("channel"),
        coverage=coverage,
        kinds=query("customers/identity/kinds").select(KINDS.names),
        groups=query("customers/identity/groups").select(GROUPS.names),
        shared_keys=query("customers/identity/shared_keys").select(SHARED_KEYS.names),
        levels=_levels(query),
    )


def _levels(query: Query) -> pl.DataFrame:
    """The figures under each level; no rows where the job has not made them, or the viewer may not see all."""
    made = levels.read(query.version) if not query.scope.restricted else None
    return made if made is not None else pl.DataFrame(schema=IDENTITY_LEVELS.schema())


def accounts(query: Query, names: Sequence[str]) -> pl.DataFrame:
    """The accounts of the persons that are called so, or have an account that is; ACCOUNTS. No row where none is."""
    return query("customers/identity/person", ids=list(names)).select(ACCOUNTS.names)


def accounts_called(query: Query, called: Spellings) -> pl.DataFrame:
    """The same of whoever is named by an account, an e-mail or a phone: by the likeliest spelling that names one."""
    for names in called.names:
        if called.contacts and not query.scope.restricted:
            names = (*names, *persons_with(query.version, names))  # noqa: PLW2901
        if not (rows := accounts(query, names)).is_empty():
            return rows
    return accounts(query, ())


def _closed_months(coverage: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Rows of the last months that have ended by as-of."""
    ended = pl.col("month").dt.month_end() <= as_of
    months = coverage.filter(ended)["month"].unique().sort().tail(RECENT_MONTHS)
    return coverage.filter(pl.col("month").is_in(months.implode()))


def _gap(recent: pl.DataFrame) -> Gap | None:
    by_channel = (
        recent.group_by("channel")
        .agg(
            orders=(pl.col("orders") - pl.col("identified_orders")).sum(),
            all_orders=pl.col("orders").sum(),
            revenue=(pl.col("revenue") - pl.col("identified_revenue")).sum(),
        )
        .filter((pl.col("orders") > 0) & (pl.col("revenue") > 0))
        .sort("revenue", "channel", descending=[True, False])
    )
    if by_channel.is_empty():
        return None
    row = by_channel.row(0, named=True)
    return Gap(row["channel"], row["orders"], float(row["revenue"]), row["orders"] / row["all_orders"])
