"""Who is one person: accounts coded as whole numbers in DuckDB, linked, and written back as tables for the marts."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from duckdb import DuckDBPyConnection

from shopkeeper.models.arrays import Ints
from shopkeeper.models.identity.keys import KINDS, Level, Rules
from shopkeeper.models.identity.linking import Linked, link
from shopkeeper.query_files import QUERIES, load

MOST_CUSTOMERS = 10
"""Customers of one account; an account with more is the shop's own: a till, a reseller, a column filled by mistake."""
BY_HAND = {"account_id": pl.String, "other_id": pl.String, "is_link": pl.Boolean}
"""Columns of links by hand: two accounts, and whether they are one person or must not be."""
LINKED = ("int_persons", "int_key_kinds", "int_shared_keys")
"""Views that linking makes; marts read them as they read intermediate steps."""
LISTED_PERSONS = 50
LISTED_KEYS = 100


@dataclass(frozen=True)
class Linking:
    """How accounts are linked: the level, its rules, and what people set by hand (`BY_HAND`)."""

    level: Level = "standard"
    rules: Rules = field(default_factory=Rules)
    by_hand: pl.DataFrame | None = None


def link_accounts(
    connection: DuckDBPyConnection, directory: Path, linking: Linking | None = None, queries: Path = QUERIES
) -> None:
    """Make the views `int_persons`, `int_key_kinds` and `int_shared_keys` on an instance with the contract's tables.

    Their rows are written into `directory`. Accounts and keys are compared by DuckDB's hash of 64 bits: among 20 M keys
    two differ and are taken for one with a chance of 1 in 90,000.
    """
    linking = linking or Linking()
    steps = _Steps(connection, directory, queries)
    steps.frame("links_by_hand", _by_hand(linking))
    steps.run("linking_accounts", "linking/accounts")
    parameters = {"kinds": list(KINDS), "most_customers": MOST_CUSTOMERS}
    keys = connection.sql(load("linking/keys", queries).sql, params=parameters).pl()
    hand = connection.sql(load("linking/by_hand", queries).sql).pl()
    codes, numbers = np.unique(np.concatenate((keys["account"], hand["account"], hand["other"])), return_inverse=True)
    numbers = numbers.astype(np.uint32)
    keys = keys.with_columns(account=pl.Series(numbers[: len(keys)]))
    ends = numbers[len(keys) :].reshape(2, len(hand))
    by_hand = hand.with_columns(account=pl.Series(ends[0]), other=pl.Series(ends[1]))
    linked = link(keys, len(codes), linking.level, linking.rules, by_hand)
    sizes = np.bincount(linked.person, minlength=len(codes))
    several = (sizes[linked.person] > 1) | (linked.component >= 0)
    steps.frame(
        "linking_members",
        pl.DataFrame({"account": codes, "person": linked.person, "component": linked.component}).filter(several),
    )
    steps.frame("linking_kinds", _kinds(linked.shared))
    steps.frame("linking_keys", _listed(linked, sizes))
    for name in LINKED:
        steps.run(name, f"linking/{name.removeprefix('int_')}")


@dataclass(frozen=True)
class _Steps:
    """Where each step's rows are kept, and under which view's name the next one reads them."""

    connection: DuckDBPyConnection
    directory: Path
    queries: Path

    def run(self, name: str, query: str) -> None:
        file = self.directory / f"{name}.parquet"
        self.connection.sql(load(query, self.queries).sql).write_parquet(str(file), compression="snappy")
        self.connection.read_parquet(str(file)).create_view(name, replace=False)

    def frame(self, name: str, rows: pl.DataFrame) -> None:
        file = self.directory / f"{name}.parquet"
        # By DuckDB, which says so where the disk is full; Polars ends the process.
        self.connection.from_arrow(rows.to_arrow()).write_parquet(str(file), compression="snappy")
        self.connection.read_parquet(str(file)).create_view(name, replace=False)


def _kinds(shared: pl.DataFrame) -> pl.DataFrame:
    """Of each kind of key that accounts share: keys, the accounts that they link, and what was capped."""
    keys = shared.group_by("kind", "key").agg(pl.first("sharers").cast(pl.Int64), pl.first("capped"))
    return (
        keys.group_by("kind")
        .agg(
            shared_keys=pl.len().cast(pl.Int64),
            links=(pl.col("sharers") - 1).filter(~pl.col("capped")).sum(),
            capped_keys=pl.col("capped").sum().cast(pl.Int64),
            capped_accounts=pl.col("sharers").filter(pl.col("capped")).sum(),
        )
        .select(_kind(), pl.exclude("kind"))
    )


def _listed(linked: Linked, sizes: Ints) -> pl.DataFrame:
    """The keys of the largest persons, and those that most accounts share, which are listed without a person."""
    largest = np.argsort(-sizes, kind="stable")[:LISTED_PERSONS]
    of_accounts = pl.Series(linked.person).gather(linked.shared["account"])
    persons = pl.Series(np.append(largest[sizes[largest] > 1], -1), dtype=pl.Int64)
    held = (
        linked.shared.with_columns(person=of_accounts.cast(pl.Int64))
        .filter(pl.col("person").is_in(persons.implode()))
        .group_by("person", "kind", "key")
        .agg(accounts=pl.len().cast(pl.Int64), capped=pl.first("capped"))
        .filter(pl.col("accounts") > 1)
    )
    most = (
        linked.shared.group_by("kind", "key")
        .agg(accounts=pl.first("sharers").cast(pl.Int64), capped=pl.first("capped"))
        .sort("accounts", "kind", "key", descending=[True, False, False])
        .head(LISTED_KEYS)
        .select(pl.lit(None, pl.Int64).alias("person"), "kind", "key", "accounts", "capped")
    )
    return pl.concat([held, most]).select("person", _kind(), "key", "accounts", "capped")


def _kind() -> pl.Expr:
    names = dict(enumerate(KINDS))
    return pl.col("kind").replace_strict(names, return_dtype=pl.String).alias("key_kind")


def _by_hand(linking: Linking) -> pl.DataFrame:
    return linking.by_hand if linking.by_hand is not None else pl.DataFrame(schema=BY_HAND)
