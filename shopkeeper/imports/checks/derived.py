"""What the good rows of a file say of persons: rows for `identities` and `contact_hashes`, taken out of the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from duckdb import (
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
)

from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import CONTACT_HASHES, IDENTITIES, ORDER_LINES
from shopkeeper.imports.checks.contacts import HASHES
from shopkeeper.imports.checks.pseudonyms import hash_column, key_column
from shopkeeper.imports.checks.terms import call, text


@dataclass(frozen=True)
class Derived:
    """Parquet files of rows, typed as the contract says."""

    identities: Path
    contact_hashes: Path

    def files(self) -> dict[str, Path]:
        """By table."""
        return {IDENTITIES.name: self.identities, CONTACT_HASHES.name: self.contact_hashes}


def take_keys(connection: DuckDBPyConnection, good: Path, contract: Table, kinds: Sequence[str]) -> Derived | None:
    """Take the keys out of the file `good`, which is written anew without them; `None` where it has none.

    The account is the customer's number, or the channel's account where there is none. One whose own name is a
    pseudonym has it as a key too.
    """
    if not kinds:
        return None
    rows = connection.read_parquet(str(good))
    account, channel = _account(contract), _channel(contract)
    keys = [_rows(rows, account, channel, text(kind), ColumnExpression(key_column(kind))) for kind in kinds]
    for kind in ("phone", "email"):
        named_so = rows.filter(call("starts_with", account, text(f"{kind}:")))
        keys.append(_rows(named_so, account, channel, text(kind), account))
    hashes = [
        rows.project(
            account.alias("account_id"), text(form).alias("form"), ColumnExpression(hash_column(form)).alias("hash")
        )
        for form in HASHES
    ]
    derived = Derived(good.with_suffix(".identities.parquet"), good.with_suffix(".hashes.parquet"))
    one = reduce(DuckDBPyRelation.union, keys)
    filled = ColumnExpression("key_hash").isnotnull() & ColumnExpression("account_id").isnotnull()
    names = [ColumnExpression(name) for name in ("account_id", "key_kind", "key_hash")]
    by_key = one.filter(filled).aggregate([*names, call("min", ColumnExpression("channel")).alias("channel")])
    by_key.write_parquet(str(derived.identities), compression="zstd")
    complete = ColumnExpression("hash").isnotnull() & ColumnExpression("account_id").isnotnull()
    reduce(DuckDBPyRelation.union, hashes).filter(complete).distinct().write_parquet(
        str(derived.contact_hashes), compression="zstd"
    )
    rest = good.with_suffix(".rest.parquet")
    rows.project(*(ColumnExpression(column.name) for column in contract.columns)).write_parquet(
        str(rest), compression="zstd"
    )
    rest.replace(good)
    return derived


def _account(contract: Table) -> Expression:
    if contract is ORDER_LINES:
        return CoalesceOperator(ColumnExpression("customer_id"), ColumnExpression("account_id"))
    return ColumnExpression("account_id" if contract is IDENTITIES else "customer_id")


def _channel(contract: Table) -> Expression:
    return ColumnExpression("channel") if contract is ORDER_LINES else ConstantExpression(None).cast("VARCHAR")


def _rows(
    rows: DuckDBPyRelation, account: Expression, channel: Expression, kind: Expression, key: Expression
) -> DuckDBPyRelation:
    columns = {"account_id": account, "key_kind": kind, "key_hash": key, "channel": channel}
    return rows.project(*(value.alias(name) for name, value in columns.items()))
