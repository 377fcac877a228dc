"""What the committed sample shop says of its accounts, beside what is true of them."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

STRONG = ("phone", "email", "member")


def read(directory: Path, name: str) -> pl.DataFrame:
    """A table of the sample shop, or of its truth."""
    return pl.read_parquet(directory / f"{name}.parquet")


def orders(directory: Path) -> pl.DataFrame:
    """One row per sale: order_id, day, channel, account_id and customer_id as the lines name them, `own`: its account,
    and `person` in truth; empty where nobody is named."""
    lines = pl.read_parquet(directory / "order_lines" / "*.parquet").filter(status="sale").unique("order_id")
    named = lines.select(
        "order_id",
        "channel",
        "account_id",
        "customer_id",
        day=pl.col("ordered_at").dt.date(),
        own=pl.coalesce("account_id", "customer_id"),
    )
    persons = read(directory, "truth/accounts").select(own="account_id", person="customer_id")
    return named.join(persons, on="own", how="left")


def keys(directory: Path) -> pl.DataFrame:
    """Rows of `identities` with `person` in truth and `is_guest`."""
    persons = read(directory, "truth/accounts").select("account_id", "is_guest", person="customer_id")
    return read(directory, "identities").join(persons, on="account_id")


def _joined(groups: Iterable[list[str]]) -> dict[str, str]:
    """Each name with one that stands for all that are joined to it, by union-find."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for first, *others in groups:
        for other in others:
            above[top(other)] = top(first)
    return {name: top(name) for name in list(above)}


def best_persons(directory: Path) -> pl.DataFrame:
    """One row per account: account_id, truth, person; `person` as it is at best: accounts of one person in truth that
    share a strong key, or a line that names both, are joined, and no others."""
    strong = keys(directory).filter(pl.col("key_kind").is_in(STRONG))
    shared = strong.group_by("person", "key_kind", "key_hash").agg("account_id")["account_id"]
    pairs = orders(directory).drop_nulls(["account_id", "customer_id"]).select("account_id", "customer_id").unique()
    joined = _joined([*shared.to_list(), *map(list, pairs.iter_rows())])
    accounts = read(directory, "truth/accounts").select("account_id", truth="customer_id")
    return accounts.with_columns(person=pl.col("account_id").replace(joined))
