"""Link accounts to persons: those of a made-up shop, written first (`make`), then linked from Parquet (`link`)."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from shopkeeper.lake.marts import open_tables
from shopkeeper.lake.persons import link_accounts
from shopkeeper.lake.workbench import bounded
from shopkeeper.models.arrays import Ints

PART = 1_000_000


def written(folder: Path, accounts: int) -> None:
    """Two keys to an account on average; a person has 1.5 accounts, and one key in eight was mistyped or changed."""
    rng = np.random.default_rng(7)
    persons = max(1, round(accounts / 1.5))
    person = rng.integers(0, persons, accounts)
    for name in ("order_lines", "identities"):
        (folder / name).mkdir(parents=True)
    for first in range(0, accounts, PART):
        numbers = np.arange(first, min(first + PART, accounts))
        account = "account-" + pl.Series("account_id", numbers).cast(pl.String).str.zfill(9)
        lines = pl.DataFrame({"account_id": account}).with_columns(
            order_id="order-" + pl.Series(numbers).cast(pl.String),
            customer_id=pl.lit(None, pl.String),
        )
        lines.write_parquet(folder / "order_lines" / f"{first}.parquet")
        keys = [
            _keys(kind, account, person[numbers], share, rng)
            for kind, share in (("phone", 0.9), ("email", 0.7), ("member", 0.4))
        ]
        pl.concat(keys).write_parquet(folder / "identities" / f"{first}.parquet")


def _keys(kind: str, account: pl.Series, person: Ints, share: float, rng: np.random.Generator) -> pl.DataFrame:
    has, own = rng.random(len(person)) < share, rng.random(len(person)) < 7 / 8
    number = np.where(own, person, rng.integers(0, 1 << 60, len(person)))
    if kind == "phone":
        # Tills: a thousand phones that one order in fifty names.
        number = np.where(rng.random(len(person)) < 0.02, -1 - rng.integers(0, 1000, len(person)), number)
    key = pl.Series(number).hash(seed=len(kind)).cast(pl.String).str.zfill(20)
    return pl.DataFrame({"account_id": account, "key_kind": kind, "key_hash": "p:" + key + key}).filter(pl.Series(has))


def linked(folder: Path) -> str:
    """Seconds, linked accounts and their persons, as the fields of a line; DuckDB as on a machine of 2 GiB."""
    with TemporaryDirectory(dir=folder) as scratch, bounded(Path(scratch), "UTC", memory_limit="1GB") as connection:
        open_tables(connection, {})
        for name in ("order_lines", "identities"):
            files = [str(file) for file in sorted((folder / name).glob("*.parquet"))]
            connection.read_parquet(files).create_view(name, replace=True)
        started = time.perf_counter()
        link_accounts(connection, Path(scratch))
        taken = time.perf_counter() - started
        persons = connection.view("int_persons").unique("person_id").shape[0]
        return f"{taken:.1f}\t{connection.view('int_persons').shape[0]}\t{persons}"


if __name__ == "__main__":
    if sys.argv[1] == "make":
        written(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        print(linked(Path(sys.argv[2])))
