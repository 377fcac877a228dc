"""Who is one person: accounts coded as whole numbers in DuckDB, linked, and written back as tables for the marts."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from duckdb import DuckDBPyConnection

from shopkeeper.lake.version import Version
from shopkeeper.models.arrays import Ints
from shopkeeper.models.identity.groups import coded, each_key, repeated
from shopkeeper.models.identity.keys import KINDS, Level, Rules
from shopkeeper.models.identity.linking import Linked, link
from shopkeeper.query_files import QUERIES, load

MOST_CUSTOMERS = 10
"""Customers of one account; an account with more is the shop's own: a till, a reseller, a column filled by mistake."""
BY_HAND = {"account_id": pl.String, "other_id": pl.String, "is_link": pl.Boolean}
"""Columns of links by hand: two accounts, and whether they are one person or must not be."""
LINKED = ("int_persons", "int_key_kinds", "int_shared_keys")
"""Views that linking makes; marts read them as they read intermediate steps."""
KEPT = (*LINKED, "linking_buyers")
"""What the next publication links from, or takes over."""
LISTED_PERSONS = 50
LISTED_KEYS = 100


@dataclass(frozen=True)
class Linking:
    """How accounts are linked: the level, its rules, and what people set by hand (`BY_HAND`)."""

    level: Level = "standard"
    rules: Rules = field(default_factory=Rules)
    by_hand: pl.DataFrame | None = None

    def fingerprint(self) -> str:
        """SHA-256 of all of it: of two that are the same, the same accounts and keys are linked alike."""
        said = (self.level, self.rules, sorted(_by_hand(self).rows()))
        return hashlib.sha256(repr(said).encode()).hexdigest()


def link_accounts(
    connection: DuckDBPyConnection,
    directory: Path,
    linking: Linking | None = None,
    queries: Path = QUERIES,
    buyers: str = "linking/buyers",
) -> None:
    """Make the views `KEPT` on an instance with the contract's tables; `buyers` is the query that counts who buys.

    Their rows are written into `directory`. Accounts and keys are compared by DuckDB's hash of 64 bits: among 20 M keys
    two differ and are taken for one with a chance of 1 in 90,000.
    """
    steps = _Steps(connection, directory, queries)
    steps.run("linking_buyers", buyers)
    _link(steps, linking or Linking())
    steps.run("int_persons", "linking/persons")
    steps.run("int_shared_keys", "linking/shared_keys")


def take_over(connection: DuckDBPyConnection, directory: Path, before: Version, queries: Path = QUERIES) -> bool:
    """Make the same views of what the version before kept, where customers and accounts are those that they were.

    For one who knows that the keys and the linking are. False, and nothing made, where a customer's number or an
    account is named beside another one for the first time, or no longer.
    """
    counted = connection.sql(load("patching/buyers", queries).sql)
    file = directory / "linking_buyers.parquet"
    counted.write_parquet(str(file), compression="snappy")
    connection.read_parquet(str(file)).create_view("linking_buyers")
    if connection.sql(load("patching/other_buyers", queries).sql).limit(1).fetchall():
        connection.execute("DROP VIEW linking_buyers")
        return False
    for name in LINKED:
        (kept,) = before.step(name)
        os.link(kept, directory / f"{name}.parquet")
        connection.read_parquet(str(kept)).create_view(name, replace=False)
    return True


def _link(steps: "_Steps", linking: Linking) -> None:
    """Code accounts and keys, link them, and hand the members of persons and the keys to the steps that follow.

    Its arrays are gone when those run.
    """
    steps.frame("links_by_hand", _by_hand(linking))
    steps.run("linking_pairs", "linking/pairs", most_customers=MOST_CUSTOMERS)
    keys = steps.rows("linking/keys", kinds=list(KINDS))
    hand = steps.rows("linking/by_hand")
    rows_by_kind = keys.group_by("kind").agg(accounts=pl.len().cast(pl.Int64))
    population = keys["account"].n_unique()
    keys = keys.filter(repeated(keys["key"]))
    codes, numbers = coded(pl.concat([keys["account"], hand["account"], hand["other"]]))
    keys = keys.with_columns(account=pl.Series(numbers[: len(keys)]))
    ends = numbers[len(keys) :].reshape(2, len(hand))
    by_hand = hand.with_columns(account=pl.Series(ends[0]), other=pl.Series(ends[1]))
    linked = link(keys, len(codes), linking.level, linking.rules, by_hand, population)
    sizes = np.bincount(linked.person, minlength=len(codes))
    several = (sizes[linked.person] > 1) | (linked.component >= 0)
    members = {"account": codes, "person": linked.person, "component": linked.component}
    steps.frame("linking_members", pl.DataFrame({name: rows[several] for name, rows in members.items()}))
    steps.frame("linking_keys", _listed(linked, sizes))
    steps.frame("int_key_kinds", _kinds(linked.shared, rows_by_kind))


@dataclass(frozen=True)
class _Steps:
    """Where each step's rows are kept, and under which view's name the next one reads them."""

    connection: DuckDBPyConnection
    directory: Path
    queries: Path

    def run(self, name: str, query: str, **parameters: object) -> None:
        file = self.directory / f"{name}.parquet"
        made = self.connection.sql(load(query, self.queries).sql, params=parameters or None)
        made.write_parquet(str(file), compression="snappy")
        self.connection.read_parquet(str(file)).create_view(name, replace=False)

    def rows(self, query: str, **parameters: object) -> pl.DataFrame:
        rows: pl.DataFrame = self.connection.sql(load(query, self.queries).sql, params=parameters or None).pl()
        return rows

    def frame(self, name: str, rows: pl.DataFrame) -> None:
        file = self.directory / f"{name}.parquet"
        # By DuckDB, which says so where the disk is full; Polars ends the process.
        self.connection.from_arrow(rows.to_arrow()).write_parquet(str(file), compression="snappy")
        self.connection.read_parquet(str(file)).create_view(name, replace=False)


def _kinds(shared: pl.DataFrame, rows_by_kind: pl.DataFrame) -> pl.DataFrame:
    """Of each kind: accounts with such a key, keys, keys shared, what each would link alone, and what was capped."""
    keys = each_key(shared)
    capped, sharers = pl.col("capped"), pl.col("sharers")
    counts = keys.group_by("kind").agg(
        shared_keys=pl.len().cast(pl.Int64),
        repeated=(sharers - 1).sum(),
        links=(sharers - 1).filter(~capped).sum(),
        capped_keys=capped.sum().cast(pl.Int64),
        capped_accounts=sharers.filter(capped).sum(),
    )
    return (
        rows_by_kind.join(counts, on="kind", how="left")
        .with_columns(pl.exclude("kind", "accounts").fill_null(0))
        .with_columns(keys=pl.col("accounts") - pl.col("repeated"))
        .sort("kind")
        .select(_kind(), "accounts", "keys", "shared_keys", "links", "capped_keys", "capped_accounts")
    )


def _listed(linked: Linked, sizes: Ints) -> pl.DataFrame:
    """The keys of the largest persons, and those that most accounts share, which are listed without a person."""
    listed = min(LISTED_PERSONS, len(sizes))
    least = max(2, int(np.partition(sizes, -listed)[-listed])) if listed else 2
    candidates = np.flatnonzero(sizes >= least)
    is_listed = np.zeros(len(sizes), np.bool_)
    is_listed[candidates[np.argsort(-sizes[candidates], kind="stable")[:listed]]] = True
    person = linked.person[linked.shared["account"].to_numpy()]
    held = (
        linked.shared.with_columns(person=pl.Series(person))
        .filter(pl.Series(is_listed[person]))
        .group_by("person", "kind", "key")
        .agg(accounts=pl.len().cast(pl.Int64), capped=pl.first("capped"))
        .filter(pl.col("accounts") > 1)
    )
    most = each_key(linked.shared).top_k(LISTED_KEYS, by=["sharers", "kind", "key"])
    columns = ["kind", "key", "accounts", "capped"]
    without = most.rename({"sharers": "accounts"}).select(pl.lit(None, pl.Int32).alias("person"), *columns)
    return pl.concat([held.select("person", *columns), without]).select("person", _kind(), *columns[1:])


def _kind() -> pl.Expr:
    names = dict(enumerate(KINDS))
    return pl.col("kind").replace_strict(names, return_dtype=pl.String).alias("key_kind")


def _by_hand(linking: Linking) -> pl.DataFrame:
    return linking.by_hand if linking.by_hand is not None else pl.DataFrame(schema=BY_HAND)
